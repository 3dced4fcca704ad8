"""What is owed to other systems as a consultation goes on: with its step or not at all, and stood down by state."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from telemed.consultation.model.clocks import REMIND
from telemed.consultation.model.states import Urgency
from telemed.consultation.room import store as rooms
from telemed.consultation.room.coming import entering, losing
from telemed.consultation.service import answering, requesting
from telemed.consultation.service.clock import watch
from telemed.consultation.store import consultations as store
from telemed.outgoing.model import Answer
from telemed.outgoing.sending import Receiver, install
from tests.integration.consultation.requests.asked import ZONE, Asked


async def taken(_id: UUID, _document: bytes) -> Answer:
    return Answer(204)


@pytest.fixture
async def told(asked: Asked) -> Asked:
    """The same county, with somebody who receives everything."""
    receiver = Receiver("gateway", "https://gateway.example", b"1", (), (), phones=False, send=taken)
    async with asked.pool.transaction() as tx:
        await install(tx, [receiver], asked.county.now)
    return asked


async def owed(told: Asked, number: UUID) -> list[tuple[str, str]]:
    """Kind and state of what is owed of a consultation, in order."""
    return await told.rows("select kind, state from outgoing_message where subject = %s order by told_at, kind", number)


async def test_the_way_to_an_opinion_owes_each_message_once_and_stands_down_what_is_answered(told: Asked):
    number = await told.submitted(urgency=Urgency.URGENT)
    assert await owed(told, number) == [("consultation.waiting", "waiting")]
    told.later(seconds=1)
    await told.act("tang", answering.offer, number, told.who("qin"), ZONE)
    told.later(seconds=1)
    await told.act("qin", answering.accept, number)
    assert await owed(told, number) == [
        ("consultation.waiting", "cancelled"),
        ("consultation.asked", "cancelled"),
        ("consultation.accepted", "waiting"),
    ]


async def test_a_step_that_is_refused_owes_nothing(told: Asked):
    number = await told.offered()
    before = await owed(told, number)
    with pytest.raises(Exception, match=r"not-the-expert|unknown-consultation"):
        await told.act("bao", answering.accept, number)
    assert await owed(told, number) == before


async def test_a_lapse_tells_the_coordinator_and_the_next_in_line(told: Asked):
    number = await told.submitted(urgency=Urgency.URGENT)
    told.later(seconds=1)
    await told.act("tang", answering.offer, number, told.who("qin"), ZONE)
    told.later(minutes=10)
    await answering.lapse_due(told.pool, told.county.now, ZONE)
    assert await owed(told, number) == [
        ("consultation.waiting", "cancelled"),
        ("consultation.asked", "cancelled"),
        ("consultation.no-longer-asked", "waiting"),
        ("consultation.overdue", "waiting"),
        ("consultation.waiting", "waiting"),
    ]


async def watched(told: Asked) -> None:
    """Let the clock look once."""
    task = asyncio.create_task(watch(told.pool, lambda: told.county.now, ZONE))
    await asyncio.sleep(0.3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_clock_that_is_nearly_out_is_warned_of_once_whoever_looks(told: Asked):
    number = await told.offered(urgency=Urgency.URGENT)
    told.later(minutes=6)
    await watched(told)
    assert "consultation.due-soon" not in dict(await owed(told, number))
    told.later(minutes=1)
    await watched(told)
    await watched(told)
    kinds = [kind for kind, _ in await owed(told, number)]
    assert kinds.count("consultation.due-soon") == 1
    await told.act("qin", answering.accept, number)
    assert dict(await owed(told, number))["consultation.due-soon"] == "cancelled"


async def test_an_appointment_is_told_and_reminded_of_and_another_time_takes_the_place_of_the_first(told: Asked):
    number = await told.accepted()
    starts = told.county.now + timedelta(hours=2)
    await told.act("tang", answering.schedule, number, starts, 30)
    await told.act("tang", answering.schedule, number, starts + timedelta(hours=1), 30)
    told.county.now = starts + timedelta(hours=1) - REMIND
    async with told.pool.transaction() as tx:
        await store.to_remind(tx, told.county.now, told.county.now + REMIND)
    found = [one for one in await owed(told, number) if one[0] in ("consultation.scheduled", "consultation.reminder")]
    assert sorted(found) == [
        ("consultation.reminder", "waiting"),
        ("consultation.scheduled", "cancelled"),
        ("consultation.scheduled", "waiting"),
    ]


async def test_what_is_withdrawn_is_not_asked_of_anybody_any_more(told: Asked):
    number = await told.offered()
    await told.act("wang", requesting.withdraw, number, "患者已转走")
    assert dict(await owed(told, number)) == {
        "consultation.waiting": "cancelled",
        "consultation.asked": "cancelled",
        "consultation.withdrawn": "waiting",
    }


async def test_nothing_that_is_owed_names_the_patient(told: Asked):
    number = await told.in_session()
    rows = str(await told.rows("select to_jsonb(m) from outgoing_message m where subject = %s", number))
    assert str(told.county.patient) not in rows
    assert "王桂兰" not in rows


async def knocked(told: Asked, number: UUID) -> tuple[UUID, str]:
    """A guest stands outside the room of a consultation."""
    room_id = (await told.row(number)).room_id
    assert room_id is not None
    guest = f"guest/{uuid4()}"
    async with told.pool.transaction() as tx:
        await rooms.add_member(tx, room_id, guest, "guest", by=str(told.who("wang")), now=told.county.now)
    async with told.pool.transaction() as tx:
        row = await rooms.lock(tx, room_id)

        outcome = entering(row.fold, guest, 1)
        assert isinstance(outcome, tuple)
        await rooms.write(tx, row, outcome, told.county.now)
    return room_id, guest


async def test_whoever_may_let_in_and_is_not_inside_is_told_that_somebody_waits(told: Asked):
    room_id, _ = await knocked(told, await told.in_session())
    rows = await told.rows(
        "select recipients->0->>'practitioner_id', state, path from outgoing_message where kind = 'room.knocked'"
    )
    assert rows == [(str(told.who("wang")), "waiting", f"/rooms/{room_id}")]
    heard = await told.rows("select count(*) from event where kind = 'room.knocked' and subject = %s", room_id)
    assert heard == [(1,)]


async def test_once_nobody_waits_any_more_it_is_not_told(told: Asked):
    room_id, guest = await knocked(told, await told.in_session())
    async with told.pool.transaction() as tx:
        row = await rooms.lock(tx, room_id)
        await rooms.write(tx, row, losing(row.fold, guest), told.county.now)
    assert await told.rows("select state from outgoing_message where kind = 'room.knocked'") == [("cancelled",)]


async def test_whoever_is_inside_sees_it_there(told: Asked):
    number = await told.in_session()
    room_id = (await told.row(number)).room_id
    assert room_id is not None
    async with told.pool.transaction() as tx:
        row = await rooms.lock(tx, room_id)
        outcome = entering(row.fold, str(told.who("wang")), 1)
        assert isinstance(outcome, tuple)
        await rooms.write(tx, row, outcome, told.county.now)
    await knocked(told, number)
    assert await told.rows("select count(*) from outgoing_message where kind = 'room.knocked'") == [(0,)]
