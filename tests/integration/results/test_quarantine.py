"""Results kept apart: read anew when the map is put right, let in by a person, or discarded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telemed.access.policy import admit, scope
from telemed.http.server import Server
from telemed.http.wire import Authenticated, Gate
from telemed.results import routes, routes_quarantine
from telemed.results.code_map import CodeMaps, read
from tests.integration.results.conftest import ZONE
from tests.integration.results.known import NO_ID, known
from tests.unit.results.hl7_samples import GLUCOSE, ORDER, PATIENT, message

CSRF = {"X-CSRF-Token": "c"}
#: The county hospital's own map: its code GLU is measured in arbitrary sugar units of 1 mmol/L, spelt U/L.
OWN = b"""
sender = "county-hospital"
version = "2"
first_day = 2026-11-01
[[code]]
system = "LN"
code = "2345-7"
item = "glucose-odd"
unit = "U/L"
"""
CONTRADICTING = message(PATIENT, ORDER, GLUCOSE.replace("mmol/L", "U/L"))


@pytest.fixture
async def served(laboratory, people, aiohttp_client):
    """Make a client of the routes with a code map."""

    async def authenticate(request, _now):
        return Authenticated(people[request.headers.get("X-Who", "here")], "c")

    async def record(_tx, _call):
        return None

    async def make(*files: bytes):
        maps = read((f"{n}.toml", raw) for n, raw in enumerate(files))
        assert isinstance(maps, CodeMaps)
        server = Server(
            [*routes.endpoints(), *routes_quarantine.endpoints(ZONE, maps, scope)],
            pool=laboratory.pool,
            gate=Gate(authenticate=authenticate, scope=admit, second_factor_fresh=lambda *_: True, record=record),
            clock=lambda: laboratory.now + timedelta(hours=3),
        )
        return await aiohttp_client(server.application())

    return make


async def listed(client, who="here", **query):
    answer = await client.get("/api/laboratory/quarantine", headers={"X-Who": who}, params=query)
    assert answer.status == 200, await answer.text()
    return (await answer.json())["items"]


async def decide(client, case, what="release", who="here", note="已与检验科核对"):
    path = f"/api/laboratory/quarantine/{case}/{what}"
    answer = await client.post(path, json={"note": note}, headers=CSRF | {"X-Who": who})
    return answer.status, (await answer.json()).get("code") if answer.status != 204 else ""


async def test_a_case_says_what_stood_where_and_what_to_do_and_no_name(laboratory, served):
    await laboratory.codes(CONTRADICTING)
    client = await served()
    (case,) = await listed(client)
    assert (case["reason"], case["place"], case["written"]) == ("unit-contradicts", "OBX-6 line 4", "U/L")
    assert (case["facility"], case["control_id"], case["releasable"]) == ("县医院检验科", "M1", True)
    assert case["reason_zh"]
    assert case["reason_en"]
    assert "王桂兰" not in str(case)
    assert await listed(client, who="there") == []
    assert await decide(client, case["id"], who="there") == (404, "unknown-case")


async def test_a_result_is_let_in_once_its_map_is_put_right_and_known_from_then_on(laboratory, served):
    await laboratory.codes(CONTRADICTING)
    client = await served(OWN)
    (case,) = await listed(client)
    assert await decide(client, case["id"]) == (204, "")
    assert await known(laboratory) == []
    (one,) = await known(laboratory, laboratory.now + timedelta(hours=3))
    assert (one.item_key, one.map_version, one.number, one.unit_ucum) == (
        "glucose-odd",
        "county-hospital/2",
        "5.60",
        "U/L",
    )
    assert await decide(client, case["id"]) == (409, "case-decided")
    assert [one["note"] for one in await listed(client, state="released")] == ["已与检验科核对"]


@pytest.mark.parametrize("change", [(b'unit = "U/L"', b'unit = "mmol/L"'), (b"2026-11-01", b"2027-01-01")])
async def test_a_result_is_not_let_in_while_its_unit_still_contradicts(laboratory, served, change):
    shipped = OWN.replace(b'sender = "county-hospital"', b'sender = "*"').replace(b'unit = "U/L"', b'unit = "mmol/L"')
    await laboratory.codes(CONTRADICTING)
    client = await served(OWN.replace(*change), shipped.replace(b"glucose-odd", b"glucose"))
    (case,) = await listed(client)
    assert await decide(client, case["id"]) == (409, "case-still-doubtful")
    assert await laboratory.one("select count(*) from laboratory_observation") == 0
    assert await laboratory.one("select count(*) from laboratory_report_version") == 1
    assert len(await listed(client)) == 1


async def test_releasing_needs_a_note_and_a_reason_that_can_be_released(laboratory, served):
    await laboratory.codes(message(PATIENT, ORDER, GLUCOSE.replace("5.60", "溶血")))
    client = await served(OWN)
    (case,) = await listed(client)
    assert not case["releasable"]
    assert await decide(client, case["id"], note=" ") == (422, "decision-needs-note")
    assert await decide(client, case["id"]) == (409, "case-not-releasable")
    assert await decide(client, case["id"], "discard", note="") == (422, "decision-needs-note")
    assert await decide(client, case["id"], "discard") == (204, "")
    assert await listed(client) == []
    assert await laboratory.one("select count(*) from result_message") == 1


async def test_a_person_may_say_that_a_report_number_has_moved_to_another_patient(laboratory, served):
    await laboratory.codes(message())
    order = ORDER.replace("20261123090500", "20261123100000")
    other = NO_ID.replace("王桂兰", "孙淑芝").replace("20481", "20777")
    assert await laboratory.codes(message(other, order, GLUCOSE, control="M2")) == ["AE"]
    client = await served()
    (case,) = await listed(client)
    assert await decide(client, case["id"]) == (204, "")
    (one,) = await known(laboratory, laboratory.now + timedelta(hours=3))
    assert await laboratory.one("select name from patient where id = %s", one.patient_id) == "孙淑芝"
    (before,) = await known(laboratory)
    assert await laboratory.one("select name from patient where id = %s", before.patient_id) == "王桂兰"


async def test_the_administrator_enrols_who_was_seen_and_lets_nobody_in_that_was_disabled(laboratory, served):
    stranger = message().replace("县医院检验科".encode("gb18030"), b"TCM")
    await laboratory.codes(stranger)
    client = await served()
    seen = await (await client.get("/api/laboratory/senders", headers={"X-Who": "admin"})).json()
    assert [(one["application"], one["facility"]) for one in seen["seen"]] == [("LIS", "TCM")]
    who = {"application": "LIS", "facility": "TCM"}
    headers = CSRF | {"X-Who": "admin"}
    for body, status in (
        (who | {"organization_code": "nowhere"}, 404),
        ({"application": "", "facility": "", "organization_code": "other"}, 422),
        (who | {"organization_code": "other"}, 204),
    ):
        assert (await client.post("/api/laboratory/senders", json=body, headers=headers)).status == status
    assert await laboratory.codes(stranger) == ["AA"]
    for status in (204, 404):
        assert (await client.post("/api/laboratory/senders/disable", json=who, headers=headers)).status == status
    assert await laboratory.codes(message(control="M9").replace("县医院检验科".encode("gb18030"), b"TCM")) == ["AR"]
    assert await laboratory.one("select count(*) from result_message") == 1


async def detail(client, case, who="here", kind="quarantine"):
    answer = await client.get(f"/api/laboratory/{kind}/{case}", headers={"X-Who": who})
    return answer.status, await answer.json()


async def test_a_case_shows_its_message_without_the_person_and_what_todays_map_says(laboratory, served):
    await laboratory.codes(CONTRADICTING)
    client = await served(OWN.replace(b'"county-hospital"', b'"*"').replace(b'unit = "U/L"', b'unit = "mmol/L"'))
    (case,) = await listed(client)
    status, seen = await detail(client, case["id"])
    assert status == 200
    assert seen["case"]["where_zh"] == "第 4 行 OBX-6（单位）"
    assert [one["text"] for one in seen["contents"]["values"] if one["name"] == "OBX-6"] == ["U/L"]
    assert (seen["today"]["item"], seen["today"]["unit"], seen["today"]["against"]) == (
        "glucose-odd",
        "mmol/L",
        "unit-contradicts",
    )
    for one in ("王桂兰", "239999195603140024", "20481"):
        assert one not in str(seen)
    assert (await detail(client, case["id"], who="there"))[0] == 404


async def test_a_case_says_when_the_mended_map_would_let_it_in(laboratory, served):
    await laboratory.codes(CONTRADICTING)
    client = await served(OWN)
    (case,) = await listed(client)
    _, seen = await detail(client, case["id"])
    assert (seen["today"]["item"], seen["today"]["against"]) == ("glucose-odd", "")
    assert await decide(client, case["id"]) == (204, "")
    _, seen = await detail(client, case["id"])
    assert [(one["act"], one["acted_by_name"], one["note"]) for one in seen["acts"]] == [
        ("released", "赵国军", "已与检验科核对")
    ]


async def test_a_discarding_is_taken_back_and_both_acts_stay(laboratory, served):
    await laboratory.codes(CONTRADICTING)
    client = await served(OWN)
    (case,) = await listed(client)
    assert await decide(client, case["id"], "reopen") == (409, "case-not-discarded")
    assert await decide(client, case["id"], "discard", note="检验科将重发") == (204, "")
    assert await listed(client) == []
    assert await decide(client, case["id"], "reopen", note=" ") == (422, "decision-needs-note")
    assert await decide(client, case["id"], "reopen", who="there") == (404, "unknown-case")
    assert await decide(client, case["id"], "reopen", note="检验科说无误") == (204, "")
    (again,) = await listed(client)
    assert (again["state"], again["note"], again["decided_at"]) == ("open", "", None)
    assert await decide(client, case["id"]) == (204, "")
    _, seen = await detail(client, case["id"])
    assert [one["act"] for one in seen["acts"]] == ["discarded", "reopened", "released"]
    assert await decide(client, case["id"], "reopen") == (409, "case-not-discarded")


async def test_results_with_a_wrong_number_are_given_to_the_resident_a_person_names(laboratory, served):
    await laboratory.codes(message())
    resident = await laboratory.one("select id from patient")
    wrong = PATIENT.replace("239999195603140024", "239999195603140025").replace("20481", "20999")
    order = ORDER.replace("F20261123-7", "F20261123-8")
    assert await laboratory.codes(message(wrong, order, GLUCOSE, control="M2")) == ["AE"]
    client = await served()
    (case,) = await listed(client)
    assert (case["reason"], case["assignable"], case["releasable"]) == ("id-number-wrong", True, False)
    _, seen = await detail(client, case["id"])
    source = seen["patient_id"]
    assert source != str(resident)

    async def assign(to, note="已核对证件", who="here"):
        path = f"/api/laboratory/quarantine/{case['id']}/assign"
        answer = await client.post(path, json={"patient_id": to, "note": note}, headers=CSRF | {"X-Who": who})
        return answer.status, (await answer.json()).get("code") if answer.status != 204 else ""

    assert await assign(str(resident), who="there") == (404, "unknown-case")
    assert await assign(str(resident), note="") == (422, "decision-needs-note")
    assert await assign(source) == (409, "same-record")
    assert await assign(case["id"]) == (404, "unknown-patient")
    assert len(await listed(client)) == 1
    assert await assign(str(resident)) == (204, "")
    assert await listed(client) == []
    assert await laboratory.one("select fact, ground from identity_link") == ("linked", "reviewed")
    assert await laboratory.one("select state from identity_review") == "same-person"
    assert str(await laboratory.one("select same_as_id from patient where id = %s", source)) == str(resident)
    assert [one["act"] for one in (await detail(client, case["id"]))[1]["acts"]] == ["assigned"]


async def test_a_result_whose_unit_contradicts_has_no_patient_to_be_named(laboratory, served):
    await laboratory.codes(CONTRADICTING)
    client = await served()
    (case,) = await listed(client)
    body = {"patient_id": str(await laboratory.one("select id from patient")), "note": "x"}
    answer = await client.post(f"/api/laboratory/quarantine/{case['id']}/assign", json=body, headers=CSRF)
    assert (answer.status, (await answer.json())["code"]) == (409, "case-not-assignable")


async def test_a_refused_message_is_listed_with_its_reason_and_kept(laboratory, served):
    bad = message(PATIENT, GLUCOSE, control="M7")
    assert await laboratory.codes(bad, bad) == ["AR", "AR"]
    await laboratory.codes(b"MSH|^~\\&|LIS")
    client = await served()
    answer = await client.get("/api/laboratory/refused")
    assert answer.status == 200
    (one,) = (await answer.json())["items"]
    assert (one["reason"], one["where_zh"], one["times"], one["control_id"], one["facility"]) == (
        "result-without-order",
        "第 3 行",
        2,
        "M7",
        "县医院检验科",
    )
    status, seen = await detail(client, one["id"], kind="refused")
    assert status == 200
    assert [line["number"] for line in seen["contents"]["lines"] if line["about"]] == [3]
    assert "王桂兰" not in str(seen)
    assert (await detail(client, one["id"], who="there", kind="refused"))[0] == 404


async def test_what_is_kept_apart_and_refused_is_heard_of_by_who_decides(laboratory):
    await laboratory.codes(CONTRADICTING, message(PATIENT, GLUCOSE, control="M7"))
    rows = await laboratory.rows("select kind, topics from event where kind like 'result.%%' order by id")
    heard = {kind: set(topics) for kind, topics in rows}
    place = await laboratory.one("select id from organization")
    assert heard["result.quarantined"] == heard["result.refused"] == {"admin", "worklist", f"organization/{place}"}
