"""From a signed report to a decision that a hospital system hears, and the same decision made again later."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from telemed.cds.answering import ledger_rows
from telemed.cds.deciding import Registry
from telemed.cds.registry import Decided
from telemed.cds.request import Asked, AskedOrder, Person
from telemed.errors import Unavailable
from telemed.events.consumer import step
from telemed.patients import resolving
from telemed.patients.identifiers import Identifier, national_id
from telemed.recognition import rules_store
from telemed.recognition.assessing import Assessor
from telemed.recognition.catalogue_files import read_catalogues
from telemed.recognition.decision import Outcome, Verdict
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.imaging_names import read as read_names
from telemed.recognition.imaging_results import Technique
from telemed.recognition.installing import install_catalogues
from telemed.recognition.ledger import keep_decisions
from telemed.recognition.order import Context
from telemed.recognition.quality import Agreement, IssuerDecision, Ruling
from telemed.recognition.replay import Replayed, replay
from telemed.recognition.rule_book import RuleBook
from telemed.recognition.rules import Basis, Code, Scope
from telemed.vocabulary import Sex
from tests.integration.reading.conftest import County

NAMES = Path(__file__).parents[3] / "config" / "recognition" / "imaging-names.toml"
NUMBER = "239999195803140029"
CHEST = Code("urn:cn:county:item", "CT-CHEST-PLAIN")
HEAD = Code("urn:cn:county:item", "CT-HEAD-PLAIN")
ZONE = ZoneInfo("Asia/Shanghai")
CATCH_UP_SECONDS = 30
LONGAN = Scope("community", "longan", "龙安县域医共体")


@dataclass
class Registered:
    """A county whose township's chest CT was read by the county, and the registry over it."""

    county: County
    study: UUID
    images: bool = True
    technique: Technique = field(default_factory=lambda: Technique({"slice_mm": "5"}, contrast=False))

    @property
    def assessor(self) -> Assessor:
        async def read(_samples: Any) -> Technique:
            return self.technique

        return Assessor(read_names(NAMES), read, "longan", ZONE, lambda: self.county.now)

    async def catch_up(self) -> None:
        """Let the registry learn what has happened, also while a transaction elsewhere keeps the last events back."""
        consumer = self.assessor.consumer()
        async with self.county.pool.transaction() as tx:
            await tx.execute("insert into event_consumer (name) values (%s) on conflict do nothing", (consumer.name,))
        behind = """select exists (select from event e, event_consumer c
                                   where c.name = %s and (e.xid, e.id) > (c.xid, c.id))"""
        async with asyncio.timeout(CATCH_UP_SECONDS):
            while True:
                while await step(self.county.pool, consumer):
                    pass
                async with self.county.pool.connection() as connection:
                    if await (await connection.execute(behind, (consumer.name,))).fetchone() == (False,):
                        return

    async def ask(
        self, *, by: UUID | None = None, more: tuple[Code, ...] = (), view: bool = False, **context: Any
    ) -> Decided:
        async def can_fetch(_result: str) -> bool:
            return self.images

        registry = Registry(self.county.pool, RuleBook(), can_fetch, lambda: self.county.now)
        orders = tuple(
            AskedOrder(
                f"ServiceRequest/{at}",
                frozenset({code}),
                Context("outpatient", **context),
                None,
                answered=False,
                resource={},
            )
            for at, code in enumerate((CHEST, *more))
        )
        return await registry(
            Asked(
                hook="patient-view" if view else "order-select",
                hook_instance=uuid4(),
                client_id=uuid4(),
                organization_id=by or self.county.center,
                user="Practitioner/1",
                patient_id="p1",
                encounter_id=None,
                person=person(),
                context=Context("outpatient", **context),
                orders=() if view else orders,
                as_of=self.county.now,
            )
        )

    async def kept(self, decided: Decided) -> None:
        """The ledger holds what was decided."""
        asked = Asked(
            "order-select", uuid4(), None, self.county.center, "", "", None, person(), Context(), (), self.county.now
        )  # type: ignore[arg-type]
        rows, _ = ledger_rows(asked, decided, [], uuid4, self.county.now)
        async with self.county.pool.transaction() as tx:
            await keep_decisions(tx, [replace(one, client_id=None) for one in rows])
        self.county.now += timedelta(seconds=1)

    async def replayed(self) -> list[Replayed]:
        until = self.county.now + timedelta(days=365)
        return [one async for one in replay(self.county.pool, datetime(2000, 1, 1, tzinfo=UTC), until)]


