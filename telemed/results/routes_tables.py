"""Tables of results over HTTP: a look at what would become of one, then the import."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from telemed.db import Connection
from telemed.errors import Conflict, Invalid, NotFound
from telemed.http.paging import cursor, following
from telemed.http.wire import Call, Endpoint, Nothing, Upload
from telemed.results import store, table_list
from telemed.results.code_map import CodeMaps
from telemed.results.contents import column_of
from telemed.results.importing import Importer, Looked, store_table
from telemed.results.judging import Judged
from telemed.results.report import Doubt
from telemed.results.sheet import MAX_BYTES
from telemed.results.table import COLUMNS, REQUIRED
from telemed.results.table_list import TableRow, TableSender
from telemed.vocabulary import Action, Text

#: Lines and faults that a look shows.
SHOWN = 200
PAGE = 50
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLE = Upload(("text/csv", EXCEL), MAX_BYTES)
_IN_ENGLISH = {names[0]: names[1] for names in COLUMNS.values()}


class TableFault(msgspec.Struct, frozen=True):
    """One thing wrong with a line that is left out.

    line: 1 is the header.  column, column_en: as documents write it, '' for the whole line.
    """

    line: int
    column: str
    column_en: str
    zh: str
    en: str


class TableDoubt(msgspec.Struct, frozen=True):
    """Something that would wait, or waits, for a person.

    line: 0 for the whole file.  column, column_en: as documents write it, '' for none.
    """

    line: int
    column: str
    column_en: str
    reason: str
    zh: str
    en: str
    written: str


class TableLine(msgspec.Struct, frozen=True):
    """A line as it would be stored.  item: null where nobody has mapped the code."""

    line: int
    code: str
    item: str | None
    value: str
    number: str
    unit: str
    collected: str


class TablePreview(msgspec.Struct, frozen=True):
    """digest: to be given with the import, which stores exactly what was looked at.

    known: the organisation has brought this very file before, and it is not stored again.
    """

    digest: str
    lines: int
    reports: int
    results: int
    faults: list[TableFault]
    fault_count: int
    doubts: list[TableDoubt]
    doubt_count: int
    shown: list[TableLine]
    known: bool


class TableOf(msgspec.Struct, frozen=True):
    """organization: whose laboratory the table is of; one's own without it."""

    organization: UUID | None = None


class TableQuery(TableOf, frozen=True, kw_only=True):
    """digest: of the preview.  leave_out_faulty: store the good lines although others are faulty."""

    digest: Annotated[str, Meta(min_length=64, max_length=64)]
    leave_out_faulty: bool = False


class TableStored(msgspec.Struct, frozen=True):
    """What became of a table.  waiting: how much waits for somebody to decide; doubts: the first of that."""

    table: TableRow
    waiting: int
    doubts: list[TableDoubt]


class TablesQuery(msgspec.Struct, frozen=True):
    """after: `next` of the page before."""

    after: str = ""


class TableColumn(msgspec.Struct, frozen=True):
    """A column of a table by its names; others that it goes by are not told."""

    zh: str
    en: str
    required: bool


class TableList(msgspec.Struct, frozen=True):
    """senders: whose laboratory a table may be of, one's own first.  columns: what a table may have."""

    senders: list[TableSender]
    columns: list[TableColumn]
    items: list[TableRow]
    next: str | None


