"""The verifier: return to the author, verify and sign in one act, take a signature back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from telemed.db import execute, fetch_all, fetch_one
from telemed.errors import Conflict, Invalid
from telemed.reading.model import words
from telemed.reading.model.delivery import Receipts, may_withdraw
from telemed.reading.model.states import (
    AwaitingFormalReview,
    Outcome,
    Purpose,
    Returned,
    Signed,
    Verifying,
    return_to_author,
    sign,
    withdraw,
)
from telemed.reading.service.acting import Acting, Signatures, new_item, required, tell
from telemed.reading.service.claims import require_second_person
from telemed.reading.service.clocking import ended
from telemed.reading.service.drafts import Writing, draft_of, insert_draft, study_of, warnings
from telemed.reading.service.signing import (
    Confirmed,
    Looked,
    OnScreen,
    Version,
    record_looked,
    require_signer,
    write_version,
)
from telemed.reading.store.readings import Held, queries
from telemed.reading.store.rows import DraftRow, ReceiptsRow, StepRow, StudyRow


async def return_for_changes(acting: Acting, reading_id: UUID, comment: str) -> None:
    """退回修改: the author goes on with the own text; the verifier's stays beside it."""
    comment = required(comment)
    held, state = await _mine(acting, reading_id)
    own = await _author_text(acting, held)
    moved = return_to_author(state, new_item(), comment)
    await acting.save(held, moved, "reading.returned", author_id=None)
    if own is not None:
        writing = Writing(own.technique, own.findings, own.impression, own.significance, own.template_id)
        await insert_draft(acting, moved.state.item.id, writing, author=own.author_id)


async def verify_and_sign(
    acting: Acting,
    reading_id: UUID,
    screen: OnScreen,
    confirmed: Confirmed,
    signatures: Signatures,
    *,
    agreement: str | None = None,
    single_reader_reason: str = "",
) -> UUID:
    """审核签发, one act: what the verifier has on the screen becomes the report."""
    held, state = await _mine(acting, reading_id)
    study = await study_of(acting.tx, held.row.study_id)
    if study.study_instance_uid != screen.study_instance_uid:
        raise words.other_patient()
    draft = await draft_of(acting.tx, state.item.id)
    if draft is None or draft.revision != screen.revision:
        raise words.edited_meanwhile(0 if draft is None else draft.revision)
    formal = state.case.preliminary and state.item.purpose is Purpose.FINAL
    if formal and agreement is None:
        raise Invalid(
            "agreement-needed",
            "请先判定与急诊临时报告是否一致（一致/轻微不一致/重大不一致）。未作任何改动。",
            "Say first whether the final agrees with the emergency preliminary. Nothing was changed.",
        )
    require_second_person(acting, held, state.author, single_reader_reason)
    await require_signer(acting, signatures, study, confirmed)
    writing = Writing(draft.technique, draft.findings, draft.impression, draft.significance, draft.template_id)
    found = tuple(dict.fromkeys(one.code for one in warnings(writing, study, acting.rules)))
    seen = Looked(screen.looked.unseen_series, screen.looked.unseen_instances, screen.looked.preview_only, found)
    await record_looked(acting, state.item, seen, study)
    version = Version(
        status=state.item.purpose.value,
        writing=writing,
        author=state.author,
        author_signed_at=await _submitted_at(acting, held),
        verifier=acting.principal.practitioner_id,
        item=state.item,
        reason=state.item.reason,
        agreement=agreement if formal else None,
        single_reader_reason=single_reader_reason if state.author == acting.principal.practitioner_id else "",
    )
    version_id = await write_version(acting, held, study, version)
    await _issue(acting, held, state, study, version_id)
    if formal and agreement == "major":
        await _open_discrepancy(acting, held, version_id)
    return version_id


