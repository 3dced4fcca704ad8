"""A table of results over HTTP: looked at, then stored exactly so."""

from __future__ import annotations

import pytest

from telemed.access.policy import admit, scope
from telemed.http.server import Server
from telemed.http.wire import Authenticated, Gate
from telemed.results import routes_quarantine, routes_tables
from telemed.results.maps import read_maps
from tests.integration.results.conftest import MAPS, ZONE
from tests.integration.results.known import known
from tests.unit.results.test_sheet import CELLS, NAMES, saved
from tests.unit.results.test_table import HEADER, LINE

CSRF = {"X-CSRF-Token": "c", "Content-Type": "text/csv"}
GOOD = f"{HEADER}\r\n{LINE}\r\n".encode("gb18030")
CONTRADICTING = LINE.replace("R1", "R2").replace("mmol/L", "U/L")
FAULTY = f"{HEADER}\r\n{LINE}\r\n{CONTRADICTING}\r\n{LINE.replace('最终', '好')}\r\n".encode("gb18030")


@pytest.fixture
async def client(laboratory, people, aiohttp_client):
    async def authenticate(request, _now):
        return Authenticated(people[request.headers.get("X-Who", "here")], "c")

    async def record(_tx, _call):
        return None

    maps = read_maps(MAPS)
    server = Server(
        [*routes_quarantine.endpoints(ZONE, maps, scope), *routes_tables.endpoints(ZONE, maps)],
        pool=laboratory.pool,
        gate=Gate(authenticate=authenticate, scope=admit, second_factor_fresh=lambda *_: True, record=record),
        clock=lambda: laboratory.now,
    )
    return await aiohttp_client(server.application())


async def look(client, raw, who="here"):
    answer = await client.post("/api/laboratory/tables/preview", data=raw, headers=CSRF | {"X-Who": who})
    return answer.status, await answer.json()


async def bring(client, raw, digest, **query):
    answer = await client.post("/api/laboratory/tables", data=raw, headers=CSRF, params={"digest": digest} | query)
    return answer.status, await answer.json()


def _said(doubt):
    return tuple(doubt[name] for name in ("line", "column", "column_en", "reason", "written"))


async def test_a_table_is_looked_at_and_stored_only_then(laboratory, client):
    status, seen = await look(client, GOOD)
    assert status == 200
    assert (seen["lines"], seen["reports"], seen["results"], seen["faults"], seen["doubts"]) == (1, 1, 1, [], [])
    assert seen["shown"][0]["item"] == "lab.glucose.random"
    assert "王桂兰" not in str(seen)
    assert await laboratory.one("select count(*) from result_message") == 0
    status, stored = await bring(client, GOOD, seen["digest"])
    assert (status, stored["waiting"], stored["doubts"]) == (200, 0, [])
    assert (stored["table"]["reports"], stored["table"]["results"]) == (1, 1)
    (one,) = await known(laboratory)
    assert (one.number, one.item_key, one.linked, one.status) == ("5.60", "lab.glucose.random", True, "final")
    assert await laboratory.one("select format, bytes, disposition from result_message") == ("table", GOOD, "stored")
    status, problem = await bring(client, GOOD, seen["digest"])
    assert (status, problem["code"]) == (409, "table-known")


async def test_faults_are_listed_line_by_line_and_stop_the_import_unless_they_are_left_out(laboratory, client):
    _, seen = await look(client, FAULTY)
    assert [(one["line"], one["column"]) for one in seen["faults"]] == [(4, "状态")]
    contradicts = [(3, "单位", "unit", "unit-contradicts", "U/L")]
    assert [_said(one) for one in seen["doubts"]] == contradicts
    status, problem = await bring(client, FAULTY, seen["digest"])
    assert (status, problem["code"]) == (422, "table-faulty")
    assert await laboratory.one("select count(*) from result_message") == 0
    status, stored = await bring(client, FAULTY, seen["digest"], leave_out_faulty="true")
    assert (status, stored["waiting"], [_said(one) for one in stored["doubts"]]) == (200, 1, contradicts)
    assert [one.number for one in await known(laboratory)] == ["5.60"]
    assert await laboratory.one("select reason, line from result_quarantine") == ("unit-contradicts", 3)


