"""Several processes over one database: with and without Redis, and when one of them dies."""

import asyncio
from uuid import uuid4

import pytest

from telemed.consultation.room import add_member, presence
from telemed.consultation.room import hub as hub_module
from tests.integration.consultation.room.conftest import (
    AUDIENCE,
    EXPERT,
    HOST,
    IMAGE,
    MODERATOR,
    OTHER,
    Clock,
    Process,
)

# --- several processes


@pytest.fixture
async def two(pool, clock):
    """Two processes over one database, without Redis: they hear of each other through the event log alone."""
    made = [Process(pool, clock), Process(pool, clock)]
    pool.announce = lambda: [one.signal.fire() for one in made]
    for one in made:
        await one.start()
    yield made
    for one in made:
        await one.stop()


async def test_a_second_process_over_the_same_database_sees_everything(consultation, two, page):
    here, there = await page(HOST).connect(two[0]), await page(EXPERT).connect(two[1])
    for n in range(5):
        await here.do("chat.msg", {"text": f"here {n}"})
        await there.do("chat.msg", {"text": f"there {n}"})
    await consultation.shows(here, there)


async def test_without_any_bell_the_other_process_sees_it_within_two_seconds(consultation, two, page, pool):
    here, there = await page(HOST).connect(two[0]), await page(EXPERT).connect(two[1])
    pool.announce = lambda: None
    seq = await here.do("chat.msg", {"text": "x"})
    await there.until(lambda: there.state.seq >= seq, 2)


async def test_a_tab_in_another_process_takes_over_too(consultation, two, page):
    old = await page(HOST, "old").connect(two[0])
    new = await page(HOST, "new").connect(two[1])
    assert await old.closed() == 4008
    await new.do("chat.msg", {"text": "x"})
    await consultation.shows(new)


async def test_signals_reach_their_one_receiver_in_order_in_either_process(consultation, two, page):
    here, near, there = (
        await page(HOST).connect(two[0]),
        await page(OTHER).connect(two[0]),
        await page(EXPERT).connect(two[1]),
    )
    for receiver in (near, there):
        for n in range(5):
            signal = {"t": "eph", "k": "rtc.ice", "d": {"n": n, "candidate": "a"}, "to": receiver.person}
            await here.say(signal)
        await receiver.until(lambda one=receiver: sum(each["t"] == "eph" for each in one.heard) == 5)
        signals = [one for one in receiver.heard if one["t"] == "eph"]
        assert [(one["k"], one["by"], one["d"]["n"]) for one in signals] == [("rtc.ice", HOST, n) for n in range(5)]
    assert not any(one["t"] == "eph" for one in here.heard)
    async with consultation.pool.connection() as connection:
        left = await (await connection.execute("select count(*) from room_signal")).fetchone()
    assert left == (0,)


async def test_the_audience_has_no_voice_in_a_call_in_either_process(consultation, two, page):
    here, there, audience = (
        await page(HOST).connect(two[0]),
        await page(EXPERT).connect(two[1]),
        await page(AUDIENCE).connect(two[1]),
    )
    for one, to in ((audience, HOST), (audience, EXPERT), (here, AUDIENCE), (there, AUDIENCE)):
        await one.say({"t": "eph", "k": "rtc.offer", "d": {"signal": "{}"}, "to": to})
        await one.say({"t": "ping", "t0": 1})
        await one.until(lambda one=one: any(each["t"] == "pong" for each in one.heard))
    # near miss: the same signal between those who talk arrives, and nothing before it
    await here.say({"t": "eph", "k": "rtc.ice", "d": {"call": True}, "to": EXPERT})
    await there.until(lambda: any(each["t"] == "eph" for each in there.heard))
    for one, kinds in ((here, []), (there, ["rtc.ice"]), (audience, [])):
        assert [each["k"] for each in one.heard if each["t"] == "eph"] == kinds
    async with consultation.pool.connection() as connection:
        assert await (await connection.execute("select count(*) from room_signal")).fetchone() == (0,)


async def test_nobody_fills_the_table_of_signals_and_old_ones_are_not_delivered(
    consultation, process, page, monkeypatch, clock
):
    monkeypatch.setattr(hub_module, "MOST_SIGNALS", 3)
    host = await page(HOST).connect(process)
    for n in range(6):
        await host.say({"t": "eph", "k": "rtc.ice", "d": {"n": n}, "to": EXPERT})
    await host.say({"t": "ping", "t0": 1})
    await host.until(lambda: any(one["t"] == "pong" for one in host.heard))
    async with consultation.pool.connection() as connection:
        assert await (await connection.execute("select count(*) from room_signal")).fetchone() == (3,)
    clock.pass_by(seconds=61)
    expert = await page(EXPERT).connect(process)
    async with asyncio.timeout(5), consultation.pool.connection() as connection:
        while await (await connection.execute("select count(*) from room_signal")).fetchone() != (0,):
            await asyncio.sleep(0.02)
    await expert.say({"t": "ping", "t0": 1})
    await expert.until(lambda: any(one["t"] == "pong" for one in expert.heard))
    assert not any(one["t"] == "eph" for one in expert.heard)


