"""The event log on a real database: order, late commits, consumers, the stream, Redis as a mere hint."""

import asyncio
from uuid import uuid4

import pytest
from aiohttp import web

from telemed.events import append
from telemed.events import hub as hub_module
from telemed.events.consumer import BATCH, Consumer, Looked, run, step
from telemed.events.hints import Hints
from telemed.events.hub import Hub
from telemed.events.log import START, head, read_after
from telemed.events.signal import Signal
from telemed.events.stream import serve


async def commit(pool, kind="study.indexed", topics=("worklist",), subject=None):
    subject = subject or uuid4()
    async with pool.transaction() as tx:
        await append(tx, kind, subject, topics, study=subject)
    return subject


async def test_an_event_committed_late_is_still_read(pool):
    late = uuid4()
    async with pool.transaction() as slow:
        await append(slow, "study.indexed", late, ["worklist"])
        early = await commit(pool)
        async with pool.connection() as reader:
            seen = await read_after(reader, START, limit=10)
            assert early not in [one.subject for one in seen]
    async with pool.connection() as reader:
        subjects = [one.subject for one in await read_after(reader, START, limit=10)]
    assert set(subjects) == {early, late}


async def test_the_head_never_passes_an_open_transaction(pool):
    async with pool.transaction() as slow:
        await append(slow, "study.indexed", uuid4(), ["worklist"])
        await commit(pool)
        async with pool.connection() as reader:
            assert await head(reader) == START


async def test_a_consumer_sees_each_event_of_its_kinds_once_and_in_order(pool):
    seen = []

    async def handle(_tx, event):
        seen.append(event.subject)

    signal = Signal()
    pool.announce = signal.fire
    wanted = [await commit(pool) for _ in range(5)]
    await commit(pool, kind="device.seen")
    task = asyncio.create_task(run(pool, Consumer("test", frozenset({"study.indexed"}), handle), signal))
    async with asyncio.timeout(10):
        while len(seen) < 5:
            await asyncio.sleep(0.01)
    wanted.append(await commit(pool))
    async with asyncio.timeout(10):
        while len(seen) < 6:
            await asyncio.sleep(0.01)
    task.cancel()
    assert seen == wanted


async def test_a_handler_that_fails_gets_the_same_event_again(pool):
    attempts = []

    async def handle(_tx, event):
        attempts.append(event.subject)
        if len(attempts) == 1:
            raise RuntimeError("planted")

    subject = await commit(pool)
    consumer = Consumer("test", frozenset({"study.indexed"}), handle)
    async with pool.transaction() as tx:
        await tx.execute("insert into event_consumer (name) values ('test')")
    with pytest.raises(RuntimeError):
        await step(pool, consumer)
    await step(pool, consumer)
    assert attempts == [subject, subject]


async def test_where_one_of_several_fails_those_before_it_are_handled_once_and_it_is_tried_again(pool):
    for _ in range(10):
        await commit(pool)
    async with pool.connection() as reader:
        third = (await read_after(reader, START, limit=10))[2]
    tried, handled, broken = [], [], [True]

    async def handle(tx, event):
        tried.append(event.id)
        if event == third and broken[0]:
            raise RuntimeError("not yet")
        await tx.execute("insert into handled values (%s)", (event.id,))
        handled.append(event.id)

    async with pool.transaction() as tx:
        await tx.execute("create table handled (id bigint primary key)")
        await tx.execute("insert into event_consumer (name) values ('test')")

    async def together(tx, events):
        for event in events:
            await handle(tx, event)

    consumer = Consumer("test", frozenset({"study.indexed"}), handle, together)
    with pytest.raises(RuntimeError):
        await step(pool, consumer)
    first, second = third.id - 2, third.id - 1
    assert tried == [first, second, third.id] * 2, "together, then each alone up to the one that fails"
    broken.clear()
    broken.append(False)
    tried.clear()
    assert await step(pool, consumer) == 8
    assert tried == [third.id + n for n in range(8)]
    async with pool.connection() as reader:
        kept = await (await reader.execute("select id from handled order by id")).fetchall()
    assert [one for (one,) in kept] == [first + n for n in range(10)]


