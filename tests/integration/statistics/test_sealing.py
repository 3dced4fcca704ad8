"""Months are sealed once, corrected by a version more, and never changed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import msgspec
import psycopg
import pytest
from structlog.testing import capture_logs

from telemed.db import Pool, open_pool
from telemed.errors import Unavailable
from telemed.recognition.ledger import Response, keep_page_response
from telemed.statistics.counting import values
from telemed.statistics.months import Month
from telemed.statistics.sealing import Sealer, changes_of, last_seal, seal_of
from telemed.statistics.seals import cells_of, hash_of, parameters_of
from tests.integration.statistics.happened import COUNTED_AT, ZONE, Told, at, named
from tests.integration.statistics.month import october, tell_visits
from tests.integration.statistics.test_month import OCTOBER, PARAMETERS, by_hand

SEALED_AT = COUNTED_AT + timedelta(hours=3)
WAITING = """select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%statistics_seal%'
             and datname = current_database() and pid <> pg_backend_pid()"""
EARLY = COUNTED_AT - timedelta(seconds=1)


def sealer(pool: Pool) -> Sealer:
    return Sealer(pool, ZONE, (PARAMETERS,), lambda: SEALED_AT)


async def versions(pool: Pool) -> list[tuple[date, int]]:
    async with pool.connection() as connection:
        found = await connection.execute("select month, version from statistics_seal order by month, version")
        return await found.fetchall()  # type: ignore[return-value]


async def late_answer(pool: Pool, when: datetime) -> None:
    """D6, which nobody had answered, is declined after the month was sealed."""
    said = Response(named("card of D6"), "overridden", when, [], "urn:cn:hr:retest-reason", "R1", "", when)
    async with pool.transaction() as tx:
        assert await keep_page_response(tx, said)


async def test_a_month_is_sealed_from_its_day_on_with_the_figures_by_hand(pool: Pool):
    await october().tell(pool)
    assert await sealer(pool).due(EARLY) == []
    assert await versions(pool) == []
    (one,) = await sealer(pool).due(COUNTED_AT)
    assert (one.month, one.version, one.previous_hash) == (date(2026, 10, 1), 1, "")
    assert one.content_hash == hash_of(one.content)
    cells = cells_of(one.content)
    assert {(c.organization_id, c.cut, c.key, c.code): c.value for c in cells} == by_hand()
    assert parameters_of(one.content) == PARAMETERS


async def test_sealed_again_without_anything_new_there_is_one_version(pool: Pool):
    await october().tell(pool)
    await sealer(pool).due(SEALED_AT)
    assert await sealer(pool).due(SEALED_AT + timedelta(days=3)) == []
    assert await versions(pool) == [(date(2026, 10, 1), 1)]


async def test_what_comes_late_makes_a_version_that_says_what_changed_and_why(pool: Pool):
    await october().tell(pool)
    (first,) = await sealer(pool).due(SEALED_AT)
    await late_answer(pool, SEALED_AT + timedelta(hours=1))
    assert await sealer(pool).due(SEALED_AT + timedelta(hours=2)) == [], "at most one version a day"
    (second,) = await sealer(pool).due(SEALED_AT + timedelta(days=1))
    assert (second.version, second.previous_hash) == (2, first.content_hash)
    changes = changes_of(second.changes)
    assert changes is not None
    assert (changes.causes.answers, changes.causes.withdrawals, changes.causes.parameters) == (1, 0, 0)
    of_county = {
        one.code: (one.before, one.after) for one in changes.items if (one.organization_id, one.key) == ("", "")
    }
    assert of_county["refused"] == (2, 3)
    assert of_county["ignored"] == (5, 4)
    assert of_county["reason:R1"] == (0, 1)
    assert "existing" not in of_county
    async with pool.connection() as connection:
        kept = await seal_of(connection, OCTOBER, 1)
        last = await last_seal(connection, OCTOBER)
    assert kept == first
    assert last == second


async def test_a_visit_told_late_is_named_as_the_cause(pool: Pool):
    await october().tell(pool)
    (first,) = await sealer(pool).due(SEALED_AT)
    late = SEALED_AT + timedelta(hours=1)
    await tell_visits(pool, [Told("V9-1", "C", "P19", "A04", "V9", at(30), late)])
    assert await sealer(pool).due(SEALED_AT + timedelta(days=1)) == [], "the same person attends the same member once"
    await tell_visits(pool, [Told("V6-2", "C", "P19", "A11", "V6", None, late)])
    await tell_visits(pool, [Told("V9-2", "C", "P19", "A11", "V9", None, late + timedelta(minutes=1))])
    (second,) = await sealer(pool).due(SEALED_AT + timedelta(days=2))
    assert second.previous_hash == first.content_hash
    changes = changes_of(second.changes)
    assert changes is not None
    assert (changes.causes.encounters, changes.causes.answers, changes.causes.definitions) == (3, 0, 0)
    of_county = {
        one.code: (one.before, one.after) for one in changes.items if (one.organization_id, one.key) == ("", "")
    }
    assert of_county == {"attending": (21, 20), "attending-adt": (5, 4), "unasked-adt": (3, 2)}


async def test_what_a_version_before_said_of_causes_can_still_be_read():
    causes = {"answers": 1, "withdrawals": 0, "results": 0, "grants": 0, "parameters": 0, "definitions": 0}
    read = changes_of(json.dumps([{"figures": 1, "items": [], "causes": causes}]))
    assert read is not None
    assert (read.causes.answers, read.causes.encounters) == (1, 0)


async def test_a_month_of_which_only_adt_tells_is_sealed_too(pool: Pool):
    script = october()
    await replace(script, questions=[], later=[], registered=[]).tell(pool)
    (one,) = await sealer(pool).due(COUNTED_AT)
    assert one.month == date(2026, 10, 1)
    assert values(cells_of(one.content), None) == {"attending": 5, "attending-adt": 5, "unasked-adt": 5}


async def test_other_parameters_are_named_as_the_cause(pool: Pool):
    await october().tell(pool)
    await sealer(pool).due(SEALED_AT)
    wider = Sealer(pool, ZONE, (msgspec.structs.replace(PARAMETERS, look_back_days=31),), lambda: SEALED_AT)
    (second,) = await wider.due(SEALED_AT + timedelta(days=1))
    changes = changes_of(second.changes)
    assert changes is not None
    assert changes.causes.parameters == 1
    assert values(cells_of(second.content), None)["existing"] == 14


async def test_sealing_at_the_same_time_makes_one_version(pool: Pool):
    await october().tell(pool)
    made = await asyncio.gather(*(sealer(pool).seal(OCTOBER, SEALED_AT) for _ in range(6)))
    assert sum(one is not None for one in made) == 1
    assert await versions(pool) == [(date(2026, 10, 1), 1)]


async def test_killed_in_the_middle_leaves_nothing_and_the_next_one_seals(pool: Pool, database: str):
    await october().tell(pool)
    doomed = await open_pool(database, size=2)
    async with pool.transaction() as tx:
        await tx.execute("lock table statistics_seal in share mode")  # readers go on, the new version waits
        task = asyncio.create_task(sealer(doomed).seal(OCTOBER, SEALED_AT))
        async with pool.connection() as watching, asyncio.timeout(20):
            while not (rows := await (await watching.execute(WAITING)).fetchall()):
                await asyncio.sleep(0.05)
            await watching.execute("select pg_terminate_backend(%s)", rows[0])
        with pytest.raises(Unavailable, match="database-lost"):
            await task
    await doomed.close()
    assert await versions(pool) == []
    one = await sealer(pool).seal(OCTOBER, SEALED_AT)
    assert one is not None
    assert one.version == 1


async def test_a_month_that_takes_too_long_blocks_no_other_and_is_left_for_the_next_day(pool: Pool):
    await october().tell(pool)
    december, tomorrow = SEALED_AT + timedelta(days=30), SEALED_AT + timedelta(days=31)
    hasty = replace(sealer(pool), longest=200)
    async with pool.transaction() as tx:
        await tx.execute("lock table service_request in access exclusive mode")  # counting waits for it
        with capture_logs() as logs:
            assert await hasty.due(december) == []
    # on a busy machine the month that is not over may take too long as well
    assert [(one["event"], one["month"]) for one in logs if one["month"] != "2026-12"] == [
        ("statistics-take-too-long", "2026-10"),
        ("statistics-take-too-long", "2026-11"),
    ]
    assert await versions(pool) == []
    assert await replace(hasty, longest=60_000).due(december + timedelta(minutes=15)) == [], "not twice a day"
    made = await replace(hasty, longest=60_000).due(tomorrow)
    assert [one.month for one in made] == [date(2026, 10, 1), date(2026, 11, 1)]


async def test_a_month_that_did_not_change_is_counted_once_a_day(pool: Pool):
    await october().tell(pool)
    await sealer(pool).due(SEALED_AT)
    one, tomorrow = sealer(pool), SEALED_AT + timedelta(days=1)
    assert await one.due(tomorrow) == []
    await late_answer(pool, tomorrow)
    assert await one.due(tomorrow + timedelta(minutes=15)) == [], "counted already that day"
    assert [each.version for each in await one.due(tomorrow + timedelta(days=1))] == [2]


@pytest.mark.parametrize(
    "statement",
    [
        "update statistics_seal set sealed_at = now()",
        "delete from statistics_seal",
        "truncate statistics_seal",
    ],
)
async def test_a_sealed_version_is_never_changed(pool: Pool, statement: str):
    await october().tell(pool)
    await sealer(pool).due(SEALED_AT)
    with pytest.raises(psycopg.Error, match="never changed or removed"):
        async with pool.transaction() as tx:
            await tx.execute(statement.encode())
    assert await versions(pool) == [(date(2026, 10, 1), 1)]


async def test_a_version_whose_hash_is_not_of_its_content_is_refused(pool: Pool):
    with pytest.raises(psycopg.errors.CheckViolation, match="seal_hash_is_of_its_content"):
        async with pool.transaction() as tx:
            await tx.execute(
                "insert into statistics_seal (month, version, content, content_hash, sealed_at)"
                " values ('2026-10-01', 1, '{}', %s, now())",
                ("0" * 64,),
            )


async def test_a_month_in_which_nothing_was_asked_or_signed_before_the_first_is_not_sealed(pool: Pool):
    assert await sealer(pool).due(SEALED_AT) == []


def test_months_are_those_of_the_county_and_not_of_utc():
    assert Month.of(datetime(2026, 10, 31, 16, 30, tzinfo=ZONE), ZONE) == OCTOBER
    assert replace(OCTOBER).moved(-10).name == "2025-12"
    assert OCTOBER.moved(3).name == "2027-01"
