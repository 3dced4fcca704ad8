"""开单核对 over HTTP with real sessions: asked before ordering, kept before it is shown, answered once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from telemed.recognition.ledger import last_response
from telemed.vocabulary import Role
from tests.integration.recognition.asking import CHEST, HEAD, Page, Somebody


async def test_a_clinician_sees_what_the_hook_would_say_and_may_open_the_pictures(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    assert order["verdict"] == "must-offer"
    assert order["verdict_words"] == {"zh": "符合互认条件", "en": "Meets the conditions of recognition"}
    assert order["note"]["zh"] == "由接诊医师判断是否互认"
    assert (order["name"], order["name_en"]) == ("胸部 CT 平扫", "CT chest, plain")
    (result,) = order["results"]
    assert result["institution"] == "石泉镇卫生院(演示)"
    assert result["images"] is True
    ((uid,),) = await page.rows("select study_instance_uid from imaging_study where id = %s", page.registered.study)
    assert result["study"] == uid
    assert result["window"] == {"days": 30, "left": 30}
    assert result["ground"]["number"] == "龙医共体(演示)〔2025〕12号"
    assert [one["name"] for one in order["covered"]] == ["胸部 CT 平扫"]
    assert order["uncovered"] == []
    assert [one["meaning"] for one in order["choices"]] == ["recognise-and-cancel", "recognise-and-keep"]


async def test_every_gate_is_told_in_both_languages_with_its_outcome(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    (result,) = order["results"]
    steps = [*order["findings"], *result["findings"]]
    assert {"identity", "mapping", "G1", "G2", "G3", "G4", "G5", "G6", "G8"} <= {one["gate"] for one in steps}
    assert all(one["words"]["zh"] and one["words"]["en"] and one["gate_words"]["zh"] for one in steps)
    assert {one["outcome"] for one in steps} == {"pass"}


async def test_the_decision_and_the_card_are_in_the_ledger_with_the_hash_that_was_shown(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    kept = await page.rows("select id::text, client_id, patient_id, verdict, trace_hash from recognition_decision")
    assert kept == [(order["decision_id"], None, page.patient, "must-offer", order["trace_hash"])]
    cards = await page.rows("select card::text, client_id, surface, shown_to from recognition_exposure")
    assert cards == [(order["card"], None, "page", str(doctor.id))]
    assert await page.rows("select card::text, decision_id::text from recognition_exposure_decision") == [
        (order["card"], order["decision_id"])
    ]
    assert [one.differs for one in await page.registered.replayed()] == [()]


async def test_asking_is_audited_with_the_patient(page: Page, doctor: Somebody):
    await doctor.one(page.patient)
    ((outcome, detail),) = await page.rows("select outcome, detail from audit_event where action = 'recognition.check'")
    assert outcome == "success"
    assert detail["cards"] == 1
    assert detail["route"] == "POST /api/recognition/check"


async def test_an_item_without_any_result_is_decided_and_shows_no_card(page: Page, doctor: Somebody):
    status, body = await doctor.check(page.patient, CHEST, HEAD)
    assert status == 200
    chest, head = body["orders"]
    assert chest["card"] is not None
    assert (head["verdict"], head["card"], head["results"], head["choices"]) == (None, None, [], [])
    assert [one["name"] for one in head["uncovered"]] == ["颅脑 CT 平扫"]
    assert await page.rows("select count(*) from recognition_decision") == [(2,)]
    assert await page.rows("select count(*) from recognition_exposure") == [(1,)]


async def test_the_same_code_twice_is_one_order(page: Page, doctor: Somebody):
    status, body = await doctor.check(page.patient, CHEST, CHEST)
    assert status == 200
    assert len(body["orders"]) == 1


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({}, "must-offer"),
        ({"circumstances": ["emergency"]}, "exempt"),
        ({"circumstances": ["pre-operative"]}, "exempt"),
        ({"circumstances": ["pre-transfusion"]}, "exempt"),
        ({"circumstances": ["forensic"]}, "exempt"),
        ({"encounter_class": "emergency"}, "exempt"),
        ({"encounter_class": None}, "may-offer"),
    ],
)
async def test_the_circumstances_on_the_page_count_as_those_of_an_order(
    page: Page, doctor: Somebody, said: dict[str, Any], verdict: str
):
    order = await doctor.one(page.patient, **said)
    assert order["verdict"] == verdict
    assert (order["card"] is None) is (verdict == "exempt")
    assert len(order["results"]) == 1, "the doctor in a hurry wants the earlier pictures too"


async def test_pictures_that_cannot_be_fetched_are_told_and_not_offered(page: Page, doctor: Somebody):
    page.registered.images = False
    order = await doctor.one(page.patient)
    assert order["verdict"] == "not-eligible"
    assert order["choices"] == []
    assert order["reasons"] == []
    against = [one for one in order["results"][0]["findings"] if one["outcome"] != "pass"]
    assert [one["words"]["zh"] for one in against] == ["影像无法调阅"]


async def elsewhere(page: Page) -> Somebody:
    return await page.hire(Role.REQUESTER, page.registered.county.other_township)


async def registrar(page: Page) -> Somebody:
    return await page.hire(Role.REGISTRAR, page.registered.county.township)


@pytest.mark.parametrize(
    ("who", "status", "code"), [(elsewhere, 404, "unknown-patient"), (registrar, 403, "not-allowed")]
)
async def test_who_may_not_read_the_patient_or_does_not_order_is_told_nothing_and_nothing_is_kept(
    page: Page, who: Callable[[Page], Awaitable[Somebody]], status: int, code: str
):
    person = await who(page)
    found, body = await person.check(page.patient)
    assert (found, body["code"]) == (status, code)
    assert await page.rows("select count(*) from recognition_decision") == [(0,)]


async def test_a_study_outside_the_reach_of_the_person_is_spoken_of_without_a_link(page: Page):
    county = page.registered.county
    async with county.pool.transaction() as tx:
        await tx.execute(
            "insert into patient_organization (organization_id, patient_id) values (%s, %s)",
            (county.other_township, county.patient),
        )
        await page.registered.assessor.organization(tx, county.other_township, county.now)
    order = await (await elsewhere(page)).one(page.patient)
    (result,) = order["results"]
    assert result["institution"] == "石泉镇卫生院(演示)"
    assert result["images"] is True
    assert result["study"] is None


@pytest.mark.parametrize("codes", [[], [CHEST] * 21, [{"system": "", "code": "x"}], [{"system": "s"}]])
async def test_a_list_of_orders_that_is_none_is_refused(page: Page, doctor: Somebody, codes: list[Any]):
    asked = {"patient_id": str(page.patient), "codes": codes}
    status, _ = await doctor.call("POST", "/api/recognition/check", asked)
    assert status in {400, 422}
    assert await page.rows("select count(*) from recognition_decision") == [(0,)]


async def test_recognising_is_kept_once_however_often_the_button_is_pressed(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    said = {"outcome": "accepted", "choice": order["choices"][0]["id"]}
    first, again = await doctor.answer(order["card"], **said), await doctor.answer(order["card"], **said)
    assert first == (200, {"card": order["card"], "outcome": "accepted", "repeated": False})
    assert again == (200, {"card": order["card"], "outcome": "accepted", "repeated": True})
    assert await page.rows("select outcome, accepted::text[] from recognition_response") == [
        ("accepted", [order["choices"][0]["id"]])
    ]


async def test_a_mind_that_is_changed_is_kept_beside_what_was_said_before(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    await doctor.answer(order["card"], outcome="accepted", choice=order["choices"][0]["id"])
    page.registered.county.now += timedelta(seconds=30)
    status, body = await doctor.answer(order["card"], outcome="overridden", reason="R1", comment=" 咳血加重 ")
    assert (status, body["repeated"]) == (200, False)
    kept = await page.rows("select outcome, reason_code, comment from recognition_response order by outcome_at")
    assert kept == [("accepted", "", ""), ("overridden", "R1", "咳血加重")]


async def test_contrast_that_is_asked_beyond_the_item_counts(page: Page, doctor: Somebody):
    assert (await doctor.one(page.patient))["verdict"] == "must-offer"
    codes = [{**CHEST, "contrast": one} for one in ("plain", "plain-and-enhanced")]
    _, body = await doctor.check(page.patient, *codes)
    assert [one["verdict"] for one in body["orders"]] == ["must-offer", "not-eligible"]
    assert [one["code"]["contrast"] for one in body["orders"]] == ["plain", "plain-and-enhanced"]
    status, _ = await doctor.check(page.patient, {**CHEST, "laterality": "X"})
    assert status == 422


async def test_what_was_said_is_withdrawn_once_kept_whole_and_said_anew(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    yes = {"outcome": "accepted", "choice": order["choices"][0]["id"]}
    # the clock stands still: the last press counts all the same
    for said, repeated in (
        (yes, False),
        ({"outcome": "withdrawn"}, False),
        ({"outcome": "withdrawn"}, True),
        (yes, False),
        (yes, True),
        ({"outcome": "overridden", "reason": "R2"}, False),
        ({"outcome": "withdrawn"}, False),
    ):
        status, body = await doctor.answer(order["card"], **said)
        assert (status, body["outcome"], body["repeated"]) == (200, said["outcome"], repeated)
    kept = await page.rows("select outcome, received_at <= outcome_at from recognition_response order by outcome_at")
    outcomes = ["accepted", "withdrawn", "accepted", "overridden", "withdrawn"]
    assert kept == [(one, True) for one in outcomes]
    async with page.registered.county.pool.connection() as connection:
        last = await last_response(connection, UUID(order["card"]))
    assert last is not None
    assert last.outcome == "withdrawn"


async def test_a_card_nobody_answered_has_nothing_to_withdraw(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    status, body = await doctor.answer(order["card"], outcome="withdrawn")
    assert (status, body["code"]) == (409, "nothing-to-withdraw")
    assert await page.rows("select count(*) from recognition_response") == [(0,)]


async def test_of_two_presses_at_once_one_is_kept(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    await doctor.answer(order["card"], outcome="accepted", choice=order["choices"][0]["id"])
    answers = await asyncio.gather(*(doctor.answer(order["card"], outcome="withdrawn") for _ in range(8)))
    assert sorted(body["repeated"] for _, body in answers) == [False] + [True] * 7
    assert await page.rows("select count(*) from recognition_response where outcome = 'withdrawn'") == [(1,)]


async def test_reasons_of_the_county_are_offered_as_configured(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    assert [one["code"] for one in order["reasons"] if one["group"] == "local"] == ["L2", "L3", "L4"]
    assert all(one["words"]["zh"] and one["words"]["en"] for one in order["reasons"])
    assert (await doctor.answer(order["card"], outcome="overridden", reason="L4"))[0] == 200


@pytest.mark.parametrize(
    "said",
    [
        {"outcome": "accepted"},
        {"outcome": "accepted", "choice": str(uuid4())},
        {"outcome": "overridden"},
        {"outcome": "overridden", "reason": "R9"},
        {"outcome": "overridden", "reason": "L1"},
    ],
)
async def test_an_answer_the_card_did_not_offer_is_refused(page: Page, doctor: Somebody, said: dict[str, str]):
    order = await doctor.one(page.patient)
    status, _ = await doctor.answer(order["card"], **said)
    assert status == 422
    assert await page.rows("select count(*) from recognition_response") == [(0,)]


async def test_a_card_is_answered_by_whom_it_was_shown_to_alone(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    colleague = await page.hire(Role.REQUESTER, page.registered.county.township)
    said = {"outcome": "accepted", "choice": order["choices"][0]["id"]}
    status, body = await colleague.answer(order["card"], **said)
    assert (status, body["code"]) == (404, "unknown-card")
    assert (await doctor.answer(str(uuid4()), **said))[0] == 404
    assert await page.rows("select count(*) from recognition_response") == [(0,)]
