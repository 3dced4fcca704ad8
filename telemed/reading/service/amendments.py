"""After the signature: correction, addendum, void, the second look at late images, phone record of a discrepancy."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from telemed.db import execute, fetch_one
from telemed.errors import Conflict, NotFound
from telemed.reading.model import words
from telemed.reading.model.delivery import state_word
from telemed.reading.model.states import (
    AwaitingReading,
    Delivered,
    InReading,
    Moved,
    NeedsRecheck,
    Purpose,
    Returned,
    Signed,
    Viewed,
    abandon,
    amend,
    author_side,
    void,
)
from telemed.reading.service.acting import Acting, Signatures, new_item, required, tell, write
from telemed.reading.service.drafts import Writing, begin_draft, study_of
from telemed.reading.service.signing import Confirmed, Version, require_signer, write_version
from telemed.reading.service.verification import receipts_of
from telemed.reading.store.readings import Held, hold, issued_state, queries
from telemed.reading.store.rows import LockedDiscrepancy, StudyRow, VersionRow
from telemed.vocabulary import PractitionerId

ISSUED = (Signed, Delivered, Viewed, NeedsRecheck)


async def begin_amendment(acting: Acting, reading_id: UUID, purpose: Purpose, reason: str) -> None:
    """更正报告 or 补充报告: a new text under a claim; the issued version stands until the new one is signed."""
    reason = required(reason)
    held = await acting.hold(reading_id)
    if not isinstance(held.state, ISSUED):
        raise words.moved_on(held.row.state)
    acting.require_side(held, author_side(held.state.case.mode))
    moved = amend(held.state, new_item(), purpose, acting.claim(), reason)
    await acting.save(held, moved, "reading.claimed", author_id=None)
    await begin_draft(acting, held, moved.state)


async def abandon_amendment(acting: Acting, reading_id: UUID) -> None:
    """Give up a correction or addendum before it was submitted."""
    held = await acting.hold(reading_id)
    state = held.state
    if not isinstance(state, AwaitingReading | InReading | Returned):
        raise words.moved_on(held.row.state)
    if isinstance(state, InReading):
        acting.require_mine(state.item)
    else:
        acting.require_free(held, state.item)
    back = await issued(acting, held)
    moved = None if back is None else abandon(state, back)
    if moved is None:
        raise words.moved_on(held.row.state)
    await acting.save(held, moved, "reading.amendment-abandoned")


async def void_report(
    acting: Acting, reading_id: UUID, reason: str, confirmed: Confirmed, signatures: Signatures
) -> UUID:
    """报告作废(归属错误): a last version entered-in-error; the study may then be read anew."""
    reason = required(reason)
    held = await acting.hold(reading_id)
    current = held.current
    if not isinstance(held.state, ISSUED) or current is None:
        raise words.moved_on(held.row.state)
    study = await study_of(acting.tx, held.row.study_id)
    await require_signer(acting, signatures, study, confirmed)
    version_id = await write_void(acting, held, study, current, reason)
    await acting.save(held, void(held.state), "report.voided", current_version_id=version_id)
    return version_id


async def write_void(acting: Acting, held: Held, study: StudyRow, standing: VersionRow, reason: str) -> UUID:
    """The last version of a report: entered-in-error, with the text of the one that stood."""
    version = Version(
        status="entered-in-error",
        writing=Writing(standing.technique, standing.findings, standing.impression, standing.significance),
        author=acting.principal.practitioner_id,
        author_signed_at=acting.now,
        verifier=None,
        item=None,
        reason=reason,
    )
    return await write_version(acting, held, study, version)


async def confirm_unchanged(acting: Acting, reading_id: UUID, comment: str) -> None:
    """待复核: somebody looked at the images that came after signing; the report stands as it is."""
    comment = required(comment)
    held = await acting.hold(reading_id)
    if not isinstance(held.state, NeedsRecheck):
        raise words.moved_on(held.row.state)
    study = await study_of(acting.tx, held.row.study_id)
    back = await issued(acting, held)
    if back is None:
        raise words.moved_on(held.row.state)
    await write(
        acting.tx,
        held,
        Moved(back),
        "report.rechecked",
        acting.now,
        instances_signed=study.instance_count,
        late_instances=0,
    )


async def issued(acting: Acting, held: Held) -> Signed | Delivered | Viewed | NeedsRecheck | None:
    """The state the standing version has by its receipts; None while nothing was signed."""
    current = held.current
    if current is None:
        return None
    receipts = await receipts_of(acting, current.id)
    verifier = None if current.verifier_id is None else PractitionerId(current.verifier_id)
    kind = issued_state(state_word(receipts))
    return kind(held.state.case, PractitionerId(current.author_id), verifier)


async def record_phone_call(
    acting: Acting,
    discrepancy_id: UUID,
    *,
    told_name: str,
    told_staff_number: str,
    told_at: datetime,
    read_back: str,
) -> None:
    """Who answered, with which staff number, when, and what was read back; closes the disagreement."""
    found = await fetch_one(acting.tx, queries["lock_discrepancy"], {"id": discrepancy_id}, LockedDiscrepancy)
    if found is None or not acting.scope.admits(found.organization_id):
        raise NotFound("unknown-discrepancy", "找不到该记录。", "There is no such record.")
    if found.closed_at is not None:
        raise Conflict(
            "already-told",
            "该不一致已电话告知并记录。未作任何改动。",
            "The call about this disagreement has been recorded already. Nothing was changed.",
        )
    await execute(
        acting.tx,
        queries["close_discrepancy"],
        {
            "id": discrepancy_id,
            "told_name": required(told_name),
            "told_staff_number": told_staff_number.strip(),
            "told_at": told_at,
            "read_back": required(read_back),
            "recorded_by": acting.principal.practitioner_id,
            "now": acting.now,
        },
    )
    held = await hold(acting.tx, found.reading_id)
    if held is not None:
        await tell(acting.tx, held.row, "discrepancy.closed", discrepancy_id=discrepancy_id)


async def record_second_final(acting: Acting, reading_id: UUID, text: str, source: str) -> UUID:
    """A final report from elsewhere after our own: kept beside it, never over it (报告不一致)."""
    text, source = required(text), required(source)
    held = await acting.hold(reading_id)
    if not isinstance(held.state, ISSUED) or held.current is None:
        raise words.moved_on(held.row.state)
    discrepancy_id = uuid4()
    await execute(
        acting.tx,
        queries["insert_discrepancy"],
        {
            "id": discrepancy_id,
            "reading_id": held.row.id,
            "kind": "second-final",
            "first_version_id": held.current.id,
            "second_version_id": None,
            "second_text": text,
            "source": source,
            "now": acting.now,
            "opened_by": acting.principal.practitioner_id,
        },
    )
    await tell(acting.tx, held.row, "discrepancy.opened", discrepancy_id=discrepancy_id)
    return discrepancy_id
