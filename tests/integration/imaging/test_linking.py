from datetime import date, timedelta
from uuid import uuid4

import pytest

from telemed.errors import Conflict, Invalid, NotFound
from telemed.imaging import linking
from telemed.imaging.forms import PersonForm
from telemed.vocabulary import Intent, Laterality, Sex


async def accession_of(ask, request_id) -> str:
    return (await ask("select accession_number from service_request where id = %s", request_id))["accession_number"]


async def test_a_pushed_study_finds_its_registration_and_tells_everybody(township, follow, ask):
    request_id = await township.register()
    study_id = await township.push(images=3, accession_number=await accession_of(ask, request_id))
    await follow()
    row = await township.look(study_id)
    request = await ask("select * from service_request where id = %s", request_id)
    assert (row["match_state"], row["service_request_id"], row["patient_id"], row["intent"]) == (
        "sure",
        request_id,
        request["patient_id"],
        "request-reading",
    )
    assert request["status"] == "completed"
    event = await ask("select topics, ids::text as ids from event where kind = 'study.matched'")
    assert "worklist" in event["topics"]
    assert "王" not in event["ids"]
    assert await ask("select count(*) as n from event where kind = 'study.matched'") == {"n": 1}
    assert await ask("select decided_by from match_decision") == {"decided_by": None}


async def test_a_registration_made_after_the_push_finds_the_study(township, follow):
    study_id = await township.push()
    await follow()
    assert (await township.look(study_id))["match_state"] == "none"
    request_id = await township.register(at=township.now + timedelta(hours=1))
    await follow()
    row = await township.look(study_id)
    assert (row["match_state"], row["service_request_id"]) == ("sure", request_id)


async def test_wrong_patient_sex_differs_while_the_number_agrees_is_not_linked(township, follow, ask):
    request_id = await township.register()
    study_id = await township.push(sex="M", accession_number=await accession_of(ask, request_id))
    await follow()
    row = await township.look(study_id)
    assert (row["match_state"], row["service_request_id"]) == ("doubtful", None)
    request = await ask("select patient_id from service_request")
    assert row["patient_id"] not in (None, request["patient_id"])


async def test_laterality_left_requested_and_right_examined_is_not_linked(township, follow, ask):
    request_id = await township.register()
    study_id = await township.push(laterality="R", accession_number=await accession_of(ask, request_id))
    await follow()
    assert (await township.look(study_id))["match_state"] == "doubtful"


async def test_a_borrowed_card_is_never_linked_by_itself(township, follow, ask):
    request_id = await township.register(card_mismatch=True, person=township.person(name="王桂芝"))
    study_id = await township.push(
        patient_name="王桂芝", patient_id="", accession_number=await accession_of(ask, request_id)
    )
    await follow()
    assert (await township.look(study_id))["match_state"] == "doubtful"


async def test_a_mixed_study_is_held_until_somebody_decides_and_never_linked(township, follow, ask):
    uid = f"2.25.{uuid4().int}"
    request_id = await township.register()
    number = await accession_of(ask, request_id)
    study_id = await township.push(study=uid, accession_number=number)
    await township.push(
        study=uid, accession_number=number, patient_name="刘德福", patient_id="", sex="M", birth_date=None
    )
    await follow()
    row = await township.look(study_id)
    assert (row["hold"], row["service_request_id"], row["match_state"]) == ("mixed", None, "doubtful")
    with pytest.raises(Conflict, match="study-held"):
        await township.decide(study_id, request_id)
    async with township.pool.transaction() as tx:
        await linking.settle_mixed(
            tx,
            study_id,
            one_person=False,
            revision=row["match_revision"],
            principal=township.principal,
            scope=township.scope,
            now=township.now,
        )
    row = await township.look(study_id)
    assert (row["hold"], row["match_state"], row["service_request_id"]) == ("", "sure", request_id)


async def test_two_studies_with_one_accession_number_are_both_to_be_checked(township, follow, ask):
    request_id = await township.register()
    number = await accession_of(ask, request_id)
    studies = [await township.push(accession_number=number) for _ in range(2)]
    await follow()
    rows = [await township.look(one) for one in studies]
    assert [row["match_state"] for row in rows] == ["doubtful", "doubtful"]
    await township.decide(studies[0], request_id)
    with pytest.raises(Conflict, match="request-answered"):
        await township.decide(studies[1], request_id)
    await township.decide(studies[1], request_id, same_visit=True)
    assert {(await township.look(one))["service_request_id"] for one in studies} == {request_id}
    assert (await ask("select count(*) as n from match_decision where decision = 'linked-same-visit'"))["n"] == 1


async def test_three_people_with_patient_id_1_are_three_people(township, follow):
    names = ("王桂兰", "刘德福", "孙淑芝")
    studies = [await township.push(patient_id="1", patient_name=name, birth_date=None) for name in names]
    await follow()
    assert len({(await township.look(one))["patient_id"] for one in studies}) == 3


