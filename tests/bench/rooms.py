"""How quickly a room hands on what is said, beside servers that do nothing else, and how all come back after a kill.

./run bench rooms [--rooms 40] [--people 5] [--seconds 20] [--clients 500] [--socket-io NODE_MODULES]

One person of each room points 30 times a second; then also says something to keep 2 times a second.  The server runs on
one core, this generator, PostgreSQL and Valkey on the other.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from uuid import UUID

from telemed.consultation.room.store import events_after
from telemed.consultation.room.store import room as look
from telemed.db import Pool, open_pool
from tests.bench.peers import Peer, Talking, nats, nchan, socket_io
from tests.bench.results import write_section
from tests.bench.served import processor_seconds, say
from tests.bench.talkers import BYTES, Heard, Speaking, WebSocketTalker, stamped, steadily
from tests.reliability.rooms.county import County
from tests.reliability.rooms.page import Page

PASSING, KEPT = 30, 2  # a second, in each room
SERVER, GENERATOR = {0}, {1}  # cores
WARM = 2.0  # seconds


@dataclass(frozen=True)
class Measured:
    """cpu: microseconds of the server for each event that reached somebody."""

    name: str
    passing: array[int]
    kept: array[int]
    expected: int
    cpu: float

    @property
    def row(self) -> str:
        share = 100 * len(self.passing) / self.expected
        kept = f"{at(self.kept, 50)} / {at(self.kept, 99)}" if self.kept else ""
        passing = f"{at(self.passing, 50)} / {at(self.passing, 99)}"
        return f"| {self.name} | {passing} | {share:.1f} % | {self.cpu:.1f} | {kept} |"


def at(nanoseconds: array[int], percent: int) -> str:
    ordered = sorted(nanoseconds)
    return f"{ordered[len(ordered) * percent // 100] / 1e6:.2f}"


@contextmanager
def on(cores: set[int]) -> Generator[None]:
    """Processes that start meanwhile run there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


async def talk(
    name: str,
    heard: Heard,
    point: list[Speaking],
    keep: list[Speaking],
    *,
    used: Callable[[], float],
    seconds: float,
    listeners: int,
) -> Measured:
    """listeners: how many hear each word."""
    await steadily(point, PASSING, WARM)
    heard.passing, heard.kept = array("q"), array("q")
    before = used()
    keeping = [steadily(keep, KEPT, seconds)] if keep else []
    said, *_ = await asyncio.gather(steadily(point, PASSING, seconds), *keeping)
    await asyncio.sleep(0.5)  # what is on its way
    spent = used() - before
    passing, kept = heard.passing, heard.kept
    heard.passing, heard.kept = array("q"), array("q")  # what comes from here on is of another measurement
    return Measured(name, passing, kept, said * listeners, 1e6 * spent / max(1, len(passing) + len(kept)))


async def of_peer(peer: Peer, rooms: int, people: int, seconds: float) -> Measured:
    heard, loop = Heard(), asyncio.get_running_loop()
    there: list[tuple[str, Talking]] = []
    for room in (f"r{number // people}" for number in range(rooms * people)):
        _, one = await loop.create_connection(partial(peer.talker, heard, room), "127.0.0.1", peer.port)
        await one.ready
        there.append((room, one))

    def speaks(room: str, one: Talking) -> None:
        one.say(peer.said(room, stamped("E")))

    point: list[Speaking] = [partial(speaks, *one) for one in there[::people]]
    listeners = people if peer.echoes else people - 1
    measured = await talk(peer.name, heard, point, [], used=peer.used, seconds=seconds, listeners=listeners)
    for _, one in there:
        one.close()
    return measured


async def _linked(county: County, pool: Pool, heard: Heard, rooms: int, people: int) -> list[list[WebSocketTalker]]:
    loop, port = asyncio.get_running_loop(), county.servers[0].port
    linked: list[list[WebSocketTalker]] = []
    for _ in range(rooms):
        room, persons, _watcher = await county.opened(pool, people)
        talkers: list[WebSocketTalker] = []
        for person in persons:
            hello = {"t": "hello", "v": 1, "token": "token", "device": "bench", "gen": 0}
            made = partial(
                WebSocketTalker,
                heard,
                path=f"/api/rooms/{room}/socket",
                headers=person.headers,
                hello=json.dumps(hello),
                until=b'"t":"snapshot"',
            )
            _, one = await loop.create_connection(made, "127.0.0.1", port)
            await one.ready
            talkers.append(one)
        linked.append(talkers)
    return linked


async def of_telemed(county: County, pool: Pool, rooms: int, people: int, seconds: float) -> list[Measured]:
    """With nothing but what passes, as the peers; then with what is kept beside it."""
    heard, number = Heard(), count(1)
    linked = await _linked(county, pool, heard, rooms, people)

    def points(one: WebSocketTalker) -> None:
        one.say(json.dumps({"t": "eph", "k": "ptr", "d": {"p": stamped("E")}}))

    def keeps(one: WebSocketTalker) -> None:
        one.say(json.dumps({"t": "cmd", "cid": f"c{next(number)}", "k": "chat.msg", "d": {"text": stamped("D")}}))

    point: list[Speaking] = [partial(points, talkers[0]) for talkers in linked]
    keep: list[Speaking] = [partial(keeps, talkers[-1]) for talkers in linked]
    pid = county.servers[0].pid
    measured = [
        await talk(
            name, heard, point, kept, used=partial(processor_seconds, pid), seconds=seconds, listeners=people - 1
        )
        for name, kept in (("telemed", []), (f"telemed, {KEPT} Hz kept beside it", keep))
    ]
    lost = sum(one.lost for talkers in linked for one in talkers)
    if lost:
        raise RuntimeError(f"{lost} links were lost while measuring")
    for talkers in linked:
        for one in talkers:
            one.close()
    return measured


