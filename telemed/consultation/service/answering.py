"""Triage and the answering side: who is asked, who accepts, the next in line, appointments, what goes wrong."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from uuid import UUID, uuid4

from telemed.consultation.model import clocks, duty, guards, states, words
from telemed.consultation.model.guards import Concern
from telemed.consultation.model.parties import Party
from telemed.consultation.model.states import Asked, Into, Urgency
from telemed.consultation.service import rooms
from telemed.consultation.service.acting import Acting, taken_or_raise
from telemed.consultation.store import consultations as store
from telemed.consultation.store import duty as duty_store
from telemed.consultation.store.consultations import Taken
from telemed.consultation.store.rows import ConsultationRow
from telemed.db import Connection, Pool
from telemed.errors import Invalid

#: Any time around now: whose turn it is.
MOMENT = timedelta(microseconds=1)
#: Nobody is given a time further ahead.
FURTHEST = timedelta(days=366)
#: Somebody has accepted, however far it has come since.
HELD = (
    states.Accepted
    | states.Scheduled
    | states.InSession
    | states.Missed
    | states.Failed
    | states.Returned
    | states.Decided
    | states.Archived
)


async def offer(acting: Acting, consultation_id: UUID, expert_id: UUID, zone: tzinfo) -> ConsultationRow:
    """Ask one expert by name.

    Raises Conflict with each ground that speaks against it; in an emergency what may be passed over is written down.
    """
    row = await acting.hold(consultation_id, Party.COORDINATOR)
    asked = Asked(expert_id, await _place(acting.tx, expert_id), 0, clocks.due(Urgency(row.urgency), acting.now))
    to = taken_or_raise(states.offer(row.standing(), asked))
    concerns = await _concerns(acting.tx, row, expert_id, acting.now, zone)
    if stopped := guards.stops(concerns, Urgency(row.urgency)):
        raise words.stopped(stopped)
    await store.end_offer(acting.tx, row, "superseded", acting.now)
    await _instead(acting.tx, row, expert_id, by=acting.by, now=acting.now)
    await store.ask(acting.tx, row, asked, acting.now)
    taken = Taken("offer", acting.by, acting.now, concerns=concerns, detail=(("expert", str(expert_id)),))
    return await store.move(acting.tx, row, to, taken)


async def offer_to_duty(acting: Acting, consultation_id: UUID, zone: tzinfo) -> ConsultationRow:
    """Ask whoever is on duty for the department.  Raises Conflict `nobody-on-duty` where nobody is left."""
    row = await acting.hold(consultation_id, Party.COORDINATOR)
    taken_or_raise(states.offer(row.standing(), _nobody(row)))
    after = await _next(acting.tx, row, acting.now, zone, by=acting.by)
    if after is None:
        raise Invalid(
            "nobody-on-duty",
            "该科目当前无人值班，或值班人员均已问过。请指定专家或电话联系。未作任何改动。",
            "Nobody is on duty for this department, or all were asked: choose an expert or telephone."
            " Nothing was changed.",
        )
    return after


def _nobody(row: ConsultationRow) -> Asked:
    return Asked(row.id, row.organization_id, 1, row.created_at)


async def _place(tx: Connection, expert_id: UUID) -> UUID:
    found = await duty_store.expert(tx, expert_id)
    if found is None or not found.active:
        raise words.no_such_expert()
    return found.organization_id


async def _concerns(
    tx: Connection, row: ConsultationRow, expert_id: UUID, now: datetime, zone: tzinfo
) -> frozenset[Concern]:
    today = now.astimezone(zone).date()
    found = await duty_store.expert(tx, expert_id)
    if found is None:
        raise words.no_such_expert()
    return guards.of_expert(duty_store.licence(found), row.department, today) | guards.of_agreement(
        duty_store.in_force(await duty_store.agreements(tx, row.organization_id, found.organization_id)),
        today,
        same=row.organization_id == found.organization_id,
    )


async def _next(
    tx: Connection, row: ConsultationRow, now: datetime, zone: tzinfo, *, by: UUID | None
) -> ConsultationRow | None:
    """Ask the next on duty against whom nothing speaks that stops it; None where nobody is left."""
    shifts = await duty_store.shifts(tx, now, now + MOMENT, row.department)
    skipped = set(await store.passed(tx, row.id))
    while (turn := duty.next_in_line([duty_store.turn(one) for one in shifts], skipped, now)) is not None:
        skipped.add(turn.practitioner_id)
        known = await duty_store.expert(tx, turn.practitioner_id)
        if known is None or not known.active or not known.accepts:
            continue
        concerns = await _concerns(tx, row, turn.practitioner_id, now, zone)
        if guards.stops(concerns, Urgency(row.urgency)):
            continue
        asked = Asked(turn.practitioner_id, turn.organization_id, turn.line, clocks.due(Urgency(row.urgency), now))
        to = taken_or_raise(states.offer(row.standing(), asked))
        await store.end_offer(tx, row, "superseded", now)
        await _instead(tx, row, turn.practitioner_id, by=by or turn.practitioner_id, now=now)
        await store.ask(tx, row, asked, now)
        detail = (("expert", str(turn.practitioner_id)), ("line", turn.line))
        return await store.move(tx, row, to, Taken("offer", by, now, concerns=concerns, detail=detail))
    return None


async def _instead(tx: Connection, row: ConsultationRow, expert_id: UUID, *, by: UUID, now: datetime) -> None:
    """Whoever had accepted, and is another than who is asked now, leaves the room."""
    inside = isinstance(row.standing(), states.Accepted | states.Scheduled | states.Missed | states.Failed)
    if inside and row.expert_id is not None and row.expert_id != expert_id:
        await rooms.dismiss(tx, row, row.expert_id, by=by, now=now)


async def accept(acting: Acting, consultation_id: UUID) -> ConsultationRow:
    """The first answer wins; whoever comes later is told who has accepted.  The room opens with it."""
    row = await store.hold(acting.tx, consultation_id)
    if row is None or not (acting.party(row) or await acting.was_asked(row)):
        raise words.no_such_consultation()
    standing = row.standing()
    if isinstance(standing, HELD) and standing.expert.expert_id != acting.by:
        raise words.taken_by(await store.name_of(acting.tx, standing.expert.expert_id))
    to = taken_or_raise(states.accept(standing, acting.by))
    await store.end_offer(acting.tx, row, "accepted", acting.now)
    room_id = await rooms.open_for(acting.tx, row, acting.by, acting.now)
    return await store.move(acting.tx, row, to, acting.taken("accept"), accepted_at=acting.now, room_id=room_id)


async def refuse(acting: Acting, consultation_id: UUID, reason: str, zone: tzinfo) -> ConsultationRow:
    """The next on duty is asked; the coordinator where there is none."""
    row = await acting.hold(consultation_id, Party.EXPERT)
    to = taken_or_raise(states.refuse(row.standing(), acting.by))
    if not reason.strip():
        raise words.refused(states.Refusal.REASON_NEEDED)
    await store.end_offer(acting.tx, row, "refused", acting.now, reason.strip())
    after = await store.move(acting.tx, row, to, acting.taken("refuse", reason))
    return await _next(acting.tx, after, acting.now, zone, by=None) or after


async def lapse(tx: Connection, consultation_id: UUID, now: datetime, zone: tzinfo) -> bool:
    """Nobody has answered in time; the next on duty is asked.  False where it was answered meanwhile."""
    row = await store.hold(tx, consultation_id)
    if row is None:
        return False
    to = states.lapse(row.standing(), now)
    if isinstance(to, states.Refusal):
        return False
    await store.end_offer(tx, row, "lapsed", now)
    after = await store.move(tx, row, to, Taken("lapse", None, now))
    await _next(tx, after, now, zone, by=None)
    return True


async def lapse_due(pool: Pool, now: datetime, zone: tzinfo) -> None:
    """Every clock that has run out, each in a transaction of its own; several processes may do it at once."""
    async with pool.connection() as connection:
        found = await store.due(connection, now)
    for one in found:
        async with pool.transaction() as tx:
            await lapse(tx, one, now, zone)


async def ask(acting: Acting, consultation_id: UUID, what: str) -> ConsultationRow:
    """More is needed to go on."""
    row = await acting.hold(consultation_id, Party.COORDINATOR, Party.EXPERT)
    to = taken_or_raise(states.ask(row.standing()))
    if not what.strip():
        raise words.refused(states.Refusal.REASON_NEEDED)
    if isinstance(row.standing(), states.Offered):
        await store.end_offer(acting.tx, row, "superseded", acting.now)
    return await store.move(acting.tx, row, to, acting.taken("ask", what))


async def schedule(acting: Acting, consultation_id: UUID, starts_at: datetime, minutes: int) -> ConsultationRow:
    """Agree on a time.  Raises Conflict where expert or inviting physician are elsewhere then."""
    row = await acting.hold(consultation_id, Party.COORDINATOR, Party.EXPERT)
    to = taken_or_raise(states.schedule(row.standing(), starts_at, minutes))
    if starts_at <= acting.now:
        raise words.in_the_past()
    if starts_at - acting.now > FURTHEST:
        raise words.too_far()
    people = {row.requester_id, to.expert.expert_id}
    if found := await store.busy(acting.tx, row, people, starts_at, minutes):
        raise words.busy(found[0].number)
    taken = acting.taken("schedule", starts_at=starts_at.isoformat(), minutes=minutes)
    return await store.move(acting.tx, row, to, taken)


async def begin(acting: Acting, consultation_id: UUID) -> ConsultationRow:
    row = await acting.hold(consultation_id, Party.EXPERT, Party.INVITER)
    to = taken_or_raise(states.begin(row.standing()))
    return await store.move(acting.tx, row, to, acting.taken("begin"), began_at=row.began_at or acting.now)


async def miss(acting: Acting, consultation_id: UUID, who: str) -> ConsultationRow:
    """Somebody did not come.  who: expert, inviter or patient."""
    row = await acting.hold(consultation_id, Party.COORDINATOR, Party.EXPERT, Party.INVITER)
    to = taken_or_raise(states.miss(row.standing()))
    return await store.move(acting.tx, row, to, acting.taken("miss", who=who))


async def fail(acting: Acting, consultation_id: UUID, what: str) -> ConsultationRow:
    row = await acting.hold(consultation_id, Party.COORDINATOR, Party.EXPERT, Party.INVITER)
    to = taken_or_raise(states.fail(row.standing()))
    return await store.move(acting.tx, row, to, acting.taken("fail", what))


async def decline(acting: Acting, consultation_id: UUID, reason: str) -> ConsultationRow:
    row = await acting.hold(consultation_id, Party.COORDINATOR)
    to = taken_or_raise(states.decline(row.standing(), reason.strip()))
    await store.end_offer(acting.tx, row, "superseded", acting.now)
    return await store.move(acting.tx, row, to, acting.taken("decline", reason), ended_at=acting.now)


async def convert(acting: Acting, consultation_id: UUID, into: Into, reason: str) -> ConsultationRow:
    row = await acting.hold(consultation_id, Party.COORDINATOR, Party.EXPERT)
    if isinstance(
        row.standing(), states.Submitted | states.Incomplete | states.Offered
    ) and Party.COORDINATOR not in acting.party(row):
        raise words.not_your_part()
    to = taken_or_raise(states.convert(row.standing(), into, reason.strip()))
    await store.end_offer(acting.tx, row, "superseded", acting.now)
    taken = acting.taken("convert", reason, into=into.value)
    await rooms.close_for(acting.tx, row, by=acting.by, now=acting.now, why="converted")
    return await store.move(acting.tx, row, to, taken, converted_into=into.value, ended_at=acting.now)


async def record_phone_answer(
    acting: Acting,
    consultation_id: UUID,
    *,
    speaker: str,
    phone: str,
    said: str,
    at: datetime,
) -> None:
    """What was said by telephone, by whoever heard or said it; it is no opinion before it is signed."""
    row = await acting.hold(consultation_id, Party.COORDINATOR, Party.EXPERT, Party.INVITER)
    if row.submitted_at is None or row.ended_at is not None:
        raise words.refused(states.Refusal.NOT_NOW)
    if at > acting.now:
        raise Invalid(
            "call-in-the-future",
            "通话时间不能晚于现在。未作任何改动。",
            "The call lies in the past. Nothing was changed.",
        )
    columns = {
        "id": uuid4(),
        "consultation_id": consultation_id,
        "speaker": speaker.strip(),
        "phone": phone.strip(),
        "said": said.strip(),
        "at": at,
        "by": acting.by,
        "now": acting.now,
    }
    await store.insert_phone_answer(acting.tx, columns)
    await store.note(acting.tx, row, acting.taken("phone-answer"))
