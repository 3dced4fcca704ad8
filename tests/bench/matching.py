"""Whether the person of a new record is found among all people of a county, how surely and how soon.

./run bench matching [--people 400000] [--again 20000] [--never 500]

A private database with production settings.  The county is made up with a seed (tests/bench/people.py).  Each of
`again` people is written down a second time, 5 % with one flaw, 10 % without a number; as many strangers come who are
nobody known.  What is timed is what a registration waits for: the candidates by SQL and the comparison with each.
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
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from telemed.db import Pool, open_pool
from telemed.db.migrate import migrate
from telemed.embedded import start_postgres
from telemed.patients import candidates, resolving, store
from telemed.patients.links import Ground
from telemed.patients.matching import Outcome
from telemed.patients.resolving import Why
from tests.bench.people import County, Written
from tests.bench.results import write_section
from tests.conftest import dsn_of

NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)


@dataclass
class Tally:
    """What came of those who came again, and of the strangers. waited: milliseconds of each look."""

    again: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    wrong: int = 0
    asked_in_vain: int = 0
    strangers: int = 0
    across_never: int = 0
    waited: list[float] = field(default_factory=list[float])


def fill(dsn: str, people: list[tuple[UUID, Written]]) -> tuple[UUID, UUID]:
    """Write the county: one organisation, one registrar, everybody with a number."""
    organization, practitioner = uuid4(), uuid4()
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into organization (id, code, name, kind) values (%s, 'B', 'B', 'township-hospital')",
            (organization,),
        )
        connection.execute(
            "insert into practitioner (id, organization_id, name) values (%s, %s, 'B')", (practitioner, organization)
        )
        with connection.cursor() as cursor:
            with cursor.copy(
                "copy patient (id, organization_id, name, name_search, name_pinyin, sex, birth_date, phone, address)"
                " from stdin"
            ) as copy:
                for one, who in people:
                    columns = store.name_columns(who.name)
                    said = (columns["name_search"], columns["name_pinyin"], who.sex.value, who.birth_date)
                    copy.write_row((one, organization, who.name, *said, who.phone, who.address))
            with cursor.copy("copy patient_identifier (issuer, value, kind, patient_id) from stdin") as copy:
                for one, who in people:
                    if who.number is not None:
                        copy.write_row((who.number.issuer, who.number.value, who.number.kind.value, one))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    return organization, practitioner


def row_of(who: Written, organization: UUID) -> candidates.CandidateRow:
    number = who.number
    numbers = [] if number is None else [[number.kind.value, number.issuer, number.value]]
    said = (who.name, who.sex.value, who.birth_date, False, "known", who.phone, who.address, None, NOW)
    return candidates.CandidateRow(uuid4(), organization, *said, numbers, card_mismatch=False, never_link=False)


async def look(pool: Pool, row: candidates.CandidateRow, tally: Tally) -> dict[UUID, Outcome]:
    async with pool.connection() as connection:
        began = time.perf_counter()
        found = await candidates.compared(connection, row)
        tally.waited.append((time.perf_counter() - began) * 1000)
    return {other.id: match.outcome for other, match in found if match.outcome is not Outcome.NEVER}


async def keep_apart(pool: Pool, people: list[tuple[UUID, Written]], by: UUID, count: int) -> int:
    """Tell pairs apart that would be linked, and count those that are linked all the same."""
    linked = 0
    for one, who in people[:count]:
        number = who.number
        if number is None:
            continue
        other = uuid4()
        async with pool.transaction() as tx:
            await tx.execute(
                "insert into patient (id, organization_id, name, name_search, name_pinyin, sex, birth_date) select %s,"
                " organization_id, name, name_search, name_pinyin, sex, birth_date from patient where id = %s",
                (other, one),
            )
            await store.give(tx, number, "shown", other, NOW)
            await resolving.never_link(tx, one, other, Why(Ground.REVIEWED, by), NOW)
            await resolving.consider(tx, other, now=NOW)
            cursor = await tx.execute("select same_as_id from patient where id = any(%s)", ([one, other],))
            linked += sum(row[0] is not None for row in await cursor.fetchall())
            # away again: the others are measured against the county as it was
            await tx.execute("update patient set name_search = '', birth_date = null where id = %s", (other,))
            await tx.execute("delete from patient_identifier where patient_id = %s", (other,))
    return linked


async def measure(dsn: str, arguments: argparse.Namespace) -> tuple[Tally, float]:
    county, tally = County(), Tally()
    began = time.perf_counter()
    people = [(uuid4(), who) for who in county.people(arguments.people)]
    organization, practitioner = await asyncio.to_thread(fill, dsn, people)
    say(f"{len(people):,} people written in {time.perf_counter() - began:.0f} s")
    pool = await open_pool(dsn, size=4)
    chosen = random.Random(1).sample(people, min(arguments.again, len(people)))
    try:
        for one, who in chosen:
            written = county.again(who)
            found = await look(pool, row_of(written, organization), tally)
            numbered = "with a number" if written.number is not None else "without a number"
            tally.again[written.flaw or numbered, found.get(one, Outcome.NEVER).value] += 1
            tally.wrong += sum(outcome is Outcome.AUTO for other, outcome in found.items() if other != one)
            tally.asked_in_vain += sum(outcome is Outcome.POTENTIAL for other, outcome in found.items() if other != one)
        for who in county.people(len(chosen)):
            found = await look(pool, row_of(who, organization), tally)
            tally.strangers += 1
            tally.wrong += sum(outcome is Outcome.AUTO for outcome in found.values())
            tally.asked_in_vain += sum(outcome is Outcome.POTENTIAL for outcome in found.values())
        tally.across_never = await keep_apart(pool, chosen, practitioner, arguments.never)
    finally:
        await pool.close()
    return tally, time.perf_counter() - began


def report(tally: Tally, arguments: argparse.Namespace) -> str:
    def share(part: int, whole: int) -> str:
        return f"{part / whole:.4f} ({part:,} of {whole:,})" if whole else "–"

    came = {kind: Counter[str]() for kind, _ in tally.again}
    for (kind, outcome), number in tally.again.items():
        came[kind][outcome] += number
    linked = sum(one["auto"] for one in came.values())
    found = linked + sum(one["potential"] for one in came.values())
    numbered = sum(one.total() for kind, one in came.items() if kind != "without a number")
    waited = sorted(tally.waited)
    times = f"{statistics.median(waited):.1f} / {waited[int(len(waited) * 0.99)]:.1f} / {waited[-1]:.1f}"
    exact = Counter[str]()
    for kind in ("with a number", "15-digit number"):
        exact += came.get(kind, Counter())
    rows = [
        f"| linked by the rule, right (promised ≥ 0.9999) | {share(linked, linked + tally.wrong)} |",
        f"| linked of those who came again with a number (promised ≥ 0.97) | {share(linked, numbered)} |",
        f"| linked of those with number, name and birth date all right | {share(exact['auto'], exact.total())} |",
        f"| linked or asked about, of all who came again | {share(found, sum(one.total() for one in came.values()))} |",
        f"| linked across “never link” of {arguments.never:,} (promised 0) | {tally.across_never} |",
        f"| asked about in vain, a look | {tally.asked_in_vain / len(waited):.4f} |",
        f"| candidates and comparison, p50 / p99 (promised 15 ms) / most | {times} ms |",
    ]
    rows += [
        f"| came again, {kind} | linked {one['auto']:,}, asked {one['potential']:,}, missed {one['never']:,} |"
        for kind, one in sorted(came.items())
    ]
    return "| measured | value |\n|---|---|\n" + "\n".join(rows)


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 -- progress of the command


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench matching", description=__doc__)
    parser.add_argument("--people", type=int, default=400_000)
    parser.add_argument("--again", type=int, default=20_000)
    parser.add_argument("--never", type=int, default=500)
    parser.add_argument("--dry", action="store_true", help="print and leave the page of results as it is")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="telemed-bench-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = start_postgres(folder / "pg")
        try:
            with psycopg.connect(server.dsn, autocommit=True) as admin:
                admin.execute("create database people template template0")
            dsn = dsn_of(server.dsn, "people")
            migrate(dsn)
            tally, seconds = asyncio.run(measure(dsn, arguments))
        finally:
            server.stop()
    table = report(tally, arguments)
    if arguments.dry:
        say(f"{table}\n{seconds:.0f} s")
        return
    write_section(
        "Patient match",
        f"./run bench matching --people {arguments.people} --again {arguments.again}",
        f"{arguments.people:,} people with names of real frequency and one in 200 a twin; {arguments.again:,} of them "
        f"come again, 5 % with one flaw (one other character, a homophone, transposed digits of the birth date, a "
        f"mistyped number, a 15-digit number, in equal shares), 10 % without a number, and as many strangers. A number "
        f"with another name or birth date is asked about by the rule, never linked. Production settings of the "
        f"database. {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end, "
        f"{datetime.now(UTC):%Y-%m-%d}.",
        table,
    )


if __name__ == "__main__":
    main()
