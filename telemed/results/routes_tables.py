"""Tables of results over HTTP: a look at what would become of one, then the import."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from telemed.errors import Conflict, Invalid
from telemed.http.wire import Call, Endpoint, Upload
from telemed.results import store
from telemed.results.code_map import CodeMaps
from telemed.results.importing import Importer, store_table
from telemed.results.judging import Judged
from telemed.results.report import Doubt
from telemed.results.sheet import MAX_BYTES
from telemed.results.table import Table
from telemed.vocabulary import Action, Text

#: Lines and faults that a look shows.
SHOWN = 200
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLE = Upload(("text/csv", EXCEL), MAX_BYTES)


class TableFault(msgspec.Struct, frozen=True):
    """One thing wrong with a line that is left out.  line: 1 is the header."""

    line: int
    column: str
    zh: str
    en: str


class TableDoubt(msgspec.Struct, frozen=True):
    """A result that would wait for a person."""

    line: int
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
    """digest: to be given with the import, which stores exactly what was looked at."""

    digest: str
    lines: int
    reports: int
    results: int
    faults: list[TableFault]
    fault_count: int
    doubts: list[TableDoubt]
    doubt_count: int
    shown: list[TableLine]


class TableQuery(msgspec.Struct, frozen=True):
    """digest: of the preview.  leave_out_faulty: store the good lines although others are faulty."""

    digest: Annotated[str, Meta(min_length=64, max_length=64)]
    leave_out_faulty: bool = False


class TableStored(msgspec.Struct, frozen=True):
    """waiting: results and persons that wait for somebody to decide."""

    waiting: int


class TableRoutes:
    """Handlers.  zone: the county's.  maps: by which codes become items."""

    def __init__(self, zone: ZoneInfo, maps: CodeMaps) -> None:
        self._zone = zone
        self._maps = maps

    async def preview(self, call: Call[Any, Any]) -> TablePreview:
        raw = await _body(call)
        async with call.pool.connection() as connection:
            sender = await store.own_sender(connection, call.principal.organization_id)
        table, judged = await asyncio.to_thread(self._importer(call, sender).look, raw)
        return _shown(raw, table, judged)

    async def store(self, call: Call[TableQuery, Any]) -> TableStored:
        raw = await _body(call)
        if hashlib.sha256(raw).hexdigest() != call.query.digest:
            raise Conflict(
                "table-changed",
                "文件与预览时不同，未作任何改动。请重新预览。",
                "The file is not the one that was looked at; nothing was changed. Look at it again.",
            )
        async with call.transaction() as tx:
            sender = await store.own_sender(tx, call.principal.organization_id)
            who = self._importer(call, sender)
            number, outcome = await store_table(tx, who, raw, leave_out_faulty=call.query.leave_out_faulty)
            call.about("result-message", number)
        return TableStored(len(outcome.doubts))

    def _importer(self, call: Call[Any, Any], sender: store.Sender) -> Importer:
        return Importer(sender, call.principal.practitioner_id, call.peer_address, self._maps, self._zone, call.now)


async def _body(call: Call[Any, Any]) -> bytes:
    content = bytearray()
    async for chunk in call.request.content.iter_chunked(1 << 16):
        content += chunk
        if len(content) > MAX_BYTES:
            raise Invalid("table-too-large", "文件过大，请分批导入。", "The file is too large; import it in parts.")
    return bytes(content)


def _shown(raw: bytes, table: Table, judged: Sequence[Judged]) -> TablePreview:
    doubts = [(one.observation.line, doubt) for one in judged for doubt in one.doubts]
    good = [one for one in judged if one.is_result]
    return TablePreview(
        digest=hashlib.sha256(raw).hexdigest(),
        lines=table.lines,
        reports=len(table.results.patients),
        results=len(good),
        faults=[TableFault(one.line, one.column, one.text.zh, one.text.en) for one in table.faults[:SHOWN]],
        fault_count=len(table.faults),
        doubts=[_doubt(line, doubt) for line, doubt in doubts[:SHOWN]],
        doubt_count=len(doubts),
        shown=[_line(one) for one in good[:SHOWN]],
    )


def _doubt(line: int, doubt: Doubt) -> TableDoubt:
    return TableDoubt(line, doubt.reason, doubt.text.zh, doubt.text.en, doubt.written)


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
    """The two routes of tables."""
    routes = TableRoutes(zone, maps)
    return [
        Endpoint(
            "POST",
            "/api/laboratory/tables/preview",
            Action.RESULT_STORE,
            routes.preview,
            Text("预览检验结果表，不保存", "Look at a table of results without storing it"),
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
