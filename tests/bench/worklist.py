"""How soon a committed change of the worklist is at 50 clients, and what happens when 64 readers press next at once.

./run bench worklist [--clients 50] [--changes 400] [--writers 20] [--items 10000] [--readers 64] [--claims 1500]

A private county.  Changes are appended as readings do it, in transactions of their own, while others write 20 times a
second; a client is a WebSocket whose bytes are stamped when they arrive and read afterwards, so that fifty of them cost
the one machine little.  The race: the claiming statement alone, the service, and the API over HTTP.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import platform
import secrets
import statistics
import struct
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from telemed.db import Pool, open_pool
from telemed.embedded.postgres import running_dsn
from telemed.embedded.state import socket_path
from telemed.events import append
from telemed.events.hints import Hints
from telemed.events.signal import Signal
from tests.bench import racing
from tests.bench.results import write_section
from tests.e2e.stack import Stack, given_stack, running_stack

SERVICE = "the service in one process"
CHANGES = ("reading.opened", "reading.claimed", "reading.critical")
TEXT, PING, PONG = 0x1, 0x9, 0xA  # RFC 6455 §5.2


@dataclass
class Ear(asyncio.Protocol):
    """One subscribed client: (when, frame) of all it heard."""

    heard: list[tuple[float, bytes]] = field(default_factory=list[tuple[float, bytes]])
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    live: asyncio.Event = field(default_factory=asyncio.Event)
    _rest: bytes = b""
    _transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        now, self._rest = time.perf_counter(), self._rest + data
        if not self.opened.is_set():
            head, end, self._rest = self._rest.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                raise ConnectionError(head.decode("latin-1"))
            self.opened.set()
        while (frame := self._frame()) is not None:
            kind, payload = frame
            if kind == PING:
                self.say(PONG, payload)
            elif kind == TEXT:
                self.heard.append((now, payload))
                if payload.startswith(b'{"type":"live"'):
                    self.live.set()

    def _frame(self) -> tuple[int, bytes] | None:
        """The next whole frame of a server: never masked."""
        rest = self._rest
        if len(rest) < 2:
            return None
        length, start = rest[1] & 0x7F, 2
        if length >= 126:
            width, code = (2, ">H") if length == 126 else (8, ">Q")
            if len(rest) < 2 + width:
                return None
            (length,), start = struct.unpack_from(code, rest, 2), 2 + width
        if len(rest) < start + length:
            return None
        self._rest = rest[start + length :]
        return rest[0] & 0x0F, rest[start : start + length]

    def say(self, kind: int, payload: bytes) -> None:
        """Send a frame, masked with zeros; what is sent here is below 126 bytes."""
        assert self._transport is not None
        self._transport.write(bytes((0x80 | kind, 0x80 | len(payload), 0, 0, 0, 0)) + payload)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


async def listening(url: str, cookie: str) -> Ear:
    """A client that hears the worklist from now on."""
    where = urlsplit(url)
    assert where.port is not None
    _, ear = await asyncio.get_running_loop().create_connection(Ear, "127.0.0.1", where.port)
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    request = (
        f"GET /api/events HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nCookie: telemed={cookie}\r\n\r\n"
    )
    assert ear._transport is not None
    ear._transport.write(request.encode("ascii"))
    async with asyncio.timeout(30):
        await ear.opened.wait()
        ear.say(TEXT, b'{"type":"subscribe","topics":["worklist"]}')
        await ear.live.wait()
    return ear


@dataclass
class Writers:
    """What others write meanwhile: a row and an event, or a row alone, held for a few milliseconds."""

    dsn: str
    a_second: int
    spent: list[float] = field(default_factory=list[float])

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(4):
                group.create_task(self._one(number))

    async def _one(self, number: int) -> None:
        async with await psycopg.AsyncConnection.connect(self.dsn) as connection:
            await asyncio.sleep(number / self.a_second)
            while True:
                began = time.perf_counter()
                async with connection.transaction():
                    await connection.execute("select pg_current_xact_id()")
                    await connection.execute("update event_epoch set since = since")
                    if number % 2:
                        await append(connection, "study.indexed", uuid4(), ["admin"])
                self.spent.append((time.perf_counter() - began) * 1000)
                await asyncio.sleep(4 / self.a_second)


async def changes_seen(stack: Stack, dsn: str, pool: Pool, clients: int, changes: int) -> list[float]:
    """Milliseconds from commit to arrival, for each change at each client."""
    cookie, _ = racing.session(dsn, racing.readers(dsn)[0])
    ears = [await listening(stack.url, cookie) for _ in range(clients)]
    committed: dict[str, float] = {}
    for number in range(changes):
        subject = uuid4()
        async with pool.transaction() as tx:
            await append(tx, CHANGES[number % len(CHANGES)], subject, ["worklist"], reading_id=subject)
        committed[str(subject)] = time.perf_counter()
        await asyncio.sleep(0.1 + (number % 3) * 0.01)
    await asyncio.sleep(3)  # whatever has not come by now counts as lost
    seen: list[float] = []
    for ear in ears:
        ear.close()
        for moment, frame in ear.heard:
            said: dict[str, Any] = json.loads(frame)
            subjects = [event["subject"] for event in said.get("events", [])]
            seen += [(moment - committed[one]) * 1000 for one in subjects if one in committed]
    return sorted(seen)


async def unhurt(dsn: str, writers: int, seconds: float) -> float:
    """Median milliseconds of the writers' transactions while nobody listens."""
    alone = Writers(dsn, writers)
    task = asyncio.create_task(alone.run())
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return statistics.median(alone.spent)


