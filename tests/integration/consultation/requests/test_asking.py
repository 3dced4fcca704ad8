"""From the township's question to somebody who answers: consent, guards, the clock, the next in line."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from telemed.consultation.model.states import Into, Urgency, Verdict
from telemed.consultation.service import answering, opinions, requesting
from telemed.consultation.store import consultations as store
from telemed.errors import Conflict, Forbidden, Invalid, NotFound
from tests.integration.consultation.requests.asked import ZONE, Asked


async def outcomes(asked: Asked, number) -> list[tuple]:
    return await asked.rows(
        "select p.name, o.line, o.outcome from consultation_offer o join practitioner p on p.id = o.expert_id"
        " where consultation_id = %s order by number",
        number,
    )


async def test_a_request_has_a_number_people_can_say_and_is_sent_with_a_question(asked: Asked):
    number = await asked.draft()
    row = await asked.row(number)
    assert row.number == f"HZ{asked.county.now.astimezone(ZONE):%Y%m%d}-LA11-001"
    await asked.act("wang", requesting.write, number, asked.form(question=" "), row.revision)
    await asked.act("wang", requesting.consent, number, asked.agreed())
    with pytest.raises(Invalid, match="request-incomplete"):
        await asked.act("wang", requesting.submit, number)
    assert await asked.state(number) == "draft"


async def test_a_draft_written_elsewhere_meanwhile_is_not_overwritten(asked: Asked):
    number = await asked.draft()
    first = (await asked.row(number)).revision
    await asked.act("wang", requesting.write, number, asked.form(question="第一次"), first)
    with pytest.raises(Conflict, match="written-meanwhile"):
        await asked.act("wang", requesting.write, number, asked.form(question="第二次"), first)
    assert (await asked.row(number)).question == "第一次"


async def test_a_study_of_somebody_else_is_not_attached(asked: Asked):
    other = await asked.county.push(sex="M")
    with pytest.raises(Invalid, match="study-of-another"):
        await asked.draft(studies=(other,))
    assert await asked.rows("select count(*) from consultation") == [(0,)]


async def test_a_colleague_of_the_same_hospital_does_not_write_in_anothers_draft(asked: Asked):
    await asked.county.hire("liu", asked.county.township, {next(iter(asked.county.people["wang"].principal.roles))})
    number = await asked.draft()
    with pytest.raises((Conflict, Forbidden, NotFound)):
        await asked.act("liu", requesting.write, number, asked.form(), 1)


@pytest.mark.parametrize("urgency", list(Urgency))
async def test_without_consent_nothing_is_sent(asked: Asked, urgency):
    with pytest.raises(Conflict, match="consent-missing"):
        await asked.submitted(None, urgency=urgency)


async def test_a_routine_request_needs_paper(asked: Asked):
    number = await asked.draft()
    with pytest.raises(Conflict, match="approval-is-for-emergencies"):
        await asked.act("wang", requesting.consent, number, asked.agreed("approval"))


async def test_an_emergency_goes_on_by_approval_and_owes_the_paper_for_a_day(asked: Asked):
    number = await asked.submitted("approval", urgency=Urgency.URGENT)
    owed = (await asked.row(number)).consent_due_at
    assert owed == asked.county.now + timedelta(hours=24)
    await asked.act("wang", requesting.consent, number, asked.agreed())
    assert (await asked.row(number)).consent_due_at is None


async def test_what_is_decided_while_consent_is_owed_is_archived_with_it(asked: Asked):
    number = await asked.submitted("approval", urgency=Urgency.URGENT)
    await asked.act("tang", answering.offer, number, asked.who("qin"), ZONE)
    await asked.act("qin", answering.accept, number)
    await asked.act("qin", answering.begin, number)
    await asked.act("qin", opinions.write, number, "考虑急性心梗", "立即转诊", 0)
    room = (await asked.row(number)).room_id
    async with asked.pool.connection() as connection:
        head = await opinions.room_log.head(connection, room)
    made = opinions.Made("考虑急性心梗", "立即转诊", 1, 1, "cd" * 32, head, "{}", "ef" * 32, 1)
    await asked.act("qin", opinions.sign, number, made)
    await asked.act("wang", requesting.decide, number, Verdict.ADOPTED, "")
    assert await asked.state(number) == "decided"
    await asked.act("wang", requesting.consent, number, asked.agreed("exemption"))
    assert await asked.state(number) == "archived"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"scope": "外科专业"}, "licence-scope"),
        ({"expires": date(2020, 1, 1)}, "licence-expired"),
        ({"since": date(2026, 1, 1)}, "practice-too-short"),
        ({"category": "公共卫生"}, "licence-category"),
    ],
)
async def test_an_expert_whom_something_speaks_against_is_not_asked_about_a_routine_case(asked: Asked, changed, code):
    await asked.licensed("qin", **changed)
    number = await asked.submitted()
    with pytest.raises(Conflict, match=code):
        await asked.act("tang", answering.offer, number, asked.who("qin"), ZONE)
    assert await asked.state(number) == "submitted"


async def test_in_an_emergency_it_is_written_down_and_the_expert_is_asked(asked: Asked):
    await asked.licensed("qin", scope="外科专业")
    number = await asked.submitted(urgency=Urgency.URGENT)
    await asked.act("tang", answering.offer, number, asked.who("qin"), ZONE)
    async with asked.pool.connection() as connection:
        last = (await store.steps(connection, number))[-1]
    assert (last.command, last.concerns) == ("offer", ["licence-scope"])


async def test_institutions_without_an_agreement_do_not_work_together(asked: Asked):
    async with asked.pool.transaction() as tx:
        await tx.execute("delete from consultation_agreement")
    number = await asked.submitted()
    with pytest.raises(Conflict, match="agreement-missing"):
        await asked.act("tang", answering.offer, number, asked.who("qin"), ZONE)


async def test_of_two_who_accept_at_once_one_wins_and_the_other_is_told_who(asked: Asked):
    """The offer went from one to another a moment before the first one's answer came."""
    number = await asked.offered()
    await asked.act("tang", answering.offer, number, asked.who("bao"), ZONE)

    async def accept(name: str) -> str:
        try:
            await asked.act(name, answering.accept, number)
        except (Conflict, Forbidden) as refused:
            return refused.code
        return "accepted"

    assert sorted(await asyncio.gather(accept("qin"), accept("bao"))) in (
        ["accepted", "accepted-by-another"],
        ["accepted", "not-the-expert"],
    )
    with pytest.raises(Conflict, match="accepted-by-another") as told:
        await asked.act("qin", answering.accept, number)
    assert "医师bao" in told.value.zh


