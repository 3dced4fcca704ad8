"""A county whose township's chest CT was read by the county, and the registry over it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from telemed.cds.answering import ledger_rows
from telemed.cds.deciding import Registry
from telemed.cds.registry import Decided
from telemed.cds.request import Asked, AskedOrder, Person
from telemed.events.consumer import step
from telemed.patients.identifiers import Identifier, national_id
from telemed.recognition import rules_store
from telemed.recognition.assessing import Assessor
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.imaging_names import read as read_names
from telemed.recognition.imaging_results import Technique
from telemed.recognition.installing import install_catalogues
from telemed.recognition.ledger import keep_decisions
from telemed.recognition.order import Context
from telemed.recognition.quality import Agreement
from telemed.recognition.replay import Replayed, replay
from telemed.recognition.rule_book import RuleBook
from telemed.recognition.rules import Basis, Code, Scope
from telemed.vocabulary import Sex
from tests.integration.reading.conftest import County

NAMES = Path(__file__).parents[3] / "config" / "recognition" / "imaging-names.toml"
NUMBER = "239999195803140029"
CHEST = Code("urn:cn:county:item", "CT-CHEST-PLAIN")
HEAD = Code("urn:cn:county:item", "CT-HEAD-PLAIN")
ZONE = ZoneInfo("Asia/Shanghai")
CATCH_UP_SECONDS = 30
LONGAN = Scope("community", "longan", "龙安县域医共体")


@dataclass
class Registered:
    """A county whose township's chest CT was read by the county, and the registry over it."""

    county: County
    study: UUID
    images: bool = True
    technique: Technique = field(default_factory=lambda: Technique({"slice_mm": "5"}, contrast=False))

    @property
    def assessor(self) -> Assessor:
        async def read(_samples: Any) -> Technique:
            return self.technique

        return Assessor(read_names(NAMES), read, "longan", ZONE, lambda: self.county.now)

    async def catch_up(self, seconds: float = CATCH_UP_SECONDS) -> None:
        """Let the registry learn what has happened, also while a transaction elsewhere keeps the last events back."""
        consumers = self.assessor.consumers()
        names = list(consumers)
        async with self.county.pool.transaction() as tx:
            await tx.execute(
                "insert into event_consumer (name) select unnest(%s::text[]) on conflict do nothing", (names,)
            )
        behind = """select exists (select from event e, event_consumer c
                                   where c.name = any(%s) and (e.xid, e.id) > (c.xid, c.id))"""
        async with asyncio.timeout(seconds):
            while True:
                for consumer in consumers.values():
                    while await step(self.county.pool, consumer):
                        pass
                async with self.county.pool.connection() as connection:
                    if await (await connection.execute(behind, (names,))).fetchone() == (False,):
                        return

    async def ask(
        self, *, by: UUID | None = None, more: tuple[Code, ...] = (), view: bool = False, **context: Any
    ) -> Decided:
        async def can_fetch(_result: str) -> bool:
            return self.images

        registry = Registry(self.county.pool, RuleBook(), can_fetch, lambda: self.county.now)
        orders = tuple(
            AskedOrder(
                f"ServiceRequest/{at}",
                frozenset({code}),
                Context("outpatient", **context),
                None,
                answered=False,
                resource={},
            )
            for at, code in enumerate((CHEST, *more))
        )
        return await registry(
            Asked(
                hook="patient-view" if view else "order-select",
                hook_instance=uuid4(),
                client_id=uuid4(),
                organization_id=by or self.county.center,
                user="Practitioner/1",
                patient_id="p1",
                encounter_id=None,
                person=person(),
                context=Context("outpatient", **context),
                orders=() if view else orders,
                as_of=self.county.now,
            )
        )

    async def kept(self, decided: Decided) -> None:
        """The ledger holds what was decided."""
        asked = Asked(
            "order-select", uuid4(), None, self.county.center, "", "", None, person(), Context(), (), self.county.now
        )  # type: ignore[arg-type]
        rows, _ = ledger_rows(asked, decided, [], uuid4, self.county.now)
        async with self.county.pool.transaction() as tx:
            await keep_decisions(tx, [replace(one, client_id=None) for one in rows])
        self.county.now += timedelta(seconds=1)

    async def replayed(self) -> list[Replayed]:
        until = self.county.now + timedelta(days=365)
        return [one async for one in replay(self.county.pool, datetime(2000, 1, 1, tzinfo=UTC), until)]


def person(name: str = "王桂兰") -> Person:
    number = national_id(NUMBER)
    assert isinstance(number, Identifier)
    return Person((number,), (), name, datetime(1958, 3, 14).date(), Sex.FEMALE)  # noqa: DTZ001 -- a birthday


@pytest.fixture
async def registered(county: County) -> Registered:
    county.now = datetime.now(UTC).replace(microsecond=0)
    async with county.pool.transaction() as tx:
        for place in (county.center, county.township):
            await tx.execute(
                "insert into community_membership (organization_id, valid_from) values (%s, '2025-01-01')", (place,)
            )
        await tx.execute(
            "insert into patient_identifier (issuer, value, claim, kind, patient_id, since)"
            " values ('CN:GB11643', %s, '', 'national-id', %s, now())",
            (NUMBER, county.patient),
        )
    study = await county.push()
    async with county.pool.transaction() as tx:
        await tx.execute("update service_request set item = 'CT 胸部平扫'")
        await tx.execute(
            "with series as (insert into imaging_series (study_id, series_instance_uid, modality)"
            " values (%s, '1.2.3', 'CT') returning id)"
            " insert into imaging_instance (series_id, study_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid,"
            " digest, size, rows, received_at) select id, %s, '1.2.3.4', '1.2', '1.2.840.10008.1.2.1',"
            " decode(repeat('ab', 32), 'hex'), 1, 512, now() from series",
            (study, study),
        )
    await county.schedule(study)
    reading = await county.reading_of(study)
    await county.signed(reading)
    made = Registered(county, study)
    async with county.pool.transaction() as tx:
        for place in (county.center, county.township):
            await made.assessor.organization(tx, place, county.now)
        await tx.execute(
            "insert into image_grade (reading_id, study_id, grade, graded_by, graded_at)"
            " values (%s, %s, 'A', %s, now())",
            (reading, study, county.people["zheng"].principal.practitioner_id),
        )
    assert await install_catalogues(county.pool, county.now, uuid4) == ()
    await agreed(made)
    await made.catch_up()
    return made


async def agreed(made: Registered) -> None:
    """The community's document says that the township's chest CT counts."""
    county = made.county
    fact = Agreement(
        id=str(uuid4()),
        organization_id=str(county.township),
        item_keys=frozenset({"ct.chest.plain"}),
        basis=Basis.COMMUNITY_DOCUMENT,
        scope=LONGAN,
        begins=county.now - timedelta(days=100),
        ends=county.now + timedelta(days=100),
        known_from=county.now,
    )
    by = county.people["shen"].principal.practitioner_id
    async with county.pool.transaction() as tx:
        await rules_store.record(tx, county.township, fact, by=by, now=county.now, parameters=read_parameters())