def person(name: str = "王桂兰") -> Person:
    number = national_id(NUMBER)
    assert isinstance(number, Identifier)
    return Person((number,), (), name, datetime(1958, 3, 14).date(), Sex.FEMALE)  # noqa: DTZ001 -- a birthday


def verdict(decided: Decided) -> Verdict | None:
    return decided.answered[0].decision.verdict


def against(decided: Decided) -> set[str]:
    """What was found against the one result."""
    (analyte,) = decided.answered[0].decision.analytes
    (result,) = analyte.candidates
    return {one.code for one in result.findings if one.outcome is not Outcome.PASS}


@pytest.fixture
async def registered(county: County) -> Registered:
    county.now = datetime.now(UTC).replace(microsecond=0)
    async with county.pool.transaction() as tx:
        for place in (county.center, county.township):
            await tx.execute(
                "insert into community_membership (organization_id, valid_from) values (%s, '2025-01-01')", (place,)
            )
        await tx.execute(
            "insert into patient_identifier (issuer, value, claim, kind, patient_id, since)"
            " values ('CN:GB11643', %s, '', 'national-id', %s, now())",
            (NUMBER, county.patient),
        )
    study = await county.push()
    async with county.pool.transaction() as tx:
        await tx.execute("update service_request set item = 'CT 胸部平扫'")
        await tx.execute(
            "with series as (insert into imaging_series (study_id, series_instance_uid, modality)"
            " values (%s, '1.2.3', 'CT') returning id)"
            " insert into imaging_instance (series_id, study_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid,"
            " digest, size, rows, received_at) select id, %s, '1.2.3.4', '1.2', '1.2.840.10008.1.2.1',"
            " decode(repeat('ab', 32), 'hex'), 1, 512, now() from series",
            (study, study),
        )
    await county.schedule(study)
    reading = await county.reading_of(study)
    await county.signed(reading)
    made = Registered(county, study)
    async with county.pool.transaction() as tx:
        for place in (county.center, county.township):
            await made.assessor.organization(tx, place, county.now)
        await tx.execute(
            "insert into image_grade (reading_id, study_id, grade, graded_by, graded_at)"
            " values (%s, %s, 'A', %s, now())",
            (reading, study, county.people["zheng"].principal.practitioner_id),
        )
    assert await install_catalogues(county.pool, county.now, uuid4) == ()
    await agreed(made)
    await made.catch_up()
    return made


async def agreed(made: Registered) -> None:
    """The community's document says that the township's chest CT counts."""
    county = made.county
    fact = Agreement(
        id=str(uuid4()),
        organization_id=str(county.township),
        item_keys=frozenset({"ct.chest.plain"}),
        basis=Basis.COMMUNITY_DOCUMENT,
        scope=LONGAN,
        begins=county.now - timedelta(days=100),
        ends=county.now + timedelta(days=100),
        known_from=county.now,
    )
    by = county.people["shen"].principal.practitioner_id
    async with county.pool.transaction() as tx:
        await rules_store.record(tx, county.township, fact, by=by, now=county.now, parameters=read_parameters())


async def test_what_the_township_acquired_and_the_county_read_is_offered_at_order_time(registered):
    decided = await registered.ask()
    assert decided.patient_id == registered.county.patient
    assert against(decided) == set()
    assert verdict(decided) is Verdict.MUST_OFFER
    shown = decided.answered[0].shown[f"imaging/{registered.study}"]
    assert shown.institution == "石泉镇卫生院(演示)"
    assert shown.images


async def test_the_member_itself_is_asked_the_same_and_a_stranger_is_not_covered(registered):
    assert verdict(await registered.ask(by=registered.county.township)) is Verdict.MUST_OFFER
    async with registered.county.pool.transaction() as tx:
        await registered.assessor.organization(tx, registered.county.other_township, registered.county.now)
    assert "scope-outside" in against(await registered.ask(by=registered.county.other_township))


