"""Every (state, command, person) of tests/spec/ticket_states.md through the service on a real database."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from telemed.errors import Conflict, Invalid
from telemed.quality import ticket_store
from telemed.quality.tickets import TRANSITIONS, By, Command, TicketState
from telemed.vocabulary import EVERYWHERE
from tests.integration.quality.shown_card import shown

SPEC = Path(__file__).parents[2] / "spec" / "ticket_states.md"


def transitions() -> dict[tuple[str, str, str], str]:
    rows = [line.strip("| ").split(" | ") for line in SPEC.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {(row[0], row[1], row[2]): row[3] for row in rows[1:]}


TABLE = transitions()


def test_the_table_and_the_program_say_the_same_and_name_every_state():
    assert {(str(at), str(command), str(by)): str(to) for (at, command, by), to in TRANSITIONS.items()} == TABLE
    named = re.search(r"States: (.*?)\. Persons", SPEC.read_text("utf-8"), re.DOTALL)
    assert named is not None
    assert set(re.findall(r"(\w+) \[", named[1])) == {str(one) for one in TicketState}
    assert {command for _, command, _ in TABLE} == {str(one) for one in Command}


@pytest.fixture
async def person(office) -> UUID:
    number = uuid4()
    async with office.pool.transaction() as tx:
        await tx.execute(
            "insert into practitioner (id, organization_id, name) values (%s, %s, 'x')",
            (number, office.places["center"]),
        )
    return number


async def opened(office) -> UUID:
    card = await shown(office)
    await card.answer("overridden", office.now, "T2")
    ((number,),) = await office.rows("select id from quality_ticket where card = %s", card.id)
    return number


async def run(office, ticket: UUID, command: Command, by: By, person: UUID) -> TicketState:
    async with office.pool.transaction() as tx:
        held = await ticket_store.hold(tx, ticket, EVERYWHERE)
        who = None if by is By.REGISTRY else person
        note = "" if by is By.REGISTRY else f"{uuid4()}"
        return await ticket_store.act(tx, held, command, by, note, who=who, now=office.now)


async def reach(office, state: str, person: UUID) -> UUID:
    """A ticket that was brought to a state by the commands of the table."""
    ways: dict[str, list[tuple[str, str]]] = {"pending": []}
    while state not in ways:
        ways |= {
            to: [*ways[at], (command, by)] for (at, command, by), to in TABLE.items() if at in ways and to not in ways
        }
    ticket = await opened(office)
    for command, by in ways[state]:
        await run(office, ticket, Command(command), By(by), person)
    return ticket


async def snapshot(office):
    queries = (
        "select * from quality_ticket order by id",
        "select * from quality_ticket_act",
        "select count(*) from event",
    )
    return [await office.rows(query) for query in queries]


@pytest.mark.parametrize("state", [str(one) for one in TicketState])
async def test_every_command_does_what_the_table_says_and_nothing_else(office, person, state):
    ticket = await reach(office, state, person)
    for command in Command:
        for by in By:
            expected = TABLE.get((state, str(command), str(by)))
            if expected is None:
                before = await snapshot(office)
                with pytest.raises(Conflict):
                    await run(office, ticket, command, by, person)
                assert await snapshot(office) == before, (command, by)
                continue
            assert await run(office, ticket, command, by, person) == expected
            (last,) = await office.rows(
                "select state from quality_ticket_act where ticket_id = %s order by number desc limit 1", ticket
            )
            assert last == (expected,)
            ticket = await reach(office, state, person)


@pytest.mark.parametrize("command", ["dismiss", "handle", "contest", "uphold"])
async def test_what_needs_a_reason_is_refused_without_one_and_changes_nothing(office, person, command):
    at, by = next((at, by) for (at, each, by) in TABLE if each == command)
    ticket = await reach(office, at, person)
    before = await snapshot(office)
    async with office.pool.transaction() as tx:
        held = await ticket_store.hold(tx, ticket, EVERYWHERE)
        with pytest.raises(Invalid):
            await ticket_store.act(tx, held, Command(command), By(by), "  ", who=person, now=office.now)
    assert await snapshot(office) == before


async def test_the_same_said_twice_by_one_person_is_said_once(office, person):
    ticket = await reach(office, "pending", person)
    for _ in range(2):
        async with office.pool.transaction() as tx:
            held = await ticket_store.hold(tx, ticket, EVERYWHERE)
            to = await ticket_store.act(tx, held, Command.CONFIRM, By.OFFICER, "属实", who=person, now=office.now)
            assert to is TicketState.CONFIRMED
    assert await office.rows("select number from quality_ticket_act") == [(1,)]


@pytest.mark.parametrize("table", ["quality_ticket", "quality_ticket_act"])
async def test_no_row_of_a_ticket_is_changed_or_removed(office, person, table):
    await reach(office, "confirmed", person)
    for statement in (f"update {table} set note = ''", f"delete from {table}", f"truncate {table} cascade"):
        said = statement.replace("note = ''", "comment = ''") if table == "quality_ticket" else statement
        async with office.pool.connection() as connection:
            with pytest.raises(psycopg.errors.RestrictViolation):
                await connection.execute(said)


async def test_the_answers_are_heard_in_any_order_of_their_events(office):
    """A reason, taken back, given again: the last by the doctor's clock counts, one issue for each reason given."""
    card = await shown(office)
    await card.answer("overridden", office.now, "T2")
    await card.answer("withdrawn", office.now + timedelta(minutes=1))
    await card.answer("overridden", office.now + timedelta(minutes=2), "T3")
    found = await office.rows(
        "select t.reason_code, a.state from quality_ticket t left join quality_ticket_act a on a.ticket_id = t.id"
        " order by t.said_at"
    )
    assert found == [("T2", "retracted"), ("T3", None)]
