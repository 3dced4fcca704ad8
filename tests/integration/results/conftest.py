from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import hl7
import pytest

from telemed.db import Pool, open_pool
from telemed.results import senders
from telemed.results.intake import Intake
from telemed.results.maps import read_maps
from telemed.results.mllp import Limits, Listener
from telemed.results.senders import Names
from telemed.vocabulary import AccountId, OrganizationId, PractitionerId, Principal, Role, SessionId

ZONE = ZoneInfo("Asia/Shanghai")
MAPS = Path(__file__).parents[3] / "config" / "recognition" / "maps"
LIMITS = Limits(connections=8, connections_per_peer=6, message_bytes=200_000, message_seconds=5.0, idle_seconds=5.0)


class Laboratory:
    """A listener on a port of its own, a laboratory system that speaks to it, and the county's database."""

    def __init__(self, pool: Pool, now: datetime) -> None:
        self.pool = pool
        self.now = now
        self.port = 0

    def clock(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def send(self, *messages: bytes) -> list[hl7.Message]:
        """Send messages over one connection and read each answer."""
        reader, writer = await self.connect()
        answers = []
        for message in messages:
            writer.write(b"\x0b" + message + b"\x1c\r")
            answers.append(await self.answer(reader))
        writer.close()
        await writer.wait_closed()
        return answers

    async def answer(self, reader: asyncio.StreamReader, codec: str = "gb18030") -> hl7.Message:
        async with asyncio.timeout(10):
            block = await reader.readuntil(b"\x1c\r")
        return hl7.parse(block[1:-2].decode(codec))

    async def codes(self, *messages: bytes) -> list[str]:
        return [str(one.segment("MSA")[1]) for one in await self.send(*messages)]

    async def rows(self, query: str, *parameters: object) -> list[tuple]:
        async with self.pool.connection() as connection:
            return await (await connection.execute(query, parameters)).fetchall()

    async def one(self, query: str, *parameters: object) -> object:
        found = await self.rows(query, *parameters)
        assert len(found) == 1, found
        return found[0][0] if len(found[0]) == 1 else found[0]

    async def organization(self, code: str, name: str) -> object:
        async with self.pool.transaction() as tx:
            cursor = await tx.execute(
                "insert into organization (code, name, kind) values (%s, %s, 'county-hospital') returning id",
                (code, name),
            )
            row = await cursor.fetchone()
        return row[0]

    async def enrol(self, application: str, facility: str, code: str) -> None:
        async with self.pool.transaction() as tx:
            await senders.enrol(tx, Names(application, facility), code, self.now)


@asynccontextmanager
async def listening(pool: Pool, now: datetime, limits: Limits = LIMITS) -> AsyncGenerator[Laboratory]:
    laboratory = Laboratory(pool, now)
    intake = Intake(pool, ZONE, read_maps(MAPS))
    listener = Listener(intake.take, intake.refuse_large, limits, laboratory.clock)
    running = asyncio.create_task(listener.run("127.0.0.1", 0))
    async with asyncio.timeout(10):
        await listener.listening.wait()
    laboratory.port = listener.port
    try:
        yield laboratory
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def laboratory(database, now) -> AsyncGenerator[Laboratory]:
    """A listener where the county hospital's laboratory is enrolled."""
    pool = await open_pool(database, size=10)
    async with listening(pool, now) as made:
        await made.organization("county-hospital", "县医院")
        await made.enrol("LIS", "县医院检验科", "county-hospital")
        yield made
    await pool.close()


@pytest.fixture
async def people(laboratory):
    """A technician of the county hospital, one of another, and the system administrator."""
    here = await laboratory.one("select id from organization")
    there = await laboratory.organization("other", "中医医院")
    made = {}
    for name, place, role in (
        ("here", here, Role.TECHNICIAN),
        ("there", there, Role.TECHNICIAN),
        ("admin", there, Role.SYSTEM_ADMIN),
    ):
        number = uuid4()
        async with laboratory.pool.transaction() as tx:
            await tx.execute(
                "insert into practitioner (id, organization_id, name) values (%s, %s, '赵国军')", (number, place)
            )
        made[name] = Principal(
            AccountId(uuid4()),
            PractitionerId(number),
            "赵国军",
            OrganizationId(place),
            frozenset({place}),
            frozenset({role}),
            SessionId(uuid4()),
            laboratory.now,
        )
    return made
