"""Consumers: at least once, in cursor order, the cursor moved in the transaction of what was done."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec
import structlog

from telemed.db import Connection, Pool, execute, fetch_one
from telemed.errors import Unavailable
from telemed.events.log import START, Cursor, Event, queries, read_after
from telemed.events.signal import Signal

BATCH = 100
#: Events of one transaction, where they may share one: what they lock is held until its end.
MOST_TOGETHER = 25
RETRY = 1.0  # seconds until the log is read again after a failure

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Consumer:
    """A named reader of the log.

    handle: called for each event of `kinds` inside a transaction; what it raises rolls the event back,
    which is then tried again. It must therefore be idempotent only against itself being interrupted.
    together: called instead for several events, MOST_TOGETHER at the most, inside one transaction; where it raises,
    each goes to `handle` in a transaction of its own.
    """

    name: str
    kinds: frozenset[str]
    handle: Callable[[Connection, Event], Awaitable[None]]
    together: Callable[[Connection, Sequence[Event]], Awaitable[None]] | None = None


class _Position(msgspec.Struct):
    xid: int
    id: int

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.xid, self.id)


@dataclass
class Looked:
    """How far this process has read for a consumer: nothing of its kinds lies between its stored cursor and here.

    The stored cursor follows where something was handled, and once a batch of others has gone by: an event that is
    not a consumer's own costs it a read and no write.  passed: events read since it was stored.
    """

    cursor: Cursor = START
    passed: int = 0


async def step(pool: Pool, consumer: Consumer, looked: Looked | None = None) -> int:
    """Handle the next batch and return how many events were read; 0 when at the head or when another process has it.

    A handler that fails stops the batch and leaves the cursor before its event.
    looked: kept from call to call by who follows the log; without it the stored cursor moves to what was read.
    """
    eager = looked is None
    looked = looked or Looked()
    async with pool.connection() as connection:
        if looked.cursor == START:
            stored = await fetch_one(connection, queries["consumer"], {"name": consumer.name}, _Position)
            if stored is None:
                return 0
            looked.cursor = stored.cursor
        events = await read_after(connection, looked.cursor, limit=BATCH)
    own = [event for event in events if event.kind in consumer.kinds]
    most = 1 if consumer.together is None else MOST_TOGETHER
    for several in (own[at : at + most] for at in range(0, len(own), most)):
        if not await _handled_together(pool, consumer, several):
            return 0
        looked.passed, looked.cursor = 0, several[-1].cursor
    if events:
        looked.passed += sum(event.cursor > looked.cursor for event in events)
        looked.cursor = events[-1].cursor
        if looked.passed >= (1 if eager else BATCH) and await _handled(pool, consumer, events[-1:]):
            looked.passed = 0
    return len(events)


async def _handled_together(pool: Pool, consumer: Consumer, events: Sequence[Event]) -> bool:
    """Handle events in one transaction, or each in its own if one of them fails; False when another process has it."""
    if len(events) > 1:
        try:
            return await _handled(pool, consumer, events)
        except Exception as failure:  # noqa: BLE001 -- whichever of them it was fails again below, alone
            log.info("consumer-goes-one-by-one", consumer=consumer.name, failure=type(failure).__name__)
    for event in events:
        if not await _handled(pool, consumer, [event]):
            return False
    return True


async def _handled(pool: Pool, consumer: Consumer, events: Sequence[Event]) -> bool:
    """Handle those of the consumer's kinds and store the cursor behind the last; False when another process has it."""
    async with pool.transaction() as tx:
        position = await fetch_one(tx, queries["lock_consumer"], {"name": consumer.name}, _Position)
        if position is None:
            return False
        if position.cursor < events[-1].cursor:
            due = [one for one in events if position.cursor < one.cursor and one.kind in consumer.kinds]
            if consumer.together is not None and len(due) > 1:
                await consumer.together(tx, due)
            else:
                for event in due:
                    await consumer.handle(tx, event)
            params = {"name": consumer.name, "xid": str(events[-1].xid), "id": events[-1].id}
            await execute(tx, queries["move_consumer"], params)
    return True


async def run(pool: Pool, consumer: Consumer, signal: Signal) -> None:
    """Follow the log until cancelled; failures are logged and tried again."""
    registered = False
    looked = Looked()
    while True:
        seen = signal.count
        try:
            if not registered:
                async with pool.transaction() as tx:
                    await execute(tx, queries["register_consumer"], {"name": consumer.name})
                registered = True
            while await step(pool, consumer, looked) == BATCH:
                pass
        except Unavailable:
            looked = Looked()
            await asyncio.sleep(RETRY)
            continue
        except Exception:
            log.exception("consumer-failed", consumer=consumer.name)
            looked = Looked()
            await asyncio.sleep(RETRY)
            continue
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETRY):
                await signal.after(seen)
