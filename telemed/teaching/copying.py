"""The copies of a proposed case are made beside requests, one after the other, whatever happens meanwhile.

A case is leased while its copies are made.  Each copy is durable before its row says so, and the same original makes
the same copy: whoever goes on after somebody who died makes what is missing, and makes nothing twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from telemed.db import Connection, Pool, execute, fetch_one
from telemed.errors import Unavailable
from telemed.events.signal import Signal
from telemed.teaching import store
from telemed.teaching.keeping import Copies
from telemed.teaching.states import State
from telemed.teaching.wording import Sign

queries = store.queries
_log = structlog.get_logger("telemed.teaching")

#: Events after which copies are owed.
OWED = frozenset({f"teaching.{State.COPYING}"})
#: How long a worker may make one copy before another one does.
LEASE = timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
LONGEST_WAIT = 15.0
#: Bytes of an original that is read at all.
LARGEST = 512 << 20

#: Reads an original: blocks, raises FileNotFoundError where the archive lost it.
Read = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Making:
    """What copies are made with."""

    pool: Pool
    copies: Copies
    read: Read


class _Due(msgspec.Struct, frozen=True):
    id: UUID
    consultation_id: UUID
    secret: bytes
    attempts: int


class _Image(msgspec.Struct, frozen=True):
    id: UUID
    digest: str
    transfer_syntax_uid: str
    size: int


class _Next(msgspec.Struct):
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Made:
    digest: str
    size: int
    modality: str
    frames: int
    rows: int
    columns: int
    grounds: list[str]


async def copy_one(making: Making, now: datetime) -> bool:
    """Make one copy of the case that is due, or end its copying; False where none is due."""
    async with making.pool.transaction() as tx:
        due = await fetch_one(tx, queries["due"], {"now": now}, _Due)
        if due is None:
            return False
        image = await fetch_one(tx, queries["next_image"], {"id": due.id}, _Image)
        if image is None:
            await _over(tx, due.id, now)
            return True
        await execute(tx, queries["lease"], {"id": due.id, "until": now + LEASE})
        # names of institutions stand in words that stay, like a manufacturer's: the data set's own are looked for
        known = frozenset(one.text for one in await store.known(tx, due.consultation_id) if one.sign is not Sign.PLACE)
    try:
        made = await asyncio.to_thread(_make, making, image, due.secret, known)
    except OSError as fault:
        pause = min(FIRST_PAUSE * 2 ** min(due.attempts, 20), LONGEST_PAUSE)
        _log.warning("teaching-copy-delayed", case=str(due.id), error=type(fault).__name__, errno=fault.errno)
        async with making.pool.transaction() as tx:
            await execute(tx, queries["later"], {"id": due.id, "until": now + pause, "fault": "storage"})
        return True
    async with making.pool.transaction() as tx:
        if isinstance(made, str):
            await execute(tx, queries["left_out"], {"id": image.id, "why": made})
        else:
            params = {"id": image.id, **{name: getattr(made, name) for name in made.__slots__}}
            await execute(tx, queries["made"], params)
        # due again at once: this worker, or another one, makes the next copy
        await execute(tx, queries["lease"], {"id": due.id, "until": now})
    return True


async def _over(tx: Connection, case_id: UUID, now: datetime) -> None:
    """Every image has a copy, or is left out: the proposer looks, or there is nothing to look at."""
    held = await store.hold(tx, case_id)
    if held is None or held.standing is not State.COPYING:
        return
    after, fault = (State.PREPARED, "") if held.kept else (State.FAILED, "no-image")
    command = "made" if held.kept else "fail"
    await store.move(tx, case_id, command, held.standing, after, by=None, now=now, fault=fault)


def _make(making: Making, image: _Image, secret: bytes, known: frozenset[str]) -> _Made | str:
    """The copy, durable; or the word why there is none.  Blocks.  Raises OSError where nothing can be written."""
    # pydicom, numpy and the codecs come with it: whoever copies nothing does without
    from telemed.teaching import burnt_in, deidentifying, looking  # noqa: PLC0415

    if image.size > LARGEST:
        return "too-large"
    try:
        original = making.read(image.digest)
    except FileNotFoundError:
        return "missing"
    made = deidentifying.copied(original, image.transfer_syntax_uid, secret, known)
    if isinstance(made, deidentifying.LeftOut):
        return made.why
    grounds = burnt_in.grounds(made.facts, text_like=looking.has_text(made.content))
    digest = making.copies.keep(made.content)
    facts = made.facts
    return _Made(
        digest,
        len(made.content),
        facts.modality[:16],
        facts.frames,
        facts.rows,
        facts.columns,
        [one.value for one in grounds],
    )


async def copy_for_ever(making: Making, signal: Signal, clock: Callable[[], datetime]) -> None:
    """Make copies when they are due, until cancelled.  Several processes may run it."""
    while True:
        heard, wait = signal.count, LONGEST_WAIT
        try:
            if await copy_one(making, clock()):
                continue
            async with making.pool.connection() as connection:
                following = await fetch_one(connection, queries["next_due"], {}, _Next)
            if following is not None and following.due_at is not None:
                # another process may hold it: not asked for without a breath
                wait = min(max((following.due_at - clock()).total_seconds(), 0.25), LONGEST_WAIT)
        except Unavailable:
            wait = LONGEST_WAIT
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await signal.after(heard)
