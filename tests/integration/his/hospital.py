"""A hospital system with a key of its own: it asks in JSON, and a browser inside it posts forms."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec

from telemed.cds import store
from telemed.cds.deciding import Registry
from telemed.cds.registration import Agreement
from telemed.cds.registry import Answered
from telemed.config import Config
from telemed.county import assemble, gate
from telemed.endpoints import endpoints as every_endpoint
from telemed.endpoints import his_desk
from telemed.errors import Unavailable
from telemed.his.desk import PictureAsked, PictureLink
from telemed.his.routes import endpoints
from telemed.his.routes_page import endpoints as page_endpoints
from telemed.http.server import Server
from telemed.recognition.rule_book import RuleBook
from telemed.recognition.rules import ITEM_KEYS
from tests.integration.cds.systems import Line, System
from tests.integration.recognition.registered import NUMBER, Registered

HIS = "https://his.example"
CHEST = {"order": "O-1", "system": ITEM_KEYS, "code": "ct.chest.plain"}
HEAD = {"order": "O-2", "system": ITEM_KEYS, "code": "ct.head.plain"}
PATIENT = {
    "name": "王桂兰",
    "birth_date": "1958-03-14",
    "sex": "F",
    "documents": [{"kind": "national-id", "number": NUMBER}],
}
_TOKEN = re.compile(r'name="page" value="([^"]+)"')


@dataclass
class Shown:
    """A page as a browser got it."""

    status: int
    headers: Any
    text: str

    @property
    def token(self) -> str:
        found = _TOKEN.search(self.text)
        assert found is not None, self.text[:2000]
        return found[1]

    @property
    def decisions(self) -> list[str]:
        return list(dict.fromkeys(re.findall(r'name="decision" value="([^"]+)"', self.text)))

    @property
    def choices(self) -> list[str]:
        return re.findall(r'name="choice" value="([^"]+)"', self.text)

    @property
    def refused(self) -> str:
        found = re.search(r'data-refused="([^"]+)"', self.text)
        return "" if found is None else found[1]


@dataclass
class Pictures:
    """What opens pictures: the link it gives, None for none, and what it was asked.  county: the county's own way."""

    county: PictureLink | None = None
    asked: list[PictureAsked] = field(default_factory=list[PictureAsked])
    link: str | None = None
    own: bool = False

    async def __call__(self, asked: PictureAsked) -> str | None:
        self.asked.append(asked)
        return await self.county(asked) if self.own and self.county is not None else self.link


@dataclass
class Doing:
    """How the registry does: away, or with answers that wait.  budget: seconds it may take."""

    away: bool = False
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    budget: float = 2.0

    def __post_init__(self) -> None:
        self.answers.set()


