"""Journal → imaging index: batched, idempotent, for ever.

What is in the journal is durable and acknowledged; it leaves the journal when the transaction that indexed it (or put
it into quarantine) has committed.  PostgreSQL may be away for days: the journal grows on disk, memory does not.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import structlog

from dicom_gateway.archive import same_content
from dicom_gateway.headers import InstanceHeader
from dicom_gateway.spool import DurableSpool, Orphan, Position, Record, adopt
from telemed.db import Connection, Pool
from telemed.errors import Unavailable
from telemed.imaging import quarantine, store
from telemed.imaging.quarantine import Case
from telemed.imaging.study import Arrival

#: Records of one transaction: long enough to spread its cost, short enough to hold its locks for a moment only.
BATCH = 200
#: Instances that come within this time of the first share its transaction.
LINGER = 0.015
#: While a series comes in, transactions begin this far apart: a batch costs little more than one instance.
APART = 0.25
#: How often the journals of processes that died are looked for.
ADOPT_EVERY = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0
#: Stands for the organisation of a sender nobody knows; a release puts the true one in its place.
NOBODY = UUID(int=0)

_log = structlog.get_logger("dicom_gateway.indexer")
_header = msgspec.json.Decoder(InstanceHeader | None)


class Indexer:
    """Empties the journal of its process, and those of processes that died."""

    def __init__(
        self,
        spool: DurableSpool,
        pool: Pool,
        zone: ZoneInfo = ZoneInfo("Asia/Shanghai"),  # noqa: B008 - immutable
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """zone: of devices that do not name theirs."""
        self._spool = spool
        self._pool = pool
        self._zone = zone
        self._clock = clock
        self._adopt_at = 0.0
        self._began_at = 0.0
        #: The last batch was full: what has piled up is taken without a pause.
        self._behind = False

    async def run(self) -> None:
        """Index until cancelled.  Failures of the database are waited out; nothing else stops it."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self.step()
                pause = FIRST_PAUSE
            except (Unavailable, psycopg.OperationalError) as failure:
                _log.warning("index-away", error=type(failure).__name__, again_in_seconds=round(pause, 2))
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
                pause = min(pause * 2, LONGEST_PAUSE)

    async def step(self) -> None:
        """Adopt if it is time, wait for news until it is, index one batch."""
        loop = asyncio.get_running_loop()
        if loop.time() >= self._adopt_at:
            await self.adopt()
            self._adopt_at = loop.time() + ADOPT_EVERY
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(self._adopt_at - loop.time(), 0)):
                await self._spool.journal.wait()
        if self._spool.journal.backlog:
            if not self._behind:
                await asyncio.sleep(max(LINGER, self._began_at + APART - loop.time()))
            self._began_at = loop.time()
            self._behind = await self.index_some() == BATCH

    async def index_some(self) -> int:
        """Index the oldest records of the own journal; returns how many."""
        journal = self._spool.journal
        batch = await journal.read(BATCH)
        if batch.damaged:
            _log.error("journal-damaged", journal=journal.folder.name, bytes=batch.damaged)
        await self.index(batch.records)
        await journal.indexed(batch.end)
        return len(batch.records)

    async def drain(self) -> None:
        """Index everything that is in the own journal now."""
        while self._spool.journal.backlog:
            await self.index_some()

    async def adopt(self) -> None:
        """Index and remove the journals of processes that died."""
        spool = self._spool
        orphans = await spool.run(lambda: adopt(spool.files, spool.root))
        try:
            while orphans:
                count = await self._empty(orphans[0])
                await spool.run(orphans[0].remove)
                _log.info("journal-adopted", journal=orphans.pop(0).folder.name, records=count)
        finally:
            for orphan in orphans:
                orphan.leave()

    async def _empty(self, orphan: Orphan) -> int:
        at, count = Position(1, 0), 0
        while True:
            start = at
            batch = await self._spool.run(lambda start=start: orphan.read(start, BATCH))
            if batch.damaged:
                # the tail that was being written when the process died was never acknowledged
                _log.warning("journal-torn", journal=orphan.folder.name, bytes=batch.damaged)
            await self.index(batch.records)
            count += len(batch.records)
            if len(batch.records) < BATCH:
                return count
            at = batch.end

    async def index(self, records: Sequence[Record]) -> None:
        """Bring records into the index in their order; returns when all of it is committed."""
        for part in parts(records):
            try:
                await self._index_part(part)
            except (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError) as failure:
                # one that cannot be indexed must not hold up those behind it
                _log.error("batch-not-indexed", sqlstate=failure.sqlstate, records=len(part))
                for record in part:
                    await self._index_one(record)

    async def _index_one(self, record: Record) -> None:
        try:
            await self._index_part([record])
        except (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError) as failure:
            # the server's message may quote values
            _log.error("instance-not-indexable", sop_instance_uid=record.sop_instance_uid, sqlstate=failure.sqlstate)
            async with self._pool.transaction() as tx:
                await quarantine.open_case(tx, _case(record, "not-indexable", None, await _organization(tx, record)))

    async def _index_part(self, records: Sequence[Record]) -> None:
        while True:
            compared = await self._compare(records)
            try:
                async with self._pool.transaction() as tx:
                    await self._write(tx, records, compared)
            except store.Undecided as other:
                _log.info("instance-came-twice", sop_instance_uid=other.sop_instance_uid)
                continue
            return

    async def _compare(self, records: Sequence[Record]) -> dict[tuple[str, str], bool]:
        """Compare by content those instances that are there with other bytes."""
        arrived = {record.sop_instance_uid: record for record in records if record.digest and record.refusal is None}
        async with self._pool.connection() as connection:
            known = await store.known_bytes(connection, sorted(arrived))
        digests: dict[str, set[str]] = {}
        for one in known:
            digests.setdefault(one.sop_instance_uid, set()).add(one.digest)
        same: dict[tuple[str, str], bool] = {}
        for one in known:
            record = arrived[one.sop_instance_uid]
            key = (one.sop_instance_uid, record.digest)
            if record.digest in digests[one.sop_instance_uid] or key in same:
                continue
            stored, came = (one.digest, one.transfer_syntax_uid), (record.digest, record.transfer_syntax_uid)
            root = self._spool.root
            same[key] = await asyncio.to_thread(same_content, root, stored, came)
        return same

    async def _write(self, tx: Connection, records: Sequence[Record], compared: dict[tuple[str, str], bool]) -> None:
        arrivals: list[Arrival] = []
        organizations: dict[tuple[str | None, str], UUID | None] = {}
        for record in records:
            if record.ended:
                continue
            sender = record.organization_id, record.calling_ae
            if sender not in organizations:
                organizations[sender] = await _organization(tx, record)
            organization = organizations[sender]
            header = _header.decode(record.header)
            arrival = header and arrival_of(record, header, organization or NOBODY, self._zone)
            if record.refusal is not None:
                await quarantine.open_case(tx, _case(record, record.refusal, arrival, organization))
            elif arrival is None:
                await quarantine.open_case(tx, _case(record, "not-indexable", None, organization))
            elif organization is None:
                await quarantine.open_case(tx, _case(record, "sender-unknown", arrival, organization))
            else:
                arrivals.append(arrival)
        for arrival, clash in await store.index(tx, arrivals, compared) if arrivals else []:
            await quarantine.open_case(tx, quarantine.of_clash(arrival, clash))
        now = self._clock()
        for record in records:
            if record.ended:
                await store.end_association(tx, record.association_id, now, released=record.ended == "released")


