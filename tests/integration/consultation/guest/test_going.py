"""A guest in conversation, over a real socket: however the invitation ends, the guest is out within five seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from uuid import UUID

import aiohttp
import pytest

from telemed.consultation.guest import invitations
from telemed.consultation.room import close
from tests.integration.consultation.guest.invited import Case, Guest, opened
from tests.integration.consultation.requests.door import Door

WITHIN = 5.0  # seconds


@pytest.fixture
async def case(door: Door) -> AsyncGenerator[Case]:
    tasks = [asyncio.create_task(work()) for work in (door.county.hub.run, door.county.rooms.run)]
    yield await opened(door)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def come_in(case: Case, guest: Guest) -> aiohttp.ClientWebSocketResponse:
    path = case.door.client.make_url(f"/api/rooms/{case.room}/socket")
    headers = {"Cookie": f"telemed-guest={guest.cookie}"}
    socket = await case.door.client.session.ws_connect(path, headers=headers)
    await socket.send_json({"t": "hello", "v": 1, "device": "theirs", "token": guest.csrf})
    welcome = await socket.receive_json(timeout=10)
    assert welcome["t"] == "welcome"
    return socket


async def closed_with(socket: aiohttp.ClientWebSocketResponse) -> int:
    async with asyncio.timeout(WITHIN):
        while (said := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    return int(said.data)


@pytest.mark.parametrize("where", ["room", "lobby"])
@pytest.mark.parametrize("how", ["here", "by another process", "expired"])
async def test_a_guest_is_out_within_five_seconds(case: Case, how: str, where: str):
    guest = await case.guest()
    if where == "room":
        await case.let_in(guest.number)
    socket = await come_in(case, guest)
    since = time.monotonic()
    if how == "here":
        assert await case.withdraw(guest.number) == 204
    elif how == "expired":
        async with case.door.asked.pool.transaction() as tx:  # the clock stays: leases would run out with it
            await tx.execute(
                "update guest_invitation set invited_at = invited_at - interval '2 h', expires_at = invited_at,"
                " used_at = used_at - interval '1 h' where id = %s",
                (guest.number,),
            )
    else:
        await case.door.asked.act("wang", invitations.withdraw, UUID(case.number), UUID(guest.number))
    assert await closed_with(socket) in {4001, 4003}
    assert time.monotonic() - since < WITHIN
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await come_in(case, guest)
    assert refused.value.status == 401


async def test_a_guest_waits_outside_until_somebody_opens(case: Case):
    guest = await case.guest()
    path = case.door.client.make_url(f"/api/rooms/{case.room}/socket")
    async with case.door.client.session.ws_connect(path, headers={"Cookie": f"telemed-guest={guest.cookie}"}) as socket:
        await socket.send_json({"t": "hello", "v": 1, "device": "theirs", "token": guest.csrf})
        welcome = await socket.receive_json(timeout=10)
        assert (welcome["you"]["role"], welcome["you"]["waiting"]) == ("guest", True)
    async with case.door.client.session.ws_connect(path, headers={"Cookie": f"telemed-guest={guest.cookie}"}) as socket:
        await socket.send_json({"t": "hello", "v": 1, "device": "theirs", "token": "another"})
        assert (await closed_with(socket)) == 4001 or socket.close_code == 4001


async def test_the_rooms_closing_ends_the_session(case: Case):
    guest = await case.guest()
    await case.let_in(guest.number)
    socket = await come_in(case, guest)
    async with case.door.asked.pool.transaction() as tx:
        await close(tx, case.room, by=str(case.physician.id), now=case.door.asked.county.now)
    assert await closed_with(socket) in {4001, 4003}