async def test_a_rare_name_matches_in_its_own_characters_and_a_device_that_could_not_write_it_is_doubtful(
    township, follow, ask
):
    request_id = await township.register(person=township.person(name="张䶮"))
    number = await accession_of(ask, request_id)
    study_id = await township.push(patient_name="张?", accession_number=number)
    await follow()
    assert (await township.look(study_id))["match_state"] == "doubtful"
    other = await township.register(person=township.person(name="张䶮"))
    same = await township.push(patient_name="张^䶮", accession_number=await accession_of(ask, other))
    await follow()
    assert (await township.look(same))["match_state"] == "sure"


async def test_a_clock_eight_hours_ahead_is_measured_and_does_not_stop_the_match(township, follow, ask):
    request_id = await township.register()
    ahead = township.now + timedelta(hours=8, minutes=10)
    study_id = await township.push(accession_number=await accession_of(ask, request_id), acquired_at=ahead)
    await follow()
    assert (await township.look(study_id))["match_state"] == "sure"
    device = await ask("select clock_skew_seconds from device where ae_title = 'DR1'")
    assert device["clock_skew_seconds"] == 8 * 3600 - 300


async def test_an_old_study_is_a_backfill_until_somebody_says_otherwise(township, follow):
    study_id = await township.push(
        acquired_at=township.now - timedelta(days=40), patient_name="赵国军", patient_id="20481"
    )
    await follow()
    row = await township.look(study_id)
    assert row["intent"] == "backfill"
    async with township.pool.transaction() as tx:
        await linking.set_intent(
            tx, study_id, Intent.REQUEST_READING, revision=row["match_revision"], scope=township.scope
        )
    await township.push(
        study=row["study_instance_uid"],
        patient_name="赵国军",
        patient_id="20481",
        acquired_at=township.now - timedelta(days=40),
    )
    await follow()
    assert (await township.look(study_id))["intent"] == "request-reading"


async def test_a_doubtful_study_is_confirmed_by_a_person(township, follow, ask):
    request_id = await township.register()
    study_id = await township.push(patient_name="WANG^GUILAN", patient_id="1", accession_number="")
    await follow()
    assert (await township.look(study_id))["match_state"] == "doubtful"
    await township.decide(study_id, request_id)
    row = await township.look(study_id)
    assert (row["match_state"], row["service_request_id"]) == ("confirmed", request_id)
    decision = await ask("select decided_by, verdict from match_decision")
    assert decision == {"decided_by": township.principal.practitioner_id, "verdict": "doubtful"}
    with pytest.raises(Conflict, match="study-linked"):
        await township.decide(study_id, request_id)


async def test_a_study_without_a_registration_stands_for_itself_once_somebody_said_so(township, follow):
    study_id = await township.push(patient_id="20481", patient_name="赵国军", sex="M", birth_date=None)
    await follow()
    before = await township.look(study_id)
    await township.decide(study_id, None)
    row = await township.look(study_id)
    assert (row["match_state"], row["service_request_id"], row["patient_id"]) == (
        "confirmed",
        None,
        before["patient_id"],
    )
    later = await township.register(person=PersonForm(sex=Sex.MALE, name="赵国军"))
    assert later
    await follow()
    assert (await township.look(study_id))["service_request_id"] is None


async def test_a_decision_on_what_has_moved_on_is_refused(township, follow):
    study_id = await township.push()
    await follow()
    async with township.pool.transaction() as tx:
        with pytest.raises(Conflict, match="study-moved-on"):
            await linking.decide(
                tx,
                study_id,
                None,
                revision=0,
                same_visit=False,
                principal=township.principal,
                scope=township.scope,
                now=township.now,
            )


async def test_another_township_sees_and_decides_nothing(townships, follow):
    here, there = townships
    study_id = await here.push()
    await follow()
    with pytest.raises(NotFound):
        await there.decide(study_id, None)


async def test_a_registration_of_somebody_else_is_no_candidate(township, follow):
    request_id = await township.register(
        person=PersonForm(sex=Sex.MALE, name="赵国军", birth_date=date(1950, 1, 1)),
        modality="CT",
        item="CT 胸部平扫",
        body_site="胸部",
        laterality=Laterality.UNPAIRED,
    )
    study_id = await township.push()
    await follow()
    async with township.pool.connection() as connection:
        row = await linking.linked.study(connection, study_id)
        assert row is not None
        assert await linking.candidates(connection, row) == []
    with pytest.raises(Invalid, match="no-candidate"):
        await township.decide(study_id, uuid4())
    assert request_id


async def test_the_same_events_again_change_nothing(township, follow, ask):
    await township.register()
    await township.push(patient_id="1")
    await follow()
    before = await ask("select count(*) as n, max(match_revision) as r from imaging_study, event")
    async with township.pool.transaction() as tx:
        await tx.execute("update event_consumer set xid = '0', id = 0")
    await follow()
    assert await ask("select count(*) as n, max(match_revision) as r from imaging_study, event") == before