async def test_a_member_nobody_told_of_is_known_once_the_county_is_looked_at(registered):
    async with registered.county.pool.transaction() as tx:
        await registered.assessor.organizations(tx, registered.county.now)
        found = await (
            await tx.execute("select count(*) from recognition_knowledge where kind = 'organization'")
        ).fetchone()
    assert found == (3,)


async def test_while_somebody_says_it_is_another_patients_a_person_looks_at_it(registered):
    county = registered.county
    await county.propose(registered.study, await county.somebody())
    await registered.catch_up()
    assert "status-unknown" in against(await registered.ask())
    assert verdict(await registered.ask()) is Verdict.INDETERMINATE


async def test_a_clock_nobody_can_believe_gives_no_window(registered):
    async with registered.county.pool.transaction() as tx:
        await tx.execute(
            "update imaging_study set acquired_at = '2036-01-01T00:00:00Z' where id = %s", (registered.study,)
        )
        await registered.assessor.study(tx, registered.study)
    assert {"anchor-missing", "grant-time-unknown"} <= against(await registered.ask())


async def test_who_read_it_stays_where_the_reader_was_when_it_was_signed(registered):
    county = registered.county
    async with county.pool.transaction() as tx:
        await tx.execute("update practitioner set organization_id = %s", (county.other_township,))
        await registered.assessor.study(tx, registered.study)
        content = await (
            await tx.execute(
                "select content from recognition_knowledge where kind = 'candidate' order by id desc limit 1"
            )
        ).fetchone()
    assert f'"reporting_id":"{county.center}"' in content[0]


async def test_the_registry_says_nothing_while_it_is_behind(registered):
    async with registered.county.pool.transaction() as tx:
        await tx.execute(
            "insert into event (kind, subject, topics, at)"
            " values ('study.updated', %s, '{}', now() - interval '5 minutes')",
            (registered.study,),
        )
    with pytest.raises(Unavailable):
        await registered.ask()
    await registered.catch_up()
    assert verdict(await registered.ask()) is Verdict.MUST_OFFER


async def test_two_orders_of_one_call_and_a_view_are_each_made_again(registered):
    knee = Code("urn:cn:county:item", "DX-KNEE-LEFT")
    await registered.kept(await registered.ask(more=(knee,)))
    await registered.kept(await registered.ask(view=True))
    assert [one.differs for one in await registered.replayed()] == [(), (), ()]


async def test_a_verdict_somebody_altered_and_one_that_cannot_be_read_are_found(registered):
    await registered.kept(await registered.ask())
    await registered.kept(await registered.ask())
    async with registered.county.pool.transaction() as tx:
        await tx.execute("alter table recognition_decision disable trigger user")
        await tx.execute(
            "update recognition_decision set verdict = 'exempt'"
            " where decided_at = (select min(decided_at) from recognition_decision)"
        )
        await tx.execute(
            "update recognition_decision set asked = '{}'"
            " where decided_at = (select max(decided_at) from recognition_decision)"
        )
    assert [one.differs for one in await registered.replayed()] == [("verdict",), ("unreadable",)]


async def test_another_name_under_the_same_number_is_nobody_for_sure(registered):
    async with registered.county.pool.transaction() as tx:
        await tx.execute(
            "update patient set name = '刘德福', name_search = '刘德福' where id = %s", (registered.county.patient,)
        )
    decided = await registered.ask()
    assert decided.patient_id is None
    assert decided.answered == ()


async def test_images_that_cannot_be_fetched_now_are_not_offered(registered):
    registered.images = False
    decided = await registered.ask()
    assert against(decided) == {"images-unavailable"}
    assert verdict(decided) is Verdict.NOT_ELIGIBLE


async def test_thick_slices_are_not_comparable(registered):
    registered.technique = Technique({"slice_mm": "8"}, contrast=False)
    async with registered.county.pool.transaction() as tx:
        await registered.assessor.study(tx, registered.study)
    assert "technique-below" in against(await registered.ask())


async def test_an_emergency_is_left_alone(registered):
    assert verdict(await registered.ask(emergency=True)) is Verdict.EXEMPT


