"""An evaluation round from a CSV or Excel table over HTTP: a look at what would become of it, then exactly that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.errors import Conflict, Invalid
from telemed.http.wire import Call, Endpoint, Upload
from telemed.quality import consequences, facts_store, importing
from telemed.quality.consequences import due_soon_days
from telemed.quality.entry import County, scope_of
from telemed.quality.importing import MOST_BYTES, Imported, Importer
from telemed.quality.messages import Digest, EvaluatedBy, GrantChange, Mark, Name
from telemed.quality.rounds import Programme, Rounds
from telemed.quality.routes_facts import change_line
from telemed.recognition.listing import organization_names
from telemed.recognition.quality import GrantingParameters
from telemed.recognition.rules import Basis
from telemed.vocabulary import Action, Text

#: Lines, faults and changes that a look shows.
SHOWN = 200
TABLE = Upload(("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), MOST_BYTES)


class RoundsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What all lines share: the programme, on what ground it evaluates, and the mark that passing gives."""

    programme: Name
    basis: EvaluatedBy
    mark: Literal["national", "region", "community"]
    label: Annotated[str, Meta(min_length=1, max_length=40)]
    region: Annotated[str, Meta(pattern=r"^([0-9]{2}){0,3}$", max_length=6)] = ""


class StoreRoundsQuery(RoundsQuery, frozen=True, kw_only=True):
    """digest: of the preview."""

    digest: Digest


class RoundFault(msgspec.Struct, frozen=True):
    """One thing wrong with a line.  line: 1 is the header.  column: '' for the whole line."""

    line: int
    column: str
    zh: str
    en: str


class RoundLine(msgspec.Struct, frozen=True):
    """An evaluation as it would be recorded.  line: the first it comes from."""

    line: int
    organization_name: str
    round: str
    outcome: str
    score: str
    device: str
    item_count: int


class RoundsPreview(msgspec.Struct, frozen=True):
    """digest: to be given with the import.  With any fault nothing would be recorded, and nothing follows."""

    digest: str
    lines: int
    evaluations: list[RoundLine]
    evaluation_count: int
    faults: list[RoundFault]
    fault_count: int
    grants: list[GrantChange]
    grant_count: int
    decisions: int


class RoundsStored(msgspec.Struct, frozen=True):
    """repeated: evaluations that were there already.  tasks: decisions that have to be looked at again."""

    evaluations: int
    repeated: int
    grants: int
    tasks: int


class RoundRoutes:
    """Handlers.  granting: the parameters of granting.  county: its days and its own documents."""

    def __init__(self, granting: Sequence[GrantingParameters], county: County) -> None:
        self._granting = granting
        self._county = county

    async def preview(self, call: Call[RoundsQuery, Any]) -> RoundsPreview:
        raw, who = await _body(call), self._importer(call)
        async with call.pool.connection() as connection:
            rounds = await importing.read(connection, who, raw)
        usable = bool(rounds.evaluations) and not rounds.faults
        done = await importing.foresee(call.pool, who, rounds) if usable else None
        return await self._shown(call, importing.digest_of(raw, who.programme), rounds, done)

    async def store(self, call: Call[StoreRoundsQuery, Any]) -> RoundsStored:
        raw, who = await _body(call), self._importer(call)
        if importing.digest_of(raw, who.programme) != call.query.digest:
            raise Conflict(
                "round-table-changed",
                "文件或计划与预览时不同，未作任何记录。请重新预览。",
                "The file or programme is not what was looked at; nothing was recorded. Look at it again.",
            )
        async with call.transaction() as tx:
            done = await importing.store(tx, who, await importing.read(tx, who, raw))
            for number in done.evaluations:
                call.about("quality-fact", number)
            changed = consequences.changes(done.before, done.after, call.now, self._soon(call))
            call.detail.update(grants=len(changed), tasks=done.tasks, repeated=done.repeated)
        return RoundsStored(len(done.evaluations), done.repeated, len(changed), done.tasks)

    def _importer(self, call: Call[Any, Any]) -> Importer:
        query: RoundsQuery = call.query
        scope = scope_of(Mark(query.mark, query.label, query.region), self._county)
        programme = Programme(query.programme.strip(), Basis(query.basis), scope)
        return Importer(self._granting, self._county, programme, call.scope, call.principal.practitioner_id, call.now)

    def _soon(self, call: Call[Any, Any]) -> int:
        return due_soon_days(self._granting, call.now)

    async def _shown(self, call: Call[Any, Any], digest: str, rounds: Rounds, done: Imported | None) -> RoundsPreview:
        changed = () if done is None else consequences.changes(done.before, done.after, call.now, self._soon(call))
        facts = [one.fact for one in rounds.evaluations[:SHOWN]]
        async with call.pool.connection() as connection:
            items = await facts_store.known_items(connection)
            names = await organization_names(connection, [UUID(one.organization_id) for one in facts])
            used = [one.device_id or "" for one in facts] + [one.grant.device_id or "" for one in changed[:SHOWN]]
            devices = await facts_store.device_names(connection, used)
        lines = [
            RoundLine(
                one.line,
                names[UUID(one.fact.organization_id)],
                one.fact.round,
                one.fact.outcome.value,
                one.fact.score,
                devices.get(one.fact.device_id or "", ""),
                len(one.fact.item_keys),
            )
            for one in rounds.evaluations[:SHOWN]
        ]
        return RoundsPreview(
            digest=digest,
            lines=rounds.lines,
            evaluations=lines,
            evaluation_count=len(rounds.evaluations),
            faults=[RoundFault(one.line, one.column, one.text.zh, one.text.en) for one in rounds.faults[:SHOWN]],
            fault_count=len(rounds.faults),
            grants=[change_line(one, devices, items) for one in changed[:SHOWN]],
            grant_count=len(changed),
            decisions=0 if done is None else done.tasks,
        )


async def _body(call: Call[Any, Any]) -> bytes:
    content = bytearray()
    async for chunk in call.request.content.iter_chunked(1 << 16):
        content += chunk
        if len(content) > MOST_BYTES:
            raise Invalid("table-too-large", "文件过大，请分批导入。", "The file is too large; import it in parts.")
    return bytes(content)


def endpoints(granting: Sequence[GrantingParameters], county: County) -> list[Endpoint]:
    """The routes of the import."""
    routes = RoundRoutes(granting, county)
    return [
        Endpoint(
            "POST",
            "/api/quality/rounds/preview",
            Action.QUALITY_RECORD,
            routes.preview,
            Text("质评结果表导入预览", "Preview a table of outcomes"),
            query=RoundsQuery,
            body=TABLE,
            returns=RoundsPreview,
        ),
        Endpoint(
            "POST",
            "/api/quality/rounds",
            Action.QUALITY_RECORD,
            routes.store,
            Text("导入质评结果表", "Import a table of outcomes"),
            query=StoreRoundsQuery,
            body=TABLE,
            returns=RoundsStored,
        ),
    ]
