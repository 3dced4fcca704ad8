"""Timers of reading: rows with a due time, looked at when the first of them is due; nothing is kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from telemed.db import Pool
from telemed.reading.service.claims import escalate_returns, expire_leases, next_due
from telemed.reading.service.looking import forget_delivered

LONGEST_WAIT = 30.0  # seconds; a lease given meanwhile is longer than that


async def sweep(pool: Pool, clock: Callable[[], datetime]) -> None:
    """Free claims nobody keeps, hand forgotten recalls on; until cancelled. Several processes may run it."""
    while True:
        now = clock()
        await expire_leases(pool, now)
        await escalate_returns(pool, now)
        await forget_delivered(pool)
        async with pool.connection() as connection:
            due = await next_due(connection)
        wait = LONGEST_WAIT if due is None else (due - clock()).total_seconds()
        await asyncio.sleep(min(max(wait, 1.0), LONGEST_WAIT))
