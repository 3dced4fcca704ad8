"""A one-time link for an outside specialist: exchanged once, for one room and its images, until it is over."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from dicom_gateway.dicomweb.store import instances, representative
from telemed.consultation.room import close, presence
from telemed.consultation.room.deciding import Who
from telemed.consultation.room.facts import COMMANDS
from telemed.consultation.room.protocol import Command, Hello
from telemed.consultation.room.store import append
from telemed.endpoints import endpoints
from telemed.http.wire import PUBLIC
from telemed.vocabulary import Role, Scope, ScopeKind
from tests.integration.consultation.requests.door import Door, Somebody
from tests.integration.consultation.requests.test_routes import offered

SPEC = Path(__file__).parents[3] / "spec" / "policy.md"
BODY = {"name": "陆远", "institution": "省人民医院", "title": "主任医师", "purpose": "协助读片"}


@dataclass
class Case:
    """A consultation with a room, and the physician who asked."""

    door: Door
    number: str
    room: UUID
    physician: Somebody

    async def invite(self, **other: Any) -> tuple[str, str]:
        """The invitation's id and the secret of its link."""
        status, made = await self.physician.call("POST", f"/api/consultations/{self.number}/guests", {**BODY, **other})
        assert status == 201, made
        return made["id"], made["link"].partition("#")[2]

    async def exchange(self, secret: str) -> tuple[int, Any, str]:
        async with self.door.client.session.post(
            self.door.client.make_url("/api/guest/session"), json={"secret": secret, "confidential": True}
        ) as answer:
            cookie = answer.cookies.get("telemed-guest")
            return answer.status, await answer.json(), "" if cookie is None else cookie.value

    async def guest(self, **other: Any) -> Guest:
        number, secret = await self.invite(**other)
        status, view, cookie = await self.exchange(secret)
        assert status == 201, view
        self.door.client.session.cookie_jar.clear()
        return Guest(self, number, cookie, view["csrf_token"])

    async def standing(self) -> list[str]:
        _, found = await self.physician.call("GET", f"/api/consultations/{self.number}/guests")
        return [one["standing"] for one in found["items"]]

    async def withdraw(self, number: str) -> int:
        path = f"/api/consultations/{self.number}/guests/{number}/withdraw"
        return (await self.physician.call("POST", path))[0]

    async def let_in(self, number: str) -> None:
        """The guest knocks, and the physician opens."""
        pool, now = self.door.asked.pool, self.door.asked.county.now
        inviter, guest = str(self.physician.id), f"guest/{number}"
        async with pool.transaction() as tx:
            for person in (inviter, guest):
                await presence.enter(tx, self.room, person, Hello(v=1, device=person), process=uuid4(), now=now)
            whom = COMMANDS["member.admit"](guest)  # pyright: ignore[reportCallIssue]
            admit = Command(uuid4().hex, "member.admit", whom)
            await append(tx, self.room, Who(inviter), admit, device=inviter, now=now)


@dataclass
class Guest:
    case: Case
    number: str
    cookie: str
    csrf: str

    async def ask(self, method: str, path: str, csrf: str | None = None) -> tuple[int, str]:
        headers = {
            "Cookie": f"telemed-guest={self.cookie}",
            "X-CSRF-Token": self.csrf if csrf is None else csrf,
            "X-File-Name": "a.pdf",
        }
        async with self.case.door.client.request(method, path, headers=headers) as answer:
            problem: Any = await answer.json() if answer.content_type == "application/problem+json" else {}
            return answer.status, problem.get("code", "")


async def opened(door: Door) -> Case:
    expert = await door.expert()
    number = await offered(door, expert)
    assert (await expert.call("POST", f"/api/consultations/{number}/accept"))[0] == 204
    row = await door.asked.row(UUID(number))
    assert row.room_id is not None
    [(token_of,)] = await door.asked.rows("select requester_id from consultation where id = %s", UUID(number))
    physician = Somebody(door.client, token_of, uuid4().hex + "0" * 11)
    async with door.asked.pool.transaction() as tx:
        await tx.execute(
            "update session set token_digest = sha256(%s::text::bytea)"
            " where account_id = (select id from account where practitioner_id = %s)",
            (physician.token, physician.id),
        )
    return Case(door, number, row.room_id, physician)


@pytest.fixture
async def case(door: Door) -> Case:
    return await opened(door)


async def study_uids(case: Case) -> tuple[str, str]:
    """Of the consultation, and of another study of the same patient; each has one image."""
    mine, other = case.door.asked.studies[0], await case.door.asked.county.push()
    async with case.door.asked.pool.transaction() as tx:
        for study in (mine, other):
            series = uuid4()
            await tx.execute(
                "insert into imaging_series (id, study_id, series_instance_uid) values (%s, %s, %s)",
                (series, study, f"2.25.{series.int}"),
            )
            await tx.execute(
                "insert into imaging_instance (series_id, study_id, sop_instance_uid, sop_class_uid,"
                " transfer_syntax_uid, digest, size, rows, received_at)"
                " values (%s, %s, %s, '1.2', '1.2', %s, 1, 512, %s)",
                (series, study, f"2.25.{uuid4().int}", uuid4().bytes * 2, case.door.asked.county.now),
            )
    found = dict(await case.door.asked.rows("select id, study_instance_uid from imaging_study"))
    return found[mine], found[other]


