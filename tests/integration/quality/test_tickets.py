"""影像问题 over HTTP: from the doctor's click to the producer's answer, and what nobody is told."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from telemed.vocabulary import Role
from tests.integration.quality.shown_card import DOCTOR, hear, shown


@pytest.fixture
async def technician(office):
    return await office.hire(Role.TECHNICIAN, "township", "检查技师")


async def tickets(who):
    return (await who.get("/api/quality/tickets"))["items"]


async def test_a_click_reaches_the_producer_only_once_confirmed_and_without_the_doctor(office, officer, technician):
    card = await shown(office)
    await card.answer("overridden", office.now, "T2", comment=f"{DOCTOR}：看不清")
    assert await tickets(technician) == []
    (seen,) = await tickets(officer)
    assert (seen["reason"], seen["state"], seen["commands"]) == ("T2", "pending", ["confirm", "dismiss"])
    assert (seen["reason_zh"], seen["comment"]) == ("图像质量不达标", f"{DOCTOR}：看不清")
    assert (seen["item"]["key"], seen["study"]) == ("dx.chest.pa", f"2.25.{card.study.int}")
    path = f"/api/quality/tickets/{seen['id']}"
    assert (await technician.refused(f"{path}/answer", {"command": "handle", "note": "已重拍"}))[0] == 404
    assert (await officer.post(f"{path}/judgement", {"command": "confirm"}))["state"] == "confirmed"

    (told,) = await tickets(technician)
    assert (told["state"], told["commands"], told["comment"]) == ("confirmed", ["handle", "contest"], "")
    assert DOCTOR not in json.dumps(told, ensure_ascii=False)
    assert (await technician.refused(f"{path}/answer", {"command": "handle", "note": " "}))[1] == "ticket-note-missing"
    moved = await technician.post(f"{path}/answer", {"command": "contest", "note": "原图清晰，请核对"})
    assert moved["state"] == "contested"
    await officer.post(f"{path}/judgement", {"command": "uphold", "note": "左下肺野缺失"})
    await technician.post(f"{path}/answer", {"command": "handle", "note": "已重拍并培训"})
    (done,) = await tickets(officer)
    assert [one["command"] for one in done["acts"]] == ["confirm", "contest", "uphold", "handle"]
    assert done["commands"] == []

    audited = await office.rows(
        "select action, outcome from audit_event where action like 'quality-ticket.%%' order by id"
    )
    acted = [one for one in audited if one[0] != "quality-ticket.read"]
    assert [one for one in acted if one[1] == "success"] == [
        ("quality-ticket.judge", "success"),
        ("quality-ticket.answer", "success"),
        ("quality-ticket.judge", "success"),
        ("quality-ticket.answer", "success"),
    ]
    events = json.dumps(await office.rows("select kind, ids::text, topics::text from event"), ensure_ascii=False)
    for secret in (DOCTOR, "看不清", "刘德福", str(card.patient), "已重拍"):
        assert secret not in events


async def test_while_it_is_pending_the_producer_hears_no_event(office, officer, technician):
    card = await shown(office)
    await card.answer("overridden", office.now, "T2")
    moved = "select topics from event where kind = 'quality-ticket.moved' order by id"
    assert await office.rows(moved) == [(["quality"],)]
    (seen,) = await tickets(officer)
    await officer.post(f"/api/quality/tickets/{seen['id']}/judgement", {"command": "confirm"})
    assert (await office.rows(moved))[-1] == (["quality", f"organization/{office.places['township']}"],)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("overridden", "R1"), ("overridden", "R6"), ("overridden", ""), ("overridden", "T9"), ("accepted", "")],
)
async def test_another_answer_opens_none(office, officer, outcome, code):
    card = await shown(office)
    await card.answer(outcome, office.now, code)
    assert await tickets(officer) == []


@pytest.mark.parametrize("code", ["T1", "T2", "T3", "T6"])
async def test_each_reason_about_the_images_opens_one_and_hearing_it_again_opens_no_other(office, officer, code):
    card = await shown(office)
    await card.answer("overridden", office.now, code)
    async with office.pool.transaction() as tx:
        await tx.execute("update event_consumer set xid = '0', id = 0 where name = 'quality-tickets'")
    await hear(office)
    assert [one["reason"] for one in await tickets(officer)] == [code]


async def test_taken_back_before_it_was_judged_it_is_retracted_and_afterwards_it_stands(office, officer):
    early, late = await shown(office), await shown(office)
    await early.answer("overridden", office.now, "T2")
    await early.answer("withdrawn", office.now + timedelta(minutes=1))
    await late.answer("overridden", office.now, "T3")
    listed = {one["reason"]: one for one in await tickets(officer)}
    assert (listed["T2"]["state"], listed["T2"]["commands"]) == ("retracted", [])
    await officer.post(f"/api/quality/tickets/{listed['T3']['id']}/judgement", {"command": "confirm"})
    await late.answer("withdrawn", office.now + timedelta(minutes=1))
    assert {one["reason"]: one["state"] for one in await tickets(officer)} == {"T2": "retracted", "T3": "confirmed"}


async def test_another_member_and_a_dismissed_issue_show_the_producer_nothing(office, officer, technician):
    stranger = await office.hire(Role.TECHNICIAN, "other", "检查技师")
    card = await shown(office)
    await card.answer("overridden", office.now, "T2")
    (seen,) = await tickets(officer)
    path = f"/api/quality/tickets/{seen['id']}"
    assert (await stranger.refused(f"{path}/answer", {"command": "handle", "note": "x"}))[0] == 404
    assert (await technician.refused(f"{path}/judgement", {"command": "dismiss", "note": "x"})) == (403, "not-allowed")
    assert (await officer.refused(f"{path}/judgement", {"command": "dismiss"}))[1] == "ticket-note-missing"
    await officer.post(f"{path}/judgement", {"command": "dismiss", "note": "传输中断，非图像问题"})
    assert await tickets(technician) == []
    assert (await technician.refused(f"{path}/answer", {"command": "handle", "note": "x"}))[0] in {404, 409}


async def test_a_member_s_own_quality_officer_judges_nothing(office):
    own = await office.hire(Role.QUALITY_OFFICER, "township")
    card = await shown(office)
    await card.answer("overridden", office.now, "T2")
    assert await tickets(own) == []
    (number,) = (await office.rows("select id from quality_ticket"))[0]
    path = f"/api/quality/tickets/{number}/judgement"
    assert await own.refused(path, {"command": "confirm"}) == (403, "not-allowed")
