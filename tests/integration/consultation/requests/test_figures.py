"""The figures of remote consultation over HTTP, from consultations that were really gone through."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from telemed.consultation.model.states import Urgency
from telemed.consultation.service import answering
from telemed.vocabulary import Role
from tests.integration.consultation.requests.asked import ZONE, Asked
from tests.integration.consultation.requests.door import Door, Somebody


async def _lines(who: Somebody, asked: Asked, cut: str = "inviting", status: int = 200) -> Any:
    period = f"{asked.county.now:%Y-%m}"
    code, body = await who.call("GET", f"/api/statistics/consultations?period={period}&cut={cut}")
    assert code == status, body
    return body.get("lines")


async def _a_month(asked: Asked) -> None:
    """Sent: one accepted after five minutes and given up by the line, one declined; a draft beside them."""
    async with asked.pool.transaction() as tx:
        await tx.execute(
            "insert into community_membership (organization_id, valid_from)"
            " values (%s, '2025-01-01'), (%s, '2025-01-01')",
            (asked.county.township, asked.county.center),
        )
    met = await asked.submitted(urgency=Urgency.URGENT)
    await asked.act("tang", answering.offer, met, asked.who("qin"), ZONE)
    asked.later(minutes=5)
    await asked.act("qin", answering.accept, met)
    await asked.act("qin", answering.begin, met)
    await asked.act("wang", answering.fail, met, "线路中断")
    other = await asked.submitted()
    await asked.act("tang", answering.decline, other, "不属于会诊范围")
    await asked.draft()


async def test_what_was_gone_through_is_counted(door: Door):
    await _a_month(door.asked)
    officer = await door.hire(Role.QUALITY_OFFICER, door.asked.county.center)
    whole, township = await _lines(officer, door.asked)
    for one in (whole, township):
        assert (one["sent"], one["accepted"], one["in_time"], one["accept_median"]) == (2, 1, 1, 300)
        assert (one["began"], one["failed"], one["declined"], one["open"], one["answered"]) == (1, 1, 1, 1, 0)
    assert township["key"] == str(door.asked.county.township)
    parts = [(one["key"], one["sent"]) for one in await _lines(officer, door.asked, "urgency")]
    assert parts == [("", 2), ("routine", 1), ("urgent", 1)]


async def test_whoever_is_neither_side_counts_nothing(door: Door):
    await _a_month(door.asked)
    async with door.asked.pool.transaction() as tx:
        elsewhere = UUID(int=77)
        await tx.execute(
            "insert into organization (id, code, name, kind, level)"
            " select %s, 'ELSEWHERE', '别处卫生院', kind, level from organization where id = %s",
            (elsewhere, door.asked.county.township),
        )
    assert len(await _lines(await door.physician(), door.asked)) == 2
    assert await _lines(await door.hire(Role.REQUESTER, elsewhere), door.asked) == []


async def test_a_technician_has_no_figures(door: Door):
    await _lines(await door.hire(Role.TECHNICIAN, door.asked.county.township), door.asked, status=403)


async def test_before_anything_was_sent_there_is_no_line(door: Door):
    await door.asked.draft()
    assert await _lines(await door.physician(), door.asked) == []