async def bench(stack: Stack, arguments: argparse.Namespace) -> None:
    dsn = running_dsn(stack.state)
    pool = await open_pool(dsn, size=16)
    # commits ring the server's bell as those of another telemed process do
    hints = Hints(f"unix://{socket_path(stack.state.absolute() / 'valkey') / 'valkey.sock'}", Signal())
    pool.announce = hints.ring
    ringing = asyncio.create_task(hints.run())
    writers = Writers(dsn, arguments.writers)
    try:
        while not hints.connected:
            await asyncio.sleep(0.01)
        before = await unhurt(dsn, arguments.writers, 10)
        say(f"writers alone: {before:.1f} ms")
        writing = asyncio.create_task(writers.run())
        seen = await changes_seen(stack, dsn, pool, arguments.clients, arguments.changes)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        say(f"commit to seen: p50 {statistics.median(seen):.1f} ms, p99 {seen[int(len(seen) * 0.99)]:.1f} ms")
        await asyncio.to_thread(racing.fill, dsn, 1, arguments.items)
        alone = await asyncio.to_thread(
            racing.statement, dsn, arguments.readers, arguments.items // arguments.readers // 2
        )
        say(f"claiming statement: {alone:.0f}/s")
        races: dict[str, racing.Race] = {}
        for name in (SERVICE, "POST /api/worklist/next"):
            await asyncio.to_thread(racing.empty, dsn)
            await asyncio.to_thread(racing.fill, dsn, 1, arguments.items)
            if name == SERVICE:
                races[name] = await racing.service(pool, dsn, arguments.readers, arguments.claims)
            else:
                races[name] = await racing.over_http(pool, dsn, stack.url, arguments.readers, arguments.claims)
            say(f"{name}: {races[name]}")
        await asyncio.to_thread(racing.empty, dsn)
    finally:
        ringing.cancel()
        await pool.close()
    lost = arguments.clients * arguments.changes - len(seen)
    p50, p99 = statistics.median(seen), seen[int(len(seen) * 0.99)]
    meanwhile = statistics.median(writers.spent)
    readers, waiting = f"{arguments.readers} readers", f"{arguments.items:,} waiting"
    rows = [
        f"| commit → seen by {arguments.clients} clients, p50 (promised 10 ms) | {p50:.1f} ms |",
        f"| the same, p99 (promised 50 ms) | {p99:.1f} ms |",
        f"| events lost | {lost} |",
        f"| median transaction of the writers, alone / with clients | {before:.1f} / {meanwhile:.1f} ms |",
        f"| claiming statement, {readers}, {waiting} (promised 1,500/s) | {alone:,.0f} claims/s |",
        *(f"| {words}, {readers}, {waiting} | {told(race)} |" for words, race in races.items()),
    ]
    write_section(
        "Worklist",
        f"./run bench worklist --clients {arguments.clients} --changes {arguments.changes}",
        f"{arguments.changes} changes, about 9 a second, while {arguments.writers} transactions a second are written "
        f"by others (half of them without an event); clients, writers, server and database on one machine, production "
        f"settings of the database (fsync on). The statement is the project's own query with its two updates, driven "
        f"by pgbench, 5 % rolled back. In the service 5 % end between claim and commit; over HTTP 5 % of the "
        f"connections are cut within 200 ms, so that some claims stand whose reader is gone: the orphans. Each reader "
        f"over HTTP has a session; session, policy, audit and event are part of each claim. {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end, {datetime.now(UTC):%Y-%m-%d}. Published "
        f"for procrastinate: 269 jobs/s.",
        "| measured | value |\n|---|---|\n" + "\n".join(rows),
    )


def told(race: racing.Race) -> str:
    return (
        f"{race.claims:,.0f} claims/s; claimed twice {race.twice}; orphans {race.orphans}, back after lease + 5 s "
        f"{race.freed}; less urgent before more urgent {race.disorder}"
    )


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 -- progress of the command


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench worklist", description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--changes", type=int, default=400)
    parser.add_argument("--writers", type=int, default=20)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--readers", type=int, default=64)
    parser.add_argument("--claims", type=int, default=1500)
    parser.add_argument("--state", type=Path)
    arguments = parser.parse_args()
    if arguments.state is not None:
        os.environ["TELEMED_E2E_COUNTY"] = f"{arguments.state},11112"
    given = given_stack()
    if given is not None:
        asyncio.run(bench(given, arguments))
        return
    with tempfile.TemporaryDirectory(prefix="telemed-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running_stack(folder / "state") as stack:
            asyncio.run(bench(stack, arguments))


if __name__ == "__main__":
    main()