async def storm(county: County, pool: Pool, rooms: int, people: int) -> str:
    """Kill the server while one of each room speaks; how long until everybody is where the room is."""
    server, pages = county.servers[0], dict[UUID, list[Page]]()
    for _ in range(rooms):
        room, persons, _watcher = await county.opened(pool, people)
        pages[room] = [
            Page(
                str(room),
                person.id,
                f"d{number}",
                headers=person.headers,
                port=lambda: server.port,
                chance=Random(room.int + number),
                patience=0.25,
            )
            for number, person in enumerate(persons)
        ]
    everybody = [page for there in pages.values() for page in there]
    for page in everybody:
        page.come_in()
        await asyncio.sleep(0.01)
    await _all_at_head(pages)
    for there in pages.values():
        for word in ("一", "二", "三"):
            there[0].do("chat.msg", {"text": word})
    await server.end(signal.SIGKILL)
    with on(SERVER):
        server.start()
    await server.answers()
    began = time.monotonic()
    each = await _all_at_head(pages)
    granted, lost, doubled = 0, 0, 0
    for room, there in pages.items():
        async with pool.connection() as connection:
            row = await look(connection, room)
            events = await events_after(connection, room, 0, 10_000)
        said = Counter((one.device, one.cid) for one in events if one.cid is not None)
        doubled += sum(times - 1 for times in said.values())
        lost += sum(page.state.seq != row.seq for page in there)
        for page in there:
            granted += len(page.told.granted)
            lost += sum((page.device, cid) not in said for cid in page.told.granted)
    late = array("q", [int(1e9 * max(0.0, one - began)) for one in each])
    for page in everybody:
        await page.stop()
    return (
        f"{len(everybody)} clients in {rooms} rooms, who all try four times a second, after kill -9 of the server, from"
        f" its first answer until at the room's head: p50 {at(late, 50)} ms, all {max(late) / 1e6:.0f} ms;"
        f" {granted} granted, lost {lost}, doubled {doubled}."
    )


async def _all_at_head(pages: dict[UUID, list[Page]]) -> list[float]:
    """When each was at what is the room's head once all are in and everything is answered."""
    reached: dict[int, tuple[int, float]] = {}
    async with asyncio.timeout(120):
        while True:
            now, settled = time.monotonic(), True
            for there in pages.values():
                head = max(page.head for page in there)
                for page in there:
                    quiet = page.live and not page.outbox and page.state.seq == head
                    if quiet and reached.get(id(page), (-1, 0.0))[0] != head:
                        reached[id(page)] = (head, now)
                    settled = settled and quiet
            if settled:
                return [moment for _, moment in reached.values()]
            await asyncio.sleep(0.02)


def pin(pid: int, cores: set[int]) -> None:
    """With every thread that it has; those that it starts later follow."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


async def measure(chosen: argparse.Namespace, folder: Path) -> tuple[list[Measured], list[str], str]:
    measured, away = list[Measured](), list[str]()
    peers = {"nginx-nchan": nchan, "socket.io": partial(socket_io, modules=chosen.socket_io), "nats-server": nats}
    for name, start in peers.items():
        own = folder / name
        own.mkdir()
        with ExitStack() as running:
            with on(SERVER):
                peer = running.enter_context(start(own))
            if peer is None:
                away.append(name)
                say(f"{name}: not here")
                continue
            measured.append(await of_peer(peer, chosen.rooms, chosen.people, chosen.seconds))
            say(measured[-1].row)
    county = County(folder / "county")
    county.folder.mkdir()
    await county.start(1)
    pool = await open_pool(county.dsn, size=4)
    try:
        pin(county.servers[0].pid, SERVER)
        measured += await of_telemed(county, pool, chosen.rooms, chosen.people, chosen.seconds)
        stormed = await storm(county, pool, max(1, chosen.clients // chosen.people), chosen.people)
    finally:
        await pool.close()
        await county.stop()
    return measured, away, stormed


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench rooms")
    parser.add_argument("--rooms", type=int, default=40)
    parser.add_argument("--people", type=int, default=5, choices=range(2, 6))
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--socket-io", type=Path, help="a node_modules outside this repository that has socket.io")
    parser.add_argument("--try", action="store_true", dest="only_try", help="write nothing down")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    os.sched_setaffinity(0, GENERATOR)
    with tempfile.TemporaryDirectory(prefix="telemed-b-", dir="/tmp", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o755)  # noqa: PTH101, S103 -- the services' own user comes through
        measured, away, stormed = asyncio.run(measure(chosen, Path(name)))
    head = "| server | passing p50 / p99, ms | of them heard | CPU µs a delivery | kept p50 / p99, ms |"
    gone = [f"| {one} | not here | | | |" for one in away]
    table = "\n".join([head, "|---|---|---|---|---|", *(one.row for one in measured), *gone])
    if chosen.only_try:
        say(f"{table}\n\n{stormed}")
        return
    notes = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()},"
        f" Linux {platform.release().partition('-')[0]}, loopback, load average before {load:.1f}."
        f" {chosen.rooms} rooms of {chosen.people}; one of each points"
        f" {PASSING} times a second, events of {BYTES} bytes, {chosen.seconds:g} s; each server on one core, generator,"
        f" PostgreSQL and Valkey on the other. {stormed}"
    )
    command = f"./run bench rooms --rooms {chosen.rooms} --people {chosen.people} --seconds {chosen.seconds:g}"
    write_section("Rooms", f"{command} --clients {chosen.clients}", notes, table)


if __name__ == "__main__":
    main()