async def test_a_process_that_dies_between_append_and_answer_loses_and_doubles_nothing(
    consultation, two, page, monkeypatch
):
    dying, other = two
    host, expert = await page(HOST).connect(dying), await page(EXPERT).connect(other)
    appended = asyncio.Event()
    do = dying.hub.do

    async def do_and_die(link, command):
        await do(link, command)
        appended.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(dying.hub, "do", do_and_die)
    cid = await host.send("chat.msg", {"text": "一"})
    async with asyncio.timeout(10):
        await appended.wait()
    await dying.die()
    await host.connect(other, resume=True)
    await host.send("chat.msg", {"text": "一"}, cid=cid)
    assert (await host.answer(cid))["t"] == "ok"
    await expert.do("chat.msg", {"text": "二"})
    await consultation.shows(host, expert)
    assert [one.text for one in (await consultation.kept()).chat.last] == ["一", "二"]


async def test_the_people_of_a_process_that_died_are_not_shown_as_there(consultation, pool, page, monkeypatch):
    monkeypatch.setattr(presence, "LEASE", presence.timedelta(seconds=1))
    monkeypatch.setattr(presence, "RENEW", 0.2)
    monkeypatch.setattr(hub_module, "SWEEP", 0.1)
    clock = Clock(None)
    dying, other = Process(pool, clock), Process(pool, clock)
    pool.announce = lambda: [one.signal.fire() for one in (dying, other)]
    for one in (dying, other):
        await one.start(beside=True)
    host, expert = await page(HOST).connect(dying), await page(EXPERT).connect(other)
    lease = "select due_at, clock_timestamp() from room_device where person = %s and due = 'reconnecting'"
    async with asyncio.timeout(10), consultation.pool.connection() as connection:
        first, now = await (await connection.execute(lease, (HOST,))).fetchone()
        due = first
        while now <= first or due <= first:
            await asyncio.sleep(0.02)
            due, now = await (await connection.execute(lease, (HOST,))).fetchone()
    assert (await consultation.kept()).members[HOST].st == "present", "its lease was renewed"
    await dying.die()
    await expert.until(lambda: expert.state.members[HOST].st == "reconnecting", 4)
    await host.connect(other, resume=True)
    await expert.until(lambda: expert.state.members[HOST].st == "present")
    await consultation.shows(host, expert)
    await other.stop()


async def test_a_process_that_ends_sends_its_people_elsewhere(consultation, two, page):
    ending, other = two
    host = await page(HOST).connect(ending)
    await host.do("presenter.take", base=0)
    await ending.hub.drain()
    assert await host.closed() == 4015
    assert host.bye["retry_ms"] >= 1000
    assert (await page(EXPERT).connect(ending)).bye["code"] == 4015
    await host.connect(other, resume=True)
    assert host.welcome["mode"] == "replay"
    await host.do("viewer.key", IMAGE | {"pe": 1})


async def test_a_lost_link_is_shown_at_once(consultation, process, page):
    host, expert = await page(HOST).connect(process), await page(EXPERT).connect(process)
    await host.vanish()
    await expert.until(lambda: expert.state.members[HOST].st == "reconnecting", 2)


async def test_a_member_added_while_the_room_is_open_is_seen_by_all(consultation, process, page):
    host = await page(HOST).connect(process)
    added = str(uuid4())
    async with consultation.pool.transaction() as tx:
        done = await add_member(tx, consultation.id, added, "expert", by=MODERATOR, now=consultation.clock())
    await host.sees(done.seq)
    late = await page(added).connect(process)
    await consultation.shows(host, late)


# --- Redis


async def test_pointers_cross_processes_through_redis_and_without_it_events_still_do(
    consultation, pool, clock, page, valkey
):
    both = [Process(pool, clock, valkey.url), Process(pool, clock, valkey.url)]
    pool.announce = both[0].hints.ring
    for one in both:
        await one.start()
    here, there = await page(HOST).connect(both[0]), await page(EXPERT).connect(both[1])
    await here.say({"t": "eph", "k": "ptr", "d": {"x": 5}})
    await there.until(lambda: any(one["t"] == "eph" and one["d"] == {"x": 5} for one in there.heard))
    for one in both:
        one.hub.lane.connected = False
    there.heard.clear()
    await here.say({"t": "eph", "k": "ptr", "d": {"x": 6}})
    await here.do("chat.msg", {"text": "一"})
    await consultation.shows(here, there)
    assert not any(one["t"] == "eph" for one in there.heard)
    for one in both:
        await one.stop()


async def test_a_redis_that_is_not_there_keeps_nobody_out(consultation, pool, clock, page):
    process = Process(pool, clock, "redis://127.0.0.1:1/0")
    process.lane = False
    pool.announce = process.hints.ring
    await process.start()
    host, expert = await page(HOST).connect(process), await page(EXPERT).connect(process)
    await host.do("chat.msg", {"text": "一"})
    await host.say({"t": "eph", "k": "ptr", "d": {"x": 1}})
    await expert.until(lambda: any(one["t"] == "eph" for one in expert.heard))
    await consultation.shows(host, expert)
    await process.stop()
