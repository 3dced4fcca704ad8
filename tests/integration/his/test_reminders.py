"""A hospital system asks before its doctor orders: what it is told, what is kept, and the same answer to a retry."""

from __future__ import annotations

import asyncio
from datetime import UTC
from typing import Any

import pytest

from telemed.county import records_away
from telemed.his.desk import Desk
from telemed.his.routes import endpoints
from tests.integration.his.hospital import CHEST, HEAD, PATIENT, Hospital
from tests.integration.recognition.registered import NUMBER


async def test_a_visit_is_told_once_of_what_there_is(hospital: Hospital):
    first = await hospital.good("visit-reminder", hospital.visit())
    assert (first["due"], first["silent"], first["patient"]["identity"]) == (True, "", "sure")
    assert first["text"]["zh"] == "该患者近期 1 项结果符合互认条件：胸部 CT 平扫"
    (line,) = first["items"]
    assert (line["verdict"], line["institution"], line["images"]) == ("must-offer", "石泉镇卫生院(演示)", True)
    again = await hospital.good("visit-reminder", hospital.visit())
    assert (again["due"], again["silent"], again["card"]) == (False, "already-prompted", None)
    other = await hospital.good("visit-reminder", hospital.visit(visit="V2"))
    assert other["due"]
    exposures = await hospital.rows(
        "select card::text, surface, shown_to, client_id, suggestions from recognition_exposure"
    )
    assert sorted(one[0] for one in exposures) == sorted([first["card"], other["card"]])
    assert {one[1:4] for one in exposures} == {("rest", "D17", hospital.client_id)}


async def test_twenty_systems_at_once_interrupt_a_visit_once(hospital: Hospital):
    answers = await asyncio.gather(*(hospital.good("visit-reminder", hospital.visit()) for _ in range(20)))
    assert sorted(one["due"] for one in answers) == [False] * 19 + [True]


async def test_where_the_province_has_asked_ours_is_silent_and_that_is_kept(hospital: Hospital):
    answer = await hospital.good("visit-reminder", hospital.visit(provincial_prompted=True))
    assert (answer["due"], answer["silent"], answer["text"]["zh"]) == (False, "provincial-prompted", "省平台已提示")
    assert await hospital.rows("select prompted_by from his_visit_prompt") == [("province",)]
    ordered = await hospital.remind(CHEST, provincial_prompted=True)
    assert (ordered["popup"], ordered["orders"][0]["silent"]) == (False, "provincial-prompted")
    assert ordered["orders"][0]["checked"]["verdict"] == "must-offer"
    assert await hospital.rows("select count(*) from recognition_exposure") == [(0,)]
    assert await hospital.rows("select silent, card from his_card order by shown_at") == [
        ("visit", None),
        ("provincial-prompted", None),
    ]
    assert (await hospital.good("visit-reminder", hospital.visit()))["silent"] == "already-prompted"


async def test_an_emergency_is_not_interrupted(hospital: Hospital):
    answer = await hospital.good("visit-reminder", hospital.visit(encounter_class="emergency"))
    assert (answer["due"], answer["silent"]) == (False, "exempt")
    ordered = await hospital.remind(CHEST, circumstances=["emergency"])
    assert (ordered["popup"], ordered["orders"][0]["silent"]) == (False, "exempt")
    assert ordered["orders"][0]["checked"]["results"], "the doctor in a hurry wants the earlier pictures too"


async def test_orders_are_answered_together_and_kept_before_they_are_shown(hospital: Hospital):
    answer = await hospital.remind(CHEST, HEAD)
    chest, head = answer["orders"]
    assert (chest["order"], chest["popup"], chest["checked"]["verdict"]) == ("O-1", True, "must-offer")
    assert [one["meaning"] for one in chest["checked"]["choices"]] == ["recognise-and-cancel", "recognise-and-keep"]
    assert (head["order"], head["popup"], head["silent"], head["checked"]["card"]) == ("O-2", False, "no-result", None)
    kept = await hospital.rows(
        "select order_reference, client_id, patient_id, verdict, trace_hash from recognition_decision order by 1"
    )
    assert kept == [
        ("O-1", hospital.client_id, hospital.registered.county.patient, "must-offer", chest["checked"]["trace_hash"]),
        ("O-2", hospital.client_id, hospital.registered.county.patient, None, head["checked"]["trace_hash"]),
    ]
    assert await hospital.rows("select card::text, surface, shown_to from recognition_exposure") == [
        (chest["checked"]["card"], "rest", "D17")
    ]
    assert [one.differs for one in await hospital.registered.replayed()] == [(), ()]


