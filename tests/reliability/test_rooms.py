"""Rooms while everything around them breaks: links, servers, the database, Redis; what was granted stays, once.

A wave of the long form that failed is played again alone:
    ROOMS_SEED=<seed> .venv/bin/python -m pytest tests/reliability/test_rooms.py -q -n0 --long -k thousand
"""

import os
import tempfile
import time
from pathlib import Path

import pytest

from tests.reliability import results
from tests.reliability.rooms.county import County
from tests.reliability.rooms.playing import play
from tests.reliability.rooms.schedule import schedule, wave

SEED = 20261127
AGAIN = "ROOMS_SEED={seed} .venv/bin/python -m pytest tests/reliability/test_rooms.py -q -n0 --long -k thousand"
LONG_ROOMS, LONG_WAVES = 45, 23
SERVERS = 2


@pytest.fixture
async def rooms_county():
    with tempfile.TemporaryDirectory(prefix="telemed-r-", dir="/tmp", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o755)  # noqa: PTH101, S103 -- the services' own user comes through
        county = County(Path(name))
        await county.start(SERVERS)
        yield county
        await county.stop()


async def held(county, one, again):
    """Play a wave; every fault is told together with how to see it again."""
    outcomes = await play(county, one)
    faults = [f"room {outcome.seed}: {fault}" for outcome in outcomes for fault in outcome.faults]
    assert not faults, "\n".join([*faults, f"seed {one.seed}; again: {again}"])
    return outcomes


def test_a_seed_gives_the_same_schedule_and_another_seed_another():
    assert schedule(7) == schedule(7) != schedule(8)
    assert wave(7, rooms=3, servers=2) == wave(7, rooms=3, servers=2) != wave(8, rooms=3, servers=2)


@pytest.mark.timeout(240)
async def test_whatever_breaks_rooms_keep_what_they_granted(rooms_county):
    one = wave(SEED, rooms=6, servers=SERVERS, whole=True, ms=12_000)
    outcomes = await held(rooms_county, one, ".venv/bin/python -m pytest tests/reliability/test_rooms.py -q -n0")
    assert sum(outcome.acknowledged for outcome in outcomes) > 50
    assert sum(outcome.resumed for outcome in outcomes) > len(outcomes), "nothing broke"
    assert sum(rooms_county.ended.values()) == len(one.faults)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_a_thousand_schedules(rooms_county):
    began, outcomes = time.monotonic(), []
    alone = os.environ.get("ROOMS_SEED")
    for seed in [int(alone)] if alone else range(SEED + 1, SEED + 1 + LONG_WAVES):
        outcomes += await held(rooms_county, wave(seed, rooms=LONG_ROOMS, servers=SERVERS), AGAIN.format(seed=seed))
    if alone:
        return
    total = {
        name: sum(getattr(one, name) for one in outcomes)
        for name in ("acknowledged", "events", "refused", "doubled", "resumed")
    }
    broke = ", ".join(f"{what} {times}" for what, times in sorted(rooms_county.ended.items()))
    results.write(
        "rooms",
        SEED,
        f"{len(outcomes)} schedules in {LONG_WAVES} waves over {SERVERS} servers; {broke};"
        f" links lost {total['resumed']}; commands granted {total['acknowledged']:,}, lost 0, done twice 0"
        f" ({total['doubled']} carried twice, {total['refused']:,} refused); {total['events']:,} events, every page"
        f" byte for byte as a fresh one, every chain whole; {time.monotonic() - began:.0f} s",
    )
