"""What is added to a signed opinion: a version of its own, beside it and never over it, and what comes of it.

No state of a consultation is for it: an addendum is a fact beside the state, and so is the inviting side's answer.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from telemed.consultation.model import states, words
from telemed.consultation.model.parties import Party
from telemed.consultation.model.states import Verdict
from telemed.consultation.opinion.document import Addition, Earlier
from telemed.consultation.opinion.evidence import Evidence
from telemed.consultation.opinion.spelling import instant, one_line, prose
from telemed.consultation.service import opinions, rooms
from telemed.consultation.service.acting import Acting
from telemed.consultation.service.opinions import Made, Sealing
from telemed.consultation.store import consultations as store
from telemed.consultation.store.rows import AddendumAnswerRow, AddendumDraftRow, ConsultationRow, OpinionRow
from telemed.db import Connection, Pool, execute, fetch_all, fetch_one, load
from telemed.vocabulary import Principal

queries = load(__name__, "addenda.sql")
SIGNED = (states.Returned, states.Decided, states.Archived)
#: The opinion, and as many addenda as its room keeps.
MOST_VERSIONS = 21


class _Revision(msgspec.Struct):
    revision: int


async def draft(connection: Connection, consultation_id: UUID, by: UUID) -> AddendumDraftRow | None:
    """What this person is adding; None before anything was written."""
    return await fetch_one(connection, queries["draft"], {"id": consultation_id, "by": by}, AddendumDraftRow)


async def answers(connection: Connection, consultation_id: UUID) -> list[AddendumAnswerRow]:
    return await fetch_all(connection, queries["answers"], {"id": consultation_id}, AddendumAnswerRow)


async def write(acting: Acting, consultation_id: UUID, reason: str, addendum: str, revision: int) -> int:
    """Keep what is being added; returns its revision now.  Raises Conflict where another window wrote meanwhile."""
    row = await _signed(acting, consultation_id)
    written = await _write(acting, consultation_id, one_line(reason), prose(addendum), revision)
    if written is None or (revision == 0 and written != 1):
        raise words.written_meanwhile()
    await store.tell(acting.tx, row, "consultation.addendum-written")
    return written


async def _write(acting: Acting, consultation_id: UUID, reason: str, addendum: str, revision: int) -> int | None:
    params = {
        "id": consultation_id,
        "by": acting.by,
        "reason": reason,
        "addendum": addendum,
        "now": acting.now,
        "revision": revision,
    }
    written = await fetch_one(acting.tx, queries["write_draft"], params, _Revision)
    return None if written is None else written.revision


async def _signed(acting: Acting, consultation_id: UUID) -> ConsultationRow:
    """One's own consultation, locked, whose opinion is signed."""
    row = await acting.hold(consultation_id, Party.EXPERT)
    if not isinstance(row.standing(), SIGNED):
        raise words.refused(states.Refusal.NOT_NOW)
    return row


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
    """Set, seal and keep the paper: the first version's words unchanged, every version's hashes, what is added.

    Raises Conflict where the draft or the versions are others by now.  A file that nobody signs for is nobody's.
    """
    async with pool.connection() as connection:
        case = await opinions.case_of(connection, consultation_id, principal)
        standing = (await opinions.signed(connection, consultation_id))[::-1]
        if case.facts.state not in {states.WORDS[one] for one in SIGNED} or not standing:
            raise words.refused(states.Refusal.NOT_NOW)
        if standing[0].signer_id != principal.practitioner_id:
            raise words.refused(states.Refusal.NOT_ASKED)
        if case.institution.id not in principal.organization_ids:
            raise words.works_elsewhere()
        if len(standing) >= MOST_VERSIONS:
            raise words.too_many_addenda()
        written = await draft(connection, consultation_id, principal.practitioner_id)
    if written is None or not written.reason.strip() or not written.addendum.strip():
        raise words.addendum_incomplete()
    if written.revision != revision:
        raise words.written_meanwhile()
    opinion = opinions.opinion_of(
        case,
        standing[0].diagnosis,
        standing[0].advice,
        version=standing[-1].version + 1,
        now=now,
        zone=zone,
        reason=written.reason.strip(),
        addition=Addition(written.addendum.strip(), tuple(_earlier(one) for one in standing)),
    )
    return await opinions.kept(case, opinion, revision, principal=principal, now=now, zone=zone, sealing=sealing)


def _earlier(row: OpinionRow) -> Earlier:
    """A version as it was signed: its text's hash is the one that its evidence says."""
    evidence = msgspec.json.decode(row.evidence, type=Evidence)
    return Earlier(
        version=row.version,
        signer=evidence.signer.name,
        signed_at=instant(row.signed_at),
        text_sha256=evidence.text_sha256,
        document_sha256=row.document,
        reason=row.reason,
        addendum=row.addendum,
    )


async def sign(acting: Acting, consultation_id: UUID, made: Made) -> int:
    """The addendum counts from here on; the draft is empty again.  The room says so while it is open."""
    row = await _signed(acting, consultation_id)
    emptied = await _write(acting, consultation_id, "", "", made.revision)
    if emptied is None or made.revision == 0:
        raise words.written_meanwhile()
    await opinions.insert(acting, consultation_id, made)
    await opinions.queue_marks(acting, row, made)
    await rooms.added(acting.tx, row, f"{made.reason}\n\n{made.addendum}", by=acting.by, now=acting.now)
    await store.note(acting.tx, row, acting.taken("addend", made.reason, version=made.version, document=made.document))
    await store.owe_addendum(acting.tx, row, made.version, acting.by, acting.now)
    return made.version


async def answer(acting: Acting, consultation_id: UUID, version: int, verdict: Verdict, reason: str) -> None:
    """What the inviting side makes of an addendum that came after its decision; once.

    While nothing is decided the decision itself answers, so that nobody decides twice over one paper.
    """
    row = await acting.hold(consultation_id, Party.INVITER)
    if not isinstance(row.standing(), states.Decided | states.Archived):
        raise words.refused(states.Refusal.NOT_NOW)
    if version <= 1 or version not in {one.version for one in await opinions.signed(acting.tx, consultation_id)}:
        raise words.no_such_addendum()
    if verdict is not Verdict.ADOPTED and not reason.strip():
        raise words.refused(states.Refusal.REASON_NEEDED)
    params = {
        "id": consultation_id,
        "version": version,
        "verdict": verdict.value,
        "reason": reason.strip(),
        "by": acting.by,
        "now": acting.now,
    }
    if await execute(acting.tx, queries["answer"], params) == 0:
        raise words.answered_already()
    await store.note(acting.tx, row, acting.taken("answer-addendum", reason, version=version, verdict=verdict.value))


async def decided(acting: Acting, consultation_id: UUID, verdict: Verdict, reason: str) -> None:
    """A decision answers every addendum that stands."""
    params = {
        "id": consultation_id,
        "verdict": verdict.value,
        "reason": reason.strip(),
        "by": acting.by,
        "now": acting.now,
    }
    await execute(acting.tx, queries["answer_all"], params)
