"""追溯核查: periods that a withdrawal took back, and the decisions that have to be looked at again."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, load
from telemed.events import log
from telemed.recognition.reliance import Taken, relied

queries = load(__name__, "look_backs.sql")
#: Decisions read at once: a trace is a few KB.
PAGE = 500
_BEGINNING = datetime(1, 1, 2, tzinfo=UTC)


class LookBack(msgspec.Struct, frozen=True):
    """A grant was held active in [begins, ends) and is withdrawn for it since known_from."""

    id: UUID
    grant_id: UUID
    organization_id: UUID
    item_key: str
    device_id: str | None
    begins: datetime
    ends: datetime
    cause_id: UUID
    known_from: datetime

    @property
    def taken(self) -> Taken:
        return Taken(str(self.grant_id), self.begins, self.ends, self.known_from)


class _Decided(msgspec.Struct):
    id: UUID
    decided_at: datetime
    trace: str


async def look_backs(connection: Connection, after: datetime, limit: int) -> list[LookBack]:
    """Periods taken back since a moment, newest first, at most `limit`."""
    return await fetch_all(connection, queries["known_look_backs"], {"after": after, "limit": limit}, LookBack)


async def relying(connection: Connection, taken: Taken, since: datetime = _BEGINNING) -> list[UUID]:
    """The decisions that relied on a grant for a result of the period taken back, the oldest first.

    since: only those decided later.
    """
    found: list[UUID] = []
    after_at, after_id = since, UUID(int=0)
    while True:
        params = {"grant_id": taken.grant_id, "after_at": after_at, "after_id": after_id, "limit": PAGE}
        page = await fetch_all(connection, queries["decisions_on"], params, _Decided)
        found += [one.id for one in page if relied(one.trace, taken)]
        if len(page) < PAGE:
            return found
        after_at, after_id = page[-1].decided_at, page[-1].id


async def open_tasks(tx: Connection, look_back: LookBack, now: datetime, since: datetime = _BEGINNING) -> int:
    """Open a task for each decision that relied on the grant, once; return how many are new.

    since: only for those decided later.
    """
    decisions = await relying(tx, look_back.taken, since)
    if not decisions:
        return 0
    params = {"look_back_id": look_back.id, "grant_id": look_back.grant_id, "decisions": decisions, "now": now}
    new = await execute(tx, queries["open_tasks"], params)
    if new:
        topics = ["quality", "recognition", f"organization/{look_back.organization_id}"]
        await log.append(tx, "look-back-tasks.opened", look_back.id, topics, tasks=new)
    return new
