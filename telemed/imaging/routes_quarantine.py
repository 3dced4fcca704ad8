"""异常数据(待处理): what was kept apart, why, and the two things a person may do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.errors import Invalid
from telemed.http.paging import cursor, following
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.imaging import quarantine
from telemed.imaging.quarantine import REASONS, RELEASABLE, CaseRow
from telemed.vocabulary import Action, Principal, Scope, Text

PAGE = 50


class CaseQuery(msgspec.Struct, frozen=True):
    """state: open | released | discarded.  after: `next` of the page before."""

    state: str = "open"
    after: str = ""


class Case(msgspec.Struct, frozen=True):
    """One item.  patient_name and patient_id: as the device wrote them; empty if the bytes cannot be read."""

    id: UUID
    reason: str
    reason_zh: str
    reason_en: str
    fault: str
    releasable: bool
    organization_id: UUID | None
    organization_name: str
    calling_ae: str
    modality: str
    patient_name: str
    patient_id: str
    study_id: UUID | None
    study_instance_uid: str
    sop_instance_uid: str
    size: int
    times: int
    received_at: datetime
    last_received_at: datetime
    state: str
    decided_at: datetime | None
    decided_by_name: str
    decision_note: str


class CaseList(msgspec.Struct, frozen=True):
    items: list[Case]
    next: str | None
    open: int


class Decision(msgspec.Struct, frozen=True):
    """note: needed to release."""

    note: Annotated[str, Meta(max_length=500)] = ""


class Released(msgspec.Struct, frozen=True):
    """study_id: where it went; null if it began a study of its own."""

    study_id: UUID | None


async def cases(call: Call[CaseQuery, Nothing], *, unplaced: bool) -> CaseList:
    """List cases in scope, newest first; unplaced: those of no organisation too."""
    query = call.query
    if query.state not in {"open", "released", "discarded"}:
        raise Invalid("unknown-state", "没有这种状态。", "There is no such state.")
    async with call.pool.connection() as connection:
        rows = await quarantine.cases(
            connection,
            call.scope,
            unplaced=unplaced,
            state=query.state,
            before=cursor(query.after),
            limit=PAGE + 1,
        )
        count = await quarantine.count_open(connection, call.scope, unplaced=unplaced)
    for row in rows[:PAGE]:
        call.about("quarantine", row.id)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return CaseList(
        [_shown(row) for row in rows[:PAGE]], None if last is None else following(last.received_at, last.id), count
    )


def _shown(row: CaseRow) -> Case:
    reason = REASONS.get(row.reason, REASONS["not-indexable"])
    return Case(
        id=row.id,
        reason=row.reason,
        reason_zh=reason.zh,
        reason_en=reason.en,
        fault=row.fault,
        releasable=row.state == "open" and row.readable and row.reason in RELEASABLE,
        organization_id=row.organization_id,
        organization_name=row.organization_name,
        calling_ae=row.calling_ae,
        modality=row.modality,
        patient_name=row.patient_name,
        patient_id=row.patient_id,
        study_id=row.study_id,
        study_instance_uid=row.study_instance_uid,
        sop_instance_uid=row.sop_instance_uid,
        size=row.size,
        times=row.times,
        received_at=row.received_at,
        last_received_at=row.last_received_at,
        state=row.state,
        decided_at=row.decided_at,
        decided_by_name=row.decided_by_name,
        decision_note=row.decision_note,
    )


async def release(call: Call[Nothing, Decision]) -> Released:
    """Let a case into the index."""
    case = call.uuid("id")
    call.about("quarantine", case)
    async with call.transaction() as tx:
        study = await quarantine.release(
            tx, call.scope, case, by=call.principal.practitioner_id, note=call.body.note, now=call.now
        )
    return Released(study)


async def discard(call: Call[Nothing, Decision]) -> None:
    """Close a case; its bytes stay in the archive."""
    case = call.uuid("id")
    call.about("quarantine", case)
    async with call.transaction() as tx:
        await quarantine.discard(
            tx, call.scope, case, by=call.principal.practitioner_id, note=call.body.note, now=call.now
        )


def endpoints(scope: Callable[[Principal, Action], Scope]) -> list[Endpoint]:
    """Every route of quarantine. scope: the policy's function, to tell who decides for the whole county."""
    read, decide = Action.QUARANTINE_READ, Action.QUARANTINE_DECIDE

    async def listed(call: Call[CaseQuery, Nothing]) -> CaseList:
        return await cases(call, unplaced=scope(call.principal, decide).is_county_wide)

    return [
        Endpoint(
            "GET",
            "/api/quarantine",
            read,
            listed,
            Text("异常数据列表", "Quarantined items"),
            query=CaseQuery,
            returns=CaseList,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/quarantine/{id}/release",
            decide,
            release,
            Text("放行异常数据", "Release a quarantined item"),
            body=Decision,
            returns=Released,
        ),
        Endpoint(
            "POST",
            "/api/quarantine/{id}/discard",
            decide,
            discard,
            Text("作废异常数据", "Discard a quarantined item"),
            body=Decision,
            status=204,
        ),
    ]
