"""Who is really there: a lease a person, renewed by the process that holds the link, and what is due when it is not.

A lost link is said at once (`member.reconnecting`); the presenter's lock is kept 15 s more, the seat 120 s.  There is
no time in between in which nobody decides: what is due stands in the database, and any process does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from telemed.consultation.room.coming import Draft, entering, leaving, letting_go, losing
from telemed.consultation.room.facts import SYSTEM
from telemed.consultation.room.fold import fold
from telemed.consultation.room.protocol import Hello
from telemed.consultation.room.refusals import Refusal
from telemed.consultation.room.state import Event, Member, State
from telemed.consultation.room.store import RoomRow, lock, queries, write
from telemed.db import Connection, Pool, execute, fetch_all, fetch_one

LEASE = timedelta(seconds=12)  # a process that renews nothing for so long has died
RENEW = 4.0  # seconds between renewals
HOLD_LOCK = timedelta(seconds=15)
HOLD_SEAT = timedelta(seconds=120)
BATCH = 100


class DeviceRow(msgspec.Struct, frozen=True):
    device: str
    generation: int
    session: UUID
    process: UUID
    seen_at: datetime
    lost_at: datetime | None
    due_at: datetime | None
    due: str | None

    @property
    def live(self) -> bool:
        return self.due == "reconnecting"


class Seat(msgspec.Struct, frozen=True):
    """A person's place in a room as one process holds it."""

    room_id: UUID
    person: str
    generation: int


@dataclass(frozen=True)
class Entered:
    """state: the room's, with what the entrance has appended."""

    epoch: UUID
    state: State
    member: Member
    generation: int
    session: UUID
    events: tuple[Event, ...]

    @property
    def waiting(self) -> bool:
        """Whether they are in the lobby."""
        return self.member.role == "guest" and not self.member.adm


class _Due(msgspec.Struct):
    room_id: UUID
    person: str


async def _device(tx: Connection, room_id: UUID, person: str) -> DeviceRow | None:
    return await fetch_one(tx, queries["device"], {"room": room_id, "person": person}, DeviceRow)


async def enter(
    tx: Connection, room_id: UUID, person: str, hello: Hello, *, process: UUID, now: datetime
) -> Entered | Refusal:
    """Somebody's device has come: it speaks for them from here on.

    A device that only comes back (gen above 0) does not push out another one that is there; one on which the person
    comes in anew does.  Raises NotFound.
    """
    row = await lock(tx, room_id)
    known = await _device(tx, room_id, person)
    comes_back = known is not None and known.device == hello.device
    if known is not None and known.live and hello.gen > 0 and not comes_back:
        return Refusal("superseded")
    generation = 1 if known is None else known.generation + 1
    outcome = entering(row.fold, person, generation)
    if isinstance(outcome, Refusal):
        return outcome
    asked = None if hello.resume is None else hello.resume.session
    same = known is not None and known.due is not None and asked == str(known.session)
    session = known.session if known is not None and same else uuid4()
    if row.closed_at is None:
        seat = {"room": room_id, "person": person, "device": hello.device, "generation": generation}
        lease = {"process": process, "session": session, "at": now, "due_at": now + LEASE, "due": "reconnecting"}
        await execute(tx, queries["take_seat"], seat | lease)
    events = await write(tx, row, outcome, now)
    state = row.fold
    for event in events:
        state = fold(state, event)
    return Entered(row.epoch, state, state.members[person], generation, session, events)


async def lose(tx: Connection, seat: Seat, now: datetime) -> tuple[Event, ...]:
    """A link has ended; nothing follows where another device speaks for the person already, or they have left."""
    row = await lock(tx, seat.room_id)
    known = await _device(tx, seat.room_id, seat.person)
    if known is None or known.generation != seat.generation or not known.live:
        return ()
    return await _lost(tx, row, seat, now)


async def _lost(tx: Connection, row: RoomRow, seat: Seat, now: datetime) -> tuple[Event, ...]:
    presents = row.fold.presenter.person == seat.person
    due, after = ("release", HOLD_LOCK) if presents else ("left", HOLD_SEAT)
    await _await(tx, seat, lost_at=now, due_at=now + after, due=due)
    return await write(tx, row, losing(row.fold, seat.person), now)


async def _await(tx: Connection, seat: Seat, *, lost_at: datetime, due_at: datetime, due: str) -> None:
    params = {"room": seat.room_id, "person": seat.person, "generation": seat.generation}
    await execute(tx, queries["await"], {**params, "lost_at": lost_at, "due_at": due_at, "due": due})


async def renew(connection: Connection, seats: Sequence[Seat], now: datetime) -> frozenset[Seat]:
    """Renew the leases of this process; the seats that it still holds."""
    params = {
        "rooms": [one.room_id for one in seats],
        "people": [one.person for one in seats],
        "generations": [one.generation for one in seats],
        "at": now,
        "due_at": now + LEASE,
    }
    return frozenset(await fetch_all(connection, queries["renew"], params, Seat))


async def sweep(pool: Pool, now: datetime) -> list[tuple[UUID, tuple[Event, ...]]]:
    """Do what is due: links that nobody renews, locks and seats kept long enough.  By room what was appended."""
    async with pool.connection() as connection:
        waiting = await fetch_all(connection, queries["due"], {"at": now, "limit": BATCH}, _Due)
    done: list[tuple[UUID, tuple[Event, ...]]] = []
    for one in waiting:
        async with pool.transaction() as tx:
            events = await _settle(tx, one.room_id, one.person, now)
        if events:
            done.append((one.room_id, events))
    return done


async def _settle(tx: Connection, room_id: UUID, person: str, now: datetime) -> tuple[Event, ...]:
    """Look again with the room held: another process may have done it, or the person be back."""
    row = await lock(tx, room_id)
    known = await _device(tx, room_id, person)
    if known is None or known.due_at is None or known.due_at > now:
        return ()
    seat = Seat(room_id, person, known.generation)
    if known.live or known.lost_at is None:
        return await _lost(tx, row, seat, now)
    if known.due == "release":
        await _await(tx, seat, lost_at=known.lost_at, due_at=known.lost_at + HOLD_SEAT, due="left")
        return await write(tx, row, letting_go(row.fold, person), now)
    await execute(tx, queries["leave_seat"], {"room": room_id, "person": person})
    return await write(tx, row, _leaving(row.fold, person), now)


def _leaving(state: State, person: str) -> tuple[Draft, ...]:
    return leaving(state, SYSTEM, person, "lost")
