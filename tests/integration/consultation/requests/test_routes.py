"""A consultation over HTTP: photographs, the sealed paper, the patient's record while one is asked, hostile input."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from telemed.consultation.service import answering
from telemed.vocabulary import Role
from tests.hiring import signed_in
from tests.integration.consultation.requests.asked import CARDIOLOGY, ZONE, Asked
from tests.integration.consultation.requests.door import Door, Somebody


def sheet() -> bytes:
    content = io.BytesIO()
    Image.linear_gradient("L").save(content, "PNG")
    return content.getvalue()


def form(asked: Asked, **other: Any) -> dict[str, Any]:
    said = {
        "kind": "image-text",
        "urgency": "routine",
        "purpose": "diagnosis",
        "department": CARDIOLOGY,
        "history": "胸痛 2 小时",
        "question": "是否转诊？",
        "studies": [str(one) for one in asked.studies],
    }
    return {**said, **other}


async def sent(door: Door, who: Somebody) -> str:
    """A request with consent on paper, sent."""
    number = str(uuid4())
    body = {"id": number, "patient_id": str(door.asked.county.patient), "form": form(door.asked)}
    assert (await who.call("POST", "/api/consultations", body))[0] == 201
    status, kept = await who.send(f"/api/consultations/{number}/photographs", sheet())
    assert status == 200, kept
    consent = {
        "kind": "paper",
        "name": "王桂兰",
        "relation": "self",
        "manner": "signature",
        "at": door.asked.county.now.isoformat(),
        "paper": kept["digest"],
    }
    assert (await who.call("POST", f"/api/consultations/{number}/consents", consent))[0] == 204
    assert (await who.call("POST", f"/api/consultations/{number}/submit"))[0] == 204
    return number


async def offered(door: Door, expert: Somebody) -> str:
    number = await sent(door, await door.physician())
    await door.asked.act("tang", answering.offer, UUID(number), expert.id, ZONE)
    return number


async def test_an_expert_reads_the_patients_record_while_asked_and_not_before_or_after(door: Door):
    expert, patient = await door.expert(), door.asked.county.patient
    (study,) = door.asked.studies
    ways = (f"/api/patients/{patient}", f"/api/patients/{patient}/studies", f"/api/studies/{study}")

    async def found() -> list[int]:
        return [(await expert.call("GET", one))[0] for one in ways]

    assert await found() == [403] * 3
    number = await offered(door, expert)
    assert await found() == [200] * 3
    other = await door.asked.county.push(sex="M")
    assert (await expert.call("GET", f"/api/studies/{other}"))[0] in (403, 404)
    assert (await expert.call("POST", f"/api/consultations/{number}/refuse", {"reason": "在手术台上"}))[0] == 204
    assert await found() == [403] * 3


async def test_what_an_expert_reads_is_audited_under_the_consultation(door: Door):
    expert = await door.expert()
    number = await offered(door, expert)
    assert (await expert.call("GET", f"/api/patients/{door.asked.county.patient}"))[0] == 200
    rows = await door.asked.rows(
        "select purpose, detail ->> 'consultation' from audit_event"
        " where practitioner_id = %s and action = 'patient.read'",
        expert.id,
    )
    assert rows == [(f"consultation:{number}", number)]


async def test_an_expert_who_was_not_asked_does_not_find_the_consultation(door: Door):
    number = await offered(door, await door.expert())
    stranger = await door.expert()
    assert (await stranger.call("GET", f"/api/consultations/{number}"))[0] == 404
    assert (await stranger.call("POST", f"/api/consultations/{number}/accept"))[0] == 404
    status, listed = await stranger.call("GET", "/api/consultations")
    assert (status, listed["items"]) == (200, [])


async def test_a_draft_is_its_authors_alone(door: Door):
    author, colleague = await door.physician(), await door.physician()
    number = str(uuid4())
    body = {"id": number, "patient_id": str(door.asked.county.patient), "form": form(door.asked)}
    status, begun = await author.call("POST", "/api/consultations", body)
    assert (status, begun["id"]) == (201, number)
    assert (await colleague.call("GET", f"/api/consultations/{number}"))[0] == 404
    assert (await author.call("GET", f"/api/consultations/{number}"))[0] == 200


async def test_a_draft_sent_twice_is_one(door: Door):
    author = await door.physician()
    body = {"id": str(uuid4()), "patient_id": str(door.asked.county.patient), "form": form(door.asked)}
    first, again = [await author.call("POST", "/api/consultations", body) for _ in range(2)]
    assert first == again
    assert await door.asked.rows("select count(*) from consultation") == [(1,)]
    stranger = await door.physician()
    assert (await stranger.call("POST", "/api/consultations", body))[0] == 409


async def test_a_patient_nobody_here_knows_is_not_asked_about(door: Door):
    elsewhere = await door.hire(Role.REQUESTER, door.asked.county.other_township)
    body = {"id": str(uuid4()), "patient_id": str(door.asked.county.patient), "form": form(door.asked)}
    assert (await elsewhere.call("POST", "/api/consultations", body))[0] == 404


@pytest.mark.parametrize(
    "content", [b"", b"<script>alert(1)</script>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n" + b"\0" * 100], ids=str
)
async def test_what_is_no_photograph_is_refused_in_words(door: Door, content: bytes):
    author = await door.physician()
    number = str(uuid4())
    body = {"id": number, "patient_id": str(door.asked.county.patient), "form": form(door.asked)}
    await author.call("POST", "/api/consultations", body)
    status, refused = await author.send(f"/api/consultations/{number}/photographs", content)
    assert (status, refused["code"]) == (422, "paper-unusable")


async def test_nobody_photographs_for_a_consultation_that_is_not_theirs(door: Door):
    number = await sent(door, await door.physician())
    stranger = await door.hire(Role.REQUESTER, door.asked.county.other_township)
    assert (await stranger.send(f"/api/consultations/{number}/photographs", sheet()))[0] == 404


async def test_a_consent_names_a_photograph_that_is_kept(door: Door):
    author = await door.physician()
    number = str(uuid4())
    body = {"id": number, "patient_id": str(door.asked.county.patient), "form": form(door.asked)}
    await author.call("POST", "/api/consultations", body)
    consent = {
        "kind": "paper",
        "name": "王桂兰",
        "relation": "self",
        "manner": "signature",
        "at": door.asked.county.now.isoformat(),
        "paper": "00" * 32,
    }
    assert (await author.call("POST", f"/api/consultations/{number}/consents", consent))[0] == 404


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "approval", "paper": "ab" * 32},
        {"kind": "paper", "paper": ""},
        {"kind": "paper", "relation": ""},
        {"kind": "exemption", "reason": ""},
    ],
    ids=str,
)
async def test_consent_that_contradicts_itself_is_refused_in_words(door: Door, broken: dict[str, str]):
    author = await door.physician()
    number = str(uuid4())
    urgent = form(door.asked, urgency="urgent")
    body = {"id": number, "patient_id": str(door.asked.county.patient), "form": urgent}
    await author.call("POST", "/api/consultations", body)
    _, kept = await author.send(f"/api/consultations/{number}/photographs", sheet())
    good = {
        "kind": "paper",
        "name": "王桂兰",
        "relation": "self",
        "manner": "signature",
        "at": door.asked.county.now.isoformat(),
        "paper": kept["digest"],
        "reason": "",
    }
    status, refused = await author.call("POST", f"/api/consultations/{number}/consents", {**good, **broken})
    assert status in (404, 422), refused
    assert await door.asked.rows("select count(*) from consultation_consent") == [(0,)]


async def test_the_other_sides_telephone_is_in_the_list_itself(door: Door):
    """For 急会诊 the number is on the screen in the first second: no second call is needed for it."""
    async with door.asked.pool.transaction() as tx:
        await tx.execute("update organization set phone = '0999-6311188' where id = %s", (door.asked.county.center,))
    expert, physician = await door.expert(), await door.physician()
    await offered(door, expert)
    _, listed = await physician.call("GET", "/api/consultations?open=true")
    assert listed["items"][0]["expert_organization_phone"] == "0999-6311188"


async def test_the_list_goes_on_where_it_stopped(door: Door):
    for _ in range(5):
        await door.asked.submitted()
        door.asked.later(minutes=1)
    physician = await door.physician()
    seen: list[str] = []
    after = ""
    while True:
        _, page = await physician.call("GET", f"/api/consultations?limit=2&after={after}")
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert len(seen) == len(set(seen)) == 5


async def test_a_calendar_file_is_given_for_an_appointment_alone(door: Door):
    number = await door.asked.accepted()
    physician = await door.physician()
    path = f"/api/consultations/{number}/calendar"
    assert (await physician.call("GET", path))[0] == 404
    await door.asked.act("qin", answering.schedule, number, door.asked.county.now + timedelta(hours=2), 30)
    async with physician.client.get(path, headers=signed_in(physician.token)) as answer:
        text = await answer.text()
    assert answer.content_type == "text/calendar"
    assert "王桂兰" not in text


async def test_duty_is_entered_seen_with_gaps_and_signed_in_by_the_one_whose_turn_it_is(door: Door):
    expert = await door.expert()
    clerk = await door.hire(Role.COORDINATOR, door.asked.county.center)
    now = door.asked.county.now
    shift = {
        "id": str(uuid4()),
        "department": CARDIOLOGY,
        "line": 1,
        "practitioner_id": str(expert.id),
        "begins": now.isoformat(),
        "ends": (now + timedelta(hours=8)).isoformat(),
        "phone": "0999-6311188",
    }
    assert (await clerk.call("POST", "/api/duty/shifts", shift))[0] == 204
    status, refused = await clerk.call("POST", "/api/duty/shifts", {**shift, "id": str(uuid4())})
    assert (status, refused["code"]) == (409, "duty-line-taken")
    assert (await (await door.expert()).call("POST", f"/api/duty/shifts/{shift['id']}/sign-in"))[0] == 409
    assert (await expert.call("POST", f"/api/duty/shifts/{shift['id']}/sign-in"))[0] == 204
    params = {"begins": now.isoformat(), "ends": (now + timedelta(hours=12)).isoformat()}
    async with clerk.client.get("/api/duty", params=params, headers=signed_in(clerk.token)) as answer:
        board = await answer.json()
    assert board["shifts"][0]["signed_in_at"] is not None
    assert [one["ends"] for one in board["gaps"]] == [(now + timedelta(hours=12)).isoformat().replace("+00:00", "Z")]
    assert (await clerk.call("POST", f"/api/duty/shifts/{shift['id']}/cancel"))[0] == 204


async def test_an_agreement_is_between_institutions_there_are_and_counts_once(door: Door):
    clerk = await door.hire(Role.COORDINATOR, door.asked.county.center)
    agreement = {
        "id": str(uuid4()),
        "inviting_id": str(door.asked.county.other_township),
        "invited_id": str(door.asked.county.center),
        "number": "龙医协2026-07",
        "valid_from": "2026-01-01",
    }
    before = await door.asked.rows("select count(*) from consultation_agreement")
    for _ in range(2):
        assert (await clerk.call("POST", "/api/consultation-agreements", agreement))[0] == 204
    assert await door.asked.rows("select count(*) - %s from consultation_agreement", before[0][0]) == [(1,)]
    status, refused = await clerk.call("POST", "/api/consultation-agreements", {**agreement, "number": "另一份"})
    assert (status, refused["code"]) == (404, "unknown-institution")
    stranger = {**agreement, "id": str(uuid4()), "inviting_id": str(uuid4())}
    status, refused = await clerk.call("POST", "/api/consultation-agreements", stranger)
    assert (status, refused["code"]) == (404, "unknown-institution")