async def test_a_link_is_exchanged_once_and_its_secret_is_kept_nowhere(case: Case):
    number, secret = await case.invite()
    assert await case.standing() == ["unused"]
    assert (await case.exchange(secret))[0] == 201
    case.door.client.session.cookie_jar.clear()
    again, said, _ = await case.exchange(secret)
    assert (again, said["code"]) == (409, "link-used")
    assert await case.standing() == ["used"]
    for table in ("guest_invitation", "audit_event", "event", "room_event", "room"):
        rows = await case.door.asked.rows(f"select count(*) from {table} t where t::text like %s", f"%{secret}%")
        assert rows == [(0,)], table
    tries = await case.door.asked.rows(
        "select outcome from audit_event where action = 'public:/api/guest/session' and detail ->> 'guest' = %s"
        " order by id",
        f"guest/{number}",
    )
    assert [one for (one,) in tries] == ["success", "refused"]


async def test_of_two_exchanges_at_once_one_has_the_session(case: Case):
    _, secret = await case.invite()
    done = await asyncio.gather(*(case.exchange(secret) for _ in range(5)))
    assert sorted(one[0] for one in done) == [201, 409, 409, 409, 409]


async def test_links_that_are_over_say_why(case: Case):
    _, late = await case.invite(hours=1)
    number, back = await case.invite()
    assert await case.withdraw(number) == 204
    assert await case.withdraw(number) == 204
    case.door.asked.later(hours=1)
    for secret, code in ((late, "link-expired"), (back, "link-withdrawn")):
        status, said, _ = await case.exchange(secret)
        assert (status, said["code"]) == (410, code)
    assert (await case.exchange("x" * 43))[0] == 404
    async with case.door.asked.pool.transaction() as tx:  # the screen has locked in that hour
        await tx.execute("update session set last_seen_at = %s", (case.door.asked.county.now,))
    assert sorted(await case.standing()) == ["expired", "withdrawn"]


@pytest.mark.parametrize("how", ["withdrawn", "expired", "closed"])
async def test_a_session_ends_with_its_invitation_and_with_the_room(case: Case, how: str):
    guest = await case.guest()
    assert (await guest.ask("GET", "/api/guest/session"))[0] == 200
    if how == "withdrawn":
        await case.withdraw(guest.number)
    elif how == "expired":
        case.door.asked.later(hours=24)
    else:
        async with case.door.asked.pool.transaction() as tx:
            await close(tx, case.room, by=str(case.physician.id), now=case.door.asked.county.now)
    assert await guest.ask("GET", "/api/guest/session") == (401, "not-signed-in")
    assert await guest.ask("GET", f"/api/rooms/{case.room}") == (401, "not-signed-in")


async def test_a_guest_sees_nothing_before_being_let_in(case: Case):
    guest = await case.guest()
    mine, _ = await study_uids(case)
    assert (await guest.ask("GET", f"/api/rooms/{case.room}"))[0] == 403
    assert (await guest.ask("GET", f"/dicom-web/studies/{mine}/thumbnail"))[0] == 404
    await case.let_in(guest.number)
    assert (await guest.ask("GET", f"/api/rooms/{case.room}"))[0] == 200


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
    for method, path in (("GET", ""), ("GET", "/events"), ("GET", "/socket"), ("POST", "/files"), ("GET", "/files/x")):
        assert (await guest.ask(method, f"/api/rooms/{other.room}{path}"))[0] == 404


async def test_a_change_needs_the_token_of_the_guests_own_session(case: Case):
    guest = await case.guest()
    await case.let_in(guest.number)
    assert await guest.ask("POST", f"/api/rooms/{case.room}/files", csrf="token") == (403, "csrf")


async def test_whoever_is_no_party_invites_nobody(case: Case):
    path = f"/api/consultations/{case.number}/guests"
    stranger = await case.door.hire(Role.REQUESTER, case.door.asked.county.center)
    assert (await stranger.call("POST", path, BODY))[0] == 404
    assert (await stranger.call("GET", path))[0] == 404
    assert (await stranger.call("POST", f"{path}/{uuid4()}/withdraw"))[0] == 404


async def test_a_withdrawn_guest_is_sent_out_of_the_room(case: Case):
    guest = await case.guest()
    await case.let_in(guest.number)
    assert await case.withdraw(guest.number) == 204
    last = await case.door.asked.rows(
        "select kind, data::jsonb ->> 'why' from room_event where room_id = %s order by seq desc limit 1", case.room
    )
    assert last == [("member.left", "removed")]


async def test_a_consultation_without_a_room_invites_nobody(door: Door):
    number = await offered(door, await door.expert())
    [(requester,)] = await door.asked.rows("select requester_id from consultation where id = %s", UUID(number))
    token = uuid4().hex + "0" * 11
    async with door.asked.pool.transaction() as tx:
        await tx.execute(
            "update session set token_digest = sha256(%s::text::bytea)"
            " where account_id = (select id from account where practitioner_id = %s)",
            (token, requester),
        )
    physician = Somebody(door.client, requester, token)
    status, said = await physician.call("POST", f"/api/consultations/{number}/guests", BODY)
    assert (status, said["code"]) == (409, "no-room")


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
