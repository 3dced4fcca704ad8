"""People with sessions who ask before ordering, at a registry that knows one chest CT."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient, TestServer

from telemed.cds.deciding import Registry
from telemed.config import Config
from telemed.county import assemble, gate
from telemed.endpoints import endpoints
from telemed.http.server import Server
from telemed.recognition.rule_book import RuleBook
from telemed.recognition.rules import ITEM_KEYS
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in
from tests.integration.recognition.registered import Registered

CHEST = {"system": ITEM_KEYS, "code": "ct.chest.plain"}
HEAD = {"system": ITEM_KEYS, "code": "ct.head.plain"}


@dataclass
class Somebody:
    """A person with a session."""

    client: TestClient[Any, Any]
    id: UUID
    token: str

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = signed_in(self.token)
        async with self.client.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def check(self, patient: UUID, *codes: dict[str, str], **said: Any) -> tuple[int, Any]:
        asked = {"patient_id": str(patient), "codes": list(codes or (CHEST,)), "encounter_class": "outpatient", **said}
        return await self.call("POST", "/api/recognition/check", asked)

    async def one(self, patient: UUID, **said: Any) -> dict[str, Any]:
        status, body = await self.check(patient, **said)
        assert status == 200, body
        (order,) = body["orders"]
        return order

    async def answer(self, card: str, **said: Any) -> tuple[int, Any]:
        return await self.call("POST", f"/api/recognition/cards/{card}/response", said)


@dataclass
class Page:
    registered: Registered
    client: TestClient[Any, Any]

    @property
    def patient(self) -> UUID:
        return self.registered.county.patient

    async def rows(self, statement: str, *values: object) -> list[Any]:
        async with self.registered.county.pool.connection() as connection:
            return await (await connection.execute(statement.encode(), values)).fetchall()

    async def hire(self, role: Role, place: UUID) -> Somebody:
        county = self.registered.county
        return Somebody(self.client, *await hire(county.pool, place, role, now=county.now))


@pytest.fixture
async def page(registered: Registered) -> AsyncGenerator[Page]:
    county = registered.county
    async with county.pool.transaction() as tx:
        await tx.execute(
            "insert into patient_organization (organization_id, patient_id) values (%s, %s)",
            (county.township, county.patient),
        )

    async def can_fetch(_result: str) -> bool:
        return registered.images

    registry = Registry(county.pool, RuleBook(), can_fetch, lambda: county.now)
    assembled = assemble(Config(), county.pool, key=bytes(32), clock=lambda: county.now, check=registry.of_patient)
    server = Server(endpoints(assembled), pool=county.pool, gate=gate(assembled), clock=lambda: county.now)
    async with TestClient(TestServer(server.application())) as client:
        yield Page(registered, client)


@pytest.fixture
async def doctor(page: Page) -> Somebody:
    """A physician of the township that knows the patient."""
    return await page.hire(Role.REQUESTER, page.registered.county.township)
