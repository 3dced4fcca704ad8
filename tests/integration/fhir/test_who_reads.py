"""Reading over HTTP: who finds whose record, and what the trail keeps of it."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

from telemed.vocabulary import Role
from tests.integration.fhir.conftest import BASE, THERE, one_of, register, sign_in
from tests.unit.fhir.rows import valid

NUMBER = "239999195603140024"
SYSTEM = "urn:oid:2.16.156.10011.1.3"


async def test_a_number_in_an_address_is_refused_and_in_a_body_finds_its_holder(glucose, reader):
    for path in (
        f"Patient?identifier={NUMBER}",
        f"Patient?identifier={SYSTEM}|{NUMBER}",
        f"Observation?patient={NUMBER}",
    ):
        refused = await reader.get(path)
        assert (refused.status, "ID numbers in URLs (refused)" in refused.issue["diagnostics"]) == (400, True)
    found = await reader.search("Patient", f"identifier={SYSTEM}|{NUMBER}")
    one = one_of(found)
    assert one["id"] == glucose
    assert NUMBER in [each.get("value") for each in one["identifier"]]
    assert NUMBER not in json.dumps(found.body["link"])
    valid(found.body)
    assert NUMBER not in json.dumps((await reader.get(f"Patient/{glucose}")).body)


async def test_the_scope_is_that_of_the_own_routes(glucose, county, reader, township):
    assert len((await reader.get(f"Observation?patient={glucose}")).resources) == 1
    assert (await township.get(f"Observation?patient={glucose}")).resources == []
    assert (await township.get(f"Patient/{glucose}")).status == 404
    assert (await township.search("Patient", f"identifier={NUMBER}")).resources == []
    supervisor = await sign_in(county, Role.SUPERVISOR)
    refused = await supervisor.get(f"Observation?patient={glucose}")
    assert (refused.status, refused.issue["code"]) == (403, "forbidden")
    assert (await county.send("GET", f"{BASE}/Observation?patient={glucose}")).status == 401


async def test_a_record_opened_by_break_glass_opens_here_too(glucose, county, township):
    person = await county.one("select practitioner_id from practitioner_role where role = 'requester'")
    await county.write(
        "insert into break_glass_use (id, practitioner_id, organization_id, patient_id, reason, note, opened_at,"
        " expires_at)"
        " values (%s, %s, %s, %s, 'cannot-tell', '昏迷', %s, %s)",
        uuid4(), person, THERE, glucose, county.now, county.now + timedelta(minutes=60),
    )  # fmt: skip
    assert len((await township.get(f"Observation?patient={glucose}")).resources) == 1
    detail = await county.one("select detail from audit_event order by id desc limit 1")
    assert detail["break_glass"]


async def test_a_registered_system_finds_its_own_organisations_and_nobody_elses(glucose, county, his):
    assert len((await his.get(f"Observation?patient={glucose}")).resources) == 1
    other = await register(county, "https://township.example", "township")
    assert (await other.get(f"Observation?patient={glucose}")).resources == []
    assert (await other.get(f"Patient/{glucose}")).status == 404
    assert (await his.get("AuditEvent")).status == 403
    detail = await county.rows("select detail, outcome from audit_event order by id")
    assert all("client" in one for one, _ in detail)


async def test_a_token_is_good_once_and_for_one_address(glucose, county, his):
    path = f"{BASE}/Patient/{glucose}"
    token = his.system.token(path)
    answers = [await county.send("GET", path, Authorization=f"Bearer {token}") for _ in range(2)]
    assert [one.status for one in answers] == [200, 401]
    assert answers[1].headers["WWW-Authenticate"] == "Bearer"
    assert answers[1].issue["code"] == "login"
    stray = await county.send("GET", path, Authorization=f"Bearer {his.system.token(BASE)}")
    assert stray.status == 401
    codes = [one["code"] for (one,) in await county.rows("select detail from audit_event where outcome = 'refused'")]
    assert codes == ["jwt-replayed", "jwt-audience"]


async def test_each_reading_is_recorded_with_whose_record_it_showed(glucose, county, his):
    await his.get(f"Observation?patient={glucose}")
    ((action, entities, detail),) = await county.rows("select action, entities, detail from audit_event")
    assert action == "report.read"
    assert entities[0]["patient"] == glucose
    assert (detail["found"], detail["route"]) == (1, "GET /fhir/R4/Observation")
    other = await register(county, "https://township.example", "township")
    await other.get(f"Observation?patient={glucose}")
    in_vain = await county.one("select entities from audit_event order by id desc limit 1")
    assert in_vain == [{"kind": "patient", "id": glucose, "patient": glucose}]


async def test_the_auditor_finds_the_trail_and_nobody_else(glucose, reader, auditor):
    await reader.get(f"Observation?patient={glucose}")
    found = await auditor.get(f"AuditEvent?patient={glucose}")
    one = one_of(found)
    valid(found.body)
    assert one["entity"][0]["what"]["identifier"]["value"]
    assert (await auditor.get(f"AuditEvent/{one['id']}")).body["id"] == one["id"]
    assert (await auditor.get("AuditEvent?date=lt2026-11-23")).resources == []
    assert (await reader.get("AuditEvent")).status == 403
    assert "王桂兰" not in json.dumps(found.body, ensure_ascii=False)
