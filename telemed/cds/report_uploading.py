"""Signed reports to the provincial platform: queued with the event, sent over HTTP under a lease, marked.

Between sending and marking a worker may die: the report is then sent again, under the same idempotency key.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import msgspec
import structlog

from telemed.cds.report_upload import Again, Answer, Dead, Report, Sent, decide, document
from telemed.db import Connection, Pool, execute, fetch_all, fetch_one, load
from telemed.events import append
from telemed.events.consumer import Consumer
from telemed.events.log import Event

queries = load(__name__, "report_upload.sql")
log = structlog.get_logger(__name__)

#: Events, of a reading, after which it may have a version that the platform has not.
KINDS = frozenset({"report.signed", "report.voided"})
#: Longer than a request may take, so that two workers never send one report at the same time.
LEASE = timedelta(minutes=2)
PATIENCE = aiohttp.ClientTimeout(total=60.0)
LONGEST_WAIT = 30.0  # seconds until the queue is looked at again

Send = Callable[[UUID, dict[str, Any]], Awaitable[Answer]]


class Taken(msgspec.Struct, frozen=True):
    """A report that this worker holds.  id: its idempotency key."""

    id: UUID
    report_version_id: UUID
    attempts: int


class DeadLetter(msgspec.Struct, frozen=True):
    id: UUID
    report_version_id: UUID
    attempts: int
    last_status: int | None
    last_fault: str
    ended_at: datetime


class Count(msgspec.Struct, frozen=True):
    """How many reports are in a state, and since when the oldest is queued."""

    state: str
    amount: int
    oldest: datetime


class _At(msgspec.Struct):
    at: datetime | None


class _Changed(msgspec.Struct):
    id: UUID
    organization_id: UUID


def topics(organization_id: UUID) -> list[str]:
    """Who hears of a report on its way: its organisation, and by `admin` who looks after the whole county."""
    return ["admin", f"organization/{organization_id}"]


async def queue(tx: Connection, reading_id: UUID, now: datetime) -> int:
    """Queue what of a reading was not queued before."""
    return await execute(tx, queries["queue"], {"reading_id": reading_id, "now": now})


def consumer() -> Consumer:
    """Queues with the event log: what is signed is queued once, whenever this process comes back."""

    async def handle(tx: Connection, event: Event) -> None:
        if await queue(tx, event.subject, event.at):
            places = [one for one in event.topics if one.startswith("organization/")]
            await append(tx, "report-upload.queued", event.subject, ["admin", *places])

    return Consumer("report-upload", KINDS, handle)


async def take(pool: Pool, lease_id: UUID, now: datetime) -> tuple[Taken, Report | None] | None:
    """Hold the report that is due longest; None where none is due."""
    async with pool.transaction() as tx:
        due = {"lease_id": lease_id, "now": now, "until": now + LEASE}
        taken = await fetch_one(tx, queries["take"], due, Taken)
        if taken is None:
            return None
        return taken, await fetch_one(tx, queries["report"], {"id": taken.report_version_id}, Report)


async def mark(
    pool: Pool, taken: Taken, answer: Answer, said: Sent | Again | Dead, *, lease_id: UUID, now: datetime
) -> bool:
    """Write down what became of it; False where the lease had gone to another."""
    match said:
        case Sent():
            state, next_at, fault = "sent", now, ""
        case Again():
            state, next_at, fault = "waiting", said.at, "no-answer" if answer.status is None else ""
        case Dead():
            state, next_at, fault = "dead", now, said.fault
    row = {
        "id": taken.id,
        "lease_id": lease_id,
        "state": state,
        "next_at": next_at,
        "status": answer.status,
        "fault": fault,
        "now": now,
    }
    async with pool.transaction() as tx:
        marked = await fetch_one(tx, queries["mark"], row, _Changed)
        if marked is not None and state != "waiting":
            kind = "report-upload.sent" if state == "sent" else "report-upload.died"
            await append(tx, kind, marked.id, topics(marked.organization_id))
        return marked is not None


async def counts(connection: Connection) -> list[Count]:
    return await fetch_all(connection, queries["counts"], {}, Count)


async def dead_letters(connection: Connection, limit: int = 100) -> list[DeadLetter]:
    return await fetch_all(connection, queries["dead"], {"limit": limit}, DeadLetter)


async def revive(tx: Connection, now: datetime, number: UUID | None = None) -> list[UUID]:
    """Try dead letters again, one or all."""
    revived = await fetch_all(tx, queries["revive"], {"now": now, "id": number}, _Changed)
    for one in revived:
        await append(tx, "report-upload.retried", one.id, topics(one.organization_id))
    return [one.id for one in revived]


@dataclass(frozen=True)
class Uploader:
    """One worker.  send: one attempt, for which it has less than LEASE.  jitter: from 0 to 1."""

    pool: Pool
    send: Send
    clock: Callable[[], datetime]
    jitter: Callable[[], float] = field(default=random.random)

    async def step(self) -> bool:
        """Try the report that is due longest; whether there was one."""
        lease_id = uuid4()
        held = await take(self.pool, lease_id, self.clock())
        if held is None:
            return False
        taken, report = held
        if report is None:
            nobody = Dead("no-patient")
            await mark(self.pool, taken, Answer(None), nobody, lease_id=lease_id, now=self.clock())
            return True
        answer = await self.send(taken.id, document(report))
        said = decide(answer, taken.attempts, self.clock(), self.jitter())
        if isinstance(said, Dead):
            log.warning("report-not-taken", upload=str(taken.id), fault=said.fault)
        await mark(self.pool, taken, answer, said, lease_id=lease_id, now=self.clock())
        return True

    async def run(self) -> None:
        """Send what is due, for ever."""
        while True:
            while await self.step():
                pass
            async with self.pool.connection() as connection:
                found = await fetch_one(connection, queries["next_due"], {}, _At)
            due = None if found is None else found.at
            wait = LONGEST_WAIT if due is None else (due - self.clock()).total_seconds()
            await asyncio.sleep(min(max(wait, 0.5), LONGEST_WAIT))


def http_sender(url: str, authorization: str) -> Send:
    """POST the document as FHIR JSON to one configured address.  authorization: the header's value, '' for none."""

    async def send(key: UUID, body: dict[str, Any]) -> Answer:
        headers = {"Content-Type": "application/fhir+json", "Idempotency-Key": str(key)}
        if authorization:
            headers["Authorization"] = authorization
        try:
            async with (
                aiohttp.ClientSession(timeout=PATIENCE) as session,
                session.post(url, data=msgspec.json.encode(body), headers=headers, allow_redirects=False) as answer,
            ):
                return Answer(answer.status, retry_after(answer.headers.get("Retry-After")))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("provincial-platform-away", error=type(error).__name__)
            return Answer(None)

    return send


def retry_after(value: str | None) -> int | None:
    """Seconds of a Retry-After header; a date there is left to our own pauses (RFC 9110 10.2.3)."""
    return int(value) if value is not None and value.isascii() and value.isdigit() and len(value) < 8 else None
