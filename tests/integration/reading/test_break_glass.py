"""紧急调阅 over HTTP with real sessions: one record, one person, one hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from telemed.patients.break_glass import Reason
from telemed.vocabulary import Role
from tests.integration.reading.emergency import OPEN, OTHER_CARD, SHUT, SPAN, STRANGER, Somebody, Ward


async def test_one_record_opens_with_its_studies_images_and_reports(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    assert await doctor.sees() == SHUT
    record = await doctor.opened()
    assert record["patient"]["name"] == "王桂兰"
    assert await doctor.sees() == OPEN
    studies = await doctor.call("GET", f"/api/patients/{ward.county.patient}/studies")
    assert [one["id"] for one in studies.body["items"]] == [str(ward.study)]
    readings = await doctor.call("GET", f"/api/readings?study_id={ward.study}")
    assert [one["current_version_id"] for one in readings.body["items"]] == [str(ward.report)]
    everything = await doctor.call("GET", "/dicom-web/studies")
    assert len(everything.body) == 1
    mine = (await doctor.call("GET", "/api/break-glass")).body
    assert [one["id"] for one in mine["items"]] == [record["id"]]
    assert mine["items"][0]["expires_at"] == "2026-11-23T02:12:00Z"


async def test_it_opens_nothing_but_reading(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    await doctor.opened()
    patient, report = ward.county.patient, ward.report
    refused = {
        "whole number": ("POST", f"/api/patients/{patient}/reveal", {"reason": ""}),
        "identity": ("POST", f"/api/patients/{patient}/identity", {"name": "王桂兰", "sex": "F"}),
        "print": ("POST", f"/api/reports/{report}/print", {"copies": 1, "paper": "A4", "reason": ""}),
        "acknowledge": ("POST", f"/api/reports/{report}/acknowledge", None),
        "delivered": ("POST", f"/api/reports/{report}/received", None),
    }
    assert {name: (await doctor.call(*way)).status for name, way in refused.items()} == dict.fromkeys(refused, 404)
    assert (await doctor.call("POST", f"/api/reports/{report}/view")).status == 204
    assert await ward.run("select kind from report_receipt") == []
    assert (await doctor.call("GET", "/api/studies")).body["items"] == []
    assert (await doctor.call("POST", "/api/patients/search", {"q": "王桂兰"})).body["items"] == []


async def expired(ward: Ward, _doctor: Somebody, _use: str) -> None:
    await ward.pass_time(SPAN)


async def ended(_ward: Ward, doctor: Somebody, use: str) -> None:
    assert (await doctor.call("POST", f"/api/break-glass/{use}/end")).status == 204


async def revoked(ward: Ward, _doctor: Somebody, use: str) -> None:
    office = await ward.hire(Role.MEDICAL_OFFICE, at=ward.county.center)
    said = {"verdict": "not-justified", "note": "无急诊记录"}
    assert (await office.call("POST", f"/api/break-glass/uses/{use}/review", said)).status == 204


async def role_lost(ward: Ward, doctor: Somebody, _use: str) -> None:
    await ward.run("update practitioner_role set role = 'registrar' where practitioner_id = %s", doctor.id)


async def works_elsewhere(ward: Ward, doctor: Somebody, _use: str) -> None:
    """The session is at another organisation of the same person."""
    place = uuid4()
    await ward.run(
        "insert into organization (id, code, name, kind) values (%s, 'LA13', '三道镇卫生院', 'township-hospital')",
        place,
    )
    await ward.run("insert into community_membership values (%s, '2026-01-01')", place)
    await ward.run("insert into practitioner_role values (%s, %s, 'requester')", doctor.id, place)
    await ward.run(
        "update session set organization_id = %s"
        " where account_id = (select id from account where practitioner_id = %s)",
        *(place, doctor.id),
    )


@pytest.mark.parametrize("ground", [expired, ended, revoked, role_lost, works_elsewhere])
async def test_a_record_shuts_again(ward: Ward, ground: Callable[..., Any]):
    doctor = await ward.hire(Role.REQUESTER)
    record = await doctor.opened()
    assert await doctor.sees() == OPEN
    await ground(ward, doctor, record["id"])
    assert await doctor.sees() == SHUT


async def test_a_moment_before_its_time_it_is_open(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    await doctor.opened()
    await ward.pass_time(SPAN - timedelta(seconds=1))
    assert await doctor.sees() == OPEN


async def test_another_persons_record_and_another_persons_eyes_stay_shut(ward: Ward):
    doctor, colleague = await ward.hire(Role.REQUESTER), await ward.hire(Role.REQUESTER)
    await ward.person("刘德福", OTHER_CARD, ward.county.township)
    other = await doctor.opened(OTHER_CARD)
    assert await doctor.sees() == SHUT
    assert (await doctor.call("GET", f"/api/patients/{other['patient']['id']}")).status == 200
    await doctor.opened()
    assert await doctor.sees() == OPEN
    assert await colleague.sees() == SHUT
    assert (await colleague.call("GET", "/api/break-glass")).body["items"] == []


async def test_the_second_factor_owed_opens_nothing_and_shuts_what_is_open(ward: Ward):
    reader = await ward.hire(Role.AUTHOR)
    await reader.opened()
    assert await reader.sees() == OPEN
    await ward.run("update session set second_factor_at = null")
    assert set((await reader.sees()).values()) == {403}
    answer = await reader.open()
    assert (answer.status, answer.code) == (403, "second-factor-needed")


async def test_a_role_without_the_action_opens_nothing(ward: Ward):
    for role in (Role.REGISTRAR, Role.TECHNICIAN, Role.VILLAGE_DOCTOR, Role.MEDICAL_OFFICE, Role.AUDITOR):
        answer = await (await ward.hire(role)).open()
        assert (answer.status, answer.code) == (403, "not-allowed"), role
    assert await ward.run("select id from break_glass_use") == []


async def test_without_a_reason_or_a_whole_number_nobody_is_looked_for(ward: Ward):
    near: list[tuple[dict[str, Any], str]] = [
        ({"note": "  "}, "break-glass-needs-reason"),
        ({"reason": "curiosity"}, "malformed"),
        ({"number": "23999919560314002"}, "document-unusable"),
        ({"number": "239999195603140025"}, "document-unusable"),
        ({"kind": "device"}, "document-unusable"),
        ({"by": "hospital-number", "number": "A000001"}, "number-needs-hospital"),
        ({"by": "name", "number": "王桂兰"}, "malformed"),
    ]
    for changed, code in near:
        answer = await (await ward.hire(Role.REQUESTER)).open(**changed)
        assert (answer.status, answer.code) == (422, code), changed
    assert await ward.run("select id from break_glass_use") == []


async def test_every_reason_on_the_list_opens(ward: Ward):
    for reason in Reason:
        answer = await (await ward.hire(Role.REQUESTER)).open(reason=reason)
        assert answer.status == 200, reason
    assert {row[0] for row in await ward.run("select reason from break_glass_use")} == set(Reason)


async def test_nobody_and_somebody_outside_the_community_are_one_answer(ward: Ward):
    doctor, outside = await ward.hire(Role.REQUESTER), uuid4()
    await ward.run(
        "insert into organization (id, code, name, kind) values (%s, 'OUT', '省肿瘤医院', 'outside-hospital')", outside
    )
    await ward.person("刘德福", OTHER_CARD, outside)
    unknown, elsewhere = await doctor.open(STRANGER), await doctor.open(OTHER_CARD)
    assert (unknown.status, unknown.body) == (elsewhere.status, elsewhere.body) == (200, {"record": None})
    assert await ward.run("select id from break_glass_use") == []
    assert [row[0] for row in await ward.run("select detail ->> 'found' from audit_event")] == ["0", "0"]


async def test_a_hospitals_own_number_names_one_person_at_that_hospital_alone(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    ((accession,),) = await ward.run(
        "select accession_number from service_request where patient_id = %s", ward.county.patient
    )
    by = {"by": "hospital-number", "number": accession}
    wrong = await doctor.open(**by, organization_id=str(ward.county.other_township))
    assert wrong.body == {"record": None}
    right = await doctor.open(**by, organization_id=str(ward.county.township))
    assert right.body["record"]["patient"]["id"] == str(ward.county.patient)
    await ward.run(
        "insert into patient_identifier (issuer, value, kind, patient_id) values (%s, 'L2611230001', 'temporary', %s)",
        *(f"ORG:{ward.county.township}", await ward.person("无名氏", OTHER_CARD, ward.county.township)),
    )
    temporary = await doctor.open("L2611230001", by="hospital-number", organization_id=str(ward.county.township))
    assert temporary.body["record"]["patient"]["name"] == "无名氏"


async def test_a_record_decided_to_be_the_same_person_opens_with_it(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    twin = await ward.person("王桂兰", OTHER_CARD, ward.county.township)
    await doctor.opened(OTHER_CARD)
    assert await doctor.sees() == SHUT
    await ward.run("update patient set same_as_id = %s where id = %s", ward.county.patient, twin)
    assert await doctor.sees() == OPEN


async def test_pressed_twice_it_is_one_use_and_opened_anew_another(ward: Ward):
    doctor = await ward.hire(Role.REQUESTER)
    first = await doctor.opened()
    await ward.pass_time(timedelta(minutes=5))
    assert (await doctor.opened())["id"] == first["id"]
    await ward.pass_time(SPAN)
    assert (await doctor.opened())["id"] != first["id"]
