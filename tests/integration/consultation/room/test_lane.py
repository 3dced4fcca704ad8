"""What passes between processes through a real Redis: whoever is alone says nothing, whoever comes is heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from uuid import UUID

import redis.asyncio as redis

from telemed.consultation.room.lane import Lane, Passing

ONE = Passing(UUID(int=1), "p", "ptr", {"x": 5})


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(url: str):
    lane = Lane(url)
    heard: list[Passing] = []
    lane.heard = heard.append
    task = asyncio.create_task(lane.run())
    await until(lambda: lane.connected)
    yield lane, heard
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_whoever_is_alone_says_nothing_and_speaks_as_soon_as_somebody_comes(valkey):
    async with running(valkey.url) as (first, heard):
        await until(lambda: first.alone)
        first.send(ONE)
        assert not first.waiting
        async with running(valkey.url) as (second, other):
            await until(lambda: not first.alone)
            first.send(ONE)
            second.send(ONE)
            await until(lambda: heard == [ONE] and other == [ONE])
            assert not first.alone
        # the other has gone: what nobody hears is said once
        first.send(ONE)
        assert first.waiting
        await until(lambda: first.alone)


async def test_three_who_come_at_once_hear_each_other(valkey):
    async with running(valkey.url) as (a, of_a), running(valkey.url) as (b, of_b), running(valkey.url) as (c, of_c):
        await until(lambda: not (a.alone or b.alone or c.alone))
        for one in (a, b, c):
            one.send(ONE)
        await until(lambda: of_a == of_b == of_c == [ONE, ONE])


async def test_whoever_loses_its_ear_alone_subscribes_again_and_is_not_taken_to_be_alone(valkey):
    async with (
        running(valkey.url) as (first, _),
        running(valkey.url) as (second, heard),
        redis.from_url(valkey.url) as to,
    ):
        await until(lambda: not (first.alone or second.alone))
        await to.client_kill_filter(_type="pubsub")

        async def reached() -> None:
            while not heard:
                first.send(ONE)
                await asyncio.sleep(0.05)

        await asyncio.wait_for(reached(), 20)
        await until(lambda: not (first.alone or second.alone))
