"""From the fact's transaction to the receiver: once owed, sent until taken, cancelled by state, left to a person."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from telemed.db import Connection
from telemed.outgoing.model import MOST_FAILURES, MOST_REFUSALS, Again, Answer, Recipient
from telemed.outgoing.outbox import tell
from telemed.outgoing.sending import LEASE, Keeper, Receiver, Worker, give_up_old, install
from telemed.vocabulary import NoticeKind
from tests.integration.outgoing.conftest import MOUTH, Post
from tests.integration.outgoing.receiver import Gateway, until


class Broken(Exception):
    pass


async def nobody(_id: UUID, _document: bytes) -> Answer:
    return Answer(None, fault="unreachable")


async def test_a_message_arrives_signed_with_what_it_says_and_without_a_telephone(post: Post, gateway: Gateway):
    worker = await post.receives(post.sender(gateway.url))
    notice = await post.tell()
    assert await worker.step() is True
    (came,) = gateway.came
    assert came.is_ours
    assert came.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert came.document["id"] == came.id
    assert came.document["subject"] == f"consultation/{notice.subject}"
    assert came.document["data"]["to"] == [
        {"role": "expert", "practitioner_id": str(post.person), "organization_code": "LA11", "staff_number": "0815"}
    ]
    assert came.document["data"]["text"]["zh-CN"] == (
        "急会诊请您接诊：石泉镇卫生院 → 心血管内科，请于 11-23 09:22 前应答。"
    )
    assert await post.states() == [("sent", 1, "")]
    assert await worker.step() is False


async def test_a_receiver_that_may_have_telephones_gets_the_one_of_the_turn_of_duty(post: Post, gateway: Gateway):
    worker = await post.receives(post.sender(gateway.url), phones=True)
    await post.tell()
    await worker.step()
    async with post.pool.transaction() as tx:
        await tx.execute(
            "insert into duty_shift (id, organization_id, department, line, practitioner_id, begins, ends, phone,"
            " entered_by, entered_at)"
            " values (%s, %s, '03.04', 1, %s, %s::timestamptz, %s::timestamptz + interval '1 h', '0838-1', %s, %s)",
            (uuid4(), post.place, post.person, post.now, post.now, post.person, post.now),
        )
    await post.tell()
    await worker.step()
    assert [one.document["data"]["to"][0]["phone"] for one in gateway.came] == ["13800000000", "0838-1"]


async def test_a_coordinator_is_whoever_holds_the_role_there_or_at_the_lead_hospital(post: Post, gateway: Gateway):
    lead, elsewhere = uuid4(), uuid4()
    here, there, away, left = (uuid4() for _ in range(4))
    async with post.pool.transaction() as tx:
        for code, kind, id_ in (("LA01", "lead-hospital", lead), ("LA12", "township-hospital", elsewhere)):
            await tx.execute(
                "insert into organization (id, code, name, kind) values (%s, %s, 'x', %s)", (id_, code, kind)
            )
        for person, home, active in (
            (here, post.place, True),
            (there, lead, True),
            (away, elsewhere, True),
            (left, lead, False),
        ):
            await tx.execute(
                "insert into practitioner (id, organization_id, name, active) values (%s, %s, 'x', %s)",
                (person, home, active),
            )
            await tx.execute("insert into practitioner_role values (%s, %s, 'coordinator')", (person, home))
    worker = await post.receives(post.sender(gateway.url))
    await post.tell(recipients=(Recipient("coordinator"),))
    await worker.step()
    assert {one["practitioner_id"] for one in gateway.came[0].document["data"]["to"]} == {str(here), str(there)}


async def test_what_is_rolled_back_was_never_owed(post: Post, gateway: Gateway):
    worker = await post.receives(post.sender(gateway.url))

    async def breaks() -> None:
        async with post.pool.transaction() as tx:
            assert await tell(tx, post.notice(), post.now) == 1
            raise Broken

    with pytest.raises(Broken):
        await breaks()
    assert await worker.step() is False


async def test_the_same_fact_is_owed_once_to_each_receiver(post: Post):
    other = Receiver("other", "https://o.example", b"1", (), (), phones=False, send=nobody)
    await post.receives(nobody, "gateway", other)
    for _ in range(2):
        await post.tell(once="the same")
    assert await post.rows("select receiver from outgoing_message order by receiver") == [("gateway",), ("other",)]


@pytest.mark.parametrize(
    ("kinds", "institutions", "owed"),
    [
        ((), (), True),
        (("consultation.asked",), (), True),
        (("consultation",), (), True),
        (("consultation.overdue",), (), False),
        (("room",), (), False),
        ((), ("LA11",), True),
        ((), ("LA12",), False),
    ],
)
async def test_a_receiver_hears_what_it_asked_for(
    post: Post, kinds: tuple[str, ...], institutions: tuple[str, ...], *, owed: bool
):
    await post.receives(nobody, kinds=kinds, institutions=institutions)
    await post.tell()
    assert bool(await post.states()) is owed


async def test_nobody_receives_unless_configured(post: Post):
    await post.tell()
    assert await post.states() == []


async def test_it_is_tried_again_under_the_same_id_until_it_is_taken(post: Post, gateway: Gateway):
    gateway.answers = [(500, {}), (503, {}), (200, {})]
    worker = await post.receives(post.sender(gateway.url))
    await post.tell()
    for pause in (10, 20, 0):
        assert await worker.step() is True
        assert await worker.step() is False, "nothing is due before its pause is over"
        post.later(seconds=pause)
    assert len({one.id for one in gateway.came}) == 1
    assert len({one.headers["webhook-timestamp"] for one in gateway.came}) == 3
    assert await post.states() == [("sent", 3, "")]


async def test_retry_after_is_kept_by_the_whole_receiver(post: Post, gateway: Gateway):
    gateway.answers = [(429, {"Retry-After": "120"}), (204, {})]
    worker = await post.receives(post.sender(gateway.url))
    await post.tell()
    await worker.step()
    post.later(seconds=60)
    await post.tell()
    assert await worker.step() is False
    post.later(seconds=61)
    assert [await worker.step() for _ in range(3)] == [True, True, False]


async def test_a_message_nobody_wants_is_left_to_a_person(post: Post, gateway: Gateway):
    gateway.answers = [(422, {})]
    worker = await post.receives(post.sender(gateway.url))
    await post.tell()
    for _ in range(MOST_REFUSALS):
        assert await worker.step() is True
        post.later(hours=1)
    assert await post.states() == [("given-up", MOST_REFUSALS, "refused-422")]
    assert await worker.step() is False
    assert await post.rows("select state, failures from outgoing_receiver") == [("on", 0)]


async def test_410_switches_a_receiver_off_with_all_that_waits_for_it(post: Post, gateway: Gateway):
    gateway.answers = [(410, {})]
    worker = await post.receives(post.sender(gateway.url))
    for once in "ab":
        await post.tell(once=once)
    assert await worker.step() is True
    assert {(state, fault) for state, _, fault in await post.states()} == {("given-up", "receiver-gone")}
    await post.tell()
    assert len(await post.states()) == 2, "nothing more is owed to it"
    # nor after a restart with the same address; a new address is asked
    await post.receives(post.sender(gateway.url))
    assert await post.rows("select state from outgoing_receiver") == [("gone",)]
    await post.receives(post.sender(gateway.url), address_digest=b"2")
    assert await post.rows("select state from outgoing_receiver") == [("on",)]


async def test_what_waits_too_long_is_given_up_though_it_was_never_tried(post: Post):
    await post.receives(nobody)
    await post.tell()
    async with post.pool.transaction() as tx:
        post.later(hours=23, minutes=59)
        assert await give_up_old(tx, MOUTH.longest, post.now) == 0
        post.later(minutes=1)
        assert await give_up_old(tx, MOUTH.longest, post.now) == 1
    assert await post.states() == [("given-up", 0, "too-old")]


async def test_a_receiver_that_is_configured_no_more_gets_nothing(post: Post):
    await post.receives(nobody)
    await post.tell()
    async with post.pool.transaction() as tx:
        await install(tx, [], post.now)
    assert await post.states() == [("given-up", 0, "receiver-removed")]
    await post.tell()
    assert len(await post.states()) == 1


async def test_what_was_answered_meanwhile_is_not_sent(post: Post, gateway: Gateway):
    worker = await post.receives(post.sender(gateway.url))
    asked = await post.tell(stands_in=("asked/qin",))
    for_good = await post.tell(kind=NoticeKind.OPINION_SIGNED, subject=asked.subject)
    assert await post.stands(asked.subject, "offered", "asked/qin") == 0
    assert await post.stands(asked.subject, "accepted") == 1
    while await worker.step():
        pass
    assert gateway.kinds == [for_good.kind.value]


async def test_what_was_answered_between_two_attempts_is_not_tried_again(post: Post, gateway: Gateway):
    gateway.answers = [(500, {})]
    worker = await post.receives(post.sender(gateway.url))
    asked = await post.tell(stands_in=("asked/qin",))
    await worker.step()
    await post.stands(asked.subject, "accepted")
    post.later(hours=1)
    assert await worker.step() is False
    assert len(gateway.came) == 1


@pytest.mark.parametrize(("status", "expected"), [(204, "sent"), (500, "cancelled")])
async def test_answered_while_it_is_on_its_way(post: Post, gateway: Gateway, status: int, expected: str):
    gateway.answers = [(status, {})]
    worker = await post.receives(post.sender(gateway.url))
    asked = await post.tell(stands_in=("asked/qin",))

    async def answered() -> None:
        await post.stands(asked.subject, "accepted")

    gateway.meanwhile = answered
    await worker.step()
    assert [state for state, _, _ in await post.states()] == [expected]
    post.later(hours=1)
    assert await worker.step() is False


async def test_a_failing_receiver_rests_and_one_message_asks_whether_it_is_back(post: Post, gateway: Gateway):
    gateway.answers = [(500, {})]
    worker = await post.receives(post.sender(gateway.url))
    for _ in range(MOST_FAILURES + 3):
        await post.tell()
    tried = [await worker.step() for _ in range(MOST_FAILURES + 1)]
    assert tried == [True] * MOST_FAILURES + [False]
    post.later(seconds=31)
    first = await worker.take(uuid4())
    assert first is not None
    assert await worker.take(uuid4()) is None, "one at a time"
    post.later(minutes=2)
    gateway.answers = [(204, {})]
    while await worker.step():
        pass
    assert await post.rows("select failures, rests_until from outgoing_receiver") == [(0, None)]
    assert {state for state, _, _ in await post.states()} == {"sent"}


async def test_two_workers_never_hold_one_message_at_the_same_time(post: Post, gateway: Gateway):
    one = await post.receives(post.sender(gateway.url))
    other = Worker(post.pool, one.receiver, MOUTH, post.clock, one.signal)
    for _ in range(40):
        await post.tell()

    async def drain(worker: Worker) -> int:
        amount = 0
        while await worker.step():
            amount += 1
        return amount

    amounts = await asyncio.gather(drain(one), drain(other), drain(one), drain(other))
    assert sum(amounts) == 40
    assert len({came.id for came in gateway.came}) == len(gateway.came) == 40


async def test_what_a_dead_worker_held_is_sent_by_another_under_the_same_id(post: Post, gateway: Gateway):
    worker = await post.receives(post.sender(gateway.url))
    await post.tell()
    held = await worker.take(uuid4())
    assert held is not None
    assert await worker.step() is False
    post.now += LEASE
    assert await worker.step() is True
    assert gateway.came[0].id == str(held[0].id)


async def test_a_worker_whose_lease_is_over_does_not_undo_what_another_has_done(post: Post, gateway: Gateway):
    worker = await post.receives(post.sender(gateway.url))
    await post.tell()
    stale = uuid4()
    held = await worker.take(stale)
    assert held is not None
    post.now += LEASE
    await worker.step()
    assert await worker.mark(held[0].id, stale, Answer(500), Again(post.now, 0), post.now) is False
    assert await post.states() == [("sent", 2, "")]


async def test_the_running_worker_hears_the_bell_and_one_slow_receiver_holds_up_no_other(post: Post, gateway: Gateway):
    never = asyncio.Event()

    async def hangs(_id: UUID, _document: bytes) -> Answer:
        await never.wait()
        return Answer(204)

    slow = Receiver("slow", "https://s.example", b"1", (), (), phones=False, send=hangs)
    quick = await post.receives(post.sender(gateway.url), "quick", slow)
    tasks = [
        asyncio.create_task(Worker(post.pool, slow, MOUTH, post.clock, quick.signal).run()),
        asyncio.create_task(quick.run()),
    ]
    post.pool.announce = quick.signal.fire
    try:
        for _ in range(12):
            await post.tell()
        await until(lambda: len(gateway.came) == 12)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    leased = await post.rows("select count(*) from outgoing_message where receiver = 'slow' and lease_id is not null")
    assert leased == [(4,)], "no more of the slow one's than its own places"


async def test_the_keeper_writes_down_who_receives(post: Post):
    receiver = Receiver("kept", "https://k.example", b"1", ("room",), (), phones=False, send=nobody)
    task = asyncio.create_task(Keeper(post.pool, [receiver], MOUTH.longest, post.clock).run())
    try:
        async with asyncio.timeout(5):
            while not await post.rows("select name from outgoing_receiver"):
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await post.rows("select name, kinds, state from outgoing_receiver") == [("kept", ["room"], "on")]


async def test_nothing_of_an_address_but_its_origin_and_no_secret_is_kept(post: Post, gateway: Gateway):
    await post.receives(post.sender(gateway.url))

    async def texts(connection: Connection) -> str:
        return str(await (await connection.execute("select * from outgoing_receiver")).fetchall())

    async with post.pool.connection() as connection:
        assert "/hook" not in await texts(connection)
