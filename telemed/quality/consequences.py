"""What a fact would change for whoever looks today, and the digest by which a preview is confirmed. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from telemed.recognition.canonical import canonical
from telemed.recognition.grant_states import lineage_of, mark, standing, state_at
from telemed.recognition.granting import Lineage
from telemed.recognition.quality import GrantingParameters
from telemed.recognition.rules import PRINTS_HR, Grant, GrantState
from telemed.recognition.rules_store import Foreseen, Listed

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a lineage is worth at a moment, before and after; grant: the one that stands after, else the one before."""

    grant: Grant
    before: GrantState | None
    after: GrantState | None
    mark: str | None


def due_soon_days(parameters: Sequence[GrantingParameters], now: datetime) -> int:
    """How long before it is due a member is told now; before all parameters the first ones hold."""
    begun = [one for one in parameters if one.effective <= now]
    return (begun or parameters[:1])[-1].due_soon_days


def changes(before: Mapping[str, Grant], after: Mapping[str, Grant], now: datetime, soon: int) -> tuple[Changed, ...]:
    """Every lineage of which something is other than before, by programme and item.

    before, after: grants by id as known before and after.  soon: days, see due_soon_days.
    """
    touched = {
        lineage_of(one)
        for grants, others in ((before, after), (after, before))
        for name, one in grants.items()
        if name not in others or _told(others[name]) != _told(one)
    }
    was, will = _by_lineage(before.values(), now), _by_lineage(after.values(), now)
    found = [_changed(was.get(one), will.get(one), now, soon) for one in touched]
    return tuple(
        sorted(
            found, key=lambda one: (one.grant.organization_id, one.grant.programme, one.grant.item_key, one.grant.id)
        )
    )


def after_it(seen: Foreseen) -> dict[str, Grant]:
    """The grants as they would be known once the fact is recorded, by id."""
    left = {name: one for name, one in seen.before.items() if name not in seen.struck}
    return left | {one.id: one for one in seen.grants}


def _told(grant: Grant) -> Grant:
    """What a grant says, whenever it was learnt."""
    return replace(grant, known_from=_NO_TIME, known_until=None)


def _by_lineage(grants: Iterable[Grant], now: datetime) -> dict[Lineage, Grant]:
    return {lineage_of(one): one for one in standing(grants, now)}


def _changed(before: Grant | None, after: Grant | None, now: datetime, soon: int) -> Changed:
    grant = after or before
    if grant is None:
        raise LookupError("a lineage that is touched stands before or after")
    return Changed(
        grant,
        None if before is None else state_at(before, now, soon),
        None if after is None else state_at(after, now, soon),
        None if after is None else mark(after, now),
    )


def called(grant: Grant) -> str:
    """The programme a grant comes from; an agreement has no name but its range."""
    return grant.programme if grant.basis in PRINTS_HR else grant.scope.label


def digest(seen: Foreseen) -> str:
    """What was shown, without the moment at which it was: SHA-256 over the fact and the rows that follow from it."""
    said = {
        "fact": replace(seen.fact, known_from=_NO_TIME),
        "grants": [_told(one) for one in sorted(seen.grants, key=lambda one: one.id)],
        "struck": sorted(seen.struck),
    }
    return hashlib.sha256(canonical(said)).hexdigest()


@dataclass(frozen=True, slots=True)
class Alike:
    """Grants of one member's programme that stand alike.  first: one of them.  items: the keys of all."""

    first: Grant
    state: GrantState
    mark: str | None
    items: tuple[str, ...]


def alike(listed: Iterable[Listed]) -> tuple[Alike, ...]:
    """Who passes what and until when: grants that differ in nothing but the item make one line."""
    found: dict[tuple[Grant, GrantState, str | None], list[Listed]] = {}
    for one in listed:
        said = replace(_told(one.grant), id="", item_key="", evidence=())
        found.setdefault((said, one.state, one.mark), []).append(one)
    return tuple(
        Alike(each[0].grant, state, printed, tuple(sorted(one.grant.item_key for one in each)))
        for (_, state, printed), each in found.items()
    )
