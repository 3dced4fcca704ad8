"""Documents, evaluations and grants in a real database: installed once, never changed, read as they were known."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from telemed.db import Pool, fetch_all
from telemed.errors import Conflict, Invalid, NotFound
from telemed.recognition import rules_store
from telemed.recognition.catalogue_files import SHIPPED, read_catalogues
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.installing import install_catalogues
from telemed.recognition.quality import QualityFact
from telemed.recognition.rule_set import Parameters
from telemed.recognition.rules import Basis, GrantState
from tests.unit.recognition.quality_facts import agreement, change, day, failed, passed, revocation, withdraw

GRANTING = read_parameters()
DEMO = next(one for one in read_catalogues().catalogues if one.number == "龙医共体(演示)〔2025〕12号")
LATE = day(5000)


@dataclass
class Quality:
    """A hospital, its quality officer, and what is recorded of its quality, each in its own transaction."""

    pool: Pool
    hospital: UUID
    officer: UUID

    async def record(self, fact: QualityFact, now: datetime | None = None) -> rules_store.Recorded:
        named = replace(fact, id=str(uuid4()))
        if hasattr(fact, "organization_id"):
            named = replace(named, organization_id=str(self.hospital))
        self.last = named
        async with self.pool.transaction() as tx:
            return await rules_store.record(
                tx, self.hospital, named, by=self.officer, now=now or fact.known_from, parameters=GRANTING
            )

    async def grants(self, known_at: datetime):
        async with self.pool.connection() as connection:
            return sorted(
                await rules_store.grants_known(connection, known_at, [self.hospital]), key=lambda one: one.begins
            )

    async def rows(self, query, kind):
        async with self.pool.connection() as connection:
            return await fetch_all(connection, query, {}, kind)


@dataclass
class Event:
    kind: str
    subject: UUID


@pytest.fixture
async def quality(pool):
    hospital, officer = uuid4(), uuid4()
    async with pool.transaction() as tx:
        await tx.execute(
            "insert into organization (id, code, name, kind) values (%s, 'LA-RM', '第一人民医院', 'lead-hospital')",
            (hospital,),
        )
        await tx.execute(
            "insert into practitioner (id, organization_id, name) values (%s, %s, '质控员')", (officer, hospital)
        )
    return Quality(pool, hospital, officer)


async def install(pool, *catalogues, now):
    async with pool.transaction() as tx:
        return await rules_store.install(tx, catalogues, now, uuid4)


async def in_force(pool, as_of, known_at):
    async with pool.connection() as connection:
        return (await rules_store.rules_in_force(connection, as_of, known_at, Parameters())).catalogues


async def test_a_document_is_installed_once_and_read_back_whole(pool, now):
    assert await install(pool, DEMO, now=now) == rules_store.Installed((DEMO.number,), 0, ())
    assert await install(pool, DEMO, now=now) == rules_store.Installed((), 1, ())
    assert await in_force(pool, now, now) == (DEMO,)


async def test_a_document_is_known_from_its_installation_and_in_force_from_its_first_county_day(pool, now):
    await install(pool, DEMO, now=now)
    assert await in_force(pool, now, now - timedelta(microseconds=1)) == ()
    eve = datetime.fromisoformat("2025-12-31T23:59:59+08:00")
    assert await in_force(pool, eve, now) == ()
    assert await in_force(pool, eve + timedelta(seconds=1), now) == (DEMO,)


async def test_a_changed_document_needs_a_new_number_and_until_then_nothing_is_installed(pool, now):
    await install(pool, DEMO, now=now)
    changed = replace(DEMO, title="另一个目录")
    other = replace(DEMO, number="2", first_day=date(2027, 1, 1))
    done = await install(pool, other, changed, now=now)
    assert (done.new, [one.number for one in done.refused]) == ((), [DEMO.number])
    assert "new number" in done.refused[0].en
    same_day = await install(pool, replace(changed, number="3"), now=now)
    assert "same day" in same_day.refused[0].en
    assert await in_force(pool, now, now) == (DEMO,)
    assert (await install(pool, other, now=now)).new == ("2",)


async def test_at_the_start_of_a_process_the_shipped_documents_are_installed_and_a_faulty_tree_changes_nothing(
    pool, now, tmp_path
):
    assert await install_catalogues(pool, now, uuid4) == ()
    assert await install_catalogues(pool, now, uuid4) == ()
    assert await in_force(pool, now, now) == (DEMO,)
    copy = shutil.copytree(SHIPPED, tmp_path / "catalogues")
    head = copy / "longan-2026" / "document.toml"
    head.write_text(head.read_text("utf-8").replace("2026年版", "2027年版"), "utf-8")
    (refused,) = await install_catalogues(pool, now, uuid4, copy)
    assert "new number" in refused
    head.write_text("", "utf-8")
    assert len(await install_catalogues(pool, now, uuid4, copy)) > 1
    assert await in_force(pool, now, now) == (DEMO,)


async def test_an_evaluation_becomes_a_grant_with_its_events_in_one_transaction(quality):
    recorded = await quality.record(passed(0))
    (grant,) = await quality.grants(day(0))
    assert (grant,) == recorded.grants
    assert (grant.state, grant.begins, grant.ends, grant.due) == (GrantState.ACTIVE, day(0), day(214), day(183))
    assert grant.evidence == (quality.last.id,)
    events = await quality.rows("select kind, subject from event order by id", Event)
    assert [(one.kind, str(one.subject)) for one in events] == [
        ("quality.recorded", quality.last.id),
        ("grant.changed", grant.id),
    ]


async def test_what_was_known_before_stays_readable_after_a_failure(quality):
    await quality.record(passed(0))
    await quality.record(failed(100, known=110))
    assert [(one.state, one.ends) for one in await quality.grants(day(109))] == [(GrantState.ACTIVE, day(214))]
    after = await quality.grants(day(110))
    assert [(one.state, one.begins) for one in after] == [
        (GrantState.ACTIVE, day(0)),
        (GrantState.SUSPENDED, day(100)),
    ]


async def test_a_suspension_that_a_withdrawal_reaches_behind_is_struck_and_stays_readable_as_it_was_known(quality):
    await quality.record(passed(0))
    await quality.record(failed(100))
    recorded = await quality.record(withdraw(120, retroactive_from=day(60)))
    assert len(recorded.struck) == 1
    assert [one.state for one in await quality.grants(day(119))] == [GrantState.ACTIVE, GrantState.SUSPENDED]
    assert [(one.state, one.begins) for one in await quality.grants(day(120))] == [
        (GrantState.ACTIVE, day(0)),
        (GrantState.WITHDRAWN, day(60)),
    ]


async def test_an_evaluation_taken_back_counts_no_longer(quality):
    await quality.record(passed(0))
    await quality.record(failed(100))
    bad = quality.last
    await quality.record(replace(revocation(bad, 110), evaluation_id=bad.id))
    assert [one.state for one in await quality.grants(day(110))] == [
        GrantState.ACTIVE,
        GrantState.SUSPENDED,
        GrantState.ACTIVE,
    ]


async def test_knowledge_of_one_member_is_strictly_ordered_even_when_the_clock_goes_back(quality):
    first = await quality.record(passed(0), now=day(10))
    second = await quality.record(change(20), now=day(5))
    assert second.known_from == first.known_from + timedelta(microseconds=1)


async def test_a_withdrawal_reaching_back_opens_a_look_back_for_the_period_it_takes(quality):
    await quality.record(passed(0))
    recorded = await quality.record(withdraw(120, retroactive_from=day(60), known=125))
    (taken,) = recorded.look_backs

    @dataclass
    class Row:
        grant_id: UUID
        begins: datetime
        ends: datetime

    (row,) = await quality.rows("select grant_id, begins, ends from look_back", Row)
    assert (str(row.grant_id), row.begins, row.ends) == (taken.grant.id, day(60), day(125))


async def test_the_map_shows_each_members_state_and_mark_at_the_moment(quality):
    await quality.record(passed(0))
    await quality.record(agreement(0, 365), now=day(1))

    async def shown(at):
        async with quality.pool.connection() as connection:
            listed = await rules_store.list_grants(connection, at, LATE, 30, item_keys=["lab.potassium"])
        return {one.grant.basis: (one.state, one.mark) for one in listed}

    document = (GrantState.ACTIVE, None)
    assert await shown(day(100)) == {Basis.EQA: (GrantState.ACTIVE, "黑HR"), Basis.COMMUNITY_DOCUMENT: document}
    assert (await shown(day(160)))[Basis.EQA] == (GrantState.DUE_SOON, "黑HR")
    assert (await shown(day(220)))[Basis.EQA] == (GrantState.EXPIRED, None)


async def test_what_contradicts_itself_is_unknown_or_is_there_already_is_refused_and_changes_nothing(quality):
    await quality.record(passed(0))
    good = quality.last
    with pytest.raises(Invalid):
        await quality.record(passed(0, item_keys=frozenset()))
    with pytest.raises(NotFound):
        await quality.record(revocation(passed(0), 5))
    async with quality.pool.transaction() as tx:
        with pytest.raises(Conflict):
            await rules_store.record(tx, quality.hospital, good, by=quality.officer, now=LATE, parameters=GRANTING)
        with pytest.raises(NotFound):
            await rules_store.record(tx, uuid4(), good, by=quality.officer, now=LATE, parameters=GRANTING)
    assert len(await quality.grants(LATE)) == 1


@pytest.mark.parametrize(
    "table", ["catalogue_version", "quality_evaluation", "recognition_grant", "look_back", "quality_fact"]
)
async def test_no_row_of_the_rules_is_changed_or_removed(quality, now, table):
    await install(quality.pool, DEMO, now=now)
    await quality.record(passed(0))
    await quality.record(withdraw(120, retroactive_from=day(60)))
    for statement in (f"update {table} set id = id", f"delete from {table}", f"truncate {table} cascade"):
        async with quality.pool.connection() as connection:
            with pytest.raises(psycopg.errors.RestrictViolation):
                await connection.execute(statement)


async def test_facts_that_come_at_once_are_known_one_after_the_other_and_none_is_left_out(quality):
    facts = [passed(number, programme=f"programme-{number}") for number in range(6)]
    done = await asyncio.gather(*(quality.record(one, now=day(10)) for one in facts))
    assert len({one.known_from for one in done}) == 6
    assert len(await quality.grants(LATE)) == 6


async def test_a_look_back_task_is_never_changed_or_removed(quality):
    await quality.record(passed(0))
    await quality.record(withdraw(120, retroactive_from=day(60)))
    async with quality.pool.connection() as connection:
        await connection.execute(
            "insert into look_back_task (id, look_back_id, decision_id, opened_at)"
            " select gen_random_uuid(), id, gen_random_uuid(), now() from look_back"
        )
        for statement in ("update look_back_task set opened_at = now()", "delete from look_back_task"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                await connection.execute(statement)


async def test_an_id_of_another_organisation_s_fact_is_refused_and_nothing_is_written(quality):
    await quality.record(passed(0))
    other = uuid4()
    async with quality.pool.transaction() as tx:
        await tx.execute(
            "insert into organization (id, code, name, kind) values (%s, 'X', 'X', 'township-hospital')", (other,)
        )
    theirs = replace(quality.last, organization_id=str(other))
    with pytest.raises(Conflict):
        async with quality.pool.transaction() as tx:
            await rules_store.record(tx, other, theirs, by=quality.officer, now=LATE, parameters=GRANTING)
    async with quality.pool.connection() as connection:
        assert await rules_store.grants_known(connection, LATE, [other]) == []
