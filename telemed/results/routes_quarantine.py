"""检验异常数据 over HTTP: what was kept apart or could not be read, what it says, what people decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from telemed.errors import Invalid
from telemed.http.paging import cursor, following
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.results import quarantine, quarantine_list
from telemed.results.code_map import CodeMaps
from telemed.results.contents import Contents, where
from telemed.results.fhir_bundle import REASONS as BUNDLE_REASONS
from telemed.results.hl7_message import REASONS as MALFORMED
from telemed.results.quarantine import ASSIGNABLE, RELEASABLE
from telemed.results.quarantine_list import ActRow, CaseRow, RefusedRow, Today
from telemed.results.report import REASONS
from telemed.vocabulary import Action, Principal, Scope, Text

PAGE = 50
_WORDS = MALFORMED | REASONS | BUNDLE_REASONS


class ResultCaseQuery(msgspec.Struct, frozen=True):
    """state: open | released | discarded.  after: `next` of the page before."""

    state: str = "open"
    after: str = ""


class RefusedQuery(msgspec.Struct, frozen=True):
    """after: `next` of the page before."""

    after: str = ""


class ResultCase(msgspec.Struct, frozen=True):
    """One result kept apart.

    place: field and line, where_zh and where_en in words.  written: what stood there, never a name or number of a
    person.  format: hl7-v2 | table | fhir-r4.  releasable, assignable: what may be decided now.
    """

    id: UUID
    reason: str
    reason_zh: str
    reason_en: str
    place: str
    where_zh: str
    where_en: str
    written: str
    report_number: str
    format: str
    releasable: bool
    assignable: bool
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
    """open: how many wait in all."""

    items: list[ResultCase]
    next: str | None
    open: int


class MessageLine(msgspec.Struct, frozen=True):
    """One line of a message.  hidden: it is of a person.  about: this one matters."""

    number: int
    text: str
    hidden: bool
    about: bool


class MessageValue(msgspec.Struct, frozen=True):
    """One field of the line that matters, by its name and in words."""

    name: str
    zh: str
    en: str
    text: str


class MessageContents(msgspec.Struct, frozen=True):
    """What can be shown of a message.

    charset: by which it was read, '' for none.  size: bytes.  lines: those around the place, of `line_count`.
    bytes: rows of offset and hexadecimal, `··` where a person is hidden.
    """

    charset: str
    size: int
    lines: list[MessageLine]
    line_count: int
    values: list[MessageValue]
    bytes: list[str]


class TodayReading(msgspec.Struct, frozen=True):
    """What today's code maps make of the result.

    item: key of the catalogue, null where nobody has mapped the code.  unit: that results of the item have.
    against: the ground that still speaks against it, '' if none does: then it can be let in.
    """

    item: str | None
    unit: str
    against: str
    against_zh: str
    against_en: str


class ResultCaseDetail(msgspec.Struct, frozen=True):
    """patient_id: the record the results of the case are kept under, null where none are."""

    case: ResultCase
    contents: MessageContents
    today: TodayReading | None
    acts: list[ActRow]
    patient_id: UUID | None


class RefusedMessage(msgspec.Struct, frozen=True):
    """A message answered with AR.  organization_id: null for an unknown sender.  times: how often it came."""

    id: UUID
    reason: str
    reason_zh: str
    reason_en: str
    place: str
    where_zh: str
    where_en: str
    organization_id: UUID | None
    organization_name: str
    application: str
    facility: str
    control_id: str
    peer_address: str
    size: int
    received_at: datetime
    times: int


class RefusedList(msgspec.Struct, frozen=True):
    items: list[RefusedMessage]
    next: str | None


class RefusedDetail(msgspec.Struct, frozen=True):
    message: RefusedMessage
    contents: MessageContents


_Note = Annotated[str, Meta(max_length=500)]


class ResultDecision(msgspec.Struct, frozen=True):
    """note: what was checked; needed."""

    note: _Note = ""


class ResultAssignment(msgspec.Struct, frozen=True):
    """patient_id: whose the results are.  note: what was checked; needed."""

    patient_id: UUID
    note: _Note = ""


class QuarantineRoutes:
    """Handlers.  zone: the county's.  maps: with which a case is read anew.  scope: the policy's function."""

    def __init__(self, zone: ZoneInfo, maps: CodeMaps, scope: Callable[[Principal, Action], Scope]) -> None:
        self._zone = zone
        self._maps = maps
        self._scope = scope

    async def cases(self, call: Call[ResultCaseQuery, Nothing]) -> ResultCaseList:
        query = call.query
        if query.state not in {"open", "released", "discarded"}:
            raise Invalid("unknown-state", "没有这种状态。", "There is no such state.")
        async with call.pool.connection() as connection:
            rows = await quarantine_list.cases(
                connection, call.scope, state=query.state, before=cursor(query.after), limit=PAGE + 1
            )
            waiting = await quarantine_list.count_open(connection, call.scope)
        for row in rows[:PAGE]:
            call.about("result-quarantine", row.id)
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        after = None if last is None else following(last.opened_at, last.id)
        return ResultCaseList([_shown(row) for row in rows[:PAGE]], after, waiting)

    async def case(self, call: Call[Nothing, Nothing]) -> ResultCaseDetail:
        number = call.uuid("id")
        async with call.pool.connection() as connection:
            seen = await quarantine_list.see(
                connection, call.scope, number, maps=self._maps, zone=self._zone, now=call.now
            )
        call.about("result-quarantine", number, patient_id=seen.patient_id)
        return ResultCaseDetail(
            _shown(seen.case), _contents(seen.contents), _today(seen.today), seen.acts, seen.patient_id
        )

    async def refused(self, call: Call[RefusedQuery, Nothing]) -> RefusedList:
        async with call.pool.connection() as connection:
            rows = await quarantine_list.refused(
                connection,
                call.scope,
                unplaced=self._sees_unplaced(call),
                before=cursor(call.query.after),
                limit=PAGE + 1,
            )
        for row in rows[:PAGE]:
            call.about("result-message", row.id)
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        after = None if last is None else following(last.received_at, last.id)
        return RefusedList([_refused(row) for row in rows[:PAGE]], after)

    async def refused_message(self, call: Call[Nothing, Nothing]) -> RefusedDetail:
        number = call.uuid("id")
        async with call.pool.connection() as connection:
            row, said = await quarantine_list.refused_message(
                connection, call.scope, number, unplaced=self._sees_unplaced(call)
            )
        call.about("result-message", number)
        return RefusedDetail(_refused(row), _contents(said))

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

    async def reopen(self, call: Call[Nothing, ResultDecision]) -> None:
        case = call.uuid("id")
        call.about("result-quarantine", case)
        async with call.transaction() as tx:
            await quarantine.reopen(
                tx, call.scope, case, by=call.principal.practitioner_id, note=call.body.note, now=call.now
            )

    async def assign(self, call: Call[Nothing, ResultAssignment]) -> None:
        case, chosen = call.uuid("id"), call.body.patient_id
        async with call.transaction() as tx:
            source = await quarantine.assign(
                tx, call.scope, case, chosen, by=call.principal.practitioner_id, note=call.body.note, now=call.now
            )
            call.about("result-quarantine", case, patient_id=source)
            call.about("patient", chosen, patient_id=chosen)

    def _sees_unplaced(self, call: Call[RefusedQuery, Nothing] | Call[Nothing, Nothing]) -> bool:
        return self._scope(call.principal, Action.QUARANTINE_DECIDE).is_county_wide


def _shown(row: CaseRow) -> ResultCase:
    reason, place = REASONS[row.reason], where(row.place, row.format)
    return ResultCase(
        id=row.id,
        reason=row.reason,
        reason_zh=reason.zh,
        reason_en=reason.en,
        place=row.place,
        where_zh=place.zh,
        where_en=place.en,
        written=row.written,
        report_number=row.report_number,
        format=row.format,
        releasable=row.state == "open" and row.reason in RELEASABLE,
        assignable=row.state == "open" and row.reason in ASSIGNABLE,
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


def _refused(row: RefusedRow) -> RefusedMessage:
    reason = _WORDS.get(row.reason, Text(row.reason, row.reason))
    place = where(row.place, "hl7-v2")
    return RefusedMessage(
        id=row.id,
        reason=row.reason,
        reason_zh=reason.zh,
        reason_en=reason.en,
        place=row.place,
        where_zh=place.zh,
        where_en=place.en,
        organization_id=row.organization_id,
        organization_name=row.organization_name,
        application=row.application,
        facility=row.facility,
        control_id=row.control_id,
        peer_address=row.peer_address,
        size=row.size,
        received_at=row.received_at,
        times=row.times,
    )


def _contents(said: Contents) -> MessageContents:
    return MessageContents(
        charset=said.charset,
        size=said.size,
        lines=[MessageLine(one.number, one.text, one.hidden, one.about) for one in said.lines],
        line_count=said.of,
        values=[MessageValue(one.name, one.words.zh, one.words.en, one.text) for one in said.values],
        bytes=list(said.bytes),
    )


def _today(today: Today | None) -> TodayReading | None:
    if today is None:
        return None
    ground = today.against[0] if today.against else None
    words = Text("", "") if ground is None else ground.text
    return TodayReading(today.item, today.unit, "" if ground is None else ground.reason, words.zh, words.en)


def endpoints(zone: ZoneInfo, maps: CodeMaps, scope: Callable[[Principal, Action], Scope]) -> list[Endpoint]:
    """The routes of results kept apart.  scope: the policy's function, to tell who decides for the whole county."""
    routes = QuarantineRoutes(zone, maps, scope)
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
            "GET",
            "/api/laboratory/quarantine/{id}",
            Action.QUARANTINE_READ,
            routes.case,
            Text("一项待核对的检验结果及其消息", "One result kept apart, with its message"),
            returns=ResultCaseDetail,
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
            "POST",
            "/api/laboratory/quarantine/{id}/reopen",
            Action.QUARANTINE_DECIDE,
            routes.reopen,
            Text("撤回作废", "Take a discarding back"),
            body=ResultDecision,
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/laboratory/quarantine/{id}/assign",
            Action.PATIENT_REVIEW,
            routes.assign,
            Text("指定检验结果属于哪位患者", "Say whose the results are"),
            body=ResultAssignment,
            status=204,
        ),
        Endpoint(
            "GET",
            "/api/laboratory/refused",
            Action.QUARANTINE_READ,
            routes.refused,
            Text("已退回发送方的消息", "Messages that were refused"),
            query=RefusedQuery,
            returns=RefusedList,
            access=True,
        ),
        Endpoint(
            "GET",
            "/api/laboratory/refused/{id}",
            Action.QUARANTINE_READ,
            routes.refused_message,
            Text("一条已退回的消息", "One message that was refused"),
            returns=RefusedDetail,
            access=True,
        ),
    ]
