"""Who may call: a good token once, and every token that is one change away from it never; the answer is a bare 401."""

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import replace

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec

from telemed.cds import store
from telemed.cds.remote_keys import FRESH, PAUSE, RemoteKeys, fetch
from telemed.cds.tokens import JWKS_LIMIT, Header, Jwks
from tests.integration.cds.calls import call
from tests.integration.cds.conftest import CENTER, registered
from tests.integration.cds.systems import PUBLIC_URL, SERVICE, Line, System, public, signature
from tests.unit.recognition import good

SECONDS = int(good.AS_OF.timestamp())
STRANGER = ec.generate_private_key(ec.SECP384R1())


async def refused(county, line, token, ground, **options):
    """The call is answered by a bare 401; the audit alone knows the ground, and nothing was asked or kept."""
    status, headers, raw = await line.send("POST", SERVICE, call(), token=token, **options)
    assert (status, raw) == (401, b"")
    assert headers["WWW-Authenticate"] == "Bearer"
    ((code, detail),) = await county.rows(
        "select detail ->> 'code', detail::text from audit_event where outcome = 'refused' order by id desc limit 1"
    )
    assert code == ground
    assert not token or token not in detail
    assert county.registry.asked == []
    assert await county.rows("select id from recognition_decision") == []


async def test_systems_with_either_algorithm_are_admitted(line, other):
    for one in (line, other):
        assert (await one.call(call()))[0] == 200
        assert (await one.send("GET", "/cds-services"))[0] == 200


@pytest.mark.parametrize(
    ("claims", "ground"),
    [
        ({"exp": SECONDS - 121, "iat": SECONDS - 400}, "jwt-time"),
        ({"iat": SECONDS + 121}, "jwt-time"),
        ({"exp": SECONDS + 7200}, "jwt-time"),
        ({"aud": f"{PUBLIC_URL}/cds-services"}, "jwt-audience"),
        ({"aud": f"{PUBLIC_URL}{SERVICE}/feedback"}, "jwt-audience"),
        ({"aud": "https://elsewhere.example"}, "jwt-audience"),
        ({"iss": "https://stranger.example"}, "jwt-issuer-unknown"),
        ({"iss": "https://his.example/"}, "jwt-issuer-unknown"),
        ({"tenant": "north"}, "jwt-tenant"),
        ({"jti": ""}, "jwt-malformed"),
    ],
)
async def test_a_token_with_one_wrong_claim_is_refused(county, line, claims, ground):
    await refused(county, line, line.system.token(claims=claims), ground)


@pytest.mark.parametrize(
    ("header", "ground"),
    [
        ({"alg": "none"}, "jwt-algorithm"),
        ({"alg": "HS256"}, "jwt-algorithm"),
        ({"alg": "HS384"}, "jwt-algorithm"),
        ({"alg": "ES256"}, "jwt-algorithm"),
        ({"alg": "RS384"}, "jwt-key-unknown"),
        ({"kid": "k2"}, "jwt-key-unknown"),
        ({"typ": "at+jwt"}, "jwt-algorithm"),
        ({"jku": "https://evil.example/keys"}, "jwt-algorithm"),
    ],
)
async def test_a_token_with_one_wrong_header_is_refused(county, line, header, ground):
    await refused(county, line, line.system.token(header=header), ground)


async def test_a_token_without_a_signature_is_refused_whatever_it_says(county, line):
    token = line.system.token(header={"alg": "none"})
    await refused(county, line, token.rpartition(".")[0] + ".", "jwt-malformed")
    await refused(county, line, line.system.token().rpartition(".")[0] + "." + "A" * 128, "jwt-signature")


async def test_the_public_key_is_no_shared_secret(county, line):
    (key,) = line.system.keys.keys
    for secret in (msgspec.json.encode(key), (key.x or "").encode(), base64.urlsafe_b64decode(key.x or "")):
        made = line.system.token(
            header={"alg": "HS384"}, sign=lambda said, secret=secret: hmac.new(secret, said, hashlib.sha384).digest()
        )
        await refused(county, line, made, "jwt-algorithm")