async def test_an_order_with_its_reason_and_one_answered_before_are_not_asked_about(hospital: Hospital):
    reasoned = await hospital.remind({**CHEST, "reason": "R1"})
    assert (reasoned["popup"], reasoned["orders"][0]["silent"]) == (False, "reason-given")
    card = await hospital.card()
    said = {"card": card["card"], "outcome": "accepted", "choice": card["choices"][1]["id"]}
    assert (await hospital.respond(said))[0] == 200
    signed = await hospital.remind(CHEST)
    assert (signed["popup"], signed["orders"][0]["silent"]) == (False, "answered-before")
    assert (await hospital.remind({**CHEST, "order": "O-9"}))["popup"]
    other = (await hospital.remind({**HEAD, "order": CHEST["order"]}))["orders"][0]
    assert other["silent"] != "answered-before", "another item under the name of an answered one"
    assert (await hospital.remind(CHEST, visit="V2"))["popup"]
    hospital.later(1)
    await hospital.undo(card["card"])
    assert (await hospital.remind(CHEST))["popup"], "what was taken back is asked about again"


async def test_prior_results_are_listed_with_a_card_each(hospital: Hospital):
    answer = await hospital.good("prior-results", hospital.visit())
    (line,) = answer["items"]
    assert line["card"] is not None
    detail = await hospital.good("detail", {"user": "D17", "decision_id": line["decision_id"]})
    assert detail["checked"]["card"] == line["card"]
    assert {one["gate"] for one in detail["checked"]["results"][0]["findings"]} >= {"identity", "G1", "G2", "G3", "G5"}


STRANGER = "110105194912310021"


@pytest.mark.parametrize(
    ("changes", "identity"),
    [
        ({"name": "王桂兰花"}, "doubtful"),
        ({"birth_date": "1958-03-15"}, "doubtful"),
        ({"documents": [{"kind": "national-id", "number": "11010519491231002X"}]}, "unknown"),
        ({"documents": [{"kind": "national-id", "number": STRANGER}]}, "no-document"),
        ({"documents": []}, "no-document"),
    ],
)
async def test_who_is_not_sure_gets_a_clear_answer_and_no_verdict(
    hospital: Hospital, changes: dict[str, Any], identity: str
):
    answer = await hospital.remind(CHEST, patient={**PATIENT, **changes})
    assert (answer["patient"]["identity"], answer["popup"], answer["orders"]) == (identity, False, [])
    assert answer["patient"]["words"]["zh"]
    assert "不影响开单" in answer["patient"]["words"]["zh"]
    reminder = await hospital.good("visit-reminder", hospital.visit(patient={**PATIENT, **changes}))
    assert (reminder["due"], reminder["silent"]) == (False, "patient-not-sure")
    assert (await hospital.good("prior-results", hospital.visit(patient={**PATIENT, **changes})))["items"] == []
    assert await hospital.rows("select count(*) from recognition_decision") == [(0,)]


async def test_a_retry_with_a_new_token_gets_the_same_answer_and_keeps_nothing_more(hospital: Hospital):
    body = hospital.visit(CHEST)
    first = await hospital.good("order-reminder", body)
    hospital.later(3600)
    assert await hospital.good("order-reminder", body) == first
    assert await hospital.rows("select count(*) from recognition_decision") == [(1,)]
    outcomes = await hospital.rows(
        "select detail->>'repeated' from audit_event where action = 'public:/his/order-reminder' order by id"
    )
    assert outcomes == [(None,), ("1",)]


async def test_retries_that_overtake_each_other_get_one_answer(hospital: Hospital):
    body = hospital.visit(CHEST)
    answers = await asyncio.gather(*(hospital.good("order-reminder", body) for _ in range(8)))
    assert all(one == answers[0] for one in answers)
    assert await hospital.rows("select count(*) from recognition_decision") == [(1,)]
    assert await hospital.rows("select count(*) from his_answer") == [(1,)]


async def test_an_id_that_stood_for_another_request_is_refused(hospital: Hospital):
    body = hospital.visit(CHEST)
    await hospital.good("order-reminder", body)
    alone = {name: value for name, value in body.items() if name != "orders"}
    for path, changed in (("order-reminder", {**body, "visit": "V2"}), ("prior-results", alone)):
        status, answer = await hospital.send(path, changed)
        assert (status, answer["code"]) == (409, "request-id-used")


async def test_the_same_id_of_two_systems_is_two_requests(hospital: Hospital, other_hospital: Hospital):
    body = hospital.visit(CHEST)
    ours, theirs = await hospital.good("order-reminder", body), await other_hospital.good("order-reminder", body)
    assert ours["orders"][0]["checked"]["decision_id"] != theirs["orders"][0]["checked"]["decision_id"]


