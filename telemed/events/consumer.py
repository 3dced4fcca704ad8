"""Consumers: at least once, in cursor order, the cursor moved in the transaction of what was done."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from telemed.db import Connection, Pool, execute, fetch_one
from telemed.errors import Unavailable
from telemed.events.log import Cursor, Event, queries, read_after
from telemed.events.signal import Signal

BATCH = 100
RETRY = 1.0  # seconds until the log is read again after a failure

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Consumer:
    """A named reader of the log.

    handle: called for each event of `kinds` inside a transaction; what it raises rolls the event back,
    which is then tried again. It must therefore be idempotent only against itself being interrupted.
    """

    name: str
    kinds: frozenset[str]
    handle: Callable[[Connection, Event], Awaitable[None]]


class _Position:
    def __init__(self, xid: int, id: int) -> None:  # noqa: A002 -- the column's name
        self.cursor = Cursor(xid, id)


async def step(pool: Pool, consumer: Consumer) -> int:
    """Handle the next batch and return how many events were read; 0 when at the head or when another process has it.

    One event, one transaction: a handler that fails stops the batch and leaves the cursor before its event.
    """
    read = 0
    while read < BATCH:
        async with pool.transaction() as tx:
            position = await fetch_one(tx, queries["lock_consumer"], {"name": consumer.name}, _Position)
            if position is None:
                return read
            events = await read_after(tx, position.cursor, limit=BATCH)
            if not events:
                return read
            moved = position.cursor
            for event in events:
                moved = event.cursor
                read += 1
                if event.kind in consumer.kinds:
                    await consumer.handle(tx, event)
                    break
            await execute(
                tx,
                queries["move_consumer"],
                {"name": consumer.name, "xid": str(moved.xid), "id": moved.id},
            )
    return read


async def run(pool: Pool, consumer: Consumer, signal: Signal) -> None:
    """Follow the log until cancelled; failures are logged and tried again."""
    registered = False
    while True:
        seen = signal.count
        try:
            if not registered:
                async with pool.transaction() as tx:
                    await execute(tx, queries["register_consumer"], {"name": consumer.name})
                registered = True
            while await step(pool, consumer):
                pass
        except Unavailable:
            await asyncio.sleep(RETRY)
            continue
        except Exception:
            log.exception("consumer-failed", consumer=consumer.name)
            await asyncio.sleep(RETRY)
            continue
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(signal.after(seen), timeout=RETRY)
