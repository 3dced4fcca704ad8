"""Every (state, command) pair of tests/spec/reading_states.md through the service on a real database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from telemed.errors import Conflict
from telemed.reading.model.states import Hold, Purpose
from telemed.reading.model.words import STATES
from telemed.reading.service import amendments, claims, delivery, drafts, site, submission, verification
from telemed.reading.service.drafts import Writing
from telemed.reading.service.signing import Looked, OnScreen
from telemed.vocabulary import Priority

SPEC = Path(__file__).parents[2] / "spec" / "reading_states.md"
REPORT_COMMANDS = ("deliver", "view", "print", "acknowledge")
SILENT = ("study-complete", "intent-changed", "late-images", "expire")


def transitions() -> dict[tuple[str, str], str]:
    text = SPEC.read_text("utf-8").split("## Transitions")[1]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {(row[0], row[1]): row[2] for row in rows[1:]}


TABLE = transitions()
COMMANDS = sorted({command for _, command in TABLE})


async def study_of(county, reading):
    return (await county.row(reading)).study_id


async def reach(county, state: str):  # noqa: C901, PLR0912 -- one arm a state
    """Bring a fresh emergency to a state by the service alone; returns its reading."""
    facts = {"priority": "stat", "encounter_class": "emergency"}
    if state == "receiving":
        study = await county.push(completeness="receiving")
        await county.schedule(study)
        return await county.reading_of(study)
    if state == "awaiting-match":
        return await county.ready(match_state="doubtful")
    reading = await county.ready(**facts)
    if state == "awaiting-reading":
        return reading
    if state == "canceled":
        study = await study_of(county, reading)
        await county.change_study(study, "intent", "archive-only")
        await county.schedule(study)
        return reading
    await county.act("gao", claims.claim_reading, reading)
    await county.write("gao", reading)
    if state == "reading":
        return reading
    if state == "on-hold":
        await county.act("gao", site.put_on_hold, reading, Hold.JOINT_READING, "")
        return reading
    if state == "returned-to-site":
        await county.act("gao", site.send_back, reading, "images", "缺侧位")
        return reading
    if state == "awaiting-formal-review":
        await run(county, reading, "preliminary")
        return reading
    await county.act("gao", submission.submit_reading, reading, await county.screen(reading), county.signatures)
    if state == "awaiting-verification":
        return reading
    await county.act("zheng", claims.claim_to_verify, reading)
    if state == "verifying":
        return reading
    if state == "returned":
        await county.act("zheng", verification.return_for_changes, reading, "请补充")
        return reading
    version = await county.sign("zheng", reading)
    match state:
        case "delivered":
            await county.act("li", delivery.record_delivery, version)
        case "viewed":
            await county.act("li", delivery.record_view, version)
        case "needs-recheck":
            study = await study_of(county, reading)
            await county.change_study(study, "instance_count", 40)
            await county.schedule(study)
        case "void":
            await county.act(
                "shen", amendments.void_report, reading, "归属错误", await county.confirmed("shen"), county.signatures
            )
        case _:
            assert state == "signed"
    return reading


async def run(county, reading, command: str):  # noqa: C901, PLR0912 -- one arm a command
    """One command by somebody who may give it in the state that admits it."""
    row = await county.row(reading)
    holder = "zheng" if row.state in ("verifying", "awaiting-verification", "awaiting-formal-review") else "gao"
    match command:
        case "study-complete":
            await county.change_study(row.study_id, "completeness", "complete")
            await county.change_study(row.study_id, "match_state", "confirmed")
            return await county.schedule(row.study_id)
        case "intent-changed":
            await county.change_study(row.study_id, "intent", "archive-only")
            return await county.schedule(row.study_id)
        case "late-images":
            await county.change_study(row.study_id, "instance_count", 43)
            return await county.schedule(row.study_id)
        case "expire":
            await claims.expire_leases(county.pool, county.now + timedelta(minutes=21))
            return None
        case "claim":
            return await county.act("gao", claims.claim_reading, reading)
        case "claim-verification":
            return await county.act("zheng", claims.claim_to_verify, reading)
        case "heartbeat":
            return await county.act(holder, claims.keep_claim, reading)
        case "release":
            return await county.act(holder, claims.release_reading, reading)
        case "take-over":
            return await county.act("shen", claims.take_over_reading, reading, "接班")
        case "save-draft":
            writing = Writing("", "双肺", "未见明显异常。", "none")
            return await county.act(holder, drafts.save_draft, reading, writing, await revision(county, reading))
        case "submit":
            return await county.act(
                "gao", submission.submit_reading, reading, await screen(county, reading), county.signatures
            )
        case "preliminary":
            shown = await screen(county, reading)
            return await county.act(
                "gao", submission.release_emergency, reading, shown, await county.confirmed("gao"), county.signatures
            )
        case "recall":
            return await county.act("gao", submission.recall_submission, reading)
        case "return-to-author":
            return await county.act("zheng", verification.return_for_changes, reading, "请补充")
        case "sign":
            shown = await screen(county, reading)
            return await county.act(
                "zheng",
                verification.verify_and_sign,
                reading,
                shown,
                await county.confirmed("zheng"),
                county.signatures,
            )
        case "withdraw":
            return await county.act("zheng", verification.withdraw_signature, reading, "写错")
        case "amend":
            return await county.act("gao", amendments.begin_amendment, reading, Purpose.AMENDED, "更正")
        case "append":
            return await county.act("gao", amendments.begin_amendment, reading, Purpose.APPENDED, "补充")
        case "void":
            return await county.act(
                "shen", amendments.void_report, reading, "归属错误", await county.confirmed("shen"), county.signatures
            )
        case "recheck-unchanged":
            return await county.act("gao", amendments.confirm_unchanged, reading, "新图不影响诊断")
        case "second-final":
            return await county.act("gao", amendments.record_second_final, reading, "外院报告", "县中医医院")
        case "hold":
            return await county.act("gao", site.put_on_hold, reading, Hold.JOINT_READING, "")
        case "resume":
            return await county.act("gao", site.resume_reading, reading)
        case "return-to-site":
            return await county.act("gao", site.send_back, reading, "images", "缺侧位")
        case "limit":
            return await county.act("gao", site.limit_report, reading, "患者不能配合")
        case "answer":
            return await county.act("li", site.answer_return, reading, "images-sent", "已补传")
        case "set-priority":
            return await county.act("gao", site.set_priority, reading, Priority.ROUTINE, "非急症")
        case "deliver":
            return await county.act("li", delivery.record_delivery, row.current_version_id)
        case "view":
            return await county.act("li", delivery.record_view, row.current_version_id)
        case "print":
            return await county.act(
                "li", delivery.record_print, row.current_version_id, copies=1, paper="A4", reason=""
            )
        case "acknowledge":
            return await county.act("li", delivery.acknowledge, row.current_version_id)
        case "reassign":
            return await county.reassign(row.study_id, await county.somebody())
        case _:
            raise AssertionError(command)


async def revision(county, reading) -> int:
    try:
        return (await county.draft(reading)).revision
    except AssertionError:
        return 1


async def screen(county, reading):
    """What stands on the screen; in states without a draft any revision will do, since it is refused before."""
    try:
        return await county.screen(reading)
    except AssertionError:
        async with county.pool.connection() as connection:
            study = await drafts.study_of(connection, (await county.row(reading)).study_id)
        return OnScreen(1, study.study_instance_uid, Looked())


KEPT = {
    "reading": "select * from reading where id = %s",
    "steps": "select * from work_item where reading_id = %s order by number",
    "drafts": """select d.* from draft d join work_item w on w.id = d.work_item_id
                 where w.reading_id = %s order by w.number""",
    "versions": "select * from report_version where reading_id = %s order by number",
    "receipts": """select r.* from report_receipt r join report_version v on v.id = r.report_version_id
                   where v.reading_id = %s order by r.id""",
    "returns": "select * from site_return where reading_id = %s",
    "discrepancies": "select * from report_discrepancy where reading_id = %s",
    "events": "select count(*) from event where subject = %s",
}


async def snapshot(county, reading):
    """Everything the database knows of a reading."""
    async with county.pool.connection() as connection:
        return {name: await (await connection.execute(query, (reading,))).fetchall() for name, query in KEPT.items()}


def test_the_table_names_every_state_and_only_those():
    named = {state for state, _ in TABLE} | set(TABLE.values())
    assert named == set(STATES)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("state", sorted(STATES))
async def test_every_command_does_what_the_table_says_and_nothing_else(county, state):
    reading = None
    for command in COMMANDS:
        expected = TABLE.get((state, command))
        if reading is None:
            reading = await reach(county, state)
        assert (await county.row(reading)).state == state
        has_report = (await county.row(reading)).current_version_id is not None
        if command in REPORT_COMMANDS and not has_report:
            continue
        if expected is not None:
            await run(county, reading, command)
            assert (await county.row(reading)).state == expected, (state, command)
            reading = None
            continue
        before = await snapshot(county, reading)
        if command in SILENT:
            await run(county, reading, command)
        else:
            with pytest.raises(Conflict):
                await run(county, reading, command)
        assert await snapshot(county, reading) == before, (state, command)
        if command in SILENT:
            reading = None  # its study is another now
