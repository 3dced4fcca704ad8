"""Every (kind, state, command, person) of tests/spec/correction_states.md through the service on a real database."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from telemed.db import fetch_one
from telemed.errors import Conflict, Forbidden
from telemed.imaging import proposing, quarantine, splitting, store
from telemed.imaging.corrections import WORDS, Kind
from telemed.imaging.study import Arrival

SPEC = Path(__file__).parents[2] / "spec" / "correction_states.md"
COMMANDS = ("confirm", "reject", "withdraw")
PERSONS = {"proposer": "li", "another": "shen"}


def transitions() -> dict[tuple[str, str, str], str]:
    rows = [line.strip("| ").split(" | ") for line in SPEC.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {(row[0], row[1], row[2]): row[3] for row in rows[1:]}


TABLE = transitions()


async def mixed_study(county) -> UUID:
    uid = f"2.25.{uuid4().int}"
    people = (
        {"patient_name": "王桂兰", "patient_id": "20481", "sex": "F", "birth_date": date(1956, 3, 14)},
        {"patient_name": "刘德福", "patient_id": "20499", "sex": "M", "birth_date": date(1950, 1, 1)},
    )
    for number, who in enumerate(people):
        sop = f"2.25.{uuid4().int}"
        arrival = Arrival(
            digest=hashlib.sha256(sop.encode()).hexdigest(),
            size=10,
            organization_id=county.township,
            association_id="a",
            calling_ae="CT1",
            received_at=county.now,
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
            sop_instance_uid=sop,
            series_instance_uid=f"{uid}.{number}",
            study_instance_uid=uid,
            modality="CT",
            **who,
        )
        async with county.pool.transaction() as tx:
            for one, clash in await store.index(tx, [arrival], {}):
                await quarantine.open_case(tx, quarantine.of_clash(one, clash))
    async with county.pool.connection() as connection:
        cursor = await connection.execute("select id from imaging_study where study_instance_uid = %s", (uid,))
        (study,) = await cursor.fetchone()
    return study


async def proposed(county, kind: Kind) -> UUID:
    if kind is Kind.REASSIGNMENT:
        return await county.propose(await county.push(), await county.somebody())
    study, who = await mixed_study(county), county.people["li"]
    async with county.pool.transaction() as tx:
        return await splitting.propose(
            tx,
            study,
            seen=[one.keys for one in await splitting.people(tx, study)],
            reason="两人同一检查号",
            by=who.principal.practitioner_id,
            scope=who.scope,
            now=county.now,
        )


async def run(county, correction: UUID, command: str, name: str) -> None:
    if command == "confirm":
        await county.confirm(correction, name)
        return
    who = county.people[name]
    by = who.principal.practitioner_id
    async with county.pool.transaction() as tx:
        row = await proposing.hold(tx, correction, who.scope)
        if command == "reject":
            await proposing.rejected(tx, row, by=by, at=county.now, note="核对后无误")
        else:
            await proposing.withdrawn(tx, row, by=by, at=county.now)


async def reach(county, kind: Kind, state: str) -> UUID:
    correction = await proposed(county, kind)
    for (_, command, person), to in TABLE.items():
        if to == state:
            await run(county, correction, command, PERSONS[person])
    return correction


async def snapshot(county):
    """Everything that a decision may touch."""
    queries = (
        "select * from study_correction order by id",
        "select * from imaging_study order by id",
        "select * from quarantine order by id",
        "select * from reading order by id",
        "select * from match_decision order by id",
        "select count(*) from event",
    )
    async with county.pool.connection() as connection:
        return [await (await connection.execute(query)).fetchall() for query in queries]


def test_the_table_names_every_state_and_only_those():
    assert {state for state, _, _ in TABLE} | set(TABLE.values()) == set(WORDS.values())


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("state", sorted(WORDS.values()))
async def test_every_command_does_what_the_table_says_and_nothing_else(county, kind, state):
    correction = await reach(county, kind, state)
    for command in COMMANDS:
        for person, name in PERSONS.items():
            expected = TABLE.get((state, command, person))
            if expected is None:
                before = await snapshot(county)
                with pytest.raises((Forbidden, Conflict)):
                    await run(county, correction, command, name)
                assert await snapshot(county) == before, (command, person)
                continue
            await run(county, correction, command, name)
            async with county.pool.connection() as connection:
                query = proposing.queries["hold"]
                row = await fetch_one(connection, query, {"id": correction}, proposing.CorrectionRow)
            assert row is not None
            assert row.state == expected
            correction = await reach(county, kind, state)
