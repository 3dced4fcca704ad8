"""Who speaks for a person, and what is due when their link or their process is gone."""

import asyncio

from telemed.consultation.room import presence
from telemed.consultation.room.protocol import Resume
from telemed.consultation.room.refusals import Refusal
from telemed.consultation.room.store import (
    Appended,
)
from tests.integration.consultation.room.acting import do, enter
from tests.integration.consultation.room.conftest import EXPERT, GUEST, HOST, OTHER


async def test_an_older_device_is_fenced(consultation):
    old = await enter(consultation, HOST, device="old")
    new = await enter(consultation, HOST, device="new")
    assert new.generation == old.generation + 1
    refused = await do(consultation, HOST, "chat.msg", {"text": "一"}, device="old", generation=old.generation)
    assert refused == Refusal("superseded")
    assert isinstance(
        await do(consultation, HOST, "chat.msg", {"text": "一"}, device="new", generation=new.generation), Appended
    )
    forged = await do(consultation, HOST, "chat.msg", {"text": "一"}, device="old", generation=new.generation + 1)
    assert forged == Refusal("superseded")


async def test_a_device_that_only_comes_back_does_not_push_out_the_one_that_is_there(consultation):
    old = await enter(consultation, HOST, device="old")
    await enter(consultation, HOST, device="new")
    assert await enter(consultation, HOST, device="old", gen=old.generation) == Refusal("superseded")
    assert (await enter(consultation, HOST, device="old")).generation == 3, "a person who comes in does"


async def test_a_lost_link_is_said_at_once_then_the_lock_goes_then_the_seat(consultation):
    entered = await enter(consultation, HOST)
    await do(consultation, HOST, "presenter.take", base=0)
    seat = presence.Seat(consultation.id, HOST, entered.generation)
    async with consultation.pool.transaction() as tx:
        await presence.lose(tx, seat, consultation.clock())
    state = await consultation.kept()
    assert (state.members[HOST].st, state.presenter.person) == ("reconnecting", HOST)
    assert await presence.sweep(consultation.pool, consultation.clock.pass_by(seconds=14.9)) == []
    await presence.sweep(consultation.pool, consultation.clock.pass_by(seconds=0.2))
    state = await consultation.kept()
    assert (state.members[HOST].st, state.presenter.person, state.presenter.pe) == ("reconnecting", "", 2)
    assert await presence.sweep(consultation.pool, consultation.clock.pass_by(seconds=104)) == []
    await presence.sweep(consultation.pool, consultation.clock.pass_by(seconds=1))
    assert (await consultation.kept()).members[HOST].st == "left"
    assert await presence.sweep(consultation.pool, consultation.clock.pass_by(hours=1)) == []
    assert (await consultation.kinds())[-4:] == [
        "presenter.take",
        "member.reconnecting",
        "presenter.release",
        "member.left",
    ]


async def test_whoever_is_back_in_time_keeps_lock_and_seat_and_session(consultation):
    entered = await enter(consultation, HOST)
    await do(consultation, HOST, "presenter.take", base=0)
    async with consultation.pool.transaction() as tx:
        await presence.lose(tx, presence.Seat(consultation.id, HOST, entered.generation), consultation.clock())
    consultation.clock.pass_by(seconds=14)
    resume = Resume(str(entered.session), "", 0)
    back = await enter(consultation, HOST, gen=entered.generation, resume=resume)
    assert back.session == entered.session
    await presence.sweep(consultation.pool, consultation.clock.pass_by(seconds=5))
    state = await consultation.kept()
    assert (state.members[HOST].st, state.presenter.person, state.presenter.pe) == ("present", HOST, 1)


async def test_a_process_that_dies_leaves_no_ghost(consultation):
    entered = await enter(consultation, HOST)
    seat = presence.Seat(consultation.id, HOST, entered.generation)
    for _ in range(5):
        async with consultation.pool.connection() as connection:
            assert await presence.renew(connection, [seat], consultation.clock.pass_by(seconds=4)) == {seat}
        assert await presence.sweep(consultation.pool, consultation.clock()) == []
    ((room_id, events),) = await presence.sweep(consultation.pool, consultation.clock.pass_by(seconds=13))
    assert (room_id, [one.k for one in events]) == (consultation.id, ["member.reconnecting"])
    async with consultation.pool.connection() as connection:
        assert await presence.renew(connection, [seat], consultation.clock()) == frozenset()


async def test_an_older_link_that_ends_says_nothing_about_the_newer(consultation):
    old = await enter(consultation, HOST)
    await enter(consultation, HOST)
    async with consultation.pool.transaction() as tx:
        assert await presence.lose(tx, presence.Seat(consultation.id, HOST, old.generation), consultation.clock()) == ()
    assert (await consultation.kept()).members[HOST].st == "present"


async def test_two_processes_that_sweep_at_once_do_it_once(consultation):
    for person in (HOST, OTHER, EXPERT):
        await enter(consultation, person)
    later = consultation.clock.pass_by(seconds=20)
    both = await asyncio.gather(*(presence.sweep(consultation.pool, later) for _ in range(3)))
    assert sum(len(one) for one in both) == 3
    assert (await consultation.kinds()).count("member.reconnecting") == 3


async def test_a_guest_who_waits_and_goes_is_asked_about_no_more(consultation):
    entered = await enter(consultation, GUEST)
    assert entered.waiting
    async with consultation.pool.transaction() as tx:
        await presence.lose(tx, presence.Seat(consultation.id, GUEST, entered.generation), consultation.clock())
    assert (await consultation.kept()).members[GUEST].st == "left"
    assert await presence.sweep(consultation.pool, consultation.clock.pass_by(hours=1)) == []
    assert (await enter(consultation, GUEST)).waiting, "and knocks again"
