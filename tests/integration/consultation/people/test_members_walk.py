"""Every (state, person) of tests/spec/consultation_members.md through the service on a real database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from telemed.consultation.model.members import MemberRole
from telemed.consultation.model.states import WORDS, Into, Urgency, Verdict
from telemed.consultation.people import membership
from telemed.consultation.people.membership import Adding
from telemed.consultation.service import answering, opinions, requesting
from telemed.errors import Conflict, Forbidden, NotFound
from telemed.vocabulary import Role
from tests.hiring import hire
from tests.integration.consultation.requests.asked import PERSONS, ZONE, Asked
from tests.integration.consultation.requests.test_states_walk import sign
from tests.integration.reading.conftest import County

SPEC = Path(__file__).parents[3] / "spec" / "consultation_members.md"


def adds() -> dict[str, set[str]]:
    lines = SPEC.read_text("utf-8").partition("## On what ground")[0].splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][1:]
    return {row[0]: set(row[1].split(", ")) for row in rows}


TABLE = adds()


async def scheduled(asked: Asked) -> UUID:
    number = await asked.accepted()
    await asked.act("qin", answering.schedule, number, asked.county.now + timedelta(hours=1), 30)
    return number


async def missed(asked: Asked) -> UUID:
    number = await scheduled(asked)
    await asked.act("qin", answering.miss, number, "patient")
    return number


async def failed(asked: Asked) -> UUID:
    number = await asked.in_session()
    await asked.act("qin", answering.fail, number, "断网")
    return number


async def returned(asked: Asked) -> UUID:
    number = await asked.in_session()
    await asked.act("qin", _write, number)
    await sign(asked, number, "qin")
    return number


async def _write(acting: Any, number: UUID) -> None:
    await opinions.write(acting, number, "急性冠脉综合征可能", "建议转诊", 0)


async def archived(asked: Asked) -> UUID:
    number = await returned(asked)
    await asked.act("wang", requesting.decide, number, Verdict.ADOPTED, "")
    return number


async def incomplete(asked: Asked) -> UUID:
    number = await asked.accepted()
    await asked.act("qin", answering.ask, number, "请补充心电图")
    return number


async def declined(asked: Asked) -> UUID:
    number = await asked.submitted()
    await asked.act("tang", answering.decline, number, "超出范围")
    return number


async def withdrawn(asked: Asked) -> UUID:
    number = await asked.submitted()
    await asked.act("wang", requesting.withdraw, number, "患者已转走")
    return number


async def converted(asked: Asked) -> UUID:
    number = await asked.accepted()
    await asked.act("qin", answering.convert, number, Into.REFERRAL, "病情危重")
    return number


async def decided(asked: Asked) -> UUID:
    number = await asked.submitted(consent="approval", urgency=Urgency.URGENT)
    await asked.act("tang", answering.offer, number, asked.who("qin"), ZONE)
    await asked.act("qin", answering.accept, number)
    await asked.act("qin", answering.begin, number)
    await asked.act("qin", _write, number)
    await sign(asked, number, "qin")
    await asked.act("wang", requesting.decide, number, Verdict.ADOPTED, "")
    return number


MADE: dict[str, Callable[[Asked], Awaitable[UUID]]] = {
    "draft": lambda asked: asked.draft(),
    "submitted": lambda asked: asked.submitted(),
    "incomplete": incomplete,
    "offered": lambda asked: asked.offered(),
    "accepted": lambda asked: asked.accepted(),
    "scheduled": scheduled,
    "in-session": lambda asked: asked.in_session(),
    "missed": missed,
    "failed": failed,
    "returned": returned,
    "decided": decided,
    "archived": archived,
    "declined": declined,
    "withdrawn": withdrawn,
    "converted": converted,
}


@pytest.fixture
async def colleague(asked: Asked, county: County) -> UUID:
    return (await hire(asked.pool, county.center, Role.EXPERT, now=county.now))[0]


def test_every_state_is_walked():
    assert set(MADE) == set(WORDS.values())
    assert set(TABLE) <= set(MADE)


@pytest.mark.parametrize("state", sorted(MADE))
async def test_who_adds_and_takes_out_in_a_state(asked: Asked, colleague: UUID, state: str):
    number = await MADE[state](asked)
    assert await asked.state(number) == state
    for person, name in PERSONS.items():
        member = uuid4()
        adding = Adding(member, colleague, MemberRole.AUDIENCE, "教学", "患者本人口头同意")
        if person in TABLE.get(state, set()):
            await asked.act(name, membership.add, number, adding, ZONE)
            assert len(await _standing(asked, number)) == 1
            await asked.act(name, membership.remove, number, member, "不再参加")
        else:
            with pytest.raises((Conflict, Forbidden, NotFound)):
                await asked.act(name, membership.add, number, adding, ZONE)
        assert await _standing(asked, number) == []


async def _standing(asked: Asked, number: UUID) -> list[tuple[Any, ...]]:
    return await asked.rows(
        "select practitioner_id from consultation_member m where consultation_id = %s"
        " and not exists (select from consultation_member_removal x where x.member_id = m.id)",
        number,
    )
