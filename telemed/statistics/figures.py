"""From counts to what may be shown: sums of months, rates, what only one audience sees. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from telemed.statistics.counting import Cell
from telemed.statistics.indicators import INDICATORS, is_official
from telemed.statistics.indicators.definition import Audience, Indicator

#: A median of months cannot be had from the medians of each.
NOT_SUMMED = frozenset({"decision-time"})
MILLIBITS = 1000

Line = tuple[UUID | None, str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """An indicator of one line.  of: the denominator, None for a plain count.  value None: hidden or not to be had."""

    code: str
    value: int | None
    of: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One line: of the county or a member, or an item or doctor of it.  hidden: so few that they are people."""

    organization_id: UUID | None
    cut: str
    key: str
    figures: tuple[Figure, ...]
    reasons: Mapping[str, int]
    sources: Mapping[str, int]
    hidden: bool = False


def summed(months: Sequence[Iterable[Cell]]) -> list[Cell]:
    """The figures of several months together; those of one as they are."""
    if len(months) == 1:
        return list(months[0])
    total: Counter[tuple[UUID | None, str, str, str]] = Counter()
    for cells in months:
        for one in cells:
            if one.code not in NOT_SUMMED:
                total[one.organization_id, one.cut, one.key, one.code] += one.value
    return [Cell(*line, value) for line, value in total.items()]


def grouped(cells: Iterable[Cell]) -> dict[Line, dict[str, int]]:
    """Counts by line and code."""
    found: dict[Line, dict[str, int]] = {}
    for one in cells:
        found.setdefault((one.organization_id, one.cut, one.key), {})[one.code] = one.value
    return found


def entropy(reasons: Iterable[int]) -> int:
    """Shannon entropy of how often each reason was given, in thousandths of a bit, rounded down."""
    counts = [one for one in reasons if one > 0]
    total = sum(counts)
    bits = sum(one / total * math.log2(total / one) for one in counts)
    return math.floor(bits * MILLIBITS + 1e-6)


def derived(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts with those that follow from them."""
    net = counts.get("savings-gross", 0) - counts.get("savings-retests", 0) - counts.get("opinion-fees", 0)
    reasons = [value for code, value in counts.items() if code.startswith("reason:")]
    return {**counts, "savings-net": net, "reason-entropy": entropy(reasons)}


def line_of(line: Line, counts: Mapping[str, int], audiences: frozenset[Audience]) -> Shown:
    """What an audience sees of one line."""
    full = derived(counts)
    return Shown(
        *line,
        figures=tuple(_figure(one, full) for one in INDICATORS if one.audience in audiences and _has(one, line[1])),
        reasons=_named("reason:", counts),
        sources=_named("source:", counts),
    )


#: Indicators that make sense of one item, and of one doctor; all others are of a member alone.
_OF_CARDS = (
    ("shown", "accepted", "overridden", "withdrawn", "ignored", "open", "superseded"),
    ("response-rate", "ignored-rate", "rubber-stamp", "weak-reasons"),
)
_OF_PIECES = ("existing", "recognised", "recognition-rate", "refused", "not-counted")
_OF_OFFERS = (
    ("accept-then-reorder", "reordered-elsewhere", "repeated-here"),
    ("savings-gross", "savings-retests", "opinion-fees", "savings-net", "dose"),
)
_OF_ITEM = frozenset({*_OF_PIECES, *(code for codes in (*_OF_CARDS, *_OF_OFFERS) for code in codes)})
_OF_DOCTOR = frozenset(
    {"informed", "decision-time", "reason-entropy", *(code for codes in _OF_CARDS for code in codes)}
)


def _has(one: Indicator, cut: str) -> bool:
    return cut == "member" or one.code in (_OF_ITEM if cut == "item" else _OF_DOCTOR)


def _figure(one: Indicator, counts: Mapping[str, int]) -> Figure:
    value: int | None = sum(counts.get(code, 0) for code in one.numerator)
    if one.code in {"critical-closed"} | NOT_SUMMED and not any(code in counts for code in one.numerator):
        value = None  # no register of critical results is connected; no answer, or several months
    return Figure(one.code, value, sum(counts.get(code, 0) for code in one.denominator) if one.denominator else None)


def _named(prefix: str, counts: Mapping[str, int]) -> dict[str, int]:
    return {
        code.removeprefix(prefix): value for code, value in sorted(counts.items()) if code.startswith(prefix) and value
    }


def for_members(cells: Iterable[Cell], cut: str, members: frozenset[UUID] | None, *, quality: bool) -> list[Shown]:
    """The lines of a cut that somebody may see: of all members with the county (None), or of some without it.

    Lines keep their order: the county, members by id, then items and doctors by their key, never by a figure.
    """
    audiences = frozenset(Audience) if quality else frozenset({Audience.OFFICIAL})
    return [
        line_of(line, counts, audiences)
        for line, counts in grouped(cells).items()
        if line[1] == cut and (members is None or line[0] in members)
    ]


#: What only the quality officer sees of a doctor, not even the doctor: a measured haste would be played to.
_OFFICER_ALONE = frozenset({"decision-time", "rubber-stamp", "reason-entropy"})


def of_oneself(one: Shown) -> Shown:
    """What a doctor sees of the own line."""
    return replace(one, figures=tuple(each for each in one.figures if each.code not in _OFFICER_ALONE))


def for_the_bureau(months: Sequence[tuple[Sequence[Cell], int]], cut: str) -> list[Shown]:
    """What is de-identified: members whole, items of the whole county alone, and those with few results hidden.

    Where one item alone would be hidden the next smallest is hidden with it, so that no total gives it away. What is
    hidden in a month is hidden in a sum of months: the other months would give it away. months: counts, and below how
    many results an item is hidden.
    """
    lines = for_members(summed([cells for cells, _ in months]), cut, None, quality=False)
    if cut != "item":
        return lines
    of_county = [one for one in lines if one.organization_id is None]
    hidden = _few(of_county, months[-1][1]) if months else frozenset[str]()
    for cells, small in months:
        of_month = for_members(cells, cut, None, quality=False)
        hidden |= _few([one for one in of_month if one.organization_id is None], small)
    return [_hide(one) if one.key in hidden else one for one in of_county]


def _few(lines: Iterable[Shown], small: int) -> frozenset[str]:
    by_size = sorted(lines, key=_results)
    few = [one.key for one in by_size if _results(one) < small]
    return frozenset(few if len(few) != 1 else [one.key for one in by_size[:2]])


def _results(one: Shown) -> int:
    return next((figure.value or 0 for figure in one.figures if figure.code == "existing"), 0)


def _hide(one: Shown) -> Shown:
    blank = tuple(Figure(figure.code, None, None) for figure in one.figures)
    return Shown(one.organization_id, one.cut, one.key, blank, {}, {}, hidden=True)


def official_only(cells: Iterable[Cell]) -> list[Cell]:
    """Counts that stand in an official indicator."""
    return [one for one in cells if is_official(one.code)]
