"""Stored results held against the code maps in force: what has become another item is said anew, nothing is changed.

Batch by batch, each in a transaction of its own together with how far it has come: a run that was killed goes on behind
its last batch, and two runs at once take turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog

from telemed.db import Connection, Pool, fetch_all, fetch_one, load
from telemed.errors import Unavailable
from telemed.events import append
from telemed.results import store
from telemed.results.code_map import CodeMaps
from telemed.results.judging import Fit, doubts_of, fit
from telemed.results.report import Doubt, Status
from telemed.results.values import CodedText

queries = load(__name__, "remapping.sql")

#: Reports of one transaction.
BATCH = 200
#: Seconds until it is asked again whether another version has come into force.
LOOK_AGAIN = 600.0

log = structlog.get_logger(__name__)


class Progress(msgspec.Struct, frozen=True):
    """How far a remapping has come.  reports: looked at.  changed: results that are another item now."""

    id: int
    maps: str
    after: UUID | None
    reports: int
    changed: int
    ended_at: datetime | None


class _Report(msgspec.Struct):
    id: UUID
    organization_code: str
    organization_id: UUID
    number: str


class _Result(msgspec.Struct):
    id: UUID
    report_id: UUID
    message_id: UUID
    line: int
    codes: list[dict[str, str]]
    value_kind: str
    unit_written: str
    status: str
    item_key: str | None
    unit_ucum: str


class _Whose(msgspec.Struct):
    report_id: UUID
    patient_id: UUID
    message_id: UUID


class _Found(msgspec.Struct):
    found: bool


@dataclass(frozen=True)
class Remapper:
    """What results are held against.  maps: as the server reads them.  zone: the county's, for the day in force.

    again: also maps that others have taken the place of.  Without it a process that still has the old ones does
    nothing: it would undo what was done by the new.
    """

    pool: Pool
    maps: CodeMaps
    zone: ZoneInfo
    again: bool = False

    async def run(self, now: datetime, *, batch: int = BATCH) -> AsyncIterator[Progress]:
        """Go on with, or begin, what the maps of today ask for; a row of progress after each batch.

        Nothing is given where the maps are those of the last run that ended.
        """
        while True:
            progress = await self.step(now, batch=batch)
            if progress is None:
                return
            yield progress
            if progress.ended_at is not None:
                return

    async def step(self, now: datetime, *, batch: int = BATCH) -> Progress | None:
        """Look at the next reports; None where there is nothing to do."""
        digest = self.maps.in_force_digest(now.astimezone(self.zone).date())
        async with self.pool.transaction() as tx:
            await tx.execute(queries["hold"])
            standing = await fetch_one(tx, queries["newest"], {}, Progress)
            if standing is not None and standing.maps == digest:
                if standing.ended_at is not None:
                    return None
            else:
                before = await fetch_one(tx, queries["superseded"], {"maps": digest}, _Found)
                if before is not None and before.found and not self.again:
                    log.warning("code-maps-superseded", maps=digest[:12])
                    return None
                standing = await fetch_one(tx, queries["start"], {"maps": digest, "now": now}, Progress)
            if standing is None:
                raise LookupError("insert ... returning gave no row")
            params = {"after": standing.after, "limit": batch}
            reports = await fetch_all(tx, queries["next_reports"], params, _Report)
            changed = await self._look(tx, reports, now) if reports else 0
            advanced = {
                "id": standing.id,
                "after": reports[-1].id if reports else None,
                "reports": len(reports),
                "changed": changed,
                "ended_at": now if len(reports) < batch else None,
            }
            return await fetch_one(tx, queries["advance"], advanced, Progress)

    async def _look(self, tx: Connection, reports: Sequence[_Report], now: datetime) -> int:
        by_id = {one.id: one for one in reports}
        day = now.astimezone(self.zone).date()
        found = await fetch_all(tx, queries["counting"], {"reports": list(by_id)}, _Result)
        changed: dict[UUID, int] = {}
        written: list[dict[str, Any]] = []
        for one in found:
            report = by_id[one.report_id]
            codes = [CodedText(each["code"], each["text"], each["system"]) for each in one.codes]
            read = fit(codes, one.unit_written, self.maps, report.organization_code, day)
            mapping = await self._became(tx, one, read, report, now)
            if mapping is not None:
                written.append(mapping)
                changed[one.report_id] = changed.get(one.report_id, 0) + 1
        if changed:
            async with tx.cursor() as cursor:
                await cursor.executemany(queries["insert_mapping"], written)
            await self._tell(tx, by_id, list(changed))
        return sum(changed.values())

    async def _became(
        self, tx: Connection, one: _Result, read: Fit, report: _Report, now: datetime
    ) -> dict[str, Any] | None:
        """The row of what a result is now, if that is something else.

        What contradicts is no item any more and waits for a person.
        """
        against = doubts_of(read, is_quantity=one.value_kind == "quantity", status=Status(one.status), line=one.line)
        item = None if against or read.mapped is None else read.mapped.entry.item
        unit = one.unit_ucum if against else read.unit
        if (item, unit) == (one.item_key, one.unit_ucum):
            return None
        mapping = {
            "observation_id": one.id,
            "item_key": item,
            "map_version": read.version,
            "unit_ucum": unit,
            "now": now,
        }
        for each in against:
            await self._quarantine(tx, one, each, report, now)
        return mapping

    async def _quarantine(self, tx: Connection, one: _Result, doubt: Doubt, report: _Report, now: datetime) -> None:
        place = {"message_id": one.message_id, "line": one.line, "reason": doubt.reason}
        waits = await fetch_one(tx, queries["is_open"], place, _Found)
        if waits is not None and waits.found:
            return
        case = await store.open_case(
            tx,
            doubt,
            message_id=one.message_id,
            organization_id=report.organization_id,
            line=one.line,
            report_number=report.number,
            now=now,
        )
        heard = store.topics(report.organization_id)
        await append(tx, "result.quarantined", case, heard, message=one.message_id, reason=doubt.reason)

    async def _tell(self, tx: Connection, reports: dict[UUID, _Report], changed: list[UUID]) -> None:
        for one in await fetch_all(tx, queries["patients_of"], {"reports": changed}, _Whose):
            topics = [f"organization/{reports[one.report_id].organization_id}"]
            await append(tx, "result.remapped", one.report_id, topics, message=one.message_id, patient=one.patient_id)


async def remap_for_ever(remapper: Remapper, clock: Callable[[], datetime]) -> None:
    """Hold stored results against the maps: at the start, and when a day of the county brings a version into force."""
    while True:
        try:
            async for done in remapper.run(clock()):
                if done.ended_at is not None:
                    log.info("results-remapped", reports=done.reports, changed=done.changed)
        except Unavailable:
            log.warning("results-not-remapped-yet")
        await asyncio.sleep(LOOK_AGAIN)
