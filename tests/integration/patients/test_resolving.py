import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from telemed.errors import Conflict
from telemed.patients import candidates, links, links_store, resolving, review, store
from telemed.patients.admission import admit
from telemed.patients.identifiers import Identifier, IdentifierKind, national_id
from telemed.patients.identity import Identity, Person
from telemed.patients.links import Fact, Ground
from telemed.patients.matching import Code, Outcome
from telemed.patients.resolving import Why
from telemed.vocabulary import EVERYWHERE, Sex

MINUTE = timedelta(minutes=1)


def number(text: str) -> Identifier:
    found = national_id(text)
    assert isinstance(found, Identifier)
    return found


CARD = number("239999195603140024")
WANG = Person("王桂兰", Sex.FEMALE, date(1956, 3, 14), identifiers=frozenset({CARD}))
BARE = Person("王桂兰", Sex.FEMALE, date(1956, 3, 14))
SOUNDS = Person("王贵兰", Sex.FEMALE, date(1956, 3, 14))


class Desk:
    """A township hospital with a registrar who decides."""

    def __init__(self, pool, organization_id, practitioner_id, now):
        self.pool, self.id, self.by, self.now = pool, organization_id, practitioner_id, now

    async def come(self, person, **contact) -> UUID:
        async with self.pool.transaction() as tx:
            seen = await admit(tx, person, organization_id=self.id, contact=store.Contact(**contact), now=self.tick())
        return UUID(str(seen.patient_id))

    def tick(self):
        self.now += MINUTE
        return self.now

    async def consider(self, patient_id):
        async with self.pool.transaction() as tx:
            await resolving.consider(tx, patient_id, now=self.tick())

    async def link(self, one, other, review_id=None):
        async with self.pool.transaction() as tx:
            await resolving.link(tx, one, other, Why(Ground.REVIEWED, self.by, review_id), self.tick())

    async def never(self, one, other):
        async with self.pool.transaction() as tx:
            await resolving.never_link(tx, one, other, Why(Ground.REVIEWED, self.by), self.tick())

    async def take_back(self, one, other):
        async with self.pool.transaction() as tx:
            return await resolving.take_back(tx, one, other, Why(Ground.TAKEN_BACK, self.by), self.tick())

    async def decide(self, review_id, state):
        async with self.pool.transaction() as tx:
            await review.decide(tx, review_id, state, "", decided_by=self.by, scope=EVERYWHERE, now=self.tick())

    async def reopen(self, review_id):
        async with self.pool.transaction() as tx:
            return await review.reopen(tx, review_id, "看错了", decided_by=self.by, scope=EVERYWHERE, now=self.tick())

    async def ask(self, query, *values):
        async with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(query, values)
            return await cursor.fetchall()

    async def records(self):
        """Every byte of every record, its numbers and who knows it."""
        return [
            (await self.ask(f"select {table}::text as line from {table} order by {table}::text"))
            for table in ("patient", "patient_identifier", "patient_organization")
        ]

    async def same(self, patient_id, known_at=None):
        async with self.pool.connection() as connection:
            rows = await links_store.around(connection, [patient_id], known_at=known_at)
        return links.component(patient_id, [row.pair for row in rows if row.fact == Fact.LINKED])


@pytest.fixture
async def desk(pool, database, now):
    organization_id, practitioner_id = uuid4(), uuid4()
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute(
            "insert into organization (id, code, name, kind) values (%s, 'ZT', '赵屯镇卫生院', 'township-hospital')",
            (organization_id,),
        )
        admin.execute(
            "insert into practitioner (id, organization_id, name) values (%s, %s, '陈小雨')",
            (practitioner_id, organization_id),
        )
    return Desk(pool, organization_id, practitioner_id, now)


async def test_linked_and_taken_back_every_record_is_as_before_to_the_byte(desk):
    first, second, third = await desk.come(WANG), await desk.come(BARE), await desk.come(SOUNDS)
    before = await desk.records()
    await desk.link(second, first)
    linked = await desk.records()
    assert linked != before
    await desk.link(third, second)
    assert await desk.same(first) == {first, second, third}
    assert await desk.take_back(second, third) == []
    assert await desk.records() == linked
    assert await desk.take_back(first, second) == []
    assert await desk.records() == before


async def test_links_taken_back_in_another_order_leave_nothing_either(desk):
    first, second, third = await desk.come(WANG), await desk.come(BARE), await desk.come(SOUNDS)
    before = await desk.records()
    await desk.link(second, third)
    await desk.link(third, first)
    await desk.take_back(second, third)
    assert await desk.same(first) == {first, third}
    assert await desk.same(second) == {second}
    await desk.take_back(third, first)
    assert await desk.records() == before


async def test_the_first_registered_stands_for_all_of_them(desk):
    first, second, third = await desk.come(BARE), await desk.come(WANG), await desk.come(SOUNDS)
    await desk.link(third, second)
    await desk.link(second, first)
    rows = await desk.ask("select id, same_as_id from patient")
    assert {row["id"]: row["same_as_id"] for row in rows} == {first: None, second: first, third: first}


