import asyncio
from datetime import date
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from telemed.db import open_pool
from telemed.patients import store
from telemed.patients.admission import admit
from telemed.patients.identifiers import Identifier, IdentifierKind, national_id, of_modality
from telemed.patients.identity import Identity, Person
from telemed.vocabulary import Sex


def number(text: str) -> Identifier:
    found = national_id(text)
    assert isinstance(found, Identifier)
    return found


CARD = number("239999195603140024")
WANG = Person("王桂兰", Sex.FEMALE, date(1956, 3, 14), identifiers=frozenset({CARD}))


@pytest.fixture
def township(database):
    ids = [uuid4(), uuid4()]
    with psycopg.connect(database, autocommit=True) as admin:
        for one, code in zip(ids, ("赵屯镇卫生院", "永发镇卫生院"), strict=True):
            admin.execute(
                "insert into organization (id, code, name, kind) values (%s, %s, %s, 'township-hospital')",
                (one, code, code),
            )
    return ids


@pytest.fixture
def count(database):
    def ask(table: LiteralString, where: LiteralString = "true") -> int:
        with psycopg.connect(database, autocommit=True) as admin:
            row = admin.execute(f"select count(*) from {table} where {where}").fetchone()
        assert row is not None
        return row[0]

    return ask


async def come(pool, person, organization, now, **contact):
    async with pool.transaction() as tx:
        return await admit(tx, person, organization_id=organization, contact=store.Contact(**contact), now=now)


async def test_two_hundred_identical_registrations_at_once_make_one_person(database, township, now, count):
    pool = await open_pool(database, size=40, patience=60)
    try:
        forms = ["239999195603140024", "２３９９９９１９５６０３１４００２４"]
        people = [
            Person("王桂兰", Sex.FEMALE, date(1956, 3, 14), identifiers=frozenset({number(forms[i % 2])}))
            for i in range(200)
        ]
        admitted = await asyncio.gather(*(come(pool, p, township[i % 2], now) for i, p in enumerate(people)))
    finally:
        await pool.close()
    assert len({a.patient_id for a in admitted}) == 1
    assert sum(a.is_new for a in admitted) == 1
    assert count("patient") == 1
    assert count("patient_identifier") == 1
    assert count("patient_organization") == 2


async def test_two_hundred_contradictions_at_once_make_one_source_person_and_one_review(database, township, now, count):
    pool = await open_pool(database, size=40, patience=60)
    other = Person("刘德福", Sex.MALE, date(1960, 1, 1), identifiers=frozenset({CARD}))
    try:
        first = await come(pool, WANG, township[0], now)
        admitted = await asyncio.gather(*(come(pool, other, township[0], now) for _ in range(200)))
    finally:
        await pool.close()
    assert len({a.patient_id for a in admitted}) == 1
    assert {a.contradicts for a in admitted} == {first.patient_id}
    assert count("patient") == 2
    assert count("patient", "identity = 'source'") == 1
    assert count("identity_review", "state = 'open'") == 1


@pytest.mark.parametrize(
    "other",
    [
        Person("王桂芝", Sex.FEMALE, date(1956, 3, 14), identifiers=frozenset({CARD})),
        Person("WANG GUILAN", Sex.FEMALE, date(1956, 3, 14), identifiers=frozenset({CARD})),
        Person("王桂兰", Sex.FEMALE, date(1957, 3, 14), identifiers=frozenset({CARD})),
        Person("王桂兰", Sex.MALE, date(1956, 3, 14), identifiers=frozenset({CARD})),
    ],
)
async def test_the_same_number_with_something_else_different_is_a_separate_person(pool, township, now, count, other):
    first = await come(pool, WANG, township[0], now)
    second = await come(pool, other, township[1], now)
    assert second.patient_id != first.patient_id
    assert second.contradicts == first.patient_id
    assert count("identity_review", "reason = 'number-contradicts' and state = 'open'") == 1
    again = await come(pool, WANG, township[1], now)
    assert again == (first.patient_id, False, None)


