"""A table of results brought by a person: looked at first, then stored as it was looked at."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from telemed.db import Connection
from telemed.errors import Conflict, Invalid
from telemed.results import store
from telemed.results.code_map import CodeMaps
from telemed.results.judging import Judged, judge
from telemed.results.keeping import keep
from telemed.results.report import Doubt
from telemed.results.storing import Outcome, Work, store_results
from telemed.results.table import Table, read_table
from telemed.results.whose import whose
from telemed.vocabulary import PractitionerId


@dataclass(frozen=True, slots=True)
class Looked:
    """What would become of a table.  doubts: what would wait for a person, each with its line."""

    table: Table
    judged: list[Judged]
    doubts: list[tuple[int, Doubt]]


@dataclass(frozen=True, slots=True)
class Importer:
    """Whose table it is, and by which maps and zone it is read."""

    sender: store.Sender
    by: PractitionerId
    peer_address: str | None
    maps: CodeMaps
    zone: ZoneInfo
    now: datetime

    def look(self, raw: bytes) -> Looked:
        """What would become of a table; nothing is stored."""
        table = read_table(raw, self.zone, received_at=self.now)
        day = self.now.astimezone(self.zone).date()
        judged: list[Judged] = []
        doubts: list[tuple[int, Doubt]] = []
        for patient in table.results.patients:
            person = whose(patient.patient, self.sender.organization_id)
            doubts += [(patient.reports[0].line, one) for one in person.doubts]
            for report in patient.reports:
                found = [judge(one, self.maps, self.sender.organization_code, day) for one in report.observations]
                doubts += [(one.observation.line, doubt) for one in found for doubt in one.doubts]
                judged += found
        return Looked(table, judged, doubts)

    async def known(self, connection: Connection, raw: bytes) -> bool:
        """Whether the organisation has brought these bytes before."""
        return await store.known_message(connection, self.received(raw)) is not None

    def received(self, raw: bytes) -> store.Received:
        """A table as a message, under a new id."""
        digest = hashlib.sha256(raw).digest()
        return store.Received(
            id=uuid4(),
            sender=self.sender,
            raw=raw,
            digest=digest,
            content_digest=digest,
            control_id="",
            charset=None,
            peer_address=self.peer_address,
            received_at=self.now,
            format="table",
            brought_by=self.by,
        )


async def store_table(tx: Connection, who: Importer, raw: bytes, *, leave_out_faulty: bool) -> tuple[UUID, Outcome]:
    """Store a table and keep its bytes.

    Raises Invalid if lines are faulty and are not to be left out, or if none is left; Conflict for a table that the
    organisation has brought before.  Nothing was changed then.
    """
    table = await asyncio.to_thread(read_table, raw, who.zone, received_at=who.now)
    if table.faults and not leave_out_faulty:
        first = table.faults[0]
        raise Invalid(
            "table-faulty",
            f"有 {len(table.faults)} 处错误，未作任何改动。第一处：第 {first.line} 行 {first.column} {first.text.zh}",
            f"There are {len(table.faults)} faults and nothing was changed. "
            f"The first: line {first.line} {first.column}: {first.text.en}",
            faults=len(table.faults),
        )
    if not table.results.patients:
        raise Invalid("table-empty", "没有可导入的行。", "There is no line to be stored.")
    received = who.received(raw)
    await store.lock(tx, received.digest.hex())
    if await store.known_message(tx, received) is not None:
        raise Conflict(
            "table-known", "该文件已导入过，未重复入库。", "This file was stored before; nothing was changed."
        )
    outcome = Outcome()
    day = who.now.astimezone(who.zone).date()
    await store_results(tx, Work(received, who.sender, table.results, who.maps, day), outcome)
    await keep(tx, received, who.sender, outcome)
    return received.id, outcome
