"""Observation: a laboratory result as its laboratory wrote it, and what the county's map made of its code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from telemed.fhir.datatypes import (
    Json,
    coding,
    concept,
    date_time,
    decimal,
    effective,
    extension,
    identifier,
    instant,
    quantity,
    reference,
    resource,
    whole,
)
from telemed.fhir.systems import CATEGORY, INTERPRETATION, ITEM, LABORATORY_NUMBER, of_sender
from telemed.recognition.laboratory_results import WRITTEN_FLAGS
from telemed.results.moments import read_moment

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ORIGINAL_TEXT = "http://hl7.org/fhir/StructureDefinition/originalText"
#: v3-ObservationInterpretation, as far as HL7 table 0078 leads to it.
_INTERPRETATIONS = frozenset({"L", "H", "LL", "HH", "<", ">", "A", "AA", "N", "U", "D", "B", "W", "S", "R", "I", "POS", "NEG"})  # fmt: skip # noqa: E501
#: Of a result that is taken back nothing is said that could be read as its value.
_TAKEN_BACK = frozenset({"cancelled", "entered-in-error", "registered"})


class ObservationRow(msgspec.Struct, frozen=True):
    """A result as it counts now.  collected_*: empty where it proves nothing (collected_doubt).  Times UTC."""

    name_id: str
    report_id: UUID
    line: int
    patient_id: UUID
    linked: bool
    organization_id: UUID
    organization_code: str
    organization_name: str
    report_number: str
    code_system: str
    code: str
    name: str
    sub_id: str
    codes: Sequence[dict[str, str]]
    item_key: str | None
    map_version: str | None
    value_kind: str
    value_text: str
    comparator: str
    number: str
    high: str
    denominator: str
    value_codes: Sequence[dict[str, str]]
    unit_written: str
    unit_ucum: str
    reference_range: str
    flags: Sequence[str]
    status: str
    collected_at: datetime | None
    collected_day: date | None
    collected_written: str
    collected_doubt: str
    method_code: str
    method_text: str
    device: str
    performer: str
    notes: Sequence[str]
    specimen_id: str
    specimen_code: str
    specimen_text: str
    specimen_system: str
    specimen_flags: Sequence[dict[str, str]]
    specimen_ambiguous: bool
    specimen_received_at: datetime | None
    ordered_at: datetime
    known_from: datetime
    sorted_at: datetime


def observation(row: ObservationRow, zone: ZoneInfo, *, item_name: str = "", tags: Sequence[Json] = ()) -> Json:
    """A result.  zone: the county's.  item_name: of the catalogue's item.  tags: the mark it may carry."""
    specimen = _specimen(row, zone)
    return resource(
        "Observation",
        row.name_id,
        {
            "contained": [specimen] if specimen else [],
            "identifier": [identifier(f"{LABORATORY_NUMBER}:{row.organization_id}", f"{row.report_number}/{row.code}")],
            "status": row.status,
            "category": [concept([coding(CATEGORY, "laboratory", "Laboratory")])],
            "code": _code(row, item_name),
            "subject": reference("Patient", row.patient_id),
            **collected(row, zone),
            "issued": instant(row.ordered_at),
            "performer": [
                reference("Organization", row.organization_id, row.organization_name),
                *([{"display": row.performer}] if row.performer else []),
            ],
            **value(row),
            "interpretation": [interpretation(one) for one in row.flags if one.strip()],
            "note": [{"text": one} for one in row.notes if one.strip()],
            "method": concept([coding("", row.method_code)] if row.method_code else [], row.method_text),
            "specimen": {"reference": "#specimen"} if specimen else {},
            "device": {"display": row.device} if row.device else {},
            "referenceRange": [{"text": row.reference_range}] if row.reference_range.strip() else [],
        },
        updated=row.known_from,
        tags=tags,
    )


def _code(row: ObservationRow, item_name: str) -> Json:
    """The sender's codes first and as they came, then what the map says they stand for."""
    own = [
        coding(of_sender(one["system"], row.organization_code), one["code"], one["text"])
        for one in row.codes
        if one["code"]
    ]
    mapped = [] if row.item_key is None else [coding(ITEM, row.item_key, item_name, row.map_version or "")]
    return concept([*own, *mapped], row.name or row.code)


