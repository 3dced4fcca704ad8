"""The daily look at who is on duty: once a day whoever looks, again when asked, lost by no death in between."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from telemed.consultation.service.reaching import look
from telemed.consultation.store import duty as store
from telemed.outgoing.model import Answer
from telemed.outgoing.sending import Receiver, install
from telemed.vocabulary import Role
from tests.integration.consultation.requests.asked import CARDIOLOGY, ZONE, Asked
from tests.integration.consultation.requests.door import Door


class Died(Exception):
    pass


async def on_duty(asked: Asked, name: str, **other: Any) -> UUID:
    """Somebody stands on a line of cardiology from now on for eight hours."""
    shift = uuid4()
    columns = {
        "id": shift,
        "organization_id": asked.county.center,
        "department": CARDIOLOGY,
        "line": 1,
        "practitioner_id": asked.who(name),
        "begins": asked.county.now,
        "ends": asked.county.now + timedelta(hours=8),
        "phone": "0838-6120",
        "backup_phone": "",
        "by": asked.who("tang"),
        "now": asked.county.now,
    }
    async with asked.pool.transaction() as tx:
        assert await store.insert_shift(tx, columns | other)
    return shift


async def account(asked: Asked, name: str, *, active: bool = True) -> None:
    async with asked.pool.transaction() as tx:
        await tx.execute(
            "insert into account (practitioner_id, username, password_hash, active) values (%s, %s, 'x', %s)",
            (asked.who(name), name, active),
        )


async def looked(asked: Asked, **more: bool) -> int | None:
    async with asked.pool.transaction() as tx:
        return await look(tx, asked.county.now, ZONE, **more)


async def found(asked: Asked) -> list[tuple[UUID, str]]:
    return await asked.rows("select shift_id, reason from duty_check_gap order by day, reason")


async def test_whoever_can_be_reached_and_may_answer_is_no_gap(asked: Asked):
    await account(asked, "qin")
    await on_duty(asked, "qin")
    assert await looked(asked) == 0
    assert await found(asked) == []


async def test_what_is_in_the_way_is_kept_and_told_to_the_coordinator_once(asked: Asked):
    async def nobody(_id: UUID, _document: bytes) -> Answer:
        return Answer(None)

    async with asked.pool.transaction() as tx:
        receiver = Receiver("gateway", "https://g.example", b"1", (), (), phones=False, send=nobody)
        await install(tx, [receiver], asked.county.now)
    await account(asked, "qin", active=False)
    shift = await on_duty(asked, "qin")
    await on_duty(asked, "bao", line=2, phone="")
    assert await looked(asked) == 2
    assert (shift, "account-suspended") in await found(asked)
    assert {reason for id_, reason in await found(asked) if id_ != shift} == {"no-account", "no-telephone"}
    told = "select kind, amount, recipients->0->>'role', path from outgoing_message"
    assert await asked.rows(told) == [("duty.gaps", 2, "coordinator", "/duty/roster")]
    assert await looked(asked) is None, "it was looked at today"
    assert await looked(asked, again=True) == 2
    assert len(await asked.rows(told)) == 1


async def test_tomorrow_is_looked_at_anew(asked: Asked):
    await on_duty(asked, "qin")
    assert await looked(asked) == 1
    asked.later(hours=24)
    assert await looked(asked) == 0


async def test_turns_that_are_over_cancelled_or_later_than_a_day_are_not_looked_at(asked: Asked):
    now = asked.county.now
    await on_duty(asked, "qin", begins=now - timedelta(hours=8), ends=now)
    await on_duty(asked, "qin", line=2, begins=now + timedelta(hours=24), ends=now + timedelta(hours=30))
    cancelled = await on_duty(asked, "qin", line=3)
    async with asked.pool.transaction() as tx:
        assert await store.cancel_shift(tx, cancelled, None, by=asked.who("tang"), now=now)
    assert await looked(asked) == 0


async def test_whoever_dies_before_the_look_is_kept_has_not_looked(asked: Asked):
    await on_duty(asked, "qin")

    async def dies() -> None:
        async with asked.pool.transaction() as tx:
            assert await look(tx, asked.county.now, ZONE) == 1
            raise Died

    with pytest.raises(Died):
        await dies()
    assert await looked(asked) == 1


async def test_several_processes_look_once(asked: Asked):
    await on_duty(asked, "qin")
    looks = await asyncio.gather(*(looked(asked) for _ in range(6)))
    assert sorted(looks, key=str) == [1, None, None, None, None, None]


async def test_the_coordinator_reads_it_and_looks_again_once_it_is_mended(door: Door):
    asked = door.asked
    coordinator = await door.hire(Role.COORDINATOR, asked.county.center)
    assert await coordinator.call("GET", "/api/duty/check") == (200, {"checked_at": None, "items": []})
    await on_duty(asked, "qin")
    await looked(asked)
    _, said = await coordinator.call("GET", "/api/duty/check")
    (one,) = said["items"]
    assert (one["practitioner_name"], one["department"], one["reasons"]) == ("医师qin", CARDIOLOGY, ["no-account"])
    await account(asked, "qin")
    status, _ = await coordinator.call("POST", "/api/duty/check")
    assert status == 204
    assert (await coordinator.call("GET", "/api/duty/check"))[1]["items"] == []
    expert = await door.expert()
    assert (await expert.call("GET", "/api/duty/check"))[0] == 403
