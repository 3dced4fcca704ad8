"""How soon a hospital system that asks at order time is answered, over HTTP, with all that is promised before it.

./run bench ordering [--people 400000] [--results 1000000] [--rate 50] [--seconds 20] [--state DIR] [--dry]

A private county with production settings of its database, filled with as many results in the registry's knowledge, and
`telemed serve` as it is installed.  A call carries a fresh ES384 token; its answer comes after decisions and exposures
are committed.  Calls are sent at their times whether or not earlier ones were answered, and waited for from then on.
--state keeps the county: the next run with more results adds what is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import psycopg
from cryptography.hazmat.primitives.asymmetric import ec

from telemed.cds import tokens
from telemed.cds.tokens import Jwks
from telemed.db import open_pool
from telemed.db.migrate import migrate
from telemed.embedded import PostgresServer, start_postgres
from telemed.recognition.facts_store import facts_of_patient, head
from tests.bench.matching import fill
from tests.bench.members import EACH, ISSUER, MEMBERS, add_results, analytes, begin
from tests.bench.people import County, Written
from tests.bench.results import write_section
from tests.bench.served import count, processor_seconds, say, serving
from tests.integration.cds.calls import call, encounter, order
from tests.integration.cds.systems import SERVICE, System

ORDERS = (1, 12, 40)
#: Milliseconds promised: p50, p99.
GOALS = {1: (4, 25), 12: (8, 35), 40: (20, 60)}
NUMBERS = "urn:oid:2.16.156.10011.1.3"


# -- the calls


def said_of(who: Written) -> dict[str, Any]:
    assert who.number is not None
    return {
        "resourceType": "Patient",
        "id": "p9",
        "identifier": [{"system": NUMBERS, "value": who.number.value}],
        "name": [{"text": who.name}],
        "gender": {"M": "male", "F": "female"}.get(who.sex.value, "unknown"),
        "birthDate": who.birth_date.isoformat(),
    }


@dataclass(frozen=True, slots=True)
class Measured:
    """waited: milliseconds of each call, sorted.  cards: that came.  processor: seconds the server used.

    silent: calls answered without a card, as nothing was found that could change the order.  failed: not answered 200.
    """

    waited: list[float]
    cards: int
    silent: int
    failed: int
    processor: float

    def at(self, share: float) -> float:
        return self.waited[min(len(self.waited) - 1, int(len(self.waited) * share))]


@dataclass(frozen=True, slots=True)
class Service:
    """Where it listens, the process that does, and the system that asks it."""

    url: str
    process: int
    system: System


async def send(service: Service, people: Sequence[Written], orders: int, rate: float) -> Measured:
    """One call for each of these people, `rate` a second."""
    url, system = service.url, service.system
    codes = [one.code for one in analytes()][:orders]
    drafts = [order(f"o{at}", code) for at, code in enumerate(codes)]
    ready: list[tuple[bytes, str]] = []
    for one in people:
        prefetch = {"patient": said_of(one), "encounter": encounter()}
        body = call("order-select", *drafts, prefetch=prefetch)
        system.now = datetime.now(UTC)
        ready.append((json.dumps(body).encode(), system.token(claims={"aud": f"{url}{SERVICE}", "jti": str(uuid4())})))
    waited: list[float] = []
    cards = silent = failed = 0
    used = processor_seconds(service.process)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        began = time.perf_counter() + 0.05

        async def one_call(at: int) -> None:
            nonlocal cards, silent, failed
            due = began + at / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            body, token = ready[at]
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            async with session.post(f"{url}{SERVICE}", data=body, headers=headers) as answer:
                said = await answer.json(content_type=None)
            waited.append((time.perf_counter() - due) * 1000)
            if answer.status != 200:
                failed += 1
                return
            cards += len(said["cards"])
            silent += not said["cards"]

        await asyncio.gather(*(one_call(at) for at in range(len(ready))))
    return Measured(sorted(waited), cards, silent, failed, processor_seconds(service.process) - used)


# -- limits


async def limits(dsn: str, people: Sequence[tuple[UUID, Written]], system: System) -> tuple[float, float, float]:
    """Milliseconds: one read of twelve results by the index, all reads of a person's facts, one verification."""
    pool = await open_pool(dsn, size=1)
    read: list[float] = []
    facts: list[float] = []
    statement = (
        "select thing, id from recognition_knowledge where kind = 'candidate' and subject = %s order by thing limit 12"
    )
    try:
        async with pool.connection() as connection:
            upto = (await head(connection)).id
            for one, _ in people:
                began = time.perf_counter()
                await (await connection.execute(statement, (str(one),))).fetchall()
                between = time.perf_counter()
                await facts_of_patient(connection, str(one), upto)
                read.append((between - began) * 1000)
                facts.append((time.perf_counter() - between) * 1000)
    finally:
        await pool.close()
    token = tokens.parse(system.token())
    assert not isinstance(token, tokens.Ground)
    key = tokens.find_key(Jwks(system.keys.keys), token.header)
    assert key is not None
    began = time.perf_counter()
    for _ in range(200):
        assert tokens.genuine(token, key)
    return statistics.median(read), statistics.median(facts), (time.perf_counter() - began) / 200 * 1000