async def test_whoever_accepts_when_another_has_begun_is_told_who(asked: Asked):
    number = await asked.offered()
    await asked.act("tang", answering.offer, number, asked.who("bao"), ZONE)
    await asked.act("bao", answering.accept, number)
    await asked.act("bao", answering.begin, number)
    with pytest.raises(Conflict, match="accepted-by-another") as told:
        await asked.act("qin", answering.accept, number)
    assert "医师bao" in told.value.zh


async def test_twenty_clicks_of_the_same_expert_accept_once_and_open_one_room(asked: Asked):
    number = await asked.offered()

    async def accept() -> bool:
        try:
            await asked.act("qin", answering.accept, number)
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*(accept() for _ in range(20)))) == 1
    assert await asked.rows("select count(*) from room") == [(1,)]
    assert await outcomes(asked, number) == [("医师qin", 0, "accepted")]


async def test_nobody_on_duty_is_said_so_and_changes_nothing(asked: Asked):
    number = await asked.submitted()
    with pytest.raises(Invalid, match="nobody-on-duty"):
        await asked.act("tang", answering.offer_to_duty, number, ZONE)
    assert await asked.state(number) == "submitted"


async def test_whoever_does_not_answer_in_time_is_passed_over_line_by_line_until_nobody_is_left(asked: Asked):
    await asked.on_duty("qin", 1)
    await asked.on_duty("bao", 2)
    number = await asked.submitted(urgency=Urgency.URGENT)
    await asked.act("tang", answering.offer_to_duty, number, ZONE)
    asked.later(minutes=9, seconds=59)
    await answering.lapse_due(asked.pool, asked.county.now, ZONE)
    assert await outcomes(asked, number) == [("医师qin", 1, "")]
    asked.later(seconds=1)
    await answering.lapse_due(asked.pool, asked.county.now, ZONE)
    assert await outcomes(asked, number) == [("医师qin", 1, "lapsed"), ("医师bao", 2, "")]
    asked.later(minutes=10)
    await answering.lapse_due(asked.pool, asked.county.now, ZONE)
    assert await outcomes(asked, number) == [("医师qin", 1, "lapsed"), ("医师bao", 2, "lapsed")]
    assert await asked.state(number) == "submitted"