def parts(records: Sequence[Record]) -> list[list[Record]]:
    """Cut a batch so that no instance comes in two different contents within one transaction."""
    found: list[list[Record]] = []
    seen: dict[str, str] = {}
    for record in records:
        uid = record.sop_instance_uid
        if not found or (uid and seen.get(uid, record.digest) != record.digest):
            found.append([])
            seen = {}
        seen[uid] = record.digest
        found[-1].append(record)
    return found


def arrival_of(record: Record, header: InstanceHeader, organization: UUID, zone: ZoneInfo) -> Arrival:
    """Put together what association and header say.  zone: of a device that does not name its own."""
    return Arrival(
        digest=record.digest,
        size=record.size,
        organization_id=organization,
        association_id=record.association_id,
        calling_ae=record.calling_ae,
        received_at=record.received_at,
        transfer_syntax_uid=record.transfer_syntax_uid,
        sop_class_uid=header.sop_class_uid,
        sop_instance_uid=header.sop_instance_uid,
        series_instance_uid=header.series_instance_uid,
        study_instance_uid=header.study_instance_uid,
        patient_id=header.patient_id,
        issuer=header.issuer,
        patient_name=header.patient_name,
        birth_date=header.birth_date,
        sex=header.sex,
        age=header.age,
        accession_number=header.accession_number,
        study_id=header.study_id,
        study_description=header.study_description,
        referring_physician=header.referring_physician,
        institution=header.institution,
        station=header.station,
        operator=header.operator,
        modality=header.modality,
        series_number=header.series_number,
        series_description=header.series_description,
        protocol=header.protocol,
        body_part=header.body_part,
        laterality=header.laterality,
        view_position=header.view_position,
        acquired_at=aware(header.acquired_at, zone),
        charset_declared=header.charset_declared,
        charset_used=header.charset_used,
        charset_confidence=header.charset_confidence,
        instance_number=header.instance_number,
        rows=header.rows,
        columns=header.columns,
        frames=header.frames,
        samples=header.samples,
        bits_allocated=header.bits_allocated,
        photometric=header.photometric,
        image_type=header.image_type,
    )


def aware(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Give a device's time its zone; None for a time that no calendar has."""
    if at is None or at.tzinfo is not None:
        return at
    try:
        return at.replace(tzinfo=zone).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


async def _organization(tx: Connection, record: Record) -> UUID | None:
    stated = None if record.organization_id is None else UUID(record.organization_id)
    return await store.organization_of(tx, stated, record.calling_ae)


def _case(record: Record, reason: str, arrival: Arrival | None, organization: UUID | None) -> Case:
    return Case(
        digest=record.digest,
        size=record.size,
        reason=reason,
        organization_id=organization,
        calling_ae=record.calling_ae,
        sop_class_uid=record.sop_class_uid,
        sop_instance_uid=record.sop_instance_uid,
        transfer_syntax_uid=record.transfer_syntax_uid,
        received_at=record.received_at,
        arrival=arrival,
        fault=record.detail,
    )