async def withdraw_signature(acting: Acting, reading_id: UUID, reason: str) -> None:
    """撤回签发: by a signer, within five minutes, before the report was delivered, printed, opened or used."""
    reason = required(reason)
    held = await acting.hold(reading_id)
    current = held.current
    if not isinstance(held.state, Signed) or current is None:
        raise words.moved_on(held.row.state)
    if acting.principal.practitioner_id not in (current.verifier_id or current.author_id, current.author_id):
        raise words.held_by_another(current.verifier_name or current.author_name)
    receipts = await receipts_of(acting, current.id)
    if not may_withdraw(current.signed_at, receipts, acting.now):
        raise Conflict(
            "signature-stands",
            "签发已超过5分钟，或报告已送达、查看、打印或被引用，不能撤回签发。未作任何改动；请出更正报告。",
            "More than five minutes have passed, or the report was delivered, opened, printed or used. "
            "Nothing was changed; issue an amended report.",
        )
    await execute(
        acting.tx,
        queries["insert_withdrawal"],
        {
            "report_version_id": current.id,
            "withdrawn_by": acting.principal.practitioner_id,
            "now": acting.now,
            "reason": reason,
        },
    )
    purpose = Purpose(current.status)
    moved = withdraw(held.state, new_item(), purpose, current.reason)
    first = purpose is Purpose.FINAL
    formal = isinstance(moved.state, AwaitingFormalReview)
    await acting.save(
        held,
        moved,
        "report.withdrawn",
        round=held.row.round + 1,
        author_id=None if isinstance(moved.state, Returned) else current.author_id,
        current_version_id=None if first else current.replaces_id,
        instances_signed=None if first else held.row.instances_signed,
        clock_ended_at=None if first else held.row.clock_ended_at,
        reading_seconds=None if first and not formal else held.row.reading_seconds,
    )


async def receipts_of(acting: Acting, version_id: UUID) -> Receipts:
    row = await fetch_one(acting.tx, queries["receipts"], {"report_version_id": version_id}, ReceiptsRow)
    if row is None:
        return Receipts()
    return Receipts(row.delivered_at, row.viewed_at, row.printed_at, row.acknowledged_at, row.used_at)


async def _issue(acting: Acting, held: Held, state: Verifying, study: StudyRow, version_id: UUID) -> None:
    await acting.save(
        held,
        sign(state),
        "report.signed",
        current_version_id=version_id,
        instances_signed=study.instance_count,
        late_instances=0,
        clock_ended_at=held.row.clock_ended_at or acting.now,
        reading_seconds=held.row.reading_seconds or ended(held.row, acting.now, acting.rules),
    )


async def _open_discrepancy(acting: Acting, held: Held, version_id: UUID) -> None:
    """重大不一致: somebody at the site must be told by phone."""
    discrepancy_id = uuid4()
    await execute(
        acting.tx,
        queries["insert_discrepancy"],
        {
            "id": discrepancy_id,
            "reading_id": held.row.id,
            "kind": "preliminary-final",
            "first_version_id": held.row.preliminary_version_id,
            "second_version_id": version_id,
            "second_text": "",
            "source": "",
            "now": acting.now,
            "opened_by": acting.principal.practitioner_id,
        },
    )
    await tell(acting.tx, held.row, "discrepancy.opened", discrepancy_id=discrepancy_id)


async def _mine(acting: Acting, reading_id: UUID) -> tuple[Held, Verifying]:
    held = await acting.hold(reading_id)
    if not isinstance(held.state, Verifying):
        raise words.moved_on(held.row.state)
    acting.require_mine(held.state.item)
    return held, held.state


async def _author_text(acting: Acting, held: Held) -> DraftRow | None:
    return await fetch_one(
        acting.tx,
        queries["last_draft"],
        {"reading_id": held.row.id, "kinds": ["interpretation"]},
        DraftRow,
    )


async def _submitted_at(acting: Acting, held: Held) -> datetime:
    """When the author signed: the end of the last Interpretation that was handed on."""
    steps = await fetch_all(acting.tx, queries["items_of_reading"], {"reading_id": held.row.id}, StepRow)
    handed_on = (Outcome.SUBMITTED, Outcome.PRELIMINARY)
    times = [step.ended_at for step in steps if step.outcome in handed_on and step.ended_at is not None]
    return times[-1] if times else acting.now
