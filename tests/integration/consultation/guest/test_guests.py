"""What a guest reaches: the own room and the images of its case, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest

from dicom_gateway.dicomweb.store import instances, representative
from telemed.endpoints import endpoints
from telemed.http.wire import PUBLIC
from telemed.vocabulary import Scope, ScopeKind
from tests.integration.consultation.guest.invited import Case, opened, study_uids

SPEC = Path(__file__).parents[3] / "spec" / "policy.md"


async def test_a_guest_adds_a_file_with_the_token_of_the_own_session(case: Case):
    guest = await case.guest()
    await case.let_in(guest.number)
    headers = {"Cookie": f"telemed-guest={guest.cookie}", "X-CSRF-Token": guest.csrf, "X-File-Name": "a.txt"}
    way, content = f"/api/rooms/{case.room}/files", {"data": "既往报告".encode()}
    headers["Content-Type"] = "text/plain"
    async with case.door.client.post(way, headers=headers, **content) as answer:
        assert answer.status == 201, await answer.text()


async def test_a_guest_sees_nothing_before_being_let_in(case: Case):
    guest = await case.guest()
    mine, _ = await study_uids(case)
    assert (await guest.ask("GET", f"/api/rooms/{case.room}"))[0] == 403
    assert (await guest.ask("POST", f"/api/rooms/{case.room}/ice-servers")) == (403, "not-present")
    assert (await guest.ask("GET", f"/api/rooms/{case.room}/media")) == (403, "not-present")
    assert (await guest.ask("GET", f"/dicom-web/studies/{mine}/thumbnail"))[0] == 404
    await case.let_in(guest.number)
    assert (await guest.ask("GET", f"/api/rooms/{case.room}"))[0] == 200
    assert (await guest.ask("POST", f"/api/rooms/{case.room}/ice-servers"))[0] == 200


async def test_a_guest_finds_the_studies_of_the_consultation_and_no_other_of_the_same_patient(case: Case):
    guest = await case.guest()
    mine, other = await study_uids(case)
    assert (await guest.ask("GET", f"/dicom-web/studies/{mine}/series"))[0] == 204
    await case.let_in(guest.number)
    assert (await guest.ask("GET", f"/dicom-web/studies/{mine}/series"))[0] == 200
    assert (await guest.ask("GET", f"/dicom-web/studies/{other}/series"))[0] == 204
    shown = Scope(ScopeKind.OWN, studies=frozenset(case.door.asked.studies))
    async with case.door.asked.pool.connection() as connection:
        for study, images in ((mine, 1), (other, 0)):
            found = await instances(connection, study=study, series=None, instance=None, scope=shown)
            assert len(found) == images
            middle = await representative(connection, study=study, series=None, scope=shown)
            assert (middle is not None) is bool(images)
    seen = await case.door.asked.rows(
        "select count(*) from audit_event where detail ->> 'guest' = %s and entities @> %s::jsonb",
        f"guest/{guest.number}",
        f'[{{"kind": "guest-invitation", "id": "{guest.number}"}}]',
    )
    assert seen[0][0] >= 2


@pytest.mark.parametrize("path", ["", "/instances", "/metadata", "/series/1.2.3", "/series/1.2.3/instances/1.2.3.4"])
async def test_a_guest_takes_no_file_and_no_whole_study_of_the_case_away(case: Case, path: str):
    guest = await case.guest()
    await case.let_in(guest.number)
    mine, _ = await study_uids(case)
    assert await guest.ask("GET", f"/dicom-web/studies/{mine}{path}") == (403, "not-for-guests")


async def test_a_guest_walks_every_route_and_reaches_only_what_is_listed(case: Case):
    guest = await case.guest()
    await case.let_in(guest.number)
    listed = set(re.findall(r"^- guest: `(.+)`$", SPEC.read_text(encoding="utf-8"), re.MULTILINE))
    _, foreign = await study_uids(case)
    far = uuid4()
    walked = 0
    for one in endpoints(case.door.county):
        if one.action is PUBLIC:
            continue
        plain = re.sub(r"\{(\w+):[^}]+\}", r"{\1}", one.path)
        elsewhere = plain.replace("{study}", foreign).replace("{series}", "1.2.3").replace("{instance}", "1.2.3.4")
        elsewhere = elsewhere.replace("{frames}", "1")
        elsewhere = re.sub(r"\{[^}]+\}", str(far), elsewhere)
        status, code = await guest.ask(one.method, elsewhere)
        walked += 1
        if f"{one.method} {plain}" not in listed:
            assert (status, code) == (403, "not-for-guests"), f"{one.method} {plain}"
            at_home = re.sub(r"\{[^}]+\}", str(case.room), plain)
            assert (await guest.ask(one.method, at_home)) == (403, "not-for-guests"), at_home
        elif plain == "/api/guest/session":
            assert status == 200
        else:
            assert status in {204, 404}, f"{one.method} {plain}: {status} {code}"
    assert walked > 150


async def test_another_room_is_not_found_even_where_the_same_physician_has_it(case: Case):
    guest = await case.guest()
    await case.let_in(guest.number)
    other = await opened(case.door)
    for method, path in (
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/socket"),
        ("GET", "/media"),
        ("POST", "/files"),
        ("GET", "/files/x"),
        ("POST", "/ice-servers"),
    ):
        assert (await guest.ask(method, f"/api/rooms/{other.room}{path}"))[0] == 404


async def test_a_change_needs_the_token_of_the_guests_own_session(case: Case):
    guest = await case.guest()
    await case.let_in(guest.number)
    assert await guest.ask("POST", f"/api/rooms/{case.room}/files", csrf="token") == (403, "csrf")


async def test_the_room_tells_a_guest_whose_it_is_and_what_the_others_are_called(case: Case):
    guest = await case.guest()
    await case.let_in(guest.number)
    headers = {"Cookie": f"telemed-guest={guest.cookie}"}
    async with case.door.client.get(f"/api/rooms/{case.room}", headers=headers) as answer:
        told = (await answer.json())["told"]
    assert told["case"]["consultation_id"] == case.number
    assert [one["id"] for one in told["studies"]] == [str(one) for one in case.door.asked.studies]
    by_person = {one["person"]: (one["name"], one["institution"]) for one in told["people"]}
    assert by_person[f"guest/{guest.number}"] == ("陆远", "省人民医院")
    assert len(by_person) == 3
    assert all(name and institution for name, institution in by_person.values())
    logged = await case.door.asked.rows(
        "select count(*) from room_event where room_id = %s and data like %s", case.room, "%陆远%"
    )
    assert logged == [(0,)]
