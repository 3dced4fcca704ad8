"""Somebody of a third institution who was added to a consultation, and comes into its room over a real socket."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import aiohttp

from telemed.vocabulary import Role
from tests.hiring import signed_in
from tests.integration.consultation.guest.invited import Case
from tests.integration.consultation.requests.asked import CARDIOLOGY
from tests.integration.consultation.requests.door import Somebody

CITY = UUID(int=77)


async def city(case: Case, *, agreed: bool = True) -> UUID:
    """A hospital outside the county's community."""
    async with case.door.asked.pool.transaction() as tx:
        await tx.execute(
            "insert into organization (id, code, name, kind) values (%s, 'city', '市第一医院', 'outside-hospital')",
            (CITY,),
        )
    if agreed:
        await case.door.asked.agree(CITY)
    return CITY


async def specialist(case: Case, place: UUID, role: Role = Role.EXPERT, name: str = "师远") -> Somebody:
    """Somebody with a licence in cardiology."""
    made = await case.door.hire(role, place)
    async with case.door.asked.pool.transaction() as tx:
        await tx.execute(
            "update practitioner set name = %s, licence_number = '9', licence_category = '临床',"
            " licence_scope = '内科专业' where id = %s",
            (name, made.id),
        )
        await tx.execute(
            "insert into expert (practitioner_id, departments, since, changed_by, changed_at)"
            " values (%s, %s, '2010-07-01', %s, now())",
            (made.id, [CARDIOLOGY], made.id),
        )
    return made


async def add(case: Case, who: Somebody, role: str, by: Somebody | None = None, **other: Any) -> tuple[int, Any, str]:
    number = str(uuid4())
    agreed = {"consent": "患者本人口头同意"} if role == "audience" else {}
    body = {"id": number, "practitioner_id": str(who.id), "role": role, "reason": "请一起看", **agreed, **other}
    status, said = await (by or case.physician).call("POST", f"/api/consultations/{case.number}/members", body)
    return status, said, number


async def remove(case: Case, member: str, by: Somebody | None = None) -> int:
    path = f"/api/consultations/{case.number}/members/{member}/remove"
    return (await (by or case.physician).call("POST", path, {"reason": "不再参加"}))[0]


@dataclass
class Inside:
    """A page in the room."""

    socket: aiohttp.ClientWebSocketResponse
    role: str
    said: list[dict[str, Any]]

    async def until(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:
                message = await self.socket.receive_json()
                self.said.append(message)
                if message["t"] == kind:
                    return message

    async def command(self, k: str, d: dict[str, Any], base: int | None = None) -> dict[str, Any]:
        """What became of it: the ok or the err."""
        cid = uuid4().hex
        based = {} if base is None else {"base": base}
        await self.socket.send_json({"t": "cmd", "cid": cid, "k": k, "d": d, **based})
        async with asyncio.timeout(10):
            while True:
                message = await self.socket.receive_json()
                self.said.append(message)
                if message.get("cid") == cid and message["t"] in {"ok", "err"}:
                    return message

    async def hears(self, k: str) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:
                message = await self.socket.receive_json()
                self.said.append(message)
                if message["t"] == "ev" and message["k"] == k:
                    return message

    async def closed(self) -> int:
        async with asyncio.timeout(5):
            while (said := await self.socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        return int(said.data)


async def come_in(case: Case, who: Somebody) -> Inside:
    path = case.door.client.make_url(f"/api/rooms/{case.room}/socket")
    socket = await case.door.client.session.ws_connect(path, headers=signed_in(who.token))
    await socket.send_json({"t": "hello", "v": 1, "device": f"tab-{str(who.id)[:8]}", "token": "token"})
    first = await socket.receive_json(timeout=10)
    assert first["t"] == "welcome", first
    return Inside(socket, first["you"]["role"], [first])
