"""The page inside a hospital system over HTTP: opened once, acted on by its own forms, and nothing else is believed."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from telemed.config import Config
from tests.integration.his.hospital import CHEST, HEAD, HIS, PATIENT, Hospital
from tests.integration.recognition.registered import NUMBER


async def responses(hospital: Hospital) -> list[Any]:
    return await hospital.rows(
        "select outcome, reason_code, comment from recognition_response order by received_at, id"
    )


async def test_a_code_opens_the_page_once_with_no_cookie_and_for_its_own_frame_alone(hospital: Hospital):
    launched = await hospital.launch(CHEST, HEAD)
    page = await hospital.exchange(launched["code"])
    assert page.status == 200
    assert page.headers["Content-Security-Policy"].endswith(f"frame-ancestors {HIS}")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert "胸部 CT 平扫" in page.text
    assert "没有既往结果" in page.text
    assert "**************0029" in page.text
    assert NUMBER not in page.text
    again = await hospital.exchange(launched["code"])
    assert (again.status, again.refused) == (410, "used")
    assert again.headers["Content-Security-Policy"].endswith(f"frame-ancestors {HIS}")
    kept = await hospital.rows("select surface, shown_to, client_id from recognition_exposure")
    assert kept == [("embedded", "D17", hospital.client_id)]
    assert [one.differs for one in await hospital.registered.replayed()] == [(), ()]


async def test_of_many_that_come_with_one_code_exactly_one_gets_the_page(hospital: Hospital):
    launched = await hospital.launch()
    pages = await asyncio.gather(*(hospital.exchange(launched["code"]) for _ in range(20)))
    assert sorted(one.status for one in pages) == [200] + [410] * 19
    assert await hospital.rows("select count(*) from his_page") == [(1,)]
    assert await hospital.rows("select count(*) from recognition_decision") == [(1,)]


@pytest.mark.parametrize(("seconds", "status", "ground"), [(60, 200, ""), (61, 410, "late")])
async def test_a_code_is_good_for_a_minute(hospital: Hospital, seconds: int, status: int, ground: str):
    launched = await hospital.launch()
    hospital.later(seconds)
    page = await hospital.exchange(launched["code"])
    assert (page.status, page.refused) == (status, ground)


async def test_a_code_may_stand_in_the_address_where_a_system_can_do_no_better(hospital: Hospital):
    code = (await hospital.launch())["code"]
    async with hospital.line.session.get(hospital.line.server.make_url(f"/embedded/launch?code={code}")) as answer:
        assert answer.status == 200
        assert "胸部 CT 平扫" in await answer.text()
        assert "Set-Cookie" not in answer.headers


async def test_another_systems_page_cannot_spend_a_code(hospital: Hospital, other_hospital: Hospital):
    code = (await hospital.launch())["code"]
    page = await other_hospital.exchange(code, origin="https://other.example")
    assert (page.status, page.refused) == (403, "origin")
    assert (await hospital.exchange(code)).status == 200


@pytest.mark.parametrize("code", ["", "x" * 43, "\x00", "王", NUMBER])
async def test_a_code_that_is_none_opens_nothing_and_says_so(hospital: Hospital, code: str):
    page = await hospital.exchange(code)
    assert (page.status, page.refused) == (404, "unknown")
    assert "不影响开单" in page.text
    assert "ordering goes on" in page.text


async def test_a_system_that_may_call_no_more_opens_nothing(hospital: Hospital):
    code = (await hospital.launch())["code"]
    page = await hospital.open(visit="V2")
    async with hospital.registered.county.pool.transaction() as tx:
        await tx.execute("update cds_client set active = false")
    assert (await hospital.exchange(code)).refused == "disabled"
    assert (await hospital.act(page, "accept", choice=page.choices[0])).refused == "disabled"
    assert await responses(hospital) == []


async def test_only_digests_of_codes_and_tokens_are_kept(hospital: Hospital):
    launched = await hospital.launch()
    page = await hospital.exchange(launched["code"])
    rows = await hospital.rows(
        "select l::text || coalesce(p::text, '') || (select string_agg(a::text, '') from audit_event a)"
        " from his_launch l left join his_page p on p.launch_id = l.id"
    )
    assert launched["code"] not in rows[0][0]
    assert page.token not in rows[0][0]
    assert NUMBER not in rows[0][0]


async def test_recognising_declining_and_taking_back_work_by_forms_alone(hospital: Hospital):
    page = await hospital.open()
    done = await hospital.act(page, "accept", choice=page.choices[0])
    assert done.status == 200
    assert "已记录：互认，撤销本次申请。" in done.text
    assert "&#34;outcome&#34;:&#34;accepted&#34;" in done.text
    hospital.later(1)
    undone = await hospital.act(done, "undo")
    assert "已撤销" in undone.text
    hospital.later(1)
    declined = await hospital.act(undone, "decline", reason="R2", comment="<b>")
    assert "已记录：不互认。原因：结果变化较快" in declined.text
    assert await responses(hospital) == [("accepted", "", ""), ("withdrawn", "", ""), ("overridden", "R2", "<b>")]
    (said,) = (await hospital.good("outcomes", {"visit": "V1"}))["outcomes"]
    assert (said["order"], said["outcome"], said["reason"]) == ("O-1", "overridden", "R2")


async def test_a_form_sent_twice_is_one_answer(hospital: Hospital):
    page = await hospital.open()
    first = await hospital.act(page, "accept", choice=page.choices[0])
    hospital.later(1)
    again = await hospital.act(page, "accept", choice=page.choices[0])
    assert (first.status, again.status) == (200, 200)
    assert await responses(hospital) == [("accepted", "", "")]


async def test_all_that_meet_the_conditions_are_recognised_at_once(hospital: Hospital):
    page = await hospital.open(CHEST, HEAD, {**CHEST, "order": "O-3"})
    assert "符合互认条件的 2 项全部互认" in page.text
    done = await hospital.post("/embedded/page", {"page": page.token, "action": "accept-all"})
    assert done.text.count("已记录：互认，撤销本次申请。") == 2
    assert "全部互认" not in done.text
    assert len(await responses(hospital)) == 2


async def test_an_altered_token_an_altered_order_and_a_foreign_page_change_nothing(hospital: Hospital):
    page, other = await hospital.open(), await hospital.open(visit="V2")
    good = {"page": page.token, "action": "accept", "decision": page.decisions[0], "choice": page.choices[0]}
    altered = page.token[:-1] + ("A" if page.token[-1] != "A" else "B")
    for changed, headers, ground in (
        ({"page": altered}, {}, "unknown"),
        ({"decision": str(uuid4())}, {}, "order"),
        ({"decision": other.decisions[0]}, {}, "order"),
        ({}, {"Origin": "https://evil.example"}, "origin"),
        ({}, {"Origin": HIS}, "origin"),
        ({"action": "delete"}, {}, "malformed"),
        ({"decision": "x"}, {}, "malformed"),
        ({"comment": "x" * 501}, {}, "malformed"),
        ({f"more{at}": "x" for at in range(10)}, {}, "malformed"),
    ):
        answer = await hospital.post("/embedded/page", {**good, **changed}, **headers)
        assert (answer.refused, answer.status >= 400) == (ground, True)
    assert await responses(hospital) == []
    assert (await hospital.post("/embedded/page", good)).status == 200


async def test_a_choice_the_card_did_not_offer_is_told_on_the_page_and_not_kept(hospital: Hospital):
    page = await hospital.open()
    for fields, words in (
        ({"action": "accept", "choice": str(uuid4())}, "该卡片没有这个选项"),
        ({"action": "accept"}, "该卡片没有这个选项"),
        ({"action": "decline"}, "请从列表中选择不互认的原因"),
        ({"action": "decline", "reason": "L1"}, "请从列表中选择不互认的原因"),
        ({"action": "undo"}, "没有可撤销的选择"),
    ):
        answer = await hospital.post("/embedded/page", {"page": page.token, "decision": page.decisions[0], **fields})
        assert answer.status in {409, 422}
        assert words in answer.text
        assert answer.token == page.token
    assert await responses(hospital) == []


async def test_a_page_is_over_after_half_an_hour(hospital: Hospital):
    page = await hospital.open()
    hospital.later(1801)
    answer = await hospital.act(page, "accept", choice=page.choices[0])
    assert (answer.status, answer.refused) == (410, "late")
    assert await responses(hospital) == []


async def test_a_form_without_end_is_refused(hospital: Hospital):
    answer = await hospital.post("/embedded/page", {"page": "x" * 20000})
    assert answer.status == 413


async def test_a_patient_who_is_not_sure_is_said_to_be_so(hospital: Hospital):
    page = await hospital.open(patient={**PATIENT, "documents": []}, language="en")
    assert page.status == 200
    assert "no usable identity number" in page.text
    assert page.decisions == []


async def test_the_page_speaks_the_language_of_its_launch_whole(hospital: Hospital):
    page = await hospital.open(language="en")
    assert '<html lang="en">' in page.text
    assert "Meets the conditions of recognition" in page.text
    assert "Recognise (withdraw this order)" in page.text
    visible = page.text.replace("王桂兰", "").replace("石泉镇卫生院(演示)", "")
    assert "互认条件" not in visible
    assert "不互认" not in visible


async def test_every_step_on_the_page_is_audited(hospital: Hospital):
    page = await hospital.open()
    await hospital.act(page, "accept", choice=page.choices[0])
    await hospital.exchange("x" * 43)
    kept = await hospital.rows(
        "select action, outcome, detail->>'user', detail->>'code' from audit_event"
        " where action like 'public:/embedded%%' order by id"
    )
    assert kept == [
        ("public:/embedded/launch", "success", "D17", None),
        ("public:/embedded/page", "success", "D17", None),
        ("public:/embedded/launch", "refused", None, "launch-unknown"),
    ]


async def test_the_two_files_beside_the_page_are_the_same_for_everybody(hospital: Hospital):
    for name, kind in (("recognition.js", "text/javascript"), ("recognition.css", "text/css")):
        async with hospital.line.session.get(hospital.line.server.make_url(f"/embedded/{name}")) as answer:
            assert (answer.status, answer.content_type) == (200, kind)
    async with hospital.line.session.get(hospital.line.server.make_url("/embedded/page.html")) as answer:
        assert answer.status == 404


async def test_pictures_are_opened_by_a_link_made_for_this_doctor_when_it_is_asked_for(hospital: Hospital):
    page = await hospital.open()
    assert "调阅影像" in page.text
    assert hospital.pictures.asked == []
    hospital.pictures.link = "http://127.0.0.1:8080/v/once"
    answer = await hospital.act(page, "images")
    assert (answer.status, answer.headers["Location"]) == (303, hospital.pictures.link)
    (asked,) = hospital.pictures.asked
    assert (asked.client_id, asked.user) == (hospital.client_id, "D17")
    assert asked.result == f"imaging/{hospital.registered.study}"
    hospital.pictures.link = None
    away = await hospital.act(page, "images")
    assert away.status == 404
    assert "影像暂时不能调阅" in away.text


async def test_the_county_s_own_link_leads_to_the_images_once_and_names_nobody(hospital: Hospital):
    hospital.pictures.own = True
    page = await hospital.open()
    answer = await hospital.act(page, "images")
    assert answer.status == 303
    address, _, secret = answer.headers["Location"].partition("#")
    assert address.startswith(f"{Config().public_url}/linked/")
    ((study, shown_to),) = await hospital.rows(
        "select l.study_id, e.shown_to from picture_link l join recognition_exposure e on e.card = l.card"
    )
    assert (study, shown_to) == (hospital.registered.study, "D17")
    number = address.rpartition("/")[2]
    opened = await hospital.line.session.post(
        hospital.line.server.make_url(f"/api/linked/{number}/open"),
        json={"secret": secret},
        headers={"Origin": str(hospital.line.server.make_url("/").origin())},
    )
    assert opened.status == 200, await opened.text()


async def test_a_registry_that_is_away_is_said_in_words_and_uses_no_code_up(hospital: Hospital):
    code = (await hospital.launch())["code"]
    hospital.doing.away = True
    page = await hospital.exchange(code)
    assert (page.status, page.refused) == (503, "away")
    assert "不影响开单" in page.text
    assert await hospital.rows("select count(*) from his_page") == [(0,)]
    hospital.doing.away = False
    assert (await hospital.exchange(code)).status == 200
    assert (await hospital.exchange(code)).refused == "used"
