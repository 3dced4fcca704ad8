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


def losses(before: Iterable[Grant], after: Iterable[Grant], known_at: datetime) -> tuple[Loss, ...]:
    """What a withdrawal learnt at `known_at` takes back of what was held before; nothing later than that moment.

    before, after: rows as known just before and at `known_at`.  A suspension takes nothing back.
    """
    withdrawn: dict[Lineage, list[Grant]] = {}
    for one in after:
        if one.state is GrantState.WITHDRAWN:
            withdrawn.setdefault(lineage_of(one), []).append(one)
    found: list[Loss] = []
    for one in before:
        if one.state is not GrantState.ACTIVE:
            continue
        for by in withdrawn.get(lineage_of(one), ()):
            begins, ends = max(one.begins, by.begins), min(one.ends, by.ends, known_at)
            if begins < ends:
                found.append(Loss(one, begins, ends))
    return tuple(sorted(found, key=lambda loss: (loss.begins, loss.grant.id)))
