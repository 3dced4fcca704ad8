"""Studies as matching sees and writes them, in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.imaging import clock
from telemed.imaging.matching import Finding, StudyFacts, pictures
from telemed.imaging.mixed import Whose
from telemed.imaging.study import sex_of
from telemed.vocabulary import Laterality

queries = load(__name__, "linking.sql")


class _Id(msgspec.Struct):
    id: UUID


class Statement(msgspec.Struct, frozen=True):
    """What some instances of a study say of their patient. contradicts: those instances are in quarantine."""

    patient_id: str
    name: str
    sex: str
    birth_date: date | None
    contradicts: bool


class _Sample(msgspec.Struct):
    low: int | None
    high: int | None


class StudyRow(msgspec.Struct, frozen=True):
    """A study with what its device said of it and what the county made of it. Times UTC."""

    id: UUID
    study_instance_uid: str
    organization_id: UUID
    device_id: UUID | None
    source_patient_id: str
    source_issuer: str
    source_patient_name: str
    source_birth_date: date | None
    source_sex: str
    accession_number: str
    description: str
    modalities: list[str]
    body_site: str
    laterality: str
    acquired_at: datetime | None
    first_received_at: datetime
    last_received_at: datetime
    patient_id: UUID | None
    service_request_id: UUID | None
    match_state: str
    intent: str
    intent_confirmed: bool
    hold: str
    match_revision: int
    device_intent: str | None
    skew_seconds: int | None
    sides: list[str]
    series_site: str
    accession_shared: bool

    def facts(self) -> StudyFacts:
        """The same as the matching rules take it."""
        known = {side.value for side in Laterality}
        return StudyFacts(
            organization_id=self.organization_id,
            accession_number=self.accession_number,
            patient_id=self.source_patient_id,
            issuer=self.source_issuer,
            name=self.source_patient_name,
            sex=sex_of(self.source_sex),
            birth_date=self.source_birth_date,
            modalities=pictures(self.modalities),
            site=f"{self.body_site} {self.description} {self.series_site}",
            sides=frozenset(Laterality(s) for s in (self.laterality, *self.sides) if s in known),
            acquired_at=self.acquired_at,
            received_at=self.first_received_at,
            skew_seconds=self.skew_seconds,
            accession_shared=self.accession_shared,
        )

    def whose(self) -> Whose:
        """What the study as a whole says of its patient."""
        return Whose(self.source_patient_id, self.source_patient_name, sex_of(self.source_sex), self.source_birth_date)


async def hold(tx: Connection, study_id: UUID) -> StudyRow | None:
    """One study, locked until the end of the transaction."""
    return await fetch_one(tx, queries["hold_study"], {"study_id": study_id}, StudyRow)


async def study(connection: Connection, study_id: UUID) -> StudyRow | None:
    """One study."""
    return await fetch_one(connection, queries["study"], {"study_id": study_id}, StudyRow)


async def save(tx: Connection, row: StudyRow) -> None:
    """Write what the county made of a study."""
    await execute(
        tx,
        queries["save"],
        {
            "study_id": row.id,
            "patient_id": row.patient_id,
            "service_request_id": row.service_request_id,
            "match_state": row.match_state,
            "intent": row.intent,
            "intent_confirmed": row.intent_confirmed,
            "hold": row.hold,
        },
    )


async def open_near(tx: Connection, organization_id: UUID, since: datetime) -> list[UUID]:
    """Studies without a sure request, received since then."""
    params = {"organization_id": organization_id, "since": since}
    return [row.id for row in await fetch_all(tx, queries["open_near"], params, _Id)]


async def sharing_accession(tx: Connection, study_id: UUID) -> list[UUID]:
    """Other open studies with the same accession number."""
    return [row.id for row in await fetch_all(tx, queries["sharing_accession"], {"study_id": study_id}, _Id)]


async def statements(connection: Connection, study_id: UUID) -> list[Statement]:
    """Every way in which the instances of a study name their patient."""
    return await fetch_all(connection, queries["statements"], {"study_id": study_id}, Statement)


async def accept_statements(tx: Connection, study_id: UUID) -> None:
    """Everything that the instances of a study say is of one person."""
    await execute(tx, queries["accept_statements"], {"study_id": study_id})


async def record_decision(
    tx: Connection,
    study_id: UUID,
    request_id: UUID | None,
    *,
    decision: str,
    verdict: str,
    findings: Sequence[Finding],
    decided_by: UUID | None,
    now: datetime,
) -> None:
    """Keep who linked what, by which findings (words of rules, no values)."""
    await execute(
        tx,
        queries["record_decision"],
        {
            "study_id": study_id,
            "request_id": request_id,
            "decision": decision,
            "verdict": verdict,
            "findings": json.dumps([[f.rule, f.agreement] for f in findings]),
            "decided_by": decided_by,
            "now": now,
        },
    )


async def measure_clock(tx: Connection, row: StudyRow, registered_at: datetime | None, now: datetime) -> int | None:
    """Take one study as evidence of its device's clock; returns the error measured from the latest five."""
    if row.device_id is None:
        return None
    seen = clock.sample(row.acquired_at, received_at=row.first_received_at, registered_at=registered_at)
    if seen is not None:
        params = {"device_id": row.device_id, "study_id": row.id, "low": seen.low, "high": seen.high, "now": now}
        await execute(tx, queries["note_clock"], params)
    rows = await fetch_all(tx, queries["clock_samples"], {"device_id": row.device_id}, _Sample)
    skew = clock.measure(clock.Sample(one.low, one.high) for one in rows)
    if skew is not None:
        await execute(tx, queries["set_clock"], {"device_id": row.device_id, "skew": skew})
    return skew
