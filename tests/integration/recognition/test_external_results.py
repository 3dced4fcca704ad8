"""院外结果: written down as printed, beside the verdicts and no part of them."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from telemed.vocabulary import Role
from tests.integration.recognition.asking import HEAD, Page, Somebody

OUTSIDE = {"name": "胸部 CT 平扫", "institution": "省肿瘤医院", "value": "右肺上叶结节 6 mm", "mark": "全国HR"}


async def test_a_result_of_elsewhere_stands_beside_the_verdicts_and_changes_none(page: Page, doctor: Somebody):
    before = (await doctor.check(page.patient))[1]["orders"][0]
    body = {"patient_id": str(page.patient), "performed_on": "2026-11-01", **OUTSIDE, "name": " 胸部 CT 平扫 "}
    status, made = await doctor.call("POST", "/api/recognition/external-results", body)
    assert status == 200, made
    _, after = await doctor.check(page.patient)
    assert after["external"] == [made]
    assert (made["name"], made["mark"], made["source"]) == ("胸部 CT 平扫", "全国HR", "paper")
    (order,) = after["orders"]
    assert [one["result"] for one in order["results"]] == [one["result"] for one in before["results"]]
    assert (order["verdict"], order["findings"]) == (before["verdict"], before["findings"])


async def test_what_was_noted_under_a_linked_record_is_seen_and_under_another_person_s_is_not(
    page: Page, doctor: Somebody
):
    body = {"patient_id": str(page.patient), **OUTSIDE}
    assert (await doctor.call("POST", "/api/recognition/external-results", body))[0] == 200
    other, _ = await page.registered.county.somebody()
    await page.rows(
        "insert into patient_organization (organization_id, patient_id) values (%s, %s) returning 1",
        page.registered.county.township,
        other,
    )
    assert (await doctor.check(other))[1]["external"] == []
    await page.rows("update patient set same_as_id = %s where id = %s returning 1", other, page.patient)
    assert [one["name"] for one in (await doctor.check(other))[1]["external"]] == [OUTSIDE["name"]]


async def test_a_result_of_elsewhere_alone_is_no_ground_for_any_verdict(page: Page, doctor: Somebody):
    body = {"patient_id": str(page.patient), **OUTSIDE, "name": "颅脑 CT 平扫"}
    await doctor.call("POST", "/api/recognition/external-results", body)
    _, answer = await doctor.check(page.patient, HEAD)
    (order,) = answer["orders"]
    assert (order["verdict"], order["results"], order["card"]) == (None, [], None)
    assert len(answer["external"]) == 1


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"performed_on": "2999-01-01"}, 422),
        ({"performed_on": "1900-01-01"}, 422),
        ({"name": "  "}, 422),
        ({"institution": " "}, 422),
        ({"name": "x" * 201}, 422),
        ({"source": "hearsay"}, 422),
        ({"patient_id": str(uuid4())}, 404),
    ],
)
async def test_a_result_of_elsewhere_with_one_fault_is_not_kept(
    page: Page, doctor: Somebody, changed: dict[str, str], status: int
):
    body = {"patient_id": str(page.patient), **OUTSIDE, **changed}
    assert (await doctor.call("POST", "/api/recognition/external-results", body))[0] == status
    assert await page.rows("select count(*) from external_result") == [(0,)]


async def test_results_of_elsewhere_are_written_by_those_who_may_ask_about_the_patient(page: Page):
    stranger = await page.hire(Role.REQUESTER, page.registered.county.center)
    technician = await page.hire(Role.TECHNICIAN, page.registered.county.township)
    body = {"patient_id": str(page.patient), **OUTSIDE}
    for one, status in ((technician, 403), (stranger, 404)):
        assert (await one.call("POST", "/api/recognition/external-results", body))[0] == status


async def noted(page: Page, doctor: Somebody, **changed: str) -> dict[str, Any]:
    body = {"patient_id": str(page.patient), **OUTSIDE, **changed}
    status, made = await doctor.call("POST", "/api/recognition/external-results", body)
    assert status == 200, made
    return made


async def take_back(who: Somebody, number: str, reason: str = "登记在错误的患者名下") -> tuple[int, Any]:
    return await who.call("POST", f"/api/recognition/external-results/{number}/withdrawal", {"reason": reason})


async def test_what_was_written_down_in_error_is_taken_back_and_stays_to_be_read(page: Page, doctor: Somebody):
    wrong = await noted(page, doctor)
    right = await noted(page, doctor, name="颅脑 CT 平扫")
    status, gone = await take_back(doctor, wrong["id"], " 登记在错误的患者名下 ")
    assert status == 200, gone
    assert (gone["withdrawal_reason"], gone["withdrawn_by"] != "", gone["withdrawn_at"] is not None) == (
        "登记在错误的患者名下",
        True,
        True,
    )
    assert {name: gone[name] for name in OUTSIDE} == OUTSIDE
    # what stands comes first, though the other is of the same moment
    assert (await doctor.check(page.patient))[1]["external"] == [right, gone]
    kept = "select w.reason, w.withdrawn_by from external_result_withdrawal w join external_result e"
    assert await page.rows(f"{kept} on e.id = w.external_result_id") == [("登记在错误的患者名下", doctor.id)]


async def test_taken_back_twice_the_first_stands(page: Page, doctor: Somebody):
    wrong = await noted(page, doctor)
    first = await take_back(doctor, wrong["id"])
    colleague = await page.hire(Role.VILLAGE_DOCTOR, page.registered.county.township)
    assert await take_back(colleague, wrong["id"], "另一个原因") == first
    assert await page.rows("select reason from external_result_withdrawal") == [("登记在错误的患者名下",)]


async def test_twenty_who_take_it_back_at_once_are_one(page: Page, doctor: Somebody):
    wrong = await noted(page, doctor)
    answers = await asyncio.gather(*(take_back(doctor, wrong["id"], f"原因 {number}") for number in range(20)))
    assert {status for status, _ in answers} == {200}
    assert len({one["withdrawal_reason"] for _, one in answers}) == 1
    assert await page.rows("select count(*) from external_result_withdrawal") == [(1,)]


async def test_no_decision_changes_by_an_entry_or_its_withdrawal_and_each_is_made_again(page: Page, doctor: Somebody):
    orders = [await doctor.one(page.patient)]
    wrong = await noted(page, doctor)
    orders.append(await doctor.one(page.patient))
    await take_back(doctor, wrong["id"])
    orders.append(await doctor.one(page.patient))
    first, *later = [(one["verdict"], one["findings"], [each["findings"] for each in one["results"]]) for one in orders]
    assert later == [first, first]
    # nothing of it is knowledge of the registry
    assert await page.rows("select count(*) from recognition_knowledge where kind ~ 'external'") == [(0,)]
    assert [one.differs for one in await page.registered.replayed()] == [(), (), ()]


async def test_taking_back_is_audited_with_the_patient_and_the_entry_and_without_the_reason(
    page: Page, doctor: Somebody
):
    wrong = await noted(page, doctor)
    await take_back(doctor, wrong["id"])
    await take_back(doctor, wrong["id"])
    route = "POST /api/recognition/external-results/{id}/withdrawal"
    trail = await page.rows(
        "select outcome, entities, detail from audit_event where detail ->> 'route' = %s order by id", route
    )
    assert [(outcome, detail["again"]) for outcome, _, detail in trail] == [("success", 0), ("success", 1)]
    for _, entities, detail in trail:
        assert {"kind": "external-result", "id": wrong["id"], "patient": str(page.patient)} in entities
        assert "登记" not in str(detail)


@pytest.mark.parametrize(("reason", "status"), [("", 422), ("  ", 422), ("x" * 501, 422), ("x" * 500, 200)])
async def test_without_a_reason_nothing_is_taken_back(page: Page, doctor: Somebody, reason: str, status: int):
    wrong = await noted(page, doctor)
    assert (await take_back(doctor, wrong["id"], reason))[0] == status
    assert await page.rows("select count(*) from external_result_withdrawal") == [(int(status == 200),)]


async def test_an_entry_is_taken_back_by_the_institution_that_wrote_it_and_by_those_who_may_ask(
    page: Page, doctor: Somebody
):
    county = page.registered.county
    wrong = await noted(page, doctor)
    # the centre reads for the township and knows the patient
    reader = await page.hire(Role.AUTHOR, county.center)
    assert (await reader.check(page.patient))[1]["external"] == [{**wrong, "own": False}]
    stranger = await page.hire(Role.REQUESTER, county.center)
    technician = await page.hire(Role.TECHNICIAN, county.township)
    for who, status, code in (
        (reader, 403, "external-result-of-another"),
        (stranger, 404, "unknown-external-result"),
        (technician, 403, "not-allowed"),
    ):
        found, problem = await take_back(who, wrong["id"])
        assert (found, problem["code"]) == (status, code)
    assert (await take_back(doctor, str(uuid4())))[0] == 404
    assert await page.rows("select count(*) from external_result_withdrawal") == [(0,)]
    colleague = await page.hire(Role.VILLAGE_DOCTOR, county.township)
    assert (await take_back(colleague, wrong["id"]))[0] == 200


async def test_an_entry_under_a_linked_record_is_taken_back_by_who_knows_the_other(page: Page, doctor: Somebody):
    wrong = await noted(page, doctor)
    other, _ = await page.registered.county.somebody()
    await page.rows(
        "insert into patient_organization (organization_id, patient_id) values (%s, %s) returning 1",
        page.registered.county.township,
        other,
    )
    await page.rows("delete from patient_organization where patient_id = %s returning 1", page.patient)
    assert (await take_back(doctor, wrong["id"]))[0] == 404
    await page.rows("update patient set same_as_id = %s where id = %s returning 1", other, page.patient)
    assert (await take_back(doctor, wrong["id"]))[0] == 200


@pytest.mark.parametrize(
    "change",
    [
        "update external_result_withdrawal set reason = 'x' returning 1",
        "delete from external_result_withdrawal returning 1",
        "delete from external_result returning 1",
    ],
)
async def test_neither_an_entry_nor_its_withdrawal_is_changed_afterwards(page: Page, doctor: Somebody, change: str):
    await take_back(doctor, (await noted(page, doctor))["id"])
    with pytest.raises(psycopg.Error):
        await page.rows(change)
    assert await page.rows("select count(*) from external_result_withdrawal") == [(1,)]
