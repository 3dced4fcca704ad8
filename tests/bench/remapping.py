"""How long a new code map takes over every stored result, and what whoever orders meanwhile notices of it.

./run bench remapping [--people 400000] [--results 8000000] [--rate 15] [--state DIR] [--dry]

The county of `./run bench ordering`, with the stored reports that its results came in.  One laboratory's map is
corrected: one of its forty codes is another item from now on.  Every result is looked at, what has become another item
is said anew, and the registry in `telemed serve` learns of it while a hospital system asks at order time.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import platform
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from cryptography.hazmat.primitives.asymmetric import ec

from telemed.county import SETTINGS
from telemed.db import open_pool
from telemed.embedded import start_postgres
from telemed.recognition.assessing import REMAPPED
from telemed.results.code_map import CodeMaps, read
from telemed.results.maps import read_maps
from telemed.results.remapping import Remapper
from tests.bench.members import ISSUER, analytes
from tests.bench.ordering import GOALS, Measured, Service, prepared, send
from tests.bench.people import Written
from tests.bench.results import write_section
from tests.bench.served import count, say, serving
from tests.integration.cds.systems import System

ZONE = ZoneInfo("Asia/Shanghai")
#: Minutes promised for every result and what follows from it (performance 6).
GOAL = 15
ORDERS = 12


def maps(*, corrected: bool) -> CodeMaps:
    """Every code with its item; corrected: the first code of B is the second one's item."""
    known = analytes()
    lines = ["sender = '*'", "version = '2026-01-01'", "first_day = 2026-01-01"]
    for one in known:
        lines += _entry(one.code.code, one.key, one.unit)
    files = [("all.toml", "\n".join(lines).encode())]
    if corrected:
        first, second = known[:2]
        own = ["sender = 'B'", "version = '2'", "first_day = 2026-01-01"]
        own += _entry(first.code.code, second.key, first.unit)
        files.append(("b.toml", "\n".join(own).encode()))
    found = read(files)
    assert isinstance(found, CodeMaps), found
    return found


def _entry(code: str, item: str, unit: str) -> list[str]:
    return ["[[code]]", "system = 'LN'", f"code = '{code}'", f"item = '{item}'", f"unit = '{unit}'"]


REPORTS = """
create temporary table said as
select distinct split_part(thing, '/', 2)::uuid as report, subject::uuid as patient
from recognition_knowledge where kind = 'candidate';
insert into laboratory_report (id, organization_id, number_system, number)
select s.report, o.id, '', s.report::text from said s cross join organization o where o.code = 'B';
insert into result_message (id, format, organization_id, bytes, digest, content_digest, control_id, charset_declared,
    charset_used, charset_confidence, received_at, disposition, answer)
select s.report, 'hl7-v2', o.id, convert_to(s.report::text, 'UTF8'), sha256(convert_to(s.report::text, 'UTF8')),
    sha256(convert_to(s.report::text, 'UTF8')), s.report::text, '', 'utf-8', 'declared', now(), 'stored', 'AA'
from said s cross join organization o where o.code = 'B';
insert into laboratory_report_version (id, report_id, message_id, patient_id, linked, status, status_rank, ordered_at,
    known_from, placer_number, service, requested_written, changed_written, specimen_id, specimen_code, specimen_text,
    specimen_system, specimen_flags, specimen_ambiguous, specimen_received_written, notes)
select s.report, s.report, s.report, s.patient, true, 'final', 3, now() - interval '1 hour', now() - interval '1 hour',
    '', '[]', '', '', '', 'SER', '', '', '[]', false, '', '{}' from said s;
"""
OBSERVATIONS = """
insert into laboratory_observation (id, report_id, report_version_id, line, code_system, code, name, sub_id, codes,
    item_key, map_version, value_type, value_kind, value_text, comparator, number, high, denominator, value_codes,
    unit_written, unit_ucum, reference_range, flags, status, status_written, status_rank, collected_at,
    collected_written, collected_source, collected_doubt, collected_zone_stated, collected_passed_over,
    analysed_written, method_code, method_text, device, producer, performer, notes, ordered_at, known_from)
select gen_random_uuid(), k.report, k.report, 1 + (row_number() over (partition by k.report order by k.code))::int,
    'http://loinc.org', k.code, a.key, '', jsonb_build_array(jsonb_build_object('code', k.code, 'text', a.key,
    'system', 'LN')), a.key, '*/2026-01-01', 'NM', 'quantity', k.content -> 'measured' ->> 'value', '',
    k.content -> 'measured' ->> 'value', '', '', '[]', a.unit, a.unit, '3.9-9.9', array['N'], 'final', 'F', 3,
    (k.content ->> 'collected_at')::timestamptz, 'written', 'OBR-7', '', true, '{}', '', '', '', 'AU5800', '', '', '{}',
    (k.content ->> 'reported_at')::timestamptz, now() - interval '1 hour'
from (select split_part(thing, '/', 2)::uuid as report, split_part(thing, '|', 2) as code, content::jsonb as content
      from recognition_knowledge where kind = 'candidate') k
join unnest(%s::text[], %s::text[], %s::text[]) a (code, key, unit) on a.code = k.code
"""


