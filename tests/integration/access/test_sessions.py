"""A session once somebody is in: lock screen, switching, what must be renewed first; on a real database."""

from __future__ import annotations

from typing import Any

import pytest

from telemed.errors import Forbidden
from telemed.vocabulary import AccountId, OrganizationId, PractitionerId, Principal, Role, SessionId


async def test_a_locked_screen_reads_nothing_and_opens_by_the_password(county: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    pc = county.browser()
    await pc.sign_in(doctor)
    assert (await pc.call("POST", "/api/session/lock")).status == 204
    assert (await pc.call("GET", "/api/organizations")).status == 423
    assert (await pc.call("GET", "/api/session")).body["locked"] is True
    assert (await pc.call("POST", "/api/session/unlock", {"password": "wrong"})).code == "password-wrong"
    assert (await pc.call("GET", "/api/organizations")).status == 423
    opened = await pc.call("POST", "/api/session/unlock", {"password": "Kestrel-91x"})
    assert opened.body["locked"] is False
    assert opened.body["needs"] == []
    assert (await pc.call("GET", "/api/organizations")).status == 200


async def test_a_session_left_alone_locks_itself(county: Any):
    technician = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False)
    pc = county.browser()
    await pc.sign_in(technician)
    county.clock.pass_time(minutes=29, seconds=59)
    assert (await pc.call("GET", "/api/organizations")).status == 200
    county.clock.pass_time(minutes=30)
    assert (await pc.call("GET", "/api/organizations")).status == 423
    assert (await pc.call("POST", "/api/session/unlock", {"password": "Kestrel-91x"})).status == 200
    assert (await pc.call("GET", "/api/organizations")).status == 200


async def test_a_session_that_ends_in_mid_use_changes_nothing(county: Any):
    admin = await county.person("sysadmin", Role.SYSTEM_ADMIN)
    pc = county.browser()
    await pc.sign_in(admin)
    body = {"code": "x-1", "name": "新机构", "kind": "township-hospital"}
    county.clock.pass_time(hours=12)
    assert (await pc.call("POST", "/api/organizations", body)).status == 401
    assert await county.one("select count(*) from organization where code = 'x-1'") == 0


async def test_a_disabled_account_is_nobody_at_the_next_request(county: Any):
    technician = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False)
    pc = county.browser()
    await pc.sign_in(technician)
    async with county.pool.connection() as connection:
        await connection.execute("update account set active = false")
    assert (await pc.call("GET", "/api/organizations")).status == 401


async def test_the_next_person_on_the_same_pc_ends_the_session_before(county: Any):
    first = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False)
    second = await county.person("sunshuzhi", Role.TECHNICIAN, enrolled=False)
    pc = county.browser()
    await pc.sign_in(first)
    await pc.call("POST", "/api/session/lock")
    await pc.sign_in(second)
    assert (await pc.call("GET", "/api/session")).body["username"] == "sunshuzhi"
    reason = "select ended_reason from session where account_id = %s"
    assert await county.one(reason, first.account_id) == "switched"
    assert await county.one(reason, second.account_id) == ""


async def test_a_failed_switch_leaves_the_first_person_signed_in(county: Any):
    first = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False)
    pc = county.browser()
    await pc.sign_in(first)
    token = pc.csrf
    await pc.call("POST", "/api/session", {"username": "sunshuzhi", "password": "wrong"})
    pc.csrf = token
    assert (await pc.call("GET", "/api/session")).body["username"] == "wangguilan"


async def test_a_change_without_the_page_s_token_is_refused(county: Any):
    admin = await county.person("sysadmin", Role.SYSTEM_ADMIN)
    pc = county.browser()
    await pc.sign_in(admin)
    body = {"code": "x-1", "name": "新机构", "kind": "township-hospital"}
    for token in ("", "x" * 43, pc.csrf[:-1]):
        answer = await pc.call("POST", "/api/organizations", body, **{"X-CSRF-Token": token})
        assert (answer.status, answer.code) == (403, "csrf")
    foreign = await pc.call("POST", "/api/organizations", body, Origin="https://evil.example")
    assert (foreign.status, foreign.code) == (403, "foreign-origin")
    assert (await pc.call("POST", "/api/organizations", body)).status == 201