async def test_a_table_other_than_the_one_looked_at_is_not_stored(laboratory, client):
    _, seen = await look(client, GOOD)
    status, problem = await bring(client, GOOD.replace(b"5.60", b"6.60"), seen["digest"])
    assert (status, problem["code"]) == (409, "table-changed")
    assert await laboratory.one("select count(*) from result_message") == 0


async def test_only_who_may_bring_results_may_look(client):
    status, problem = await look(client, GOOD, who="admin")
    assert (status, problem["code"]) == (403, "not-allowed")


async def test_what_waits_of_a_table_can_be_read_anew_and_still_contradicts(laboratory, client):
    _, seen = await look(client, FAULTY)
    await bring(client, FAULTY, seen["digest"], leave_out_faulty="true")
    case = await laboratory.one("select id from result_quarantine")
    answer = await client.post(
        f"/api/laboratory/quarantine/{case}/release", json={"note": "核对"}, headers={"X-CSRF-Token": "c"}
    )
    assert (answer.status, (await answer.json())["code"]) == (409, "case-still-doubtful")


async def test_a_workbook_is_looked_at_and_stored_like_any_table(laboratory, client):
    raw = saved(NAMES, [CELLS[name] for name in NAMES])
    headers = CSRF | {"Content-Type": routes_tables.EXCEL}
    answer = await client.post("/api/laboratory/tables/preview", data=raw, headers=headers)
    seen = await answer.json()
    assert (answer.status, seen["results"], seen["faults"]) == (200, 1, [])
    query = {"digest": seen["digest"]}
    assert (await client.post("/api/laboratory/tables", data=raw, headers=headers, params=query)).status == 200
    (one,) = await known(laboratory)
    assert (one.number, one.item_key) == ("5.60", "lab.glucose.random")
    assert await laboratory.one("select bytes from result_message") == raw


async def test_an_identity_number_that_is_wrong_is_told_before_anything_is_stored(client):
    _, seen = await look(client, f"{HEADER}\r\n{LINE.replace('140024', '140025')}\r\n".encode())
    assert [_said(one)[:4] for one in seen["doubts"]] == [(2, "身份证号", "identity number", "id-number-wrong")]


async def test_what_was_imported_is_listed_with_what_became_of_it(laboratory, client):
    _, seen = await look(client, FAULTY)
    assert seen["known"] is False
    await bring(client, FAULTY, seen["digest"], leave_out_faulty="true")
    assert (await look(client, FAULTY))[1]["known"] is True
    laboratory.later(minutes=1)
    _, seen = await look(client, GOOD.replace(b"R1", b"R9"))
    await bring(client, GOOD.replace(b"R1", b"R9"), seen["digest"])
    listed = await (await client.get("/api/laboratory/tables")).json()
    assert [(one["reports"], one["results"], one["apart"], one["waiting"]) for one in listed["items"]] == [
        (1, 1, 0, 0),
        (2, 1, 1, 1),
    ]
    assert [one["name"] for one in listed["senders"]] == ["县医院"]
    assert {one["brought_by_name"] for one in listed["items"]} == {"赵国军"}
    assert (await (await client.get("/api/laboratory/tables", headers={"X-Who": "there"})).json())["items"] == []


async def test_a_table_is_of_an_organisation_of_ones_own(laboratory, client):
    other = await laboratory.one("select id from organization where code = 'other'")
    answer = await client.post(
        "/api/laboratory/tables/preview", data=GOOD, headers=CSRF, params={"organization": str(other)}
    )
    assert (answer.status, (await answer.json())["code"]) == (404, "unknown-organization")
    own = await laboratory.one("select id from organization where code = 'county-hospital'")
    answer = await client.post(
        "/api/laboratory/tables/preview", data=GOOD, headers=CSRF, params={"organization": str(own)}
    )
    assert answer.status == 200