async def test_two_processes_with_one_consumer_handle_each_event_once(pool):
    seen = []

    async def handle(_tx, event):
        seen.append(event.subject)
        await asyncio.sleep(0)

    async with pool.transaction() as tx:
        await tx.execute("insert into event_consumer (name) values ('test')")
    wanted = [await commit(pool) for _ in range(30)]
    consumer = Consumer("test", frozenset({"study.indexed"}), handle)

    async def work():
        while len(seen) < 30:
            await step(pool, consumer)

    async with asyncio.timeout(20):
        await asyncio.gather(work(), work())
    assert sorted(seen) == sorted(wanted)
    assert seen == wanted


async def test_events_of_others_cost_a_consumer_no_write_until_a_batch_of_them_has_gone_by(pool):
    async def handle(_tx, _event):
        raise AssertionError("not its own")

    async def stored():
        async with pool.connection() as connection:
            rows = await connection.execute("select xid::text::bigint, id from event_consumer where name = 'test'")
            return await rows.fetchone()

    async with pool.transaction() as tx:
        await tx.execute("insert into event_consumer (name) values ('test')")
    begun = await stored()
    consumer, looked = Consumer("test", frozenset({"study.linked"}), handle), Looked()
    for _ in range(BATCH - 1):
        await commit(pool)
    assert await step(pool, consumer, looked) == BATCH - 1
    assert await stored() == begun
    await commit(pool)
    assert await step(pool, consumer, looked) == 1
    assert await stored() == tuple(looked.cursor)


async def test_what_follows_events_of_others_is_handled_although_the_cursor_was_not_stored(pool):
    seen = []

    async def handle(_tx, event):
        seen.append(event.subject)

    async with pool.transaction() as tx:
        await tx.execute("insert into event_consumer (name) values ('test')")
    other, own = (
        Consumer("test", frozenset({"study.linked"}), handle),
        Consumer("test", frozenset({"study.indexed"}), handle),
    )
    looked = Looked()
    passed = await commit(pool)
    assert await step(pool, other, looked) == 1
    subject = await commit(pool)
    assert await step(pool, own, looked) == 1
    assert seen == [subject]
    assert await step(pool, own) == 0, "a new process begins behind what was handled"
    assert passed not in seen


@pytest.fixture
async def stream(pool, aiohttp_client):
    signal = Signal()
    pool.announce = signal.fire
    hub = Hub(pool, signal)
    task = asyncio.create_task(hub.run())

    async def permit(topics):
        return frozenset(one for one in topics if one != "forbidden")

    async def handler(request):
        return await serve(request, pool=pool, hub=hub, permit=permit)

    app = web.Application()
    app.router.add_get("/api/events", handler)
    yield await aiohttp_client(app), hub
    task.cancel()


async def opened(client, **subscribe):
    socket = await client.ws_connect("/api/events")
    hello = await socket.receive_json(timeout=5)
    assert hello["type"] == "hello"
    await socket.send_json({"type": "subscribe", **subscribe})
    return socket, hello


async def test_a_subscriber_hears_what_is_committed_afterwards(pool, stream):
    client, _ = stream
    socket, _ = await opened(client, topics=["worklist"])
    assert (await socket.receive_json(timeout=5))["type"] == "live"
    subject = await commit(pool)
    message = await socket.receive_json(timeout=5)
    assert message["type"] == "events"
    assert message["events"][0]["subject"] == str(subject)


async def test_what_a_silent_transaction_held_back_is_heard_soon_after_it_ends(pool, stream, monkeypatch):
    monkeypatch.setattr(hub_module, "POLL", 600.0)
    client, _ = stream
    socket, _ = await opened(client, topics=["worklist"])
    await socket.receive_json(timeout=5)
    async with pool.transaction() as silent:
        await silent.execute("select pg_current_xact_id()")
        subject = await commit(pool)
    message = await socket.receive_json(timeout=30)
    assert message["events"][0]["subject"] == str(subject)


async def test_a_reader_of_a_few_kinds_is_rung_for_those_alone(pool, stream):
    client, hub = stream
    wanted, other = hub.of(frozenset({"reading.claimed"})), hub.of(frozenset({"room.appended"}))
    socket, _ = await opened(client, topics=["worklist"])
    await socket.receive_json(timeout=5)
    await commit(pool, kind="reading.claimed")
    await commit(pool, kind="study.indexed")
    while (await socket.receive_json(timeout=5))["events"][-1]["kind"] != "study.indexed":
        pass
    assert (wanted.count, other.count) == (1, 0)


