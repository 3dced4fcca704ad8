"""The room's log in PostgreSQL: whoever appends holds the room's row, so there is one order and no gap.

One transaction writes the events, the folded state, the hash and the line in the county's event log that tells other
processes; it is the caller's, so that another fact (a consultation accepted, an opinion signed) can be in it too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec

from telemed.consultation.room import lobby
from telemed.consultation.room.coming import Draft, draft
from telemed.consultation.room.deciding import Image, Who, decide, names_image
from telemed.consultation.room.facts import Closed, Fact, Opened, Ranked
from telemed.consultation.room.fold import fold, plain
from telemed.consultation.room.protocol import Command
from telemed.consultation.room.refusals import Refusal
from telemed.consultation.room.spelling import canonical
from telemed.consultation.room.state import NEW, Event, State, read
from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, NotFound
from telemed.events import append as announce

queries = load(__name__)

PAGE = 500  # events read at once
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Which of some images belong to the studies of a room: a fact of whoever opened it.
InsideRoom = Callable[[Connection, UUID, frozenset[Image]], Awaitable[frozenset[Image]]]


class RoomRow(msgspec.Struct, frozen=True, dict=True):
    id: UUID
    kind: str
    epoch: UUID
    seq: int
    head: bytes
    state: str
    opened_at: datetime
    closed_at: datetime | None

    @cached_property
    def fold(self) -> State:
        return read(self.state)


class EventRow(msgspec.Struct, frozen=True):
    seq: int
    epoch: UUID
    at: datetime
    by_person: str
    kind: str
    device: str | None
    cid: str | None
    data: str
    hash: bytes

    @property
    def event(self) -> Event:
        d: dict[str, Any] = msgspec.json.decode(self.data)
        at, h = millis(self.at), self.hash.hex()
        return Event(self.seq, str(self.epoch), at, self.by_person, self.kind, d, self.device, self.cid, h)


class _CommandRow(msgspec.Struct):
    """generation: of the device that speaks for the sender. seq, by_person, kind: None of a new command."""

    generation: int | None
    seq: int | None
    by_person: str | None
    kind: str | None

    def known(self, who: Who, kind: str) -> Appended | Refusal | None:
        """What became of the command, if it came before."""
        if self.seq is None:
            return None
        if self.by_person != who.person or self.kind != kind:
            return Refusal("cid-taken")
        return Appended(self.seq, again=True)


class MemberRow(msgspec.Struct, frozen=True):
    person: str
    role: str


class SeenRow(msgspec.Struct, frozen=True):
    sop: str
    frame: int
    first_at: datetime


class SeqRow(msgspec.Struct, frozen=True):
    id: UUID
    seq: int


class _Id(msgspec.Struct):
    id: UUID


@dataclass(frozen=True)
class Head:
    """hash: hexadecimal SHA-256 of the whole log up to seq."""

    epoch: UUID
    seq: int
    hash: str


@dataclass(frozen=True)
class Appended:
    """What was appended; seq: of the command's own event.  again: it had been before, nothing was appended now."""

    seq: int
    events: tuple[Event, ...] = ()
    again: bool = False


@dataclass(frozen=True)
class Whole:
    """The log is what was appended, and the state is its fold."""

    head: Head


@dataclass(frozen=True)
class Broken:
    """The first line that is not what was appended. reason: missing | altered | head-differs | state-differs."""

    seq: int
    reason: str


