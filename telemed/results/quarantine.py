"""检验结果待核对: read anew with today's code maps, let in by a person where only a person can say, or discarded.

Nothing is ever let in over a unit that contradicts its item: the map is put right, or the laboratory sends again.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, Invalid, NotFound
from telemed.events import append
from telemed.results import store
from telemed.results.code_map import CodeMaps
from telemed.results.fhir_bundle import BundleFault, read_bundle
from telemed.results.fhir_reports import results as of_bundle
from telemed.results.hl7_message import Malformed, read
from telemed.results.observations import results
from telemed.results.report import REASONS, Results
from telemed.results.storing import Only, Outcome, Work, store_results
from telemed.results.table import read_table
from telemed.vocabulary import PractitionerId, Scope

queries = load(__name__, "quarantine.sql")

#: What reading anew can clear: the map, the spelling of a unit, or this program has been put right meanwhile.
READ_ANEW = frozenset({"unit-missing", "unit-unknown", "unit-contradicts", "code-ambiguous", "not-stored"})
#: What a person who has asked the laboratory may say is right.
ACCEPTED = frozenset({"report-of-another-patient"})
RELEASABLE = READ_ANEW | ACCEPTED


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
    received_at: datetime
    opened_at: datetime
    state: str
    note: str
    decided_at: datetime | None
    decided_by_name: str


class _Locked(msgspec.Struct, frozen=True):
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


async def release(
    tx: Connection,
    scope: Scope,
    case_id: UUID,
    *,
    maps: CodeMaps,
    zone: ZoneInfo,
    by: PractitionerId,
    note: str,
    now: datetime,
) -> None:
    """Read the place of a message anew and store what it says, known from now on.

    Raises NotFound outside the scope, Invalid without a note, Conflict if it was decided before, cannot be released,
    or still has something against it; nothing was changed then.
    """
    if not note.strip():
        raise Invalid(
            "release-needs-note",
            "放行须写明理由：核对了什么、为何可以放行。数据仍保留，未作任何改动。",
            "Say what was checked and why it may be released. It is kept, and nothing was changed.",
        )
    case = await _lock(tx, scope, case_id)
    if case.reason not in RELEASABLE:
        raise Conflict(
            "case-not-releasable",
            "该数据不能放行：" + REASONS[case.reason].zh,
            "This cannot be released: " + REASONS[case.reason].en,
        )
    outcome = await _read_anew(tx, case, maps, zone, now)
    # an identity number that was wrong is a case of its own and does not hold up a result
    against = [doubt for doubt, _, _ in outcome.doubts if not doubt.reason.startswith("id-number-")]
    if against or not outcome.stored:
        reason = against[0].text if against else REASONS[case.reason]
        raise Conflict("case-still-doubtful", "仍不能放行：" + reason.zh, "Still not to be released: " + reason.en)
    await _decide(tx, case, "released", by=by, note=note, now=now)


async def discard(tx: Connection, scope: Scope, case_id: UUID, *, by: PractitionerId, note: str, now: datetime) -> None:
    """Close a case without letting it in; the message is still kept.  Raises NotFound, Conflict if decided before."""
    case = await _lock(tx, scope, case_id)
    await _decide(tx, case, "discarded", by=by, note=note, now=now)


async def _read_anew(tx: Connection, case: _Locked, maps: CodeMaps, zone: ZoneInfo, now: datetime) -> Outcome:
    found = _understood(case, zone)
    sender = store.Sender(case.sender_id, case.organization_id, case.organization_code)
    received = store.Received(
        id=case.message_id,
        sender=sender,
        raw=case.bytes,
        digest=hashlib.sha256(case.bytes).digest(),
        content_digest=b"",
        control_id=case.control_id,
        charset=None,
        peer_address=None,
        received_at=now,
    )
    outcome = Outcome()
    only = Only(frozenset({case.line} if case.line else ()), frozenset({case.reason}) & ACCEPTED)
    await store_results(tx, Work(received, sender, found, maps, now.astimezone(zone).date(), only), outcome)
    return outcome


def _understood(case: _Locked, zone: ZoneInfo) -> Results:
    """What the bytes say; times are judged by when they came, as they were the first time."""
    if case.format == "table":
        return read_table(case.bytes, zone, received_at=case.received_at).results
    if case.format == "fhir-r4":
        bundle = read_bundle(case.bytes)
        code = case.organization_code
        understood = (
            bundle
            if isinstance(bundle, BundleFault)
            else of_bundle(bundle, zone, received_at=case.received_at, organization_code=code)
        )
        if isinstance(understood, Results):
            return understood
        raise Conflict("case-not-readable", "消息已无法读取。", "The message cannot be read any more.")
    message = read(case.bytes)
    found = message if isinstance(message, Malformed) else results(message, zone, received_at=case.received_at)
    if isinstance(found, Malformed):
        raise Conflict("case-not-readable", "消息已无法读取。", "The message cannot be read any more.")
    return found


async def _lock(tx: Connection, scope: Scope, case_id: UUID) -> _Locked:
    case = await fetch_one(tx, queries["lock_case"], {"id": case_id}, _Locked)
    if case is None or not scope.admits(case.organization_id):
        raise NotFound("unknown-case", "找不到该异常数据。", "There is no such quarantined item.")
    if case.state != "open":
        raise Conflict("case-decided", "该异常数据已由他人处理。", "Somebody has decided this item already.")
    return case


async def _decide(tx: Connection, case: _Locked, state: str, *, by: PractitionerId, note: str, now: datetime) -> None:
    await execute(
        tx,
        queries["decide"],
        {
            "id": case.id,
            "message_id": case.message_id,
            "line": case.line,
            "reasons": sorted(RELEASABLE),
            "state": state,
            "note": note.strip(),
            "by": by,
            "now": now,
        },
    )
    await append(tx, "result.decided", case.id, ["admin", f"organization/{case.organization_id}"], state=state)
