"""封存: each month from its day on as an append-only version; what comes later makes a version more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import structlog

from telemed.db import Connection, Pool, execute, fetch_all, fetch_one, load
from telemed.errors import Unavailable
from telemed.events import log as events
from telemed.statistics.counting import SETTING, Asked, count, write_out
from telemed.statistics.months import Month
from telemed.statistics.parameters import Parameters, in_force
from telemed.statistics.seals import Causes, Changes, content_of, differing, hash_of, rules_differ

queries = load(__name__, "sealing.sql")
log = structlog.get_logger(__name__)

#: Months back that are looked at again for what came late.
LOOKED_AT_AGAIN = 12
#: Seconds between two looks; a month is corrected at most once a day of the county.
EVERY = 900.0
#: Milliseconds that one statement of sealing may take: nobody waits for it.
LONGEST = 600_000
_NAMESPACE = UUID("5a0f6e3c-6d0b-5c55-9a43-b0a0fb3a7c11")


class Seal(msgspec.Struct, frozen=True):
    """One version of a month.  changes: JSON, what differs from the version before and why."""

    month: date
    version: int
    content: str
    content_hash: str
    previous_hash: str
    changes: str
    sealed_at: datetime


class SealHead(msgspec.Struct, frozen=True):
    """A version without its figures."""

    month: date
    version: int
    content_hash: str
    previous_hash: str
    changes: str
    sealed_at: datetime


class _Taken(msgspec.Struct):
    taken: bool


class _Earliest(msgspec.Struct):
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals what is due.

    parameters: the first first.  clock: aware, UTC.  longest: milliseconds of one statement.  counted: the day of the
    county on which this process last counted a month without sealing it, whether nothing differed or it took too long.
    """

    pool: Pool
    zone: ZoneInfo
    parameters: Sequence[Parameters]
    clock: Callable[[], datetime]
    longest: int = LONGEST
    counted: dict[Month, date] = field(default_factory=dict[Month, date])

    async def run(self) -> None:
        """Look every quarter of an hour; several processes may."""
        while True:
            try:
                await self.due(self.clock())
            except Unavailable:
                log.warning("statistics-not-sealed-yet")
            await asyncio.sleep(EVERY)

    async def due(self, now: datetime) -> list[Seal]:
        """Write out what was decided, seal every month that may be, correct those that something came late to."""
        async with self.pool.connection() as connection:
            found = await fetch_one(connection, queries["earliest"], {"zone": self.zone.key}, _Earliest)
        this = Month.of(now, self.zone)
        try:
            await self.write_out(this, now)
        except psycopg.errors.QueryCanceled:
            log.warning("statistics-take-too-long", month=this.name)  # months that are over do not wait for it
        if found is None or found.at is None:
            return []
        begun = max(Month.of(found.at, self.zone), this.moved(-LOOKED_AT_AGAIN))
        made: list[Seal] = []
        while begun < this:
            rules = in_force(self.parameters, begun)
            if begun.may_be_sealed(now, self.zone, rules.seal_day) and (one := await self.seal(begun, now)) is not None:
                made.append(one)
            begun = begun.moved(1)
        return made

    async def write_out(self, month: Month, now: datetime) -> None:
        """Write out all decisions of a month, in short transactions."""
        left = 1
        while left:
            async with self.pool.transaction() as tx:
                await execute(tx, SETTING, {"milliseconds": str(self.longest)})
                left = await write_out(tx, month, self.zone, now)

    async def seal(self, month: Month, now: datetime) -> Seal | None:
        """Add a version where there is none or figures differ; None where it stands or another process is at it.

        A month that takes too long is left for the next day.
        """
        today = now.astimezone(self.zone).date()
        if self.counted.get(month) == today:
            return None
        try:
            await self.write_out(month, now)
            async with self.pool.transaction() as tx:
                # one snapshot for every figure
                await tx.execute("set transaction isolation level repeatable read")
                turn = await fetch_one(tx, queries["take_turn"], {}, _Taken)
                last = await last_seal(tx, month)
                if turn is None or not turn.taken or (last is not None and self._same_day(last.sealed_at, now)):
                    return None
                made = await self._add(tx, month, last, now)
            self.counted[month] = today
        except (psycopg.errors.SerializationFailure, psycopg.errors.UniqueViolation):
            return None  # another process has sealed it meanwhile
        except psycopg.errors.QueryCanceled:
            self.counted[month] = today
            log.warning("statistics-take-too-long", month=month.name)
            return None
        return made

    def _same_day(self, one: datetime, other: datetime) -> bool:
        return one.astimezone(self.zone).date() == other.astimezone(self.zone).date()

    async def _add(self, tx: Connection, month: Month, last: Seal | None, now: datetime) -> Seal | None:
        rules = in_force(self.parameters, month)
        cells = await count(tx, Asked(month, self.zone, rules, counted_at(month, self.zone, rules)), self.longest)
        content = content_of(month, self.zone.key, rules, cells)
        if last is not None and last.content == content:
            return None
        changes = "[]" if last is None else await self._changes(tx, month, last, content)
        one = Seal(
            month=month.first,
            version=1 if last is None else last.version + 1,
            content=content,
            content_hash=hash_of(content),
            previous_hash="" if last is None else last.content_hash,
            changes=changes,
            sealed_at=now,
        )
        await execute(tx, queries["add_seal"], msgspec.structs.asdict(one))
        topics = ["statistics"]
        await events.append(tx, "statistics.sealed", uuid5(_NAMESPACE, month.name), topics, version=one.version)
        return one

    async def _changes(self, tx: Connection, month: Month, last: Seal, content: str) -> str:
        said = {
            "first": month.begins(self.zone),
            "end": month.ends(self.zone),
            "first_day": month.first,
            "end_day": month.moved(1).first,
            "since": last.sealed_at,
        }
        causes = await fetch_one(tx, queries["causes"], said, Causes)
        if causes is None:
            raise LookupError("an aggregate gave no row")
        parameters, definitions = rules_differ(last.content, content)
        number, items = differing(last.content, content)
        causes = msgspec.structs.replace(causes, parameters=int(parameters), definitions=int(definitions))
        return json.dumps([msgspec.to_builtins(Changes(number, items, causes))], ensure_ascii=False)


def changes_of(text: str) -> Changes | None:
    """What a version says of its differences; None for a first one."""
    found = msgspec.json.decode(text, type=list[Changes])
    return found[0] if found else None


def counted_at(month: Month, zone: ZoneInfo, rules: Parameters) -> datetime:
    """The moment by which a closed month tells ignored from open: the first of its sealing day."""
    return month.moved(1).begins(zone) + timedelta(days=rules.seal_day - 1)


async def last_seal(connection: Connection, month: Month) -> Seal | None:
    """The version of a month that counts; None for one that is not sealed."""
    return await fetch_one(connection, queries["last_seal"], {"month": month.first}, Seal)


async def seal_of(connection: Connection, month: Month, version: int) -> Seal | None:
    """One version of a month."""
    return await fetch_one(connection, queries["seal"], {"month": month.first, "version": version}, Seal)


async def seals(connection: Connection, first: Month, last: Month) -> list[SealHead]:
    """Versions of some months, the newest first."""
    return await fetch_all(connection, queries["seals"], {"first": first.first, "last": last.first}, SealHead)
