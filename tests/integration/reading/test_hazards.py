"""The hazards of reading, one named test each, with its near miss."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telemed.db import fetch_all, fetch_one
from telemed.errors import Conflict, Invalid
from telemed.reading.model.states import Purpose
from telemed.reading.routes.reports import _standing
from telemed.reading.service import amendments, claims, delivery, drafts, site, submission, verification
from telemed.reading.service.drafts import Writing
from telemed.reading.service.signing import Looked, OnScreen
from telemed.reading.store.readings import queries
from telemed.reading.store.rows import CodeRow, DiscrepancyRow


async def submission_of(county, reading):
    async with county.pool.connection() as connection:
        cursor = await connection.execute(
            "select submission from work_item where reading_id = %s and submission is not null order by number desc",
            (reading,),
        )
        return (await cursor.fetchone())[0]


async def test_two_desks_open_a_report_is_not_signed_over_another_patients_images(county):
    mine, other = await county.ready(), await county.ready(sex="M")
    await county.act("gao", claims.claim_reading, mine)
    await county.act("gao", claims.claim_reading, other)
    screen, foreign = await county.screen(mine), await county.screen(other)
    mixed = OnScreen(screen.revision, foreign.study_instance_uid, Looked())
    with pytest.raises(Conflict) as refused:
        await county.act("gao", submission.submit_reading, mine, mixed, county.signatures)
    assert refused.value.zh.startswith("影像与报告不是同一患者")
    assert (await county.row(mine)).state == "reading"
    await county.act("gao", submission.submit_reading, mine, screen, county.signatures)


async def test_laterality_left_knee_requested_right_in_the_impression_is_warned_of_and_logged(county):
    reading = await county.ready(modality="DX", body_site="膝关节", laterality="L")
    await county.act("gao", claims.claim_reading, reading)
    await county.write("gao", reading, findings="左膝关节间隙变窄。", impression="右膝关节退行性变。")
    await county.act("gao", submission.submit_reading, reading, await county.screen(reading), county.signatures)
    assert (await submission_of(county, reading))["warnings"] == ["laterality"]


async def test_laterality_of_the_images_that_contradicts_the_request_is_warned_of(county):
    reading = await county.ready(modality="DX", body_site="膝关节", laterality="L", image_laterality="R")
    await county.act("gao", claims.claim_reading, reading)
    await county.write("gao", reading, findings="左膝关节间隙变窄。", impression="左膝关节退行性变。")
    await county.act("gao", submission.submit_reading, reading, await county.screen(reading), county.signatures)
    assert (await submission_of(county, reading))["warnings"] == ["laterality"]


async def test_late_images_after_signing_ask_for_a_second_look(county):
    study = await county.push(instances=37)
    await county.schedule(study)
    reading = await county.reading_of(study)
    version = await county.signed(reading)
    await county.schedule(study)
    assert (await county.row(reading)).state == "signed"
    await county.change_study(study, "instance_count", 40)
    await county.schedule(study)
    row = await county.row(reading)
    assert (row.state, row.late_instances, row.current_version_id) == ("needs-recheck", 3, version)
    assert await county.events("reading.images-arrived") == 1
    await county.act("gao", amendments.confirm_unchanged, reading, "新到图像为重复定位像")
    await county.schedule(study)
    assert (await county.row(reading)).state == "signed"


async def test_unseen_images_are_logged_at_submit_and_do_not_block(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    screen = await county.screen(reading, unseen_series=2, unseen_instances=80)
    await county.act("gao", submission.submit_reading, reading, screen, county.signatures)
    logged = await submission_of(county, reading)
    assert (logged["unseen_series"], logged["unseen_instances"]) == (2, 80)


async def test_preview_quality_is_logged_with_the_signature(county):
    reading = await county.ready()
    await county.submitted(reading)
    await county.act("zheng", claims.claim_to_verify, reading)
    screen = await county.screen(reading, preview_only=True)
    await county.act(
        "zheng", verification.verify_and_sign, reading, screen, await county.confirmed("zheng"), county.signatures
    )
    assert (await submission_of(county, reading))["preview_only"] is True


async def test_preliminary_normal_and_final_haemorrhage_ends_in_a_phone_call_on_record(county):
    reading = await county.ready(priority="stat", encounter_class="emergency", body_site="颅脑")
    await county.act("gao", claims.claim_reading, reading)
    await county.write("gao", reading, findings="脑实质密度未见明显异常。", impression="颅脑 CT 未见明显异常。")
    preliminary = await county.act(
        "gao",
        submission.release_emergency,
        reading,
        await county.screen(reading),
        await county.confirmed("gao"),
        county.signatures,
    )
    await county.act("li", delivery.record_view, preliminary)
    row = await county.row(reading)
    assert (row.state, row.preliminary_version_id) == ("awaiting-formal-review", preliminary)
    await county.act("zheng", claims.claim_to_verify, reading)
    await county.write("zheng", reading, findings="左侧基底节区高密度影。", impression="左侧基底节区脑出血。")
    with pytest.raises(Invalid) as refused:
        await county.sign("zheng", reading)
    assert refused.value.code == "agreement-needed"
    final = await county.sign("zheng", reading, agreement="major")
    assert (await county.row(reading)).current_version_id == final
    async with county.pool.connection() as connection:
        params = {"reading_id": None, "organizations": None}
        [owed] = await fetch_all(connection, queries["discrepancies"], params, DiscrepancyRow)
    assert (owed.kind, owed.reading_id) == ("preliminary-final", reading)
    await county.act(
        "zheng",
        amendments.record_phone_call,
        owed.id,
        told_name="王立春",
        told_staff_number="0231",
        told_at=county.now,
        read_back="左侧基底节区脑出血，立即转诊",
    )
    async with county.pool.connection() as connection:
        assert await fetch_all(connection, queries["discrepancies"], params, DiscrepancyRow) == []
    with pytest.raises(Conflict):
        await county.act(
            "zheng",
            amendments.record_phone_call,
            owed.id,
            told_name="王立春",
            told_staff_number="0231",
            told_at=county.now,
            read_back="再次",
        )


@pytest.mark.parametrize("agreement", ["agree", "minor"])
async def test_a_final_that_agrees_with_the_preliminary_owes_nobody_a_call(county, agreement):
    reading = await county.ready(priority="stat", encounter_class="emergency")
    await county.act("gao", claims.claim_reading, reading)
    await county.write("gao", reading)
    screen = await county.screen(reading)
    await county.act(
        "gao", submission.release_emergency, reading, screen, await county.confirmed("gao"), county.signatures
    )
    await county.act("zheng", claims.claim_to_verify, reading)
    await county.sign("zheng", reading, agreement=agreement)
    assert await county.events("discrepancy.opened") == 0


async def test_only_an_emergency_gets_a_preliminary_report(county):
    reading = await county.ready(priority="urgent")
    await county.act("gao", claims.claim_reading, reading)
    screen = await county.screen(reading)
    with pytest.raises(Invalid):
        await county.act(
            "gao", submission.release_emergency, reading, screen, await county.confirmed("gao"), county.signatures
        )


@pytest.mark.parametrize(
    ("findings", "impression", "warned"),
    [
        ("双肺纹理清晰。前列腺不大。", "未见明显异常。", ["sex"]),
        ("双肺纹理清晰。", " ", ["empty-impression"]),
        ("双肺纹理清晰。", "未见明显异常。", []),
    ],
)
async def test_sex_contradiction_and_empty_impression_are_warned_of_and_never_block(
    county, findings, impression, warned
):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    await county.write("gao", reading, findings=findings, impression=impression)
    await county.act("gao", submission.submit_reading, reading, await county.screen(reading), county.signatures)
    assert (await submission_of(county, reading))["warnings"] == warned


async def test_stale_report_the_code_of_version_one_says_superseded_after_version_two(county):
    reading = await county.ready()
    first = await county.signed(reading)

    async def standing(version):
        async with county.pool.connection() as connection:
            cursor = await connection.execute("select code from report_code where report_version_id = %s", (version,))
            [code] = await cursor.fetchone()
            row = await fetch_one(connection, queries["version_by_code"], {"code": code}, CodeRow)
        assert row is not None
        return _standing(row)

    assert await standing(first) == "current"
    await county.act("gao", amendments.begin_amendment, reading, Purpose.AMENDED, "更正侧别")
    assert await standing(first) == "current"
    await county.act("gao", submission.submit_reading, reading, await county.screen(reading), county.signatures)
    await county.act("zheng", claims.claim_to_verify, reading)
    second = await county.sign("zheng", reading)
    assert (await standing(first), await standing(second)) == ("superseded", "current")
    with pytest.raises(Conflict):
        await county.act("li", delivery.record_print, first, copies=1, paper="A4", reason="")
    await county.act(
        "shen", amendments.void_report, reading, "归属错误", await county.confirmed("shen"), county.signatures
    )
    assert (await standing(first), await standing(second)) == ("void", "void")


async def test_retake_forgotten_for_a_day_goes_to_the_head_of_the_institution_once(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    await county.act("gao", site.send_back, reading, "retake", "体位不正")
    assert await claims.escalate_returns(county.pool, county.now + timedelta(hours=23, minutes=59)) == 0
    assert await claims.escalate_returns(county.pool, county.now + timedelta(hours=24)) == 1
    assert await claims.escalate_returns(county.pool, county.now + timedelta(hours=25)) == 0
    assert await county.events("reading.recall-escalated") == 1


async def test_an_answered_retake_is_never_handed_on(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    await county.act("gao", site.send_back, reading, "retake", "体位不正")
    await county.act("li", site.answer_return, reading, "retaken", "")
    assert await claims.escalate_returns(county.pool, county.now + timedelta(hours=25)) == 0


async def test_two_windows_of_one_desk_keep_both_texts_apart(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    revision = (await county.draft(reading)).revision
    await county.act("gao", drafts.save_draft, reading, Writing("", "甲窗", "", "none"), revision)
    with pytest.raises(Conflict) as refused:
        await county.act("gao", drafts.save_draft, reading, Writing("", "乙窗", "", "none"), revision)
    assert refused.value.facts["revision"] == revision + 1