def prepared(dsn: str, asked: argparse.Namespace, key: ec.EllipticCurvePrivateKey) -> list[tuple[UUID, Written]]:
    """The people who have results; what is missing is written."""
    migrate(dsn)
    county = [(UUID(int=random.Random(at).getrandbits(128), version=4), who) for at, who in _people(asked.people)]
    if count(dsn, "select count(*) from patient") == 0:
        fill(dsn, county)
    asyncio.run(begin(dsn, key))
    wanted = min(asked.people, asked.results // EACH)
    there = count(dsn, "select count(*) from recognition_knowledge where kind = 'identity'")
    began = time.monotonic()
    for first in range(there, wanted, 20_000):
        add_results(dsn, county, first, min(wanted, first + 20_000))
    if there < wanted:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("vacuum analyze recognition_knowledge")
        say(f"{(wanted - there) * EACH:,} results written in {time.monotonic() - began:.0f} s")
    return county[:wanted]


def _people(number: int) -> Iterator[tuple[int, Written]]:
    return enumerate(County().people(number))


async def measure(service: Service, asked: argparse.Namespace, people: Sequence[tuple[UUID, Written]]) -> list[str]:
    rows: list[str] = []
    chance = random.Random(7)
    warm = [who for _, who in chance.sample(list(people), min(100, len(people)))]
    cold = await send(service, [who for _, who in people[:200]], 12, asked.rate / 5)
    rows.append(_row("12, after a start of server and database", cold, (None, 80)))
    await send(service, warm, 12, asked.rate / 2)
    for orders in ORDERS:
        whom = [people[chance.randrange(len(people))][1] for _ in range(int(asked.rate * asked.seconds))]
        found = await send(service, whom, orders, asked.rate)
        rows.append(_row(str(orders), found, GOALS[orders]))
        say(rows[-1])
    return rows


def _row(name: str, found: Measured, goals: tuple[int | None, int]) -> str:
    """goals: milliseconds promised, p50 and p99."""
    calls, waited = len(found.waited), (found.at(0.5), found.at(0.99))
    promised = " / ".join("–" if one is None else str(one) for one in goals)
    ratios = " / ".join("–" if one is None else f"{took / one:.1f}" for took, one in zip(waited, goals, strict=True))
    return (
        f"| {name} | {calls:,} | {waited[0]:.1f} / {waited[1]:.1f} | {promised} | {ratios} | "
        f"{found.processor / calls * 1000:.1f} | {found.cards:,} | {found.silent:,} | {found.failed} |"
    )


def run(server: PostgresServer, state: Path, asked: argparse.Namespace) -> PostgresServer:
    key = ec.generate_private_key(ec.SECP384R1())
    people = prepared(server.dsn, asked, key)
    system = System(ISSUER, key, datetime.now(UTC))
    before = count(server.dsn, "select count(*) from recognition_decision")
    server.stop()
    server = start_postgres(state)
    with serving(server.dsn, state) as (url, pid):
        rows = asyncio.run(measure(Service(url, pid, system), asked, people))
    made = count(server.dsn, "select count(*) from recognition_decision") - before
    read, facts, verified = asyncio.run(limits(server.dsn, people[:: max(1, len(people) // 200)], system))
    size = count(server.dsn, "select pg_total_relation_size('recognition_knowledge')") / 1e9
    head_row = (
        "| orders | calls | p50 / p99 ms | goal ms | ÷ goal | server's processor, ms | cards | without | failed |"
    )
    table = "\n".join([head_row, "|---|---|---|---|---|---|---|---|---|", *rows])
    if asked.dry:
        say(f"{table}\nlimits: {read:.2f} ms, {facts:.2f} ms, {verified:.2f} ms; {made} decisions kept")
        return server
    results = len(people) * EACH
    write_section(
        f"Asked at order time, {results:,} results",
        f"./run bench ordering --people {asked.people} --results {asked.results} --rate {asked.rate:g}",
        f"{asked.people:,} people; {MEMBERS} members with {MEMBERS * len(analytes()):,} grants; {results:,} "
        f"results of {len(people):,} of them in the registry's knowledge "
        f"({size:.1f} GB with its indexes); {asked.rate:g} calls a second over HTTP to one `telemed serve`, each with "
        f"an ES384 token of its own; {made:,} decisions and the exposures of every card committed before the answer. "
        f"Waiting is counted from when a call was due. The first line is the first {min(200, len(people))} calls after "
        f"server and database were started, at a fifth of the rate (the pages of the file system may be warm). The "
        f"limit beside it: one index read of 12 results {read:.2f} ms, all facts of one person {facts:.2f} ms, one "
        f"ES384 verification {verified:.2f} ms. Production settings of the database. Python "
        f"{platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores shared with the sender, load "
        f"{os.getloadavg()[0]:.1f} at the end, {datetime.now(UTC):%Y-%m-%d}.",
        table,
    )
    return server


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench ordering", description=__doc__)
    parser.add_argument("--people", type=int, default=400_000)
    parser.add_argument("--results", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--state", type=Path, default=None, help="keep the county here")
    parser.add_argument("--dry", action="store_true", help="print and leave the page of results as it is")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="telemed-bench-", dir="/tmp", ignore_cleanup_errors=True) as name:
        state = asked.state or Path(name)
        state.mkdir(parents=True, exist_ok=True)
        state.chmod(0o755)
        server = start_postgres(state)
        try:
            server = run(server, state, asked)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
