"""How soon a committed change of the worklist is at 50 clients, and what happens when many claim at once.

./run bench worklist [--clients 50] [--changes 400] [--items 2000] [--readers 32]

A private county; changes are appended as readings do it, in transactions of their own, 20 a second; every client is a
WebSocket with a session of its own.  The race: readers take the next case until none is left, 5 % are killed between
claim and commit.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from telemed.db import Pool, open_pool
from telemed.demo.person import Person, accounts_of, person
from telemed.embedded.postgres import running_dsn
from telemed.embedded.state import socket_path
from telemed.events import append
from telemed.events.hints import Hints
from telemed.events.signal import Signal
from tests.bench.results import write_section
from tests.e2e.stack import Stack, given_stack, running_stack


async def changes_seen(stack: Stack, pool: Pool, clients: int, changes: int) -> list[float]:
    """Milliseconds from commit to arrival, for each change at each client."""
    accounts = accounts_of(stack.state / "demo-accounts.json")
    arrived: dict[str, list[float]] = {}
    committed: dict[str, float] = {}
    async with AsyncExitStack() as stack_:
        reader: Person = await stack_.enter_async_context(person(stack.url, accounts["gaoyang"]))
        sockets = [await stack_.enter_async_context(reader.listening("worklist")) for _ in range(clients)]
        done = asyncio.Event()
        expected = clients * changes

        async def listen(socket: object) -> None:
            async for message in socket:  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
                now = time.perf_counter()
                said = message.json()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                for event in said.get("events", []):  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                    arrived.setdefault(str(event["subject"]), []).append(now)
                if sum(map(len, arrived.values())) >= expected:
                    done.set()

        listeners = [asyncio.create_task(listen(one)) for one in sockets]
        for number in range(changes):
            subject = uuid4()
            async with pool.transaction() as tx:
                await append(tx, "reading.claimed", subject, ["worklist"], reading_id=subject)
            committed[str(subject)] = time.perf_counter()
            await asyncio.sleep(max(0.0, 0.05 - (number % 3) * 0.01))
        async with asyncio.timeout(60):
            await done.wait()
        for one in listeners:
            one.cancel()
    return [
        (moment - committed[key]) * 1000 for key, moments in arrived.items() if key in committed for moment in moments
    ]


async def race(dsn: str, items: int, readers: int) -> tuple[float, int, int]:
    """Claims a second, cases claimed twice, cases left over: `for update skip locked`, 5 % killed in mid-claim."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as setup:
        await setup.execute("drop table if exists bench_claim")
        await setup.execute("create unlogged table bench_claim (id uuid primary key, rank int, claims int default 0)")
        await setup.execute(
            "insert into bench_claim (id, rank) select gen_random_uuid(), n %% 3 from generate_series(1, %s) n",
            (items,),
        )
        await setup.execute("create index on bench_claim (claims, rank, id)")
    chance = random.Random(7)
    claimed: list[UUID] = []

    async def reader() -> None:
        while True:
            async with await psycopg.AsyncConnection.connect(dsn) as connection:
                while True:
                    cursor = await connection.execute(
                        "update bench_claim set claims = claims + 1 where id = (select id from bench_claim"
                        " where claims = 0 order by rank, id limit 1 for update skip locked) returning id"
                    )
                    row = await cursor.fetchone()
                    if row is None:
                        await connection.rollback()
                        return
                    if chance.random() < 0.05:
                        break  # the reader is gone before its commit: the case goes back
                    await connection.commit()
                    claimed.append(row[0])
                await connection.close()

    before = time.perf_counter()
    await asyncio.gather(*(reader() for _ in range(readers)))
    spent = time.perf_counter() - before
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as check:
        cursor = await check.execute(
            "select count(*) filter (where claims > 1), count(*) filter (where claims = 0) from bench_claim"
        )
        twice, left = await cursor.fetchone() or (0, 0)
        await check.execute("drop table bench_claim")
    return len(claimed) / spent, int(twice) + len(claimed) - len(set(claimed)), int(left)


async def bench(stack: Stack, arguments: argparse.Namespace) -> None:
    dsn = running_dsn(stack.state)
    pool = await open_pool(dsn, size=4)
    # commits ring the server's bell as those of another telemed process do
    hints = Hints(f"unix://{socket_path(stack.state.absolute() / 'valkey') / 'valkey.sock'}", Signal())
    pool.announce = hints.ring
    ringing = asyncio.create_task(hints.run())
    try:
        while not hints.connected:
            await asyncio.sleep(0.01)
        seen = sorted(await changes_seen(stack, pool, arguments.clients, arguments.changes))
        a_second, twice, left = await race(dsn, arguments.items, arguments.readers)
    finally:
        ringing.cancel()
        await pool.close()
    p50, p99 = statistics.median(seen), seen[int(len(seen) * 0.99)]
    lost = arguments.clients * arguments.changes - len(seen)
    table = (
        "| measured | value |\n|---|---|\n"
        f"| commit → seen by {arguments.clients} clients, p50 | {p50:.1f} ms |\n"
        f"| the same, p99 | {p99:.1f} ms |\n"
        f"| events lost | {lost} |\n"
        f"| {arguments.readers} readers claim {arguments.items} cases, 5 % die in mid-claim |"
        f" {a_second:,.0f} claims/s |\n"
        f"| claimed twice / left over | {twice} / {left} |"
    )
    write_section(
        "Worklist",
        f"./run bench worklist --clients {arguments.clients} --changes {arguments.changes}",
        f"{arguments.changes} changes, about 20 a second; sockets and server on one machine, production settings of "
        f"the database. The race measures the claiming statement alone, on the same server. {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end, {datetime.now(UTC):%Y-%m-%d}.",
        table,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench worklist", description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--changes", type=int, default=400)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--readers", type=int, default=32)
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
