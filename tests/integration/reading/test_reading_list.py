"""What waits to be read: in which order, who takes it, what stops its clock; on a real database."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from telemed.db import Pool, open_pool
from telemed.errors import Conflict, Invalid, NotFound
from telemed.events import append
from telemed.events.consumer import step
from telemed.reading.model.states import Hold
from telemed.reading.service import (
    claims,
    drafts,
    scheduling,
    site,
)
from telemed.reading.service.drafts import Writing
from telemed.reading.service.rule_book import read_rules
from telemed.vocabulary import Priority


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


async def test_the_consumer_follows_the_event_log(county, pool: Pool):

    study = await county.push()
    consumer = scheduling.consumer(read_rules(Path(__file__).parents[3] / "config" / "reading"))
    async with pool.transaction() as tx:
        await tx.execute("insert into event_consumer (name) values (%s)", (consumer.name,))
        await append(tx, "study.matched", study, [f"study/{study}"])
    assert await step(pool, consumer) >= 1
    assert (await county.row(await county.reading_of(study))).state == "awaiting-reading"
