"""What every endpoint gets from the server: admission, bounds, audit in the transaction, problems in two languages."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest

from telemed.errors import Conflict
from telemed.http.openapi import document
from telemed.http.server import Server
from telemed.http.wire import PUBLIC, Authenticated, Endpoint, Gate, RateClass, Upload
from telemed.vocabulary import EVERYWHERE, NOWHERE, Action, Principal, Role, Text

CSRF = "c5rf"
SAY = Text("测试", "test")


class Note(msgspec.Struct):
    text: str


class Search(msgspec.Struct):
    limit: int = 20
    modality: list[str] = []


class Door:
    """The gate of these tests: everybody who sends X-Who is a radiologist, audit rows go into a real table."""

    def __init__(self):
        self.locked = False
        self.allowed = True
        self.fresh = True

    async def authenticate(self, request, _now):
        if "X-Who" not in request.headers:
            return None
        someone = uuid4()
        principal = Principal(
            account_id=someone,
            practitioner_id=someone,
            name="郑文博",
            organization_id=someone,
            organization_ids=frozenset(),
            community_ids=frozenset(),
            roles=frozenset({Role.AUTHOR}),
            session_id=request.headers["X-Who"],
            second_factor_at=None,
        )
        return Authenticated(principal, CSRF, locked=self.locked)

    def gate(self):
        async def record(tx, call):
            await tx.execute("insert into call (action, outcome) values (%s, %s)", (call.action, call.outcome))

        return Gate(
            authenticate=self.authenticate,
            scope=lambda _who, _action: EVERYWHERE if self.allowed else NOWHERE,
            second_factor_fresh=lambda _who, _now: self.fresh,
            record=record,
        )


async def write(call):
    async with call.transaction() as tx:
        await tx.execute("insert into note (text) values (%s)", (call.body.text,))
        if call.body.text == "late conflict":
            raise Conflict("moved-on", "已被修改。", "It has moved on.", revision=7)
    return call.body


async def search(call):
    return call.query


async def broken(_call):
    raise ZeroDivisionError


async def hello(_call):
    return Note("在线")


async def who_asks(call):
    return Note("nobody" if call.authenticated is None else "somebody")


ENDPOINTS = [
    Endpoint("POST", "/api/notes", Action.READING_WRITE, write, SAY, body=Note, returns=Note, limit=1000),
    Endpoint("GET", "/api/notes", Action.WORKLIST_READ, search, SAY, query=Search, returns=Search),
    Endpoint("POST", "/api/sign", Action.READING_VERIFY, write, SAY, body=Note, returns=Note, second_factor=True),
    Endpoint("GET", "/api/broken", Action.WORKLIST_READ, broken, SAY, returns=Note),
    Endpoint("GET", "/api/hello", PUBLIC, hello, SAY, returns=Note),
    Endpoint("POST", "/api/unlock", Action.SESSION_USE, hello, SAY, returns=Note, when_locked=True),
    Endpoint("POST", "/hook", PUBLIC, who_asks, SAY, returns=Note, any_origin=True),
    Endpoint("GET", "/api/door", PUBLIC, hello, SAY, returns=Note, rate=RateClass.SIGN_IN),
]


@pytest.fixture
def door():
    return Door()


@pytest.fixture
async def client(pool, door, aiohttp_client):
    async with pool.transaction() as tx:
        await tx.execute("create table note (text text)")
        await tx.execute("create table call (action text, outcome text)")
    server = Server(ENDPOINTS, pool=pool, gate=door.gate(), clock=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    return await aiohttp_client(server.application())


WHO = {"X-Who": "s1", "X-CSRF-Token": CSRF}


async def rows(pool, table):
    async with pool.connection() as connection:
        cursor = await connection.execute(f"select * from {table}".encode())
        return await cursor.fetchall()


async def test_a_change_and_its_audit_row_are_committed_together(client, pool):
    answer = await client.post("/api/notes", json={"text": "双肺纹理增多"}, headers=WHO)
    assert answer.status == 200
    assert await rows(pool, "note") == [("双肺纹理增多",)]
    assert await rows(pool, "call") == [("reading.write", "success")]


async def test_a_refused_change_leaves_nothing_but_an_audit_row_that_says_so(client, pool):
    answer = await client.post("/api/notes", json={"text": "late conflict"}, headers=WHO)
    problem = await answer.json()
    assert answer.status == 409
    assert problem["code"] == "moved-on"
    assert problem["zh"] == "已被修改。"
    assert problem["en"]
    assert problem["facts"] == {"revision": 7}
    assert answer.headers["X-Request-Id"] == problem["request_id"]
    assert await rows(pool, "note") == []
    assert await rows(pool, "call") == [("reading.write", "refused")]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"headers": {}}, 401, "not-signed-in"),
        ({"headers": {"X-Who": "s1"}}, 403, "csrf"),
        ({"headers": {"X-Who": "s1", "X-CSRF-Token": "wrong"}}, 403, "csrf"),
        ({"headers": WHO | {"Origin": "https://evil.example"}}, 403, "foreign-origin"),
        ({"json": {"text": 1}}, 422, "malformed"),
        ({"json": {}}, 422, "malformed"),
        ({"json": None, "data": b"{"}, 422, "malformed"),
        ({"json": {"text": "x" * 2000}}, 413, "http-413"),
        ({"json": {"text": "a\0b"}}, 422, "nul-character"),
    ],
)
async def test_near_misses_of_a_good_request_change_nothing(client, pool, change, status, code):
    answer = await client.post("/api/notes", **({"json": {"text": "x"}, "headers": WHO} | change))
    assert answer.status == status
    assert (await answer.json())["code"] == code
    assert await rows(pool, "note") == []


async def test_a_backslash_that_is_typed_is_text(client, pool):
    answer = await client.post("/api/notes", json={"text": r"\u0000"}, headers=WHO)
    assert answer.status == 200
    assert await rows(pool, "note") == [(r"\u0000",)]


async def test_a_role_without_the_action_is_refused(client, door, pool):
    door.allowed = False
    answer = await client.post("/api/notes", json={"text": "x"}, headers=WHO)
    assert (answer.status, (await answer.json())["code"]) == (403, "not-allowed")
    assert await rows(pool, "call") == [("reading.write", "refused")]


async def test_behind_the_lock_screen_only_unlocking_answers(client, door):
    door.locked = True
    assert (await client.get("/api/notes", headers=WHO)).status == 423
    assert (await client.post("/api/unlock", headers=WHO)).status == 200


async def test_signing_demands_a_fresh_second_factor(client, door, pool):
    door.fresh = False
    answer = await client.post("/api/sign", json={"text": "x"}, headers=WHO)
    assert (await answer.json())["code"] == "second-factor-needed"
    assert await rows(pool, "note") == []


async def test_a_bug_becomes_a_500_with_a_number_and_no_detail(client):
    answer = await client.get("/api/broken", headers=WHO)
    text = await answer.text()
    assert answer.status == 500
    assert "ZeroDivision" not in text
    assert "request_id" in text


async def test_queries_are_typed_and_lists_repeat(client):
    answer = await client.get("/api/notes?limit=5&modality=CT&modality=DX", headers=WHO)
    assert await answer.json() == {"limit": 5, "modality": ["CT", "DX"]}
    assert (await client.get("/api/notes?limit=many", headers=WHO)).status == 422


async def test_an_unknown_address_is_a_problem_too(client):
    answer = await client.get("/api/nothing")
    assert (answer.status, answer.content_type) == (404, "application/problem+json")


async def test_every_answer_carries_the_security_headers(client):
    answer = await client.get("/api/hello")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    # voice notes are fetched whole and played from there, and nothing is played from elsewhere
    assert "media-src 'self' blob:;" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_hammering_a_public_door_is_slowed_down(client):
    answers = await asyncio.gather(*(client.get("/api/door") for _ in range(40)))
    statuses = sorted(one.status for one in answers)
    assert statuses.count(429) >= 5
    assert statuses.count(200) >= 30


def test_the_openapi_document_names_every_endpoint_and_its_action():
    described = document(ENDPOINTS, version="1")
    assert described["paths"]["/api/notes"]["post"]["x-action"] == "reading.write"
    assert described["paths"]["/api/hello"]["get"]["security"] == []
    names = {one["name"] for one in described["paths"]["/api/notes"]["get"]["parameters"]}
    assert names == {"limit", "modality"}
    assert "Note" in described["components"]["schemas"]


async def test_a_route_for_other_origins_answers_them_and_believes_no_session(client):
    foreign = {"Origin": "https://evil.example", **WHO}
    answer = await client.post("/hook", headers=foreign)
    assert (answer.status, await answer.json()) == (200, {"text": "nobody"})
    assert (await client.post("/api/notes", json={"text": "x"}, headers=foreign)).status == 403


async def test_the_description_says_what_proves_a_caller_and_what_shape_a_bounded_body_has():
    hook = Endpoint(
        "POST",
        "/hook",
        PUBLIC,
        hello,
        SAY,
        body=Upload(("application/json",), 10, Note),
        returns=Note,
        refusal=Search,
        any_origin=True,
    )
    before = Endpoint("OPTIONS", "/hook", PUBLIC, hello, SAY, any_origin=True)
    described = document([hook, before], version="1")
    operation = described["paths"]["/hook"]["post"]
    note = {"$ref": "#/components/schemas/Note"}
    assert operation["security"] == [{"client": []}]
    assert operation["requestBody"]["content"] == {"application/json": {"schema": note}}
    refusals = operation["responses"]["default"]["content"]
    assert refusals["application/json"]["schema"] == {"$ref": "#/components/schemas/Search"}
    assert "application/problem+json" in refusals
    assert described["paths"]["/hook"]["options"]["security"] == []
