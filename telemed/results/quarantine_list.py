"""检验结果待核对 and 退回的消息 as they are looked at: what they say, what today's maps make of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from telemed.db import Connection, fetch_all, fetch_one, load
from telemed.errors import Conflict, NotFound
from telemed.results.code_map import CodeMaps
from telemed.results.contents import Contents, contents
from telemed.results.fhir_bundle import BundleFault, read_bundle
from telemed.results.fhir_reports import results as of_bundle
from telemed.results.hl7_message import Malformed, read
from telemed.results.judging import judge
from telemed.results.observations import results
from telemed.results.report import Doubt, Results
from telemed.results.table import read_table
from telemed.results.visits import Visit, is_visit, visit
from telemed.vocabulary import Scope

queries = load(__name__, "quarantine.sql")


class CaseRow(msgspec.Struct, frozen=True):
    """A case as it is listed.  written: what stood at `place`; never a name or number of a person."""

    id: UUID
    reason: str
    place: str
    written: str
    report_number: str
    line: int
    organization_id: UUID
    organization_name: str
    application: str | None
    facility: str | None
    control_id: str
    format: str
    received_at: datetime
    opened_at: datetime
    state: str
    note: str
    decided_at: datetime | None
    decided_by_name: str


class Kept(msgspec.Struct, frozen=True):
    """A case with the message it is about."""

    id: UUID
    message_id: UUID
    organization_id: UUID
    line: int
    reason: str
    state: str
    bytes: bytes
    format: str
    received_at: datetime
    control_id: str
    sender_id: UUID | None
    organization_code: str


class ActRow(msgspec.Struct, frozen=True):
    """What somebody did: released, assigned, discarded, reopened."""

    act: str
    note: str
    acted_by_name: str
    acted_at: datetime


class RefusedRow(msgspec.Struct, frozen=True):
    """A message that was answered with AR.  times: how often it came."""

    id: UUID
    organization_id: UUID | None
    organization_name: str
    application: str
    facility: str
    control_id: str
    peer_address: str
    size: int
    received_at: datetime
    reason: str
    place: str
    times: int


@dataclass(frozen=True, slots=True)
class Today:
    """What today's maps make of the result of a case.

    item: of the catalogue, None where nobody has mapped the code.  unit: in UCUM that results of the item have.
    against: what still speaks against it.
    """

    item: str | None
    unit: str
    against: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A case with everything that helps to decide it.  today: None where there is no such result in the message."""

    case: CaseRow
    contents: Contents
    today: Today | None
    acts: list[ActRow]
    patient_id: UUID | None


class _Message(msgspec.Struct):
    bytes: bytes
    format: str


class IdRow(msgspec.Struct):
    id: UUID


class _Count(msgspec.Struct):
    count: int


async def cases(
    connection: Connection, scope: Scope, *, state: str, before: tuple[datetime, UUID] | None, limit: int
) -> list[CaseRow]:
    """Cases of the organisations in scope, the newest first."""
    params = {
        "state": state,
        "organizations": scope.organizations,
        "before_at": None if before is None else before[0],
        "before_id": None if before is None else before[1],
        "limit": limit,
    }
    return await fetch_all(connection, queries["cases"], params, CaseRow)


async def count_open(connection: Connection, scope: Scope) -> int:
    """How many cases in scope wait for somebody."""
    found = await fetch_one(connection, queries["count_open"], {"organizations": scope.organizations}, _Count)
    return 0 if found is None else found.count


async def see(
    connection: Connection, scope: Scope, case_id: UUID, *, maps: CodeMaps, zone: ZoneInfo, now: datetime
) -> Seen:
    """One case with its message.  Raises NotFound outside the scope."""
    case = await fetch_one(connection, queries["case"], {"id": case_id}, CaseRow)
    if case is None or not scope.admits(case.organization_id):
        raise NotFound("unknown-case", "找不到该异常数据。", "There is no such quarantined item.")
    locked = await fetch_one(connection, queries["kept_case"], {"id": case_id}, Kept)
    if locked is None:
        raise LookupError("a case that exists cannot be found")
    shown = await asyncio.to_thread(contents, locked.bytes, locked.format, line=case.line, place=case.place)
    today = await asyncio.to_thread(_today, locked, maps, zone, now)
    acts = await fetch_all(connection, queries["acts"], {"id": case_id}, ActRow)
    found = await fetch_one(connection, queries["patient_of_case"], {"id": case_id}, IdRow)
    return Seen(case, shown, today, acts, None if found is None else found.id)


def _today(case: Kept, maps: CodeMaps, zone: ZoneInfo, now: datetime) -> Today | None:
    try:
        found = understood(case, zone)
    except Conflict:
        return None
    for patient in () if isinstance(found, Visit) else found.patients:
        for report in patient.reports:
            for one in report.observations:
                if one.line == case.line:
                    judged = judge(one, maps, case.organization_code, now.astimezone(zone).date())
                    entry = None if judged.mapped is None else judged.mapped.entry
                    return Today(
                        None if entry is None else entry.item, "" if entry is None else entry.unit, judged.doubts
                    )
    return None


async def refused(
    connection: Connection, scope: Scope, *, unplaced: bool, before: tuple[datetime, UUID] | None, limit: int
) -> list[RefusedRow]:
    """Messages that could not be read, the newest first.  unplaced: those of an unknown sender too."""
    return await _refused(connection, scope, unplaced=unplaced, before=before, limit=limit)


async def refused_message(
    connection: Connection, scope: Scope, message_id: UUID, *, unplaced: bool
) -> tuple[RefusedRow, Contents]:
    """One message that could not be read, and what it says.  Raises NotFound outside the scope."""
    rows = await _refused(connection, scope, unplaced=unplaced, before=None, limit=1, message_id=message_id)
    kept = await fetch_one(connection, queries["message"], {"id": message_id}, _Message)
    if not rows or kept is None:
        raise NotFound("unknown-message", "找不到该消息。", "There is no such message.")
    return rows[0], await asyncio.to_thread(contents, kept.bytes, kept.format, line=0, place=rows[0].place)


async def _refused(
    connection: Connection,
    scope: Scope,
    *,
    unplaced: bool,
    before: tuple[datetime, UUID] | None,
    limit: int,
    message_id: UUID | None = None,
) -> list[RefusedRow]:
    params = {
        "organizations": scope.organizations,
        "unplaced": unplaced,
        "before_at": None if before is None else before[0],
        "before_id": None if before is None else before[1],
        "limit": limit,
        "id": message_id,
    }
    return await fetch_all(connection, queries["refused"], params, RefusedRow)


def understood(case: Kept, zone: ZoneInfo) -> Results | Visit:
    """What the bytes say; times are judged by when they came, as they were the first time."""
    if case.format == "table":
        return read_table(case.bytes, zone, received_at=case.received_at).results
    found = _of_bundle(case, zone) if case.format == "fhir-r4" else _of_message(case, zone)
    if not isinstance(found, Results | Visit):
        raise Conflict("case-not-readable", "消息已无法读取。", "The message cannot be read any more.")
    return found


def _of_bundle(case: Kept, zone: ZoneInfo) -> Results | BundleFault:
    bundle = read_bundle(case.bytes)
    if isinstance(bundle, BundleFault):
        return bundle
    return of_bundle(bundle, zone, received_at=case.received_at, organization_code=case.organization_code)


def _of_message(case: Kept, zone: ZoneInfo) -> Results | Visit | Malformed:
    message = read(case.bytes)
    if isinstance(message, Malformed):
        return message
    if is_visit(message):
        return visit(message, zone, received_at=case.received_at)
    return results(message, zone, received_at=case.received_at)