async def test_a_report_taken_back_is_known_a_moment_later_and_decisions_before_it_stay_as_they_were(registered):
    await registered.kept(await registered.ask())
    async with registered.county.pool.transaction() as tx:
        await tx.execute("update imaging_study set hold = 'mixed' where id = %s", (registered.study,))
        await registered.assessor.study(tx, registered.study)
    after = await registered.ask()
    assert after.answered[0].decision.analytes[0].candidates == ()
    await registered.kept(after)
    found = await registered.replayed()
    assert [one.differs for one in found] == [(), ()]
    assert [one.now for one in found] == ["must-offer", None]


async def test_orders_asked_about_together_are_made_again_one_by_one(registered):
    """One rests on a grant that the other does not ask for."""
    decided = await registered.ask(more=(HEAD,))
    assert [one.decision.verdict for one in decided.answered] == [Verdict.MUST_OFFER, None]
    await registered.kept(decided)
    assert [one.differs for one in await registered.replayed()] == [(), ()]


async def test_a_grant_withdrawn_to_the_past_changes_what_is_decided_now_and_nothing_that_was(registered):
    county = registered.county
    await registered.kept(await registered.ask())
    by = county.people["shen"].principal.practitioner_id
    async with county.pool.transaction() as tx:
        fact = IssuerDecision(
            id=str(uuid4()),
            programme=str(
                (await rules_store.grants_known(tx, county.now + timedelta(days=1), [county.township]))[0].programme
            ),
            item_keys=frozenset({"ct.chest.plain"}),
            ruling=Ruling.WITHDRAW,
            at=county.now,
            known_from=county.now,
            retroactive_from=county.now - timedelta(days=90),
        )
        await rules_store.record(tx, county.township, fact, by=by, now=county.now, parameters=read_parameters())
    await registered.catch_up()
    now = await registered.ask()
    assert verdict(now) is Verdict.NOT_ELIGIBLE
    await registered.kept(now)
    found = await registered.replayed()
    assert [(one.now, one.differs) for one in found] == [("must-offer", ()), ("not-eligible", ())]


async def test_records_told_to_be_one_person_share_results_until_it_is_taken_back(registered):
    county = registered.county
    other, _ = await county.somebody()
    async with county.pool.transaction() as tx:
        await tx.execute("update imaging_study set patient_id = %s where id = %s", (other, registered.study))
        await registered.assessor.study(tx, registered.study)
    alone = await registered.ask()
    assert alone.answered[0].decision.analytes[0].candidates == ()
    await registered.kept(alone)
    why = resolving.Why(
        resolving.Ground.REVIEWED, note="同一人", decided_by=county.people["shen"].principal.practitioner_id
    )
    async with county.pool.transaction() as tx:
        await resolving.link(tx, county.patient, other, why, county.now)
    await registered.catch_up()
    together = await registered.ask()
    assert against(together) == set()
    assert verdict(together) is Verdict.MUST_OFFER
    await registered.kept(together)
    async with county.pool.transaction() as tx:
        back = replace(why, ground=resolving.Ground.TAKEN_BACK)
        await resolving.take_back(tx, county.patient, other, back, county.now)
    await registered.catch_up()
    assert (await registered.ask()).answered[0].decision.analytes[0].candidates == ()
    assert [one.differs for one in await registered.replayed()] == [(), ()]


async def test_a_row_somebody_altered_is_found(registered):
    await registered.kept(await registered.ask())
    async with registered.county.pool.transaction() as tx:
        await tx.execute("alter table recognition_knowledge disable trigger user")
        await tx.execute(
            'update recognition_knowledge set content = replace(content, \'"grade":"A"\', \'"grade":"B"\')'
            " where kind = 'candidate'"
        )
    (found,) = await registered.replayed()
    assert found.differs == ("inputs", "trace")


async def test_a_trace_somebody_altered_is_found(registered):
    await registered.kept(await registered.ask())
    async with registered.county.pool.transaction() as tx:
        await tx.execute("alter table recognition_decision disable trigger user")
        await tx.execute("update recognition_decision set trace = replace(trace, 'must-offer', 'may-offer')")
    (found,) = await registered.replayed()
    assert found.differs == ("stored-trace",)


def test_every_shipped_name_stands_for_an_item_of_a_shipped_catalogue():
    names = read_names(NAMES)
    codes = {code.code for one in read_catalogues().catalogues for item in one.items.values() for code in item.codes}
    assert set(names.codes.values()) <= codes
