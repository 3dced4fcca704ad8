"""Every (state, command, person) of tests/spec/consultation_states.md through the service on a real database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from telemed.consultation.model.states import WORDS, Into, Urgency, Verdict
from telemed.consultation.service import answering, opinions, requesting
from telemed.consultation.service.opinions import Made
from telemed.errors import Conflict, Forbidden, Invalid, NotFound
from tests.integration.consultation.requests.asked import PERSONS, ZONE, Asked

SPEC = Path(__file__).parents[3] / "spec" / "consultation_states.md"
PEOPLE = (*PERSONS, "clock")
_HOURS = count(1)


def transitions() -> dict[tuple[str, str, str], str]:
    rows = [line.strip("| ").split(" | ") for line in SPEC.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {(row[0], row[1], row[2]): row[3] for row in rows[1:]}


TABLE = transitions()


async def offer(asked: Asked, number: UUID, name: str) -> None:
    await asked.act(name, answering.offer, number, asked.who("qin"), ZONE)


async def schedule(asked: Asked, number: UUID, name: str) -> None:
    then = asked.county.now + timedelta(hours=next(_HOURS))  # two appointments of the same people never touch
    await asked.act(name, answering.schedule, number, then, 30)


async def sign(asked: Asked, number: UUID, name: str) -> None:
    """What `prepare` makes is made by hand: the paper itself is tested beside."""
    head = await asked.rows(
        "select r.epoch, r.seq, encode(r.head, 'hex') from room r join consultation c on c.room_id = r.id"
        " where c.id = %s",
        number,
    )
    room = opinions.room_log.Head(*head[0]) if head else None
    made = Made("急性冠脉综合征可能", "建议转诊", 1, 1, "cd" * 32, room, "{}", "ef" * 32, 1)  # type: ignore[arg-type]
    await asked.act(name, opinions.sign, number, made)


async def lapse(asked: Asked, number: UUID, _name: str) -> None:
    async with asked.pool.transaction() as tx:
        if not await answering.lapse(tx, number, asked.county.now + timedelta(days=2), ZONE):
            raise Conflict("not-due", "", "")


Run = Callable[[Asked, UUID, str], Awaitable[Any]]
COMMANDS: dict[str, Run] = {
    "submit": lambda asked, number, name: asked.act(name, requesting.submit, number),
    "withdraw": lambda asked, number, name: asked.act(name, requesting.withdraw, number, "患者已转走"),
    "offer": offer,
    "accept": lambda asked, number, name: asked.act(name, answering.accept, number),
    "refuse": lambda asked, number, name: asked.act(name, answering.refuse, number, "在手术台上", ZONE),
    "lapse": lapse,
    "ask": lambda asked, number, name: asked.act(name, answering.ask, number, "请补充心电图"),
    "inform": lambda asked, number, name: asked.act(name, requesting.inform, number, "已补充", [], []),
    "schedule": schedule,
    "begin": lambda asked, number, name: asked.act(name, answering.begin, number),
    "miss": lambda asked, number, name: asked.act(name, answering.miss, number, "patient"),
    "fail": lambda asked, number, name: asked.act(name, answering.fail, number, "断网"),
    "sign": sign,
    "decide": lambda asked, number, name: asked.act(name, requesting.decide, number, Verdict.ADOPTED, ""),
    "consent": lambda asked, number, name: asked.act(name, requesting.consent, number, asked.agreed()),
    "decline": lambda asked, number, name: asked.act(name, answering.decline, number, "超出服务范围"),
    "convert": lambda asked, number, name: asked.act(name, answering.convert, number, Into.REFERRAL, "病情危重"),
}
#: Consent is on record, or owed, in other states too; only here does it move one.
ONLY_FROM = {"consent": "decided"}


async def reach(asked: Asked, state: str) -> UUID:  # noqa: C901, PLR0912 -- one line a state
    """A consultation in a state, by commands alone."""
    match state:
        case "draft":
            number = await asked.draft()
            await asked.act("wang", requesting.consent, number, asked.agreed())
        case "submitted":
            number = await asked.submitted()
        case "incomplete":
            number = await asked.submitted()
            await COMMANDS["ask"](asked, number, "tang")
        case "offered":
            number = await asked.offered()
        case "accepted":
            number = await asked.accepted()
        case "scheduled" | "missed":
            number = await asked.accepted()
            await schedule(asked, number, "qin")
            if state == "missed":
                await COMMANDS["miss"](asked, number, "qin")
        case "in-session" | "failed":
            number = await asked.in_session()
            await asked.act("qin", opinions.write, number, "急性冠脉综合征可能", "建议转诊", 0)
            if state == "failed":
                await COMMANDS["fail"](asked, number, "qin")
        case "returned" | "archived":
            number = await reach(asked, "in-session")
            await sign(asked, number, "qin")
            if state == "archived":
                await COMMANDS["decide"](asked, number, "wang")
        case "decided":
            number = await asked.submitted("approval", urgency=Urgency.URGENT)
            await offer(asked, number, "tang")
            await COMMANDS["accept"](asked, number, "qin")
            await COMMANDS["begin"](asked, number, "qin")
            await asked.act("qin", opinions.write, number, "急性冠脉综合征可能", "建议转诊", 0)
            await sign(asked, number, "qin")
            await COMMANDS["decide"](asked, number, "wang")
        case "declined":
            number = await asked.submitted()
            await COMMANDS["decline"](asked, number, "tang")
        case "withdrawn":
            number = await asked.submitted()
            await COMMANDS["withdraw"](asked, number, "wang")
        case _:
            number = await asked.submitted()
            await COMMANDS["convert"](asked, number, "tang")
    assert await asked.state(number) == state
    return number


async def snapshot(asked: Asked) -> list[Any]:
    """Everything that a command may touch."""
    tables = (
        "consultation",
        "consultation_step",
        "consultation_offer",
        "consultation_consent",
        "consultation_opinion",
        "room",
        "room_event",
        "event",
    )
    return [
        await asked.rows(f"select count(*), md5(string_agg(t::text, '|' order by t::text)) from {one} t")
        for one in tables
    ]


def test_the_table_names_every_state_and_only_those():
    assert {state for state, _, _ in TABLE} | set(TABLE.values()) == set(WORDS.values())
    assert {command for _, command, _ in TABLE} == set(COMMANDS)


@pytest.mark.parametrize("state", sorted(WORDS.values()))
async def test_every_command_does_what_the_table_says_and_nothing_else(asked: Asked, state: str):
    number = await reach(asked, state)
    before = await snapshot(asked)
    for command, run in COMMANDS.items():
        if ONLY_FROM.get(command, state) != state:
            continue
        for person in PEOPLE:
            if (person == "clock") != (command == "lapse"):
                continue
            expected = TABLE.get((state, command, person))
            name = PERSONS.get(person, "")
            if expected is None:
                with pytest.raises((Forbidden, Conflict, Invalid, NotFound)):
                    await run(asked, number, name)
                assert await snapshot(asked) == before, (command, person)
                continue
            await run(asked, number, name)
            assert await asked.state(number) == expected, (command, person)
            number = await reach(asked, state)
            before = await snapshot(asked)
