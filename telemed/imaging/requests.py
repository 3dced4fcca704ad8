"""Registrations (ServiceRequest) in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.imaging.matching import RequestFacts
from telemed.patients.identity import Identity
from telemed.vocabulary import Laterality, Sex

queries = load(__name__, "requests.sql")


class _Id(msgspec.Struct):
    id: UUID


class Submitted(msgspec.Struct, frozen=True):
    """A registration by the form it came from."""

    id: UUID
    organization_id: UUID


class RequestRow(msgspec.Struct, frozen=True):
    """A registration with its patient. number: whole, to be masked before it leaves; times UTC."""

    id: UUID
    organization_id: UUID
    organization_name: str
    accession_number: str
    patient_id: UUID
    visit_id: UUID
    modality: str
    item: str
    body_site: str
    laterality: str
    encounter_class: str
    priority: str
    emergency_class: str | None
    intent: str
    history: str
    purpose: str
    prior_surgery: str
    pregnancy: str
    pregnancy_confirmed: bool
    requester_name: str
    department: str
    technician_name: str
    fee_state: str
    consent_told: bool
    card_mismatch: bool
    status: str
    registered_at: datetime
    revision: int
    patient_name: str
    patient_sex: str
    birth_date: date | None
    birth_date_estimated: bool
    born_at: datetime | None
    identity: str
    phone: str
    address: str
    number: str | None
    study_ids: list[UUID]
    papers: int


class PaperRow(msgspec.Struct, frozen=True):
    """A photograph of a paper request. digest: SHA-256 in hexadecimal."""

    digest: str
    media_type: str
    size: int
    width: int
    height: int
    added_at: datetime


class CandidateRow(msgspec.Struct, frozen=True):
    id: UUID
    organization_id: UUID
    accession_number: str
    name: str
    sex: str
    birth_date: date | None
    birth_date_estimated: bool
    identity: str
    numbers: list[str]
    modality: str
    site: str
    laterality: str
    registered_at: datetime
    card_mismatch: bool
    answered: bool

    def facts(self) -> RequestFacts:
        """The same as the matching rules take it."""
        return RequestFacts(
            id=self.id,
            organization_id=self.organization_id,
            accession_number=self.accession_number,
            name=self.name,
            sex=Sex(self.sex),
            birth_date=self.birth_date,
            birth_date_estimated=self.birth_date_estimated,
            identity=Identity(self.identity),
            numbers=frozenset(self.numbers),
            modality=self.modality,
            site=self.site,
            laterality=Laterality(self.laterality),
            registered_at=self.registered_at,
            card_mismatch=self.card_mismatch,
            answered=self.answered,
        )


class LinkedRequest(msgspec.Struct, frozen=True):
    """What linking needs of a registration."""

    id: UUID
    organization_id: UUID
    patient_id: UUID
    intent: str
    registered_at: datetime
    card_mismatch: bool


async def by_submission(connection: Connection, submission_id: UUID) -> Submitted | None:
    """The registration that a form has made already; the same form waits until the end of the transaction."""
    await execute(connection, queries["one_at_a_time"], {"submission_id": submission_id})
    return await fetch_one(connection, queries["by_submission"], {"submission_id": submission_id}, Submitted)


async def organization_is_there(connection: Connection, organization_id: UUID) -> bool:
    """Whether there is such an organisation; who may register everywhere may name any."""
    return await fetch_one(connection, queries["organization"], {"id": organization_id}, _Id) is not None


async def insert(tx: Connection, columns: Mapping[str, Any]) -> UUID | None:
    """Write a registration; None if the organisation has used the accession number."""
    row = await fetch_one(tx, queries["insert"], columns, _Id)
    return None if row is None else row.id


async def find(connection: Connection, request_id: UUID, organizations: Sequence[UUID] | None) -> RequestRow | None:
    """One registration of one of the organisations."""
    rows = await _list(connection, organizations=organizations, request_id=request_id)
    return rows[0] if rows else None


async def of_span(
    connection: Connection, organizations: Sequence[UUID] | None, *, since: datetime, until: datetime, limit: int
) -> list[RequestRow]:
    """Registrations made in [since, until), newest first."""
    return await _list(connection, organizations=organizations, since=since, until=until, limit=limit)


async def of_patient(
    connection: Connection, patient_ids: Sequence[UUID], organizations: Sequence[UUID] | None, *, limit: int
) -> list[RequestRow]:
    """Registrations of somebody, newest first."""
    return await _list(connection, organizations=organizations, patient_ids=patient_ids, limit=limit)


async def _list(connection: Connection, **asked: object) -> list[RequestRow]:
    params = {"request_id": None, "patient_ids": None, "since": None, "until": None, "limit": 1, **asked}
    return await fetch_all(connection, queries["list"], params, RequestRow)


async def visit_of(
    connection: Connection, request_id: UUID, *, patient_id: UUID, organization_id: UUID, since: datetime
) -> UUID | None:
    """The visit of another registration of the same person at the same place, made after `since`."""
    params = {"request_id": request_id, "patient_id": patient_id, "organization_id": organization_id, "since": since}
    row = await fetch_one(connection, queries["visit_of"], params, _Id)
    return None if row is None else row.id


async def add_paper(tx: Connection, request_id: UUID, paper: PaperRow, *, added_by: UUID, now: datetime) -> None:
    """Note a photograph of the paper request."""
    await execute(
        tx,
        queries["insert_paper"],
        {
            "request_id": request_id,
            "digest": bytes.fromhex(paper.digest),
            "media_type": paper.media_type,
            "size": paper.size,
            "width": paper.width,
            "height": paper.height,
            "added_by": added_by,
            "now": now,
        },
    )


async def papers(connection: Connection, request_id: UUID) -> list[PaperRow]:
    """The photographs of one registration."""
    return await fetch_all(connection, queries["papers"], {"request_id": request_id}, PaperRow)


async def candidates(connection: Connection, params: Mapping[str, Any]) -> list[CandidateRow]:
    """Registrations that a study could answer; a superset of what the rules accept."""
    return await fetch_all(connection, queries["candidates"], params, CandidateRow)


async def hold(tx: Connection, request_id: UUID) -> LinkedRequest | None:
    """One registration, locked until the end of the transaction."""
    return await fetch_one(tx, queries["request_for_update"], {"request_id": request_id}, LinkedRequest)


async def complete(tx: Connection, request_id: UUID) -> None:
    """The registration has its study."""
    await execute(tx, queries["complete"], {"request_id": request_id})


async def reopen(tx: Connection, request_id: UUID) -> None:
    """The registration waits for its study again, unless another one answers it."""
    await execute(tx, queries["reopen"], {"request_id": request_id})
