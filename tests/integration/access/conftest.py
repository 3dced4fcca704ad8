"""A server with the routes of access and directory, people to sign in, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from pyotp.totp import TOTP

from telemed.access.accounts import create_account
from telemed.access.codes import SecretBox, new_secret
from telemed.access.gate import Cookie, SessionGate
from telemed.access.passwords import Passwords
from telemed.access.policy import admit, scope, second_factor_fresh
from telemed.access.routes import endpoints as access_endpoints
from telemed.access.sessions import Limits
from telemed.access.signin import SignIn
from telemed.access.trail import record_call
from telemed.db import Pool
from telemed.directory.routes import endpoints as directory_endpoints
from telemed.http.server import Server
from telemed.http.wire import Endpoint, Gate
from telemed.vocabulary import Role

PASSWORD = "Kestrel-91x"


@dataclass
class Answer:
    status: int
    body: Any

    @property
    def code(self) -> str:
        return self.body["code"]


@dataclass
class Browser:
    """One PC: a cookie jar and the page's CSRF token."""

    client: TestClient[Any, Any]
    clock: Clock
    csrf: str = ""
    me: dict[str, Any] = field(default_factory=dict[str, Any])

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {"X-CSRF-Token": self.csrf} | headers
        async with self.client.request(method, path, json=body, headers=sent) as answer:
            text = await answer.read()
            found = await answer.json(content_type=None) if text else None
        if answer.status < 300 and isinstance(found, dict) and "csrf_token" in found:
            self.csrf, self.me = found["csrf_token"], found
        return Answer(answer.status, found)

    async def sign_in(self, person: Person, *, code: bool = True, password: str = PASSWORD) -> Answer:
        body = {"username": person.username, "password": password}
        if code and person.secret is not None:
            body["totp"] = person.code(self.clock())
        return await self.call("POST", "/api/session", body)


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Person:
    id: UUID
    account_id: UUID
    username: str
    secret: str | None

    def code(self, now: datetime) -> str:
        assert self.secret is not None
        return TOTP(self.secret).at(now)


@dataclass
class County:
    pool: Pool
    clock: Clock
    gate: SessionGate
    sign_in: SignIn
    center: UUID
    township: UUID
    clinic: UUID
    outside: UUID
    server: TestServer
    table: tuple[Endpoint, ...]
    jars: list[TestClient[Any, Any]] = field(default_factory=list[TestClient[Any, Any]])

    def browser(self) -> Browser:
        client = TestClient(self.server, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.jars.append(client)
        return Browser(client, self.clock)

    async def person(
        self,
        username: str,
        *roles: Role,
        at: UUID | None = None,
        enrolled: bool = True,
        must_change: bool = False,
    ) -> Person:
        """Somebody with an account; with an authenticator unless told otherwise."""
        place, practitioner = at or self.center, uuid4()
        encoded = await self.sign_in.hash_new(PASSWORD, username)
        async with self.pool.transaction() as tx:
            await tx.execute(
                "insert into practitioner (id, organization_id, name, licence_number, licence_category, licence_scope)"
                " values (%s, %s, %s, '110', '临床', '医学影像和放射治疗专业')",
                (practitioner, place, username),
            )
            for role in roles:
                await tx.execute("insert into practitioner_role values (%s, %s, %s)", (practitioner, place, role))
            account = await create_account(
                tx,
                practitioner,
                username,
                encoded,
                must_change=must_change,
                now=self.clock(),
            )
            secret = new_secret() if enrolled else None
            if secret is not None:
                sealed = self.sign_in.sealed(secret, account)
                await tx.execute("update account set totp_secret = %s where id = %s", (sealed, account))
        return Person(practitioner, account, username, secret)

    async def one(self, query: str, *values: object) -> Any:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(query.encode(), values)
            row = await cursor.fetchone()
        return None if row is None else row[0]


@pytest.fixture
async def county(pool: Pool, now: datetime) -> AsyncGenerator[County]:
    clock, limits = Clock(now), Limits()
    gate = SessionGate(pool, cookie=Cookie(tls=False), limits=limits)
    sign_in = SignIn(pool, passwords=Passwords(memory_kib=64), box=SecretBox(bytes(32)), limits=limits)
    places = [uuid4() for _ in range(4)]
    center, township, clinic, outside = places
    async with pool.transaction() as tx:
        for id_, code, name, kind, parent in (
            (center, "hospital-1", "第一人民医院", "lead-hospital", None),
            (township, "township-1", "双河镇中心卫生院", "township-hospital", None),
            (clinic, "clinic-1", "双河村卫生室", "village-clinic", township),
            (outside, "outside-1", "省肿瘤医院", "outside-hospital", None),
        ):
            await tx.execute(
                "insert into organization (id, code, name, kind, parent_id) values (%s, %s, %s, %s, %s)",
                (id_, code, name, kind, parent),
            )
        for id_ in (center, township, clinic):
            await tx.execute("insert into community_membership values (%s, '2026-01-01')", (id_,))
    table = (
        *access_endpoints(gate, sign_in, "龙安县"),
        *directory_endpoints(ZoneInfo("Asia/Shanghai"), scope),
    )
    server = Server(
        table,
        pool=pool,
        gate=Gate(
            authenticate=gate.authenticate,
            scope=admit,
            second_factor_fresh=lambda who, at: second_factor_fresh(who, at, limits.shift),
            record=record_call,
        ),
        clock=clock,
    )
    running = TestServer(server.application())
    made = County(pool, clock, gate, sign_in, center, township, clinic, outside, running, table)
    await running.start_server()
    yield made
    for client in made.jars:
        await client.close()
    await running.close()
