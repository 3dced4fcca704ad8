"""From a pushed study to a signed, delivered, printed report, on a real database."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from telemed.db import Pool, open_pool
from telemed.errors import Conflict, Forbidden, Invalid, NotFound
from telemed.events import append
from telemed.events.consumer import step
from telemed.reading.model.states import Hold, Purpose
from telemed.reading.service import (
    amendments,
    claims,
    delivery,
    drafts,
    scheduling,
    site,
    submission,
    templates,
    verification,
)
from telemed.reading.service.drafts import Writing
from telemed.reading.service.rule_book import read_rules
from telemed.reading.service.signing import OnScreen, confirm_password
from telemed.vocabulary import Priority, Role


async def test_a_push_becomes_a_signed_report_that_the_site_opens_and_prints(county):
    reading = await county.ready()
    version = await county.signed(reading)
    assert (await county.row(reading)).state == "signed"
    assert await county.events("report.signed") == 1
    await county.act("li", delivery.record_delivery, version)
    assert (await county.row(reading)).state == "delivered"
    await county.act("li", delivery.record_view, version)
    await county.act("li", delivery.record_print, version, copies=1, paper="A4", reason="")
    row = await county.row(reading)
    assert row.state == "viewed"
    assert row.reading_seconds == 0
    assert await county.events("report.delivered") == 1
    assert await county.events("report.viewed") == 1
    assert await county.events("report.printed") == 1


async def test_many_readers_asking_for_the_next_case_never_get_the_same_one(county, database):

    readings = {await county.ready() for _ in range(12)}
    people = [f"reader{number}" for number in range(16)]
    for name in people:
        await county.hire(name, county.center, set())
    wide = await open_pool(database, size=16)
    county.pool, narrow = wide, county.pool
    try:
        picked = await asyncio.gather(*(county.act(name, claims.claim_next) for name in people))
    finally:
        county.pool = narrow
        await wide.close()
    got = [one for one in picked if one is not None]
    assert sorted(got) == sorted(readings)
    async with county.pool.connection() as connection:
        cursor = await connection.execute("select count(*) from work_item where state = 'IN PROGRESS'")
        assert (await cursor.fetchone())[0] == 12


async def test_two_people_claiming_one_reading_at_once_get_it_once(county):
    reading = await county.ready()
    outcomes = await asyncio.gather(
        *(county.act(name, claims.claim_reading, reading) for name in ("gao", "zheng", "shen")),
        return_exceptions=True,
    )
    assert sum(one is None for one in outcomes) == 1
    assert sum(isinstance(one, Conflict) for one in outcomes) == 2


async def test_the_database_itself_refuses_a_second_open_reading_of_a_study(county):
    reading = await county.ready()
    row = await county.row(reading)
    with pytest.raises(psycopg.errors.UniqueViolation, match="one_open_reading_a_study"):
        async with county.pool.transaction() as tx:
            await tx.execute(
                "insert into reading (study_id, organization_id, mode, state, priority, opened_at)"
                " values (%s, %s, 'county-read', 'receiving', 'routine', now())",
                (row.study_id, row.organization_id),
            )


async def test_the_database_itself_refuses_a_second_open_step_of_a_reading(county):
    reading = await county.ready()
    with pytest.raises(psycopg.errors.UniqueViolation, match="one_open_item_a_reading"):
        async with county.pool.transaction() as tx:
            await tx.execute(
                "insert into work_item (id, reading_id, kind, state, purpose, side, scheduled_at)"
                " values (gen_random_uuid(), %s, 'interpretation', 'SCHEDULED', 'final', 'county', now())",
                (reading,),
            )


@pytest.mark.parametrize("statement", ["update report_version set impression = ''", "delete from report_version"])
async def test_a_signed_version_is_never_changed(county, statement):
    await county.signed(await county.ready())
    with pytest.raises(psycopg.errors.RestrictViolation):
        async with county.pool.transaction() as tx:
            await tx.execute(statement)


async def test_the_most_urgent_comes_first_and_check_ups_never_ahead_of_patients(county):
    checkup = await county.ready(encounter_class="checkup", modality="DX")
    routine = await county.ready()
    stat = await county.ready(priority="stat", encounter_class="emergency")
    urgent = await county.ready(priority="urgent")
    order = [await county.act("gao", claims.claim_next) for _ in range(5)]
    assert order == [stat, urgent, routine, checkup, None]


async def test_an_emergency_is_readable_from_its_first_image_the_others_when_they_have_arrived(county):
    stat = await county.ready(priority="stat", encounter_class="emergency", completeness="receiving", instances=1)
    routine = await county.ready(completeness="receiving", instances=1)
    assert (await county.row(stat)).state == "awaiting-reading"
    row = await county.row(stat)
    assert row.clock_started_at == county.now - timedelta(minutes=5)
    assert row.allowed_minutes == 60
    assert (await county.row(routine)).state == "receiving"


@pytest.mark.parametrize("intent", ["archive-only", "backfill", "consultation"])
async def test_a_push_is_not_a_request(county, intent):
    study = await county.push(intent=intent)
    await county.schedule(study)
    async with county.pool.connection() as connection:
        assert (await (await connection.execute("select count(*) from reading")).fetchone())[0] == 0


async def test_an_unmatched_study_waits_visibly_and_is_not_read(county):
    study = await county.push(match_state="doubtful")
    await county.schedule(study)
    reading = await county.reading_of(study)
    assert (await county.row(reading)).state == "awaiting-match"
    with pytest.raises(Conflict):
        await county.act("gao", claims.claim_reading, reading)
    await county.change_study(study, "match_state", "confirmed")
    await county.schedule(study)
    assert (await county.row(reading)).state == "awaiting-reading"


async def test_scheduling_twice_changes_nothing_more(county):
    study = await county.push()
    for _ in range(3):
        await county.schedule(study)
    assert await county.events("reading.scheduled") == 1


async def test_a_study_kept_for_the_archive_leaves_the_list_unless_somebody_reads(county):
    waiting, begun = await county.push(), await county.push()
    await county.schedule(waiting)
    await county.schedule(begun)
    await county.act("gao", claims.claim_reading, await county.reading_of(begun))
    for study in (waiting, begun):
        await county.change_study(study, "intent", "archive-only")
        await county.schedule(study)
    assert (await county.row(await county.reading_of(waiting))).state == "canceled"
    assert (await county.row(await county.reading_of(begun))).state == "reading"


async def test_a_claim_nobody_keeps_is_free_again_and_its_draft_stays(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    await county.write("gao", reading, impression="待定。")
    assert await claims.expire_leases(county.pool, county.now + timedelta(minutes=19)) == 0
    assert await claims.expire_leases(county.pool, county.now + timedelta(minutes=21)) == 1
    assert (await county.row(reading)).state == "awaiting-reading"
    county.now += timedelta(minutes=22)
    await county.act("zheng", claims.claim_reading, reading)
    assert (await county.draft(reading)).impression == "待定。"


async def test_a_claim_survives_while_the_draft_is_edited(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    for _ in range(3):
        county.now += timedelta(minutes=15)
        await county.write("gao", reading)
        assert await claims.expire_leases(county.pool, county.now) == 0
    assert (await county.row(reading)).state == "reading"


async def test_a_taken_over_draft_stays_visible_under_its_authors_name(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    await county.write("gao", reading, impression="高的意见。")
    with pytest.raises(Invalid):
        await county.act("zheng", claims.take_over_reading, reading, "  ")
    await county.act("zheng", claims.take_over_reading, reading, "高医师已下班")
    await county.write("zheng", reading, impression="郑的意见。")
    async with county.pool.connection() as connection:
        cursor = await connection.execute(
            "select a.name, d.impression from draft d join practitioner a on a.id = d.author_id order by d.saved_at, 1"
        )
        assert set(await cursor.fetchall()) == {("医师gao", "高的意见。"), ("医师zheng", "郑的意见。")}
    with pytest.raises(Conflict):
        await county.act("gao", drafts.save_draft, reading, Writing("", "", "", "none"), 1)


async def test_two_windows_editing_one_draft_do_not_overwrite_each_other(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    revision = (await county.draft(reading)).revision
    await county.act("gao", drafts.save_draft, reading, Writing("", "第一窗口", "", "none"), revision)
    with pytest.raises(Conflict) as refused:
        await county.act("gao", drafts.save_draft, reading, Writing("", "第二窗口", "", "none"), revision)
    assert refused.value.code == "draft-moved-on"
    assert (await county.draft(reading)).findings == "第一窗口"


async def test_what_is_signed_is_what_is_on_the_screen(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    stale = await county.screen(reading)
    await county.write("gao", reading)
    with pytest.raises(Conflict) as refused:
        await county.act("gao", submission.submit_reading, reading, stale, county.signatures)
    assert refused.value.code == "draft-moved-on"


async def test_the_verifier_is_not_the_author(county):
    reading = await county.ready()
    await county.submitted(reading, "zheng")
    with pytest.raises(Forbidden):
        await county.act("zheng", claims.claim_to_verify, reading, single_reader_reason="夜班")
    assert await county.act("zheng", claims.claim_next, verification=True) is None


async def test_an_emergency_may_have_one_reader_if_the_reason_is_recorded(county):
    reading = await county.ready(priority="stat", encounter_class="emergency")
    await county.submitted(reading, "zheng")
    with pytest.raises(Forbidden):
        await county.act("zheng", claims.claim_to_verify, reading)
    await county.act("zheng", claims.claim_to_verify, reading, single_reader_reason="夜班单人值守")
    with pytest.raises(Forbidden):
        await county.sign("zheng", reading)
    await county.sign("zheng", reading, single_reader_reason="夜班单人值守")
    assert (await county.row(reading)).state == "signed"


async def test_a_wrong_password_signs_nothing(county):
    reading = await county.ready()
    await county.submitted(reading)
    await county.act("zheng", claims.claim_to_verify, reading)
    screen = await county.screen(reading)
    with pytest.raises(Forbidden):
        await confirm_password(county.signatures, county.people["zheng"].principal, "wrong", county.now)
    another = await county.confirmed("gao")
    with pytest.raises(LookupError):
        await county.act("zheng", verification.verify_and_sign, reading, screen, another, county.signatures)
    assert (await county.row(reading)).state == "verifying"
    assert await county.events("report.signed") == 0


async def test_without_the_second_factor_of_this_shift_nothing_is_signed(county):

    reading = await county.ready()
    await county.submitted(reading)
    await county.act("zheng", claims.claim_to_verify, reading)
    person = county.people["zheng"]
    county.people["zheng"] = type(person)(replace(person.principal, second_factor_at=None), person.scope)
    with pytest.raises(Forbidden) as refused:
        await county.sign("zheng", reading)
    assert refused.value.code == "second-factor-needed"


async def test_a_technician_never_submits(county):

    await county.hire("tech", county.center, {Role.TECHNICIAN, Role.AUTHOR})
    reading = await county.ready()
    await county.act("tech", claims.claim_reading, reading)
    with pytest.raises(Forbidden) as refused:
        await county.act("tech", submission.submit_reading, reading, await county.screen(reading), county.signatures)
    assert refused.value.code == "technician-never-signs"


async def test_a_returned_report_goes_to_its_author_with_the_own_text(county):
    reading = await county.ready()
    await county.submitted(reading)
    await county.act("zheng", claims.claim_to_verify, reading)
    await county.write("zheng", reading, impression="审核医师改过的意见。")
    await county.act("zheng", verification.return_for_changes, reading, "请补充右肺上叶描述")
    assert (await county.row(reading)).state == "returned"
    with pytest.raises(Conflict):
        await county.act("shen", claims.claim_reading, reading)
    await county.act("gao", claims.claim_reading, reading)
    assert (await county.draft(reading)).impression == "未见明显异常。"


async def test_a_submission_is_recalled_until_somebody_verifies(county):
    reading = await county.ready()
    await county.submitted(reading)
    with pytest.raises(Conflict):
        await county.act("shen", submission.recall_submission, reading)
    await county.act("gao", submission.recall_submission, reading)
    assert (await county.row(reading)).state == "reading"
    assert (await county.draft(reading)).impression == "未见明显异常。"
    await county.act("gao", submission.submit_reading, reading, await county.screen(reading), county.signatures)
    await county.act("zheng", claims.claim_to_verify, reading)
    with pytest.raises(Conflict):
        await county.act("gao", submission.recall_submission, reading)


async def test_the_township_drafts_and_the_county_verifies(county):
    async with county.pool.transaction() as tx:
        await tx.execute(
            "insert into reading_mode (organization_id, mode) values (%s, 'township-drafted')", (county.township,)
        )
    reading = await county.ready()
    with pytest.raises(Forbidden) as refused:
        await county.act("gao", claims.claim_reading, reading)
    assert refused.value.code == "site-writes"
    assert await county.act("gao", claims.claim_next) is None
    await county.submitted(reading, "wang")
    with pytest.raises(Forbidden):
        await county.act("wang", claims.claim_to_verify, reading)
    await county.act("zheng", claims.claim_to_verify, reading)
    await county.sign("zheng", reading)
    assert (await county.row(reading)).state == "signed"


async def test_ultrasound_is_reported_by_the_site_itself(county):
    reading = await county.ready(modality="US")
    with pytest.raises(Forbidden):
        await county.act("gao", claims.claim_reading, reading)
    await county.act("wang", claims.claim_reading, reading)
    await county.write("wang", reading)
    screen = await county.screen(reading)
    await county.act("wang", submission.sign_alone, reading, screen, await county.confirmed("wang"), county.signatures)
    assert (await county.row(reading)).state == "signed"


async def test_nobody_signs_alone_where_the_county_reads(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    with pytest.raises(Invalid):
        await county.act(
            "gao",
            submission.sign_alone,
            reading,
            await county.screen(reading),
            await county.confirmed("gao"),
            county.signatures,
        )


async def test_a_signature_is_withdrawn_within_five_minutes_and_signed_again(county):
    reading = await county.ready()
    first = await county.signed(reading)
    county.now += timedelta(minutes=5)
    await county.act("zheng", verification.withdraw_signature, reading, "患者体位描述有误")
    row = await county.row(reading)
    assert (row.state, row.current_version_id) == ("awaiting-verification", None)
    await county.act("zheng", claims.claim_to_verify, reading)
    second = await county.sign("zheng", reading)
    assert second != first
    assert (await county.row(reading)).current_version_id == second


@pytest.mark.parametrize("touched", ["late", "delivered", "viewed", "printed", "other"])
async def test_a_signature_that_was_seen_stands(county, touched):
    reading = await county.ready()
    version = await county.signed(reading)
    who, expected = "zheng", Conflict
    if touched == "late":
        county.now += timedelta(minutes=5, seconds=1)
    elif touched == "delivered":
        await county.act("li", delivery.record_delivery, version)
    elif touched == "viewed":
        await county.act("li", delivery.record_view, version)
    elif touched == "printed":
        await county.act("li", delivery.record_print, version, copies=1, paper="A4", reason="")
    else:
        who = "shen"
    with pytest.raises(expected):
        await county.act(who, verification.withdraw_signature, reading, "写错")
    assert (await county.row(reading)).current_version_id == version


async def test_a_correction_is_a_new_version_and_the_old_one_stands_until_it_is_signed(county):
    reading = await county.ready()
    first = await county.signed(reading)
    await county.act("li", delivery.record_view, first)
    await county.act("gao", amendments.begin_amendment, reading, Purpose.AMENDED, "侧别更正")
    assert (await county.row(reading)).current_version_id == first
    assert (await county.draft(reading)).impression == "未见明显异常。"
    await county.write("gao", reading, impression="左肺上叶结节。")
    await county.act("gao", submission.submit_reading, reading, await county.screen(reading), county.signatures)
    await county.act("zheng", claims.claim_to_verify, reading)
    second = await county.sign("zheng", reading)
    async with county.pool.connection() as connection:
        cursor = await connection.execute("select number, status, reason, replaces_id from report_version order by 1")
        assert await cursor.fetchall() == [(1, "final", "", None), (2, "amended", "侧别更正", first)]
    row = await county.row(reading)
    assert (row.state, row.current_version_id) == ("signed", second)


async def test_an_addendum_begins_empty_and_a_given_up_one_leaves_the_report_as_it_was(county):
    reading = await county.ready()
    version = await county.signed(reading)
    await county.act("li", delivery.record_view, version)
    await county.act("gao", amendments.begin_amendment, reading, Purpose.APPENDED, "补充对比")
    assert (await county.draft(reading)).impression == ""
    await county.act("gao", amendments.abandon_amendment, reading)
    row = await county.row(reading)
    assert (row.state, row.current_version_id) == ("viewed", version)


async def test_a_void_report_lets_the_study_be_read_anew(county):
    study = await county.push()
    await county.schedule(study)
    reading = await county.reading_of(study)
    await county.signed(reading)
    await county.act(
        "shen", amendments.void_report, reading, "归属错误", await county.confirmed("shen"), county.signatures
    )
    assert (await county.row(reading)).state == "void"
    await county.schedule(study)
    again = await county.reading_of(study)
    assert again != reading
    assert (await county.row(again)).state == "awaiting-reading"


async def test_a_second_final_never_overwrites_the_first_and_opens_a_discrepancy(county):
    reading = await county.ready()
    version = await county.signed(reading)
    await county.act("gao", amendments.record_second_final, reading, "外院：左肺占位。", "县中医医院 PACS")
    row = await county.row(reading)
    assert row.current_version_id == version
    async with county.pool.connection() as connection:
        cursor = await connection.execute("select kind, closed_at from report_discrepancy")
        assert await cursor.fetchall() == [("second-final", None)]
    with pytest.raises(psycopg.errors.UniqueViolation, match="one_final_a_round"):
        async with county.pool.transaction() as tx:
            await tx.execute(
                "insert into report_version select gen_random_uuid(), reading_id, 9, round, status, technique,"
                " findings, impression, significance, limited, content_sha256, author_id, author_name,"
                " author_signed_at, verifier_id, verifier_name, signed_at, performer_name, single_reader_reason,"
                " reason, agreement, replaces_id, work_item_id, instance_count from report_version"
            )


async def test_only_waiting_for_material_stops_the_clock(county):
    joint, material = await county.ready(), await county.ready()
    due = (await county.row(joint)).due_at
    for reading, why in ((joint, Hold.JOINT_READING), (material, Hold.WAITING_FOR_MATERIAL)):
        await county.act("gao", claims.claim_reading, reading)
        await county.act("gao", site.put_on_hold, reading, why, "")
    assert (await county.row(joint)).clock_stopped_at is None
    assert (await county.row(material)).clock_stopped_at == county.now
    county.now += timedelta(hours=2)
    for reading in (joint, material):
        await county.act("gao", site.resume_reading, reading)
    assert (await county.row(joint)).due_at == due
    assert (await county.row(material)).due_at == due + timedelta(hours=2)


async def test_a_site_answers_and_the_reader_goes_on(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    await county.write("gao", reading, impression="待补。")
    await county.act("gao", site.send_back, reading, "images", "缺侧位")
    assert (await county.row(reading)).state == "returned-to-site"
    with pytest.raises(NotFound):
        await county.act("xu", site.answer_return, reading, "images-sent", "")
    with pytest.raises(Invalid):
        await county.act("li", site.answer_return, reading, "retaken", "")
    await county.act("li", site.answer_return, reading, "images-sent", "已补传")
    with pytest.raises(Conflict):
        await county.act("zheng", claims.claim_reading, reading)
    await county.act("gao", claims.claim_reading, reading)
    assert (await county.draft(reading)).impression == "待补。"


async def test_a_patient_who_cannot_be_reached_gets_a_limited_report(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    await county.act("gao", site.send_back, reading, "retake", "呼吸运动伪影")
    await county.act("li", site.answer_return, reading, "unreachable", "电话三次未接")
    assert (await county.row(reading)).limited is True


async def test_an_emergency_is_not_sent_back_for_its_history(county):
    reading = await county.ready(priority="stat", encounter_class="emergency")
    await county.act("gao", claims.claim_reading, reading)
    with pytest.raises(Invalid):
        await county.act("gao", site.send_back, reading, "information", "请补病史")
    await county.act("gao", site.send_back, reading, "retake", "体位不正")


async def test_the_reader_lowers_a_priority_with_a_reason_and_the_clock_keeps_its_start(county):
    reading = await county.ready(priority="stat", encounter_class="emergency")
    before = await county.row(reading)
    await county.act("gao", site.set_priority, reading, Priority.ROUTINE, "非急症")
    after = await county.row(reading)
    assert (after.priority, after.allowed_minutes) == ("routine", 1440)
    assert after.clock_started_at == before.clock_started_at


async def test_an_emergency_neither_begins_nor_ends_without_a_reason_and_lesser_changes_need_none(county):
    reading = await county.ready()
    await county.act("gao", site.set_priority, reading, Priority.URGENT, "")
    with pytest.raises(Invalid):
        await county.act("gao", site.set_priority, reading, Priority.STAT, " ")
    assert (await county.row(reading)).priority == "urgent"
    await county.act("gao", site.set_priority, reading, Priority.STAT, "电话告知突发胸痛")
    with pytest.raises(Invalid):
        await county.act("gao", site.set_priority, reading, Priority.URGENT, "")
    row = await county.row(reading)
    assert (row.priority, row.priority_reason) == ("stat", "电话告知突发胸痛")


async def test_a_change_without_a_reason_stands_against_a_later_change_of_the_request(county):
    study = await county.push()
    await county.schedule(study)
    reading = await county.reading_of(study)
    await county.act("gao", site.set_priority, reading, Priority.URGENT, "")
    await county.schedule(study)
    assert (await county.row(reading)).priority == "urgent"


async def test_a_reprint_needs_its_reason(county):
    version = await county.signed(await county.ready())
    await county.act("li", delivery.record_print, version, copies=1, paper="A4", reason="")
    with pytest.raises(Invalid):
        await county.act("li", delivery.record_print, version, copies=1, paper="A4", reason=" ")
    printed = await county.act("li", delivery.record_print, version, copies=2, paper="16K", reason="患者遗失")
    assert (printed.prints, printed.copies) == (2, 3)


async def test_another_township_sees_neither_reading_nor_report(county):
    reading = await county.ready()
    version = await county.signed(reading)
    for command, id_ in ((delivery.record_delivery, version), (claims.keep_claim, reading)):
        with pytest.raises(NotFound):
            await county.act("xu", command, id_)


async def test_the_readers_look_is_not_the_sites_look(county):
    reading = await county.ready()
    version = await county.signed(reading)
    assert await county.act("shen", delivery.record_view, version) is False
    assert (await county.row(reading)).state == "signed"


async def test_a_version_carries_the_digest_of_its_content_and_both_names(county):
    await county.signed(await county.ready())
    async with county.pool.connection() as connection:
        cursor = await connection.execute(
            "select length(content_sha256), author_name, verifier_name, performer_name from report_version"
        )
        assert await cursor.fetchone() == (
            hashlib.sha256().digest_size,
            "医师gao",
            "医师zheng",
            "龙安县第一人民医院(演示)",
        )


async def test_images_of_another_study_stop_the_signature(county):
    reading = await county.ready()
    await county.act("gao", claims.claim_reading, reading)
    screen = await county.screen(reading)
    other = OnScreen(screen.revision, "1.2.3.4", screen.looked)
    with pytest.raises(Conflict) as refused:
        await county.act("gao", submission.submit_reading, reading, other, county.signatures)
    assert refused.value.code == "images-of-another-patient"


async def test_the_consumer_follows_the_event_log(county, pool: Pool):

    study = await county.push()
    consumer = scheduling.consumer(read_rules(Path(__file__).parents[3] / "config" / "reading"))
    async with pool.transaction() as tx:
        await tx.execute("insert into event_consumer (name) values (%s)", (consumer.name,))
        await append(tx, "study.matched", study, [f"study/{study}"])
    assert await step(pool, consumer) >= 1
    assert (await county.row(await county.reading_of(study))).state == "awaiting-reading"


async def test_a_template_taken_out_of_use_is_listed_for_those_who_put_it_back(county):
    text = templates.TemplateText(
        code="own-chest-normal", modality="DX", name="胸部", findings="未见异常。", impression="未见明显异常。"
    )
    async with county.pool.transaction() as tx:
        made = await templates.create(tx, text, county.center)
        await templates.change(tx, made.id, text, made.revision, active=False)
    async with county.pool.connection() as connection:
        assert made.id not in {one.id for one in await templates.listed(connection, None, "DX")}
        assert made.id in {one.id for one in await templates.listed(connection, None, "DX", inactive=True)}
