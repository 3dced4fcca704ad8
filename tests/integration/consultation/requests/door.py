"""A county's server in front of consultations, and people who call it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient, TestServer

from telemed.config import Config
from telemed.config.model import StateSection
from telemed.consultation.routes import Desk
from telemed.county import County, assemble, gate
from telemed.endpoints import consultation_desk, endpoints
from telemed.http.server import Server
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in
from tests.integration.consultation.requests.asked import CARDIOLOGY, Asked


@dataclass
class Somebody:
    client: TestClient[Any, Any]
    id: UUID
    token: str

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.client.request(method, path, json=body, headers=signed_in(self.token)) as answer:
            return answer.status, await answer.json(content_type=None)

    async def send(self, path: str, content: bytes, media_type: str = "image/png") -> tuple[int, Any]:
        headers = {**signed_in(self.token), "Content-Type": media_type}
        async with self.client.post(path, data=content, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)


@dataclass
class Door:
    asked: Asked
    client: TestClient[Any, Any]
    desk: Desk
    county: County

    async def hire(self, role: Role, place: UUID) -> Somebody:
        return Somebody(self.client, *await hire(self.asked.pool, place, role, now=self.asked.county.now))

    async def physician(self) -> Somebody:
        return await self.hire(Role.REQUESTER, self.asked.county.township)

    async def expert(self) -> Somebody:
        """An expert of the county hospital who may be asked in cardiology."""
        made = await self.hire(Role.EXPERT, self.asked.county.center)
        async with self.asked.pool.transaction() as tx:
            await tx.execute(
                "update practitioner set licence_number = '1', licence_category = '临床', licence_scope = '内科专业'"
                " where id = %s",
                (made.id,),
            )
            await tx.execute(
                "insert into expert (practitioner_id, departments, since, changed_by, changed_at)"
                " values (%s, %s, '2010-07-01', %s, now())",
                (made.id, [CARDIOLOGY], made.id),
            )
        return made


@pytest.fixture
async def door(asked: Asked, tmp_path: Any) -> AsyncGenerator[Door]:
    async with asked.pool.transaction() as tx:
        await tx.execute(
            "insert into patient_organization (organization_id, patient_id) values (%s, %s)",
            (asked.county.township, asked.county.patient),
        )
    config = Config(state=StateSection(path=tmp_path))
    assembled = assemble(config, asked.pool, key=bytes(32), clock=lambda: asked.county.now)
    server = Server(endpoints(assembled), pool=asked.pool, gate=gate(assembled), clock=lambda: asked.county.now)
    async with TestClient(TestServer(server.application())) as client:
        yield Door(asked, client, consultation_desk(assembled), assembled)
