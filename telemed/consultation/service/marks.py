"""标注: after a signature the room's marks go into their studies as DICOM SR, once, whatever happens meanwhile.

A row is written in the signature's transaction, with the UIDs of what is owed.  The report itself is made of the log up
to the event that was signed, so that whoever makes it again makes the same bytes: storing it twice stores it once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
import structlog

from telemed.consultation.room.fold import fold_all
from telemed.consultation.room.state import Mark
from telemed.consultation.room.store import EventRow
from telemed.consultation.service import rooms
from telemed.consultation.store.consultations import TOPIC
from telemed.consultation.store.rows import MarksRow
from telemed.db import Connection, Pool, execute, fetch_all, fetch_one, load
from telemed.errors import Unavailable
from telemed.events import append
from telemed.events.signal import Signal

queries = load(__name__, "marks.sql")
_log = structlog.get_logger("telemed.consultation.marks")

#: Events after which a report is owed.
OWED = frozenset({"consultation.marks-owed"})
SR = "1.2.840.10008.5.1.4.1.1.88.33"  # Comprehensive SR
SERIES_NUMBER = 9000  # and the version: behind every series of a device
#: How long a worker may make and store one report before another one does.
LEASE = timedelta(minutes=2)
#: The index is this far behind the archive, as a rule.
LISTED = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(hours=1)
#: What a bell that is not heard costs.
LONGEST_WAIT = 15.0
LONGEST_NAME = 64  # characters of a PN component group, PS3.5 6.2

UNSAYABLE, NOT_LISTED = "unsayable", "not-listed"


class Archive(Protocol):
    """Takes a document of the county's own: None once it is durable, else why not and whether to try again."""

    async def __call__(
        self, content: bytes, *, sop_class_uid: str, sop_instance_uid: str, organization_id: UUID, now: datetime
    ) -> tuple[str, bool] | None: ...


class _Image(msgspec.Struct, frozen=True):
    sop: str
    sop_class: str
    frames: int
    series: str
    study_id: UUID
    study: str


class _Seq(msgspec.Struct):
    seq: int


class _Next(msgspec.Struct):
    due_at: datetime | None


class Due(msgspec.Struct, frozen=True):
    """A report that is owed.  digest, size: of what is in the index under its UID, '' and 0 while nothing is."""

    consultation_id: UUID
    version: int
    study_id: UUID
    series_uid: str
    sop_uid: str
    attempts: int
    room_seq: int
    signed_at: datetime
    room_id: UUID
    organization_id: UUID
    expert_id: UUID
    expert_name: str
    institution: str
    study_organization_id: UUID
    study: str
    study_id_text: str
    accession_number: str
    acquired_at: datetime | None
    referring_physician: str
    source_patient_id: str
    source_patient_name: str
    source_birth_date: date | None
    source_sex: str
    follows_series: str
    follows_sop: str
    digest: str
    size: int


class Case(msgspec.Struct, frozen=True):
    """What a report is made of: the marks in their order, the images they stand in, who drew."""

    marks: list[tuple[str, Mark]]
    images: dict[str, _Image]
    people: dict[str, tuple[str, str]]


async def standing(connection: Connection, room_id: UUID, seq: int) -> dict[str, Mark]:
    """The marks of a room that nobody had taken away at an event of its log."""
    rows = await fetch_all(connection, queries["drawn"], {"room": room_id, "seq": seq}, EventRow)
    return {id_: one for id_, one in fold_all(one.event for one in rows).marks.items() if not one.gone}


async def new_at(
    connection: Connection, consultation_id: UUID, version: int, room_id: UUID, seq: int
) -> dict[str, Mark]:
    """The marks that a version has and the one before it had not, or had otherwise; by id."""
    params = {"id": consultation_id, "version": version}
    found = await fetch_one(connection, queries["before"], params, _Seq)
    before = {} if found is None or not found.seq else await standing(connection, room_id, found.seq)
    now = await standing(connection, room_id, seq)
    return {id_: one for id_, one in now.items() if id_ not in before or before[id_].ver != one.ver}


async def queue(tx: Connection, consultation_id: UUID, version: int, *, room_id: UUID, seq: int, now: datetime) -> None:
    """Owe a report for every study with a new mark, in the transaction that signs."""
    marks = await new_at(tx, consultation_id, version, room_id, seq)
    images = await _images(tx, marks)
    counts: dict[UUID, int] = defaultdict(int)
    for one in marks.values():
        if one.sop in images:
            counts[images[one.sop].study_id] += 1
    for study_id, count in sorted(counts.items()):
        params = {
            "id": consultation_id,
            "version": version,
            "study_id": study_id,
            "series_uid": f"2.25.{uuid4().int}",
            "sop_uid": f"2.25.{uuid4().int}",
            "marks": count,
            "now": now,
        }
        await execute(tx, queries["queue"], params)
    if counts:
        await append(tx, "consultation.marks-owed", consultation_id, [f"consultation/{consultation_id}"])


