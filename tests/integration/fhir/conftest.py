"""Two hospitals of a county with a laboratory result, a read CT and a decision; people and systems that ask."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec

from telemed.app import application
from telemed.cds import store
from telemed.cds.registration import Agreement
from telemed.config import Config
from telemed.county import SETTINGS, assemble
from telemed.db import Pool
from telemed.results import senders
from telemed.results.intake import Intake
from telemed.results.maps import read_maps
from telemed.results.senders import Names
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in
from tests.integration.cds.systems import System
from tests.unit.results.hl7_samples import message

HERE, THERE, LABORATORY = UUID(int=1), UUID(int=2), UUID(int=3)
PLACES = ((HERE, "county-hospital", "lead-hospital"), (THERE, "township", "township-hospital"))
BASE = "/fhir/R4"
ISSUER = "https://lis.example"


@dataclass
class Answer:
    status: int
    headers: Any
    body: Any

    @property
    def resources(self) -> list[Any]:
        """The matches of a search."""
        return [one["resource"] for one in self.body.get("entry", []) if one.get("search", {}).get("mode") == "match"]

    @property
    def issue(self) -> Any:
        return self.body["issue"][0]


@dataclass
class County:
    pool: Pool
    server: TestServer
    session: aiohttp.ClientSession
    now: datetime
    patient: UUID = field(default_factory=uuid4)

    async def rows(self, query: str, *values: Any) -> list[Any]:
        async with self.pool.connection() as connection:
            return await (await connection.execute(query.encode(), values)).fetchall()

    async def one(self, query: str, *values: Any) -> Any:
        ((found,),) = await self.rows(query, *values)
        return found

    async def write(self, query: str, *values: Any) -> None:
        async with self.pool.transaction() as tx:
            await tx.execute(query.encode(), values)

    async def send(self, method: str, path: str, raw: bytes | None = None, **headers: str) -> Answer:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        body = None if raw is None else io.BytesIO(raw)
        async with self.session.request(method, self.server.make_url(path), data=body, headers=said) as answer:
            text = await answer.read()
            return Answer(answer.status, answer.headers, json.loads(text) if text else None)


@dataclass
class Person:
    """Somebody signed in."""

    county: County
    token: str

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        return signed_in(self.token) | headers

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.county.send("GET", f"{BASE}/{path}", **self._with(headers))

    async def post(self, path: str, raw: bytes, **headers: str) -> Answer:
        return await self.county.send("POST", f"{BASE}/{path}".rstrip("/"), raw, **self._with(headers))

    async def search(self, kind: str, form: str) -> Answer:
        return await self.post(f"{kind}/_search", form.encode(), Content_Type="application/x-www-form-urlencoded")


@dataclass
class Client:
    """A registered system with its key."""

    county: County
    system: System

    def _with(self, path: str, headers: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.system.token(path.partition('?')[0])}", **headers}

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.county.send("GET", f"{BASE}/{path}", **self._with(f"{BASE}/{path}", headers))

    async def post(self, path: str, raw: bytes, **headers: str) -> Answer:
        address = f"{BASE}/{path}".rstrip("/")
        said = {"Content_Type": "application/fhir+json", **headers}
        return await self.county.send("POST", address, raw, **self._with(address, said))

    async def search(self, kind: str, form: str) -> Answer:
        return await self.post(f"{kind}/_search", form.encode(), Content_Type="application/x-www-form-urlencoded")


@pytest.fixture
async def county(pool: Pool, now: datetime) -> AsyncGenerator[County]:
    async with pool.transaction() as tx:
        for place, code, kind in PLACES:
            await tx.execute(
                "insert into organization (id, code, name, kind) values (%s, %s, %s, %s)", (place, code, code, kind)
            )
            await tx.execute("insert into community_membership values (%s, '2026-01-01')", (place,))
        await tx.execute(
            "insert into organization (id, code, name, kind) values (%s, 'outside', 'outside', 'laboratory')",
            (LABORATORY,),
        )
    assembled = assemble(Config(), pool, key=bytes(32), clock=lambda: made.now)
    running = TestServer(application(assembled))
    await running.start_server()
    async with aiohttp.ClientSession() as session:
        made = County(pool, running, session, now)
        yield made
    await running.close()


async def sign_in(county: County, role: Role, place: UUID = HERE) -> Person:
    """Somebody with one role and a second factor."""
    _, token = await hire(county.pool, place, role, now=county.now, name="赵国军")
    return Person(county, token)


async def register(county: County, issuer: str, code: str) -> Client:
    system = System(issuer, ec.generate_private_key(ec.SECP384R1()), county.now)
    async with county.pool.transaction() as tx:
        await store.register(tx, Agreement(issuer, name=issuer, organization_code=code, keys=system.keys))
    return Client(county, system)


async def enrol(county: County, issuer: str, code: str) -> None:
    """Let a registered system send results, as `telemed laboratory enrol` does."""
    async with county.pool.transaction() as tx:
        await senders.enrol(tx, Names(issuer, "FHIR"), code, county.now)


@pytest.fixture
async def reader(county: County) -> Person:
    """A reporting physician of the lead hospital."""
    return await sign_in(county, Role.AUTHOR)


@pytest.fixture
async def township(county: County) -> Person:
    """A requesting physician of the township."""
    return await sign_in(county, Role.REQUESTER, THERE)


@pytest.fixture
async def auditor(county: County) -> Person:
    return await sign_in(county, Role.AUDITOR)


@pytest.fixture
async def his(county: County) -> Client:
    """The hospital system of the lead hospital."""
    return await register(county, "https://his.example", "county-hospital")


@pytest.fixture
async def lis(county: County) -> Client:
    """The lead hospital's laboratory system, enrolled as a sender."""
    made = await register(county, ISSUER, "county-hospital")
    await enrol(county, ISSUER, "county-hospital")
    return made


@pytest.fixture
async def glucose(county: County) -> str:
    """A glucose that came over HL7 v2; the id of its patient."""
    async with county.pool.transaction() as tx:
        await senders.enrol(tx, Names("LIS", "县医院检验科"), "county-hospital", county.now)
    zone = ZoneInfo("Asia/Shanghai")
    taken = await Intake(county.pool, zone, read_maps(SETTINGS / "recognition" / "maps")).take(
        message(), "10.0.0.9", county.now
    )
    assert b"MSA|AA" in taken
    return str(await county.one("select patient_id from laboratory_report_version"))


def one_of(answer):
    assert answer.status == 200, answer.body
    (one,) = answer.resources
    return one
