"""A county's server with real sessions, a room, and those who work there."""

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from telemed.app import application
from telemed.config import CallSection, Config
from telemed.config.model import StateSection
from telemed.consultation.room import open_room
from telemed.county import assemble
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in

CENTER, TOWNSHIP = UUID(int=1), UUID(int=2)
RELAYS = ("turn:relay.test:3478?transport=udp",)


class Office:
    """A county's server, a room, and those who work there."""

    def __init__(self, pool, server, county, http):
        self.pool = pool
        self.server = server
        self.county = county
        self.http = http
        self.room = uuid4()
        self.tokens = {}

    def url(self, path=""):
        return self.server.make_url(f"/api/rooms/{self.room}{path}")

    async def ask(self, who, path="", method="GET", **more):
        headers = signed_in(self.tokens[who]) | more.pop("headers", {})
        async with self.http.request(method, self.url(path), headers=headers, **more) as answer:
            content = await answer.read()
            is_json = "json" in answer.content_type
            return answer, (json.loads(content) if is_json and content else content)

    async def code(self, who, path="", method="GET", **more):
        answer, body = await self.ask(who, path, method, **more)
        return answer.status, body["code"]


@pytest.fixture
async def office(pool, tmp_path):
    now = datetime.now(UTC)
    async with pool.transaction() as tx:
        for place, kind in ((CENTER, "lead-hospital"), (TOWNSHIP, "township-hospital")):
            await tx.execute(
                "insert into organization (id, code, name, kind) values (%s, %s, %s, %s)", (place, kind, kind, kind)
            )
            await tx.execute("insert into community_membership values (%s, '2026-01-01')", (place,))
    calling = CallSection(urls=RELAYS, secret="north", credential_minutes=5, max_peers=3)
    config = Config(state=StateSection(path=tmp_path), call=calling)
    county = assemble(config, pool, key=bytes(32))
    server = TestServer(application(county))
    await server.start_server()
    tasks = [asyncio.create_task(work()) for work in (county.hub.run, county.rooms.run)]
    async with aiohttp.ClientSession() as http:
        made = Office(pool, server, county, http)
        people = {
            "host": (TOWNSHIP, Role.REQUESTER),
            "expert": (CENTER, Role.EXPERT),
            "audience": (CENTER, Role.AUTHOR),
            "stranger": (CENTER, Role.CENTER_HEAD),
            "registrar": (TOWNSHIP, Role.REGISTRAR),
        }
        made.ids = {}
        for name, (place, role) in people.items():
            person, made.tokens[name] = await hire(pool, place, role, now=now)
            made.ids[name] = str(person)
        members = {made.ids["host"]: "moderator", made.ids["expert"]: "expert", made.ids["audience"]: "audience"}
        async with pool.transaction() as tx:
            await open_room(
                tx, made.room, kind="consultation", host=made.ids["host"], members=members, by=made.ids["host"], now=now
            )
        yield made
    for task in tasks:
        task.cancel()
    await server.close()
