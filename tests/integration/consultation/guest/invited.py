"""A consultation whose physicians invite outside specialists, and such a guest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from telemed.consultation.room import presence
from telemed.consultation.room.deciding import Who
from telemed.consultation.room.facts import COMMANDS
from telemed.consultation.room.protocol import Command, Hello
from telemed.consultation.room.store import append
from tests.integration.consultation.requests.door import Door, Somebody
from tests.integration.consultation.requests.test_routes import offered

BODY = {"name": "陆远", "institution": "省人民医院", "title": "主任医师", "purpose": "协助读片"}


@dataclass
class Case:
    """A consultation with a room, and the physician who asked."""

    door: Door
    number: str
    room: UUID
    physician: Somebody
    expert: Somebody

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
    return Case(door, number, row.room_id, physician, expert)


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