def store(dsn: str) -> None:
    """The reports and observations behind the registry's knowledge, held against the first maps already."""
    known = analytes()
    began = time.monotonic()
    day = datetime.now(ZONE).date()
    with psycopg.connect(dsn) as connection:
        connection.execute(REPORTS)
        columns = [[getattr(one, name) for one in known] for name in ("key", "unit")]
        connection.execute(OBSERVATIONS, ([one.code.code for one in known], *columns))
        for one in (read_maps(SETTINGS / "recognition" / "maps"), maps(corrected=False)):
            connection.execute(
                "insert into laboratory_remapping (maps, started_at, ended_at) values (%s, now(), now())",
                (one.in_force_digest(day),),
            )
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    say(f"reports stored in {time.monotonic() - began:.0f} s")


def remap(dsn: str) -> None:
    """Hold everything against the corrected map, in a process of its own, as a server does that has just started."""
    asyncio.run(_remap(dsn))


async def _remap(dsn: str) -> None:
    pool = await open_pool(dsn, size=2)
    try:
        async for _ in Remapper(pool, maps(corrected=True), ZONE).run(datetime.now(UTC)):
            pass
    finally:
        await pool.close()


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds until every result was looked at, and until the registry knew.  changed: results."""

    looked: float
    known: float
    results: int
    changed: int


async def measure(
    dsn: str, service: Service, people: Sequence[Written], rate: float
) -> tuple[Measured, Measured, Took]:
    """Orders before, orders meanwhile, and how long it took."""
    chance = random.Random(7)

    async def ask(seconds: float) -> Measured:
        return await send(
            service, [people[chance.randrange(len(people))] for _ in range(int(rate * seconds))], ORDERS, rate
        )

    await ask(5)
    before = await ask(20)
    began = time.monotonic()
    work = multiprocessing.get_context("spawn").Process(target=remap, args=(dsn,))
    work.start()
    looked, meanwhile = 0.0, list[Measured]()
    while not looked or count(dsn, _LEFT) > 0:
        meanwhile.append(await ask(10))
        if not looked and not work.is_alive():
            looked = time.monotonic() - began
            if work.exitcode:
                raise LookupError("the remapping failed")
    took = Took(
        looked,
        time.monotonic() - began,
        count(dsn, "select count(*) from laboratory_observation"),
        count(dsn, "select count(*) from laboratory_mapping"),
    )
    every = Measured(
        sorted(one for several in meanwhile for one in several.waited),
        sum(one.cards for one in meanwhile),
        sum(one.silent for one in meanwhile),
        sum(one.failed for one in meanwhile),
        sum(one.processor for one in meanwhile),
    )
    return before, every, took


_LEFT = f"""select count(*) from event_consumer c join event e on (e.xid, e.id) > (c.xid, c.id)
            where c.name = '{REMAPPED}' and e.kind = 'result.remapped'"""


def _row(name: str, found: Measured) -> str:
    return (
        f"| {name} | {len(found.waited):,} | {found.at(0.5):.1f} / {found.at(0.99):.1f} | {found.cards:,} | "
        f"{found.silent:,} | {found.failed} |"
    )


def run(dsn: str, state: Path, asked: argparse.Namespace) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    people: list[tuple[UUID, Written]] = prepared(dsn, asked, key)
    if count(dsn, "select count(*) from laboratory_remapping") == 0:
        store(dsn)
    system = System(ISSUER, key, datetime.now(UTC))
    with serving(dsn, state) as (url, pid):
        service = Service(url, pid, system)
        before, meanwhile, took = asyncio.run(measure(dsn, service, [who for _, who in people], asked.rate))
    ratio = meanwhile.at(0.99) / before.at(0.99)
    table = "\n".join(
        (
            f"| {ORDERS} orders | calls | p50 / p99 ms | cards | without | failed |",
            "|---|---|---|---|---|---|",
            _row("before", before),
            _row("meanwhile", meanwhile),
        )
    )
    words = (
        f"{took.results:,} stored results in reports of eight or nine; one of forty codes of their laboratory is "
        f"another item from now on, which changes {took.changed:,} of them. Every result was looked at after "
        f"{took.looked / 60:.1f} minutes and the registry knew all that had changed after {took.known / 60:.1f} (goal "
        f"{GOAL}: ratio {took.known / 60 / GOAL:.2f}), while {asked.rate:g} calls a second asked at order time; p99 "
        f"meanwhile is {ratio:.1f} times that before (goal 2; promised without it {GOALS[ORDERS][1]} ms). Production "
        f"settings of the database. Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores "
        f"shared by all, {datetime.now(UTC):%Y-%m-%d}."
    )
    if asked.dry:
        say(f"{table}\n{words}")
        return
    write_section(
        f"A new code map over {took.results:,} results",
        f"./run bench remapping --people {asked.people} --results {asked.results} --rate {asked.rate:g}",
        words,
        table,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench remapping", description=__doc__)
    parser.add_argument("--people", type=int, default=400_000)
    parser.add_argument("--results", type=int, default=8_000_000)
    parser.add_argument("--rate", type=float, default=15)
    parser.add_argument("--state", type=Path, default=None, help="keep the county here; a second run needs a new one")
    parser.add_argument("--dry", action="store_true", help="print and leave the page of results as it is")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="telemed-bench-", dir="/tmp", ignore_cleanup_errors=True) as name:
        state = asked.state or Path(name)
        state.mkdir(parents=True, exist_ok=True)
        state.chmod(0o755)
        server = start_postgres(state)
        try:
            run(server.dsn, state, asked)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
