"""One room as one process follows it: its state, and the links of the people who are in it through this process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from telemed.consultation.room import protocol
from telemed.consultation.room.deciding import DOING, TALKING
from telemed.consultation.room.fold import fold
from telemed.consultation.room.lane import Passing
from telemed.consultation.room.message import Message
from telemed.consultation.room.outlet import MOST_BYTES, Bye, Outlet
from telemed.consultation.room.presence import Seat
from telemed.consultation.room.protocol import Close
from telemed.consultation.room.spelling import canonical
from telemed.consultation.room.state import Event, State
from telemed.consultation.room.store import events_after, room
from telemed.db import Pool
from telemed.events.hub import Listener


@dataclass(eq=False)
class Link:
    """One person's connection.

    cursor: the last event sent. needs_state: the state is to be sent before anything else. behind: events behind the
    cursor may be missing here. again: from where the client asks for events once more. waiting: in the lobby.
    """

    seat: Seat
    device: str
    waiting: bool
    outlet: Outlet = field(default_factory=Outlet)
    cursor: int = 0
    needs_state: bool = False
    behind: bool = False
    again: int | None = None

    @property
    def person(self) -> str:
        return self.seat.person

    def hear(self, seq: int, message: Message) -> None:
        """An event that has come: at once where it is the next one and nothing else is to be said before it."""
        next_one = seq == self.cursor + 1 and self.again is None and not (self.needs_state or self.behind)
        if next_one and self.outlet.ended is None and self.outlet.write(message):
            self.cursor = seq
        else:
            self.outlet.offer(seq, message)


class Feed:
    """Hands each event on in order and without a gap: what does not follow its head is read from the database.

    listener: of the county's event log.  behind: it spoke of what is still to be read.
    """

    def __init__(self, pool: Pool, room_id: UUID) -> None:
        self._pool = pool
        self.room_id = room_id
        self.links: set[Link] = set()
        self.coming = 0
        self.topic = f"room/{room_id}"
        self.listener: Listener | None = None
        self.behind = False
        self.state: State | None = None
        self.epoch = ""
        self._reading = asyncio.Lock()
        self._recent: deque[tuple[int, Message]] = deque()
        self._bytes = 0
        self._snapshot: tuple[int, Message] | None = None

    @property
    def head(self) -> int:
        return 0 if self.state is None else self.state.seq

    async def know(self) -> None:
        """Read the room as it stands, unless somebody has."""
        async with self._reading:
            if self.state is None:
                async with self._pool.connection() as connection:
                    row = await room(connection, self.room_id)
                self.state, self.epoch = row.fold, str(row.epoch)

    async def pull(self) -> None:
        """Read what is behind the head and hand it on."""
        await self.know()
        async with self._reading, self._pool.connection() as connection:
            while events := await events_after(connection, self.room_id, self.head):
                self.take(events)

    def take(self, events: Iterable[Event]) -> bool:
        """Hand on what follows the head; False where something before it is missing."""
        for event in events:
            if self.state is None or event.seq > self.head + 1:
                return False
            if event.seq <= self.head:
                continue
            self.state = fold(self.state, event)
            message = Message(protocol.event(event))
            self._keep(event.seq, message)
            for link in tuple(self.links):
                if not link.waiting:
                    link.hear(event.seq, message)
                self._concern(link, event)
        return True

    def _keep(self, seq: int, message: Message) -> None:
        """The newest events stay here, so many and so much, for those who come back together."""
        self._recent.append((seq, message))
        self._bytes += len(message.payload)
        while len(self._recent) > protocol.REPLAY or self._bytes > MOST_BYTES:
            self._bytes -= len(self._recent.popleft()[1].payload)

    async def missed(self, after: int) -> list[tuple[int, Message]]:
        """The first of the events behind `after`, none at the head; read once for all who come back together."""
        if not self._has(after):
            async with self._reading:
                if not self._has(after):
                    async with self._pool.connection() as connection:
                        events = await events_after(connection, self.room_id, after)
                    older = [(one.seq, Message(protocol.event(one))) for one in events if one.seq < self._first]
                    size = sum(len(message.payload) for _, message in older)
                    whole = bool(older) and older[-1][0] == self._first - 1
                    if not whole or self._bytes + size > MOST_BYTES:
                        return older
                    self._recent.extendleft(reversed(older))
                    self._bytes += size
        return [one for one in self._recent if one[0] > after]

    @property
    def _first(self) -> int:
        return self._recent[0][0] if self._recent else self.head + 1

    def _has(self, after: int) -> bool:
        """Whether every event behind `after` is here."""
        return after >= self._first - 1

    def snapshot(self) -> tuple[int, Message]:
        """The room as it stands here, spelled once for all who need it.  Raises LookupError before the first pull."""
        if self.state is None:
            raise LookupError("a feed has a state once it was pulled")
        if self._snapshot is None or self._snapshot[0] != self.head:
            said = protocol.snapshot(self.head, self.epoch, canonical(self.state).decode())
            self._snapshot = (self.head, Message(said))
        return self._snapshot

    def settle(self, link: Link) -> None:
        """Catch a new link up with what was handed on while it was on its way in."""
        member = None if self.state is None else self.state.members.get(link.person)
        if link.waiting and member is not None and member.adm:
            link.waiting = False
        for other in tuple(self.links):
            if other.person == link.person and other.seat.generation < link.seat.generation:
                other.outlet.end(Bye(Close.SUPERSEDED, "superseded"))

    @staticmethod
    def _concern(link: Link, event: Event) -> None:
        """What an event means to the link of the person whom it is about."""
        if event.k == "room.close" and link.waiting:
            link.outlet.end(Bye(Close.FORBIDDEN, "room-closed"))
        if event.d.get("person") != link.person:
            return
        match event.k:
            case "member.join" if event.d["gen"] > link.seat.generation:
                link.outlet.end(Bye(Close.SUPERSEDED, "superseded"))
            case "member.admit" if link.waiting:
                link.waiting, link.needs_state = False, True
                link.outlet.wake()
            case "member.deny":
                link.outlet.end(Bye(Close.FORBIDDEN, "denied"))
            case "member.left" if event.d["why"] == "removed":
                link.outlet.end(Bye(Close.FORBIDDEN, "removed"))
            case "member.left" if event.d["why"] == "left":
                link.outlet.end(Bye(1000, "left"))
            case "member.reconnecting" | "member.left":
                # this process was thought dead: the person is to be said present again
                link.outlet.end(Bye(Close.SNAPSHOT, "lease-lapsed", 0))
            case _:
                pass

    def may_pass(self, person: str, k: str) -> bool:
        """Whether somebody may show this to the others now."""
        member = None if self.state is None else self.state.members.get(person)
        if self.state is None or member is None or member.st != "present" or self.state.st != "open":
            return False
        if k == "viewer.live":
            return self.state.presenter.person == person
        if k in {"anno.live", "ptr"}:
            return member.role in DOING
        return k == "quality" or member.role in TALKING

    def may_hear(self, person: str) -> bool:
        """Whether signals of a call may go to somebody: let in, and no audience, who have no voice in it."""
        member = None if self.state is None else self.state.members.get(person)
        if member is None or member.role not in TALKING or member.st == "denied":
            return False
        return member.role != "guest" or member.adm == 1

    def show(self, one: Passing) -> None:
        """Something passing, to everybody but whoever does it."""
        key, message = one.key, Message(protocol.ephemeral(one.k, one.by, one.d, self.head))
        for link in tuple(self.links):
            if link.person != one.by and not link.waiting:
                link.outlet.show(key, message)
