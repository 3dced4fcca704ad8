"""Due times of consultations: rows, looked at when the first of them is over; nothing is kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, tzinfo

from telemed.consultation.model.clocks import REMIND
from telemed.consultation.service.answering import lapse_due
from telemed.consultation.store import consultations as store
from telemed.db import Pool
from telemed.errors import Unavailable

LONGEST_WAIT = 15.0  # seconds; every clock given is longer than that


async def watch(pool: Pool, clock: Callable[[], datetime], zone: tzinfo) -> None:
    """Pass what nobody took in time on, remind of what is near; until cancelled.  Several processes may run it."""
    while True:
        wait = LONGEST_WAIT
        try:
            now = clock()
            await lapse_due(pool, now, zone)
            async with pool.transaction() as tx:
                await store.to_remind(tx, now, now + REMIND)
            async with pool.transaction() as tx:
                await store.warn_of_clocks(tx, now)
            async with pool.connection() as connection:
                due = await store.next_due(connection)
            if due is not None:
                wait = (due - clock()).total_seconds()
        except Unavailable:
            wait = LONGEST_WAIT
        await asyncio.sleep(min(max(wait, 1.0), LONGEST_WAIT))