class TableRoutes:
    """Handlers.  zone: the county's.  maps: by which codes become items."""

    def __init__(self, zone: ZoneInfo, maps: CodeMaps) -> None:
        self._zone = zone
        self._maps = maps

    async def tables(self, call: Call[TablesQuery, Nothing]) -> TableList:
        async with call.pool.connection() as connection:
            own = await table_list.senders(connection, call.scope, call.principal.organization_id)
            rows = await table_list.tables(connection, call.scope, before=cursor(call.query.after), limit=PAGE + 1)
        for row in rows[:PAGE]:
            call.about("result-message", row.id)
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        return TableList(own, _COLUMNS, rows[:PAGE], None if last is None else following(last.received_at, last.id))

    async def preview(self, call: Call[TableOf, Any]) -> TablePreview:
        raw = await _body(call)
        async with call.pool.connection() as connection:
            who = await self._importer(call, connection)
            known = await who.known(connection, raw)
        return _shown(raw, await asyncio.to_thread(who.look, raw), known=known)

    async def store(self, call: Call[TableQuery, Any]) -> TableStored:
        raw = await _body(call)
        if hashlib.sha256(raw).hexdigest() != call.query.digest:
            raise Conflict(
                "table-changed",
                "文件与预览时不同，未作任何改动。请重新预览。",
                "The file is not the one that was looked at; nothing was changed. Look at it again.",
            )
        async with call.transaction() as tx:
            who = await self._importer(call, tx)
            number, outcome = await store_table(tx, who, raw, leave_out_faulty=call.query.leave_out_faulty)
            call.about("result-message", number)
            doubts = [_doubt(line, doubt) for doubt, line, _ in outcome.doubts[:SHOWN]]
            return TableStored(await table_list.table(tx, number), len(outcome.doubts), doubts)

    async def _importer(self, call: Call[Any, Any], connection: Connection) -> Importer:
        """Raises NotFound for an organisation outside the scope."""
        organization: UUID = call.query.organization or call.principal.organization_id
        if not call.scope.admits(organization):
            raise NotFound("unknown-organization", "找不到该机构。", "There is no such organisation.")
        sender = await store.own_sender(connection, organization)
        return Importer(sender, call.principal.practitioner_id, call.peer_address, self._maps, self._zone, call.now)


async def _body(call: Call[Any, Any]) -> bytes:
    content = bytearray()
    async for chunk in call.request.content.iter_chunked(1 << 16):
        content += chunk
        if len(content) > MAX_BYTES:
            raise Invalid("table-too-large", "文件过大，请分批导入。", "The file is too large; import it in parts.")
    return bytes(content)


_COLUMNS = [TableColumn(names[0], names[1], column in REQUIRED) for column, names in COLUMNS.items()]


def _shown(raw: bytes, looked: Looked, *, known: bool) -> TablePreview:
    table, doubts = looked.table, looked.doubts
    good = [one for one in looked.judged if one.is_result]
    return TablePreview(
        digest=hashlib.sha256(raw).hexdigest(),
        lines=table.lines,
        reports=len(table.results.patients),
        results=len(good),
        faults=[
            TableFault(one.line, one.column, _IN_ENGLISH.get(one.column, one.column), one.text.zh, one.text.en)
            for one in table.faults[:SHOWN]
        ],
        fault_count=len(table.faults),
        doubts=[_doubt(line, doubt) for line, doubt in doubts[:SHOWN]],
        doubt_count=len(doubts),
        shown=[_line(one) for one in good[:SHOWN]],
        known=known,
    )


def _doubt(line: int, doubt: Doubt) -> TableDoubt:
    column = column_of(doubt.place)
    return TableDoubt(line, column.zh, column.en, doubt.reason, doubt.text.zh, doubt.text.en, doubt.written)


def _line(judged: Judged) -> TableLine:
    one = judged.observation
    return TableLine(
        line=one.line,
        code=one.codes[0].code,
        item=None if judged.mapped is None else judged.mapped.entry.item,
        value=one.value.text,
        number=one.value.number,
        unit=judged.unit or one.unit,
        collected="" if one.collected is None else one.collected.written,
    )


def endpoints(zone: ZoneInfo, maps: CodeMaps) -> list[Endpoint]:
    """The routes of tables."""
    routes = TableRoutes(zone, maps)
    return [
        Endpoint(
            "GET",
            "/api/laboratory/tables",
            Action.RESULT_STORE,
            routes.tables,
            Text("已导入的检验结果表", "Tables of results that were imported"),
            query=TablesQuery,
            returns=TableList,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/laboratory/tables/preview",
            Action.RESULT_STORE,
            routes.preview,
            Text("预览检验结果表，不保存", "Look at a table of results without storing it"),
            query=TableOf,
            body=TABLE,
            returns=TablePreview,
        ),
        Endpoint(
            "POST",
            "/api/laboratory/tables",
            Action.RESULT_STORE,
            routes.store,
            Text("导入检验结果表", "Store a table of results"),
            query=TableQuery,
            body=TABLE,
            returns=TableStored,
        ),
    ]
