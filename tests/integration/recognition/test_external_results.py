"""院外结果: written down as printed, beside the verdicts and no part of them."""

from __future__ import annotations

from uuid import uuid4

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