async def test_what_changed_while_two_were_linked_stays_and_is_said(desk):
    first, second = await desk.come(WANG), await desk.come(BARE)
    await desk.link(first, second)
    async with desk.pool.transaction() as tx:
        await store.update_contact(tx, first, store.Contact(phone="13904531122"))
    side = "patient" if first < second else "other"
    assert await desk.take_back(first, second) == [f"{side}.phone"]
    facts = await desk.ask("select changed, snapshot -> %s ->> 'phone' as phone from identity_link order by id", side)
    assert facts == [{"changed": [], "phone": ""}, {"changed": [f"{side}.phone"], "phone": "13904531122"}]
    assert (await desk.ask("select phone from patient where id = %s", first)) == [{"phone": "13904531122"}]


async def test_what_was_linked_is_known_for_every_moment_since(desk):
    first, second = await desk.come(WANG), await desk.come(BARE)
    apart = desk.now
    await desk.link(first, second)
    together = desk.now
    await desk.take_back(first, second)
    parted = desk.now
    await desk.never(first, second)
    assert [await desk.same(first, at) for at in (apart, together, parted, None)] == [
        {first},
        {first, second},
        {first},
        {first},
    ]
    async with desk.pool.connection() as connection:
        then = await links_store.same_person(connection, second, known_at=together)
        assert then == {second: Ground.MATCHED, first: Ground.REVIEWED}
        assert await links_store.same_person(connection, second) == {second: Ground.MATCHED}
        told = [
            [row.fact for row in await links_store.around(connection, [first], known_at=at)] for at in (apart, None)
        ]
    assert told == [[], ["never-link"]]


