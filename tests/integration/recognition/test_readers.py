"""How the registry learns: what waits silences those it may be about, and no reader undoes what another knows."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from telemed.db import migrate
from telemed.errors import Unavailable
from telemed.events import Event
from telemed.events.consumer import step
from telemed.recognition.assessing import KNOWLEDGE, RECEIVED, REMAPPED
from telemed.recognition.decision import Verdict
from telemed.recognition.facts import Identity, LinkState
from telemed.recognition.facts_store import Row, hold, know
from telemed.recognition.imaging_results import UNDATED
from telemed.results.remapping import Remapper
from tests.integration.recognition.registered import ZONE, Registered
from tests.integration.recognition.test_registry import verdict
from tests.integration.recognition.test_remapped_results import code_maps, received

MIGRATIONS = Path(migrate.__file__).parent / "migrations"
RESULTS = pytest.mark.parametrize("kind", ["result.received", "result.remapped"])


async def waits(made: Registered, kind: str, patient: UUID, minutes: int = 5) -> None:
    """A result of somebody has come, or has become another, a while ago, and nobody has heard of it yet."""
    async with made.county.pool.transaction() as tx:
        await tx.execute(
            "insert into event (kind, subject, topics, ids, at) values"
            " (%s, %s, '{}', jsonb_build_object('patient', %s::text), now() - make_interval(mins => %s))",
            (kind, uuid4(), patient, minutes),
        )


async def filed(made: Registered, patient: UUID, state: LinkState) -> UUID:
    """Another record, held to be this patient's or not."""
    one, other = str(patient), str(uuid4())
    thing = f"{one}|{other}"
    async with made.county.pool.transaction() as tx:
        await know(tx, [Row("identity", thing, one, Identity(thing, one, other, state, UNDATED))])
    return UUID(other)


async def readers(made: Registered) -> dict[str, Any]:
    """The registry's readers, all at the head of the log."""
    await made.catch_up()
    return made.assessor.consumers()


@RESULTS
async def test_a_result_that_waits_to_be_known_silences_its_patient_until_it_is_known(registered: Registered, kind):
    await readers(registered)
    await waits(registered, kind, registered.county.patient)
    with pytest.raises(Unavailable):
        await registered.ask()
    await registered.catch_up()
    assert verdict(await registered.ask()) is Verdict.MUST_OFFER


@RESULTS
async def test_results_of_others_wait_and_nobody_else_is_silenced(registered: Registered, kind):
    await readers(registered)
    for _ in range(200):
        await waits(registered, kind, uuid4())
    assert verdict(await registered.ask()) is Verdict.MUST_OFFER


@RESULTS
async def test_what_came_a_moment_ago_silences_nobody(registered: Registered, kind):
    await readers(registered)
    await waits(registered, kind, registered.county.patient, minutes=0)
    assert verdict(await registered.ask()) is Verdict.MUST_OFFER


@pytest.mark.parametrize(("state", "silent"), [(LinkState.AUTO, True), (LinkState.POTENTIAL, True), (None, False)])
async def test_a_result_filed_under_a_record_held_to_be_the_same_person_silences_too(
    registered: Registered, state, silent
):
    other = await filed(registered, registered.county.patient, state or LinkState.NONE)
    await readers(registered)
    await waits(registered, "result.remapped", other)
    if silent:
        with pytest.raises(Unavailable):
            await registered.ask()
    else:
        assert verdict(await registered.ask()) is Verdict.MUST_OFFER


async def test_what_stands_for_everybody_is_known_while_results_wait(registered: Registered):
    consumers = await readers(registered)
    for _ in range(200):
        await waits(registered, "result.remapped", uuid4())
    async with registered.county.pool.transaction() as tx:
        await tx.execute(
            "insert into event (kind, subject, topics, at)"
            " values ('study.updated', %s, '{}', now() - interval '5 minutes')",
            (registered.study,),
        )
    with pytest.raises(Unavailable):
        await registered.ask()
    while await step(registered.county.pool, consumers[KNOWLEDGE]):
        pass
    assert verdict(await registered.ask()) is Verdict.MUST_OFFER


async def report_of(made: Registered) -> UUID:
    await received(made)
    async with made.county.pool.connection() as connection:
        row = await (await connection.execute("select id from laboratory_report")).fetchone()
    return row[0]


def event(made: Registered, kind: str, report: UUID, patient: UUID | None = None) -> Event:
    now: datetime = made.county.now
    return Event(1, 1, kind, report, [], {"patient": str(patient or made.county.patient)}, now)


async def test_who_reads_the_log_later_never_says_again_what_was_before(registered: Registered):
    """Whoever waits for the writers' lock reads what counts after it has it."""
    pool = registered.county.pool
    report = await report_of(registered)
    sender = "select code from organization where id = %s"
    async with pool.connection() as connection:
        code = (await (await connection.execute(sender, (registered.county.center,))).fetchone())[0]
    own = code_maps(sender=code, first_day="2026-01-01", item="lab.glucose.fasting", unit="mmol/L")

    async def learn() -> None:
        async with pool.transaction() as tx:
            await registered.assessor.handle(tx, event(registered, "result.remapped", report))

    async with pool.transaction() as writer:
        await hold(writer)
        learning = asyncio.create_task(learn())
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        async with asyncio.timeout(10):
            while await (await writer.execute(waiting)).fetchone() == (0,):
                await asyncio.sleep(0.01)
        assert [one.changed async for one in Remapper(pool, own, ZONE).run(registered.county.now)] == [1]
    await learning
    last = (
        "select content::jsonb #>> '{mapping,version}' from recognition_knowledge where thing like %s order by id desc"
    )
    async with pool.connection() as connection:
        known = await (await connection.execute(last, ("laboratory/%",))).fetchall()
    assert len(known) == 2, "the second row says what the corrected map has made of it"
    assert known[0] != known[1]


async def test_several_results_learnt_together_are_told_to_the_readers_of_their_own_patient_alone(
    registered: Registered,
):
    report = await report_of(registered)
    stranger, _ = await registered.county.somebody()
    pool = registered.county.pool
    async with pool.transaction() as tx:
        await tx.execute("alter table recognition_knowledge disable trigger user")
        await tx.execute("delete from recognition_knowledge where kind = 'candidate' and thing like 'laboratory/%'")
        told_before = (await (await tx.execute("select max(id) from event")).fetchone())[0]
        events = [event(registered, "result.received", report), event(registered, "result.received", uuid4(), stranger)]
        await registered.assessor.results(tx, events)
        told = await (
            await tx.execute(
                "select subject, topics from event where id > %s and kind = 'result.assessed'", (told_before,)
            )
        ).fetchall()
    of = dict(told)
    assert of[registered.county.patient] == [f"patient/{registered.county.patient}"]
    assert all(f"patient/{registered.county.patient}" not in topics for who, topics in of.items() if who == stranger)


async def test_a_registry_that_one_reader_told_goes_on_where_that_one_stands(pool):
    migration = (MIGRATIONS / "0028_registry_readers.sql").read_text().partition(";")[0]
    async with pool.transaction() as tx:
        await tx.execute("insert into event_consumer (name, xid, id) values (%s, '5', 7)", (KNOWLEDGE,))
        await tx.execute(migration.encode())
        found = await (await tx.execute("select name, xid::text, id from event_consumer order by name")).fetchall()
    assert found == [(name, "5", 7) for name in sorted((KNOWLEDGE, RECEIVED, REMAPPED))]
