"""teaching_states.md walked: every state, command and person, through the server on a real database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.teaching.taught import Taught

SPEC = Path(__file__).parents[2] / "spec" / "teaching_states.md"
STATES = ("copying", "prepared", "submitted", "released", "refused", "withdrawn", "failed")
COMMANDS = ("look", "edit", "submit", "release", "refuse", "withdraw")
PERSONS = ("proposer", "second", "bystander")


def table() -> dict[tuple[str, str, str], str]:
    """(state, command, person) → the state after it."""
    found: dict[tuple[str, str, str], str] = {}
    for line in SPEC.read_text(encoding="utf-8").splitlines():
        cells = [one.strip() for one in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0] in STATES:
            state, command, who, after = cells
            for person in who.split(", "):
                found[state, command, person] = state if after == "=" else after
    return found


def test_the_table_is_read_whole():
    assert len(table()) == 15


@pytest.mark.parametrize("state", STATES)
async def test_every_command_of_every_person(taught: Taught, state: str):
    spec = table()
    number = await taught.signed(slices=1)
    for command in COMMANDS:
        for person in PERSONS:
            case = await taught.into(state, number)
            steps = await taught.asked.rows("select count(*) from teaching_step where case_id = %s", case)
            status, answer = await taught.take(person, case, "texts" if command == "edit" else command)
            after = spec.get((state, command, person))
            assert await taught.state(case) == (after or state), (state, command, person, answer)
            told = await taught.asked.rows("select count(*) from teaching_step where case_id = %s", case)
            assert told[0][0] == steps[0][0] + (after is not None), (state, command, person)
            if after is None:
                assert status in {403, 404, 409}, (state, command, person, answer)
                if person == "bystander":
                    assert status == (403 if command in {"release", "refuse"} else 404)
            else:
                assert status == 204, (state, command, person, answer)
