"""A county that knows one glucose result and one CT, and two hospital systems that ask it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from telemed.cds import store
from telemed.cds.registration import Agreement
from telemed.cds.registry import Analyte, Answered, Decided, Shown
from telemed.cds.request import Asked
from telemed.config import Config
from telemed.county import assemble, gate
from telemed.db import Pool
from telemed.endpoints import endpoints
from telemed.http.server import Server
from telemed.recognition.decide import decide
from telemed.recognition.trace import inputs_hash
from tests.integration.cds.systems import Line, System
from tests.unit.recognition import good

CENTER, TOWNSHIP = UUID(int=1), UUID(int=2)
SHOWN = Shown("青肯泡乡卫生院", "5.1 mmol/L", "3.9–6.1", mark="绥化HR", abnormal=False)
IMAGES = Shown("青肯泡乡卫生院", images=True)


@dataclass
class Registry:
    """Decides for real on the facts of two results; whom it was asked about is kept for the tests to look at."""

    patient_id: UUID | None = None
    asked: list[Asked] = field(default_factory=list[Asked])
    before: Any = None

    async def decide(self, asked: Asked) -> Decided:
        self.asked.append(asked)
        if self.before is not None:
            await self.before()
        orders = [(one.reference, one.codes, one.context) for one in asked.orders]
        if not asked.orders:
            orders = [("", case.order.codes, asked.context) for case in (good.laboratory(), good.imaging())]
        return Decided(self.patient_id, tuple(self.answer(*one, asked) for one in orders))

    def answer(self, reference: str, codes: Any, context: Any, asked: Asked) -> Answered:
        case = good.imaging() if good.KNEE in codes else good.laboratory()
        order = replace(case.order, id=reference or "visit", codes=codes)
        return Answered(
            reference=reference,
            name="膝关节CT" if good.KNEE in codes else "葡萄糖",
            order=order,
            context=context,
            decision=decide(order, context, case.facts, case.rules, asked.as_of, asked.as_of),
            rule_set="2026-1",
            inputs_hash=inputs_hash(order, context, case.facts, case.rules, asked.as_of, asked.as_of),
            analytes={"glucose": Analyte("葡萄糖", good.GLUCOSE), "knee-ct": Analyte("膝关节CT", good.KNEE)},
            shown={"r-1": SHOWN, "r-2": IMAGES},
        )


@dataclass
class CountyUnderTest:
    pool: Pool
    registry: Registry
    server: TestServer

    async def rows(self, query: str, *values: Any) -> list[Any]:
        async with self.pool.connection() as connection:
            return await (await connection.execute(query.encode(), values)).fetchall()


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
async def county(pool: Pool, registry: Registry) -> AsyncGenerator[CountyUnderTest]:
    async with pool.transaction() as tx:
        for place, code in ((CENTER, "county-center"), (TOWNSHIP, "township")):
            await tx.execute(
                "insert into organization (id, code, name, kind) values (%s, %s, '县医院', 'lead-hospital')",
                (place, code),
            )
        registry.patient_id = uuid4()
        await tx.execute(
            "insert into patient (id, organization_id, name, name_search, name_pinyin, sex)"
            " values (%s, %s, '王桂兰', '王桂兰', 'wangguilan', 'F')",
            (registry.patient_id, CENTER),
        )
    assembled = assemble(Config(), pool, key=bytes(32), clock=lambda: good.AS_OF, decide=registry.decide)
    server = Server(endpoints(assembled), pool=pool, gate=gate(assembled), clock=lambda: good.AS_OF)
    running = TestServer(server.application())
    await running.start_server()
    yield CountyUnderTest(pool, registry, running)
    await running.close()


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def registered(county: CountyUnderTest, system: System, **changes: Any) -> UUID:
    facts = {"name": "县医院 HIS", "organization_code": "county-center", "keys": system.keys, **changes}
    async with county.pool.transaction() as tx:
        made = await store.register(tx, Agreement(system.issuer, **facts))
    assert made is not None
    return made


@pytest.fixture
async def line(county: CountyUnderTest, session: aiohttp.ClientSession) -> Line:
    """A registered system with an ES384 key, whose doctors also use a page of https://his.example."""
    system = System("https://his.example", ec.generate_private_key(ec.SECP384R1()), good.AS_OF)
    await registered(county, system, allowed_origins=["https://his.example"])
    return Line(county.server, session, system)


@pytest.fixture
async def other(county: CountyUnderTest, session: aiohttp.ClientSession) -> Line:
    """Another registered system, of the township, with an RS384 key."""
    system = System("https://township.example", rsa.generate_private_key(65537, 2048), good.AS_OF)
    await registered(county, system, name="乡镇 HIS", organization_code="township")
    return Line(county.server, session, system)
