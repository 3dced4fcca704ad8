"""Forget what no longer says anything: counters of names nobody tries, sessions long over, set-up links too old."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from telemed.access.attempts import Attempts
from telemed.access.store import queries
from telemed.db import Pool, execute

PAUSE = 600.0  # seconds
SESSIONS_KEPT = timedelta(days=30)  # for the administrator's "last sign-in"; the audit keeps the rest


async def tidy(pool: Pool, attempts: Attempts, now: datetime) -> None:
    """One round."""
    await attempts.purge(now)
    async with pool.connection() as connection:
        await execute(connection, queries["purge_sessions"], {"before": now - SESSIONS_KEPT})
        await execute(connection, queries["purge_setup_links"], {"now": now})


async def run(pool: Pool, attempts: Attempts, clock: Callable[[], datetime]) -> None:
    """A round every ten minutes until cancelled."""
    while True:
        await tidy(pool, attempts, clock())
        await asyncio.sleep(PAUSE)
