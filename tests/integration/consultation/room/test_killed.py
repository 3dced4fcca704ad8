"""Two servers as they are installed, over one database, without Redis: one is killed while people talk through it."""

import os
import signal
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID, uuid4

import aiohttp

from telemed.consultation.room import open_room, verify_chain
from telemed.consultation.room.store import Whole
from telemed.consultation.room.store import room as look
from telemed.vocabulary import Role
from tests.bench.served import serving
from tests.hiring import hire, signed_in
from tests.integration.consultation.room.conftest import Client

CENTER, TOWNSHIP = UUID(int=1), UUID(int=2)


def at(url, room_id):
    """A server as `Client` asks for one."""
    return SimpleNamespace(server=SimpleNamespace(make_url=lambda _path: f"{url}/api/rooms/{room_id}/socket"))


async def opened(pool):
    room_id, now = uuid4(), datetime.now(UTC)
    async with pool.transaction() as tx:
        for place, kind in ((CENTER, "lead-hospital"), (TOWNSHIP, "township-hospital")):
            await tx.execute(
                "insert into organization (id, code, name, kind) values (%s, %s, %s, %s)", (place, kind, kind, kind)
            )
    host, host_token = await hire(pool, TOWNSHIP, Role.REQUESTER, now=now)
    expert, expert_token = await hire(pool, CENTER, Role.EXPERT, now=now)
    members = {str(host): "moderator", str(expert): "expert"}
    async with pool.transaction() as tx:
        await open_room(tx, room_id, kind="consultation", host=str(host), members=members, by=str(host), now=now)
    return room_id, (str(host), host_token), (str(expert), expert_token)


async def test_a_server_that_is_killed_takes_nothing_with_it(pool, database, tmp_path):
    room_id, (host_id, host_token), (expert_id, expert_token) = await opened(pool)
    folders = [tmp_path / "a", tmp_path / "b"]
    for one in folders:
        one.mkdir()
    with (
        serving(database, folders[0]) as (url_a, pid_a),
        serving(database, folders[1]) as (url_b, pid_b),
    ):
        async with (
            aiohttp.ClientSession(headers=signed_in(host_token)) as host_http,
            aiohttp.ClientSession(headers=signed_in(expert_token)) as expert_http,
        ):
            host = await Client(host_http, room_id, host_id).connect(at(url_a, room_id), token="token")
            expert = await Client(expert_http, room_id, expert_id).connect(at(url_b, room_id), token="token")
            granted = [await host.do("chat.msg", {"text": f"before {n}"}, cid=f"b{n}") for n in range(5)]
            cids = [await host.send("chat.msg", {"text": f"during {n}"}, cid=f"d{n}") for n in range(10)]
            os.kill(pid_a, signal.SIGKILL)
            await host.until(lambda: host.heard[-1]["t"] == "closed")
            await expert.until(lambda: expert.state.members[host_id].st == "reconnecting", 20)

            await host.connect(at(url_b, room_id), resume=True, token="token")
            answered = [one for one in host.heard if one["t"] == "ok"]
            for n, cid in enumerate(cids):
                await host.send("chat.msg", {"text": f"during {n}"}, cid=cid)
                assert (await host.answer(cid))["t"] == "ok"
            await expert.do("chat.msg", {"text": "在"})
            async with pool.connection() as connection:
                row = await look(connection, room_id)
                assert isinstance(await verify_chain(connection, room_id), Whole)
            said = [one.text for one in row.fold.chat.last]
            assert sorted(said) == sorted(
                [*(f"before {n}" for n in range(5)), *(f"during {n}" for n in range(10)), "在"]
            )
            seqs = {one.seq for one in row.fold.chat.last}
            assert {*granted, *(one["seq"] for one in answered)} <= seqs, "what was granted is there"
            for one in (host, expert):
                await one.sees(row.seq)
                assert one.state.chat == row.fold.chat

            os.kill(pid_b, signal.SIGTERM)
            assert await expert.closed() == 4015
            assert expert.bye["reason"] == "draining"