async def test_a_fact_is_never_changed_or_removed(desk):
    first, second = await desk.come(WANG), await desk.come(BARE)
    await desk.link(first, second)
    for statement in ("update identity_link set note = 'x'", "delete from identity_link", "truncate identity_link"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            await desk.ask(statement)


async def test_two_told_apart_stay_apart_when_the_same_number_comes_later(desk):
    first, second = await desk.come(WANG), await desk.come(BARE)
    await desk.never(first, second)
    async with desk.pool.transaction() as tx:
        await store.give(tx, CARD, "shown", second, desk.tick())
    async with desk.pool.connection() as connection:
        row = await candidates.record_of(connection, second)
        ((other, match),) = await candidates.compared(connection, row)
    assert (other.id, match.outcome) == (first, Outcome.NEVER)
    assert {Code.NUMBER_SAME, Code.NAME_SAME, Code.BIRTH_SAME, Code.NEVER_LINK} <= set(match.findings)
    await desk.consider(second)
    assert await desk.ask("select id from identity_review") == []
    with pytest.raises(Conflict, match="identity-never-link"):
        await desk.link(first, second)
    assert await desk.same(first) == {first}


async def test_two_told_apart_are_not_joined_through_a_third(desk):
    first, second, third = await desk.come(WANG), await desk.come(BARE), await desk.come(SOUNDS)
    await desk.never(first, third)
    await desk.link(first, second)
    with pytest.raises(Conflict, match="identity-never-link"):
        await desk.link(second, third)
    await desk.take_back(first, third)
    await desk.link(second, third)
    with pytest.raises(Conflict, match="identity-linked-otherwise"):
        await desk.never(first, third)
    assert await desk.same(first) == {first, second, third}


async def test_number_name_and_birth_date_exact_are_linked_by_the_rule_and_can_be_taken_back(desk):
    first = await desk.come(WANG)
    own = Identifier(IdentifierKind.TEMPORARY, f"ORG:{desk.id}", "L2611230001")
    unknown = Person("无名氏女20261123-01", Sex.FEMALE, None, identifiers=frozenset({own}), identity=Identity.TEMPORARY)
    second = await desk.come(unknown)
    await desk.consider(second)
    assert await desk.ask("select id from identity_review") == []
    before = await desk.records()
    async with desk.pool.transaction() as tx:
        await review.complete(tx, second, BARE, CARD, organization_id=desk.id, now=desk.tick())
    assert await desk.same(first) == {first, second}
    (made,) = await desk.ask("select id, reason, state, decided_by from identity_review")
    assert (made["reason"], made["state"], made["decided_by"]) == ("matched", "same-person", None)
    (told,) = await desk.ask("select action, detail ->> 'findings' as found from audit_event")
    assert told["action"] == "identity.match"
    assert {"number-same", "name-same", "birth-same"} <= set(told["found"].split(","))
    assert await desk.records() != before
    await desk.reopen(made["id"])
    await desk.consider(second)
    assert await desk.same(first) == {first}
    assert await desk.ask("select state from identity_review") == [{"state": "open"}]


async def test_a_completed_identity_with_another_name_than_its_number_is_asked_about(desk):
    first = await desk.come(WANG)
    own = Identifier(IdentifierKind.TEMPORARY, f"ORG:{desk.id}", "L2611230001")
    second = await desk.come(
        Person("无名氏", Sex.FEMALE, None, identifiers=frozenset({own}), identity=Identity.TEMPORARY)
    )
    async with desk.pool.transaction() as tx:
        await review.complete(tx, second, SOUNDS, CARD, organization_id=desk.id, now=desk.tick())
    assert await desk.same(first) == {first}
    assert await desk.ask("select reason, state from identity_review") == [
        {"reason": "number-contradicts", "state": "open"}
    ]


@pytest.mark.parametrize(
    ("known", "came", "contact"),
    [
        pytest.param(WANG, BARE, {}, id="the same name and birth date"),
        pytest.param(WANG, SOUNDS, {}, id="a homophone and the birth date"),
        pytest.param(WANG, Person("WANG GUILAN", Sex.FEMALE, date(1956, 3, 14)), {}, id="pinyin and the birth date"),
        pytest.param(
            BARE, Person("王桂兰", Sex.FEMALE, date(1965, 3, 14)), {"phone": "+86 139-0453-1122"}, id="exchanged digits"
        ),
        pytest.param(
            BARE,
            Person("王贵兰", Sex.FEMALE, date(1957, 7, 1), estimated=True),
            {"phone": "13904531122"},
            id="an estimate",
        ),
    ],
)
async def test_who_a_new_record_may_be_is_asked_once(desk, known, came, contact):
    first = await desk.come(known, phone="13904531122")
    await desk.come(Person("刘德福", Sex.MALE, date(1956, 3, 14)))
    second = await desk.come(came, **contact)
    await desk.consider(second)
    await desk.consider(second)
    await desk.consider(first)
    assert await desk.ask("select patient_id, other_patient_id, reason, state from identity_review") == [
        {"patient_id": second, "other_patient_id": first, "reason": "possible-match", "state": "open"}
    ]
    assert await desk.ask("select id from identity_link") == []


async def test_candidates_are_found_by_indexes_alone(desk):
    mother = await desk.come(WANG, phone="13904531122")
    second = await desk.come(BARE, phone="13904531122", mother_id=mother)
    async with desk.pool.transaction() as tx:
        await tx.execute("set local enable_seqscan = off")
        await tx.execute("set local plan_cache_mode = force_generic_plan")
        row = await candidates.record_of(tx, second)
        asked = candidates.search_terms(row)
        cursor = await tx.execute("explain " + candidates.queries["candidates"], asked)
        plan = "\n".join(line for (line,) in await cursor.fetchall())
    assert "Seq Scan" not in plan, plan
    for index in (
        "identifier_belongs",
        "patient_by_birth",
        "patient_by_name_and_birth",
        "patient_by_phone",
        "patient_by_mother",
    ):
        assert index in plan, plan


async def test_two_reviewers_at_once_decide_once(desk):
    first, second = await desk.come(WANG), await desk.come(BARE)
    await desk.consider(second)
    (made,) = await desk.ask("select id from identity_review")
    states = ["same-person", "different-persons"] * 4
    answers = await asyncio.gather(*(desk.decide(made["id"], one) for one in states), return_exceptions=True)
    assert sum(one is None for one in answers) == 1
    assert {one.code for one in answers if isinstance(one, Conflict)} == {"review-decided"}
    facts = await desk.ask("select fact, decided_by from identity_link")
    wanted = {"same-person": "linked", "different-persons": "never-link"}[states[answers.index(None)]]
    assert facts == [{"fact": wanted, "decided_by": desk.by}]
    assert len(await desk.same(first)) == (2 if wanted == "linked" else 1)


async def test_two_reviewers_of_a_chain_at_once_never_join_who_was_told_apart(desk):
    first, second, third = await desk.come(WANG), await desk.come(BARE), await desk.come(SOUNDS)
    answers = await asyncio.gather(
        desk.link(first, second), desk.link(second, third), desk.never(first, third), return_exceptions=True
    )
    assert [type(one) for one in answers].count(Conflict) == 1
    same = await desk.same(first)
    never = await desk.ask("select id from identity_link where fact = 'never-link'")
    assert (third in same) is (never == [])


async def test_a_decision_taken_back_is_open_again_and_an_older_one_cannot_undo_a_newer(desk):
    first, second = await desk.come(WANG), await desk.come(BARE)
    await desk.consider(second)
    (made,) = await desk.ask("select id from identity_review")
    await desk.decide(made["id"], "different-persons")
    assert await desk.reopen(made["id"]) is not None
    await desk.decide(made["id"], "same-person")
    assert [row["fact"] for row in await desk.ask("select fact from identity_link order by id")] == [
        "never-link",
        "unlinked",
        "linked",
    ]
    await desk.never(first, second)
    with pytest.raises(Conflict, match="review-superseded"):
        await desk.reopen(made["id"])
    assert await desk.same(first) == {first}
