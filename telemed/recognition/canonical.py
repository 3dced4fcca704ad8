"""One spelling for everything that is hashed: strings and integers only, keys sorted, no spaces, UTF-8 (RFC 8785).

Moments are RFC 3339 in UTC with Z, days ISO 8601, quantities decimal strings, yes and no the words true and false.
What is missing is left out.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

Plain = str | int | list["Plain"] | dict[str, "Plain"]


def moment(value: datetime) -> str:
    """RFC 3339 in UTC; a moment without a zone keeps none, one that UTC cannot express keeps its own."""
    if value.tzinfo is None:
        return value.isoformat()
    try:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return value.isoformat()


def canonical(value: object) -> bytes:
    """The bytes that are hashed.  Raises TypeError for what has no one spelling, a float among them."""
    return _spelt(plain(value))


def plain(value: Any) -> Plain:
    """Strings, integers, lists and sorted objects; a set is a list sorted by its canonical bytes."""
    names = _names(type(value))  # pyright: ignore[reportUnknownArgumentType]
    if names:
        return {name: plain(one) for name in names if (one := getattr(value, name)) is not None}
    if isinstance(value, Mapping):
        return _object(value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, frozenset):
        return unordered(value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return _word(value)


def _word(value: object) -> str | int:
    match value:
        case bool():
            return "true" if value else "false"
        case str():  # an enumeration's member is its word
            return str(value)
        case int():
            return value
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical spelling")


def unordered(values: Iterable[object]) -> Plain:
    """A list whose order says nothing: sorted by its canonical bytes."""
    return sorted((plain(one) for one in values), key=_spelt)


def _spelt(value: Plain) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@lru_cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of a record, sorted; none of what is no record."""
    return tuple(sorted(field.name for field in fields(kind))) if is_dataclass(kind) else ()


def _object(named: Mapping[str, object]) -> Plain:
    """RFC 8785 3.2.3: sorted by UTF-16 code units."""
    present = {name: plain(value) for name, value in named.items() if value is not None}
    return dict(sorted(present.items(), key=lambda one: one[0].encode("utf-16-be")))
