"""Searches for what the audit trail holds: one of the values, each time a parameter is given (FHIR R4 3.1.1.4.11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from telemed.access import trail
from telemed.access.trail import FAR, LONG_AGO, Narrowing, Stretch, TrailQuery
from telemed.db import Connection
from telemed.fhir.finding import NOTHING, Asker, Found, Page
from telemed.fhir.resources.audit_event import OUTCOMES, VERBS, audit_event
from telemed.fhir.searching import Cursor, Search, Span, uuids

_WORDS = {code: word for word, code in OUTCOMES.items()}


async def audit_events(connection: Connection, asker: Asker, search: Search) -> Page:
    """Rows of the trail, the newest first; of the last seven days where no date is given."""
    narrowed = narrowing(search)
    if narrowed is None:
        return NOTHING
    query = TrailQuery(
        since=None if narrowed.stretches is None else narrowed.stretches[0].low,
        until=None if narrowed.stretches is None else narrowed.stretches[-1].high,
        before="" if search.before is None else f"{search.before.at.isoformat()}_{search.before.id}",
        limit=search.count,
    )
    numbers = [None] if search.ids is None else [int(one) for one in search.ids if _is_number(one)]
    found: list[Found] = []
    following: Cursor | None = None
    for number in numbers:
        items, after = await trail.find(connection, query, asker.now, id=number, narrowed=narrowed)
        # who looked at the trail stands in it already; the rows it showed are no entities of it
        found += [Found(audit_event(one), None) for one in items]
        if after is not None and number is None:
            following = Cursor(items[-1].at, str(items[-1].id))
    return Page(found, following)


def narrowing(search: Search) -> Narrowing | None:
    """What is asked of the trail; None where no row can answer: each has one code, one outcome, one moment."""
    patients = [uuids(one) or [] for one in search.every.get("patient", ())]
    actions = _common(search.every.get("subtype"))
    outcomes = _common(search.every.get("outcome"), _WORDS)
    letters = _common(search.every.get("action"))
    stretches = within(search.dates)
    if not all(patients) or any(one is not None and not one for one in (actions, outcomes, letters, stretches)):
        return None  # a person who cannot be is nobody, never everybody
    return Narrowing(
        patients=tuple(tuple(one) for one in patients),
        actions=actions,
        outcomes=outcomes,
        methods=None if letters is None else _methods(letters),
        other_methods=letters is not None and "E" in letters,
        stretches=stretches,
    )


def _common(times: Sequence[Sequence[str]] | None, words: Mapping[str, str] | None = None) -> tuple[str, ...] | None:
    """What answers each time a parameter is given; None where it is not.  words: as the trail says it."""
    if times is None:
        return None
    shared = set(times[0]).intersection(*times[1:])
    return tuple(sorted(shared if words is None else (words[one] for one in shared if one in words)))


def _methods(letters: Sequence[str]) -> tuple[str, ...]:
    """Methods of HTTP with these letters; with E, which is of every other, those that have another letter."""
    wanted = "E" not in letters
    return tuple(sorted(method for method, one in VERBS.items() if one != "E" and (one in letters) is wanted))


def within(dates: Iterable[Sequence[Span]]) -> tuple[Stretch, ...] | None:
    """The stretches in which a moment answers every date, in their order; None where no date is given."""
    found: list[Stretch] | None = None
    for each in dates:
        stretches = _merged(one for span in each for one in _stretches(span))
        found = stretches if found is None else _shared(found, stretches)
    return None if found is None else tuple(found)


def _stretches(span: Span) -> list[Stretch]:
    """FHIR R4 3.1.1.4.7 for a moment, which any stretch either holds or does not."""
    match span.prefix:
        case "eq":
            return [Stretch(span.low, span.high)]
        case "ne":
            return [Stretch(LONG_AGO, span.low), Stretch(span.high, FAR)]
        case "gt" | "sa":
            return [Stretch(span.high, FAR)]
        case "lt" | "eb":
            return [Stretch(LONG_AGO, span.low)]
        case "ge":
            return [Stretch(span.low, FAR)]
        case "le":
            return [Stretch(LONG_AGO, span.high)]


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    made: list[Stretch] = []
    for one in sorted(each for each in stretches if each.low < each.high):
        if made and one.low <= made[-1].high:
            made[-1] = Stretch(made[-1].low, max(made[-1].high, one.high))
        else:
            made.append(one)
    return made


def _shared(some: Iterable[Stretch], others: Sequence[Stretch]) -> list[Stretch]:
    both = (Stretch(max(one.low, each.low), min(one.high, each.high)) for one in some for each in others)
    return sorted(one for one in both if one.low < one.high)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
