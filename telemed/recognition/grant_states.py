"""What a grant is worth at a moment, what may be printed for it, and what a withdrawal takes back. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from telemed.recognition.granting import Lineage
from telemed.recognition.rules import PRINTS_HR, Grant, GrantState


def state_at(grant: Grant, at: datetime, due_soon_days: int) -> GrantState:
    """The state at a moment: proposed before it begins, due soon and expired by the date, else as derived."""
    if at < grant.begins:
        return GrantState.PROPOSED
    if at >= grant.ends:
        return GrantState.EXPIRED
    soon = grant.due is not None and at >= grant.due - timedelta(days=due_soon_days)
    return GrantState.DUE_SOON if soon and grant.state is GrantState.ACTIVE else grant.state


def mark(grant: Grant, at: datetime) -> str | None:
    """What may be printed beside a result acquired at that moment, such as 全国HR; None for nothing.

    Only what was evaluated prints the mark: a community's document and the county's reading do not (practice 7).
    """
    holds = grant.state is GrantState.ACTIVE and grant.begins <= at < grant.ends
    return grant.scope.label if holds and grant.basis in PRINTS_HR else None


def known(grants: Iterable[Grant], known_at: datetime) -> tuple[Grant, ...]:
    """The rows as the registry knew them at a moment."""
    return tuple(
        one for one in grants if one.known_from <= known_at and (one.known_until is None or known_at < one.known_until)
    )


def standing(grants: Iterable[Grant], at: datetime) -> tuple[Grant, ...]:
    """Of each lineage the grant of a moment: the last begun, or the first to come.  grants: as known at one moment."""
    found: dict[Lineage, Grant] = {}
    for one in sorted(grants, key=lambda one: one.begins):
        lineage = lineage_of(one)
        if lineage not in found or one.begins <= at:
            found[lineage] = one
    return tuple(found.values())


def lineage_of(grant: Grant) -> Lineage:
    return Lineage(
        grant.programme,
        grant.organization_id,
        grant.item_key,
        grant.device_id,
        grant.scope,
        grant.basis,
        grant.reader_id,
    )


@dataclass(frozen=True, slots=True)
class Loss:
    """A period for which a grant was held to be active and is withdrawn now; who relied on it is to look back."""

    grant: Grant
    begins: datetime
    ends: datetime


def losses(
    held: Iterable[Grant], before: Iterable[Grant], after: Iterable[Grant], known_at: datetime
) -> tuple[Loss, ...]:
    """What a withdrawal learnt at `known_at` takes back of what was ever held; nothing later than that moment.

    held: every row that was known, each with the end of its knowledge: a decision may rest on one that has been
    replaced since.  before, after: rows as known just before and at `known_at`.  What was withdrawn already is not
    taken twice; a suspension takes nothing back.
    """
    withdrawn, already = _withdrawn(after), _withdrawn(before)
    longest: dict[str, tuple[datetime, Grant]] = {}
    for one in held:
        relied_until = min(one.ends, one.known_until or known_at)
        if one.state is GrantState.ACTIVE and (one.id not in longest or longest[one.id][0] < relied_until):
            longest[one.id] = relied_until, one
    found: list[Loss] = []
    for relied_until, one in longest.values():
        lineage = lineage_of(one)
        for by in withdrawn.get(lineage, ()):
            period = max(one.begins, by.begins), min(relied_until, by.ends, known_at)
            found += [Loss(one, *each) for each in _without(period, already.get(lineage, ()))]
    return tuple(sorted(found, key=lambda loss: (loss.begins, loss.grant.id)))


def _withdrawn(grants: Iterable[Grant]) -> dict[Lineage, list[Grant]]:
    found: dict[Lineage, list[Grant]] = {}
    for one in grants:
        if one.state is GrantState.WITHDRAWN:
            found.setdefault(lineage_of(one), []).append(one)
    return found


def _without(period: tuple[datetime, datetime], already: Iterable[Grant]) -> list[tuple[datetime, datetime]]:
    """The parts of a period that no withdrawal before it took."""
    left = [period]
    for one in already:
        left = [
            part for begins, ends in left for part in ((begins, min(ends, one.begins)), (max(begins, one.ends), ends))
        ]
    return [(begins, ends) for begins, ends in left if begins < ends]
