"""The room of a consultation: opened when it is accepted, told of what is decided elsewhere, closed when it is over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from telemed.consultation.room import store as log
from telemed.consultation.room.coming import THERE
from telemed.consultation.room.deciding import Image
from telemed.consultation.room.facts import Addend, Leaving, Signed, Text
from telemed.consultation.room.told import RoomCase, RoomPerson, RoomStudy, Told
from telemed.consultation.store.rows import ConsultationRow
from telemed.db import Connection, fetch_all, fetch_one, load
from telemed.patients import names

queries = load(__name__, "rooms.sql")


class _Image(msgspec.Struct):
    study: str
    sop: str


async def images_of(connection: Connection, room_id: UUID, images: frozenset[Image]) -> frozenset[Image]:
    """Which of some images are of the studies that a room's consultation is about."""
    params = {"room": room_id, "sops": sorted(one.sop for one in images)}
    known = {Image(one.study, one.sop) for one in await fetch_all(connection, queries["images"], params, _Image)}
    return images & known


async def told_of(connection: Connection, room_id: UUID) -> Told:
    """Whose room it is, and what those on its roster are called."""
    params = {"room": room_id}
    case = await fetch_one(connection, queries["case"], params, RoomCase)
    if case is not None:
        case = msgspec.structs.replace(case, patient_name=names.shown(case.patient_name))
    people = await fetch_all(connection, queries["people"], params, RoomPerson)
    return Told(case, people, await fetch_all(connection, queries["studies"], params, RoomStudy))


async def open_for(tx: Connection, row: ConsultationRow, expert_id: UUID, now: datetime) -> UUID:
    """A new room with both physicians on its roster, or the old one with the expert who has come instead."""
    expert, inviter = str(expert_id), str(row.requester_id)
    if row.room_id is not None:
        await log.add_member(tx, row.room_id, expert, "expert", by=expert, now=now)
        return row.room_id
    room_id = uuid4()
    await log.open_room(
        tx,
        room_id,
        kind="consultation",
        host=inviter,
        members={inviter: "moderator", expert: "expert"},
        by=expert,
        now=now,
        mode="video" if row.kind == "video" else "async",
    )
    return room_id


async def dismiss(tx: Connection, row: ConsultationRow, expert_id: UUID, *, by: UUID, now: datetime) -> None:
    """Another is asked instead: this expert is sent out, and comes in again only if somebody inside lets in."""
    if row.room_id is None:
        return
    expert, said = str(expert_id), str(by)
    await log.add_member(tx, row.room_id, expert, "guest", by=said, now=now)
    member = (await log.lock(tx, row.room_id)).fold.members.get(expert)
    if member is not None and member.st in THERE:
        await log.record(tx, row.room_id, "member.left", Leaving(expert), by=said, now=now)


async def signed(tx: Connection, row: ConsultationRow, text: str, sha256: str, *, by: UUID, now: datetime) -> None:
    """The room's log says what was signed, in the transaction that signs it."""
    if row.room_id is None:
        return
    standing = (await log.lock(tx, row.room_id)).fold.opinion.ver
    who = str(by)
    await log.record(tx, row.room_id, "opinion.draft", Text(text), by=who, now=now, base=standing)
    fact = msgspec.convert({"ver": standing + 1, "sha256": sha256}, Signed)
    await log.record(tx, row.room_id, "opinion.sign", fact, by=who, now=now)


async def added(tx: Connection, row: ConsultationRow, text: str, *, by: UUID, now: datetime) -> None:
    """The room's log says what was added, while it is open; one that is closed stays as it was signed."""
    if row.room_id is None or (await log.lock(tx, row.room_id)).closed_at is not None:
        return
    fact = msgspec.convert({"text": text}, Addend)
    await log.record(tx, row.room_id, "opinion.addend", fact, by=str(by), now=now)


async def close_for(tx: Connection, row: ConsultationRow, *, by: UUID, now: datetime, why: str) -> None:
    """The consultation is over, and with it what is said in its room."""
    if row.room_id is not None:
        await log.close(tx, row.room_id, by=str(by), now=now, why=why)