def collected(row: ObservationRow, zone: ZoneInfo) -> Json:
    """When the specimen was taken, in the zone it was written with; never when it was reported.

    A time that proves nothing is told as unknown, with what stood there.
    """
    said = read_moment(row.collected_written, zone, received_at=row.known_from)
    if row.collected_at is None and row.collected_day is None:
        reasons = [extension(ABSENT, valueCode="unknown" if row.collected_doubt == "absent" else "error")]
        if row.collected_written:
            reasons.append(extension(ORIGINAL_TEXT, valueString=row.collected_written))
        return {"_effectiveDateTime": {"extension": reasons}}
    return effective(
        row.collected_at, row.collected_day, "" if said is None else said.precision, _written_zone(row, zone)
    )


def _written_zone(row: ObservationRow, zone: ZoneInfo) -> tzinfo:
    """Z stays Z; whatever else was written is told in the county's zone, which names the same moment."""
    return ZoneInfo("UTC") if row.collected_written.strip().endswith("Z") else zone


def value(row: ObservationRow) -> dict[str, Any]:
    """value[x], or why there is none."""
    if row.status in _TAKEN_BACK or row.value_kind == "none":
        unknown = "unknown" if row.status not in _TAKEN_BACK else "not-performed"
        text = row.value_text if row.status in _TAKEN_BACK else ""
        return {"dataAbsentReason": concept([coding("http://terminology.hl7.org/CodeSystem/data-absent-reason", unknown)], text)}  # fmt: skip # noqa: E501
    if row.value_kind == "quantity":
        return _numbers(row)
    if row.value_kind == "coded":
        codes = [coding(of_sender(one["system"], row.organization_code), one["code"], one["text"]) for one in row.value_codes if one["code"]]  # fmt: skip # noqa: E501
        return {"valueCodeableConcept": concept(codes, row.value_text)}
    return {"valueString": row.value_text}


def _numbers(row: ObservationRow) -> dict[str, Any]:
    unit, ucum = row.unit_written, row.unit_ucum
    if row.denominator:
        return {
            "valueRatio": {
                "numerator": quantity(row.number, unit, ucum, row.comparator),
                "denominator": {"value": decimal(row.denominator)},
            }
        }
    if row.high and not row.comparator:
        return {"valueRange": {"low": quantity(row.number, unit, ucum), "high": quantity(row.high, unit, ucum)}}
    return {"valueQuantity": quantity(row.number, unit, ucum, row.comparator)}


def interpretation(flag: str) -> Json:
    """A flag as it was written, with the code it surely stands for."""
    code = WRITTEN_FLAGS.get(flag.strip(), flag.strip())
    return concept([coding(INTERPRETATION, code)] if code in _INTERPRETATIONS else [], flag.strip())


def _specimen(row: ObservationRow, zone: ZoneInfo) -> Json:
    """The specimen inside the result; nothing where which one it was of is not said."""
    if row.specimen_ambiguous:
        return {}
    kind = (
        [coding(of_sender(row.specimen_system, row.organization_code), row.specimen_code)] if row.specimen_code else []
    )
    said = whole(
        {
            "identifier": [{"value": row.specimen_id}] if row.specimen_id else [],
            "type": concept(kind, row.specimen_text),
            "receivedTime": "" if row.specimen_received_at is None else date_time(row.specimen_received_at, zone),
            "condition": [concept([], one.get("text") or one.get("code", "")) for one in row.specimen_flags],
        }
    )
    return {"resourceType": "Specimen", "id": "specimen", **said} if said else {}
