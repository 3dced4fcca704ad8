import asyncio
from datetime import date, timedelta
from uuid import uuid4

import pytest

from telemed.db import open_pool
from telemed.errors import Conflict, Forbidden, Invalid, NotFound
from telemed.events.consumer import Consumer, step
from telemed.imaging.forms import DocumentForm, NewbornForm, PersonForm
from telemed.imaging.registration import EmergencyClass, Pregnancy
from telemed.patients import resolving
from telemed.patients.identifiers import IdentifierKind
from telemed.patients.identity import Birth
from telemed.vocabulary import EncounterClass, Laterality, Scope, ScopeKind, Sex

NOBODY = "select count(*) as n from service_request"


async def test_accession_numbers_are_given_out_in_order(townships, ask):
    here, there = townships
    ids = [await here.register(), await here.register(), await there.register()]
    numbers = [(await ask("select accession_number as n from service_request where id = %s", i))["n"] for i in ids]
    assert numbers == ["2611230001", "2611230002", "2611230001"]


async def test_an_accession_number_typed_twice_is_refused_and_a_given_one_steps_over_it(townships, ask):
    here, there = townships
    await here.register(accession_number="2611230001")
    with pytest.raises(Conflict, match="accession-taken") as refused:
        await here.register(accession_number="2611230001")
    assert "检查号重复，待核对" in refused.value.zh
    await there.register(accession_number="2611230001")
    given = await here.register()
    assert (await ask("select accession_number as n from service_request where id = %s", given))["n"] == "2611230002"


async def test_who_may_register_everywhere_is_told_of_an_organisation_that_is_not_there(township, ask):
    township.scope = Scope(ScopeKind.EVERYWHERE)
    nobodys = uuid4()
    for person in (township.person(), PersonForm(sex=Sex.MALE, unidentified=True)):
        with pytest.raises(Invalid, match="unknown-organization"):
            await township.register(organization_id=nobodys, person=person)
    assert (await ask(NOBODY))["n"] == 0


async def test_one_form_sent_many_times_at_once_is_one_registration(township, database, ask):
    form = township.form(person=PersonForm(sex=Sex.MALE, name="刘德福", age_years=71))
    township.pool = await open_pool(database, size=20, patience=60)
    try:
        ids = await asyncio.gather(*(township.register(form) for _ in range(20)))
    finally:
        await township.pool.close()
    assert len(set(ids)) == 1


async def test_two_hundred_registrations_of_one_person_at_once_are_one_person(township, database, ask):
    township.pool = await open_pool(database, size=40, patience=60)
    try:
        ids = await asyncio.gather(*(township.register() for _ in range(200)))
    finally:
        await township.pool.close()
    assert len(set(ids)) == 200
    found = await ask(
        "select count(distinct patient_id) as people, count(distinct accession_number) as numbers from service_request"
    )
    assert found == {"people": 1, "numbers": 200}


async def test_people_of_one_name_must_be_told_apart(township, ask):
    nobody_known = PersonForm(sex=Sex.FEMALE, name="王桂兰", birth_date=date(1956, 3, 14), address="前屯村")
    await township.register(person=nobody_known)
    with pytest.raises(Conflict, match="same-name-undecided"):
        await township.register(person=PersonForm(sex=Sex.FEMALE, name="王桂兰", birth_date=date(1958, 1, 1)))
    assert (await ask(NOBODY))["n"] == 1
    await township.register(
        person=PersonForm(sex=Sex.FEMALE, name="王桂兰", birth_date=date(1958, 1, 1), another_person=True)
    )
    known = (await ask("select id from patient where birth_date = '1956-03-14'"))["id"]
    await township.register(person=PersonForm(sex=Sex.FEMALE, patient_id=known))
    assert await ask("select count(*) as n, count(distinct patient_id) as p from service_request") == {"n": 3, "p": 2}


async def test_somebody_of_the_same_name_but_another_age_asks_nothing(township):
    await township.register(person=PersonForm(sex=Sex.FEMALE, name="王桂兰", birth_date=date(1956, 3, 14)))
    await township.register(person=PersonForm(sex=Sex.FEMALE, name="王桂兰", birth_date=date(1990, 3, 14)))


async def test_the_own_number_settles_who_it_is_without_a_question(township):
    await township.register()
    await township.register()


async def test_a_number_that_contradicts_is_a_separate_person_on_the_work_list(township, ask):
    await township.register()
    await township.register(person=township.person(name="孟淑珍"))
    assert (await ask("select count(*) as n from identity_review where state = 'open'"))["n"] == 1
    assert (await ask("select count(distinct patient_id) as n from service_request"))["n"] == 2


@pytest.mark.parametrize(("name", "state"), [("王桂兰", "same-person"), ("王桂蘭", "open")])
async def test_a_card_shown_later_links_the_record_it_was_shown_for_or_asks(townships, ask, name, state):
    here, there = townships
    await there.register(at=there.now - timedelta(minutes=5))
    await here.register(person=here.person(name=name, document=None))
    known = (await ask("select id from patient where organization_id = %s", here.id))["id"]
    chosen = PersonForm(sex=Sex.FEMALE, patient_id=known, document=here.person().document)
    await here.register(person=chosen)
    assert (await ask("select patient_id, state from identity_review")) == {"patient_id": known, "state": state}
    links = "select count(*) as n from identity_link where fact = 'linked' and ground = 'matched'"
    assert (await ask(links))["n"] == (1 if state == "same-person" else 0)
    assert (await ask("select count(*) as n from patient_identifier where claim = ''"))["n"] == 1


