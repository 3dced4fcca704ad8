"""Looking once more at what was taken back lately: a decision may have been made before everybody had heard of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from telemed.db import Pool
from telemed.errors import Unavailable
from telemed.recognition.look_backs import look_backs, open_tasks

#: The registry says nothing more than 30 s behind (assessing.BEHIND), and answers in a few; a day outlives any restart.
SINCE = timedelta(days=1)
#: A decision is dated when it was asked for and is kept a few seconds later.
IN_FLIGHT = timedelta(minutes=5)
EVERY = 30.0  # seconds
MOST = 5000

log = structlog.get_logger(__name__)


async def settle(pool: Pool, now: datetime) -> int:
    """Open what tasks are missing of periods taken back within SINCE; return how many were."""
    async with pool.connection() as connection:
        found = await look_backs(connection, now - SINCE, MOST)
    opened = 0
    for one in found:
        async with pool.transaction() as tx:
            opened += await open_tasks(tx, one, now, one.known_from - IN_FLIGHT)
    return opened


async def settle_for_ever(pool: Pool, clock: Callable[[], datetime]) -> None:
    """Until cancelled.  Several processes may run it."""
    while True:
        try:
            await settle(pool, clock())
        except Unavailable:
            log.warning("look-backs-not-settled")
        await asyncio.sleep(EVERY)
