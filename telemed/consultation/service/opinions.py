"""The expert's opinion: written, signed over what the expert was shown, kept as a sealed file, returned."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog

from telemed import durable
from telemed.consultation.model import states, words
from telemed.consultation.model.parties import Party
from telemed.consultation.opinion.document import (
    Addition,
    Examination,
    Expert,
    Opinion,
    Participant,
    Patient,
    opinion_digest,
)
from telemed.consultation.opinion.evidence import Evidence, RoomRecord, SeenImage, Signer, in_order
from telemed.consultation.opinion.keys import Institution, KeyStore
from telemed.consultation.opinion.sealing import SealedOpinion, seal_opinion
from telemed.consultation.opinion.spelling import instant, prose
from telemed.consultation.opinion.typesetting import Press
from telemed.consultation.room import store as room_log
from telemed.consultation.service import marks, rooms
from telemed.consultation.service.acting import Acting, taken_or_raise
from telemed.consultation.store import consultations as store
from telemed.consultation.store.rows import ConsultationRow, DraftRow, OpinionRow, SeriesSeenRow
from telemed.db import Connection, Pool, fetch_all, fetch_one, load
from telemed.errors import Conflict, Invalid, NotFound, Unavailable
from telemed.patients import names
from telemed.patients.age import age
from telemed.vocabulary import Principal

queries = load(__name__, "opinions.sql")
SEXES = {"M": "男", "F": "女", "O": "未说明的性别", "U": "未知的性别"}
_log = structlog.get_logger("telemed.consultation.opinions")
#: Nobody is still writing a file that old.
OLD = timedelta(hours=1)
#: As the paper names what somebody was in the room.
ROLES = {
    "moderator": "邀请方",
    "expert": "会诊专家",
    "participant": "会诊同事",
    "guest": "外院专家",
    "audience": "旁听",
}
PURPOSES = {"diagnosis": "诊断", "treatment": "治疗", "referral": "转诊", "surgery": "手术"}


class _Revision(msgspec.Struct):
    revision: int


class _Version(msgspec.Struct):
    version: int


class Facts(msgspec.Struct, frozen=True):
    """What the paper says of people and places."""

    number: str
    state: str
    room_id: UUID | None
    purpose: str
    history: str
    question: str
    inviting_institution: str
    inviting_physician: str
    patient_name: str
    sex: str
    birth_date: date | None
    expert_id: UUID | None
    expert_name: str
    expert_title: str
    licence_number: str
    institution_id: UUID | None
    institution: str


class _Examination(msgspec.Struct, frozen=True):
    acquired_at: datetime | None
    modalities: list[str]
    item: str
    accession_number: str
    institution: str


class _Image(msgspec.Struct, frozen=True):
    sop: str
    study_uid: str
    series_uid: str


@dataclass(frozen=True, slots=True)
class Sealing:
    """What opinions are sealed by.  folder: of the sealed files, by SHA-256."""

    keys: KeyStore
    press: Press
    folder: Path

    async def keep(self, sealed: SealedOpinion) -> None:
        """Keep a file durably; a signature counts only after this.

        Raises Unavailable where the disk takes it not: nothing of it is left, nothing was signed.
        """
        place = self._place(sealed.sha256)

        try:
            await asyncio.to_thread(durable.keep, place, sealed.pdf, self.folder)
        except OSError as fault:
            _log.error("opinion-not-kept", error=fault.strerror)
            raise _not_kept() from fault

    async def read(self, digest: str) -> bytes:
        if re.fullmatch(r"[0-9a-f]{64}", digest, re.ASCII) is None:
            raise _missing()
        try:
            return await asyncio.to_thread(self._place(digest).read_bytes)
        except FileNotFoundError:
            raise _missing() from None

    def _place(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest[2:4] / digest


async def tidy(folder: Path, now: datetime) -> int:
    """Remove what was half written when a server died: no row ever named it.  Returns how many files."""

    def remove() -> int:
        found = [one for one in folder.glob("*/*/*.new") if now.timestamp() - one.stat().st_mtime > OLD.total_seconds()]
        for one in found:
            one.unlink(missing_ok=True)
        return len(found)

    return await asyncio.to_thread(remove)


def _not_kept() -> Unavailable:
    return Unavailable(
        "opinion-not-kept",
        "意见书未能写入存储（可能已满），没有签发。草稿已保留，请告知系统管理员，稍后再签发。",
        "The paper could not be written to the storage, which may be full; nothing was signed. The draft was kept: "
        "tell the system administrator and sign again later.",
    )


def _missing() -> NotFound:
    return NotFound("unknown-opinion", "找不到该会诊意见书。", "There is no such opinion.")


@dataclass(frozen=True, slots=True)
class Made:
    """A sealed file, and what it was made from; nothing is signed before `sign` has committed."""

    diagnosis: str
    advice: str
    revision: int
    version: int
    text_sha256: str
    room: room_log.Head
    evidence: str
    document: str
    size: int
    reason: str = ""
    addendum: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What a paper is made over: people and places, the room as it stands, what was put before the expert and seen."""

    id: UUID
    facts: Facts
    institution: Institution
    room: room_log.Head
    room_id: UUID
    painted: list[room_log.SeenRow]
    images: dict[str, _Image]
    examinations: list[_Examination]
    together: tuple[Participant, ...]


