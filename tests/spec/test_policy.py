"""policy.md against every route of the server: each role, each home, rows of each relation; then over HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from telemed.access.policy import admit, scope
from telemed.config import Config
from telemed.county import assemble, gate
from telemed.db import Pool, open_pool
from telemed.endpoints import endpoints as every_endpoint
from telemed.errors import Forbidden
from telemed.http.server import Server
from telemed.http.wire import PUBLIC, Endpoint
from telemed.vocabulary import (
    AccountId,
    Action,
    OrganizationId,
    PractitionerId,
    Principal,
    Role,
    ScopeKind,
    SessionId,
)
from tests.hiring import hire

SPEC = Path(__file__).with_name("policy.md")
COLUMNS = {
    "reg": Role.REGISTRAR,
    "tec": Role.TECHNICIAN,
    "req": Role.REQUESTER,
    "vil": Role.VILLAGE_DOCTOR,
    "aut": Role.AUTHOR,
    "ver": Role.VERIFIER,
    "hea": Role.CENTER_HEAD,
    "coo": Role.COORDINATOR,
    "med": Role.MEDICAL_OFFICE,
    "qua": Role.QUALITY_OFFICER,
    "sup": Role.SUPERVISOR,
    "sys": Role.SYSTEM_ADMIN,
    "sec": Role.SECURITY_ADMIN,
    "adt": Role.AUDITOR,
    "exp": Role.EXPERT,
}
PATTERN = re.compile(r"\{(\w+):[^}]+\}")
TWO_FACTORS = {
    Role.AUTHOR,
    Role.VERIFIER,
    Role.CENTER_HEAD,
    Role.SYSTEM_ADMIN,
    Role.SECURITY_ADMIN,
    Role.AUDITOR,
    Role.EXPERT,
}
CENTER, TOWNSHIP, CLINIC, OUTSIDE = (UUID(int=n) for n in range(1, 5))
COMMUNITY = frozenset({CENTER, TOWNSHIP, CLINIC})
NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    route: str
    cells: dict[Role, str]
    public: bool
    second_factor: bool


def read_spec() -> dict[str, Line]:
    lines: dict[str, Line] = {}
    for text in SPEC.read_text(encoding="utf-8").splitlines():
        if not text.startswith("| `") or text.startswith(("| `.", "| `o", "| `c", "| `k", "| `m", "| `a")):
            continue
        route, *cells, mark = [one.strip() for one in text.strip("|").split("|")]
        line = Line(
            route.strip("`"),
            dict(zip(COLUMNS.values(), cells, strict=True)),
            public=mark == "public",
            second_factor=mark == "2",
        )
        assert line.route not in lines, f"{line.route} is listed twice"
        assert line.public or set(cells) <= set(".ockma"), line.route
        lines[line.route] = line
    return lines


def name(one: Endpoint) -> str:
    """The route as the table writes it: parameters without their patterns."""
    path = PATTERN.sub(r"{\1}", one.path)
    return f"{one.method} {path}"


async def endpoints() -> list[Endpoint]:
    pool = await open_pool("", connect=False)
    return every_endpoint(assemble(Config(), pool, key=bytes(32)))


@dataclass(frozen=True)
class Home:
    name: str
    place: UUID
    below: frozenset[UUID]
    center: bool
    member: bool


HOMES = (
    Home("centre", CENTER, frozenset({CENTER}), center=True, member=True),
    Home("township", TOWNSHIP, frozenset({TOWNSHIP, CLINIC}), center=False, member=True),
    Home("outside", OUTSIDE, frozenset({OUTSIDE}), center=True, member=False),
)
ROWS: tuple[UUID | None, ...] = (CENTER, TOWNSHIP, CLINIC, OUTSIDE, None)


def person(role: Role, home: Home, *, second_factor: bool = True) -> Principal:
    return Principal(
        account_id=AccountId(uuid4()),
        practitioner_id=PractitionerId(uuid4()),
        name="",
        organization_id=OrganizationId(home.place),
        organization_ids=home.below,
        roles=frozenset({role}),
        session_id=SessionId(uuid4()),
        second_factor_at=NOW if second_factor else None,
        reading_center=home.center,
        community_ids=COMMUNITY if home.member else frozenset(),
    )


def expected(cell: str, home: Home, row: UUID | None) -> bool:
    if cell == ".":
        return False
    if cell == "a":
        return True
    wide = home.member and (cell == "m" or (cell in "ck" and home.center))
    if cell == "k" and not wide:
        return False
    return row in (COMMUNITY | home.below if wide else home.below)


async def test_every_route_is_listed_and_every_line_has_its_route():
    served = {name(one) for one in await endpoints()}
    listed = set(read_spec())
    assert served - listed == set(), "routes without a line in tests/spec/policy.md"
    assert listed - served == set(), "lines in tests/spec/policy.md without a route"


async def test_guests_reach_the_routes_that_are_listed_for_them_and_no_other():
    said = re.findall(r"^- guest: `(.+)`$", SPEC.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(said) == sorted(name(one) for one in await endpoints() if one.guest)


async def test_public_routes_are_public_and_no_other():
    lines = read_spec()
    for one in await endpoints():
        line = lines[name(one)]
        assert (one.action is PUBLIC) is line.public, line.route
        assert one.second_factor is line.second_factor, line.route


async def test_each_role_reaches_exactly_the_rows_the_table_says():
    lines, walked, wrong = read_spec(), 0, list[str]()
    for one in await endpoints():
        if not isinstance(one.action, Action):
            continue
        line = lines[name(one)]
        for role, cell in line.cells.items():
            for home in HOMES:
                granted = scope(person(role, home), one.action)
                for row in ROWS:
                    walked += 1
                    if granted.admits(row) is not expected(cell, home, row):
                        wrong.append(f"{line.route}: {role} at the {home.name} on {row}, table says {cell!r}")
                listed = granted.organizations
                assert listed is None or set(listed) == {row for row in ROWS if granted.admits(row)} - {None}
    assert wrong == []
    assert walked > 1000


async def test_a_line_that_says_something_else_is_noticed():
    """The walk itself has teeth: no cell of the table may be exchanged for another without a difference."""
    for cell in ".ockma":
        for other in set(".ockma") - {cell}:
            places = [(home, row) for home in HOMES for row in ROWS]
            differs = [one for one in places if expected(cell, *one) is not expected(other, *one)]
            assert differs, f"{cell} and {other} are told apart by nobody"


@pytest.mark.parametrize("role", list(Role))
async def test_without_the_second_factor_signing_and_administering_people_reach_nothing(role: Role):
    for one in await endpoints():
        if not isinstance(one.action, Action) or one.action is Action.SESSION_USE:
            continue
        who = person(role, HOMES[0], second_factor=False)
        if role in TWO_FACTORS and scope(who, one.action).kind is not ScopeKind.NOWHERE:
            with pytest.raises(Forbidden, match="second-factor-needed"):
                admit(who, one.action)
        else:
            assert admit(who, one.action) == scope(who, one.action)


@dataclass
class Walk:
    server: TestServer
    pool: Pool
    table: tuple[Endpoint, ...]

    async def session(self, role: Role, place: UUID, *, locked: bool = False, second_factor: bool = True) -> str:
        _, token = await hire(self.pool, place, role, now=NOW, second_factor=second_factor, locked=locked)
        return token

    async def code(self, client: aiohttp.ClientSession, one: Endpoint, token: str | None) -> tuple[int, str]:
        path = re.sub(r"\{[^}]+\}", lambda _: str(uuid4()), one.path)
        headers = {"X-CSRF-Token": "token"} | ({} if token is None else {"Cookie": f"telemed={token}"})
        async with client.request(one.method, self.server.make_url(path), headers=headers) as answer:
            problem = answer.content_type == "application/problem+json"
            body: dict[str, Any] = await answer.json(content_type=None) if problem else {}
            return answer.status, body.get("code", "")


@pytest.fixture
async def walk(pool: Pool, tmp_path: Path) -> AsyncGenerator[Walk]:
    county = assemble(Config(), pool, key=bytes(32), clock=lambda: NOW)

    async def unlimited(_caller: str, _rate: object) -> float:
        return 0.0  # every route is asked in a row; how often one may ask is a matter of its own

    server = Server(every_endpoint(county), pool=pool, gate=gate(county), clock=lambda: NOW, wait=unlimited)
    async with pool.transaction() as tx:
        for place, kind in ((CENTER, "lead-hospital"), (TOWNSHIP, "township-hospital")):
            await tx.execute(
                "insert into organization (id, code, name, kind) values (%s, %s, %s, %s)",
                (place, kind, kind, kind),
            )
            await tx.execute("insert into community_membership values (%s, '2026-01-01')", (place,))
    running = TestServer(server.application())
    await running.start_server()
    yield Walk(running, pool, server.endpoints)
    await running.close()


@pytest.mark.parametrize("role", list(Role))
async def test_the_server_refuses_what_the_table_refuses(walk: Walk, role: Role):
    lines = read_spec()
    sessions = [await walk.session(role, place) for place in (CENTER, TOWNSHIP)]
    async with TestClient(walk.server) as client:
        for one in walk.table:
            line = lines[name(one)]
            if not line.public and line.cells[role] == ".":
                for token in sessions:
                    assert await walk.code(client.session, one, token) == (403, "not-allowed"), line.route


async def test_nobody_signed_in_and_nobody_behind_a_locked_screen_is_let_through(walk: Walk):
    locked = await walk.session(Role.CENTER_HEAD, CENTER, locked=True)
    half = await walk.session(Role.CENTER_HEAD, CENTER, second_factor=False)
    async with TestClient(walk.server) as client:
        for one in walk.table:
            if one.action is PUBLIC:
                continue
            assert await walk.code(client.session, one, None) == (401, "not-signed-in"), one.path
            if not one.when_locked:
                assert await walk.code(client.session, one, locked) == (423, "session-locked"), one.path
            if one.action is not Action.SESSION_USE:
                status, code = await walk.code(client.session, one, half)
                assert (status, code) in {(403, "second-factor-needed"), (403, "not-allowed")}, one.path
