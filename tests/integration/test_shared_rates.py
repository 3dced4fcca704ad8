"""Rate limits that protect people are one for all processes while Redis is there, and each process's own when not."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import redis

from telemed.embedded import start_valkey
from telemed.http.shared_rate import PAUSE, SharedLimiter, key
from telemed.http.wire import RateClass

PER_SECOND, BURST = RateClass.BREAK_GLASS.value
NOWHERE = "unix:///nonexistent/valkey.sock"


@pytest.fixture
def url(valkey):
    """The test's own: every bucket is new."""
    client: Any = redis.Redis.from_url(valkey.url)
    client.flushall()
    client.close()
    return valkey.url


async def spent(limiter: SharedLimiter, times: int, *, caller="account:1", rate=RateClass.BREAK_GLASS) -> list[bool]:
    return [await limiter.wait(caller, rate) == 0.0 for _ in range(times)]


async def test_two_processes_count_one_caller_together(url):
    one, other = SharedLimiter(url), SharedLimiter(url)
    assert await spent(one, BURST - 1) == [True] * (BURST - 1)
    assert await spent(other, 2) == [True, False]
    assert await spent(one, 1) == [False]
    assert await one.wait("account:1", RateClass.BREAK_GLASS) == pytest.approx(1 / PER_SECOND, rel=0.1)
    assert await spent(other, 1, caller="account:2") == [True]
    await one.close()
    await other.close()


async def test_many_at_once_take_no_more_than_the_burst(url):
    limiters = [SharedLimiter(url) for _ in range(4)]
    waits = await asyncio.gather(
        *(one.wait("account:1", RateClass.BREAK_GLASS) for one in limiters for _ in range(BURST))
    )
    assert sum(wait == 0.0 for wait in waits) == BURST
    for one in limiters:
        await one.close()


async def test_what_protects_the_machine_alone_stays_with_the_process(url):
    one, other = SharedLimiter(url), SharedLimiter(url)
    assert all(await spent(one, RateClass.NORMAL.value[1], rate=RateClass.NORMAL))
    assert await spent(other, 1, rate=RateClass.NORMAL) == [True]
    await one.close()
    await other.close()


async def test_redis_holds_no_address_no_account_and_nothing_for_ever(url):
    limiter = SharedLimiter(url)
    await spent(limiter, 2, caller="peer:10.1.2.3")
    client: Any = redis.Redis.from_url(url)
    (name,) = client.keys("*")
    assert name.decode() == key("peer:10.1.2.3", RateClass.BREAK_GLASS)
    assert b"10.1.2.3" not in name + b"".join(client.hgetall(name).values())
    assert 0 < client.pttl(name) <= 2 / PER_SECOND * 1000 + 1000
    client.close()
    await limiter.close()


@pytest.mark.parametrize("away", [None, NOWHERE], ids=["no Redis", "Redis away"])
async def test_without_redis_the_process_counts_for_itself(away):
    limiter = SharedLimiter(away)
    assert await spent(limiter, BURST + 1) == [True] * BURST + [False]
    await limiter.close()


async def test_redis_that_dies_and_comes_back_costs_nobody_the_way_in(services_folder: Path):
    now = 100.0
    server = start_valkey(services_folder / "rates")
    limiter, other = (SharedLimiter(server.url, clock=lambda: now) for _ in range(2))
    try:
        assert await spent(limiter, 2) == [True, True]
    finally:
        server.stop()
    assert await spent(limiter, BURST - 1) == [True] * (BURST - 2) + [False]
    again = start_valkey(services_folder / "rates")
    try:
        assert again.url == server.url
        client: Any = redis.Redis.from_url(again.url)
        client.flushall()
        # Not before the pause is over: a Redis that flaps is not waited for by every request.
        assert await spent(limiter, 1, caller="account:2") == [True]
        assert client.keys("*") == []
        now += PAUSE
        assert await spent(limiter, 1, caller="account:3") == [True]
        assert await spent(other, BURST, caller="account:3") == [True] * (BURST - 1) + [False]
        client.close()
    finally:
        again.stop()
        await limiter.close()
        await other.close()