async def test_two_processes_that_look_at_the_same_clock_pass_it_on_once(asked: Asked):
    await asked.on_duty("qin", 1)
    await asked.on_duty("bao", 2)
    number = await asked.submitted(urgency=Urgency.URGENT)
    await asked.act("tang", answering.offer_to_duty, number, ZONE)
    asked.later(minutes=10)
    await asyncio.gather(*(answering.lapse_due(asked.pool, asked.county.now, ZONE) for _ in range(5)))
    assert await outcomes(asked, number) == [("医师qin", 1, "lapsed"), ("医师bao", 2, "")]


async def test_whoever_cannot_is_followed_by_the_next_at_once(asked: Asked):
    await asked.on_duty("qin", 1)
    await asked.on_duty("bao", 2)
    number = await asked.submitted()
    await asked.act("tang", answering.offer_to_duty, number, ZONE)
    await asked.act("qin", answering.refuse, number, "在手术台上", ZONE)
    assert await outcomes(asked, number) == [("医师qin", 1, "refused"), ("医师bao", 2, "")]


async def test_an_answer_to_what_was_asked_begins_a_new_round(asked: Asked):
    await asked.on_duty("qin", 1)
    number = await asked.submitted()
    await asked.act("tang", answering.offer_to_duty, number, ZONE)
    await asked.act("qin", answering.refuse, number, "资料不全", ZONE)
    await asked.act("tang", answering.ask, number, "请补充心电图")
    asked.later(minutes=5)
    await asked.act("wang", requesting.inform, number, "心电图已上传", [], [])
    await asked.act("tang", answering.offer_to_duty, number, ZONE)
    assert (await outcomes(asked, number))[-1] == ("医师qin", 1, "")


async def test_an_appointment_that_touches_another_of_the_same_people_is_refused_by_its_number(asked: Asked):
    first, second = await asked.accepted(), await asked.accepted()
    then = asked.county.now + timedelta(hours=3)
    await asked.act("qin", answering.schedule, first, then, 30)
    spoken = (await asked.row(first)).number
    with pytest.raises(Conflict, match="appointment-conflict") as told:
        await asked.act("qin", answering.schedule, second, then + timedelta(minutes=29), 30)
    assert spoken in told.value.zh
    await asked.act("qin", answering.schedule, second, then + timedelta(minutes=30), 30)
    assert await asked.state(second) == "scheduled"


async def test_an_appointment_is_reminded_of_once(asked: Asked):
    number = await asked.accepted()
    await asked.act("qin", answering.schedule, number, asked.county.now + timedelta(hours=1), 30)
    told = "select count(*) from event where kind = 'consultation.reminded'"
    for minutes in (0, 44, 2, 5):
        asked.later(minutes=minutes)
        async with asked.pool.transaction() as tx:
            await store.to_remind(tx, asked.county.now, asked.county.now + timedelta(minutes=15))
    assert await asked.rows(told) == [(1,)]


