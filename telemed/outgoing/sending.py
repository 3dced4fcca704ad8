"""What is owed is sent: held under a lease, posted, marked.  Several processes may do it.

Between sending and marking a worker may die: the message is then sent again, under the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
import structlog

from telemed.db import Connection, Pool, execute, fetch_all, fetch_one
from telemed.events import append
from telemed.events.signal import Signal
from telemed.outgoing.model import (
    MOST_FAILURES,
    Again,
    Answer,
    GivenUp,
    Sent,
    Tried,
    decide,
    fails,
    rest,
)
from telemed.outgoing.outbox import TOPIC, queries
from telemed.outgoing.signing import Facts, Told, body
from telemed.vocabulary import NoticeKind, Text

log = structlog.get_logger(__name__)

#: Events after which something may be due at once.
DUE = frozenset({"outgoing.queued", "outgoing.retried", "outgoing.switched-on"})
#: Longer than a request may take, so that two workers never send one message at the same time.
LEASE = timedelta(minutes=1)
#: Messages on their way to one receiver from one process.
MOST_AT_ONCE = 4
LONGEST_WAIT = 30.0  # seconds until the queue is looked at again
KEPT_EVERY = 60.0  # seconds between two looks at what is too old
SUBJECTS = {"consultation": "consultation", "room": "room", "duty": "duty", "test": "receiver"}
NOWHERE = Text("", "")

#: One attempt, for which there is less than LEASE: id and document in, what came of it out.
Send = Callable[[UUID, bytes], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Receiver:
    """A configured receiver.  address_digest: of its whole address, by which a new one is known.  phones: see Told."""

    name: str
    origin: str
    address_digest: bytes
    kinds: tuple[str, ...]
    institutions: tuple[str, ...]
    phones: bool
    send: Send


@dataclass(frozen=True, slots=True)
class Mouth:
    """What messages are worded with.  departments: what a code is called.  longest: how old a message gets."""

    public_url: str
    zone: ZoneInfo
    departments: Mapping[str, Text]
    longest: timedelta


class Held(msgspec.Struct, frozen=True):
    """A message that this worker holds.  attempts: before this one."""

    id: UUID
    kind: str
    subject: UUID
    told_at: datetime
    urgency: str
    department: str
    organization_id: UUID | None
    due_at: datetime | None
    starts_at: datetime | None
    amount: int | None
    path: str
    queued_at: datetime
    attempts: int
    refusals: int

    @property
    def tried(self) -> Tried:
        return Tried(self.attempts, self.refusals, self.queued_at)


class _Place(msgspec.Struct):
    code: str
    name: str


class _Name(msgspec.Struct):
    name: str


class _Id(msgspec.Struct):
    id: UUID


class _Failures(msgspec.Struct):
    failures: int


class _At(msgspec.Struct):
    at: datetime | None


async def install(tx: Connection, receivers: Sequence[Receiver], now: datetime) -> None:
    """Write down who receives from now on; what waits for a receiver that is no more is given up."""
    for one in receivers:
        params = {
            "name": one.name,
            "origin": one.origin,
            "address_digest": one.address_digest,
            "kinds": list(one.kinds),
            "institutions": list(one.institutions),
            "now": now,
        }
        await execute(tx, queries["know"], params)
    names = [one.name for one in receivers]
    gone = await fetch_all(tx, queries["forget"], {"names": names, "now": now}, _Name)
    if gone:
        await _give_up_all(tx, [one.name for one in gone], "receiver-removed", now)


async def _give_up_all(tx: Connection, receivers: list[str], fault: str, now: datetime) -> None:
    params = {"receivers": receivers, "fault": fault, "now": now}
    given_up = await fetch_all(tx, queries["give_up_all"], params, _Id)
    if given_up:
        await append(tx, "outgoing.given-up", given_up[0].id, [TOPIC])


async def give_up_old(tx: Connection, longest: timedelta, now: datetime) -> int:
    """Give up what has waited too long, tried or not; returns how much that was."""
    old = await fetch_all(tx, queries["give_up_old"], {"before": now - longest, "now": now}, _Id)
    if old:
        await append(tx, "outgoing.given-up", old[0].id, [TOPIC])
    return len(old)


@dataclass(frozen=True)
class Worker:
    """Sends to one receiver.  jitter: from 0 to 1."""

    pool: Pool
    receiver: Receiver
    mouth: Mouth
    clock: Callable[[], datetime]
    signal: Signal
    jitter: Callable[[], float] = field(default=random.random)

    async def take(self, lease_id: UUID) -> tuple[Held, bytes] | None:
        """Hold the message that is due longest and word it; None where none is due."""
        now = self.clock()
        async with self.pool.transaction() as tx:
            due = {
                "receiver": self.receiver.name,
                "lease_id": lease_id,
                "now": now,
                "until": now + LEASE,
                "most_failures": MOST_FAILURES,
            }
            held = await fetch_one(tx, queries["take"], due, Held)
            if held is None:
                return None
            return held, await self._worded(tx, held, now)

    async def _worded(self, tx: Connection, held: Held, now: datetime) -> bytes:
        mouth = self.mouth
        to = await fetch_all(tx, queries["recipients"], {"id": held.id, "now": now}, Told)
        place = None
        if held.organization_id is not None:
            place = await fetch_one(tx, queries["place"], {"id": held.organization_id}, _Place)
        at = held.starts_at or held.due_at
        clock = "" if at is None else f"{at.astimezone(mouth.zone):%m-%d %H:%M}"
        facts = Facts(
            id=held.id,
            kind=NoticeKind(held.kind),
            subject_kind=SUBJECTS[held.kind.partition(".")[0]],
            subject=held.subject,
            told_at=held.told_at,
            urgency=held.urgency,
            department=held.department,
            department_text=mouth.departments.get(held.department, NOWHERE),
            organization_id=held.organization_id,
            organization_code="" if place is None else place.code,
            organization_name="" if place is None else place.name,
            due_at=held.due_at,
            starts_at=held.starts_at,
            amount=held.amount,
            path=held.path,
            to=tuple(to if self.receiver.phones else (msgspec.structs.replace(one, phone="") for one in to)),
        )
        return body(facts, mouth.public_url, Text(clock, clock))

    async def step(self) -> bool:
        """Try the message that is due longest; whether there was one."""
        lease_id = uuid4()
        held = await self.take(lease_id)
        if held is None:
            return False
        await self._deliver(lease_id, *held)
        return True

    async def _deliver(self, lease_id: UUID, held: Held, document: bytes) -> None:
        answer = await self.receiver.send(held.id, document)
        now = self.clock()
        said = decide(answer, held.tried, now, self.jitter(), self.mouth.longest)
        if not isinstance(said, Sent):
            log.warning("message-not-taken", receiver=self.receiver.name, message=str(held.id), status=answer.status)
        await self.mark(held.id, lease_id, answer, said, now)

    async def mark(
        self, id_: UUID, lease_id: UUID, answer: Answer, said: Sent | Again | GivenUp, now: datetime
    ) -> bool:
        """Write down what became of an attempt; False where the message was cancelled or went to another worker."""
        name = self.receiver.name
        fault = answer.fault
        params: dict[str, Any] = {"id": id_, "lease_id": lease_id, "status": answer.status, "now": now}
        match said:
            case Sent():
                query, kind = "mark_sent", "outgoing.sent"
            case Again():
                query, kind = "mark_again", "outgoing.failed"
                params |= {"next_at": said.at, "refusals": said.refusals, "fault": fault}
            case GivenUp():
                query, kind, fault = "mark_given_up", "outgoing.given-up", said.fault
                params |= {"fault": fault}
        async with self.pool.transaction() as tx:
            before = await fetch_one(tx, queries["hold_receiver"], {"receiver": name}, _Failures)
            failed = fails(answer)
            failures = 0 if before is None or not failed else before.failures + 1
            marked = await fetch_one(tx, queries[query], params, _Id)
            gone = isinstance(said, GivenUp) and said.gone
            health = {
                "receiver": name,
                "failures": failures,
                "rests_until": rest(answer, failures, now),
                "status": answer.status,
                "fault": fault,
                "succeeded": isinstance(said, Sent),
                "gone": gone,
                "now": now,
            }
            await execute(tx, queries["mark_receiver"], health)
            if gone:
                await _give_up_all(tx, [name], "receiver-gone", now)
            await append(tx, kind, id_, [TOPIC])
        return marked is not None

    async def run(self) -> None:
        """Send what is due, until cancelled.  One slow answer holds up no more than its own place."""
        under_way = set[asyncio.Task[None]]()
        try:
            while True:
                seen = self.signal.count
                while len(under_way) < MOST_AT_ONCE:
                    lease_id = uuid4()
                    held = await self.take(lease_id)
                    if held is None:
                        break
                    under_way.add(asyncio.create_task(self._deliver(lease_id, *held)))
                under_way -= await self._wait(under_way, seen)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _wait(self, under_way: set[asyncio.Task[None]], seen: int) -> set[asyncio.Task[None]]:
        """Until something may be due or a place is free; the tasks that are done.  Raises what one of them raised."""
        async with self.pool.connection() as connection:
            found = await fetch_one(connection, queries["next_due"], {"receiver": self.receiver.name}, _At)
        due = None if found is None else found.at
        wait = LONGEST_WAIT if due is None else (due - self.clock()).total_seconds()
        full = len(under_way) >= MOST_AT_ONCE
        rung = asyncio.create_task(asyncio.Event().wait() if full else self.signal.after(seen))
        try:
            # with every place taken nothing is due before one is free
            seconds = LONGEST_WAIT if full else min(max(wait, 0.5), LONGEST_WAIT)
            done, _ = await asyncio.wait({rung, *under_way}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            rung.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await rung
        finished = {one for one in under_way if one in done}
        for one in finished:
            one.result()
        return finished


@dataclass(frozen=True)
class Keeper:
    """Writes down who receives, gives up what is too old, forgets what is long over."""

    pool: Pool
    receivers: Sequence[Receiver]
    longest: timedelta
    clock: Callable[[], datetime]

    async def run(self) -> None:
        async with self.pool.transaction() as tx:
            await install(tx, self.receivers, self.clock())
        while True:
            async with self.pool.transaction() as tx:
                await give_up_old(tx, self.longest, self.clock())
                await execute(tx, queries["forget_old"], {"now": self.clock()})
            await asyncio.sleep(KEPT_EVERY)
