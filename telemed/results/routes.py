"""Laboratory results over HTTP: what was kept apart and its decision; which laboratory systems may send."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from telemed.errors import Invalid
from telemed.http.paging import cursor, following
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.results import quarantine, senders
from telemed.results.code_map import CodeMaps
from telemed.results.quarantine import RELEASABLE, CaseRow
from telemed.results.report import REASONS
from telemed.results.senders import Names, SeenRow, SenderRow
from telemed.vocabulary import Action, Text

PAGE = 50


class ResultCaseQuery(msgspec.Struct, frozen=True):
    """state: open | released | discarded.  after: `next` of the page before."""

    state: str = "open"
    after: str = ""


class ResultCase(msgspec.Struct, frozen=True):
    """One result kept apart.  place: field and line.  written: what stood there, never a name or number of a person."""

    id: UUID
    reason: str
    reason_zh: str
    reason_en: str
    place: str
    written: str
    report_number: str
    releasable: bool
    organization_id: UUID
    organization_name: str
    application: str
    facility: str
    control_id: str
    received_at: datetime
    opened_at: datetime
    state: str
    note: str
    decided_at: datetime | None
    decided_by_name: str


class ResultCaseList(msgspec.Struct, frozen=True):
    items: list[ResultCase]
    next: str | None


class ResultDecision(msgspec.Struct, frozen=True):
    """note: needed to release."""

    note: Annotated[str, Meta(max_length=500)] = ""


class SenderList(msgspec.Struct, frozen=True):
    """enrolled: who may or might send.  seen: who tried without being enrolled."""

    enrolled: list[SenderRow]
    seen: list[SeenRow]


_Name = Annotated[str, Meta(max_length=230)]


class NewSender(msgspec.Struct, frozen=True):
    """MSH-3 and MSH-4 as the list of those seen shows them, and the code of the organisation they send for."""

    application: _Name
    facility: _Name
    organization_code: Annotated[str, Meta(min_length=1, max_length=40)]


class FormerSender(msgspec.Struct, frozen=True):
    application: _Name
    facility: _Name


class ResultRoutes:
    """Handlers.  zone: the county's.  maps: with which a case is read anew."""

    def __init__(self, zone: ZoneInfo, maps: CodeMaps) -> None:
        self._zone = zone
        self._maps = maps

    async def cases(self, call: Call[ResultCaseQuery, Nothing]) -> ResultCaseList:
        query = call.query
        if query.state not in {"open", "released", "discarded"}:
            raise Invalid("unknown-state", "没有这种状态。", "There is no such state.")
        async with call.pool.connection() as connection:
            rows = await quarantine.cases(
                connection, call.scope, state=query.state, before=cursor(query.after), limit=PAGE + 1
            )
        for row in rows[:PAGE]:
            call.about("result-quarantine", row.id)
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        return ResultCaseList(
            [_shown(row) for row in rows[:PAGE]], None if last is None else following(last.opened_at, last.id)
        )

    async def release(self, call: Call[Nothing, ResultDecision]) -> None:
        case = call.uuid("id")
        call.about("result-quarantine", case)
        async with call.transaction() as tx:
            await quarantine.release(
                tx,
                call.scope,
                case,
                maps=self._maps,
                zone=self._zone,
                by=call.principal.practitioner_id,
                note=call.body.note,
                now=call.now,
            )

    async def discard(self, call: Call[Nothing, ResultDecision]) -> None:
        case = call.uuid("id")
        call.about("result-quarantine", case)
        async with call.transaction() as tx:
            await quarantine.discard(
                tx, call.scope, case, by=call.principal.practitioner_id, note=call.body.note, now=call.now
            )

    async def senders(self, call: Call[Nothing, Nothing]) -> SenderList:
        async with call.pool.connection() as connection:
            return SenderList(await senders.enrolled(connection), await senders.seen(connection))

    async def enrol(self, call: Call[Nothing, NewSender]) -> None:
        who = Names(call.body.application.strip(), call.body.facility.strip())
        async with call.transaction() as tx:
            call.about("laboratory-sender", await senders.enrol(tx, who, call.body.organization_code, call.now))

    async def disable(self, call: Call[Nothing, FormerSender]) -> None:
        async with call.transaction() as tx:
            await senders.disable(tx, Names(call.body.application.strip(), call.body.facility.strip()))


def _shown(row: CaseRow) -> ResultCase:
    reason = REASONS[row.reason]
    return ResultCase(
        id=row.id,
        reason=row.reason,
        reason_zh=reason.zh,
        reason_en=reason.en,
        place=row.place,
        written=row.written,
        report_number=row.report_number,
        releasable=row.state == "open" and row.reason in RELEASABLE,
        organization_id=row.organization_id,
        organization_name=row.organization_name,
        application=row.application or "",
        facility=row.facility or "",
        control_id=row.control_id,
        received_at=row.received_at,
        opened_at=row.opened_at,
        state=row.state,
        note=row.note,
        decided_at=row.decided_at,
        decided_by_name=row.decided_by_name,
    )


def endpoints(zone: ZoneInfo, maps: CodeMaps) -> list[Endpoint]:
    """Every route of laboratory results."""
    routes = ResultRoutes(zone, maps)
    return [
        Endpoint(
            "GET",
            "/api/laboratory/quarantine",
            Action.QUARANTINE_READ,
            routes.cases,
            Text("待核对的检验结果", "Laboratory results kept apart"),
            query=ResultCaseQuery,
            returns=ResultCaseList,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/laboratory/quarantine/{id}/release",
            Action.QUARANTINE_DECIDE,
            routes.release,
            Text("按现行对照表重新读取并放行", "Read a result anew with today's maps and let it in"),
            body=ResultDecision,
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/laboratory/quarantine/{id}/discard",
            Action.QUARANTINE_DECIDE,
            routes.discard,
            Text("作废待核对的检验结果", "Discard a result kept apart"),
            body=ResultDecision,
            status=204,
        ),
        Endpoint(
            "GET",
            "/api/laboratory/senders",
            Action.DEVICE_MANAGE,
            routes.senders,
            Text("检验系统列表", "Laboratory systems, enrolled and seen"),
            returns=SenderList,
        ),
        Endpoint(
            "POST",
            "/api/laboratory/senders",
            Action.DEVICE_MANAGE,
            routes.enrol,
            Text("登记检验系统", "Let a laboratory system send"),
            body=NewSender,
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/laboratory/senders/disable",
            Action.DEVICE_MANAGE,
            routes.disable,
            Text("停用检验系统", "Let a laboratory system send no more"),
            body=FormerSender,
            status=204,
        ),
    ]
