"""How many results a second laboratories can send: HL7 v2 over MLLP to AA, and from there to the registry.

./run bench taking [--people 20000] [--messages 1000] [--connections 4] [--dry]

A private county with production settings of its database and `telemed serve` as it is installed, with a catalogue in
force, its code maps and an agreement for every item.  Each message is a report of all items of the demo's panels in
GB18030, of another person, known by name, number and birth date.  AA comes once it is committed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from telemed.db import open_pool
from telemed.db.migrate import migrate
from telemed.embedded import start_postgres
from telemed.results import senders
from telemed.results.senders import Names
from tests.bench.matching import fill
from tests.bench.members import begin
from tests.bench.people import County
from tests.bench.results import write_section
from tests.bench.served import count, processor_seconds, say, serving
from tests.ports import free_port
from tests.reliability.decided import ANALYTES, ZONE, Resident, message

#: Observations a second (performance 6).
GOAL = 1500
PLACE = "B"
#: Seconds until the registry has to know what was taken.
PATIENCE = 300


async def enrol(dsn: str) -> None:
    pool = await open_pool(dsn, size=1)
    try:
        async with pool.transaction() as tx:
            await senders.enrol(tx, Names("LIS", PLACE), PLACE, datetime.now(UTC))
    finally:
        await pool.close()


async def send(port: int, messages: Sequence[bytes]) -> list[float]:
    """One connection, each message after the answer to the one before: milliseconds of each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waited: list[float] = []
    for one in messages:
        began = time.perf_counter()
        writer.write(b"\x0b" + one + b"\x1c\r")
        answer = await reader.readuntil(b"\x1c\r")
        waited.append((time.perf_counter() - began) * 1000)
        if b"MSA|AA|" not in answer:
            raise LookupError(answer.decode("gb18030"))
    writer.close()
    return waited


async def send_all(port: int, messages: Sequence[bytes], connections: int) -> tuple[list[float], float]:
    """What each waited, sorted, and the seconds of all."""
    began = time.perf_counter()
    found = await asyncio.gather(*(send(port, messages[at::connections]) for at in range(connections)))
    return sorted(one for several in found for one in several), time.perf_counter() - began


def caught_up(dsn: str, wanted: int) -> float:
    """Seconds until the registry knows as many results; raises TimeoutError after PATIENCE."""
    began = time.perf_counter()
    while count(dsn, "select count(*) from recognition_knowledge where kind = 'candidate'") < wanted:
        if time.perf_counter() - began > PATIENCE:
            raise TimeoutError("results were taken and the registry does not know them")
        time.sleep(0.1)  # nothing tells when the last of them is known
    return time.perf_counter() - began


def run(dsn: str, state: Path, asked: argparse.Namespace) -> None:
    migrate(dsn)
    people = list(County().people(asked.people))
    fill(dsn, [(UUID(int=random.Random(at).getrandbits(128), version=4), who) for at, who in enumerate(people)])
    asyncio.run(begin(dsn, ec.generate_private_key(ec.SECP384R1())))
    asyncio.run(enrol(dsn))
    chance, yesterday = random.Random(7), datetime.now(ZONE) - timedelta(days=1)
    made = [
        message(Resident(who, at), PLACE, yesterday, chance, status="F", own_number=False)
        for at, who in enumerate(people[: asked.messages + 50])
    ]
    port = free_port()
    settings = {"TELEMED__LABORATORY__MLLP": "on", "TELEMED__LABORATORY__PORT": str(port)}
    with serving(dsn, state, settings) as (_, pid):
        asyncio.run(send_all(port, made[:50], 1))
        used = processor_seconds(pid)
        waited, seconds = asyncio.run(send_all(port, made[50:], asked.connections))
        used = processor_seconds(pid) - used
        behind = caught_up(dsn, len(made) * len(ANALYTES))
    observations = len(waited) * len(ANALYTES)
    half, most = waited[len(waited) // 2], waited[int(len(waited) * 0.99)]
    table = (
        "| connections | messages | observations/s | goal | p50 / p99 ms to AA | server's processor, ms each |\n"
        "|---|---|---|---|---|---|\n"
        f"| {asked.connections} | {len(waited):,} | {observations / seconds:,.0f} | {GOAL:,} | "
        f"{half:.1f} / {most:.1f} | {used / len(waited) * 1000:.1f} |"
    )
    if asked.dry:
        say(table)
        return
    write_section(
        "Taking laboratory results",
        f"./run bench taking --people {asked.people} --messages {asked.messages} --connections {asked.connections}",
        f"{asked.people:,} people; reports of {len(ANALYTES)} observations in GB18030 over MLLP to one server, "
        f"each of another person; AA after identity, codes, units and provenance are committed, while the registry in "
        f"the same process makes its knowledge of them: it knew the last {behind:.1f} s after the last AA. "
        f"Production settings of the database. Python {platform.python_version()}, {platform.machine()}, "
        f"{os.cpu_count()} cores shared with the sender, load {os.getloadavg()[0]:.1f} at the end, "
        f"{datetime.now(UTC):%Y-%m-%d}.",
        table,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench taking", description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--messages", type=int, default=1_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--dry", action="store_true", help="print and leave the page of results as it is")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="telemed-bench-", dir="/tmp", ignore_cleanup_errors=True) as name:
        state = Path(name)
        state.chmod(0o755)
        server = start_postgres(state)
        try:
            run(server.dsn, state, asked)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
