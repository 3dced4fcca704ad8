"""Figures over HTTP: who sees what, what stands behind a figure, and tables to keep."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer
from openpyxl import load_workbook

from telemed.config import Config
from telemed.county import assemble, gate
from telemed.db import Pool
from telemed.endpoints import endpoints
from telemed.http.server import Server
from telemed.statistics.parameters import read_parameters
from telemed.statistics.sealing import Sealer
from telemed.statistics.serving import Figures
from telemed.vocabulary import Role
from tests.hiring import hire
from tests.integration.statistics.happened import COUNTED_AT, ZONE, named
from tests.integration.statistics.month import october

NOW = COUNTED_AT + timedelta(hours=3)
PERIOD = "period=2026-10"


@dataclass
class Somebody:
    client: TestClient[Any, Any]
    id: UUID
    token: str

    async def raw(self, path: str) -> tuple[int, bytes, str]:
        async with self.client.get(path, headers={"Cookie": f"telemed={self.token}"}) as answer:
            return answer.status, await answer.read(), answer.headers.get("Content-Disposition", "")

    async def get(self, path: str) -> tuple[int, Any]:
        status, content, _ = await self.raw(f"/api/statistics/{path}")
        return status, json.loads(content)

    async def ok(self, path: str) -> Any:
        status, body = await self.get(path)
        assert status == 200, body
        return body


@dataclass
class Office:
    pool: Pool
    client: TestClient[Any, Any]

    async def hire(self, role: Role, member: str) -> Somebody:
        person, token = await hire(self.pool, named(member), role, now=NOW)
        return Somebody(self.client, person, token)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting may take a fifth of a second; asked for before the office, which it is opened with."""
    monkeypatch.setattr("telemed.endpoints.Figures", partial(Figures, longest=200))


@pytest.fixture
async def office(pool: Pool) -> AsyncGenerator[Office]:
    script = october()
    await script.tell(pool)
    async with pool.transaction() as tx:
        await tx.execute("update organization set name = '=机构B' where id = %s", (named("B"),))
        for member in "ABC":
            await tx.execute(
                "insert into community_membership (organization_id, valid_from) values (%s, '2025-01-01')",
                (named(member),),
            )
    county = assemble(Config(), pool, key=bytes(32), clock=lambda: NOW)
    assert county.config.county.time_zone == ZONE.key
    server = Server(endpoints(county), pool=pool, gate=gate(county), clock=lambda: NOW)
    async with TestClient(TestServer(server.application())) as client:
        yield Office(pool, client)


def figures(line: dict[str, Any]) -> dict[str, tuple[int | None, int | None]]:
    return {one["code"]: (one["value"], one["of"]) for one in line["figures"]}


def whose(body: Any) -> list[str | None]:
    return [one["organization_id"] for one in body["lines"]]


async def test_the_quality_officer_sees_every_member_and_every_indicator(office: Office):
    officer = await office.hire(Role.QUALITY_OFFICER, "B")
    body = await officer.ok(f"quality?{PERIOD}")
    assert body["scope"] == "community"
    county = figures(body["lines"][0])
    assert body["lines"][0]["organization_id"] is None
    assert county["recognition-rate"] == (5, 13)
    assert county["ignored-rate"] == (5, 15)
    assert county["accept-then-reorder"] == (1, 5)
    assert county["savings-gross"] == (22500, None)
    assert county["savings-net"] == (22000, None)  # shipped parameters: an opinion costs nothing
    assert county["decision-time"] == (60000, None)
    assert county["reason-entropy"] == (2000, None)  # four reasons, each once
    assert county["marks-without-grant"] == (2, 3)
    assert {str(named("A")), str(named("C"))} <= set(whose(body))
    assert {one["code"]: one["count"] for one in body["lines"][0]["sources"]}["page"] == 11


async def test_the_bureau_sees_official_figures_and_nothing_that_is_a_person(office: Office):
    bureau = await office.hire(Role.SUPERVISOR, "B")
    body = await bureau.ok(f"figures?{PERIOD}")
    assert body["scope"] == "bureau"
    county = figures(body["lines"][0])
    assert county["recognition-rate"] == (5, 13)
    assert county["savings-gross"] == (22500, None)
    assert not {"savings-net", "decision-time", "reason-entropy", "ignored", "shown"} & county.keys()
    assert (await bureau.get(f"quality?{PERIOD}"))[0] == 403
    assert (await bureau.get(f"decisions?{PERIOD}&code=recognised"))[0] == 403
    assert (await bureau.get(f"decisions/{named('D1')}"))[0] == 403


async def test_the_bureau_sees_items_of_the_county_alone_and_few_results_hidden(office: Office):
    bureau = await office.hire(Role.SUPERVISOR, "B")
    body = await bureau.ok(f"figures?{PERIOD}&cut=item")
    assert set(whose(body)) == {None}
    shown = {one["key"]: one["hidden"] for one in body["lines"]}
    assert shown == {"lab.potassium": False, "dx.chest.pa": True, "ct.head.plain": True, "lab.sodium": True}
    hidden = next(one for one in body["lines"] if one["key"] == "lab.sodium")
    assert {one["value"] for one in hidden["figures"]} == {None}
    assert hidden["name"]["zh"] == "钠"


