"""Messages in a real database, and somebody who receives them over HTTP."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from telemed.db import Pool
from telemed.events.signal import Signal
from telemed.outgoing.http_sender import http_sender
from telemed.outgoing.model import Notice, Recipient
from telemed.outgoing.outbox import stands, tell
from telemed.outgoing.sending import Mouth, Receiver, Send, Worker, install
from telemed.vocabulary import NoticeKind, Text
from tests.integration.outgoing.receiver import KEY, Gateway

ZONE = ZoneInfo("Asia/Shanghai")
MOUTH = Mouth("https://county.example", ZONE, {"03.04": Text("心血管内科", "Cardiology")}, timedelta(hours=24))


@dataclass
class Post:
    """now may be moved.  place: an institution (LA11) with a physician (person) and a telephone."""

    pool: Pool
    now: datetime
    dsn: str
    place: UUID = field(default_factory=uuid4)
    person: UUID = field(default_factory=uuid4)

    async def found(self) -> None:
        async with self.pool.transaction() as tx:
            await tx.execute(
                "insert into organization (id, code, name, kind)"
                " values (%s, 'LA11', '石泉镇卫生院', 'township-hospital')",
                (self.place,),
            )
            await tx.execute(
                "insert into practitioner (id, organization_id, name, staff_number, phone)"
                " values (%s, %s, '秦医师', '0815', '13800000000')",
                (self.person, self.place),
            )

    def clock(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def sender(self, url: str, **more: Any) -> Send:
        return http_sender(url, [KEY], ssl.create_default_context(), self.clock, **more)

    async def receives(self, send: Send, name: str = "gateway", *others: Receiver, **more: Any) -> Worker:
        """Have this one (and the others) configured; who sends to it."""
        said = {"kinds": (), "institutions": (), "phones": False, "address_digest": b"1"} | more
        receiver = Receiver(name=name, origin="https://gateway.example", send=send, **said)
        async with self.pool.transaction() as tx:
            await install(tx, [*others, receiver], self.now)
        return Worker(self.pool, receiver, MOUTH, self.clock, Signal(), lambda: 1.0)

    def notice(self, **other: Any) -> Notice:
        said = {
            "kind": NoticeKind.ASKED,
            "subject": uuid4(),
            "once": uuid4().hex,
            "path": "/consultations/x",
            "recipients": (Recipient("expert", self.person),),
            "urgency": "urgent",
            "department": "03.04",
            "organization_id": self.place,
            "due_at": self.now + timedelta(minutes=10),
        }
        return Notice(**(said | other))

    async def tell(self, **other: Any) -> Notice:
        notice = self.notice(**other)
        async with self.pool.transaction() as tx:
            await tell(tx, notice, self.now)
        return notice

    async def stands(self, subject: UUID, *words: str) -> int:
        async with self.pool.transaction() as tx:
            return await stands(tx, subject, words, self.now)

    async def rows(self, statement: str, *params: object) -> list[Any]:
        async with self.pool.connection() as connection:
            return await (await connection.execute(statement, params)).fetchall()  # pyright: ignore[reportArgumentType]

    async def states(self) -> list[tuple[str, int, str]]:
        found = await self.rows("select state, attempts, last_fault from outgoing_message order by told_at, once")
        return [tuple(one) for one in found]


@pytest.fixture
async def post(pool: Pool, now: datetime, database: str) -> Post:
    made = Post(pool, now, database)
    await made.found()
    return made


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway]:
    made = Gateway()
    app = web.Application()
    app.router.add_post("/hook", made.take)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/hook"))
        yield made
