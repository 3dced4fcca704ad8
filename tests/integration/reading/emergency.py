"""A ward where a record is opened in an emergency: the reading county served, and people with sessions."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer

from telemed.config import Config
from telemed.county import assemble, gate
from telemed.endpoints import endpoints
from telemed.http.server import Server
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in

if TYPE_CHECKING:  # the fixtures of conftest.py are made from this file
    from tests.integration.reading.conftest import County

CARD, OTHER_CARD, STRANGER = "239999195603140024", "239999198907220115", "110101199003070011"
SPAN = timedelta(minutes=60)
SHUT = {"patient": 404, "study": 404, "report": 404, "series": 204, "image": 404, "thumbnail": 404}
OPEN = {"patient": 200, "study": 200, "report": 200, "series": 200, "image": 503, "thumbnail": 503}


@dataclass
class Answer:
    status: int
    body: Any

    @property
    def code(self) -> str:
        return self.body["code"]


@dataclass
class Somebody:
    """A person with a session at one organisation."""

    ward: Ward
    id: UUID
    place: UUID
    token: str

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        headers = signed_in(self.token)
        async with self.ward.client.request(method, path, json=body, headers=headers) as answer:
            text = await answer.read()
            said = "json" in answer.content_type and text
            return Answer(answer.status, await answer.json(content_type=None) if said else None)

    async def open(self, number: str = CARD, **changed: Any) -> Answer:
        body = {"by": "document", "number": number, "reason": "cannot-tell", "note": "昏迷，无家属"}
        return await self.call("POST", "/api/break-glass", body | changed)

    async def opened(self, number: str = CARD) -> dict[str, Any]:
        answer = await self.open(number)
        assert answer.status == 200, answer.body
        assert answer.body["record"] is not None
        return answer.body["record"]

    async def sees(self) -> dict[str, int]:
        """The status of every way to the record."""
        return {name: (await self.call("GET", path)).status for name, path in self.ward.ways.items()}


@dataclass
class Ward:
    """The county of the readings, with a signed report of a patient whom one township knows, and people elsewhere."""

    county: County
    client: TestClient[Any, Any]
    study: UUID
    report: UUID
    ways: dict[str, str] = field(default_factory=dict[str, str])

    async def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        async with self.county.pool.transaction() as tx:
            cursor = await tx.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def pass_time(self, span: timedelta) -> None:
        """Time goes by while everybody works: no screen locks itself."""
        self.county.now += span
        await self.run("update session set last_seen_at = %s", self.county.now)

    async def hire(self, *roles: Role, at: UUID | None = None, second_factor: bool = True) -> Somebody:
        place = at or self.county.other_township
        person, token = await hire(
            self.county.pool, place, *roles, now=self.county.now, name=f"医师{uuid4()}", second_factor=second_factor
        )
        return Somebody(self, person, place, token)

    async def person(self, name: str, card: str, *known_to: UUID) -> UUID:
        patient = uuid4()
        await self.run(
            "insert into patient (id, organization_id, name, name_search, name_pinyin, sex)"
            " values (%s, %s, %s, %s, 'x', 'M')",
            *(patient, known_to[0], name, name),
        )
        for place in known_to:
            await self.run("insert into patient_organization values (%s, %s)", place, patient)
        await self.run(
            "insert into patient_identifier (issuer, value, kind, patient_id)"
            " values ('CN:GB11643', %s, 'national-id', %s)",
            *(card, patient),
        )
        return patient

    async def trail(self, who: Somebody) -> list[tuple[str, str, str]]:
        """(route, purpose, use) of what the audit keeps of somebody's successes, in order."""
        rows = await self.run(
            "select detail ->> 'route', purpose, coalesce(detail ->> 'break_glass', '') from audit_event"
            " where practitioner_id = %s and outcome = 'success' order by id",
            who.id,
        )
        return [(route, purpose, use) for route, purpose, use in rows]


@pytest.fixture
async def ward(county: County) -> AsyncGenerator[Ward]:
    assembled = assemble(Config(), county.pool, key=bytes(32), clock=lambda: county.now)
    server = Server(endpoints(assembled), pool=county.pool, gate=gate(assembled), clock=lambda: county.now)
    reading = await county.ready()
    report = await county.signed(reading)
    study = (await county.row(reading)).study_id
    async with TestClient(TestServer(server.application())) as client:
        made = Ward(county, client, study, report)
        for place in (county.center, county.township, county.other_township):
            await made.run("insert into community_membership values (%s, '2026-01-01')", place)
        await made.run("insert into patient_organization values (%s, %s)", county.township, county.patient)
        await made.run(
            "insert into patient_identifier (issuer, value, kind, patient_id)"
            " values ('CN:GB11643', %s, 'national-id', %s)",
            *(CARD, county.patient),
        )
        ((uid,),) = await made.run("select study_instance_uid from imaging_study where id = %s", study)
        series = uuid4()
        await made.run(
            "insert into imaging_series (id, study_id, series_instance_uid, modality) values (%s, %s, %s, 'CT')",
            *(series, study, f"{uid}.1"),
        )
        await made.run(
            "insert into imaging_instance (series_id, study_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid,"
            " digest, size, rows, columns, received_at) values (%s, %s, %s, '1.2.840.10008.5.1.4.1.1.2',"
            " '1.2.840.10008.1.2.1', sha256('gone'), 4, 512, 512, %s)",
            *(series, study, f"{uid}.1.1", county.now),
        )
        made.ways |= {
            "patient": f"/api/patients/{county.patient}",
            "study": f"/api/studies/{study}",
            "report": f"/api/reports/{report}",
            "series": f"/dicom-web/studies/{uid}/series",
            # the blob is not there: whoever may see the image is told that it is lost, whoever may not, nothing
            "image": f"/dicom-web/studies/{uid}/series/{uid}.1/instances/{uid}.1.1/rendered",
            "thumbnail": f"/dicom-web/studies/{uid}/thumbnail",
        }
        yield made
