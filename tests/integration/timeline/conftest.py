"""The registry's county with a township physician before the timeline, and laboratories that send."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient, TestServer

from telemed.cds.deciding import Registry
from telemed.config import Config
from telemed.county import assemble, gate
from telemed.db import Pool
from telemed.endpoints import endpoints
from telemed.http.server import Server
from telemed.recognition.rule_book import RuleBook
from telemed.results import senders
from telemed.results.intake import Intake
from telemed.results.maps import read_maps
from telemed.results.senders import Names
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in
from tests.integration.reading.conftest import county
from tests.integration.recognition.registered import NUMBER, ZONE, Registered, registered

__all__ = ["county", "registered"]
MAPS = Path(__file__).parents[3] / "config" / "recognition" / "maps"


def written(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y%m%d%H%M%S")


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

    async def timeline(self, patient: UUID, **said: Any) -> tuple[int, Any]:
        return await self.call("POST", f"/api/patients/{patient}/timeline", said)

    async def read(self, patient: UUID, **said: Any) -> dict[str, Any]:
        status, body = await self.timeline(patient, **said)
        assert status == 200, body
        return body

    async def trend(self, patient: UUID, item: str) -> dict[str, Any]:
        status, body = await self.call("GET", f"/api/patients/{patient}/trend?item={item}")
        assert status == 200, body
        return body


@dataclass
class Page:
    registered: Registered
    client: TestClient[Any, Any]
    laboratories: dict[str, UUID] = field(default_factory=dict[str, UUID])
    sent: int = 0

    @property
    def pool(self) -> Pool:
        return self.registered.county.pool

    @property
    def patient(self) -> UUID:
        return self.registered.county.patient

    @property
    def now(self) -> datetime:
        return self.registered.county.now

    async def rows(self, statement: str, *values: object) -> list[Any]:
        async with self.pool.connection() as connection:
            return await (await connection.execute(statement.encode(), values)).fetchall()

    async def hire(self, role: Role, place: UUID) -> Somebody:
        return Somebody(self.client, *await hire(self.pool, place, role, now=self.now))

    async def laboratory(self, code: str, name: str) -> UUID:
        """A member with a laboratory system that may send."""
        if code in self.laboratories:
            return self.laboratories[code]
        async with self.pool.transaction() as tx:
            made = await tx.execute(
                "insert into organization (code, name, kind) values (%s, %s, 'laboratory') returning id", (code, name)
            )
            row = await made.fetchone()
            assert row is not None
            place: UUID = row[0]
            await tx.execute(
                "insert into community_membership (organization_id, valid_from) values (%s, '2025-01-01')", (place,)
            )
            await senders.enrol(tx, Names("LIS", code), code, self.now)
            await self.registered.assessor.organization(tx, place, self.now)
        self.laboratories[code] = place
        return place

    async def send(
        self,
        *lines: str,
        laboratory: str = "JY",
        name: str = "联合医学检验所",
        report: str = "R1",
        days: float = 1,
        status: str = "F",
        later: timedelta = timedelta(),
        person: str = f"7^^^JY^MR~{NUMBER}^^^CN^NNCHN",
        who: str = "王桂兰||19580314|F",
        catch_up: bool = True,
    ) -> None:
        """One report of one laboratory; lines: OBX-2 to OBX-8."""
        await self.laboratory(laboratory, name)
        self.sent += 1
        collected = self.now - timedelta(days=days)
        reported = collected + timedelta(hours=2) + later
        message = [
            (
                f"MSH|^~\\&|LIS|{laboratory}|TELEMED|LA|{written(reported)}||ORU^R01|C{self.sent}"
                "|P|2.5.1||||||UNICODE UTF-8"
            ),
            f"PID|1||{person}||{who}",
            (
                f"OBR|1||{report}^LIS|CHEM^生化^LOCAL|||{written(collected)}||||||||SER^血清|||||||"
                f"{written(reported)}||LAB|{status}"
            ),
            *(
                f"OBX|{at}|{line}|||{status}|||{written(collected)}|||enzymatic^酶法^LOCAL|AU5800"
                for at, line in enumerate(lines, start=1)
            ),
        ]
        intake = Intake(self.pool, ZONE, read_maps(MAPS))
        answer = await intake.take(("\r".join(message) + "\r").encode(), "127.0.0.1", reported + timedelta(minutes=1))
        assert b"MSA|AR|" not in answer, answer
        if catch_up:
            await self.registered.catch_up()


CREATININE = "NM|14682-9^肌酐^LN||66|umol/L|41-81|N"
GLUCOSE = "NM|14771-0^空腹血糖^LN||7.42|mmol/L|3.9-6.1|H"


@pytest.fixture
async def page(registered: Registered) -> AsyncGenerator[Page]:
    held = registered.county
    async with held.pool.transaction() as tx:
        await tx.execute(
            "insert into patient_organization (organization_id, patient_id) values (%s, %s)",
            (held.township, held.patient),
        )

    async def can_fetch(_result: str) -> bool:
        return registered.images

    registry = Registry(held.pool, RuleBook(), can_fetch, lambda: held.now)
    assembled = assemble(Config(), held.pool, key=bytes(32), clock=lambda: held.now, judge=registry)
    server = Server(endpoints(assembled), pool=held.pool, gate=gate(assembled), clock=lambda: held.now)
    async with TestClient(TestServer(server.application())) as client:
        yield Page(registered, client)


@pytest.fixture
async def doctor(page: Page) -> Somebody:
    """A physician of the township that knows the patient."""
    return await page.hire(Role.REQUESTER, page.registered.county.township)