async def test_a_signature_of_somebody_else_is_refused_and_uses_up_no_token(county, line):
    claims = {"jti": "mine"}
    forged = line.system.token(claims=claims, sign=lambda said: signature(STRANGER, said))
    await refused(county, line, forged, "jwt-signature")
    assert (await line.call(call(), token=line.system.token(claims=claims)))[0] == 200


async def test_no_token_at_all_is_refused(county, line):
    await refused(county, line, "", "no-token")
    await refused(county, line, "", "no-token", headers={"Authorization": "Basic eDp5"})


async def test_a_token_counts_once(county, line):
    token = line.system.token()
    assert (await line.call(call(), token=token))[0] == 200
    county.registry.asked.clear()
    status, _, raw = await line.send("POST", SERVICE, call(), token=token)
    assert (status, raw) == (401, b"")
    assert county.registry.asked == []


async def test_a_token_sent_by_many_at_once_counts_once(county, line):
    token = line.system.token()
    answers = await asyncio.gather(*(line.send("POST", SERVICE, call(), token=token) for _ in range(20)))
    assert sorted(status for status, _, _ in answers) == [200] + [401] * 19
    assert len(county.registry.asked) == 1


async def test_the_same_number_of_two_systems_is_two_tokens(line, other):
    claims = {"jti": "1"}
    assert (await line.call(call(), token=line.system.token(claims=claims)))[0] == 200
    assert (await other.call(call(), token=other.system.token(claims=claims)))[0] == 200


async def test_tokens_are_forgotten_when_they_are_over_and_not_before(county, line):
    old = "insert into cds_jti select id, %s, %s::timestamptz from cds_client limit 1 returning jti"
    for name, until in (("over", "2026-11-24T07:59:59Z"), ("going", "2026-11-24T08:00:01Z")):
        await county.rows(old, name, until)
    await line.call(call())
    left = {row[0] for row in await county.rows("select jti from cds_jti")}
    assert "going" in left
    assert "over" not in left


async def test_a_system_that_was_disabled_is_a_stranger(county, line):
    assert (await line.call(call()))[0] == 200
    county.registry.asked.clear()
    async with county.pool.transaction() as tx:
        assert await store.disable(tx, line.system.issuer)
    status, _, raw = await line.send("POST", SERVICE, call())
    assert (status, raw) == (401, b"")
    assert county.registry.asked == []


async def test_tenants_of_one_issuer_are_their_own_organisations(county, session):
    system = System("https://cloud.example", ec.generate_private_key(ec.SECP384R1()), good.AS_OF)
    line = Line(county.server, session, system)
    await registered(county, system, tenant="north")
    assert (await line.call(call(), token=system.token(claims={"tenant": "north"})))[0] == 200
    assert county.registry.asked[-1].organization_id == CENTER
    assert (await line.send("POST", SERVICE, call()))[0] == 401
    assert (await line.send("POST", SERVICE, call(), token=system.token(claims={"tenant": "south"})))[0] == 401


async def test_a_browser_is_told_which_origins_may_call(line):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for path in ("/cds-services", SERVICE, f"{SERVICE}/feedback"):
        status, headers, _ = await line.send(
            "OPTIONS", path, token="", headers={"Origin": "https://his.example", **asked}
        )
        assert status == 204
        assert headers["Access-Control-Allow-Origin"] == "https://his.example"
        assert "Authorization" in headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in headers
        status, headers, _ = await line.send(
            "OPTIONS", path, token="", headers={"Origin": "https://his.example.evil", **asked}
        )
        assert "Access-Control-Allow-Origin" not in headers


