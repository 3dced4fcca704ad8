"""The inviting side: a draft, what is attached, consent, sending it, answering, taking it back, deciding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID, uuid4

from telemed.consultation.model import clocks, guards, states, words
from telemed.consultation.model.guards import DEPARTMENTS
from telemed.consultation.model.parties import Party
from telemed.consultation.model.states import Kind, Purpose, Urgency, Verdict
from telemed.consultation.service import addenda, opinions, rooms
from telemed.consultation.service.acting import Acting, taken_or_raise
from telemed.consultation.store import consultations as store
from telemed.consultation.store.rows import ConsultationRow, ResultRow
from telemed.errors import Conflict, Invalid
from telemed.patients import store as patients


@dataclass(frozen=True, slots=True)
class Form:
    """What the inviting physician writes.  department: code of the 诊疗科目 that is asked."""

    kind: Kind
    urgency: Urgency
    purpose: Purpose
    department: str
    inviting_department: str
    history: str
    question: str
    studies: tuple[UUID, ...]
    results: tuple[ResultRow, ...]

    def columns(self) -> dict[str, str]:
        return {
            "kind": self.kind.value,
            "urgency": self.urgency.value,
            "purpose": self.purpose.value,
            "department": self.department,
            "inviting_department": self.inviting_department.strip(),
            "history": self.history.strip(),
            "question": self.question.strip(),
        }


@dataclass(frozen=True, slots=True)
class Agreed:
    """Consent as it was given.  paper: SHA-256 of the photograph that is kept; '' where a reason stands instead."""

    kind: str
    name: str
    relation: str
    manner: str
    at: datetime
    paper: str
    reason: str


async def begin(acting: Acting, consultation_id: UUID, patient_id: UUID, form: Form, zone: tzinfo) -> str:
    """A draft; returns the number by which people speak of it.  The same id again is the same draft.

    Raises Conflict where the id is another's.
    """
    _known(form)
    before = await store.hold(acting.tx, consultation_id)
    if before is not None:
        if before.requester_id != acting.by or before.patient_id != patient_id:
            raise words.written_meanwhile()
        return before.number
    day = acting.now.astimezone(zone).date()
    place = acting.principal.organization_id
    number = await patients.next_number(acting.tx, place, "consultation", day)
    code = await store.organization_code(acting.tx, place)
    spoken = f"HZ{day:%Y%m%d}-{code}-{number:03}"
    columns = {
        **form.columns(),
        "id": consultation_id,
        "number": spoken,
        "organization_id": place,
        "requester_id": acting.by,
        "patient_id": patient_id,
        "now": acting.now,
    }
    if not await store.insert(acting.tx, columns):
        raise words.written_meanwhile()
    row = await acting.hold(consultation_id, Party.INVITER)
    await _attach(acting, row, form)
    await store.note(acting.tx, row, acting.taken("draft"))
    return spoken


async def write(acting: Acting, consultation_id: UUID, form: Form, revision: int) -> int:
    """Write a draft anew; returns its revision now.  Raises Conflict where it was sent or written meanwhile."""
    row = await acting.hold(consultation_id, Party.INVITER)
    if row.state != "draft" or row.requester_id != acting.by:
        raise words.refused(states.Refusal.NOT_NOW)
    if row.revision != revision:
        raise words.written_meanwhile()
    _known(form)
    await store.write_form(acting.tx, {**form.columns(), "id": consultation_id})
    await _attach(acting, row, form)
    return revision + 1


def _known(form: Form) -> None:
    if form.department not in DEPARTMENTS:
        raise words.unknown_department()


async def _attach(acting: Acting, row: ConsultationRow, form: Form) -> None:
    await _of_the_patient(acting, row, form.studies)
    await store.attach(acting.tx, row.id, form.studies, form.results, by=acting.by, now=acting.now)


async def _of_the_patient(acting: Acting, row: ConsultationRow, studies: Sequence[UUID]) -> None:
    people = await patients.linked(acting.tx, row.patient_id)
    if await store.of_patient(acting.tx, studies, people) != frozenset(studies):
        raise words.not_of_the_patient()


async def submit(acting: Acting, consultation_id: UUID) -> ConsultationRow:
    """Send it.  Raises Invalid for an empty one, Conflict `consent-missing` where nobody has agreed or approved."""
    row = await acting.hold(consultation_id, Party.INVITER)
    to = taken_or_raise(states.submit(row.standing()))
    if not row.history or not row.question:
        raise words.incomplete()
    consents = store.judged(await store.consents(acting.tx, consultation_id))
    urgency = Urgency(row.urgency)
    if missing := guards.of_request(consents):
        raise words.stopped(missing)
    if urgency is Urgency.ROUTINE and not guards.consented(consents):
        raise words.stopped({guards.Concern.NO_CONSENT})
    owed = None if guards.consented(consents) else acting.now + clocks.CONSENT_OWED
    return await store.move(acting.tx, row, to, acting.taken("submit"), submitted_at=acting.now, consent_due_at=owed)


async def consent(acting: Acting, consultation_id: UUID, agreed: Agreed) -> None:
    """Write down who agreed, or who approved.  What waited for it alone is archived with it."""
    row = await acting.hold(consultation_id, Party.INVITER)
    if row.ended_at is not None:
        raise words.refused(states.Refusal.NOT_NOW)
    _whole(agreed)
    if agreed.at > acting.now:
        raise Invalid(
            "consent-in-the-future",
            "同意时间不能晚于现在。未作任何改动。",
            "Consent lies in the past. Nothing was changed.",
        )
    if agreed.kind != "paper" and row.urgency == Urgency.ROUTINE.value:
        raise Conflict(
            "approval-is-for-emergencies",
            "负责人批准只用于急会诊。普通会诊请登记书面知情同意。未作任何改动。",
            "An approval stands in for consent in an emergency alone: record the paper form. Nothing was changed.",
        )
    columns = {
        "id": uuid4(),
        "consultation_id": consultation_id,
        "kind": agreed.kind,
        "name": agreed.name.strip(),
        "relation": agreed.relation,
        "manner": agreed.manner,
        "at": agreed.at,
        "paper": agreed.paper,
        "reason": agreed.reason.strip(),
        "by": acting.by,
        "now": acting.now,
    }
    await store.insert_consent(acting.tx, columns)
    done = guards.consented(store.judged(await store.consents(acting.tx, consultation_id)))
    taken = acting.taken("consent", kind=agreed.kind)
    archived = states.archive(row.standing(), consented=done)
    if not isinstance(archived, states.Refusal):
        await rooms.close_for(acting.tx, row, by=acting.by, now=acting.now, why="archived")
        await store.move(acting.tx, row, archived, taken, ended_at=acting.now, consent_due_at=None)
        return
    if done and row.consent_due_at is not None:
        await store.move(acting.tx, row, row.standing(), taken, consent_due_at=None)
        return
    await store.note(acting.tx, row, taken)


def _whole(agreed: Agreed) -> None:
    """A form on paper has its photograph, relation and manner; an approval or exemption has its reason instead."""
    on_paper = agreed.kind == "paper"
    said = (agreed.paper, agreed.relation, agreed.manner)
    if not agreed.name.strip() or (not all(said) if on_paper else any(said)) or on_paper == bool(agreed.reason.strip()):
        raise Invalid(
            "consent-incomplete",
            "书面同意须有照片、与患者关系和签署方式；负责人批准或免除须写明理由。未作任何改动。",
            "Consent on paper has its photograph, relation and manner; an approval or exemption says why. "
            "Nothing was changed.",
        )


async def photographing(acting: Acting, consultation_id: UUID) -> None:
    """Whether this person may add a photograph: of the inviting side, while it is not over."""
    row = await acting.hold(consultation_id, Party.INVITER)
    if row.ended_at is not None:
        raise words.refused(states.Refusal.NOT_NOW)


async def inform(
    acting: Acting,
    consultation_id: UUID,
    said: str,
    studies: Sequence[UUID],
    results: Sequence[ResultRow],
) -> ConsultationRow:
    """Answer what was asked, with what was asked for."""
    row = await acting.hold(consultation_id, Party.INVITER)
    to = taken_or_raise(states.inform(row.standing()))
    if not said.strip():
        raise words.refused(states.Refusal.REASON_NEEDED)
    await _of_the_patient(acting, row, studies)
    await store.attach_more(acting.tx, consultation_id, studies, results, by=acting.by, now=acting.now)
    changes: dict[str, object] = {}
    if isinstance(to, states.Accepted):
        await store.end_offer(acting.tx, row, "accepted", acting.now)
        changes["accepted_at"] = row.accepted_at or acting.now
    return await store.move(acting.tx, row, to, acting.taken("inform", said), **changes)


async def withdraw(acting: Acting, consultation_id: UUID, reason: str) -> ConsultationRow:
    row = await acting.hold(consultation_id, Party.INVITER)
    to = taken_or_raise(states.withdraw(row.standing(), reason.strip()))
    await store.end_offer(acting.tx, row, "superseded", acting.now)
    await rooms.close_for(acting.tx, row, by=acting.by, now=acting.now, why="withdrawn")
    return await store.move(acting.tx, row, to, acting.taken("withdraw", reason), ended_at=acting.now)


async def decide(
    acting: Acting, consultation_id: UUID, verdict: Verdict, reason: str, *, version: int = 0
) -> ConsultationRow:
    """What becomes of the opinion with all that was added to it; archived at once where no consent is owed.

    version: the newest that was read, 0 for whoever does not say.  Raises Conflict where another one came since.
    """
    row = await acting.hold(consultation_id, Party.INVITER)
    to = taken_or_raise(states.decide(row.standing(), verdict, reason.strip()))
    if version and version != max(one.version for one in await opinions.signed(acting.tx, consultation_id)):
        raise words.added_meanwhile()
    await addenda.decided(acting, consultation_id, verdict, reason)
    taken = acting.taken("decide", reason, verdict=verdict.value)
    after = await store.move(
        acting.tx, row, to, taken, verdict=verdict.value, verdict_reason=reason.strip(), decided_at=acting.now
    )
    done = guards.consented(store.judged(await store.consents(acting.tx, consultation_id)))
    archived = states.archive(after.standing(), consented=done)
    if isinstance(archived, states.Refusal):
        return after
    await rooms.close_for(acting.tx, row, by=acting.by, now=acting.now, why="archived")
    return await store.move(acting.tx, after, archived, acting.taken("archive"), ended_at=acting.now)


async def rate(acting: Acting, consultation_id: UUID, stars: int, note: str) -> None:
    """How it went; optional, once, after the opinion came."""
    row = await acting.hold(consultation_id, Party.INVITER)
    if row.returned_at is None:
        raise words.refused(states.Refusal.NOT_NOW)
    if not await store.rate(acting.tx, consultation_id, stars, note.strip(), by=acting.by, now=acting.now):
        raise Conflict("rated-already", "已评价。未作任何改动。", "It was rated already. Nothing was changed.")
    await store.note(acting.tx, row, acting.taken("rate", stars=stars))
