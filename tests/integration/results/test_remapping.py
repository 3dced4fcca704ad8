"""Stored results under a corrected map: said anew, nothing overwritten, nothing twice wherever a run is cut off."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta

import pytest

from telemed.results.code_map import CodeMaps, read
from telemed.results.remapping import Remapper
from tests.integration.results.conftest import MAPS, ZONE
from tests.integration.results.known import known
from tests.unit.results.hl7_samples import GLUCOSE, ORDER, PATIENT, message

SHIPPED = next(MAPS.glob("loinc.*.toml")).read_bytes()
CORRECTED = b"""
sender = "%s"
version = "2"
first_day = %s
[[code]]
system = "LN"
code = "2345-7"
item = "%s"
unit = "%s"
"""
COUNT = "select count(*) from laboratory_mapping"


def maps(sender="county-hospital", first_day="2026-11-01", item="lab.glucose.fasting", unit="mmol/L"):
    own = CORRECTED % (sender.encode(), first_day.encode(), item.encode(), unit.encode())
    found = read([("loinc.toml", SHIPPED), ("own.toml", own)])
    assert isinstance(found, CodeMaps)
    return found


async def remapped(laboratory, by, **more):
    return [one async for one in Remapper(laboratory.pool, by, ZONE).run(laboratory.now + timedelta(days=1), **more)]


def reports(count):
    return [
        message(PATIENT, ORDER.replace("F20261123-7", f"F-{n}"), GLUCOSE, control=f"M{n}") for n in range(1, count + 1)
    ]


async def test_a_corrected_map_is_known_from_then_on_and_what_was_known_before_stays(laboratory):
    await laboratory.codes(message())
    (before,) = await known(laboratory)
    rows = await laboratory.rows("select * from laboratory_observation")
    (last,) = await remapped(laboratory, maps())
    assert (last.reports, last.changed, last.ended_at) == (1, 1, laboratory.now + timedelta(days=1))
    (then,) = await known(laboratory, laboratory.now + timedelta(hours=23))
    assert then == before
    assert (before.item_key, before.map_version) == ("lab.glucose.random", "*/2026-01-01")
    (now,) = await known(laboratory, laboratory.now + timedelta(days=1))
    assert (now.item_key, now.map_version, now.number, now.id) == (
        "lab.glucose.fasting",
        "county-hospital/2",
        before.number,
        before.id,
    )
    assert await laboratory.rows("select * from laboratory_observation") == rows


async def test_an_unchanged_map_says_nothing_a_second_time(laboratory):
    await laboratory.codes(*reports(3))
    assert len(await remapped(laboratory, maps())) == 1
    assert await remapped(laboratory, maps()) == []
    assert await laboratory.one(COUNT) == 3
    assert await laboratory.one("select count(*) from event where kind = 'result.remapped'") == 3


@pytest.mark.parametrize(
    "same",
    [
        {"sender": "other"},
        {"first_day": "2027-01-01"},
        {"item": "lab.glucose.random"},
    ],
)
async def test_a_map_of_somebody_else_of_a_later_day_or_of_the_same_item_changes_nothing(laboratory, same):
    await laboratory.codes(message())
    (last,) = await remapped(laboratory, maps(**same))
    assert (last.reports, last.changed) == (1, 0)
    assert await laboratory.one(COUNT) == 0


async def test_a_map_counts_from_its_first_day(laboratory):
    await laboratory.codes(message())
    later = maps(first_day="2026-11-25")
    (first,) = await remapped(laboratory, later)
    assert first.changed == 0
    laboratory.later(days=2)
    (second,) = await remapped(laboratory, later)
    assert second.changed == 1


async def test_a_map_that_is_taken_back_is_said_anew_too(laboratory):
    await laboratory.codes(message())
    await remapped(laboratory, maps())
    shipped = read([("loinc.toml", SHIPPED)])
    (last,) = await remapped(laboratory, shipped)
    assert last.changed == 1
    (now,) = await known(laboratory, laboratory.now + timedelta(days=1))
    assert (now.item_key, await laboratory.one(COUNT)) == ("lab.glucose.random", 2)


async def test_a_process_that_still_has_the_old_maps_undoes_nothing_unless_it_is_told_to(laboratory):
    await laboratory.codes(message())
    shipped = read([("loinc.toml", SHIPPED)])
    await remapped(laboratory, shipped)
    (corrected,) = await remapped(laboratory, maps())
    assert corrected.changed == 1
    assert await remapped(laboratory, shipped) == []
    assert await laboratory.one(COUNT) == 1
    day = laboratory.now + timedelta(days=1)
    (back,) = [one async for one in Remapper(laboratory.pool, shipped, ZONE, again=True).run(day)]
    assert (back.changed, await laboratory.one(COUNT)) == (1, 2)


async def test_a_unit_that_contradicts_the_corrected_item_is_no_item_and_waits_for_a_person_once(laboratory):
    await laboratory.codes(message())
    (last,) = await remapped(laboratory, maps(unit="U/L"))
    assert last.changed == 1
    (now,) = await known(laboratory, laboratory.now + timedelta(days=1))
    assert (now.item_key, now.unit_ucum, now.number) == (None, "mmol/L", "5.60")
    case = "select reason, place, written, state from result_quarantine"
    assert await laboratory.one(case) == ("unit-contradicts", "OBX-6 line 4", "mmol/L", "open")
    await remapped(laboratory, maps(unit="U/L", item="lab.creatinine"))
    assert await laboratory.one(COUNT) == 1
    assert len(await laboratory.rows(case)) == 1


async def test_only_the_version_that_counts_is_mapped_anew(laboratory):
    later = ORDER.replace("20261123090500", "20261123100000").replace("LAB|F", "LAB|C")
    await laboratory.codes(message(), message(PATIENT, later, GLUCOSE.replace("|||F|||", "|||C|||"), control="M2"))
    await remapped(laboratory, maps())
    ids = await laboratory.rows("select observation_id from laboratory_mapping")
    (now,) = await known(laboratory, laboratory.now + timedelta(days=1))
    assert (now.status, ids) == ("corrected", [(now.id,)])


@pytest.mark.parametrize("batches", [1, 2, 4])
async def test_a_run_that_is_cut_off_goes_on_behind_its_last_batch(laboratory, batches):
    await laboratory.codes(*reports(5))
    at = laboratory.now + timedelta(days=1)
    async with aclosing(Remapper(laboratory.pool, maps(), ZONE).run(at, batch=1)) as run:
        for _ in range(batches):
            await anext(run)
    assert await laboratory.one(COUNT) == batches
    left = await remapped(laboratory, maps(), batch=1)
    assert [one.reports for one in left] == [*range(batches + 1, 6), 5]
    assert await laboratory.rows("select observation_id from laboratory_mapping group by 1 having count(*) > 1") == []
    assert await laboratory.one(COUNT) == 5


async def test_a_batch_that_fails_has_said_nothing(laboratory):
    await laboratory.codes(*reports(3))
    async with laboratory.pool.transaction() as tx:
        await tx.execute(
            "create function no_event() returns trigger language plpgsql as"
            " 'begin if new.kind = ''result.remapped'' then raise exception ''cut off''; end if; return new; end'"
        )
        await tx.execute("create trigger no_event before insert on event for each row execute function no_event()")
    with pytest.raises(Exception, match="cut off"):
        await remapped(laboratory, maps())
    assert await laboratory.one(COUNT) == 0
    async with laboratory.pool.transaction() as tx:
        await tx.execute("drop trigger no_event on event")
    await remapped(laboratory, maps())
    assert await laboratory.one(COUNT) == 3


async def test_two_runs_at_once_take_turns(laboratory):
    await laboratory.codes(*reports(6))
    await asyncio.gather(*(remapped(laboratory, maps(), batch=2) for _ in range(3)))
    assert await laboratory.one(COUNT) == 6
    assert await laboratory.one("select reports from laboratory_remapping") == 6


async def test_a_mapping_that_commits_later_than_a_snapshot_is_not_in_it(laboratory):
    await laboratory.codes(message())
    snapshot = await laboratory.one("select pg_current_snapshot()::text")
    await remapped(laboratory, maps())
    later = laboratory.now + timedelta(days=2)
    (then,) = await known(laboratory, later, snapshot=snapshot)
    (now,) = await known(laboratory, later)
    assert (then.item_key, now.item_key) == ("lab.glucose.random", "lab.glucose.fasting")
