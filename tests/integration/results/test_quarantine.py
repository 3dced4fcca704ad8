"""Results kept apart: read anew when the map is put right, let in by a person, or discarded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telemed.access.policy import admit
from telemed.http.server import Server
from telemed.http.wire import Authenticated, Gate
from telemed.results import routes
from telemed.results.code_map import CodeMaps, read
from tests.integration.results.conftest import ZONE
from tests.integration.results.test_mllp import NO_ID, known
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
            routes.endpoints(ZONE, maps),
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
    assert await decide(client, case["id"], note=" ") == (422, "release-needs-note")
    assert await decide(client, case["id"]) == (409, "case-not-releasable")
    assert await decide(client, case["id"], "discard", note="") == (204, "")
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
