"""One reader of the log a process, many listeners with bounded queues."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

import structlog

from telemed.db import Connection, Pool
from telemed.events.log import START, Cursor, Event, head, read_settling
from telemed.events.signal import Signal

QUEUE = 500  # events a listener may be behind before it is cut off and resumes by cursor
BATCH = 500
POLL = 1.0  # seconds: the longest a change stays unseen when every hint is lost
FIRST_LOOK, SLOWEST_LOOK = 0.002, 0.1  # seconds until what a running transaction holds back is looked for again

log = structlog.get_logger(__name__)


class Listener:
    """One client's view: events of its topics since it was added. overflowed: it was too slow and must reconnect."""

    def __init__(self, topics: Iterable[str], since: Cursor) -> None:
        self.topics = frozenset(topics)
        self.since = since
        self.overflowed = False
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE)

    def offer(self, event: Event) -> None:
        if self.overflowed or not self.topics.intersection(event.topics):
            return
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self.overflowed = True
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(None)

    async def take(self) -> list[Event] | None:
        """Every event waiting, at least one; None once overflowed."""
        first = await self._queue.get()
        if first is None:
            return None
        taken = [first]
        while not self._queue.empty():
            following = self._queue.get_nowait()
            if following is None:
                return None
            taken.append(following)
        return taken


class Hub:
    """Follows the log from the moment it starts and hands each event to whoever listens."""

    def __init__(self, pool: Pool, signal: Signal) -> None:
        self._pool = pool
        self._signal = signal
        self._listeners: set[Listener] = set()
        self._bells: list[tuple[frozenset[str], Signal]] = []
        self.position = START
        self.ready = asyncio.Event()

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def add(self, topics: Iterable[str]) -> Listener:
        """Begin to listen exactly behind the hub's present position."""
        listener = Listener(topics, self.position)
        self._listeners.add(listener)
        return listener

    def of(self, kinds: frozenset[str]) -> Signal:
        """A bell that rings when an event of these kinds can be read; its owner sleeps through all others."""
        bell = Signal()
        self._bells.append((kinds, bell))
        return bell

    def remove(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    async def run(self) -> None:
        """Follow the log until cancelled; an unreachable database is waited out."""
        while True:
            try:
                # one connection for as long as it lasts: no client's turn waits behind the requests of others
                async with self._pool.connection() as connection:
                    await self._follow(connection)
            except Exception:
                log.exception("event-hub-failed")
            await asyncio.sleep(POLL)

    async def _follow(self, connection: Connection) -> None:
        if not self.ready.is_set():
            self.position = await head(connection)
            self.ready.set()
        look = FIRST_LOOK
        while True:
            seen = self._signal.count
            held_back = await self._advance(connection)
            patience, look = (look, min(look * 2, SLOWEST_LOOK)) if held_back else (POLL, FIRST_LOOK)
            with contextlib.suppress(TimeoutError):
                # not wait_for: before Python 3.12 it loses a cancellation that comes together with the bell
                async with asyncio.timeout(patience):
                    await self._signal.after(seen)

    async def _advance(self, connection: Connection) -> bool:
        """Hand on what is settled; whether something waits for a transaction that is still open.

        That one may end without a change of its own and ring no bell, so it is looked for again soon.
        """
        while True:
            events = await read_settling(connection, self.position, limit=BATCH)
            kinds = set[str]()
            for event in events:
                if not event.settled:
                    self._ring(kinds)
                    return True
                for listener in tuple(self._listeners):
                    listener.offer(event)
                self.position = event.cursor
                kinds.add(event.kind)
            self._ring(kinds)
            if len(events) < BATCH:
                return False

    def _ring(self, kinds: set[str]) -> None:
        for wanted, bell in self._bells:
            if not wanted.isdisjoint(kinds):
                bell.fire()