async def test_a_one_time_password_opens_nothing_but_its_change(county: Any):
    technician = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False, must_change=True)
    pc, elsewhere = county.browser(), county.browser()
    await pc.sign_in(technician)
    await elsewhere.sign_in(technician)
    assert pc.me["needs"] == ["password"]
    assert (await pc.call("GET", "/api/organizations")).code == "not-allowed"
    path = "/api/session/password"
    for new, code in (("short", "password-weak"), ("Kestrel-91x", "password-same")):
        answer = await pc.call("POST", path, {"password": "Kestrel-91x", "new_password": new})
        assert (answer.status, answer.code) == (422, code)
    wrong = await pc.call("POST", path, {"password": "wrong", "new_password": "Heron-2027-b"})
    assert wrong.code == "password-wrong"
    changed = await pc.call("POST", path, {"password": "Kestrel-91x", "new_password": "Heron-2027-b"})
    assert changed.body["needs"] == []
    assert (await pc.call("GET", "/api/organizations")).status == 200
    assert (await elsewhere.call("GET", "/api/session")).status == 401
    assert (await county.browser().sign_in(technician)).status == 403
    assert (await county.browser().sign_in(technician, password="Heron-2027-b")).status == 200


async def test_an_old_password_is_due(county: Any):
    technician = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False)
    county.clock.pass_time(days=180)
    pc = county.browser()
    assert (await pc.sign_in(technician)).body["needs"] == ["password"]


async def test_a_new_radiologist_binds_an_authenticator(county: Any):
    doctor = await county.person("liudefu", Role.AUTHOR, enrolled=False)
    pc = county.browser()
    assert (await pc.sign_in(doctor)).body["needs"] == ["second-factor-enrol"]
    assert (await pc.call("POST", "/api/session/second-factor", {"code": "123456"})).code == "no-authenticator"
    path = "/api/session/second-factor/enrol"
    assert (await pc.call("POST", path, {"password": "wrong"})).code == "password-wrong"
    offer = (await pc.call("POST", path, {"password": "Kestrel-91x"})).body
    assert offer["qr"].startswith("data:image/svg+xml")
    doctor.secret = offer["secret"]
    assert (await pc.call("POST", "/api/session/second-factor", {"code": "000000"})).code == "code-wrong"
    bound = await pc.call("POST", "/api/session/second-factor", {"code": doctor.code(county.clock())})
    assert bound.body["needs"] == []
    assert (await pc.call("POST", path, {"password": "Kestrel-91x"})).code == "authenticator-bound"
    stored = await county.one("select totp_secret from account where id = %s", doctor.account_id)
    assert offer["secret"].encode() not in bytes(stored)
    # the code that bound it is spent
    assert (await county.browser().sign_in(doctor)).status == 403
    county.clock.pass_time(seconds=30)
    assert (await county.browser().sign_in(doctor)).status == 200


async def test_a_signature_asks_for_the_password_again(county: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    pc = county.browser()
    await pc.sign_in(doctor)
    row = await county.one("select id from session")
    who = Principal(
        account_id=AccountId(doctor.account_id),
        practitioner_id=PractitionerId(doctor.id),
        name="刘德福",
        organization_id=OrganizationId(county.center),
        organization_ids=frozenset({county.center}),
        roles=frozenset({Role.AUTHOR}),
        session_id=SessionId(row),
        second_factor_at=county.clock(),
    )
    await county.sign_in.confirm_signature(who, "Kestrel-91x", county.clock())
    with pytest.raises(Forbidden) as refused:
        await county.sign_in.confirm_signature(who, "kestrel-91x", county.clock())
    assert refused.value.code == "password-wrong"


async def test_a_switch_of_users_is_recorded_under_the_one_who_came(county: Any):
    first = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False)
    second = await county.person("sunshuzhi", Role.TECHNICIAN, enrolled=False)
    pc = county.browser()
    await pc.sign_in(first)
    await pc.sign_in(second)
    who = (
        "select string_agg(p.name, ' ' order by e.id) from audit_event e"
        " join practitioner p on p.id = e.practitioner_id"
    )
    assert await county.one(who) == "wangguilan sunshuzhi"
