"""What a doctor did about a card: kept once, taken back, told again; and nobody answers for another."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.his.hospital import CHEST, Hospital


def accepted(card: Any, place: int = 0) -> dict[str, str]:
    return {"card": card["card"], "outcome": "accepted", "choice": card["choices"][place]["id"]}


async def test_recognising_is_kept_and_told_with_the_order_it_is_about(hospital: Hospital):
    card = await hospital.card()
    status, answer = await hospital.respond(accepted(card))
    (said,) = answer["outcomes"]
    assert status == 200
    assert (said["order"], said["outcome"], said["meaning"]) == ("O-1", "accepted", "recognise-and-cancel")
    assert await hospital.rows("select outcome, accepted::text[] from recognition_response") == [
        ("accepted", [card["choices"][0]["id"]])
    ]
    again = await hospital.respond(accepted(card))
    assert again == (200, answer)
    assert await hospital.rows("select count(*) from recognition_response") == [(1,)]


async def test_declining_takes_one_reason_and_no_words(hospital: Hospital):
    card = await hospital.card()
    status, answer = await hospital.respond({"card": card["card"], "outcome": "overridden", "reason": "T2"})
    assert status == 200
    assert (answer["outcomes"][0]["outcome"], answer["outcomes"][0]["reason"]) == ("overridden", "T2")
    kept = await hospital.rows("select outcome, reason_system, reason_code, comment from recognition_response")
    assert kept == [("overridden", "urn:cn:hr:retest-reason", "T2", "")]


async def test_an_answer_is_taken_back_once_and_may_be_given_anew(hospital: Hospital):
    card = await hospital.card()
    assert (await hospital.undo(card["card"]))[1]["code"] == "nothing-to-undo"
    await hospital.respond(accepted(card))
    hospital.later(5)
    status, answer = await hospital.undo(card["card"], comment=" 点错 ")
    assert (status, answer["outcome"], answer["order"]) == (200, "withdrawn", "O-1")
    assert (await hospital.undo(card["card"]))[0] == 409
    hospital.later(5)
    assert (await hospital.respond({"card": card["card"], "outcome": "overridden", "reason": "R2"}))[0] == 200
    kept = await hospital.rows("select outcome, comment from recognition_response order by outcome_at")
    assert kept == [("accepted", ""), ("withdrawn", "点错"), ("overridden", "")]


async def test_a_retry_of_an_undo_is_the_same_undo(hospital: Hospital):
    card = await hospital.card()
    await hospital.respond(accepted(card))
    hospital.later(5)
    body = {"request_id": "undo-1", "user": "D17", "card": card["card"]}
    first = await hospital.send("undo", body)
    hospital.later(5)
    assert await hospital.send("undo", body) == first
    assert first[0] == 200


async def test_a_batch_is_kept_whole_or_not_at_all(hospital: Hospital):
    one, two = await hospital.card(), await hospital.card(orders=[{**CHEST, "order": "O-7"}])
    bad: list[tuple[list[Any], int, str]] = [
        ([accepted(one), {"card": str(uuid4()), "outcome": "overridden", "reason": "R1"}], 404, "unknown-card"),
        ([accepted(one), {**accepted(two), "choice": one["choices"][0]["id"]}], 422, "no-such-choice"),
        ([accepted(one), {"card": two["card"], "outcome": "overridden"}], 422, "no-such-reason"),
        ([accepted(one), {"card": two["card"], "outcome": "overridden", "reason": "L1"}], 422, "no-such-reason"),
        ([accepted(one), accepted(one, 1)], 422, "card-twice"),
        ([], 422, "malformed"),
    ]
    for responses, status, code in bad:
        found, answer = await hospital.respond(*responses)
        assert (found, answer["code"]) == (status, code)
    assert await hospital.rows("select count(*) from recognition_response") == [(0,)]
    status, answer = await hospital.respond(accepted(one), accepted(two, 1))
    assert status == 200
    assert [(each["order"], each["meaning"]) for each in answer["outcomes"]] == [
        ("O-1", "recognise-and-cancel"),
        ("O-7", "recognise-and-keep"),
    ]


async def test_a_card_is_answered_by_its_own_system_and_user_alone(hospital: Hospital, other_hospital: Hospital):
    card = await hospital.card()
    for who, said in ((other_hospital, {}), (hospital, {"user": "D18"})):
        status, answer = await who.respond(accepted(card), **said)
        assert (status, answer["code"]) == (404, "unknown-card")
        assert (await who.undo(card["card"], **said))[0] == 404
    decision = {"user": "D17", "decision_id": card["decision_id"]}
    for path in ("detail", "quote"):
        assert (await other_hospital.send(path, decision))[0] == 404
        assert (await hospital.send(path, {**decision, "user": "D18"}))[0] == 404
    assert await hospital.rows("select count(*) from recognition_response") == [(0,)]


async def test_what_a_visit_came_to_is_told_to_its_own_system(hospital: Hospital, other_hospital: Hospital):
    card = await hospital.card()
    assert [one["outcome"] for one in (await hospital.good("outcomes", {"visit": "V1"}))["outcomes"]] == ["none"]
    await hospital.respond(accepted(card))
    (said,) = (await hospital.good("outcomes", {"visit": "V1"}))["outcomes"]
    assert (said["card"], said["outcome"], said["meaning"]) == (card["card"], "accepted", "recognise-and-cancel")
    assert (await other_hospital.good("outcomes", {"visit": "V1"}))["outcomes"] == []


async def test_a_result_is_quoted_with_where_and_when_and_not_after_an_hour(hospital: Hospital):
    card = await hospital.card()
    body = {"user": "D17", "decision_id": card["decision_id"]}
    quoted = await hospital.good("quote", body)
    assert quoted["text"]["zh"].startswith("石泉镇卫生院(演示) ")
    assert quoted["text"]["zh"].endswith("不含诊断结论。")
    assert "报告" not in quoted["text"]["zh"]
    hospital.later(3601)
    status, answer = await hospital.send("quote", body)
    assert (status, answer["code"]) == (409, "shown-too-long-ago")


async def test_the_reasons_that_are_on_are_told(hospital: Hospital):
    told = await hospital.good("reasons")
    assert [one["code"] for one in told["reasons"]] == [
        "R1",
        "R2",
        "R3",
        "R4",
        "R5",
        "R7",
        "R8",
        "R6",
        "T6",
        "L2",
        "L3",
        "L4",
    ]
    assert [one["code"] for one in told["images"]] == ["T1", "T2", "T3"]


@pytest.mark.parametrize("table", ["his_card", "his_launch", "his_page", "his_visit_prompt"])
async def test_what_was_shown_and_opened_is_never_changed(hospital: Hospital, table: str):
    await hospital.good("visit-reminder", hospital.visit())
    await hospital.open()
    for statement in (f"delete from {table}", f"truncate {table} cascade"):
        with pytest.raises(Exception, match="never changed or removed"):
            await hospital.rows(statement)