async def test_an_expert_who_comes_instead_enters_the_same_room(asked: Asked):
    number = await asked.accepted()
    room = (await asked.row(number)).room_id
    await asked.act("tang", answering.offer, number, asked.who("bao"), ZONE)
    await asked.act("bao", answering.accept, number)
    assert (await asked.row(number)).room_id == room


async def test_an_answer_by_telephone_is_kept_with_who_said_it_and_is_no_opinion(asked: Asked):
    number = await asked.submitted(urgency=Urgency.IMMEDIATE)
    await asked.act(
        "wang",
        answering.record_phone_answer,
        number,
        speaker="秦主任",
        phone="0312-5550101",
        said="先给阿司匹林，救护车转诊",
        at=asked.county.now,
    )
    async with asked.pool.connection() as connection:
        (kept,) = await store.phone_answers(connection, number)
    assert (kept.speaker, kept.recorded_by_name) == ("秦主任", "医师wang")
    assert await asked.state(number) == "submitted"


async def test_strangers_do_not_learn_that_a_consultation_exists(asked: Asked):
    number = await asked.submitted()
    for name in ("bao", "gao", "xu"):
        with pytest.raises(NotFound):
            await asked.act(name, answering.ask, number, "?")
    with pytest.raises(NotFound):
        await asked.act("wang", requesting.submit, uuid4())


async def test_what_is_not_adopted_says_why(asked: Asked):
    number = await asked.in_session()
    await asked.act("qin", opinions.write, number, "考虑反流性食管炎", "", 0)
    room = (await asked.row(number)).room_id
    async with asked.pool.connection() as connection:
        head = await opinions.room_log.head(connection, room)
    made = opinions.Made("考虑反流性食管炎", "", 1, 1, "cd" * 32, head, "{}", "ef" * 32, 1)
    await asked.act("qin", opinions.sign, number, made)
    with pytest.raises(Invalid, match="reason-needed"):
        await asked.act("wang", requesting.decide, number, Verdict.NOT_ADOPTED, " ")
    await asked.act("wang", requesting.decide, number, Verdict.NOT_ADOPTED, "患者拒绝胃镜")
    row = await asked.row(number)
    assert (row.state, row.verdict, row.verdict_reason) == ("archived", "not-adopted", "患者拒绝胃镜")


async def role_of(asked: Asked, number, name: str) -> str:
    room = (await asked.row(number)).room_id
    ((role,),) = await asked.rows(
        "select role from room_member where room_id = %s and person = %s", room, str(asked.who(name))
    )
    return role


async def test_whoever_another_has_come_instead_of_is_a_stranger_in_the_room(asked: Asked):
    number = await asked.accepted()
    assert await role_of(asked, number, "qin") == "expert"
    await asked.act("tang", answering.offer, number, asked.who("bao"), ZONE)
    assert await role_of(asked, number, "qin") == "guest"
    await asked.act("bao", answering.accept, number)
    assert await role_of(asked, number, "bao") == "expert"
    await asked.act("tang", answering.offer, number, asked.who("qin"), ZONE)
    await asked.act("qin", answering.accept, number)
    assert (await role_of(asked, number, "qin"), await role_of(asked, number, "bao")) == ("expert", "guest")


@pytest.mark.parametrize("how", ["withdraw", "convert"])
async def test_the_room_closes_with_the_consultation(asked: Asked, how: str):
    number = await asked.accepted()
    if how == "withdraw":
        await asked.act("wang", requesting.withdraw, number, "患者已转走")
    else:
        await asked.act("tang", answering.convert, number, Into.REFERRAL, "病情危重")
    assert await asked.rows("select closed_at is not null from room") == [(True,)]
    kinds = await asked.rows("select kind from room_event order by seq desc limit 1")
    assert kinds == [("room.close",)]


@pytest.mark.parametrize("when", [datetime(2027, 12, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
async def test_nobody_is_given_a_time_more_than_a_year_ahead(asked: Asked, when: datetime):
    number = await asked.accepted()
    with pytest.raises(Invalid, match="appointment-too-far"):
        await asked.act("qin", answering.schedule, number, when, 30)