async def case_of(connection: Connection, consultation_id: UUID, principal: Principal) -> Case:
    """Raises NotFound for whoever is not its expert, Conflict where no expert has accepted it yet."""
    facts = await fetch_one(connection, queries["facts"], {"id": consultation_id}, Facts)
    if facts is None or facts.expert_id != principal.practitioner_id:
        raise words.no_such_consultation()
    if facts.room_id is None or facts.institution_id is None:
        raise words.refused(states.Refusal.NOT_NOW)
    head = await room_log.head(connection, facts.room_id)
    painted = await room_log.seen_images(connection, facts.room_id, str(principal.practitioner_id))
    images = await fetch_all(connection, queries["images"], {"sops": [one.sop for one in painted]}, _Image)
    return Case(
        consultation_id,
        facts,
        Institution(facts.institution_id, facts.institution),
        head,
        facts.room_id,
        painted,
        {one.sop: one for one in images},
        await fetch_all(connection, queries["examinations"], {"id": consultation_id}, _Examination),
        await _together(connection, facts.room_id),
    )


async def draft(connection: Connection, consultation_id: UUID) -> DraftRow | None:
    return await fetch_one(connection, queries["draft"], {"id": consultation_id}, DraftRow)


async def signed(connection: Connection, consultation_id: UUID) -> list[OpinionRow]:
    """The signed opinions, the newest first."""
    return await fetch_all(connection, queries["opinions"], {"id": consultation_id}, OpinionRow)


async def seen(connection: Connection, consultation_id: UUID, version: int) -> list[SeriesSeenRow]:
    """What the signer had seen of the case by the evidence that was signed, and what not; by series."""
    return await fetch_all(connection, queries["seen"], {"id": consultation_id, "version": version}, SeriesSeenRow)


async def write(acting: Acting, consultation_id: UUID, diagnosis: str, advice: str, revision: int) -> int:
    """Keep what the expert has written; returns its revision now.  Raises Conflict where it was written elsewhere."""
    row = await acting.hold(consultation_id, Party.EXPERT)
    if isinstance(row.standing(), states.Offered) or row.returned_at is not None or row.ended_at is not None:
        raise words.refused(states.Refusal.NOT_NOW)
    params = {
        "id": consultation_id,
        "diagnosis": prose(diagnosis),
        "advice": prose(advice),
        "by": acting.by,
        "now": acting.now,
        "revision": revision,
    }
    written = await fetch_one(acting.tx, queries["write_draft"], params, _Revision)
    if written is None or (revision == 0 and written.revision != 1):
        raise words.written_meanwhile()
    await store.tell(acting.tx, row, "consultation.draft-written")
    return written.revision


async def prepare(
    pool: Pool,
    principal: Principal,
    consultation_id: UUID,
    *,
    revision: int,
    now: datetime,
    zone: ZoneInfo,
    sealing: Sealing,
) -> Made:
    """Set, seal and keep the paper of what was written, over the room as it stands.

    Raises Conflict where the draft or the state is another by now.  A file that nobody signs for is nobody's.
    """
    async with pool.connection() as connection:
        case = await case_of(connection, consultation_id, principal)
        if case.facts.state not in ("in-session", "failed"):
            raise words.refused(states.Refusal.NOT_NOW)
        written = await draft(connection, consultation_id)
        if written is None or not written.diagnosis.strip():
            raise Invalid(
                "opinion-is-empty",
                "签发前须填写诊断意见。草稿已保留。",
                "A diagnosis is needed before it is signed. The draft was kept.",
            )
        if written.revision != revision:
            raise words.written_meanwhile()
        version = len(await signed(connection, consultation_id)) + 1
    opinion = opinion_of(case, written.diagnosis, written.advice, version=version, now=now, zone=zone)
    return await kept(case, opinion, revision, principal=principal, now=now, zone=zone, sealing=sealing)


async def kept(
    case: Case,
    opinion: Opinion,
    revision: int,
    *,
    principal: Principal,
    now: datetime,
    zone: ZoneInfo,
    sealing: Sealing,
) -> Made:
    """Set, seal and keep the paper of an opinion."""
    facts = case.facts
    evidence = Evidence(
        consultation_id=str(case.id),
        consultation_number=facts.number,
        opinion_version=opinion.version,
        text_sha256=opinion_digest(opinion),
        room=RoomRecord(str(case.room_id), str(case.room.epoch), case.room.seq, case.room.hash),
        images=in_order(
            SeenImage(
                case.images[one.sop].study_uid,
                case.images[one.sop].series_uid,
                one.sop,
                one.frame,
                instant(one.first_at),
            )
            for one in case.painted
            if one.sop in case.images and one.first_at <= now
        ),
        signer=Signer(
            str(principal.practitioner_id),
            str(principal.account_id),
            facts.expert_name,
            facts.expert_title or "医师",
            facts.institution,
            facts.licence_number,
        ),
        signed_at=instant(now),
        inviting_institution=facts.inviting_institution,
    )
    keys = await asyncio.to_thread(sealing.keys.keys, case.institution, now)
    sealed = await seal_opinion(opinion, evidence, keys, press=sealing.press, zone=zone)
    await sealing.keep(sealed)
    return Made(
        opinion.diagnosis,
        opinion.advice,
        revision,
        opinion.version,
        evidence.text_sha256,
        case.room,
        sealed.evidence.decode(),
        sealed.sha256,
        len(sealed.pdf),
        opinion.reason,
        "" if opinion.addition is msgspec.UNSET else opinion.addition.text,
    )


