"""Every JSON route against bodies and queries that fit its shape and mean nothing: refused in words, never a bug."""

import json
import random
from datetime import UTC, datetime
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient, TestServer

from telemed.access.codes import SecretBox
from telemed.access.passwords import Passwords
from telemed.config import Config
from telemed.county import assemble
from telemed.demo.county import load_directory, read
from telemed.endpoints import endpoints
from telemed.http.openapi import document
from telemed.http.server import Server
from telemed.http.wire import Authenticated, Endpoint, Gate, Stream, Upload
from telemed.vocabulary import EVERYWHERE, Principal, Role

SEED = 20261123
ROUNDS = 6
WORDS = [
    "",
    " ",
    "王桂兰",
    "𠮷",
    "\u0000",
    "' or 1=1 --",
    "<script>",
    "x" * 5000,
    "9" * 40,
    "%s",
    "{}",
    "../../etc/passwd",
]
NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)


class Nonsense:
    """Values that fit a JSON schema, or nearly."""

    def __init__(self, seed, components):
        self.dice = random.Random(seed)
        self.components = components

    def value(self, schema):
        if self.dice.random() < 0.05:
            return self.dice.choice([None, [], {}, -1, 1e308, "x", True])
        if "$ref" in schema:
            return self.value(self.components[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return self.value(self.dice.choice(schema["anyOf"]))
        if "enum" in schema:
            return self.dice.choice(schema["enum"])
        return getattr(self, schema.get("type", "string"))(schema)

    def object(self, schema):
        required = set(schema.get("required", []))
        fields = schema.get("properties", {}).items()
        return {name: self.value(field) for name, field in fields if name in required or self.dice.random() < 0.6}

    def array(self, schema):
        return [self.value(schema.get("items", {})) for _ in range(self.dice.randrange(3))]

    def integer(self, _schema):
        return self.dice.choice([0, 1, -1, 2**31, 2**63 - 1, 2**70, 20])

    def number(self, _schema):
        return self.dice.choice([0.0, -1.5, 1e300])

    def boolean(self, _schema):
        return self.dice.random() < 0.5

    def null(self, _schema):
        return None

    def string(self, schema):
        form = schema.get("format")
        if form == "uuid":
            return str(UUID(int=self.dice.getrandbits(128)))
        if form == "date":
            return self.dice.choice(["1956-03-14", "0001-01-01", "9999-12-31", "2026-02-30"])
        if form == "date-time":
            return self.dice.choice(["2026-11-23T01:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00"])
        return self.dice.choice(WORDS)


@pytest.fixture
async def client(pool):
    county = read()
    await load_directory(
        pool, county, box=SecretBox(bytes(32)), passwords=Passwords(memory_kib=64), now=NOW, deliver=lambda _made: None
    )
    async with pool.connection() as connection:
        row = await (
            await connection.execute(
                "select a.id, p.id, p.organization_id from account a join practitioner p on p.id = a.practitioner_id"
                " where a.username = 'zhouliqun'",
            )
        ).fetchone()
        places = await (await connection.execute("select id from organization")).fetchall()
    assert row is not None
    community = frozenset(one[0] for one in places)
    someone = Principal(
        account_id=row[0],
        practitioner_id=row[1],
        name="周立群",
        organization_id=row[2],
        organization_ids=community,
        roles=frozenset(Role),
        session_id=UUID(int=1),
        second_factor_at=NOW,
        reading_center=True,
        community_ids=community,
    )

    async def authenticate(_request, _now):
        return Authenticated(someone, "c")

    async def record(_tx, _call):
        return None

    gate = Gate(authenticate, lambda _who, _action: EVERYWHERE, lambda _who, _now: True, record)
    assembled = assemble(Config(), pool, key=bytes(32), clock=lambda: NOW)

    async def unlimited(_caller, _rate):
        return 0.0

    server = Server(endpoints(assembled), pool=pool, gate=gate, clock=lambda: NOW, wait=unlimited)
    async with TestClient(TestServer(server.application())) as opened:
        yield opened, [one for one in server.endpoints if asked(one)]


def asked(one: Endpoint) -> bool:
    """Routes with JSON in and out; sessions are tested by name, streams by their own packages."""
    streams = isinstance(one.returns, Stream) or isinstance(one.body, Upload)
    return not streams and not one.path.startswith(("/api/session", "/api/setup", "/health", "/api/openapi"))


@pytest.mark.timeout(300)
async def test_no_route_answers_nonsense_with_a_bug(client):
    opened, endpoints = client
    described = document(endpoints, version="0")
    nonsense = Nonsense(SEED, described["components"]["schemas"])
    bugs, sent = [], 0
    for one in endpoints:
        operation = described["paths"][one.path][one.method.lower()]
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        for _ in range(ROUNDS):
            path = one.path
            for part in [item["name"] for item in operation["parameters"] if item["in"] == "path"]:
                path = path.replace(f"{{{part}}}", str(UUID(int=nonsense.dice.getrandbits(128))))
            query = {}
            for item in operation["parameters"]:
                if item["in"] == "query" and nonsense.dice.random() < 0.7:
                    query[item["name"]] = str(nonsense.value(item["schema"]))
            body = None if schema is None else json.dumps(nonsense.value(schema), ensure_ascii=False)
            answer = await opened.request(
                one.method,
                path,
                params=query,
                data=None if body is None else body.encode("utf-8", "surrogatepass"),
                headers={"X-CSRF-Token": "c"},
            )
            sent += 1
            if answer.status >= 500:
                bugs.append(f"{one.method} {one.path} {query} {(body or '')[:300]} → {answer.status}")
    assert bugs == [], "\n".join(bugs)
    assert sent >= ROUNDS * 60
