"""A colleague of a third institution: what being added opens, and that being taken out shuts it at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from telemed.consultation.people import membership
from telemed.vocabulary import Role
from tests.integration.consultation.guest.invited import Case, study_uids
from tests.integration.consultation.people.joined import add, city, come_in, remove, specialist
from tests.integration.consultation.requests.door import Somebody


async def seen(case: Case, who: Somebody, study: str) -> int:
    """Of the study's series, as a viewer asks for them."""
    return (await who.call("GET", f"/dicom-web/studies/{study}/series"))[0]


async def test_being_added_opens_the_room_and_the_images_of_the_case_and_nothing_else(case: Case):
    colleague = await specialist(case, await city(case))
    mine, other = await study_uids(case)
    path = f"/api/consultations/{case.number}"
    assert (await colleague.call("GET", path))[0] == 404
    assert (await colleague.call("GET", f"/api/rooms/{case.room}"))[0] == 404
    assert await seen(case, colleague, mine) == 403

    assert (await add(case, colleague, "participant"))[0] == 204
    _, listed = await colleague.call("GET", "/api/consultations?open=true")
    assert [(one["id"], one["member"], one["you"]) for one in listed["items"]] == [(case.number, "participant", [])]
    assert (await colleague.call("GET", path))[0] == 200
    assert (await colleague.call("GET", f"/api/rooms/{case.room}"))[0] == 200
    assert await seen(case, colleague, mine) == 200
    assert await seen(case, colleague, other) == 204
    for way in ("", "/instances", "/metadata"):
        assert (await colleague.call("GET", f"/dicom-web/studies/{mine}{way}"))[0] in {204, 403, 404}
    assert (await colleague.call("GET", f"/api/patients/{case.door.asked.county.patient}"))[0] in {403, 404}


async def test_being_taken_out_shuts_all_of_it_at_once_and_ends_the_conversation(case: Case):
    colleague = await specialist(case, await city(case))
    mine, _ = await study_uids(case)
    _, _, member = await add(case, colleague, "participant")
    inside = await come_in(case, colleague)
    assert await remove(case, member, by=case.expert) == 204
    assert await inside.closed() == 4003
    assert (await colleague.call("GET", f"/api/rooms/{case.room}"))[0] == 403
    assert (await colleague.call("GET", f"/api/consultations/{case.number}"))[0] == 404
    assert (await colleague.call("GET", "/api/consultations?open=true"))[1]["items"] == []
    assert await seen(case, colleague, mine) == 403
    assert await remove(case, member) == 204  # a second time says the same
    # and may be added again
    assert (await add(case, colleague, "audience"))[0] == 204
    assert (await come_in(case, colleague)).role == "audience"
    assert await seen(case, colleague, mine) == 200


async def test_another_process_takes_somebody_out_of_a_conversation_here(case: Case):
    colleague = await specialist(case, await city(case))
    _, _, member = await add(case, colleague, "participant")
    inside = await come_in(case, colleague)
    await case.door.asked.act("wang", membership.remove, UUID(case.number), UUID(member), "不再参加")
    assert await inside.closed() == 4003


async def test_a_moderator_does_not_let_in_again_whom_somebody_took_out(case: Case):
    colleague = await specialist(case, await city(case))
    _, _, member = await add(case, colleague, "participant")
    assert await remove(case, member) == 204
    host = await come_in(case, case.physician)
    assert (await host.command("member.admit", {"person": str(colleague.id)}))["code"] == "not-knocking"


async def test_a_colleague_presents_and_marks_and_cannot_write_the_opinion(case: Case):
    colleague = await specialist(case, await city(case))
    await add(case, colleague, "participant")
    inside = await come_in(case, colleague)
    assert inside.role == "participant"
    assert (await inside.command("presenter.take", {}, base=0))["t"] == "ok"
    study, _ = await study_uids(case)
    [(sop,)] = await case.door.asked.rows(
        "select sop_instance_uid from imaging_instance i join imaging_study s on s.id = i.study_id"
        " where s.study_instance_uid = %s",
        study,
    )
    mark = {"id": "m1", "study": study, "series": "1.2.3", "sop": sop, "frame": 1, "tool": "length"}
    assert (await inside.command("anno.add", mark | {"geom": [0, 0, 1000, 1000]}))["t"] == "ok"
    assert (await inside.command("opinion.draft", {"text": "x"}, base=0))["code"] == "role-may-not"
    written = await colleague.call(
        "PUT", f"/api/consultations/{case.number}/opinion", {"diagnosis": "x", "advice": "", "revision": 0}
    )
    assert written[0] == 404