async def _together(connection: Connection, room_id: UUID) -> tuple[Participant, ...]:
    """Who has been in the room, where it was more than the two physicians; whoever looked on is named as such."""
    members = (await room_log.room(connection, room_id)).fold.members
    told = await rooms.told_of(connection, room_id)
    came = [
        one
        for one in told.people
        if one.person in members
        and members[one.person].gen > 0
        and one.name
        # an expert who was replaced is put behind the door as a guest is
        and (members[one.person].role != "guest" or one.person.startswith("guest/"))
    ]
    if all(members[one.person].role in ("moderator", "expert") for one in came):
        return ()
    came.sort(key=lambda one: (list(ROLES).index(members[one.person].role), one.name, one.person))
    return tuple(Participant(one.name, one.institution, one.title, ROLES[members[one.person].role]) for one in came)


def opinion_of(
    case: Case,
    diagnosis: str,
    advice: str,
    *,
    version: int,
    now: datetime,
    zone: ZoneInfo,
    reason: str = "",
    addition: Addition | msgspec.UnsetType = msgspec.UNSET,
) -> Opinion:
    """The text of a version.  reason, addition: of an addendum."""
    facts = case.facts
    years = None if facts.birth_date is None else age(facts.birth_date, now.astimezone(zone).date())
    return Opinion(
        consultation_number=facts.number,
        version=version,
        reason=reason,
        inviting_institution=facts.inviting_institution,
        inviting_physician=facts.inviting_physician,
        patient=Patient(names.shown(facts.patient_name), SEXES[facts.sex], "年龄不详" if years is None else years.zh),
        purpose=f"{PURPOSES[facts.purpose]}：{facts.question}",
        summary=facts.history,
        examinations=tuple(
            Examination(
                "" if one.acquired_at is None else f"{one.acquired_at.astimezone(zone):%Y-%m-%d %H:%M}",
                "、".join(one.modalities),
                one.item,
                one.accession_number,
                one.institution,
            )
            for one in case.examinations
        ),
        diagnosis=diagnosis,
        advice=advice,
        expert=Expert(facts.expert_name, facts.expert_title or "医师", facts.licence_number, facts.institution),
        signed_at=instant(now),
        addition=addition,
        participants=case.together or msgspec.UNSET,
    )


async def sign(acting: Acting, consultation_id: UUID, made: Made) -> int:
    """The opinion counts from here on: kept, told to the room, returned to the inviting physician; once."""
    row = await acting.hold(consultation_id, Party.EXPERT)
    to = taken_or_raise(states.sign(row.standing(), acting.by))
    written = await draft(acting.tx, consultation_id)
    if written is None or written.revision != made.revision:
        raise words.written_meanwhile()
    await insert(acting, consultation_id, made)
    await queue_marks(acting, row, made)
    text = f"{made.diagnosis}\n\n{made.advice}".strip()
    await rooms.signed(acting.tx, row, text, made.text_sha256, by=acting.by, now=acting.now)
    taken = acting.taken("sign", version=made.version, document=made.document)
    await store.move(acting.tx, row, to, taken, returned_at=acting.now)
    return made.version


async def queue_marks(acting: Acting, row: ConsultationRow, made: Made) -> None:
    """What was marked in the room, as it was signed, is owed to the studies."""
    if row.room_id is not None:
        await marks.queue(acting.tx, row.id, made.version, room_id=row.room_id, seq=made.room.seq, now=acting.now)


async def insert(acting: Acting, consultation_id: UUID, made: Made) -> None:
    """A signed version counts.  Raises Conflict where another one has come before it."""
    params = {
        "id": consultation_id,
        "diagnosis": made.diagnosis,
        "advice": made.advice,
        "reason": made.reason,
        "addendum": made.addendum,
        "signer_id": acting.by,
        "now": acting.now,
        "room_seq": made.room.seq,
        "room_head": made.room.hash,
        "evidence": made.evidence,
        "document": made.document,
        "size": made.size,
    }
    version = await fetch_one(acting.tx, queries["insert_opinion"], params, _Version)
    if version is None or version.version != made.version:
        raise Conflict(
            "opinion-signed-meanwhile",
            "该会诊意见已在别处签发。未作任何改动，请刷新查看。",
            "The opinion was signed elsewhere meanwhile. Nothing was changed: look again.",
        )
