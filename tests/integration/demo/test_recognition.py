"""Recognition in the demo county, in a real database: grants, results, and what the registry makes of them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest

from telemed.access.codes import SecretBox
from telemed.access.passwords import Passwords
from telemed.cds.deciding import Registry
from telemed.cds.request import Asked, AskedOrder, Person
from telemed.db import Pool
from telemed.demo import agreements, laboratory, questions
from telemed.demo.acts import Cast
from telemed.demo.county import load_directory
from telemed.demo.county import read as read_county
from telemed.demo.studies import Patient
from telemed.demo.studies import read as read_day
from telemed.events.consumer import step
from telemed.patients.identifiers import Identifier, national_id
from telemed.reading.service.rule_book import read_rules
from telemed.recognition.assessing import Assessor
from telemed.recognition.decision import Verdict
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.imaging_names import read as read_names
from telemed.recognition.installing import install_catalogues
from telemed.recognition.order import Context
from telemed.recognition.replay import replay
from telemed.recognition.rule_book import RuleBook
from telemed.recognition.rules import Code, GrantState
from telemed.recognition.rules_store import list_grants
from telemed.results.intake import Intake
from telemed.results.maps import read_maps
from telemed.statistics.counting import values
from telemed.statistics.months import Month
from telemed.statistics.parameters import read_parameters as read_counting
from telemed.statistics.sealing import Sealer
from telemed.statistics.serving import Figures
from telemed.vocabulary import Sex

pytestmark = pytest.mark.timeout(120)
CONFIG = Path(__file__).parents[3] / "config"
ZONE = ZoneInfo("Asia/Shanghai")
PEOPLE = laboratory.people_of(read_day().studies)
PARAMETERS = read_parameters()
DUE_SOON = PARAMETERS[-1].due_soon_days
LOINC = "http://loinc.org"


def utc_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def began(pool: Pool) -> datetime:
    """When the demo county was begun; its people and places are there."""
    now = utc_now()
    await load_directory(
        pool,
        read_county(),
        box=SecretBox(bytes(32)),
        passwords=Passwords(memory_kib=64),
        now=now,
        deliver=lambda _made: None,
    )
    assert await install_catalogues(pool, now - timedelta(days=400), uuid4) == ()
    return now


async def agree(pool: Pool, began: datetime) -> int:
    return await agreements.bring(pool, agreements.read(), Cast(pool, read_rules(), ZONE), began, PARAMETERS)


async def send(pool: Pool, began: datetime, *, most: int | None = None) -> int:
    read = laboratory.read()
    ready = laboratory.messages(read, PEOPLE, began.astimezone(ZONE))
    intake = Intake(pool, ZONE, read_maps(CONFIG / "recognition" / "maps"))
    return await laboratory.bring(pool, read, intake, ready[:most], began)


async def rows(pool: Pool, query: str, *values: Any) -> list[tuple]:
    async with pool.connection() as connection:
        return await (await connection.execute(query.encode(), values)).fetchall()


async def test_the_county_agrees_and_is_evaluated_once(pool, began):
    written = await agree(pool, began)
    assert await rows(pool, "select count(*) from event where kind = 'grant.changed'") == [(written,)]
    facts = "select (select count(*) from quality_evaluation) + (select count(*) from quality_fact)"
    audited = "select count(*) from audit_event where action = 'quality.record' and outcome = 'success'"
    assert await rows(pool, facts) == await rows(pool, audited) == [(22,)]
    assert await rows(
        pool, "select basis, count(distinct id) from recognition_grant group by basis order by basis"
    ) == [
        ("community-document", 245),
        ("county-remote-reading", 103),
        ("external-quality-assessment", 42),
        ("imaging-quality-control", 39),
    ]
    before = await rows(pool, "select count(*) from event")
    assert await agree(pool, began) == 0
    assert await rows(pool, "select count(*) from event") == before


async def test_a_start_that_was_interrupted_records_what_is_missing(pool, began):
    whole = agreements.read()
    part = msgspec.structs.replace(whole, agreements=whole.agreements[:2], evaluations=[])
    cast = Cast(pool, read_rules(), ZONE)
    first = await agreements.bring(pool, part, cast, began, PARAMETERS)
    second = await agree(pool, began)
    assert first == 237
    assert await rows(pool, "select count(*), count(distinct id) from recognition_grant") == [(first + second, 429)]


async def test_a_film_machine_that_failed_is_suspended_and_another_is_due_soon(pool, began):
    await agree(pool, began)
    devices = dict(await rows(pool, "select id::text, ae_title from device"))
    async with pool.connection() as connection:
        listed = await list_grants(connection, began, began, DUE_SOON)
    chests = [one for one in listed if one.grant.item_key == "dx.chest.pa" and one.grant.device_id is not None]
    assert {(devices[one.grant.device_id], one.state, one.mark) for one in chests} == {
        ("XL_DR1", GrantState.SUSPENDED, None),
        ("LH_DR1", GrantState.DUE_SOON, "龙安HR"),
    }
    potassium = [one for one in listed if one.grant.item_key == "lab.potassium"]
    assert sorted(one.mark or "" for one in potassium) == ["", "", "", "全国HR", "全国HR"]


async def test_laboratories_send_at_their_own_times_and_one_line_is_kept_apart(pool, began):
    assert await send(pool, began) == 28
    assert await rows(pool, "select disposition, count(*) from result_message group by disposition order by 1") == [
        ("partly", 1),
        ("stored", 27),
    ]
    assert await rows(pool, "select reason, written, state from result_quarantine") == [
        ("unit-contradicts", "U/L", "open")
    ]
    ((earliest, latest, people),) = await rows(
        pool,
        "select min(received_at), max(received_at), (select count(distinct patient_id) from laboratory_report_version)"
        " from result_message",
    )
    assert began - timedelta(days=330) < earliest < began - timedelta(days=310)
    assert began - timedelta(days=2) < latest < began
    assert people == 15
    assert await rows(pool, "select number from laboratory_observation where flags = '{HH}' order by 1") == [
        ("23.10",),
        ("6.84",),
    ]
    corrected = "select number, status from laboratory_observation where code = '1742-6' and status = 'corrected'"
    assert await rows(pool, corrected) == [("41", "corrected")]


async def test_sending_twice_adds_nothing_and_what_was_interrupted_is_gone_on_with(pool, began):
    counted = """select (select count(*) from result_message), (select count(*) from laboratory_observation),
                 (select count(*) from result_message_again), (select count(*) from event)"""
    assert await send(pool, began, most=6) == 6
    assert await send(pool, began) == 22
    before = await rows(pool, counted)
    assert await send(pool, began) == 0
    assert await rows(pool, counted) == before


async def known(pool: Pool) -> None:
    """Everything that happened is known to the registry."""

    async def unread(_samples: object) -> None:
        """No images came."""

    assessor = Assessor(
        names=read_names(CONFIG / "recognition" / "imaging-names.toml"),
        technique=unread,
        community=agreements.COMMUNITY.key,
        zone=ZONE,
        clock=utc_now,
    )
    consumers = assessor.consumers()
    async with pool.transaction() as tx:
        await tx.execute(
            "insert into event_consumer (name) select unnest(%s::text[]) on conflict do nothing", ([*consumers],)
        )
    behind = """select exists (select from event e, event_consumer c
                               where c.name = any(%s) and (e.xid, e.id) > (c.xid, c.id))"""
    async with asyncio.timeout(60):
        while True:
            for one in consumers.values():
                while await step(pool, one):
                    pass
            # a transaction elsewhere keeps the last events back
            if await rows(pool, behind, [*consumers]) == [(False,)]:
                return


async def asked(pool: Pool, patient: Patient, *codes: str) -> Asked:
    number = national_id(patient.number)
    assert isinstance(number, Identifier)
    ((township,),) = await rows(pool, "select id from organization where code = 'LA-QS'")
    context = Context(encounter_class="outpatient")
    orders = tuple(
        AskedOrder(f"ServiceRequest/{code}", frozenset({Code(LOINC, code)}), context, None, answered=False, resource={})
        for code in codes
    )
    person = Person((number,), (), patient.name, patient.born, Sex(patient.sex))
    return Asked("order-select", uuid4(), uuid4(), township, "d1", "p1", None, person, context, orders, utc_now())


async def test_a_township_hears_of_the_joint_laboratory_s_results_of_the_day_before_yesterday(pool, began):
    assert await install_catalogues(pool, began, uuid4) == ()
    await agree(pool, began)
    await send(pool, began)
    await known(pool)

    async def fetched(_result: str) -> bool:
        return True

    registry = Registry(pool, RuleBook(), fetched, utc_now)
    decided = await registry(await asked(pool, PEOPLE["ct-wang"], "2823-3", "14682-9", "4548-4"))
    verdicts = [one.decision.verdict for one in decided.answered]
    assert verdicts == [Verdict.MUST_OFFER, Verdict.MUST_OFFER, Verdict.MUST_OFFER]
    relied = [
        one.shown[each.candidate_id]
        for one in decided.answered
        for analyte in one.decision.analytes
        for each in analyte.candidates
        if each.verdict is Verdict.MUST_OFFER
    ]
    assert {shown.mark for shown in relied} == {"龙安县域医共体"}
    grants = {
        each.grant_id
        for one in decided.answered
        for analyte in one.decision.analytes
        for each in analyte.candidates
        if each.verdict is Verdict.MUST_OFFER
    }
    relied_on = "select distinct basis from recognition_grant where id = any(%s::uuid[])"
    assert await rows(pool, relied_on, list(grants)) == [("external-quality-assessment",)]
    assert {shown.institution for shown in decided.answered[0].shown.values()} == {
        "龙安联合医学检验所",
        "龙安县第一人民医院",
    }


async def test_questions_of_two_months_are_asked_answered_and_counted_once(pool, began):
    assert await install_catalogues(pool, began, uuid4) == ()
    await agree(pool, began)
    await send(pool, began)
    await known(pool)
    async with pool.transaction() as tx:  # nobody was registered at a township here; the results came from laboratories
        await tx.execute(
            "insert into patient_organization (organization_id, patient_id)"
            " select o.id, p.id from organization o cross join patient p on conflict do nothing"
        )

    async def fetched(_result: str) -> bool:
        return True

    registry = Registry(pool, RuleBook(), fetched, utc_now)
    cast, local = Cast(pool, read_rules(), ZONE), began.astimezone(ZONE)
    await questions.caught_up(pool)
    asked_for = questions.read()
    made = await questions.bring(pool, asked_for, cast, registry.of_patient, PEOPLE, began=local)
    assert made == sum(len(one.items) for one in asked_for)
    assert await questions.bring(pool, asked_for, cast, registry.of_patient, PEOPLE, began=local) == 0
    outcomes = await rows(pool, "select outcome, count(*) from recognition_response group by outcome order by outcome")
    assert [name for name, _ in outcomes] == ["accepted", "overridden", "withdrawn"]
    replayed = [one async for one in replay(pool, began - timedelta(days=90), began)]
    assert len(replayed) == made
    assert [one.differs for one in replayed if one.differs] == []
    sealer = Sealer(pool, ZONE, read_counting(), utc_now)
    await sealer.due(began)
    last = Month.of(began, ZONE).moved(-1)
    figures = Figures(ZONE, read_counting())
    counted = values((await figures.month(pool, last, began)).cells, None)
    assert counted["recognised"] >= 3
    assert counted["savings-gross"] > 0