async def test_a_page_of_a_registered_origin_reads_answer_and_refusal(line):
    said = {"Origin": "https://his.example"}
    status, headers, _ = await line.send("POST", SERVICE, call(), headers=said)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://his.example")
    assert headers["Vary"] == "Origin"
    status, headers, _ = await line.send("POST", SERVICE, call(), token="x", headers=said)
    assert (status, headers["Access-Control-Allow-Origin"]) == (401, "https://his.example")


async def test_a_page_of_another_origin_is_refused_even_with_a_good_token(county, line, other):
    await refused(county, line, None, "origin-not-registered", headers={"Origin": "https://evil.example"})
    await refused(county, other, None, "origin-not-registered", headers={"Origin": "https://his.example"})


async def test_a_session_cookie_proves_nothing_here(county, line):
    await refused(county, line, "", "no-token", headers={"Cookie": "telemed=" + "a" * 43})


class Published:
    """Where a system publishes its keys; counts who asks."""

    def __init__(self, *keys):
        self.keys, self.asked = keys, 0

    async def fetch(self, _address):
        self.asked += 1
        return msgspec.json.encode(Jwks(list(self.keys)))


OLD, NEW = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())
ADDRESS = "https://his.example/jwks.json"


async def test_published_keys_are_kept_and_a_new_one_is_found_at_once():
    published, seconds = Published(public(OLD, "old")), [1000.0]
    remote = RemoteKeys(published.fetch, lambda: seconds[0])
    old, new = (Header("ES384", kid, "JWT") for kid in ("old", "new"))
    for _ in range(3):
        assert await remote.find(ADDRESS, old) is not None
    assert published.asked == 1
    published.keys = (public(NEW, "new"),)
    seconds[0] += PAUSE
    assert await remote.find(ADDRESS, new) is not None
    assert published.asked == 2


async def test_unknown_keys_do_not_make_us_ask_again_and_again():
    published, seconds = Published(public(OLD, "old")), [1000.0]
    remote = RemoteKeys(published.fetch, lambda: seconds[0])
    for _ in range(50):
        assert await remote.find(ADDRESS, Header("ES384", "unknown", "JWT")) is None
    assert published.asked == 1


async def test_keys_are_believed_for_an_hour():
    published, seconds = Published(public(OLD, "old")), [1000.0]
    remote = RemoteKeys(published.fetch, lambda: seconds[0])
    assert await remote.find(ADDRESS, Header("ES384", "old", "JWT")) is not None
    published.keys = ()
    seconds[0] += FRESH - 1
    assert await remote.find(ADDRESS, Header("ES384", "old", "JWT")) is not None
    seconds[0] += 1
    assert await remote.find(ADDRESS, Header("ES384", "old", "JWT")) is None


async def test_a_key_set_is_fetched_bounded_and_without_redirects():
    async def keys(_request):
        return web.json_response(msgspec.to_builtins(Jwks([public(OLD, "old")])))

    async def elsewhere(_request):
        raise web.HTTPFound("/keys")

    async def endless(_request):
        return web.Response(body=b" " * (JWKS_LIMIT + 1))

    app = web.Application()
    for path, handler in (("/keys", keys), ("/elsewhere", elsewhere), ("/endless", endless)):
        app.router.add_get(path, handler)
    server = TestServer(app)
    await server.start_server()
    address = str(server.make_url("/keys"))
    try:
        found = await fetch(address)
        assert found is not None
        assert json.loads(found)["keys"][0]["kid"] == "old"
        for path in ("/elsewhere", "/endless", "/nothing"):
            assert await fetch(str(server.make_url(path))) is None
    finally:
        await server.close()
    assert await fetch(address) is None


async def test_a_system_registered_again_changes_its_keys(county, session, line):
    moved = Line(county.server, session, replace(line.system, private=NEW, kid="k2"))
    assert (await moved.send("POST", SERVICE, call()))[0] == 401
    await registered(county, moved.system)
    assert (await moved.call(call()))[0] == 200
    assert (await line.send("POST", SERVICE, call()))[0] == 401