async def test_others_see_the_official_figures_of_their_own_organisation(office: Office):
    doctor = await office.hire(Role.REQUESTER, "A")
    body = await doctor.ok(f"figures?{PERIOD}")
    assert (body["scope"], whose(body)) == ("own", [str(named("A"))])
    assert figures(body["lines"][0])["recognition-rate"] == (2, 6)
    assert "ignored" not in figures(body["lines"][0])
    status, refused = await doctor.get(f"figures?{PERIOD}&organization={named('C')}")
    assert (status, refused["code"]) == (404, "unknown-organization")
    assert (await doctor.get(f"quality?{PERIOD}"))[0] == 403
    assert (await doctor.get(f"decisions?{PERIOD}&code=ignored"))[0] == 403
    assert (await doctor.get(f"decisions?{PERIOD}&code=recognised&cut=doctor&key=doctor-1"))[0] == 403


async def test_a_doctor_sees_the_own_answers_and_nobody_elses(office: Office):
    doctor = await office.hire(Role.REQUESTER, "A")
    assert (await doctor.ok(f"own?{PERIOD}"))["lines"] == []
    async with office.pool.transaction() as tx:
        await tx.execute("alter table recognition_exposure disable trigger user")
        await tx.execute(
            "update recognition_exposure set shown_to = %s where card = %s", (str(doctor.id), named("card of D1"))
        )
        await tx.execute("alter table recognition_exposure enable trigger user")
    (line,) = (await doctor.ok(f"own?{PERIOD}"))["lines"]
    assert figures(line)["accepted"] == (1, None)
    assert figures(line)["response-rate"] == (1, 1)
    assert not {"decision-time", "rubber-stamp", "reason-entropy"} & figures(line).keys(), "the quality officer's"


async def test_every_count_leads_to_the_decisions_that_make_it_up(office: Office):
    officer = await office.hire(Role.QUALITY_OFFICER, "B")
    body = await officer.ok(f"quality?{PERIOD}&cut=member")
    followed = 0
    for line in body["lines"]:
        place = "" if line["organization_id"] is None else f"&organization={line['organization_id']}"
        for figure in line["figures"]:
            if figure["leads"] and figure["of"] is None and figure["code"] == figure["leads"]:
                found = await officer.ok(f"decisions?{PERIOD}&code={figure['leads']}{place}&limit=200")
                assert sum(one["value"] for one in found["items"]) == figure["value"], figure
                followed += 1
    assert followed == 84
    found = await officer.ok(f"decisions?{PERIOD}&code=recognised&organization={named('A')}")
    assert [one["id"] for one in found["items"]] == [str(named("D7")), str(named("D1"))]
    assert [(one["outcome"], one["items"]) for one in found["items"]] == [
        ("accepted", ["dx.chest.pa"]),
        ("accepted", ["ct.head.plain"]),
    ]
    assert [one["item_names"][0]["zh"] for one in found["items"]] == ["胸部正位 DR", "颅脑 CT 平扫"]
    assert {one["surface_name"]["zh"] for one in found["items"]} == {"本系统：开单核对"}
    assert [one["id"] for one in (await officer.ok(f"decisions?{PERIOD}&code=reason:L4"))["items"]] == [
        str(named("D12"))
    ]
    by_doctor = await officer.ok(f"decisions?{PERIOD}&code=shown&cut=doctor&key=Practitioner/8")
    assert {one["id"] for one in by_doctor["items"]} == {str(named("D13")), str(named("D14"))}


async def test_a_long_list_is_read_page_by_page_and_loses_nothing(office: Office):
    officer = await office.hire(Role.QUALITY_OFFICER, "B")
    whole = [one["id"] for one in (await officer.ok(f"decisions?{PERIOD}&code=shown&limit=200"))["items"]]
    paged: list[str] = []
    before = ""
    while True:
        page = await officer.ok(f"decisions?{PERIOD}&code=shown&limit=4&before={before.replace('+', '%2B')}")
        paged += [one["id"] for one in page["items"]]
        before = page["next"]
        if not before:
            break
    assert paged == whole
    assert len(set(paged)) == 15
    half = await officer.ok("decisions?period=2026-H2&code=decisions&limit=200")
    assert len(half["items"]) == 1, "November first: it has one"
    october = await officer.ok(
        f"decisions?period=2026-H2&code=decisions&limit=200&before={half['next'].replace('+', '%2B')}"
    )
    assert len(october["items"]) == 20
    status, refused = await officer.get(f"decisions?{PERIOD}&code=shown&before=yesterday")
    assert (status, refused["code"]) == (422, "malformed-cursor")
    status, refused = await officer.get(f"decisions?{PERIOD}&code=attending")
    assert (status, refused["code"]) == (422, "no-decisions-behind")