async def test_every_client_hears_the_same_words(pool, stream):
    client, _ = stream
    sockets = [(await opened(client, topics=["worklist"]))[0] for _ in range(3)]
    for socket in sockets:
        await socket.receive_json(timeout=5)
    subject = await commit(pool, kind="reading.claimed")
    heard = [await socket.receive_json(timeout=5) for socket in sockets]
    assert heard[0] == heard[1] == heard[2]
    (event,) = heard[0]["events"]
    assert set(event) == {"cursor", "kind", "subject", "topics", "ids", "at"}
    assert event["ids"] == {"study": str(subject)}


async def test_events_of_other_topics_are_not_heard(pool, stream):
    client, _ = stream
    socket, _ = await opened(client, topics=["worklist"])
    await socket.receive_json(timeout=5)
    await commit(pool, topics=["admin"])
    subject = await commit(pool)
    message = await socket.receive_json(timeout=5)
    assert [one["subject"] for one in message["events"]] == [str(subject)]


async def test_a_client_that_was_away_gets_exactly_what_it_missed(pool, stream):
    client, _ = stream
    socket, hello = await opened(client, topics=["worklist"])
    await socket.receive_json(timeout=5)
    first = await commit(pool)
    message = await socket.receive_json(timeout=5)
    cursor = message["events"][-1]["cursor"]
    assert message["events"][-1]["subject"] == str(first)
    await socket.close()
    missed = [await commit(pool) for _ in range(3)]
    again, _ = await opened(client, topics=["worklist"], epoch=hello["epoch"], after=cursor)
    heard = []
    while len(heard) < 3:
        message = await again.receive_json(timeout=5)
        heard += [one["subject"] for one in message.get("events", [])]
    assert heard == [str(one) for one in missed]


async def test_a_cursor_of_another_epoch_gets_a_reset(pool, stream):
    client, _ = stream
    await commit(pool)
    socket, _ = await opened(client, topics=["worklist"], epoch=str(uuid4()), after="1.1")
    assert (await socket.receive_json(timeout=5))["type"] == "reset"
    assert (await socket.receive_json(timeout=5))["type"] == "live"


@pytest.mark.parametrize("after", ["", "x", "1", "9" * 40 + ".1", "-1.2", "1.1.1"])
async def test_a_cursor_that_is_none_gets_a_reset(stream, after):
    client, _ = stream
    socket, hello = await opened(client, topics=["worklist"])
    await socket.close()
    socket, _ = await opened(client, topics=["worklist"], epoch=hello["epoch"], after=after)
    assert (await socket.receive_json(timeout=5))["type"] == "reset"


@pytest.mark.parametrize(
    "message",
    ["", "{", '{"type":"subscribe"}', '{"type":"command","topics":[]}', '{"type":"subscribe","topics":["forbidden"]}'],
)
async def test_a_client_that_breaks_the_protocol_is_closed_with_a_reason(stream, message):
    client, hub = stream
    socket = await client.ws_connect("/api/events")
    await socket.receive_json(timeout=5)
    await socket.send_str(message)
    answer = await socket.receive(timeout=5)
    assert socket.close_code == 1008, answer
    assert hub.listeners == 0


async def test_a_client_that_keeps_talking_is_closed(stream):
    client, hub = stream
    socket, _ = await opened(client, topics=["worklist"])
    await socket.receive_json(timeout=5)
    for _ in range(100):
        await socket.send_str("{}")
        if socket.closed:
            break
    await socket.receive(timeout=5)
    assert socket.close_code == 1008
    async with asyncio.timeout(5):
        while hub.listeners:
            await asyncio.sleep(0.01)


async def test_without_redis_a_change_of_another_process_is_seen_within_two_seconds(pool, stream):
    client, _ = stream
    socket, _ = await opened(client, topics=["worklist"])
    await socket.receive_json(timeout=5)
    pool.announce = lambda: None  # the other process could not ring
    subject = await commit(pool)
    message = await socket.receive_json(timeout=2)
    assert message["events"][0]["subject"] == str(subject)


async def test_redis_rings_the_bell_of_another_process(valkey):
    here, there = Signal(), Signal()
    ours, theirs = Hints(valkey.url, here), Hints(valkey.url, there)
    tasks = [asyncio.create_task(one.run()) for one in (ours, theirs)]
    async with asyncio.timeout(5):
        while not (ours.connected and theirs.connected):
            await asyncio.sleep(0.01)
    before = there.count
    ours.ring()
    async with asyncio.timeout(5):
        await there.after(before)
    for task in tasks:
        task.cancel()
