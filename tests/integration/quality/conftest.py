"""A county's quality office in a real database, reached over HTTP with real sessions."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer

from telemed.config import Config
from telemed.config.model import RecognitionSection
from telemed.county import assemble, gate
from telemed.db import Pool
from telemed.endpoints import endpoints
from telemed.http.server import Server
from telemed.recognition.installing import install_catalogues
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PLACES = {
    "center": ("LA-RM", "第一人民医院(演示)", "lead-hospital"),
    "laboratory": ("LA-JY", "医学检验中心(演示)", "laboratory"),
    "township": ("LA-QS", "青石镇卫生院(演示)", "township-hospital"),
    "other": ("LA-LH", "柳河镇卫生院(演示)", "township-hospital"),
}


@dataclass
class Somebody:
    """A person with a session; what is asked is answered with status and body."""

    client: TestClient[Any, Any]
    id: UUID
    token: str

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        headers = signed_in(self.token) | more.pop("headers", {})
        async with self.client.request(method, path, json=body, headers=headers, **more) as answer:
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str, **query: str) -> Any:
        status, body = await self.call("GET", path, params=query)
        assert status == 200, body
        return body

    async def post(self, path: str, body: Any) -> Any:
        status, answer = await self.call("POST", path, body)
        assert status == 200, answer
        return answer

    async def refused(self, path: str, body: Any) -> tuple[int, str]:
        status, answer = await self.call("POST", path, body)
        assert status >= 400, answer
        return status, answer["code"]

    async def preview(self, organization: UUID, fact: dict[str, Any], number: UUID | None = None) -> Any:
        entry = {"id": str(number or uuid4()), "organization": str(organization), "fact": fact}
        return await self.post("/api/quality/facts/preview", entry) | {"entry": entry}

    async def record(self, organization: UUID, fact: dict[str, Any]) -> Any:
        """Look, then record what was seen."""
        seen = await self.preview(organization, fact)
        return await self.post("/api/quality/facts", {**seen["entry"], "seen": seen["digest"]})

    async def upload(self, path: str, content: bytes, query: dict[str, str]) -> tuple[int, Any]:
        headers = signed_in(self.token) | {"Content-Type": "text/csv"}
        async with self.client.post(path, data=io.BytesIO(content), params=query, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)


@dataclass
class Office:
    pool: Pool
    now: datetime
    places: dict[str, UUID] = field(default_factory=dict)
    client: TestClient[Any, Any] | None = None

    async def rows(self, statement: str, *values: object) -> list[Any]:
        async with self.pool.connection() as connection:
            return await (await connection.execute(statement.encode(), values)).fetchall()

    async def hire(self, role: Role, place: str, name: str = "质控员") -> Somebody:
        person, token = await hire(
            self.pool, self.places[place], role, now=self.now, name=name, span=timedelta(days=400)
        )
        assert self.client is not None
        return Somebody(self.client, person, token)

    async def device(self, place: str, ae_title: str) -> UUID:
        number = uuid4()
        async with self.pool.transaction() as tx:
            await tx.execute(
                "insert into device (id, organization_id, ae_title, modality, name) values (%s, %s, %s, 'DX', %s)",
                (number, self.places[place], ae_title, f"{ae_title} 摄片机"),
            )
        return number

    async def pass_time(self, now: datetime) -> None:
        """Move the clock; nobody's session has been idle meanwhile."""
        self.now = now
        async with self.pool.transaction() as tx:
            await tx.execute("update session set last_seen_at = %s, second_factor_at = %s", (now, now))
            await tx.execute("update account set password_changed_at = %s", (now,))


@pytest.fixture
async def office(pool: Pool) -> AsyncGenerator[Office]:
    made = Office(pool, NOW)
    async with pool.transaction() as tx:
        for name, (code, full, kind) in PLACES.items():
            made.places[name] = uuid4()
            await tx.execute(
                "insert into organization (id, code, name, kind) values (%s, %s, %s, %s)",
                (made.places[name], code, full, kind),
            )
            await tx.execute(
                "insert into community_membership (organization_id, valid_from) values (%s, %s)",
                (made.places[name], date(2025, 1, 1)),
            )
    assert await install_catalogues(pool, NOW - timedelta(days=60), uuid4) == ()
    config = Config(recognition=RecognitionSection(community="longan"))
    assembled = assemble(config, pool, key=bytes(32), clock=lambda: made.now)
    server = Server(endpoints(assembled), pool=pool, gate=gate(assembled), clock=lambda: made.now)
    async with TestClient(TestServer(server.application())) as client:
        made.client = client
        yield made


@pytest.fixture
async def officer(office: Office) -> Somebody:
    """The quality officer of the county's centre."""
    return await office.hire(Role.QUALITY_OFFICER, "center")


MARK = {"kind": "national", "label": "全国HR"}


def evaluation(outcome: str = "pass", **said: Any) -> dict[str, Any]:
    """An outcome of haemoglobin A1c, published on 2 March 2026."""
    return {
        "kind": "evaluation",
        "programme": "省级室间质评(演示)",
        "round": "第 1 次",
        "basis": "external-quality-assessment",
        "mark": MARK,
        "items": ["lab.hba1c"],
        "period_begins": "2026-01-15",
        "period_ends": "2026-02-14",
        "outcome": outcome,
        "published": "2026-03-02",
        **said,
    }