async def test_one_person_at_two_organisations_is_known_to_both(pool, township, now):
    await come(pool, WANG, township[0], now)
    seen = await come(pool, WANG, township[1], now)
    async with pool.connection() as connection:
        assert await store.patient(connection, seen.patient_id, [township[1]]) is not None
        assert await store.patient(connection, seen.patient_id, [uuid4()]) is None
        assert await store.patient(connection, seen.patient_id, None) is not None


async def test_three_people_with_patient_id_1_are_three_people(pool, township, now, count):
    ids = set()
    for name in ("王桂兰", "刘德福", "孙淑芝"):
        assert of_modality("1", "", str(township[0])) is None
        ids.add(
            (await come(pool, Person(name, Sex.UNKNOWN, None, identity=Identity.SOURCE), township[0], now)).patient_id
        )
    assert len(ids) == 3
    assert count("identity_review") == 0


async def test_a_device_number_finds_the_same_source_person_only_with_the_same_name(pool, township, now, count):
    device = of_modality("20481", "", str(township[0]))
    assert device is not None
    one = Person("王桂兰", Sex.FEMALE, None, identifiers=frozenset({device}), identity=Identity.SOURCE)
    other = Person("刘德福", Sex.MALE, None, identifiers=frozenset({device}), identity=Identity.SOURCE)
    first, again, second = [await come(pool, p, township[0], now) for p in (one, one, other)]
    assert first.patient_id == again.patient_id != second.patient_id
    assert count("identity_review") == 0


async def test_people_without_a_number_are_never_joined(pool, township, now, count):
    nobody = Person("王桂兰", Sex.FEMALE, date(1956, 3, 14))
    await come(pool, nobody, township[0], now)
    await come(pool, nobody, township[0], now)
    assert count("patient") == 2


async def test_a_newborn_has_its_own_number_and_its_mother(pool, township, now):
    mother = await come(
        pool, Person("张桂兰", Sex.FEMALE, date(1998, 5, 1), identifiers=frozenset({CARD})), township[0], now
    )
    own = Identifier(IdentifierKind.TEMPORARY, f"ORG:{township[0]}", "L2611230001")
    baby = Person("张桂兰之子", Sex.MALE, date(2026, 11, 23), identifiers=frozenset({own}), identity=Identity.TEMPORARY)
    child = await come(pool, baby, township[0], now, mother_id=mother.patient_id)
    async with pool.connection() as connection:
        row = await store.patient(connection, child.patient_id, None)
        numbers = await store.numbers(connection, child.patient_id)
    assert row is not None
    assert row.mother_id == mother.patient_id
    assert [n.kind for n in numbers] == ["temporary"]


@pytest.mark.parametrize(
    "asked", ["王桂", "兰", "wangguilan", "guilan", "wgl", "239999195603140024", "２３９９９９１９５６０３１４００２４"]
)
async def test_a_person_is_found_by_name_reading_initials_and_number(pool, township, now, asked):
    seen = await come(pool, WANG, township[0], now)
    await come(pool, Person("刘德福", Sex.MALE, None), township[0], now)
    async with pool.connection() as connection:
        found = await store.search(connection, asked, [township[0]], limit=10)
        elsewhere = await store.search(connection, asked, [township[1]], limit=10)
    assert [row.id for row in found] == [seen.patient_id]
    assert elsewhere == []


@pytest.mark.parametrize("asked", ["0024", "23999919560314", "%", "_", "1", "", " "])
async def test_part_of_a_number_and_wildcards_find_nobody(pool, township, now, asked):
    await come(pool, WANG, township[0], now)
    async with pool.connection() as connection:
        assert await store.search(connection, asked, None, limit=10) == []


@pytest.mark.parametrize("name", ["张䶮", "刘㛃", "林𫖮", "王𠮷"])
async def test_a_rare_name_is_stored_and_found_as_written(pool, township, now, name):
    seen = await come(pool, Person(name, Sex.FEMALE, None), township[0], now)
    async with pool.connection() as connection:
        row = await store.patient(connection, seen.patient_id, None)
        found = await store.search(connection, name, None, limit=10)
    assert row is not None
    assert row.name == name
    assert [r.id for r in found] == [UUID(str(seen.patient_id))]
