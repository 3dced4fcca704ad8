from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from telemed.events.consumer import Consumer, step
from telemed.imaging import linking, registering, store
from telemed.imaging.forms import DocumentForm, PersonForm, RegistrationForm
from telemed.imaging.study import Arrival
from telemed.patients.identifiers import IdentifierKind
from telemed.vocabulary import (
    AccountId,
    EncounterClass,
    Laterality,
    OrganizationId,
    PractitionerId,
    Principal,
    Priority,
    Role,
    Scope,
    ScopeKind,
    SessionId,
    Sex,
)

ZONE = ZoneInfo("Asia/Shanghai")
CARD = "239999195603140024"


class Township:
    """One township hospital with a technician and a device, and what they do."""

    def __init__(self, pool, organization_id: UUID, practitioner_id: UUID, now) -> None:
        self.pool = pool
        self.id = organization_id
        self.now = now
        own = frozenset({organization_id})
        self.scope = Scope(ScopeKind.OWN, own)
        self.principal = Principal(
            AccountId(uuid4()),
            PractitionerId(practitioner_id),
            "陈小雨",
            OrganizationId(organization_id),
            own,
            frozenset({Role.TECHNICIAN}),
            SessionId(uuid4()),
            None,
        )

    def person(self, **changed) -> PersonForm:
        said: dict[str, Any] = {
            "sex": Sex.FEMALE,
            "name": "王桂兰",
            "birth_date": date(1956, 3, 14),
            "document": DocumentForm(IdentifierKind.NATIONAL_ID, CARD),
        }
        return PersonForm(**(said | changed))

    def form(self, **changed) -> RegistrationForm:
        said: dict[str, Any] = {
            "submission_id": uuid4(),
            "person": self.person(),
            "modality": "DX",
            "item": "DR 左膝正侧位",
            "body_site": "膝关节",
            "laterality": Laterality.LEFT,
            "encounter_class": EncounterClass.OUTPATIENT,
            "priority": Priority.ROUTINE,
            "history": "膝痛 3 月",
            "consent_told": True,
        }
        return RegistrationForm(**(said | changed))

    async def register(self, form: RegistrationForm | None = None, *, at=None, **changed) -> UUID:
        async with self.pool.transaction() as tx:
            return await registering.register(
                tx,
                form or self.form(**changed),
                principal=self.principal,
                scope=self.scope,
                now=at or self.now,
                zone=ZONE,
            )

    async def push(self, *, images: int = 1, study: str | None = None, **changed) -> UUID:
        """Receive a study as the indexer writes it, one instance a transaction; returns its id."""
        uid = study or f"2.25.{uuid4().int}"
        taken = changed.pop("acquired_at", self.now + timedelta(minutes=10))
        for number in range(images):
            said: dict[str, Any] = {
                "digest": hashlib.sha256(f"{uid}{number}{changed}".encode()).hexdigest(),
                "size": 1000,
                "organization_id": self.id,
                "association_id": "a",
                "calling_ae": "DR1",
                "received_at": self.now + timedelta(minutes=15),
                "transfer_syntax_uid": "1.2.840.10008.1.2.1",
                "sop_class_uid": "1.2.840.10008.5.1.4.1.1.1.1",
                "sop_instance_uid": f"2.25.{uuid4().int}",
                "series_instance_uid": f"{uid}.1",
                "study_instance_uid": uid,
                "patient_id": CARD,
                "patient_name": "王桂兰",
                "birth_date": date(1956, 3, 14),
                "sex": "F",
                "modality": "DX",
                "body_part": "KNEE",
                "laterality": "L",
                "acquired_at": taken,
            }
            arrival = Arrival(**(said | changed))
            async with self.pool.transaction() as tx:
                await store.index(tx, [arrival], {})
        async with self.pool.connection() as connection:
            cursor = await connection.execute("select id from imaging_study where study_instance_uid = %s", (uid,))
            row = await cursor.fetchone()
        assert row is not None
        return row[0]

    async def decide(self, study_id: UUID, request_id: UUID | None, *, same_visit: bool = False) -> None:
        row = await self.look(study_id)
        async with self.pool.transaction() as tx:
            await linking.decide(
                tx,
                study_id,
                request_id,
                revision=row["match_revision"],
                same_visit=same_visit,
                principal=self.principal,
                scope=self.scope,
                now=self.now + timedelta(minutes=30),
            )

    async def look(self, study_id: UUID) -> dict[str, Any]:
        return await one(self.pool, "select * from imaging_study where id = %s", study_id)


async def one(pool, query: LiteralString, *values) -> dict[str, Any]:
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(query, values)
        row = await cursor.fetchone()
    assert row is not None
    return row


@pytest.fixture
def ask(pool) -> Callable[..., Any]:
    async def asked(query: LiteralString, *values) -> dict[str, Any]:
        return await one(pool, query, *values)

    return asked


@pytest.fixture
async def townships(pool, database, now) -> list[Township]:
    made = []
    with psycopg.connect(database, autocommit=True) as admin:
        for code, ae in (("赵屯镇卫生院", "DR1"), ("永发镇卫生院", "DR2")):
            organization_id, practitioner_id = uuid4(), uuid4()
            admin.execute(
                "insert into organization (id, code, name, kind) values (%s, %s, %s, 'township-hospital')",
                (organization_id, code, code),
            )
            admin.execute(
                "insert into practitioner (id, organization_id, name) values (%s, %s, '陈小雨')",
                (practitioner_id, organization_id),
            )
            admin.execute(
                "insert into device (organization_id, ae_title, modality) values (%s, %s, 'DX')", (organization_id, ae)
            )
            made.append(Township(pool, organization_id, practitioner_id, now))
    return made


@pytest.fixture
def township(townships) -> Township:
    return townships[0]


@pytest.fixture
def follow(pool) -> Callable[..., Any]:
    """Run the matching consumer to the head of the log, as the server does."""
    consumer = Consumer("match-requests", linking.KINDS, linking.handle)

    async def followed() -> None:
        async with pool.transaction() as tx:
            await tx.execute("insert into event_consumer (name) values ('match-requests') on conflict do nothing")
        while await step(pool, consumer):
            pass

    return followed