async def _images(connection: Connection, marks: Mapping[str, Mark]) -> dict[str, _Image]:
    sops = sorted({one.sop for one in marks.values()})
    return {one.sop: one for one in await fetch_all(connection, queries["images"], {"sops": sops}, _Image)}


async def of_consultation(connection: Connection, consultation_id: UUID) -> list[MarksRow]:
    """What became of the marks of a consultation, by version and study."""
    return await fetch_all(connection, queries["marks"], {"id": consultation_id}, MarksRow)


async def export_one(pool: Pool, archive: Archive, now: datetime, zone: ZoneInfo) -> bool:
    """Make the report that is due; False where none is.

    Its row is leased meanwhile: making and storing take seconds, and an open transaction would hold back every reader
    of the event log.  Who dies leaves it to the next one, who makes the same bytes.
    """
    async with pool.transaction() as tx:
        due = await fetch_one(tx, queries["due"], {"now": now}, Due)
        if due is None:
            return False
        if due.digest:
            params = {"sop_uid": due.sop_uid, "digest": due.digest, "size": due.size, "now": now}
            await execute(tx, queries["stored"], params)
            await _tell(tx, due, "stored")
            return True
        await execute(tx, queries["hold"], {"sop_uid": due.sop_uid, "until": now + LEASE})
        case = await _case(tx, due)
    made = await asyncio.to_thread(_made, due, case, zone)
    if made is None:
        await _failed(pool, due, UNSAYABLE)
        return True
    content, left_out = made
    kept = await archive(
        content,
        sop_class_uid=SR,
        sop_instance_uid=due.sop_uid,
        organization_id=due.study_organization_id,
        now=now,
    )
    if kept is not None and not kept[1]:
        await _failed(pool, due, kept[0])
        return True
    reason = kept[0] if kept is not None else ("" if due.attempts == 0 else NOT_LISTED)
    pause = min(LISTED * 2 ** min(due.attempts, 20), LONGEST_PAUSE)
    params = {"sop_uid": due.sop_uid, "due_at": now + pause, "reason": reason, "left_out": left_out}
    async with pool.transaction() as tx:
        await execute(tx, queries["later"], params)
        if reason:
            _log.warning("marks-not-stored", sop_instance_uid=due.sop_uid, reason=reason, attempts=due.attempts + 1)
            await _tell(tx, due, "delayed")
    return True


async def _failed(pool: Pool, due: Due, reason: str) -> None:
    _log.error("marks-failed", sop_instance_uid=due.sop_uid, reason=reason)
    async with pool.transaction() as tx:
        await execute(tx, queries["failed"], {"sop_uid": due.sop_uid, "reason": reason})
        await _tell(tx, due, "failed")


async def _tell(tx: Connection, due: Due, what: str) -> None:
    topics = [TOPIC, f"consultation/{due.consultation_id}"]
    await append(tx, f"consultation.marks-{what}", due.consultation_id, topics, organization_id=due.organization_id)


async def _case(tx: Connection, due: Due) -> Case:
    marks = await new_at(tx, due.consultation_id, due.version, due.room_id, due.room_seq)
    images = {sop: one for sop, one in (await _images(tx, marks)).items() if one.study_id == due.study_id}
    told = await rooms.told_of(tx, due.room_id)
    people = {one.person: (one.name, one.institution) for one in told.people}
    return Case([(id_, one) for id_, one in sorted(marks.items()) if one.sop in images], images, people)


def _made(due: Due, case: Case, zone: ZoneInfo) -> tuple[bytes, int] | None:
    """The report's data set, and how many marks it leaves out; None where it could say nothing."""
    # highdicom takes a second and a hundred megabytes: whoever exports no marks does without
    from telemed.consultation.service import marking  # noqa: PLC0415

    return marking.data_set(due, case, zone)


async def export_for_ever(
    pool: Pool, archive: Archive, signal: Signal, clock: Callable[[], datetime], zone: ZoneInfo
) -> None:
    """Make reports when they are due, until cancelled.  Several processes may run it."""
    while True:
        heard, wait = signal.count, LONGEST_WAIT
        try:
            if await export_one(pool, archive, clock(), zone):
                continue
            async with pool.connection() as connection:
                following = await fetch_one(connection, queries["next_due"], {}, _Next)
            if following is not None and following.due_at is not None:
                # another process may hold it: not asked for without a breath
                wait = min(max((following.due_at - clock()).total_seconds(), 0.25), LONGEST_WAIT)
        except Unavailable:
            wait = LONGEST_WAIT
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await signal.after(heard)
