"""互认资格图: of each member and item the best that is held, and what stands behind a field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, fetch_all, load
from telemed.recognition.rules import Grant, GrantState
from telemed.recognition.rules_store import Listed
from telemed.recognition.stored import GrantRow

queries = load(__name__, "grant_map.sql")

#: Which of several grants of one field is shown: the one that lets most be relied on.
BEST = (
    GrantState.ACTIVE,
    GrantState.DUE_SOON,
    GrantState.PROPOSED,
    GrantState.SUSPENDED,
    GrantState.WITHDRAWN,
    GrantState.EXPIRED,
)
#: Changes of one field that a person reads.
MOST_CHANGES = 200


@dataclass(frozen=True, slots=True)
class Field:
    """One member and item.  grants: how many stand behind it.  ends, due: of the one that is shown."""

    organization_id: str
    item_key: str
    state: GrantState
    mark: str | None
    grants: int
    ends: datetime
    due: datetime | None


def fields(listed: Iterable[Listed]) -> list[Field]:
    """The fields that hold anything, by member and item.  Of equal states the one that lasts longest is shown."""
    found: dict[tuple[str, str], list[Listed]] = {}
    for one in listed:
        found.setdefault((one.grant.organization_id, one.grant.item_key), []).append(one)
    return [_field(several) for _, several in sorted(found.items())]


def _field(several: Sequence[Listed]) -> Field:
    best = min(several, key=lambda one: (BEST.index(one.state), -one.grant.ends.timestamp(), one.grant.id))
    marks = sorted({one.mark for one in several if one.mark})
    return Field(
        organization_id=best.grant.organization_id,
        item_key=best.grant.item_key,
        state=best.state,
        mark=marks[0] if marks else None,
        grants=len(several),
        ends=best.grant.ends,
        due=best.grant.due,
    )


class Evidence(msgspec.Struct, frozen=True):
    """What was recorded about quality.

    kind: evaluation, or that of another fact.  outcome: pass, fail, absent or '' for another fact.  at: when it holds
    from or was published; known_from: when the registry learnt of it; UTC.
    """

    id: str
    kind: str
    programme: str
    round: str
    outcome: str
    score: str
    at: datetime
    known_from: datetime


class _Change(GrantRow, frozen=True):
    struck: bool

    @property
    def change(self) -> Change:
        said = msgspec.structs.asdict(self)
        struck = said.pop("struck")
        return Change(GrantRow(**said).grant, struck)


@dataclass(frozen=True, slots=True)
class Change:
    """What was known of a grant from one moment until another.  struck: that there is no such grant."""

    grant: Grant
    struck: bool


async def changes(
    connection: Connection, organization_id: UUID, item_key: str, known_at: datetime
) -> tuple[list[Change], list[Evidence]]:
    """Every row about one field known by a moment, the one learnt last first, and the evidence they name."""
    params = {"organization_id": organization_id, "item_key": item_key, "known_at": known_at, "limit": MOST_CHANGES}
    rows = await fetch_all(connection, queries["changes"], params, _Change)
    named = {"organization_id": organization_id, "ids": sorted({one for row in rows for one in row.evidence})}
    return [row.change for row in rows], await fetch_all(connection, queries["evidence"], named, Evidence)
