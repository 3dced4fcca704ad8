"""A small county in a real database, and people who act in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from psycopg.sql import SQL, Identifier

from telemed.db import Connection, Pool, fetch_one
from telemed.errors import Forbidden
from telemed.reading.model.rules import ReadingRules
from telemed.reading.service import claims, drafts, reassignment, scheduling, submission, verification
from telemed.reading.service.acting import Acting, Signatures
from telemed.reading.service.drafts import Writing
from telemed.reading.service.rule_book import read_rules
from telemed.reading.service.signing import Confirmed, Looked, OnScreen, confirm_password
from telemed.reading.store.readings import hold
from telemed.reading.store.rows import DraftRow, Id, ReadingRow
from telemed.vocabulary import (
    AccountId,
    OrganizationId,
    PractitionerId,
    Principal,
    Role,
    Scope,
    ScopeKind,
    SessionId,
)
from tests.integration.reading.emergency import ward

__all__ = ["county", "ward"]
RULES = read_rules(Path(__file__).parents[3] / "config" / "reading")
PASSWORD = "right"
_study = count(1)


async def confirm(principal: Principal, password: str, now: datetime) -> None:
    if password != PASSWORD:
        raise Forbidden("wrong-password", "口令不对。", "Wrong password.")


async def licensed(tx: Connection, principal: Principal, modality: str, now: datetime) -> None:
    if Role.TECHNICIAN in principal.roles:
        raise Forbidden("technician-never-signs", "检查技师不能签发诊断报告。", "A radiographer cannot sign.")


SIGNATURES = Signatures(confirm, licensed)


@dataclass
class Person:
    principal: Principal
    scope: Scope


@dataclass
class County:
    """now may be moved; every command is one transaction of its own."""

    pool: Pool
    now: datetime
    center: UUID = field(default_factory=uuid4)
    township: UUID = field(default_factory=uuid4)
    other_township: UUID = field(default_factory=uuid4)
    patient: UUID = field(default_factory=uuid4)
    people: dict[str, Person] = field(default_factory=dict)

    signatures: Signatures = SIGNATURES
    password: str = PASSWORD

    async def confirmed(self, name: str) -> Confirmed:
        """The person has given the signing password."""
        return await confirm_password(SIGNATURES, self.people[name].principal, PASSWORD, self.now)

    @property
    def rules(self) -> ReadingRules:
        return RULES.at(self.now)

    async def found(self) -> None:
        async with self.pool.transaction() as tx:
            for code, name, kind, id_ in (
                ("LA01", "龙安县第一人民医院(演示)", "lead-hospital", self.center),
                ("LA11", "石泉镇卫生院(演示)", "township-hospital", self.township),
                ("LA12", "通北镇卫生院(演示)", "township-hospital", self.other_township),
            ):
                await tx.execute(
                    "insert into organization (id, code, name, kind) values (%s, %s, %s, %s)",
                    (id_, code, name, kind),
                )
        for name, home, roles in (
            ("gao", self.center, {Role.AUTHOR}),
            ("zheng", self.center, {Role.AUTHOR, Role.VERIFIER}),
            ("shen", self.center, {Role.CENTER_HEAD}),
            ("wang", self.township, {Role.REQUESTER, Role.AUTHOR}),
            ("li", self.township, {Role.TECHNICIAN}),
            ("xu", self.other_township, {Role.TECHNICIAN}),
        ):
            await self.hire(name, home, roles)
        async with self.pool.transaction() as tx:
            await tx.execute(
                "insert into patient (id, organization_id, name, name_search, name_pinyin, sex, birth_date)"
                " values (%s, %s, '王桂兰', '王桂兰', 'WANG Guilan', 'F', '1958-03-14')",
                (self.patient, self.township),
            )

    async def hire(self, name: str, home: UUID, roles: set[Role]) -> Person:
        practitioner = uuid4()
        async with self.pool.transaction() as tx:
            await tx.execute(
                "insert into practitioner (id, organization_id, name, title) values (%s, %s, %s, '主治医师')",
                (practitioner, home, f"医师{name}"),
            )
        center = home == self.center
        everybody = frozenset({self.center, self.township, self.other_township})
        principal = Principal(
            AccountId(uuid4()),
            PractitionerId(practitioner),
            f"医师{name}",
            OrganizationId(home),
            frozenset({home}),
            frozenset(roles),
            SessionId(uuid4()),
            self.now,
            reading_center=center,
            community_ids=everybody,
        )
        scope = Scope(ScopeKind.COMMUNITY, everybody) if center else Scope(ScopeKind.OWN, frozenset({home}))
        self.people[name] = Person(principal, scope)
        return self.people[name]

    async def push(
        self,
        *,
        modality: str = "CT",
        body_site: str = "胸部",
        laterality: str = "U",
        priority: str = "routine",
        encounter_class: str = "outpatient",
        intent: str = "request-reading",
        match_state: str = "sure",
        completeness: str = "complete",
        instances: int = 37,
        image_laterality: str = "",
        sex: str | None = None,
        township: UUID | None = None,
    ) -> UUID:
        """A registered patient's study arrives; returns the study's id."""
        number = next(_study)
        study, request = uuid4(), uuid4()
        home = township or self.township
        emergency = "stroke" if encounter_class == "emergency" else None
        async with self.pool.transaction() as tx:
            patient = self.patient
            if sex is not None:
                patient = uuid4()
                await tx.execute(
                    "insert into patient (id, organization_id, name, name_search, name_pinyin, sex, birth_date)"
                    " values (%s, %s, '刘德福', '刘德福', 'LIU Defu', %s, '1950-01-01')",
                    (patient, home, sex),
                )
            await tx.execute(
                "insert into service_request (id, submission_id, visit_id, organization_id, accession_number,"
                " patient_id, modality, item, body_site, laterality, encounter_class, priority, emergency_class,"
                " intent, registered_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    request,
                    uuid4(),
                    uuid4(),
                    home,
                    f"A{number:06}",
                    patient,
                    modality,
                    f"{modality} {body_site}",
                    body_site,
                    laterality,
                    encounter_class,
                    priority,
                    emergency,
                    intent,
                    self.now,
                ),
            )
            await tx.execute(
                "insert into imaging_study (id, study_instance_uid, organization_id, modalities, body_site, laterality,"
                " patient_id, service_request_id, match_state, intent, completeness, instance_count, series_count,"
                " acquired_at, first_received_at, last_received_at)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1, %s, %s, %s)",
                (
                    study,
                    f"1.2.826.0.1.3680043.8.498.{number}",
                    home,
                    [modality],
                    body_site,
                    image_laterality,
                    patient,
                    request,
                    match_state,
                    intent,
                    completeness,
                    instances,
                    self.now - timedelta(minutes=10),
                    self.now - timedelta(minutes=5),
                    self.now,
                ),
            )
        return study

    async def somebody(self, *, home: UUID | None = None) -> tuple[UUID, UUID]:
        """Another patient with a registration at the township; returns both ids."""
        patient, request, number = uuid4(), uuid4(), next(_study)
        home = home or self.township
        async with self.pool.transaction() as tx:
            await tx.execute(
                "insert into patient (id, organization_id, name, name_search, name_pinyin, sex, birth_date)"
                " values (%s, %s, '孙淑芝', '孙淑芝', 'SUN Shuzhi', 'F', '1961-05-02')",
                (patient, home),
            )
            await tx.execute(
                "insert into service_request (id, submission_id, visit_id, organization_id, accession_number,"
                " patient_id, modality, item, body_site, laterality, encounter_class, priority, intent, registered_at)"
                " values (%s, %s, %s, %s, %s, %s, 'CT', 'CT 胸部', '胸部', 'U', 'outpatient', 'routine',"
                " 'request-reading', %s)",
                (request, uuid4(), uuid4(), home, f"B{number:06}", patient, self.now),
            )
        return patient, request

    async def propose(self, study: UUID, whose: tuple[UUID, UUID | None], name: str = "li") -> UUID:
        return await self.act(name, reassignment.propose, study, *whose, "登记时选错患者")

    async def confirm(self, correction: UUID, name: str = "shen", *, signing: bool = True) -> None:
        confirmed = await self.confirmed(name) if signing else None
        await self.act(name, reassignment.confirm, correction, confirmed, SIGNATURES)

    async def reassign(self, study: UUID, whose: tuple[UUID, UUID | None]) -> None:
        """The township says whose a study is, and the head of the centre confirms."""
        await self.confirm(await self.propose(study, whose))

    async def change_study(self, study: UUID, column: str, value: object) -> None:
        async with self.pool.transaction() as tx:
            statement = SQL("update imaging_study set {} = %s where id = %s").format(Identifier(column))
            await tx.execute(statement, (value, study))

    async def schedule(self, study: UUID) -> None:
        async with self.pool.transaction() as tx:
            await scheduling.schedule(tx, study, self.now, self.rules)

    async def reading_of(self, study: UUID) -> UUID:
        async with self.pool.connection() as connection:
            row = await fetch_one(
                connection,
                "select id from reading where study_id = %(id)s order by opened_at desc, state in ('void', 'canceled')",
                {"id": study},
                Id,
            )
        assert row is not None
        return row.id

    async def ready(self, **facts) -> UUID:
        """A reading that waits for its reader."""
        study = await self.push(**facts)
        await self.schedule(study)
        return await self.reading_of(study)

    async def act(self, name: str, command, *arguments, **named):
        """Run one command as a person, in its own transaction."""
        person = self.people[name]
        async with self.pool.transaction() as tx:
            return await command(Acting(tx, person.principal, person.scope, self.now, self.rules), *arguments, **named)

    async def row(self, reading: UUID) -> ReadingRow:
        async with self.pool.transaction() as tx:
            held = await hold(tx, reading)
        assert held is not None
        return held.row

    async def draft(self, reading: UUID) -> DraftRow:
        async with self.pool.transaction() as tx:
            held = await hold(tx, reading)
            assert held is not None
            assert held.item is not None
            found = await drafts.draft_of(tx, held.item.id)
        assert found is not None
        return found

    async def screen(self, reading: UUID, **looked) -> OnScreen:
        draft = await self.draft(reading)
        row = await self.row(reading)
        async with self.pool.connection() as connection:
            study = await drafts.study_of(connection, row.study_id)
        return OnScreen(draft.revision, study.study_instance_uid, Looked(**looked))

    async def write(
        self, name: str, reading: UUID, findings: str = "双肺纹理清晰。", impression: str = "未见明显异常。"
    ) -> None:
        draft = await self.draft(reading)
        await self.act(name, drafts.save_draft, reading, Writing("", findings, impression, "none"), draft.revision)

    async def submitted(self, reading: UUID, author: str = "gao") -> None:
        await self.act(author, claims.claim_reading, reading)
        await self.write(author, reading)
        await self.act(author, submission.submit_reading, reading, await self.screen(reading), SIGNATURES)

    async def signed(self, reading: UUID, author: str = "gao", verifier: str = "zheng") -> UUID:
        """Through the whole path; returns the id of the signed version."""
        await self.submitted(reading, author)
        await self.act(verifier, claims.claim_to_verify, reading)
        return await self.sign(verifier, reading)

    async def sign(self, verifier: str, reading: UUID, **named) -> UUID:
        screen = await self.screen(reading)
        return await self.act(
            verifier, verification.verify_and_sign, reading, screen, await self.confirmed(verifier), SIGNATURES, **named
        )

    async def events(self, kind: str) -> int:
        async with self.pool.connection() as connection:
            cursor = await connection.execute("select count(*) from event where kind = %s", (kind,))
            row = await cursor.fetchone()
        assert row is not None
        return row[0]


@pytest.fixture
async def county(pool: Pool) -> County:
    made = County(pool, datetime(2026, 11, 23, 1, 12, tzinfo=UTC))
    await made.found()
    return made
