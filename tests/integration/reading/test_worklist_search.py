"""Whom a word typed over the worklist finds: in the view it stands in, within the reader's scope, and nobody else."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest

from telemed.patients.store import name_columns
from telemed.reading.service import listing

NUMBER = "239999195603140024"


async def registered(county, name: str, accession: str, number: str = "", **facts) -> UUID:
    """A reading of somebody registered under this name, accession number and ID."""
    study = await county.push(sex="F", **facts)
    async with county.pool.transaction() as tx:
        columns = name_columns(name)
        cursor = await tx.execute(
            "update patient set name = %s, name_search = %s, name_pinyin = %s, birth_date = %s"
            " where id = (select patient_id from imaging_study where id = %s) returning id",
            (name, columns["name_search"], columns["name_pinyin"], date(1956, 3, 14), study),
        )
        [patient] = await cursor.fetchone()
        await tx.execute(
            "update service_request set accession_number = %s"
            " where id = (select service_request_id from imaging_study where id = %s)",
            (accession, study),
        )
        if number:
            await tx.execute(
                "insert into patient_identifier (issuer, value, claim, kind, patient_id, since)"
                " values ('CN', %s, 'sure', 'national-id', %s, %s)",
                (number, patient, county.now),
            )
    await county.schedule(study)
    return await county.reading_of(study)


async def found(county, q: str, view: str = "todo", who: str = "gao") -> set[UUID]:
    person = county.people[who]
    organizations = None if person.scope.organizations is None else list(person.scope.organizations)
    narrowed = listing.Narrowed(person.principal.practitioner_id, organizations, "", None, "", 200, q)
    async with county.pool.connection() as connection:
        rows, _ = await listing.lines(connection, listing.VIEWS[view], narrowed, county.now, county.rules)
    return {row.id for row in rows}


@pytest.mark.parametrize(
    "q",
    ["孙淑芝", "淑芝", "sunshuzhi", "SSZ", "LA11-0007", "la110007", "1-0007", NUMBER, f" {NUMBER[:6]} {NUMBER[6:]}"],
)
async def test_a_name_its_reading_an_accession_number_or_an_id_finds_the_one(county, q):
    meant = await registered(county, "孙淑芝", "LA11-0007", NUMBER)
    await registered(county, "赵国军", "LA11-0008")
    assert await found(county, q) == {meant}


@pytest.mark.parametrize("q", ["孙淑英", "sunshuying", "LA11-0009", NUMBER[:-1], "%", "_", " ", "007", "\\"])
async def test_a_word_that_means_nobody_finds_nobody(county, q):
    await registered(county, "孙淑芝", "LA11-0007", NUMBER)
    assert await found(county, q) == set()


async def test_a_search_stays_in_its_view_and_finds_check_ups_among_all(county):
    checkup = await registered(county, "孙淑芝", "LA11-0007", encounter_class="checkup")
    assert await found(county, "孙淑芝") == set()
    assert await found(county, "孙淑芝", "checkup") == {checkup}
    assert await found(county, "孙淑芝", "all") == {checkup}


async def test_a_search_stays_within_the_readers_scope(county):
    other = await registered(county, "孙淑芝", "LA12-0001", township=county.other_township)
    own = await registered(county, "孙淑芝", "LA11-0001")
    assert await found(county, "孙淑芝") == {own, other}
    assert await found(county, "孙淑芝", who="wang") == {own}


async def test_issued_reports_are_searched_in_their_own_view(county):
    reading = await registered(county, "孙淑芝", "LA11-0007")
    await registered(county, "赵国军", "LA11-0008")
    await county.signed(reading)
    assert await found(county, "孙淑芝") == set()
    assert await found(county, "孙淑芝", "signed-today") == {reading}
    assert await found(county, "赵国军", "signed-today") == set()


async def test_somebody_not_matched_yet_is_found_by_what_the_device_wrote(county):
    study = await county.push(match_state="none")
    async with county.pool.transaction() as tx:
        columns = name_columns("刘德福")
        await tx.execute(
            "update imaging_study set patient_id = null, service_request_id = null, source_patient_name = %s,"
            " source_name_search = %s, source_name_pinyin = %s, source_patient_id = 'DR-00123',"
            " accession_number = %s where id = %s",
            ("刘德福", columns["name_search"], columns["name_pinyin"], f"X{uuid4().hex[:8]}", study),
        )
    await county.schedule(study)
    reading = await county.reading_of(study)
    assert await found(county, "liudefu", "all") == {reading}
    assert await found(county, "DR-00123", "all") == {reading}
    assert await found(county, "DR-0012", "all") == set()