@dataclass
class Hospital:
    """A registered system; its clock is the county's."""

    registered: Registered
    line: Line
    client_id: UUID
    numbers: Any = field(default_factory=lambda: count(1))
    pictures: Pictures = field(default_factory=Pictures)
    doing: Doing = field(default_factory=Doing)

    async def send(self, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        self.line.system.now = self.registered.county.now
        method = "GET" if body is None else "POST"
        status, _, raw = await self.line.send(method, f"/his/{path}", body, **options)
        return status, json.loads(raw) if raw else None

    async def good(self, path: str, body: Any = None) -> Any:
        status, answer = await self.send(path, body)
        assert status == 200, answer
        return answer

    def visit(self, *orders: Any, **changes: Any) -> dict[str, Any]:
        said = {
            "request_id": f"r{next(self.numbers)}",
            "user": "D17",
            "visit": "V1",
            "patient": PATIENT,
            "encounter_class": "outpatient",
            **({"orders": list(orders)} if orders else {}),
            **changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    async def remind(self, *orders: Any, **changes: Any) -> Any:
        return await self.good("order-reminder", self.visit(*(orders or (CHEST,)), **changes))

    async def card(self, **changes: Any) -> Any:
        """The one order of a reminder, which asks."""
        answer = await self.remind(**changes)
        assert answer["popup"], answer
        return answer["orders"][0]["checked"]

    async def respond(self, *responses: Any, **changes: Any) -> tuple[int, Any]:
        body = {"request_id": f"r{next(self.numbers)}", "user": "D17", "responses": list(responses), **changes}
        return await self.send("responses", body)

    async def undo(self, card: str, **changes: Any) -> tuple[int, Any]:
        return await self.send("undo", {"request_id": f"r{next(self.numbers)}", "user": "D17", "card": card, **changes})

    async def launch(self, *orders: Any, **changes: Any) -> Any:
        body = self.visit(*(orders or (CHEST,)), **changes)
        del body["request_id"]
        return await self.good("launches", body)

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> Shown:
        """A form as a browser sends it; no cookie is kept between two of them."""
        async with self.line.session.post(
            self.line.server.make_url(path), data=fields, headers=headers, allow_redirects=False
        ) as answer:
            assert "Set-Cookie" not in answer.headers
            return Shown(answer.status, answer.headers, await answer.text())

    async def open(self, *orders: Any, **changes: Any) -> Shown:
        launched = await self.launch(*orders, **changes)
        return await self.exchange(launched["code"])

    async def exchange(self, code: str, origin: str | None = HIS) -> Shown:
        return await self.post("/embedded/launch", {"code": code}, **({} if origin is None else {"Origin": origin}))

    async def act(self, page: Shown, action: str, **fields: str) -> Shown:
        said = {"page": page.token, "action": action, "decision": page.decisions[0], **fields}
        return await self.post("/embedded/page", said, Origin="null")

    async def rows(self, statement: str, *values: object) -> list[Any]:
        async with self.registered.county.pool.connection() as connection:
            return await (await connection.execute(statement.encode(), values)).fetchall()

    def later(self, seconds: float) -> None:
        self.registered.county.now += timedelta(seconds=seconds)


async def admit(registered: Registered, server: TestServer, session: aiohttp.ClientSession, **changes: Any) -> Hospital:
    county = registered.county
    facts = {"issuer": HIS, "code": "LA01", "origins": [HIS], **changes}
    system = System(facts["issuer"], ec.generate_private_key(ec.SECP384R1()), county.now)
    agreement = Agreement(system.issuer, "HIS", facts["code"], keys=system.keys, allowed_origins=facts["origins"])
    async with county.pool.transaction() as tx:
        client = await store.register(tx, agreement)
    assert client is not None
    return Hospital(registered, Line(server, session, system), client)


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as opened:
        yield opened


@pytest.fixture
async def hospital(registered: Registered, session: aiohttp.ClientSession) -> AsyncGenerator[Hospital]:
    """The county hospital's system, and the server it calls."""
    county = registered.county

    async def can_fetch(_result: str) -> bool:
        return registered.images

    registry = Registry(county.pool, RuleBook(), can_fetch, lambda: county.now)
    pictures, doing = Pictures(), Doing()

    async def check(patient: UUID, asked: Any) -> tuple[Answered, ...]:
        if doing.away:
            raise Unavailable("registry-behind", "未跟上", "behind")
        await doing.answers.wait()
        return await registry.of_patient(patient, asked)

    assembled = assemble(Config(), county.pool, key=bytes(32), clock=lambda: county.now, check=check)
    desk = replace(his_desk(assembled), picture_link=pictures, budget=doing.budget)
    pictures.county = his_desk(assembled).picture_link
    others = [one for one in every_endpoint(assembled) if not one.path.startswith(("/his/", "/embedded/"))]

    async def unlimited(_caller: str, _rate: object) -> float:
        return 0.0

    server = TestServer(
        Server(
            [*others, *endpoints(desk), *page_endpoints(desk)],
            pool=county.pool,
            gate=gate(assembled),
            clock=lambda: county.now,
            wait=unlimited,
        ).application()
    )
    await server.start_server()
    admitted = await admit(registered, server, session)
    admitted.pictures, admitted.doing = pictures, doing
    yield admitted
    await server.close()


@pytest.fixture
async def other_hospital(hospital: Hospital, session: aiohttp.ClientSession) -> Hospital:
    """The township's system."""
    changes = {"issuer": "https://other.example", "code": "LA11", "origins": ["https://other.example"]}
    return await admit(hospital.registered, hospital.line.server, session, **changes)
