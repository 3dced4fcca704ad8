"""FHIR R4 data types as plain JSON: empty parts left out, decimals digit for digit, times with what is known of them.

FHIR R4 2.24 (datatypes), 2.6.2 (JSON: no null, no empty object, array or string).  Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, cast
from uuid import UUID

import msgspec

from telemed.fhir.systems import UCUM

Json = dict[str, Any]


def whole(said: Mapping[str, Any]) -> Json:
    """An object without what is empty, all the way down."""
    made: Json = {}
    for name, value in said.items():
        kept = _kept(value)
        if kept is not None:
            made[name] = kept
    return made


def _kept(value: Any) -> Any:
    if isinstance(value, Mapping):
        return whole(cast("Mapping[str, Any]", value)) or None
    if isinstance(value, list | tuple):
        items = [kept for one in cast("Sequence[Any]", value) if (kept := _kept(one)) is not None]
        return items or None
    if isinstance(value, str):
        return value if value.strip() else None
    return value


def encode(resource: Mapping[str, Any]) -> bytes:
    """The bytes of a resource."""
    return msgspec.json.encode(resource)


def version_of(resource: Mapping[str, Any]) -> str:
    """What tells one state of a resource from another: the digest of what it says."""
    return hashlib.sha256(json.dumps(resource, sort_keys=True, default=_raw).encode()).hexdigest()[:16]


def _raw(value: Any) -> str:
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode()
    raise TypeError(type(value).__name__)


def resource(
    kind: str,
    number: UUID | str,
    said: Mapping[str, Any],
    *,
    updated: datetime | None = None,
    tags: Iterable[Json] = (),
) -> Json:
    """A resource with its meta.  updated: UTC, None where nobody has noted when it last changed."""
    meta: Json = {"tag": list(tags)}
    if updated is not None:
        meta["lastUpdated"] = instant(updated)
    made = whole({"resourceType": kind, "id": str(number), "meta": meta, **said})
    made["meta"] = {"versionId": version_of(made), **made.get("meta", {})}
    return made


def instant(at: datetime) -> str:
    """A moment in UTC with Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def date_time(at: datetime, zone: tzinfo = UTC) -> str:
    """A moment with its offset; Z in UTC."""
    return at.astimezone(zone).isoformat(timespec="seconds").replace("+00:00", "Z")


def period(start: datetime, end: datetime, zone: tzinfo) -> Json:
    return {"start": date_time(start, zone), "end": date_time(end, zone)}


def effective(at: datetime | None, day: date | None, precision: str, zone: tzinfo) -> Json:
    """effective[x] of what is known: a day, the hour it lay in, or a moment.  zone: as the sender wrote it."""
    if at is None:
        return {} if day is None else {"effectiveDateTime": day.isoformat()}
    if precision == "hour":
        return {"effectivePeriod": period(at, at + timedelta(minutes=59, seconds=59), zone)}
    return {"effectiveDateTime": date_time(at, zone)}


def coding(system: str, code: str, display: str = "", version: str = "") -> Json:
    return whole({"system": system, "version": version, "code": code, "display": display})


def concept(codings: Iterable[Json] = (), text: str = "") -> Json:
    """A CodeableConcept; its text is what the source wrote."""
    return whole({"coding": [one for one in codings if one], "text": text})


def reference(kind: str, number: UUID | str | None, display: str = "") -> Json:
    return whole({"reference": "" if number is None else f"{kind}/{number}", "display": display})


def identifier(system: str, value: str, *, use: str = "", type_code: str = "") -> Json:
    kind = {} if not type_code else concept([coding("http://terminology.hl7.org/CodeSystem/v2-0203", type_code)])
    return whole({"use": use, "type": kind, "system": system, "value": value})


def decimal(number: str) -> msgspec.Raw:
    """A decimal string as a JSON number, digit for digit: 5.10 stays 5.10."""
    return msgspec.Raw(number.encode())


def quantity(number: str, unit: str, ucum: str, comparator: str = "") -> Json:
    """A Quantity.  unit: as written.  ucum: its code, '' where nobody knows one."""
    made = whole({"comparator": comparator, "unit": unit, "system": UCUM if ucum else "", "code": ucum})
    return {"value": decimal(number), **made} if number else made


def extension(url: str, **value: Any) -> Json:
    return {"url": url, **value}
