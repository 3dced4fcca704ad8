"""Signing in, codes and lock-out: through the server on a real database."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from telemed.access.gate import Cookie
from telemed.access.passwords import Passwords
from telemed.access.sessions import Limits
from telemed.access.signin import SignIn
from telemed.errors import DomainError, Unavailable
from telemed.vocabulary import Role


async def test_a_technician_signs_in_and_out(county: Any):
    technician = await county.person("wangguilan", Role.TECHNICIAN, at=county.township, enrolled=False)
    pc = county.browser()
    answer = await pc.sign_in(technician)
    assert answer.status == 200
    assert answer.body["roles"] == ["technician"]
    assert answer.body["needs"] == []
    assert answer.body["organization_name"] == "双河镇中心卫生院"
    assert "study.store" in answer.body["actions"]
    assert (await pc.call("GET", "/api/session")).body["username"] == "wangguilan"
    assert (await pc.call("DELETE", "/api/session")).status == 204
    assert (await pc.call("GET", "/api/session")).status == 401


async def test_the_cookie_tells_nothing_and_only_its_digest_is_stored(county: Any):
    technician = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False)
    pc = county.browser()
    async with pc.client.post("/api/session", json={"username": "wangguilan", "password": "Kestrel-91x"}) as answer:
        cookie = answer.headers["Set-Cookie"]
        token = answer.cookies["telemed"].value
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert len(token) == 43
    assert (
        await county.one("select count(*) from session where token_digest = sha256(convert_to(%s, 'UTF8'))", token) == 1
    )
    assert await county.one("select count(*) from session s where s::text like '%%' || %s || '%%'", token) == 0
    assert technician.account_id


async def test_over_tls_the_cookie_is_bound_to_the_host(county: Any):
    answer = web.Response()
    Cookie(tls=True).give(answer, "t" * 43)
    text = answer.cookies.output()
    assert "__Host-telemed=" in text
    assert "Secure" in text
    assert "Domain" not in text


@pytest.mark.parametrize("spelling", ["LiuDeFu", " liudefu ", "ｌｉｕｄｅｆｕ"])
async def test_an_account_name_may_be_typed_in_any_case_and_width(county: Any, spelling: str):
    await county.person("liudefu", Role.TECHNICIAN, enrolled=False)
    answer = await county.browser().call("POST", "/api/session", {"username": spelling, "password": "Kestrel-91x"})
    assert answer.status == 200


async def test_every_refusal_says_the_same(county: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    await county.person("gone", Role.TECHNICIAN, enrolled=False)
    async with county.pool.connection() as connection:
        await connection.execute("update account set active = false where username = 'gone'")
    right = doctor.code(county.clock())
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    tries = [
        {"username": "liudefu", "password": "wrong"},
        {"username": "liudefu", "password": "wrong", "totp": right},
        {"username": "liudefu", "password": "Kestrel-91x", "totp": wrong},
        {"username": "nobody", "password": "Kestrel-91x"},
        {"username": "gone", "password": "Kestrel-91x"},
    ]
    answers = [await county.browser().call("POST", "/api/session", one) for one in tries]
    for answer in answers:
        del answer.body["request_id"]
    assert {answer.status for answer in answers} == {403}
    assert all(answer.body == answers[0].body for answer in answers)
    assert answers[0].code == "sign-in-failed"


async def test_a_password_alone_opens_only_the_own_session_of_a_signing_person(county: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    pc = county.browser()
    answer = await pc.sign_in(doctor, code=False)
    assert answer.body["needs"] == ["second-factor"]
    refused = await pc.call("GET", "/api/organizations")
    assert (refused.status, refused.code) == (403, "second-factor-needed")
    proved = await pc.call("POST", "/api/session/second-factor", {"code": doctor.code(county.clock())})
    assert proved.body["needs"] == []
    assert (await pc.call("GET", "/api/organizations")).status == 200


async def test_the_second_factor_is_asked_once_per_shift(county: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    pc = county.browser()
    await pc.sign_in(doctor)
    for _ in range(46):
        county.clock.pass_time(minutes=15)
        assert (await pc.call("GET", "/api/organizations")).status == 200
    county.clock.pass_time(minutes=30)
    assert (await pc.call("GET", "/api/organizations")).status == 401


async def test_a_code_is_good_once(county: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    code = doctor.code(county.clock())
    body = {"username": "liudefu", "password": "Kestrel-91x", "totp": code}
    assert (await county.browser().call("POST", "/api/session", body)).status == 200
    assert (await county.browser().call("POST", "/api/session", body)).code == "sign-in-failed"
    pc = county.browser()
    await pc.sign_in(doctor, code=False)
    assert (await pc.call("POST", "/api/session/second-factor", {"code": code})).code == "code-wrong"
    county.clock.pass_time(seconds=30)
    assert (await pc.call("POST", "/api/session/second-factor", {"code": doctor.code(county.clock())})).status == 200


async def test_of_many_sign_ins_with_one_code_exactly_one_is_let_in(county: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    code = doctor.code(county.clock())
    body = {"username": "liudefu", "password": "Kestrel-91x", "totp": code}
    answers = await asyncio.gather(*(county.browser().call("POST", "/api/session", body) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 403, 403, 403, 403]
    assert await county.one("select count(*) from session") == 1


async def guess(sign_in: SignIn, name: str, password: str, now: Any) -> str:
    try:
        await sign_in.prove(name, password, None, now)
    except DomainError as error:
        return error.code
    return "in"


async def test_a_name_is_locked_after_five_wrong_passwords_and_opens_again(county: Any):
    await county.person("liudefu", Role.TECHNICIAN, enrolled=False)
    sign_in, now = county.sign_in, county.clock()
    for _ in range(5):
        assert await guess(sign_in, "liudefu", "wrong", now) == "sign-in-failed"
    assert await guess(sign_in, "liudefu", "Kestrel-91x", now) == "sign-in-locked"
    almost = now + timedelta(minutes=15) - timedelta(seconds=1)
    assert await guess(sign_in, "liudefu", "Kestrel-91x", almost) == "sign-in-locked"
    assert await guess(sign_in, "liudefu", "Kestrel-91x", now + timedelta(minutes=15)) == "in"


async def test_four_wrong_passwords_and_a_right_one_begin_anew(county: Any):
    await county.person("liudefu", Role.TECHNICIAN, enrolled=False)
    for _ in range(3):
        for _ in range(4):
            assert await guess(county.sign_in, "liudefu", "wrong", county.clock()) == "sign-in-failed"
        assert await guess(county.sign_in, "liudefu", "Kestrel-91x", county.clock()) == "in"


async def test_wrong_passwords_are_forgotten_after_a_quarter_of_an_hour(county: Any):
    await county.person("liudefu", Role.TECHNICIAN, enrolled=False)
    for _ in range(4):
        await guess(county.sign_in, "liudefu", "wrong", county.clock())
    county.clock.pass_time(minutes=15, seconds=1)
    for _ in range(4):
        assert await guess(county.sign_in, "liudefu", "wrong", county.clock()) == "sign-in-failed"
    assert await guess(county.sign_in, "liudefu", "Kestrel-91x", county.clock()) == "in"


async def test_a_name_that_does_not_exist_locks_like_one_that_does(county: Any):
    for _ in range(5):
        assert await guess(county.sign_in, "nobody", "wrong", county.clock()) == "sign-in-failed"
    assert await guess(county.sign_in, "nobody", "wrong", county.clock()) == "sign-in-locked"


async def test_parallel_guesses_get_no_more_tries_than_one_after_the_other(county: Any):
    await county.person("liudefu", Role.TECHNICIAN, enrolled=False)
    tried = 0

    class Counting(Passwords):
        async def check(self, encoded: str | None, password: str):
            nonlocal tried
            tried += 1
            return await super().check(encoded, password)

    sign_in = SignIn(county.pool, passwords=Counting(memory_kib=64), box=county.sign_in._box, limits=Limits())
    answers = await asyncio.gather(*(guess(sign_in, "liudefu", f"guess-{n}", county.clock()) for n in range(20)))
    assert tried == 5
    assert answers.count("sign-in-failed") == 5
    assert set(answers) <= {"sign-in-failed", "sign-in-locked", "sign-in-busy"}
    assert await guess(sign_in, "liudefu", "Kestrel-91x", county.clock()) == "sign-in-locked"


async def test_a_crowd_with_the_right_password_is_never_locked_out(county: Any):
    await county.person("liudefu", Role.TECHNICIAN, enrolled=False)
    answers = await asyncio.gather(
        *(guess(county.sign_in, "liudefu", "Kestrel-91x", county.clock()) for _ in range(20)),
    )
    assert set(answers) <= {"in", "sign-in-busy"}
    assert await guess(county.sign_in, "liudefu", "Kestrel-91x", county.clock()) == "in"


async def test_a_known_password_buys_no_endless_guesses_at_the_code(county: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    pc = county.browser()
    await pc.sign_in(doctor, code=False)
    codes: list[str] = []
    for _ in range(6):
        codes.append((await pc.call("POST", "/api/session/second-factor", {"code": "000000"})).code)
        await guess(county.sign_in, "liudefu", "Kestrel-91x", county.clock())
    assert codes[4:] == ["code-wrong", "sign-in-locked"]


async def test_a_hasher_that_is_full_costs_nobody_a_try(county: Any):
    await county.person("liudefu", Role.TECHNICIAN, enrolled=False)
    full = SignIn(
        county.pool,
        passwords=Passwords(memory_kib=64, waiting=0),
        box=county.sign_in._box,
        limits=Limits(),
    )
    for _ in range(8):
        with pytest.raises(Unavailable):
            await full.prove("liudefu", "Kestrel-91x", None, county.clock())
    assert await guess(county.sign_in, "liudefu", "Kestrel-91x", county.clock()) == "in"


async def test_a_grown_hash_is_stored_at_sign_in(county: Any):
    technician = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False)
    before = await county.one("select password_hash from account")
    grown = SignIn(county.pool, passwords=Passwords(memory_kib=128), box=county.sign_in._box, limits=Limits())
    proven = await grown.prove("wangguilan", "Kestrel-91x", None, county.clock())
    async with county.pool.transaction() as tx:
        await grown.open(tx, proven, None, county.clock())
    after = await county.one("select password_hash from account")
    assert before != after
    assert "m=128" in after
    assert technician.account_id


async def test_every_sign_in_and_every_refusal_is_on_record_without_the_name_typed(county: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    pc = county.browser()
    await pc.call("POST", "/api/session", {"username": "typed-by-mistake", "password": "secret"})
    await pc.call("POST", "/api/session", {"username": "liudefu", "password": "secret"})
    await pc.sign_in(doctor)
    async with county.pool.connection() as connection:
        cursor = await connection.execute(
            "select action, outcome, detail ->> 'code', practitioner_id, entities, detail ->> 'route'"
            " from audit_event order by id",
        )
        rows = await cursor.fetchall()
        whole = await (await connection.execute("select audit_event::text from audit_event")).fetchall()
    assert [row[:4] for row in rows] == [
        ("public:/api/session", "refused", "sign-in-failed", None),
        ("public:/api/session", "refused", "sign-in-failed", None),
        ("public:/api/session", "success", None, doctor.id),
    ]
    account = {"kind": "account", "id": str(doctor.account_id)}
    assert [account in row[4] for row in rows] == [False, True, True]
    assert {row[5] for row in rows} == {"POST /api/session"}
    assert "typed-by-mistake" not in str(whole)
    assert "Kestrel" not in str(whole)