async def test_a_colleague_does_not_see_how_it_was_asked_for(case: Case):
    colleague = await specialist(case, await city(case))
    await add(case, colleague, "participant")
    _, whole = await colleague.call("GET", f"/api/consultations/{case.number}")
    assert whole["history"]
    assert [whole[name] for name in ("consents", "offers", "phone_answers", "steps")] == [[], [], [], []]
    assert (await colleague.call("GET", f"/api/consultations/{case.number}/guests"))[0] == 404
    [(paper,)] = await case.door.asked.rows(
        "select paper from consultation_consent where consultation_id = %s", UUID(case.number)
    )
    assert (await colleague.call("GET", f"/api/consultations/{case.number}/photographs/{paper}"))[0] == 404
    _, found = await colleague.call("GET", f"/api/consultations/{case.number}/members")
    assert [(one["name"], one["reason"]) for one in found["items"]] == [("师远", "")]
    assert found["open"] is False
    assert (await add(case, colleague, "audience", by=colleague))[0] == 404


async def test_without_an_agreement_nobody_is_added_to_a_routine_consultation_and_the_words_say_why(case: Case):
    colleague = await specialist(case, await city(case, agreed=False))
    status, said, _ = await add(case, colleague, "participant")
    assert (status, said["code"]) == (409, "agreement-missing")
    _, found = await case.physician.call("GET", f"/api/consultations/{case.number}/candidates?search=师远")
    (one,) = found["items"]
    against = {each["role"]: each["stops"] for each in one["against"]}
    assert against == {"participant": ["agreement-missing"], "audience": ["agreement-missing"]}


async def test_in_an_emergency_what_is_missing_is_written_down(case: Case):
    colleague = await specialist(case, await city(case, agreed=False))
    async with case.door.asked.pool.transaction() as tx:
        await tx.execute("update consultation set urgency = 'urgent' where id = %s", (case.number,))
    assert (await add(case, colleague, "participant"))[0] == 204
    _, found = await case.physician.call("GET", f"/api/consultations/{case.number}/members")
    assert [one["concerns"] for one in found["items"]] == [["agreement-missing"]]
    step = await case.door.asked.rows(
        "select command, concerns, reason, detail ->> 'role' from consultation_step where consultation_id = %s"
        " order by number desc limit 1",
        UUID(case.number),
    )
    assert step == [("add-member", ["agreement-missing"], "请一起看", "participant")]


@pytest.mark.parametrize(
    ("whom", "code"),
    [("physician", "is-party-already"), ("expert", "is-party-already"), ("registrar", "cannot-enter-rooms")],
)
async def test_who_is_there_already_or_cannot_come_in_is_not_added(case: Case, whom: str, code: str):
    person = (
        await case.door.hire(Role.REGISTRAR, case.door.asked.county.township)
        if whom == "registrar"
        else getattr(case, whom)
    )
    status, said, _ = await add(case, person, "audience")
    assert (status, said["code"]) == (409, code)


async def test_nobody_looks_on_before_the_patient_has_agreed_and_how_is_kept_for_the_two_sides(case: Case):
    student = await specialist(case, await city(case))
    status, said, _ = await add(case, student, "audience", consent=" ")
    assert (status, said["code"]) == (422, "audience-consent-needed")
    assert await case.door.asked.rows("select id from consultation_member") == []
    assert (await add(case, student, "audience", consent="患者女儿签字同意"))[0] == 204
    path = f"/api/consultations/{case.number}/members"
    [kept] = (await case.expert.call("GET", path))[1]["items"]
    [shown] = (await student.call("GET", path))[1]["items"]
    assert (kept["consent"], shown["consent"]) == ("患者女儿签字同意", "")


async def test_the_same_addition_sent_twice_adds_once_and_another_one_is_told(case: Case):
    colleague = await specialist(case, await city(case))
    _, _, number = await add(case, colleague, "participant")
    assert (await add(case, colleague, "participant", id=number))[0] == 204
    status, said, _ = await add(case, colleague, "audience")
    assert (status, said["code"]) == (409, "is-member-already")
    [(rows,)] = await case.door.asked.rows("select count(*) from consultation_member")
    assert rows == 1


async def test_unknown_people_and_members_are_not_found(case: Case):
    body = {"id": str(uuid4()), "practitioner_id": str(uuid4()), "role": "audience", "reason": "x"}
    path = f"/api/consultations/{case.number}/members"
    assert (await case.physician.call("POST", path, body))[0] == 404
    assert await remove(case, str(uuid4())) == 404


async def test_the_facts_are_never_changed(case: Case):
    colleague = await specialist(case, await city(case))
    _, _, member = await add(case, colleague, "participant")
    await remove(case, member)
    for statement in (
        "update consultation_member set role = 'audience'",
        "delete from consultation_member_removal",
        "truncate consultation_member cascade",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            await _run(case, statement)


async def _run(case: Case, statement: Any) -> None:
    async with case.door.asked.pool.transaction() as tx:
        await tx.execute(statement)


async def test_the_person_is_told_alone(case: Case):
    colleague = await specialist(case, await city(case))
    await add(case, colleague, "participant")
    told = await case.door.asked.rows("select kind from event where topics = %s::text[]", [f"person/{colleague.id}"])
    assert told == [("consultation.add-member",)]