async def test_who_came_to_two_townships_without_a_card_is_asked_about_by_what_was_registered(townships, ask, pool):
    consumer = Consumer("resolve-identities", resolving.KINDS, resolving.handle)
    async with pool.transaction() as tx:
        await tx.execute("insert into event_consumer (name) values ('resolve-identities')")
    here, there = townships
    await there.register(person=there.person(document=None), at=there.now - timedelta(minutes=5))
    await here.register(person=here.person(document=None))
    while await step(pool, consumer):
        pass
    review = await ask("select organization_id, reason, state from identity_review")
    assert review == {"organization_id": here.id, "reason": "possible-match", "state": "open"}
    assert (await ask("select count(*) as n from identity_link"))["n"] == 0


async def test_a_card_of_somebody_else_gives_nobody_its_number(township, ask):
    await township.register()
    await township.register(card_mismatch=True, person=township.person(name="孟淑珍", birth_date=date(1960, 1, 1)))
    review = await ask("select reason, state from identity_review")
    assert review == {"reason": "card-mismatch", "state": "open"}
    assert (await ask("select count(*) as n from patient_identifier"))["n"] == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"birth_date": date(1957, 3, 14)}, "document-contradicts-birth"),
        ({"sex": Sex.MALE}, "document-contradicts-sex"),
        ({"document": DocumentForm(IdentifierKind.NATIONAL_ID, "239999195603140025")}, "document-checksum"),
        ({"document": DocumentForm(IdentifierKind.TEMPORARY, "L1")}, "document-kind"),
        ({"name": " · "}, "name-missing"),
        ({"document": None, "birth_date": date(2027, 1, 1)}, "birth-in-future"),
    ],
)
async def test_a_person_that_contradicts_the_document_is_refused_and_nothing_is_kept(township, ask, changed, code):
    with pytest.raises(Invalid, match=code):
        await township.register(person=township.person(**changed))
    assert await ask("select count(*) as n from patient") == {"n": 0}


async def test_a_document_of_no_known_form_is_taken_as_another_document(township, ask):
    await township.register(person=township.person(document=DocumentForm(IdentifierKind.OTHER, "军字12345")))
    assert (await ask("select kind from patient_identifier"))["kind"] == "other"


async def test_somebody_unidentified_gets_a_name_and_a_number(township, ask):
    emergency = {
        "encounter_class": EncounterClass.EMERGENCY,
        "emergency_class": EmergencyClass.TRAUMA,
        "consent_told": False,
        "history": "",
    }
    await township.register(person=PersonForm(sex=Sex.MALE, unidentified=True, age_years=40), **emergency)
    await township.register(person=PersonForm(sex=Sex.MALE, unidentified=True), **emergency)
    found = await ask("select array_agg(name order by name) as names, min(identity) as identity from patient")
    assert found == {"names": ["无名氏男20261123-01", "无名氏男20261123-02"], "identity": "temporary"}


async def test_a_newborn_has_its_own_number_even_when_the_mothers_card_is_scanned(township, ask):
    await township.register(person=township.person(name="张桂兰"))
    mother = (await ask("select id from patient"))["id"]
    born = NewbornForm(mother, Birth.FIRST, township.now - timedelta(hours=5))
    await township.register(
        person=township.person(sex=Sex.MALE, name="", newborn=born),
        item="DR 胸部正位",
        body_site="胸部",
        laterality=Laterality.UNPAIRED,
    )
    baby = await ask(
        "select p.*, i.kind from patient p join patient_identifier i on i.patient_id = p.id where mother_id is not null"
    )
    assert (baby["name"], baby["mother_id"], baby["kind"], baby["birth_date"]) == (
        "张桂兰之大双",
        mother,
        "temporary",
        date(2026, 11, 23),
    )


async def test_a_form_that_lacks_something_is_refused_and_nothing_is_kept(township, ask):
    with pytest.raises(Invalid, match="laterality-missing"):
        await township.register(item="DR 膝关节", laterality=Laterality.UNPAIRED)
    with pytest.raises(Invalid, match="pregnancy-to-confirm"):
        await township.register(
            person=township.person(document=None, birth_date=date(1996, 1, 1)),
            item="CT 腹部",
            body_site="腹部",
            laterality=Laterality.UNPAIRED,
            modality="CT",
            pregnancy=Pregnancy.UNKNOWN,
        )
    assert await ask("select count(*) as n from patient") == {"n": 0}


async def test_two_examinations_of_one_visit_share_it(township, ask):
    chest = await township.register()
    abdomen = await township.register(visit_of=chest)
    assert abdomen != chest
    assert (await ask("select count(distinct visit_id) as n from service_request"))["n"] == 1
    with pytest.raises(Invalid, match="another-visit"):
        await township.register(visit_of=uuid4())


async def test_nobody_registers_for_another_organisation_or_a_stranger(townships, ask):
    here, there = townships
    with pytest.raises(Forbidden):
        await here.register(organization_id=there.id)
    await there.register()
    stranger = (await ask("select id from patient"))["id"]
    with pytest.raises(NotFound):
        await here.register(person=PersonForm(sex=Sex.FEMALE, patient_id=stranger))
