"""What waits for one client is bounded; events are never dropped, passing things are replaced."""

import asyncio

import pytest

from telemed.consultation.room.bucket import Bucket
from telemed.consultation.room.message import Message
from telemed.consultation.room.outlet import MOST_ANSWERS, MOST_BYTES, MOST_EVENTS, MOST_SLOTS, Batch, Bye, Outlet


async def test_everything_that_waits_is_taken_in_order():
    outlet = Outlet()
    outlet.offer(1, Message(b"a"))
    outlet.offer(2, Message(b"b"))
    outlet.answer(b"ok")
    batch = await outlet.take()
    assert (batch.events, batch.answers, batch.bye) == ([(1, b"a"), (2, b"b")], [b"ok"], None)


async def test_the_newest_of_a_key_replaces_what_was_not_sent():
    outlet = Outlet()
    for n in range(100):
        outlet.show(("ptr", "x"), Message(f"p{n}".encode()))
        outlet.show(("ptr", "y"), Message(f"q{n}".encode()))
    assert (await outlet.take()).slots == [b"p99", b"q99"]


async def test_no_flood_of_keys_grows_without_end():
    outlet = Outlet()
    for n in range(MOST_SLOTS + 50):
        outlet.show((str(n),), Message(b"x"))
    assert len((await outlet.take()).slots) == MOST_SLOTS


@pytest.mark.parametrize(("number", "size"), [(MOST_EVENTS + 1, 1), (11, MOST_BYTES // 10)])
async def test_a_client_that_is_too_far_behind_is_cut_off_and_told_to_come_back(number, size):
    outlet = Outlet()
    for n in range(number):
        outlet.offer(n, Message(b"x" * size))
    batch = await outlet.take()
    assert batch.bye == Bye(4013, "too-slow", 0)
    assert batch.events == []
    assert outlet.over.is_set()


async def test_as_much_as_the_bound_is_borne():
    outlet = Outlet()
    for n in range(MOST_EVENTS):
        outlet.offer(n, Message(b"x"))
    assert len((await outlet.take()).events) == MOST_EVENTS
    assert outlet.ended is None


async def test_answers_are_bounded_too():
    outlet = Outlet()
    for _ in range(MOST_ANSWERS + 1):
        outlet.answer(b"x")
    assert outlet.ended == Bye(4013, "too-slow", 0)


async def test_the_first_reason_stands_and_nothing_follows_it():
    outlet = Outlet()
    outlet.end(Bye(4008, "superseded"))
    outlet.end(Bye(4013, "too-slow", 0))
    outlet.offer(1, Message(b"late"))
    outlet.show(("ptr",), Message(b"late"))
    batch = await outlet.take()
    assert (batch.bye, batch.events, batch.slots) == (Bye(4008, "superseded"), [], [])


async def test_taking_waits_until_there_is_something():
    outlet = Outlet()
    taking = asyncio.create_task(outlet.take())
    await asyncio.sleep(0)
    assert not taking.done()
    outlet.offer(1, Message(b"a"))
    assert (await taking).events == [(1, b"a")]


class Connection:
    """A transport that keeps what is written to it; left: bytes that it has not sent yet."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.left = 0
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return self.left

    def write(self, data: bytes) -> None:
        self.written.append(data)


async def taken(outlet: Outlet) -> asyncio.Task[Batch]:
    """A writer that waits for something."""
    taking = asyncio.create_task(outlet.take())
    await asyncio.sleep(0)
    return taking


async def test_where_nothing_waits_a_message_is_written_at_once_and_no_writer_wakes():
    outlet, connection = Outlet(), Connection()
    outlet.transport = connection
    writer = await taken(outlet)
    outlet.show(("ptr",), Message(b"p"))
    outlet.answer(b"ok")
    assert connection.written == [b"\x81\x01p", b"\x81\x02ok"]
    await asyncio.sleep(0)
    assert not writer.done()
    writer.cancel()


@pytest.mark.parametrize(
    "hindrance", ["writer busy", "something waits", "connection behind", "closing", "no connection"]
)
async def test_nothing_is_written_past_what_comes_first(hindrance):
    outlet, connection = Outlet(), Connection()
    outlet.transport = None if hindrance == "no connection" else connection
    writer = None if hindrance == "writer busy" else await taken(outlet)
    if hindrance == "something waits":
        outlet.offer(1, Message(b"a"))
    connection.left = int(hindrance == "connection behind")
    connection.closing = hindrance == "closing"
    outlet.answer(b"ok")
    assert connection.written == []
    batch = await (outlet.take() if writer is None else writer)
    assert batch.answers == [b"ok"]


async def test_over_a_thin_line_passing_things_come_after_a_pause_the_newest_of_each_and_events_at_once():
    outlet, connection = Outlet(), Connection()
    outlet.transport = connection
    outlet.thin(is_thin=True)
    await outlet.take()
    outlet.show(("viewer.live",), Message(b"first"))
    assert (await outlet.take()).slots == [b"first"]
    writer = await taken(outlet)
    outlet.show(("viewer.live",), Message(b"second"))
    outlet.show(("ptr",), Message(b"p"))
    outlet.show(("viewer.live",), Message(b"third"))
    await asyncio.sleep(0)
    assert not writer.done()
    outlet.offer(1, Message(b"a"))
    batch = await writer
    assert (batch.events, batch.slots) == ([(1, b"a")], [])
    assert (await outlet.take()).slots == [b"p", b"third"]
    assert connection.written == []


async def test_what_waits_for_a_thin_line_comes_at_once_when_the_line_is_good():
    outlet, connection = Outlet(), Connection()
    outlet.transport = connection
    outlet.thin(is_thin=True)
    outlet.show(("ptr",), Message(b"1"))
    await outlet.take()
    outlet.show(("ptr",), Message(b"2"))
    outlet.thin(is_thin=False)
    assert (await outlet.take()).slots == [b"2"]
    writer = await taken(outlet)
    outlet.show(("ptr",), Message(b"3"))
    assert connection.written == [b"\x81\x013"]
    writer.cancel()


@pytest.mark.parametrize(("size", "header"), [
    (125, b"\x81\x7d"), (126, b"\x81\x7e\x00\x7e"), (65535, b"\x81\x7e\xff\xff"),
    (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
])  # fmt: skip
def test_a_message_is_framed_as_the_protocol_of_sockets_says(size, header):
    assert Message(b"x" * size).wire == header + b"x" * size


def test_a_bucket_grants_its_burst_then_its_rate():
    bucket = Bucket(2, 3)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(0.4)
    assert bucket.take(0.6)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
