"""Settle studies: look at the evidence of those that are due.  The due times are rows, so a restart forgets none."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from telemed.db import Connection, Pool, execute, fetch_all, fetch_one
from telemed.events.signal import Signal
from telemed.imaging.completeness import Complete, Evidence, Quiet, Receiving, decide
from telemed.imaging.store import queries, tell

#: An index in another process may bring a due time forward; it rings, and if the bell fails this is the delay.
LONGEST_WAIT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _Due:
    id: UUID
    organization_id: UUID
    instance_count: int
    last_received_at: datetime
    expected_instances: int | None
    open_associations: int
    lost_associations: int
    released_associations: int


@dataclass(frozen=True, slots=True)
class _Next:
    at: datetime | None


async def settle_due(tx: Connection, now: datetime) -> int:
    """Decide the studies that are due; returns how many were looked at."""
    due = await fetch_all(tx, queries["due_studies"], {"now": now}, _Due)
    for study in due:
        evidence = Evidence(
            instances=study.instance_count,
            last_received_at=study.last_received_at,
            expected=study.expected_instances,
            open_associations=study.open_associations,
            lost_associations=study.lost_associations,
            released_associations=study.released_associations,
        )
        match decide(evidence, now):
            case Receiving(look_again_at):
                await execute(tx, queries["look_again"], {"id": study.id, "at": look_again_at})
                continue
            case Complete(proved_by):
                settled = {"id": study.id, "completeness": "complete", "evidence": proved_by}
            case Quiet():
                settled = {"id": study.id, "completeness": "quiet", "evidence": ""}
        await execute(tx, queries["settle"], settled)
        await tell(tx, study.id, study.organization_id, "study.updated")
    return len(due)


async def settle_for_ever(pool: Pool, signal: Signal, clock: Callable[[], datetime]) -> None:
    """Settle studies when they are due, until cancelled."""
    while True:
        heard = signal.count
        async with pool.transaction() as tx:
            looked_at = await settle_due(tx, clock())
        if looked_at:
            continue
        async with pool.connection() as connection:
            following = await fetch_one(connection, queries["next_due"], {}, _Next)
        wait = LONGEST_WAIT
        if following is not None and following.at is not None:
            wait = min(max(following.at - clock(), timedelta(0)), LONGEST_WAIT)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait.total_seconds()):
                await signal.after(heard)
