"""The room's log in a real database: one order, once, and unaltered."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import msgspec
import psycopg
import pytest

from telemed.consultation.room import add_member, close, head, open_room, presence, rooms_of, seen_images, verify_chain
from telemed.consultation.room.facts import COMMANDS
from telemed.consultation.room.refusals import Refusal
from telemed.consultation.room.store import (
    Appended,
    Broken,
    Whole,
    add_seen,
    member,
    queries,
    record,
)
from telemed.consultation.room.store import room as look
from telemed.errors import Conflict, NotFound
from telemed.events.log import START, read_after
from tests.integration.consultation.room.acting import chain, do, enter, lines
from tests.integration.consultation.room.conftest import EXPERT, HOST, MEMBERS, MODERATOR, OTHER


async def test_a_room_opens_with_its_roster(consultation):
    state = await consultation.kept()
    assert {person: one.role for person, one in state.members.items()} == MEMBERS
    assert (state.st, state.host, state.kind, state.mode) == ("open", HOST, "consultation", "video")
    async with consultation.pool.connection() as connection:
        assert (await member(connection, consultation.id, EXPERT)).role == "expert"
        assert await member(connection, consultation.id, str(uuid4())) is None
        assert await rooms_of(connection, EXPERT) == [consultation.id]
    assert isinstance(await chain(consultation), Whole)


async def test_a_room_opens_once(consultation):
    with pytest.raises(Conflict, match="room-open"):
        async with consultation.pool.transaction() as tx:
            await open_room(
                tx, consultation.id, kind="teaching", host=HOST, members=MEMBERS, by=HOST, now=consultation.clock()
            )
    assert (await consultation.kept()).kind == "consultation"


async def test_there_is_no_room_but_those_opened(pool):
    async with pool.connection() as connection:
        for ask in (head, verify_chain):
            with pytest.raises(NotFound):
                await ask(connection, uuid4())


async def test_a_command_is_done_once_and_its_resend_gets_the_same_answer(consultation):
    await enter(consultation, HOST)
    first = await do(consultation, HOST, "chat.msg", {"text": "一"}, cid="c1")
    again = await do(consultation, HOST, "chat.msg", {"text": "一"}, cid="c1")
    assert isinstance(first, Appended)
    assert again == Appended(first.seq, again=True)
    assert [one.k for one in await lines(consultation)].count("chat.msg") == 1


async def test_a_resend_is_answered_even_when_the_sender_has_left_meanwhile(consultation):
    await enter(consultation, HOST)
    first = await do(consultation, HOST, "chat.msg", {"text": "一"}, cid="c1")
    await do(consultation, HOST, "member.left")
    assert (await do(consultation, HOST, "chat.msg", {"text": "一"}, cid="c1")).seq == first.seq
    assert (await do(consultation, HOST, "chat.msg", {"text": "二"}, cid="c2")).code == "not-present"


async def test_a_presenter_who_leaves_and_says_so_again_hears_the_same(consultation):
    await enter(consultation, HOST)
    await do(consultation, HOST, "presenter.take", base=0)
    first = await do(consultation, HOST, "member.left", cid="c1")
    assert [(one.k, one.cid) for one in first.events] == [("presenter.release", None), ("member.left", "c1")]
    assert first.seq == first.events[1].seq
    assert await do(consultation, HOST, "member.left", cid="c1") == Appended(first.seq, again=True)


async def test_nobody_takes_the_number_of_another_ones_command(consultation):
    for person in (HOST, OTHER):
        await enter(consultation, person)
    await do(consultation, HOST, "chat.msg", {"text": "一"}, cid="c1")
    assert await do(consultation, OTHER, "chat.msg", {"text": "二"}, cid="c1") == Refusal("cid-taken")
    assert await do(consultation, HOST, "mode.audio", cid="c1") == Refusal("cid-taken")


async def test_many_at_once_are_put_in_one_order_without_a_gap(consultation):
    people = (MODERATOR, EXPERT, HOST, OTHER)
    for person in people:
        await enter(consultation, person, device=f"tab-{person}")

    async def talk(person):
        for n in range(12):
            await do(consultation, person, "chat.msg", {"text": str(n)}, device=f"tab-{person}")

    await asyncio.gather(*(talk(one) for one in people))
    events = await lines(consultation)
    assert [one.seq for one in events] == list(range(1, len(events) + 1))
    assert sum(one.k == "chat.msg" for one in events) == 48
    for person in people:
        assert [one.d["text"] for one in events if one.k == "chat.msg" and one.by == person] == [
            str(n) for n in range(12)
        ]
    assert isinstance(await chain(consultation), Whole)


async def test_the_same_command_twice_at_once_is_done_once(consultation):
    await enter(consultation, HOST)
    both = await asyncio.gather(*(do(consultation, HOST, "chat.msg", {"text": "一"}, cid="c1") for _ in range(5)))
    assert len({one.seq for one in both}) == 1
    assert sum(not one.again for one in both) == 1


async def test_of_two_who_take_the_presenters_place_at_once_one_has_it(consultation):
    for person in (HOST, OTHER):
        await enter(consultation, person, device=f"tab-{person}")
    both = await asyncio.gather(
        *(do(consultation, person, "presenter.take", base=0, device=f"tab-{person}") for person in (HOST, OTHER))
    )
    assert sorted(type(one).__name__ for one in both) == ["Appended", "Refusal"]
    (refused,) = [one for one in both if isinstance(one, Refusal)]
    assert refused.code == "stale-presenter"
    presenter = (await consultation.kept()).presenter
    assert presenter.pe == 1
    assert refused.facts == {"pe": 1, "person": presenter.person}


async def test_what_is_refused_changes_nothing(consultation):
    await enter(consultation, HOST)
    before = await consultation.kept()
    assert (await do(consultation, HOST, "opinion.draft", {"text": "见"}, base=0)).code == "role-may-not"
    assert await consultation.kept() == before


async def test_time_never_goes_back_within_a_log(consultation):
    await enter(consultation, HOST)
    consultation.clock.pass_by(minutes=-5)
    await do(consultation, HOST, "chat.msg", {"text": "一"})
    times = [one.at for one in await lines(consultation)]
    assert times == sorted(times)


async def test_a_rolled_back_transaction_leaves_no_trace(consultation):
    before = await consultation.kept()

    async def fail():
        async with consultation.pool.transaction() as tx:
            await add_member(tx, consultation.id, str(uuid4()), "expert", by=MODERATOR, now=consultation.clock())
            raise RuntimeError("planted")

    with pytest.raises(RuntimeError):
        await fail()
    assert await consultation.kept() == before
    assert isinstance(await chain(consultation), Whole)


async def test_every_append_says_so_in_the_event_log_by_ids_alone(consultation):
    await enter(consultation, HOST)
    async with consultation.pool.connection() as connection:
        said = [one for one in await read_after(connection, START, limit=50) if one.kind == "room.appended"]
    assert [one.topics for one in said] == [[f"room/{consultation.id}"]] * 2
    assert said[-1].ids == {"seq": (await consultation.kept()).seq}


async def test_the_roster_follows_the_log(consultation):
    stranger = str(uuid4())
    async with consultation.pool.transaction() as tx:
        await add_member(tx, consultation.id, stranger, "participant", by=MODERATOR, now=consultation.clock())
    await enter(consultation, MODERATOR)
    await do(consultation, MODERATOR, "member.role", {"person": stranger, "role": "expert"})
    async with consultation.pool.connection() as connection:
        assert (await member(connection, consultation.id, stranger)).role == "expert"
    assert (await consultation.kept()).members[stranger].role == "expert"


async def test_a_closed_room_is_closed_for_good(consultation):
    await enter(consultation, HOST)
    async with consultation.pool.transaction() as tx:
        await close(tx, consultation.id, by=HOST, now=consultation.clock(), why="会诊结束")
    async with consultation.pool.transaction() as tx:
        assert (await close(tx, consultation.id, by=HOST, now=consultation.clock())).again
    assert (await do(consultation, HOST, "chat.msg", {"text": "一"})).code == "room-closed"
    with pytest.raises(Conflict, match="room-closed"):
        async with consultation.pool.transaction() as tx:
            await add_member(tx, consultation.id, str(uuid4()), "expert", by=HOST, now=consultation.clock())
    async with consultation.pool.connection() as connection:
        assert (await look(connection, consultation.id)).closed_at is not None
        assert await rooms_of(connection, HOST) == []
    assert await presence.sweep(consultation.pool, consultation.clock.pass_by(hours=1)) == []


async def test_a_fact_of_the_server_is_in_its_callers_transaction(consultation):
    await enter(consultation, EXPERT)
    await do(consultation, EXPERT, "opinion.draft", {"text": "见"}, base=0)
    signed = msgspec.convert({"ver": 1, "sha256": "0" * 64}, COMMANDS["opinion.sign"])
    async with consultation.pool.transaction() as tx:
        before = await head(tx, consultation.id)
        await record(tx, consultation.id, "opinion.sign", signed, by=EXPERT, now=consultation.clock())
        after = await head(tx, consultation.id)
    assert (after.seq, after.epoch) == (before.seq + 1, before.epoch)
    assert (await chain(consultation)).head == after


# --- nothing is altered


@pytest.mark.parametrize("table", ["room_event", "room_seen"])
async def test_what_was_appended_is_never_changed_or_removed(consultation, table):
    async with consultation.pool.transaction() as tx:
        await add_seen(tx, consultation.id, HOST, [("1.2", 1)], consultation.clock())
    column = {"room_event": "by_person", "room_seen": "person"}[table]
    for statement in (f"update {table} set {column} = 'x'", f"delete from {table}", f"truncate {table}"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            async with consultation.pool.transaction() as tx:
                await tx.execute(statement)


@pytest.mark.parametrize(
    ("change", "reason", "seq"),
    [
        ("update room_event set data = '{\"text\":\"二\"}' where kind = 'chat.msg'", "altered", 9),
        ("update room_event set by_person = 'system' where seq = 3", "altered", 3),
        ("update room_event set at = at + interval '1 ms' where seq = 3", "altered", 3),
        ("update room_event set device = 'other' where kind = 'chat.msg'", "altered", 9),
        ("delete from room_event where seq = 4", "missing", 4),
        ("delete from room_event where seq = 9", "missing", 9),
        ("update room set head = sha256('x')", "head-differs", 9),
        ("update room set state = replace(state, 'expert', 'moderator')", "state-differs", 9),
    ],
)
async def test_whoever_alters_a_log_behind_the_triggers_is_found_out(consultation, change, reason, seq):
    await enter(consultation, HOST)
    await do(consultation, HOST, "chat.msg", {"text": "一"})
    assert (await chain(consultation)).head.seq == 9
    async with consultation.pool.transaction() as tx:
        await tx.execute("alter table room_event disable trigger user")
        await tx.execute(change)
    assert await chain(consultation) == Broken(seq, reason)


async def test_no_log_passes_for_that_of_another_room(consultation):
    other = uuid4()
    async with consultation.pool.transaction() as tx:
        await open_room(tx, other, kind="consultation", host=HOST, members=MEMBERS, by=HOST, now=consultation.clock())
        heads = {(await head(tx, one)).hash for one in (consultation.id, other)}
    assert len(heads) == 2


async def test_after_a_restore_nobody_resumes_what_may_be_lost(consultation):
    await enter(consultation, HOST)
    async with consultation.pool.transaction() as tx:
        before = await head(tx, consultation.id)
        await tx.execute(queries["new_epochs"])
    await do(consultation, HOST, "chat.msg", {"text": "一"})
    verified = await chain(consultation)
    assert isinstance(verified, Whole)
    assert verified.head.epoch != before.epoch


# --- what was seen


async def test_the_first_time_that_an_image_was_painted_counts(consultation):
    first = consultation.clock()
    for images in ([("1.2.1", 1), ("1.2.2", 1)], [("1.2.2", 1), ("1.2.2", 2)]):
        async with consultation.pool.transaction() as tx:
            await add_seen(tx, consultation.id, EXPERT, images, consultation.clock())
        consultation.clock.pass_by(seconds=1)
    async with consultation.pool.connection() as connection:
        seen = await seen_images(connection, consultation.id, EXPERT)
        assert await seen_images(connection, consultation.id, HOST) == []
    assert [(one.sop, one.frame) for one in seen] == [("1.2.1", 1), ("1.2.2", 1), ("1.2.2", 2)]
    assert [one.first_at for one in seen] == [first, first, first + timedelta(seconds=1)]
