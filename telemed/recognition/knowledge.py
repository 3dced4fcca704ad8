"""The facts as they were known at a moment: what was learnt later is not there, what was replaced is gone."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from telemed.recognition.canonical import canonical
from telemed.recognition.facts import Candidate, CodeMapping, Event, Facts, Identity
from telemed.recognition.rules import Grant

Row = Identity | Candidate | CodeMapping | Event | Grant


R = TypeVar("R", Identity, Candidate, Event, Grant)


def is_known(row: Row, at: datetime) -> bool:
    """Whether the row was held true at that moment; the first moment counts, the end does not."""
    return row.known_from <= at and (row.known_until is None or at < row.known_until)


def as_known(facts: Facts, at: datetime) -> Facts:
    """Of rows about the same thing, the one known last; the end of its knowledge, which lay ahead, is struck out."""
    return Facts(
        organizations=facts.organizations,
        identities=_latest(facts.identities, at, lambda one: (one.patient_id, one.filed_patient_id)),
        candidates=tuple(_inner(one, at) for one in _latest(facts.candidates, at, lambda one: one.id)),
        events=_latest(facts.events, at, lambda one: one.id),
        grants=_latest(facts.grants, at, lambda one: one.id),
    )


def _latest(rows: Iterable[R], at: datetime, thing: Callable[[R], Hashable]) -> tuple[R, ...]:
    kept: dict[Hashable, R] = {}
    for row in rows:
        if is_known(row, at):
            name = thing(row)
            if name not in kept or _order(kept[name]) < _order(row):
                kept[name] = row
    return tuple(row if row.known_until is None else replace(row, known_until=None) for row in kept.values())


def _order(row: Row) -> tuple[datetime, int, bytes]:
    """Known last; of versions known at the same moment the highest; of contradictions always the same one."""
    return row.known_from, row.version if isinstance(row, Candidate) else 0, canonical(row)


def _inner(candidate: Candidate, at: datetime) -> Candidate:
    """The mapping and the probe have a knowledge of their own: without it they are missing."""
    mapping, probe = candidate.mapping, candidate.acquired.probe
    if mapping is not None and not is_known(mapping, at):
        candidate = replace(candidate, mapping=None)
    elif mapping is not None and mapping.known_until is not None:
        candidate = replace(candidate, mapping=replace(mapping, known_until=None))
    if probe is not None and probe.checked_at > at:
        candidate = replace(candidate, acquired=replace(candidate.acquired, probe=None))
    return candidate
