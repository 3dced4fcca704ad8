"""Rows of the county as the facade reads them, each query bounded and inside a scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from telemed.db import Connection, fetch_all, fetch_one, load
from telemed.fhir.resources.diagnostic_report import LaboratoryReportRow, SignedReportRow
from telemed.fhir.resources.guidance_response import DecisionRow
from telemed.fhir.resources.imaging_study import StudyRow
from telemed.fhir.resources.observation import ObservationRow
from telemed.fhir.resources.patient import PatientRow
from telemed.fhir.resources.provenance import LaboratoryProvenanceRow, ReportProvenanceRow
from telemed.fhir.resources.service_request import RequestRow
from telemed.fhir.searching import Cursor, Search, Span
from telemed.vocabulary import Scope

queries = load(__name__)


class _Id(msgspec.Struct):
    id: UUID


class _Message(msgspec.Struct):
    received_at: datetime
    disposition: str


class BroughtReport(msgspec.Struct, frozen=True):
    report_id: UUID
    number_system: str
    number: str
    patient_id: UUID
    patient_is_new: bool
    is_new: bool


class BroughtResult(msgspec.Struct, frozen=True):
    name_id: str
    is_new: bool


class Case(msgspec.Struct, frozen=True):
    """Something of a message that waits for a person.  line: of its entry, counted from 1; 0: the whole message."""

    line: int
    reason: str
    place: str
    written: str


@dataclass(frozen=True, slots=True)
class Brought:
    """What a message brought, and what of it was kept apart."""

    disposition: str
    reports: Sequence[BroughtReport]
    results: Sequence[BroughtResult]
    cases: Sequence[Case]


def scoped(scope: Scope) -> dict[str, Any]:
    """Whose rows: organisations (None: all), and the patients opened by break-glass."""
    return {"organizations": scope.organizations, "opened": scope.patients}


def dated(spans: Sequence[Span]) -> dict[str, Any]:
    return {
        "prefixes": [one.prefix for one in spans],
        "lows": [one.low for one in spans],
        "highs": [one.high for one in spans],
    }


def paged(before: Cursor | None, limit: int) -> dict[str, Any]:
    """One row more than is shown tells whether there is a next page."""
    return {
        "before_at": None if before is None else before.at,
        "before_id": None if before is None else before.id,
        "limit": limit + 1,
    }


def of_search(search: Search) -> dict[str, Any]:
    return {**dated([one for each in search.dates for one in each]), **paged(search.before, search.count)}


async def patients(connection: Connection, scope: Scope, ids: Sequence[UUID]) -> list[PatientRow]:
    """Persons whom an organisation of the scope knows."""
    return await fetch_all(connection, queries["patient_rows"], {**scoped(scope), "ids": list(ids)}, PatientRow)


async def holders(connection: Connection, value: str, issuers: Sequence[str]) -> list[UUID]:
    """Whom a number belongs to, by any of these issuers."""
    rows = await fetch_all(connection, queries["patients_by_number"], {"value": value, "issuers": list(issuers)}, _Id)
    return [row.id for row in rows]


async def reports_of(connection: Connection, patient_ids: Sequence[UUID]) -> list[UUID]:
    """Laboratory reports that are or were of these persons."""
    params = {"patient_ids": list(patient_ids)}
    return [row.id for row in await fetch_all(connection, queries["reports_of_patients"], params, _Id)]


async def known_report(connection: Connection, organization_id: UUID, system: str, number: str) -> UUID | None:
    """The report of a laboratory's number, if some version of it is there."""
    params = {"organization_id": organization_id, "number_system": system, "number": number}
    row = await fetch_one(connection, queries["known_report"], params, _Id)
    return None if row is None else row.id


async def brought(connection: Connection, message_id: UUID) -> Brought:
    """What became of a message when it came.  Raises LookupError for one that is not kept."""
    params = {"message_id": message_id}
    message = await fetch_one(connection, queries["message_received"], {"id": message_id}, _Message)
    if message is None:
        raise LookupError("a message that was just kept is not there")
    timed = {**params, "received_at": message.received_at}
    return Brought(
        disposition=message.disposition,
        reports=await fetch_all(connection, queries["reports_of_message"], timed, BroughtReport),
        results=await fetch_all(connection, queries["results_of_message"], timed, BroughtResult),
        cases=await fetch_all(connection, queries["cases_of_message"], params, Case),
    )


async def observations(connection: Connection, params: Mapping[str, Any]) -> list[ObservationRow]:
    """Results of reports as they count now."""
    return await fetch_all(connection, queries["observations"], params, ObservationRow)


async def laboratory_reports(connection: Connection, params: Mapping[str, Any]) -> list[LaboratoryReportRow]:
    """Reports of laboratories as they count now."""
    return await fetch_all(connection, queries["laboratory_reports"], params, LaboratoryReportRow)


async def signed_reports(connection: Connection, params: Mapping[str, Any]) -> list[SignedReportRow]:
    """Readings with the report that stands."""
    return await fetch_all(connection, queries["signed_reports"], params, SignedReportRow)


async def studies(connection: Connection, params: Mapping[str, Any]) -> list[StudyRow]:
    return await fetch_all(connection, queries["studies"], params, StudyRow)


async def requests(connection: Connection, params: Mapping[str, Any]) -> list[RequestRow]:
    return await fetch_all(connection, queries["requests"], params, RequestRow)


async def decisions(connection: Connection, params: Mapping[str, Any]) -> list[DecisionRow]:
    return await fetch_all(connection, queries["decisions"], params, DecisionRow)


async def messages_behind(connection: Connection, params: Mapping[str, Any]) -> list[LaboratoryProvenanceRow]:
    """Which message brought each version of laboratory reports."""
    return await fetch_all(connection, queries["laboratory_provenance"], params, LaboratoryProvenanceRow)


async def signatures_behind(connection: Connection, params: Mapping[str, Any]) -> list[ReportProvenanceRow]:
    """Who signed each version of readings' reports."""
    return await fetch_all(connection, queries["report_provenance"], params, ReportProvenanceRow)
