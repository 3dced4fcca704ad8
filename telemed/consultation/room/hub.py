"""The rooms of one process: who is linked through it, what it hears of other processes, what is due.

The database is the truth and the event log says where to look, so a process needs no Redis and no other process to
miss nothing; Redis only makes it quick, and carries what passes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import structlog
from prometheus_client import Gauge

from telemed.background import keep
from telemed.consultation.room import presence, protocol, store
from telemed.consultation.room.deciding import Image, Who
from telemed.consultation.room.feed import Feed, Link
from telemed.consultation.room.lane import Lane, Passing
from telemed.consultation.room.message import Message
from telemed.consultation.room.outlet import Bye
from telemed.consultation.room.presence import Entered, Seat
from telemed.consultation.room.protocol import Close, Command, Eph, Hello, Seen
from telemed.consultation.room.refusals import Refusal
from telemed.consultation.room.state import Event
from telemed.consultation.room.store import Appended, InsideRoom
from telemed.db import Connection, Pool, announce_after_commit, execute, fetch_all, fetch_one
from telemed.errors import Unavailable
from telemed.events.hub import Hub as EventHub
from telemed.events.signal import Signal

SWEEP = 1.0  # seconds between looks at what is due
POLL = 1.0  # seconds: the longest a signal waits when every hint is lost
PAUSE = 0.02  # seconds between two looks for signals, however often the bell rings
SIGNAL_LIFE = timedelta(seconds=60)
MOST_SIGNALS = 200  # that wait for one person
RETRY_MS = 1500  # after which clients of a process that ends come back, spread over as long again

log = structlog.get_logger(__name__)

links_now = Gauge("telemed_room_links", "People linked to rooms through this process")

Clock = Callable[[], datetime]


class _Signal(msgspec.Struct):
    id: int
    room_id: UUID
    to_person: str
    by_person: str
    kind: str
    data: str
    at: datetime


class _Number(msgspec.Struct):
    number: int


class _Any(msgspec.Struct):
    is_there: bool


async def no_studies(_connection: Connection, _room_id: UUID, _images: frozenset[Image]) -> frozenset[Image]:
    """Until somebody says which studies a room has, it has none."""
    return frozenset()


class RoomHub:
    """inside: which images are of a room's studies, as whoever opens rooms knows."""

    def __init__(
        self,
        pool: Pool,
        events: EventHub,
        signal: Signal,
        clock: Clock,
        *,
        redis_url: str | None = None,
        inside: InsideRoom = no_studies,
    ) -> None:
        self.pool = pool
        self.clock = clock
        self.inside = inside
        self.process = uuid4()
        self.lane = Lane(redis_url)
        self.lane.heard = self._heard
        self.draining = False
        self._log = events
        self._signal = signal
        self._feeds: dict[UUID, Feed] = {}
        self._following: dict[UUID, asyncio.Task[None]] = {}

    @property
    def links(self) -> list[Link]:
        return [link for feed in self._feeds.values() for link in feed.links]

    # --- coming and going

    async def enter(self, room_id: UUID, person: str, hello: Hello) -> tuple[Entered, Link] | Refusal:
        """Take somebody in; from here on the link hears of everything.  Raises NotFound, Unavailable."""
        async with self._held(room_id) as feed:
            async with self.pool.transaction(one_turn=True) as tx:
                entered = await presence.enter(tx, room_id, person, hello, process=self.process, now=self.clock())
            if isinstance(entered, Refusal):
                return entered
            if not feed.take(entered.events) or feed.head < entered.state.seq:
                await feed.pull()
            # from here on nothing can fail: a link that nobody serves would be renewed as somebody's for ever
            link = Link(Seat(room_id, person, entered.generation), hello.device, entered.waiting)
            link.cursor = entered.state.seq
            feed.links.add(link)
            links_now.inc()
            feed.settle(link)
            return entered, link

    @contextlib.asynccontextmanager
    async def _held(self, room_id: UUID) -> AsyncGenerator[Feed]:
        """The feed of a room, kept while somebody is on the way in."""
        await self._log.ready.wait()
        feed = self._feeds.setdefault(room_id, Feed(self.pool, room_id))
        feed.coming += 1
        try:
            if room_id not in self._following:
                feed.listener = self._log.add([feed.topic])  # before the room is read: nothing comes in between
                task = asyncio.create_task(keep("room-feed", lambda: self._follow(feed)), name=feed.topic)
                self._following[room_id] = task
            await feed.know()
            yield feed
        finally:
            feed.coming -= 1
            self._leave_if_empty(feed)

    async def leave(self, link: Link) -> None:
        """The link has ended.  Where the database is away, the lease that nobody renews says so later."""
        feed = self._feeds[link.seat.room_id]
        feed.links.discard(link)
        links_now.dec()
        try:
            async with self.pool.transaction(one_turn=True) as tx:
                events = await presence.lose(tx, link.seat, self.clock())
            await self.offer(link.seat.room_id, events)
        except Unavailable:
            log.warning("room-link-lost-unsaid", room=str(link.seat.room_id))
        finally:
            self._leave_if_empty(feed)

    def _leave_if_empty(self, feed: Feed) -> None:
        if not feed.links and not feed.coming and self._feeds.get(feed.room_id) is feed:
            del self._feeds[feed.room_id]
            following = self._following.pop(feed.room_id, None)
            if following is not None:
                following.cancel()
            if feed.listener is not None:
                self._log.remove(feed.listener)

    async def _follow(self, feed: Feed) -> None:
        """Look into the database whenever the event log speaks of more than is here."""
        while feed.listener is not None:
            if feed.behind:
                await feed.pull()
                feed.behind = False
            told = await feed.listener.take()
            if told is None:  # too many to be held
                self._log.remove(feed.listener)
                feed.listener = self._log.add([feed.topic])
            # what this process has appended itself, or heard of already, is here
            feed.behind = told is None or any(one.ids.get("seq", feed.head + 1) > feed.head for one in told)

    async def offer(self, room_id: UUID, events: tuple[Event, ...]) -> None:
        """Hand on at once what this process has appended, with what another one has appended before it."""
        feed = self._feeds.get(room_id)
        if feed is not None and not feed.take(events):
            with contextlib.suppress(Unavailable):  # it is committed; the event log speaks of it when it can be read
                await feed.pull()

    # --- what people do

    async def do(self, link: Link, command: Command) -> Appended | Refusal:
        """Append what a command asks for.  Raises Unavailable: the client sends it again."""
        seat = link.seat
        async with self.pool.transaction(one_turn=True) as tx:
            done = await store.append(
                tx,
                seat.room_id,
                Who(seat.person),
                command,
                device=link.device,
                now=self.clock(),
                inside=self.inside,
                generation=seat.generation,
            )
        if isinstance(done, Appended):
            await self.offer(seat.room_id, done.events)
        return done

    def head(self, link: Link) -> int:
        feed = self._feeds.get(link.seat.room_id)
        return link.cursor if feed is None else feed.head

    def snapshot(self, link: Link) -> tuple[int, Message]:
        """The room as this process knows it, and how far that goes."""
        return self._feeds[link.seat.room_id].snapshot()

    async def missed(self, link: Link) -> list[tuple[int, Message]]:
        """What comes behind a link's cursor, none at the head.  Raises Unavailable."""
        return await self._feeds[link.seat.room_id].missed(link.cursor)

    def pass_on(self, link: Link, eph: Eph) -> None:
        """Show the others something that passes; what this person may not show is dropped."""
        feed = self._feeds[link.seat.room_id]
        if link.waiting or not feed.may_pass(link.person, eph.k):
            return
        one = Passing(link.seat.room_id, link.person, eph.k, eph.d)
        feed.show(one)
        self.lane.send(one)

    def _heard(self, one: Passing) -> None:
        feed = self._feeds.get(one.room)
        if feed is not None:
            feed.show(one)

    async def signal(self, link: Link, eph: Eph, to: str) -> None:
        """Hand an offer, an answer or a candidate to one person, through the database if they are linked elsewhere."""
        feed = self._feeds[link.seat.room_id]
        if link.waiting or not feed.may_pass(link.person, eph.k) or not feed.may_hear(to):
            return
        here = [one for one in feed.links if one.person == to and not one.waiting and one.outlet.ended is None]
        for one in here:
            one.outlet.answer(protocol.ephemeral(eph.k, link.person, eph.d, feed.head))
        if here:
            return
        data = msgspec.json.encode(eph.d).decode()
        params = {"room": link.seat.room_id, "to": to, "by": link.person, "kind": eph.k, "data": data}
        async with self.pool.transaction() as tx:
            waiting = await fetch_one(tx, store.queries["waiting_signals"], params, _Number)
            if waiting is not None and waiting.number < MOST_SIGNALS:
                await execute(tx, store.queries["send_signal"], {**params, "at": self.clock()})
                announce_after_commit(tx)

    async def see(self, link: Link, seen: Seen) -> None:
        """Keep what was painted, of the room's studies, and show it to the others."""
        seat = link.seat
        feed = self._feeds[seat.room_id]
        if link.waiting or feed.state is None or feed.state.st != "open":
            return
        async with self.pool.transaction() as tx:
            told = frozenset(Image(seen.study, one.sop) for one in seen.images)
            inside = await self.inside(tx, seat.room_id, told)
            painted = [(one.sop, one.frame) for one in seen.images if Image(seen.study, one.sop) in inside]
            if painted:
                await store.add_seen(tx, seat.room_id, seat.person, painted, self.clock())
        if painted:
            last = {"sop": painted[-1][0], "frame": painted[-1][1]}
            one = Passing(seat.room_id, seat.person, "seen", last)
            feed.show(one)
            self.lane.send(one)

    # --- what goes on beside

    async def run(self) -> None:
        """Renew leases, do what is due, deliver signals, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep("room-leases", self._renew))
            group.create_task(keep("room-sweeper", self._sweep))
            group.create_task(keep("room-signals", self._deliver))
            group.create_task(keep("room-lane", self.lane.run))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(presence.RENEW)
            with contextlib.suppress(Unavailable):  # the leases run out and somebody says so
                await self.renew()

    async def renew(self) -> None:
        """Renew the leases of the links here, cut off those that are held elsewhere, catch up where a hint was lost."""
        links = [one for one in self.links if one.outlet.ended is None]
        if not links:
            return
        async with self.pool.connection() as connection:
            held = await presence.renew(connection, [one.seat for one in links], self.clock())
            positions = await store.positions(connection, list(self._feeds))
        for link in links:
            feed = self._feeds.get(link.seat.room_id)
            is_open = feed is not None and feed.state is not None and feed.state.st == "open"
            if link.seat not in held and is_open:
                link.outlet.end(Bye(Close.SNAPSHOT, "lease-lapsed", 0))
        for one in positions:
            feed = self._feeds.get(one.id)
            if feed is not None and feed.head < one.seq:
                await feed.pull()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            with contextlib.suppress(Unavailable):  # what is due stays due
                for room_id, events in await presence.sweep(self.pool, self.clock()):
                    await self.offer(room_id, events)

    async def _deliver(self) -> None:
        forgotten = self.clock()
        while True:
            rung = self._signal.count
            with contextlib.suppress(Unavailable):
                await self._take_signals()
                if self.clock() - forgotten > SIGNAL_LIFE / 2:
                    forgotten = self.clock()
                    async with self.pool.connection() as connection:
                        await execute(connection, store.queries["forget_signals"], {"before": forgotten - SIGNAL_LIFE})
            await asyncio.sleep(PAUSE)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._signal.after(rung)

    async def _take_signals(self) -> None:
        listening = [one for one in self.links if not one.waiting and one.outlet.ended is None]
        here = {(one.seat.room_id, one.person): one for one in listening}
        if not here:
            return
        params = {"rooms": [room for room, _ in here], "people": [person for _, person in here]}
        async with self.pool.connection() as connection:
            waits = await fetch_one(connection, store.queries["any_signal"], {}, _Any)
            if waits is None or not waits.is_there:
                return
            taken = await fetch_all(connection, store.queries["take_signals"], params, _Signal)
        oldest = self.clock() - SIGNAL_LIFE
        for one in sorted(taken, key=lambda each: each.id):
            link = here[one.room_id, one.to_person]
            if one.at >= oldest:
                said = msgspec.json.decode(one.data)
                link.outlet.answer(protocol.ephemeral(one.kind, one.by_person, said, self.head(link)))

    async def drain(self) -> None:
        """Tell everybody to come back through another process, not all at once: this one ends."""
        self.draining = True
        links = self.links
        for number, link in enumerate(links):
            spread = RETRY_MS * number // max(1, len(links))
            link.outlet.end(Bye(Close.DRAINING, "draining", RETRY_MS + spread))
