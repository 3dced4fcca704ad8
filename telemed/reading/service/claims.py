"""Claiming: one person a step, leased, visible, taken over only with a reason."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from telemed.db import Connection, Pool, execute, fetch_all, fetch_one
from telemed.reading.model import words
from telemed.reading.model.states import (
    AwaitingFormalReview,
    AwaitingReading,
    AwaitingVerification,
    InReading,
    Outcome,
    Returned,
    Verifying,
    claim,
    claim_verification,
    release,
    take_over,
)
from telemed.reading.service.acting import Acting, new_item, required, tell, write
from telemed.reading.service.drafts import begin_draft
from telemed.reading.store.readings import Held, hold, queries
from telemed.reading.store.rows import Id, Moment, OverdueReturn
from telemed.vocabulary import Priority


async def claim_reading(acting: Acting, reading_id: UUID) -> None:
    """领取: Interpretation becomes mine for the length of the lease."""
    held = await acting.hold(reading_id)
    if not isinstance(held.state, AwaitingReading | Returned):
        raise words.moved_on(held.row.state)
    acting.require_free(held, held.state.item)
    await _claim(acting, held, held.state)


async def claim_next(acting: Acting, *, verification: bool = False) -> UUID | None:
    """下一例: the most urgent free one, patients before check-ups; None when nothing waits."""
    for checkup in (False,) if verification else (False, True):
        query = queries["pick_next_verification"] if verification else queries["pick_next_interpretation"]
        picked = await fetch_one(
            acting.tx,
            query,
            {
                "practitioner_id": acting.principal.practitioner_id,
                "county": acting.principal.reading_center,
                "own": list(acting.principal.organization_ids),
                "organizations": acting.scope.organizations,
                "checkup": checkup,
            },
            Id,
        )
        if picked is None:
            continue
        held = await acting.hold(picked.id)
        match held.state:
            case AwaitingReading() | Returned():
                await _claim(acting, held, held.state)
            case AwaitingVerification() | AwaitingFormalReview():
                await _claim_verification(acting, held, held.state)
            case _:
                raise words.moved_on(held.row.state)
        return picked.id
    return None


async def claim_to_verify(acting: Acting, reading_id: UUID, *, single_reader_reason: str = "") -> None:
    """审核: the verifier is not the author, except in an emergency with the reason recorded."""
    held = await acting.hold(reading_id)
    if not isinstance(held.state, AwaitingVerification | AwaitingFormalReview):
        raise words.moved_on(held.row.state)
    acting.require_free(held, held.state.item)
    require_second_person(acting, held, held.state.author, single_reader_reason)
    await _claim_verification(acting, held, held.state)


def require_second_person(acting: Acting, held: Held, author: UUID, single_reader_reason: str) -> None:
    """Raises Forbidden when author and verifier are one person without an emergency and its recorded reason."""
    if author != acting.principal.practitioner_id:
        return
    if held.row.priority != Priority.STAT or not single_reader_reason.strip():
        raise words.same_person()


async def keep_claim(acting: Acting, reading_id: UUID) -> datetime:
    """Heartbeat; returns until when the claim holds. No event: nothing a list shows has changed."""
    held = await acting.hold(reading_id)
    if not isinstance(held.state, InReading | Verifying):
        raise words.moved_on(held.row.state)
    acting.require_mine(held.state.item)
    until = acting.now + acting.rules.lease
    await execute(acting.tx, queries["extend_lease"], {"id": held.state.item.id, "lease_until": until})
    return until


async def release_reading(acting: Acting, reading_id: UUID) -> None:
    """放弃领取; the draft stays."""
    held = await acting.hold(reading_id)
    if not isinstance(held.state, InReading | Verifying):
        raise words.moved_on(held.row.state)
    acting.require_mine(held.state.item)
    await acting.save(held, release(held.state, new_item(), Outcome.RELEASED), "reading.released")


async def take_over_reading(acting: Acting, reading_id: UUID, reason: str) -> None:
    """接管: another's step becomes mine; what was written stays under its author's name."""
    reason = required(reason)
    held = await acting.hold(reading_id)
    if not isinstance(held.state, InReading | Returned | Verifying):
        raise words.moved_on(held.row.state)
    acting.require_side(held, held.state.item.side)
    if isinstance(held.state, Verifying):
        require_second_person(acting, held, held.state.author, reason)
    moved = take_over(held.state, new_item(), acting.claim(), reason)
    await acting.save(held, moved, "reading.taken-over")
    await begin_draft(acting, held, moved.state)


async def expire_leases(pool: Pool, now: datetime) -> int:
    """Free every step whose claim nobody has kept; each in its own transaction."""
    async with pool.connection() as connection:
        due = await fetch_all(connection, queries["expired_leases"], {"now": now}, Id)
    freed = 0
    for one in due:
        async with pool.transaction() as tx:
            held = await hold(tx, one.id, wait=False)
            if held is None or not isinstance(held.state, InReading | Verifying):
                continue
            if held.state.item.lease_until >= now:
                continue
            await write(tx, held, release(held.state, new_item(), Outcome.EXPIRED), "reading.released", now)
            freed += 1
    return freed


async def escalate_returns(pool: Pool, now: datetime) -> int:
    """待召回 that nobody answered in time goes to the head of the institution, once."""
    async with pool.transaction() as tx:
        overdue = await fetch_all(tx, queries["overdue_site_returns"], {"now": now}, OverdueReturn)
        for one in overdue:
            held = await hold(tx, one.reading_id)
            if held is not None:
                await tell(tx, held.row, "reading.recall-escalated", site_return_id=one.id)
    return len(overdue)


async def next_due(connection: Connection) -> datetime | None:
    """When the sweeper is needed next; None: nothing is claimed or owed."""
    row = await fetch_one(connection, queries["next_due"], {}, Moment)
    return None if row is None else row.at


async def _claim(acting: Acting, held: Held, state: AwaitingReading | Returned) -> None:
    moved = claim(state, acting.claim())
    await acting.save(held, moved, "reading.claimed")
    await begin_draft(acting, held, moved.state)


async def _claim_verification(acting: Acting, held: Held, state: AwaitingVerification | AwaitingFormalReview) -> None:
    moved = claim_verification(state, acting.claim())
    await acting.save(held, moved, "reading.claimed")
    await begin_draft(acting, held, moved.state)
