"""What stops a reading and goes on: return to the site and its answer, hold, limited report, priority."""

from __future__ import annotations

from uuid import UUID, uuid4

from telemed.db import execute, fetch_one
from telemed.errors import Conflict, Invalid
from telemed.reading.model import words
from telemed.reading.model.clocks import due_after_stop
from telemed.reading.model.priority import needs_reason
from telemed.reading.model.states import (
    AwaitingReading,
    Hold,
    InReading,
    Moved,
    OnHold,
    ReturnedToSite,
    answered,
    hold,
    resume,
    return_to_site,
)
from telemed.reading.service.acting import Acting, new_item, required
from telemed.reading.service.clocking import facts
from telemed.reading.service.drafts import begin_draft, study_of
from telemed.reading.service.scheduling import timing
from telemed.reading.store.readings import Held, queries
from telemed.reading.store.rows import OpenReturnRow
from telemed.vocabulary import Priority

RETURNS = frozenset({"information", "images", "retake"})
# What may come of each: 待召回 → 已重拍 | 患者未到 | 无法联系 (→ 限制性报告).
ANSWERS = {
    "information": frozenset({"answered", "unreachable"}),
    "images": frozenset({"images-sent", "unreachable"}),
    "retake": frozenset({"retaken", "patient-absent", "unreachable"}),
}
LEAD_TO_LIMITED = frozenset({"patient-absent", "unreachable"})


async def send_back(acting: Acting, reading_id: UUID, kind: str, note: str) -> UUID:
    """退回机构. Emergencies are never sent back for history alone (practice 1)."""
    note = required(note)
    held, state = await _mine(acting, reading_id)
    if kind == "information" and held.row.priority == Priority.STAT:
        raise Invalid(
            "emergency-not-returned",
            "急诊检查不因补充病史退回，请先出报告或电话联系。未作任何改动。",
            "An emergency is not sent back for its history; report or phone first. Nothing was changed.",
        )
    return_id = uuid4()
    await _insert(acting, return_id, reading_id, kind, note, closed=False)
    await acting.save(held, return_to_site(state, note), "reading.returned-to-site")
    return return_id


async def limit_report(acting: Acting, reading_id: UUID, note: str) -> None:
    """限制性报告: read what is there, and say so; the site is told."""
    note = required(note)
    held, state = await _mine(acting, reading_id)
    if held.row.limited:
        raise Conflict(
            "already-limited",
            "该报告已标为限制性报告。未作任何改动。",
            "The report is marked as limited already. Nothing was changed.",
        )
    await _insert(acting, uuid4(), reading_id, "limited-report", note, closed=True)
    await acting.save(held, Moved(state), "reading.limited", limited=True)


async def answer_return(acting: Acting, reading_id: UUID, outcome: str, answer: str) -> None:
    """The site answers; the reading goes back to the one who asked. No patient, no retake: a limited report."""
    held = await acting.hold(reading_id)
    if not isinstance(held.state, ReturnedToSite):
        raise words.moved_on(held.row.state)
    open_return = await fetch_one(acting.tx, queries["open_site_return"], {"reading_id": reading_id}, OpenReturnRow)
    if open_return is None or outcome not in ANSWERS[open_return.kind]:
        raise Invalid(
            "answer-does-not-fit",
            "该结果与退回原因不符。未作任何改动。",
            "This outcome does not fit what was asked for. Nothing was changed.",
        )
    await execute(
        acting.tx,
        queries["answer_site_return"],
        {
            "id": open_return.id,
            "outcome": outcome,
            "answer": required(answer) if outcome == "answered" else answer.strip(),
            "answered_by": acting.principal.practitioner_id,
            "now": acting.now,
        },
    )
    limited = held.row.limited or outcome in LEAD_TO_LIMITED
    await acting.save(held, answered(held.state, new_item()), "reading.answered", limited=limited)


async def put_on_hold(acting: Acting, reading_id: UUID, why: Hold, note: str) -> None:
    """疑难挂起; only 待补资料 stops the clock."""
    held, state = await _mine(acting, reading_id)
    stopped = acting.now if why is Hold.WAITING_FOR_MATERIAL and held.row.clock_ended_at is None else None
    await acting.save(held, hold(state, why), "reading.held", hold_note=note.strip(), clock_stopped_at=stopped)


async def resume_reading(acting: Acting, reading_id: UUID) -> None:
    """Go on with a reading on hold; the clock goes on with what was left."""
    held = await acting.hold(reading_id)
    if not isinstance(held.state, OnHold):
        raise words.moved_on(held.row.state)
    acting.require_side(held, held.state.side)
    known = facts(held.row)
    due_at = None if known is None else due_after_stop(known, acting.rules.calendar, acting.now)
    moved = resume(held.state, new_item(), acting.claim())
    await acting.save(held, moved, "reading.claimed", hold_note="", clock_stopped_at=None, due_at=due_at)
    await begin_draft(acting, held, moved.state)


async def set_priority(acting: Acting, reading_id: UUID, priority: Priority, reason: str) -> None:
    """The reader may raise or lower the priority; to or from an emergency with a reason. The clock keeps its start."""
    held = await acting.hold(reading_id)
    if needs_reason(Priority(held.row.priority), priority):
        reason = required(reason)
    state = held.state
    if not isinstance(state, AwaitingReading | InReading) or held.row.clock_started_at is None:
        raise words.moved_on(held.row.state)
    study = await study_of(acting.tx, held.row.study_id)
    changes = timing(study, held.row.clock_started_at, acting.rules, priority)
    said = {"priority_reason": reason.strip(), "priority_set_by": acting.principal.practitioner_id}
    await acting.save(held, Moved(state), "reading.reprioritised", **said, **changes)


async def _insert(acting: Acting, return_id: UUID, reading_id: UUID, kind: str, note: str, *, closed: bool) -> None:
    await execute(
        acting.tx,
        queries["insert_site_return"],
        {
            "id": return_id,
            "reading_id": reading_id,
            "kind": kind,
            "note": note,
            "state": "closed" if closed else "recall-pending" if kind == "retake" else "open",
            "returned_by": acting.principal.practitioner_id,
            "now": acting.now,
            "due_at": acting.now + acting.rules.site_return,
            "outcome": "limited-report" if closed else None,
        },
    )


async def _mine(acting: Acting, reading_id: UUID) -> tuple[Held, InReading]:
    held = await acting.hold(reading_id)
    if not isinstance(held.state, InReading):
        raise words.moved_on(held.row.state)
    acting.require_mine(held.state.item)
    return held, held.state
