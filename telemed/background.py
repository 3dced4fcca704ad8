"""Work that goes on beside requests: each task is kept running, its failures are logged, it ends with the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

FIRST_PAUSE = 1.0  # seconds before a failed task is started again, doubled up to
LONGEST_PAUSE = 30.0

log = structlog.get_logger(__name__)

Work = Callable[[], Awaitable[None]]


async def keep(name: str, work: Work) -> None:
    """Run `work` until it returns or is cancelled; start it again when it fails."""
    pause = FIRST_PAUSE
    while True:
        try:
            await work()
        except Exception:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                # what failed was tidying up after the cancellation, when the database went away first
                log.exception("background-task-failed-while-ending", task=name)
                return
            log.exception("background-task-failed", task=name, again_in_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            return


@asynccontextmanager
async def running(tasks: Mapping[str, Work]) -> AsyncGenerator[None]:
    """Run the tasks while the block runs; all have ended when it is left."""
    started = [asyncio.create_task(keep(name, work), name=name) for name, work in tasks.items()]
    try:
        yield
    finally:
        for task in started:
            task.cancel()
        await asyncio.gather(*started, return_exceptions=True)
