"""The course of one item over time and members: values in one unit, intervals as issued, what is left out. Pure.

A value is converted only by a factor that is certain (UCUM; between mass and amount only for analytes.py); the value,
unit, code and interval as issued stay beside it.  What cannot be drawn is told with its reason, never guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from types import MappingProxyType

from telemed.recognition.facts import Candidate
from telemed.recognition.units import UNITS, is_apart
from telemed.results import units
from telemed.timeline.analytes import analyte_of
from telemed.timeline.results import Result
from telemed.vocabulary import Text

#: Points of one trend, the newest.
MOST_POINTS = 400

WHY: Mapping[str, Text] = MappingProxyType({
    "taken-back": Text("报告已取消或作废", "Cancelled or entered in error"),
    "no-number": Text("不是确定的数值", "No definite number"),
    "time-unknown": Text("采集时间不详", "Time of collection not known"),
    "unit-missing": Text("没有可识别的单位", "No unit that is known"),
    "unit-apart": Text("单位之间没有确定的换算关系", "No certain conversion between the units"),
})  # fmt: skip

_ONE_SIDED = re.compile(r"^\s*(<=|>=|<|>|≤|≥|＜|＞)\s*([0-9]+(?:\.[0-9]+)?)\s*$")
_SHOWN = Context(prec=6)


@dataclass(frozen=True, slots=True)
class Point:
    """One value in the unit of the trend.

    value, low, high: decimal strings in the trend's unit; the interval is the issuing laboratory's own, None where it
    gives no such end.  factor: what the issued value was multiplied by, '1' where it was not converted.
    """

    result: Result
    at: datetime
    value: str
    factor: str
    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A result that is not drawn.  why: a key of WHY."""

    result: Result
    why: str


@dataclass(frozen=True, slots=True)
class Trend:
    """unit: UCUM, '' where nothing can be drawn.  points: oldest first."""

    key: str
    unit: str
    points: tuple[Point, ...]
    left_out: tuple[LeftOut, ...]


def trend(key: str, results: Iterable[Result]) -> Trend:
    """The course of an item from all its results."""
    drawn, left = list[Result](), list[LeftOut]()
    for one in results:
        why = _against(one)
        if why:
            left.append(LeftOut(one, why))
        else:
            drawn.append(one)
    unit = _unit(key, drawn)
    points: list[Point] = []
    for one in drawn:
        point = _point(one, key, unit)
        if point is None:
            left.append(LeftOut(one, "unit-apart"))
        else:
            points.append(point)
    points.sort(key=lambda one: (one.at, one.result.id))
    return Trend(key, unit, tuple(points[-MOST_POINTS:]), tuple(left))


def _against(one: Result) -> str:
    seen = one.seen
    if one.is_taken_back:
        return "taken-back"
    if seen.value_kind != "quantity" or seen.comparator or seen.high or seen.denominator:
        return "no-number"
    if one.at is None:
        return "time-unknown"
    return "" if seen.unit_ucum else "unit-missing"


def _unit(key: str, drawn: Sequence[Result]) -> str:
    """The unit the county prints where values stand in it or convert to it, else the one most values stand in."""
    found = Counter(one.seen.unit_ucum for one in drawn)
    if not found:
        return ""
    for unit in UNITS.get(key, ()):
        if any(factor(key, one, unit) is not None for one in found):
            return unit
    return min(found, key=lambda unit: (-found[unit], unit))


def factor(key: str, one: str, other: str) -> Decimal | None:
    """What a value of the item in `one` is multiplied by to be in `other`; None where that is not certain."""
    if one != other and is_apart(key):
        return None
    return units.factor(one, other, analyte_of(key))


def _point(one: Result, key: str, unit: str) -> Point | None:
    seen, analyte = one.seen, analyte_of(key)
    by = factor(key, seen.unit_ucum, unit)
    value = units.convert(seen.number, seen.unit_ucum, unit, analyte)
    if by is None or value is None or one.at is None:
        return None
    low, high = interval(one.candidate, seen.reference_range)
    low, high = (None if end is None else units.convert(end, seen.unit_ucum, unit, analyte) for end in (low, high))
    return Point(one, one.at, value, _plain(by), low, high)


def interval(candidate: Candidate, written: str) -> tuple[str | None, str | None]:
    """The ends of an interval as issued; one end alone where the laboratory writes one; none where they contradict."""
    low, high = candidate.measured.low, candidate.measured.high
    if low is not None and high is not None:
        return (None, None) if Decimal(low) > Decimal(high) else (low, high)
    found = _ONE_SIDED.match(written)
    if found is None:
        return None, None
    return (None, found[2]) if found[1] in {"<", "<=", "≤", "＜"} else (found[2], None)


def _plain(number: Decimal) -> str:
    shown = format(_SHOWN.plus(number), "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
