"""What waits for one client is bounded; events are never dropped, passing things are replaced."""

import asyncio

import pytest

from telemed.consultation.room.bucket import Bucket
from telemed.consultation.room.outlet import MOST_ANSWERS, MOST_BYTES, MOST_EVENTS, MOST_SLOTS, Bye, Outlet


async def test_everything_that_waits_is_taken_in_order():
    outlet = Outlet()
    outlet.offer(1, "a")
    outlet.offer(2, "b")
    outlet.answer("ok")
    batch = await outlet.take()
    assert (batch.events, batch.answers, batch.bye) == ([(1, "a"), (2, "b")], ["ok"], None)


async def test_the_newest_of_a_key_replaces_what_was_not_sent():
    outlet = Outlet()
    for n in range(100):
        outlet.show(("ptr", "x"), f"p{n}")
        outlet.show(("ptr", "y"), f"q{n}")
    assert (await outlet.take()).slots == ["p99", "q99"]


async def test_no_flood_of_keys_grows_without_end():
    outlet = Outlet()
    for n in range(MOST_SLOTS + 50):
        outlet.show((str(n),), "x")
    assert len((await outlet.take()).slots) == MOST_SLOTS


@pytest.mark.parametrize(("number", "size"), [(MOST_EVENTS + 1, 1), (11, MOST_BYTES // 10)])
async def test_a_client_that_is_too_far_behind_is_cut_off_and_told_to_come_back(number, size):
    outlet = Outlet()
    for n in range(number):
        outlet.offer(n, "x" * size)
    batch = await outlet.take()
    assert batch.bye == Bye(4013, "too-slow", 0)
    assert batch.events == []
    assert outlet.over.is_set()


async def test_as_much_as_the_bound_is_borne():
    outlet = Outlet()
    for n in range(MOST_EVENTS):
        outlet.offer(n, "x")
    assert len((await outlet.take()).events) == MOST_EVENTS
    assert outlet.ended is None


async def test_answers_are_bounded_too():
    outlet = Outlet()
    for _ in range(MOST_ANSWERS + 1):
        outlet.answer("x")
    assert outlet.ended == Bye(4013, "too-slow", 0)


async def test_the_first_reason_stands_and_nothing_follows_it():
    outlet = Outlet()
    outlet.end(Bye(4008, "superseded"))
    outlet.end(Bye(4013, "too-slow", 0))
    outlet.offer(1, "late")
    outlet.show(("ptr",), "late")
    batch = await outlet.take()
    assert (batch.bye, batch.events, batch.slots) == (Bye(4008, "superseded"), [], [])


async def test_taking_waits_until_there_is_something():
    outlet = Outlet()
    taking = asyncio.create_task(outlet.take())
    await asyncio.sleep(0)
    assert not taking.done()
    outlet.offer(1, "a")
    assert (await taking).events == [(1, "a")]


def test_a_bucket_grants_its_burst_then_its_rate():
    bucket = Bucket(2, 3)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(0.4)
    assert bucket.take(0.6)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