async def test_old_answers_are_forgotten(hospital: Hospital):
    await hospital.remind(CHEST)
    hospital.later(8 * 24 * 3600)
    await hospital.remind(CHEST, visit="V2")
    assert await hospital.rows("select count(*) from his_answer") == [(1,)]


@pytest.mark.parametrize("code", ["registry-late", "registry-behind"])
async def test_a_registry_that_does_not_answer_keeps_nothing_and_the_request_may_be_sent_again(
    hospital: Hospital, code: str
):
    body = hospital.visit(CHEST)
    hospital.doing.away = code == "registry-behind"
    hospital.doing.answers.clear()
    status, answer = await hospital.send("order-reminder", body)
    assert (status, answer["code"]) == (503, code)
    assert await hospital.rows("select count(*) from his_answer") == [(0,)]
    hospital.doing.away = False
    hospital.doing.answers.set()
    assert (await hospital.good("order-reminder", body))["popup"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"visit": f"V-{NUMBER}"}, 422, "number-in-name"),
        ({"user": NUMBER}, 422, "number-in-name"),
        ({"request_id": NUMBER}, 422, "number-in-name"),
        ({"orders": [{**CHEST, "order": NUMBER}]}, 422, "number-in-name"),
        ({"orders": [CHEST, {**HEAD, "order": "O-1"}]}, 422, "order-twice"),
        ({"orders": [{**CHEST, "order": f"O-{at}"} for at in range(21)]}, 422, "malformed"),
        ({"orders": []}, 422, "malformed"),
        ({"request_id": None}, 422, "malformed"),
        ({"patientName": "x"}, 422, "malformed"),
        ({"visit": "a\x00"}, 422, "nul-character"),
    ],
)
async def test_what_is_not_a_request_is_refused_in_both_languages_and_nothing_is_kept(
    hospital: Hospital, changes: dict[str, Any], status: int, code: str
):
    found, answer = await hospital.send("order-reminder", hospital.visit(**{"orders": [CHEST], **changes}))
    assert (found, answer["code"]) == (status, code)
    assert answer["zh"]
    assert answer["en"]
    assert NUMBER not in str(answer)
    assert await hospital.rows("select count(*) from his_answer") == [(0,)]


async def test_a_body_without_end_is_refused(hospital: Hospital):
    status, answer = await hospital.send("order-reminder", b" " * (64 * 1024 + 1))
    assert (status, answer["code"]) == (413, "http-413")


async def test_who_does_not_prove_to_be_a_system_is_refused_before_the_body_is_read(hospital: Hospital):
    for options in (
        {"token": ""},
        {"token": "a.b.c"},
        {"token": hospital.line.system.token("/his/detail")},
        {"headers": {"Origin": "https://evil.example"}},
    ):
        status, answer = await hospital.send("order-reminder", b"{", **options)
        assert (status, answer["code"]) == (401, "not-a-client")
    grounds = await hospital.rows(
        "select detail->>'code', outcome from audit_event where action = 'public:/his/order-reminder' order by id"
    )
    assert grounds == [
        ("no-token", "refused"),
        ("jwt-malformed", "refused"),
        ("jwt-audience", "refused"),
        ("origin-not-registered", "refused"),
    ]


EVERY = (
    "visit-reminder",
    "order-reminder",
    "prior-results",
    "detail",
    "quote",
    "reasons",
    "responses",
    "undo",
    "outcomes",
    "launches",
)


async def test_every_call_needs_a_token_of_its_own_and_each_token_is_good_once(hospital: Hospital):
    served = {one.path for one in endpoints(Desk("", records_away, UTC))}
    assert served == {f"/his/{one}" for one in EVERY}
    for path in EVERY:
        body = None if path == "reasons" else {}
        assert (await hospital.send(path, body, token=""))[0] == 401, path
        token = hospital.line.system.token(f"/his/{path}")
        assert (await hospital.send(path, body, token=token))[0] in {200, 422}, path
        assert (await hospital.send(path, body, token=token))[0] == 401, path


async def test_asking_is_audited_with_the_patient_and_without_the_number(hospital: Hospital):
    await hospital.remind(CHEST)
    ((outcome, detail, entities),) = await hospital.rows(
        "select outcome, detail::text, entities::text from audit_event where action = 'public:/his/order-reminder'"
    )
    assert outcome == "success"
    assert str(hospital.client_id) in detail
    assert str(hospital.registered.county.patient) in entities
    assert NUMBER not in detail + entities