def millis(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def moment(at: int) -> datetime:
    return EPOCH + timedelta(milliseconds=at)


def seed(room_id: UUID) -> bytes:
    """The hash before the first event: of the room itself, so that no log passes for another's."""
    return hashlib.sha256(f"telemed room {room_id}".encode()).digest()


def chained(before: bytes, event: Event) -> bytes:
    return hashlib.sha256(before + canonical(plain(event))).digest()


def _missing() -> NotFound:
    return NotFound("unknown-room", "找不到该会诊室。", "There is no such room.")


async def room(connection: Connection, room_id: UUID) -> RoomRow:
    """A room as it stands.  Raises NotFound."""
    row = await fetch_one(connection, queries["room"], {"id": room_id}, RoomRow)
    if row is None:
        raise _missing()
    return row


async def lock(tx: Connection, room_id: UUID) -> RoomRow:
    """The same, held until the transaction ends.  Raises NotFound."""
    row = await fetch_one(tx, queries["lock_room"], {"id": room_id}, RoomRow)
    if row is None:
        raise _missing()
    return row


async def write(
    tx: Connection,
    row: RoomRow,
    drafts: Sequence[Draft],
    now: datetime,
    *,
    command: tuple[str, Command] | None = None,
) -> tuple[Event, ...]:
    """Append drafts to a room that is held.

    command: by which device; the event that it asks for carries device and cid, by which a resend is known.
    The time never goes back within a log, whatever the clock.
    """
    if not drafts:
        return ()
    state, head, events = row.fold, row.head, list[Event]()
    for one in drafts:
        asked = command is not None and one.k == command[1].k
        device, cid = (command[0], command[1].cid) if command is not None and asked else (None, None)
        at = max(millis(now), state.at)
        event = Event(state.seq + 1, str(row.epoch), at, one.by, one.k, one.d, device, cid)
        head = chained(head, event)
        event = msgspec.structs.replace(event, h=head.hex())
        state = fold(state, event)
        events.append(event)
        line = {
            "room": row.id,
            "seq": event.seq,
            "epoch": row.epoch,
            "at": moment(at),
            "by": one.by,
            "kind": one.k,
            "device": device,
            "cid": cid,
            "data": canonical(one.d).decode(),
            "hash": head,
        }
        await execute(tx, queries["append"], line)
        await _follow(tx, row.id, event)
    closed_at = moment(state.at) if state.st == "closed" else None
    advanced = {"id": row.id, "seq": state.seq, "head": head, "closed_at": closed_at}
    await execute(tx, queries["advance"], {**advanced, "state": canonical(state).decode()})
    await announce(tx, "room.appended", row.id, [f"room/{row.id}"], seq=state.seq)
    await lobby.tell(tx, row.id, state, events)
    return tuple(events)


async def _follow(tx: Connection, room_id: UUID, event: Event) -> None:
    """What else an event changes: the roster, and what is due for whom."""
    if event.k == "member.role":
        ranked = {"room": room_id, "person": event.d["person"], "role": event.d["role"]}
        await execute(tx, queries["rank"], {**ranked, "by": event.by, "at": moment(event.at)})
    elif event.k == "member.left":
        await execute(tx, queries["leave_seat"], {"room": room_id, "person": event.d["person"]})
    elif event.k == "room.close":
        await execute(tx, queries["leave_seats"], {"room": room_id})


async def append(
    tx: Connection,
    room_id: UUID,
    who: Who,
    command: Command,
    *,
    device: str,
    now: datetime,
    inside: InsideRoom | None = None,
    generation: int | None = None,
) -> Appended | Refusal:
    """Do what a command asks for, once: a command sent again gets the answer it got.

    generation: of the sender's device; an older one than the one that speaks for the person is refused.
    inside: which images are the room's; without it none is.
    """
    row = await lock(tx, room_id)
    params = {"room": room_id, "device": device, "cid": command.cid, "person": who.person}
    before = await fetch_one(tx, queries["by_command"], params, _CommandRow)
    if before is None:
        raise LookupError("by_command answers with one row")
    known = before.known(who, command.k)
    if known is not None:
        return known
    if generation is not None and row.closed_at is None and before.generation != generation:
        return Refusal("superseded")
    image = names_image(command.d)
    allowed: frozenset[Image] = frozenset()
    if image is not None and inside is not None:
        allowed = await inside(tx, room_id, frozenset({image}))
    outcome = decide(row.fold, who, command, allowed, now=millis(now))
    if isinstance(outcome, Refusal):
        return outcome
    events = await write(tx, row, outcome, now, command=(device, command))
    return Appended(_own(events, command.k), events)


def _own(events: Sequence[Event], kind: str) -> int:
    """The event that a command asked for, which others may have to come before."""
    return next(one.seq for one in events if one.k == kind)


async def open_room(
    tx: Connection,
    room_id: UUID,
    *,
    kind: str,
    host: str,
    members: Mapping[str, str],
    by: str,
    now: datetime,
    mode: str = "video",
) -> Head:
    """Open a room with its roster.

    host: the inviting physician, on the roster too.  members: role by person.  Raises Conflict if the id is taken.
    """
    params = {"id": room_id, "kind": kind, "head": seed(room_id), "state": canonical(NEW).decode(), "at": now}
    if await execute(tx, queries["open"], params) == 0:
        raise Conflict(
            "room-open", "该会诊室已经打开，未作任何改动。", "That room is open already; nothing was changed."
        )
    opened = msgspec.convert({"kind": kind, "host": host, "mode": mode}, Opened)
    ranked = [msgspec.convert({"person": person, "role": role}, Ranked) for person, role in members.items()]
    drafts = [draft(by, "room.open", opened), *(draft(by, "member.role", one) for one in ranked)]
    await write(tx, await lock(tx, room_id), drafts, now)
    return await head(tx, room_id)


async def record(
    tx: Connection, room_id: UUID, kind: str, fact: Fact, *, by: str, now: datetime, base: int | None = None
) -> Appended:
    """Append what a part of the server has decided for itself (a signature, a segment); not idempotent by itself.

    base: the version a change starts from, for kinds that have versions.

    Raises Conflict with the room's own words where it refuses.
    """
    row = await lock(tx, room_id)
    outcome = decide(row.fold, Who(by, service=True), Command("", kind, fact, base), now=millis(now))
    if isinstance(outcome, Refusal):
        raise Conflict(outcome.code, *outcome.text, **outcome.facts)
    events = await write(tx, row, outcome, now)
    return Appended(_own(events, kind), events)


async def add_member(tx: Connection, room_id: UUID, person: str, role: str, *, by: str, now: datetime) -> Appended:
    """Put somebody on the roster, or change what they are there.  Raises Conflict in a closed room."""
    ranked = msgspec.convert({"person": person, "role": role}, Ranked)
    return await record(tx, room_id, "member.role", ranked, by=by, now=now)


async def close(tx: Connection, room_id: UUID, *, by: str, now: datetime, why: str = "") -> Appended:
    """Close a room for good; closed is closed, so a second time says the same."""
    row = await lock(tx, room_id)
    if row.closed_at is not None:
        return Appended(row.seq, again=True)
    return await record(tx, room_id, "room.close", msgspec.convert({"why": why}, Closed), by=by, now=now)


async def head(connection: Connection, room_id: UUID) -> Head:
    """What a signature binds: the log as it stands.  Raises NotFound."""
    row = await room(connection, room_id)
    return Head(row.epoch, row.seq, row.head.hex())


async def member(connection: Connection, room_id: UUID, person: str) -> MemberRow | None:
    """As what somebody is on the roster; None for who is not."""
    return await fetch_one(connection, queries["member"], {"room": room_id, "person": person}, MemberRow)


async def positions(connection: Connection, room_ids: Sequence[UUID]) -> list[SeqRow]:
    """How far the logs of some rooms go."""
    return await fetch_all(connection, queries["positions"], {"ids": list(room_ids)}, SeqRow)


async def rooms_of(connection: Connection, person: str) -> list[UUID]:
    """The open rooms of somebody, newest first."""
    return [one.id for one in await fetch_all(connection, queries["rooms_of"], {"person": person}, _Id)]


async def events_after(connection: Connection, room_id: UUID, after: int, limit: int = PAGE) -> list[Event]:
    """Events behind `after`, in order, at most `limit`."""
    params = {"room": room_id, "after": after, "limit": limit}
    return [one.event for one in await fetch_all(connection, queries["events"], params, EventRow)]


async def recording_events(connection: Connection, room_id: UUID) -> list[Event]:
    """What the log says of recordings, in order."""
    rows = await fetch_all(connection, queries["recording_events"], {"room": room_id}, EventRow)
    return [one.event for one in rows]


async def add_seen(
    tx: Connection, room_id: UUID, person: str, images: Sequence[tuple[str, int]], now: datetime
) -> None:
    """Keep what was painted on somebody's screen; the first time counts."""
    sops, frames = [sop for sop, _ in images], [frame for _, frame in images]
    params = {"room": room_id, "person": person, "sops": sops, "frames": frames, "at": now}
    await execute(tx, queries["add_seen"], params)


async def seen_images(connection: Connection, room_id: UUID, person: str) -> list[SeenRow]:
    """What somebody has seen in a room, in the order of seeing."""
    return await fetch_all(connection, queries["seen"], {"room": room_id, "person": person}, SeenRow)


async def verify_chain(connection: Connection, room_id: UUID) -> Whole | Broken:
    """Recompute hash and state of a room from its events.  Raises NotFound."""
    row = await room(connection, room_id)
    state, before = NEW, seed(room_id)
    while state.seq < row.seq:
        events = [one for one in await events_after(connection, room_id, state.seq) if one.seq <= row.seq]
        if not events:
            return Broken(state.seq + 1, "missing")
        for event in events:
            if event.seq != state.seq + 1:
                return Broken(state.seq + 1, "missing")
            before = chained(before, event)
            if before.hex() != event.h:
                return Broken(event.seq, "altered")
            state = fold(state, event)
    if before != row.head:
        return Broken(row.seq, "head-differs")
    if canonical(state) != canonical(row.fold):  # read again: what an older version did not write stands at nothing
        return Broken(row.seq, "state-differs")
    return Whole(Head(row.epoch, row.seq, before.hex()))