@pytest.mark.usefixtures("hasty")
async def test_counting_and_listing_that_take_too_long_say_so_and_change_nothing(office: Office):
    officer = await office.hire(Role.QUALITY_OFFICER, "B")
    async with office.pool.transaction() as tx:
        await tx.execute("lock table patient_organization in access exclusive mode")  # counting waits for it
        for path in (f"quality?{PERIOD}", f"decisions?{PERIOD}&code=existing"):
            status, refused = await officer.get(path)
            assert (status, refused["code"]) == (503, "statistics-take-too-long"), path


async def test_a_decision_shows_its_trace_inside_the_scope_alone_and_is_audited(office: Office):
    doctor = await office.hire(Role.REQUESTER, "A")
    found = await doctor.ok(f"decisions/{named('D1')}")
    assert json.loads(found["trace"])["order_id"] == "D1"
    assert found["cards"][0]["outcome"] == "accepted"
    assert (await doctor.get(f"decisions/{named('D12')}"))[0] == 404
    assert (await doctor.get(f"decisions/{uuid4()}"))[0] == 404
    async with office.pool.connection() as connection:
        rows = await connection.execute(
            "select detail ->> 'route' from audit_event where action = 'statistics.decisions' and outcome = 'success'"
        )
        assert await rows.fetchall() == [("GET /api/statistics/decisions/{id}",)]


async def test_a_sealed_month_is_told_as_it_was_sealed_with_its_versions(office: Office):
    officer = await office.hire(Role.QUALITY_OFFICER, "B")
    before = await officer.ok(f"quality?{PERIOD}")
    assert before["months"][0]["version"] == 0
    assert len(await Sealer(office.pool, ZONE, read_parameters(), lambda: NOW).due(NOW)) == 1
    after = await officer.ok(f"quality?{PERIOD}")
    assert after["lines"] == before["lines"]
    assert (after["months"][0]["version"], len(after["months"][0]["content_hash"])) == (1, 64)
    assert [one["month"] for one in after["history"]] == ["2026-10"]
    assert (await officer.ok(f"seals?{PERIOD}"))["items"][0]["version"] == 1
    assert (await officer.get(f"quality?{PERIOD}&version=2"))[0] == 404
    half = await officer.ok("quality?period=2026-H2")
    assert [one["month"] for one in half["months"]] == [f"2026-{month:02}" for month in range(7, 12)]
    county = figures(half["lines"][0])
    assert county["recognised"] == (6, None)
    assert county["decision-time"] == (None, None)


async def test_tables_hold_the_figures_and_no_formula(office: Office):
    officer = await office.hire(Role.QUALITY_OFFICER, "B")
    async with office.pool.transaction() as tx:
        await tx.execute("update organization set name = '=HYPERLINK(\"http://x\")' where id = %s", (named("A"),))
    status, content, disposition = await officer.raw(f"/api/statistics/quality-table?{PERIOD}&form=csv")
    assert (status, disposition) == (200, 'attachment; filename="statistics-2026-10.csv"')
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    rate = rows[0].index("互认率 (%)")
    assert rows[1][0] == "全县合计"
    assert rows[1][rate : rate + 3] == ["38.46", "5", "13"]
    assert rows[0].count("节约费用 (元)") == 1
    assert rows[1][rows[0].index("节约费用 (元)")] == "225.0"
    assert [row[0] for row in rows if "HYPERLINK" in "".join(row)] == ['\'=HYPERLINK("http://x")']
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
    status, content, _ = await officer.raw(f"/api/statistics/quality-table?{PERIOD}&form=xlsx&language=en")
    assert status == 200
    sheet = load_workbook(io.BytesIO(content))["Indicators"]
    lines = list(sheet.iter_rows(values_only=True))
    assert lines[1][lines[0].index("Recognition rate (%)")] == 38.46
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}
    bureau = await office.hire(Role.SUPERVISOR, "B")
    status, content, _ = await bureau.raw(f"/api/statistics/table?{PERIOD}&form=csv")
    assert status == 200
    assert "净节约费用" not in content.decode("utf-8-sig")
    assert (await bureau.raw(f"/api/statistics/quality-table?{PERIOD}&form=csv"))[0] == 403


@pytest.mark.parametrize(
    "query", ["period=2026-13", "period=x", "period=2026-10&version=-1", "period=2026-10&cut=name"]
)
async def test_what_is_no_question_is_refused(office: Office, query: str):
    officer = await office.hire(Role.QUALITY_OFFICER, "B")
    status, _ = await officer.get(f"quality?{query}")
    assert status in {400, 422}


async def test_definitions_are_told_to_whoever_reads_figures(office: Office):
    bureau = await office.hire(Role.SUPERVISOR, "B")
    body = await bureau.ok("indicators")
    assert {one["code"]: one["is_rate"] for one in body["items"]}["recognition-rate"] is True
