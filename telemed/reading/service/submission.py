"""The author's signature: submit, emergency preliminary, self-reported; and taking a submission back."""

from __future__ import annotations

from uuid import UUID

from telemed.db import execute
from telemed.errors import Invalid
from telemed.reading.model import words
from telemed.reading.model.clocks import due
from telemed.reading.model.states import (
    AwaitingVerification,
    ClaimedItem,
    InReading,
    Mode,
    Purpose,
    recall,
    release_preliminary,
    self_sign,
    submit,
)
from telemed.reading.service.acting import Acting, Signatures, new_item, tell
from telemed.reading.service.clocking import ended
from telemed.reading.service.drafts import Writing, begin_draft, draft_of, study_of, warnings
from telemed.reading.service.signing import (
    Confirmed,
    Looked,
    OnScreen,
    Version,
    record_looked,
    require_licence,
    require_signer,
    write_version,
)
from telemed.reading.store.readings import Held, queries
from telemed.reading.store.rows import StudyRow
from telemed.vocabulary import Priority


async def submit_reading(
    acting: Acting,
    reading_id: UUID,
    screen: OnScreen,
    signatures: Signatures,
) -> None:
    """提交审核: the author signs with the session and its second factor; the verifier will answer with the password.

    乡写县审 trains people: there the verifier's licence alone counts.
    """
    held, state = await _mine(acting, reading_id)
    study = await _same_patient(acting, held, screen)
    if state.case.mode is not Mode.TOWNSHIP_DRAFTED:
        await require_licence(acting, signatures, study)
    await _unchanged(acting, state.item, screen)
    await record_looked(acting, state.item, await _looked(acting, state.item, study, screen.looked), study)
    await acting.save(held, submit(state, new_item()), "reading.submitted", author_id=acting.principal.practitioner_id)


async def release_emergency(
    acting: Acting,
    reading_id: UUID,
    screen: OnScreen,
    confirmed: Confirmed,
    signatures: Signatures,
) -> UUID:
    """急诊临时报告: released at once under the author's name; the formal review is due in four working hours."""
    held, state = await _mine(acting, reading_id)
    if held.row.priority != Priority.STAT:
        raise Invalid(
            "not-an-emergency",
            "只有急诊检查可以发临时报告。未作任何改动。",
            "Only an emergency gets a preliminary report. Nothing was changed.",
        )
    if state.case.preliminary or state.item.purpose is not Purpose.FINAL:
        raise words.moved_on(held.row.state)
    study = await _same_patient(acting, held, screen)
    await _unchanged(acting, state.item, screen)
    await require_signer(acting, signatures, study, confirmed)
    await record_looked(acting, state.item, await _looked(acting, state.item, study, screen.looked), study)
    me = acting.principal.practitioner_id
    version = Version("preliminary", await _writing(acting, state.item), me, acting.now, None, state.item)
    version_id = await write_version(acting, held, study, version)
    review = acting.rules.formal_review
    await acting.save(
        held,
        release_preliminary(state, new_item()),
        "report.released",
        author_id=me,
        preliminary_version_id=version_id,
        clock_started_at=acting.now,
        allowed_minutes=review.minutes,
        working_time=review.working_time,
        due_at=due(acting.now, review, acting.rules.calendar),
        reading_seconds=ended(held.row, acting.now, acting.rules),
    )
    return version_id


async def sign_alone(
    acting: Acting,
    reading_id: UUID,
    screen: OnScreen,
    confirmed: Confirmed,
    signatures: Signatures,
) -> UUID:
    """本院自报: the site's physician signs; other modes need a verifier."""
    held, state = await _mine(acting, reading_id)
    if state.case.mode is not Mode.SELF_REPORTED:
        raise Invalid(
            "verifier-needed",
            "按阅片模式，该报告须由审核医师签发。未作任何改动；请提交审核。",
            "By the reading mode a verifier signs this report. Nothing was changed; submit it instead.",
        )
    study = await _same_patient(acting, held, screen)
    await _unchanged(acting, state.item, screen)
    await require_signer(acting, signatures, study, confirmed)
    await record_looked(acting, state.item, await _looked(acting, state.item, study, screen.looked), study)
    me = acting.principal.practitioner_id
    writing = await _writing(acting, state.item)
    version = Version(state.item.purpose.value, writing, me, acting.now, None, state.item, reason=state.item.reason)
    version_id = await write_version(acting, held, study, version)
    await acting.save(
        held,
        self_sign(state),
        "report.signed",
        author_id=me,
        current_version_id=version_id,
        instances_signed=study.instance_count,
        late_instances=0,
        clock_ended_at=held.row.clock_ended_at or acting.now,
        reading_seconds=held.row.reading_seconds or ended(held.row, acting.now, acting.rules),
    )
    return version_id


async def recall_submission(acting: Acting, reading_id: UUID) -> None:
    """撤回提交: by the author, until somebody verifies."""
    held = await acting.hold(reading_id)
    if not isinstance(held.state, AwaitingVerification):
        raise words.moved_on(held.row.state)
    if held.state.author != acting.principal.practitioner_id:
        raise words.held_by_another("报告医师")
    moved = recall(held.state, new_item(), acting.claim())
    await acting.save(held, moved, "reading.recalled", author_id=None)
    await begin_draft(acting, held, moved.state)


async def record_grade(acting: Acting, reading_id: UUID, grade: str, reasons: list[str], note: str) -> None:
    """Grade the images' quality; a poor grade says why (practice: compulsory for 丙, 废)."""
    held = await acting.hold(reading_id)
    if grade in ("C", "reject") and not reasons:
        raise words.needs_reason()
    await execute(
        acting.tx,
        queries["insert_grade"],
        {
            "reading_id": held.row.id,
            "study_id": held.row.study_id,
            "grade": grade,
            "reasons": reasons,
            "note": note,
            "graded_by": acting.principal.practitioner_id,
            "now": acting.now,
        },
    )
    await tell(acting.tx, held.row, "study.graded")


async def _mine(acting: Acting, reading_id: UUID) -> tuple[Held, InReading]:
    held = await acting.hold(reading_id)
    if not isinstance(held.state, InReading):
        raise words.moved_on(held.row.state)
    acting.require_mine(held.state.item)
    return held, held.state


async def _same_patient(acting: Acting, held: Held, screen: OnScreen) -> StudyRow:
    """The report is bound to one Study UID; images of another on the desk stop the signature."""
    study = await study_of(acting.tx, held.row.study_id)
    if study.study_instance_uid != screen.study_instance_uid:
        raise words.other_patient()
    return study


async def _unchanged(acting: Acting, item: ClaimedItem, screen: OnScreen) -> None:
    """What is signed is what the person has on the screen."""
    draft = await draft_of(acting.tx, item.id)
    if draft is None or draft.revision != screen.revision:
        raise words.edited_meanwhile(0 if draft is None else draft.revision)


async def _writing(acting: Acting, item: ClaimedItem) -> Writing:
    draft = await draft_of(acting.tx, item.id)
    if draft is None:
        raise words.edited_meanwhile(0)
    return Writing(draft.technique, draft.findings, draft.impression, draft.significance, draft.template_id)


async def _looked(acting: Acting, item: ClaimedItem, study: StudyRow, looked: Looked) -> Looked:
    """The warnings are the server's own, whatever the desk says it has shown."""
    found = warnings(await _writing(acting, item), study, acting.rules)
    codes = tuple(dict.fromkeys(one.code for one in found))
    return Looked(looked.unseen_series, looked.unseen_instances, looked.preview_only, codes)
