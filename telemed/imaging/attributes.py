"""Attribute matching of queries: what a key asks for, and whether a value answers it. Pure.

PS3.4 C.2.2.2; names besides by hanzi and pinyin. C-FIND and QIDO-RS share it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import TypeAlias

from telemed.patients.names import search_key


class Kind(StrEnum):
    """How values of an attribute are matched, by VR."""

    UID = "uid"  # UI: single value, list of UID
    DATE = "date"  # DA: single value, range
    TIME = "time"  # TM: single value, range
    TEXT = "text"  # CS LO SH …: single value, wildcard; case counts
    NAME = "name"  # PN: single value, wildcard; case, width and separators do not count
    NUMBER = "number"  # IS US: single value


@dataclass(frozen=True, slots=True)
class Universal:
    """Everything answers, an empty value too (C.2.2.2.3)."""


@dataclass(frozen=True, slots=True)
class Single:
    """Exactly this value (C.2.2.2.1)."""

    value: str


@dataclass(frozen=True, slots=True)
class UidList:
    """One of these (C.2.2.2.2)."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*` stands for any characters or none, `?` for one (C.2.2.2.4)."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both included; None is open (C.2.2.2.5)."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Hours:
    """From one time of day to another, both included; None is open.

    A time given to the minute means the whole minute.
    """

    first: time | None
    last: time | None


@dataclass(frozen=True, slots=True)
class Number:
    value: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """A key that is no value of its VR; reason is English, for the technician who reads the answer."""

    reason: str


Condition: TypeAlias = Universal | Single | UidList | Wildcard | Days | Hours | Number

#: Longest key that is looked at (LO has 64 characters, a list of UIDs more).
LONGEST = 4096


def condition(kind: Kind, key: str) -> Condition | Unusable:
    """Say what a key of a query asks for."""
    key = key.strip(" \x00")
    if len(key) > LONGEST:
        return Unusable(f"a key is longer than {LONGEST} characters")
    if not key or (set(key) <= {"*"} and kind in {Kind.TEXT, Kind.NAME}):
        return Universal()
    match kind:
        case Kind.UID:
            return _uids(key)
        case Kind.DATE:
            return _days(key)
        case Kind.TIME:
            return _hours(key)
        case Kind.NUMBER:
            return (
                Number(int(key)) if re.fullmatch(r"[+-]?[0-9]{1,9}", key, re.ASCII) else Unusable("not a whole number")
            )
        case Kind.TEXT:
            return Wildcard(key) if "*" in key or "?" in key else Single(key)
        case Kind.NAME:
            folded = "".join(one if one in "*?" else search_key(one) for one in re.split(r"([*?])", key))
            return Wildcard(folded) if "*" in folded or "?" in folded else Single(folded)


def _uids(key: str) -> UidList | Unusable:
    values = tuple(dict.fromkeys(one.strip(" \x00") for one in re.split(r"[\\,]", key)))
    if all(re.fullmatch(r"[0-9.]{1,64}", one, re.ASCII) for one in values):
        return UidList(values)
    return Unusable("not a UID or a list of them")


def _bounds(key: str) -> tuple[str, str] | None:
    """Both ends of a range; the same twice for a single value; None if it is neither."""
    first, dash, last = key.partition("-")
    if not dash:
        return first, first
    return None if "-" in last or not (first or last) else (first.strip(), last.strip())


def _days(key: str) -> Days | Unusable:
    bounds = _bounds(key)
    if bounds is None:
        return Unusable("not a date or a range of dates")
    try:
        first, last = (_day(one) for one in bounds)
    except ValueError:
        return Unusable("not a date or a range of dates")
    return Days(first, last)


def _day(text: str) -> date | None:
    if not text:
        return None
    digits = re.fullmatch(r"([0-9]{4})\.?([0-9]{2})\.?([0-9]{2})", text, re.ASCII)
    if digits is None:
        raise ValueError(text)
    return date(int(digits[1]), int(digits[2]), int(digits[3]))


def _hours(key: str) -> Hours | Unusable:
    bounds = _bounds(key)
    if bounds is None:
        return Unusable("not a time or a range of times")
    try:
        return Hours(_hour(bounds[0], end=False), _hour(bounds[1], end=True))
    except ValueError:
        return Unusable("not a time or a range of times")


def _hour(text: str, *, end: bool) -> time | None:
    """The first or the last microsecond that a time of lower precision means."""
    if not text:
        return None
    parts = re.fullmatch(r"([0-9]{2})(?::?([0-9]{2})(?::?([0-9]{2})(?:\.([0-9]{1,6}))?)?)?", text, re.ASCII)
    if parts is None:
        raise ValueError(text)
    hour, minute, second, fraction = parts.groups()
    rest = "9" if end else "0"
    return time(
        int(hour),
        int(minute or ("59" if end else "0")),
        min(int(second or ("59" if end else "0")), 59),
        int((fraction or "").ljust(6, rest)),
    )


def matches(asked: Condition, value: str | date | time | int | None) -> bool:
    """Whether a value answers: the reference that the SQL of every service is tested against.

    Names are compared as search_key folds them.  An empty value answers only the universal key.
    """
    if isinstance(asked, Universal):
        return True
    if value is None or value == "":
        return False
    match asked:
        case Single(text):
            return value == text
        case UidList(values):
            return value in values
        case Wildcard(pattern):
            return re.fullmatch(_expression(pattern), str(value), re.DOTALL) is not None
        case Days(first, last):
            return isinstance(value, date) and (first is None or value >= first) and (last is None or value <= last)
        case Hours(start, end):
            return isinstance(value, time) and (start is None or value >= start) and (end is None or value <= end)
        case Number(number):
            return value == number


def _expression(pattern: str) -> str:
    return "".join(".*" if one == "*" else "." if one == "?" else re.escape(one) for one in pattern)


def like(pattern: str) -> str:
    """The wildcard pattern in the words of SQL LIKE; its own signs lose their meaning."""
    escaped = re.sub(r"([\\%_])", r"\\\1", pattern)
    return escaped.replace("*", "%").replace("?", "_")
