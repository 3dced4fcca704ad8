"""The security administrator's work, three separate administrators, the first ones, and signing by licence."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from telemed.access.accounts import create_setup_link
from telemed.access.housekeeping import tidy
from telemed.access.signing import require_may_sign
from telemed.errors import Conflict, Forbidden
from telemed.vocabulary import AccountId, OrganizationId, PractitionerId, Principal, Role, SessionId

NEW = "Heron-2027-b"


@pytest.fixture
async def security(county: Any):
    admin = await county.person("security", Role.SECURITY_ADMIN)
    pc = county.browser()
    await pc.sign_in(admin)
    return pc


async def hire(county: Any, name: str = "孙淑芝") -> str:
    async with county.pool.connection() as connection:
        cursor = await connection.execute(
            "insert into practitioner (organization_id, name) values (%s, %s) returning id",
            (county.township, name),
        )
        row = await cursor.fetchone()
    return str(row[0])


async def test_a_new_person_gets_an_account_a_role_and_works(county: Any, security: Any):
    person = await hire(county)
    made = await security.call("POST", "/api/accounts", {"practitioner_id": person, "username": "SunShuzhi"})
    assert made.status == 201
    assert made.body["username"] == "sunshuzhi"
    roles = {"roles": [{"role": "technician", "organization_id": str(county.township)}]}
    assert (await security.call("PUT", f"/api/accounts/{made.body['account_id']}/roles", roles)).status == 204
    pc = county.browser()
    body = {"username": "sunshuzhi", "password": made.body["password"]}
    assert (await pc.call("POST", "/api/session", body)).body["needs"] == ["password"]
    await pc.call("POST", "/api/session/password", {"password": made.body["password"], "new_password": NEW})
    assert pc.me["needs"] == []
    assert "study.store" in pc.me["actions"]
    (item,) = (await security.call("GET", "/api/accounts?search=sun")).body["items"]
    assert item["roles"] == [{"role": "technician", "organization_id": str(county.township)}]
    assert item["last_sign_in_at"] is not None


async def test_a_person_has_one_account_and_a_name_one_person(county: Any, security: Any):
    first, second = await hire(county), await hire(county, "赵国军")
    assert (await security.call("POST", "/api/accounts", {"practitioner_id": first, "username": "sun"})).status == 201
    again = await security.call("POST", "/api/accounts", {"practitioner_id": first, "username": "sun2"})
    assert (again.status, again.code) == (409, "account-exists")
    taken = await security.call("POST", "/api/accounts", {"practitioner_id": second, "username": "SUN"})
    assert (taken.status, taken.code) == (409, "username-taken")
    bad = await security.call("POST", "/api/accounts", {"practitioner_id": second, "username": "zhao guojun"})
    assert (bad.status, bad.code) == (422, "username-malformed")
    nobody = await security.call(
        "POST",
        "/api/accounts",
        {"practitioner_id": str(county.center), "username": "zhao"},
    )
    assert nobody.status == 404


async def test_a_locked_account_is_unlocked_by_the_security_administrator(county: Any, security: Any):
    technician = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False)
    for _ in range(5):
        await county.browser().sign_in(technician, password="wrong")
    assert (await county.browser().sign_in(technician)).code == "sign-in-locked"
    (item,) = (await security.call("GET", "/api/accounts?search=wang")).body["items"]
    assert item["locked_until"] is not None
    assert (await security.call("POST", f"/api/accounts/{technician.account_id}/unlock")).status == 204
    assert (await county.browser().sign_in(technician)).status == 200


async def test_a_reset_second_factor_ends_the_sessions_and_is_bound_anew(county: Any, security: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    pc = county.browser()
    await pc.sign_in(doctor)
    reset = f"/api/accounts/{doctor.account_id}/second-factor/reset"
    assert (await security.call("POST", reset)).status == 204
    assert (await pc.call("GET", "/api/session")).status == 401
    doctor.secret = None
    assert (await pc.sign_in(doctor)).body["needs"] == ["second-factor-enrol"]


async def test_a_forgotten_password_is_replaced_by_a_one_time_one(county: Any, security: Any):
    technician = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False)
    pc = county.browser()
    await pc.sign_in(technician)
    made = await security.call("POST", f"/api/accounts/{technician.account_id}/password")
    assert (await pc.call("GET", "/api/session")).status == 401
    assert (await pc.sign_in(technician)).status == 403
    assert (await pc.sign_in(technician, password=made.body["password"])).body["needs"] == ["password"]


async def test_disabling_ends_sessions_and_enabling_lets_in_again(county: Any, security: Any):
    technician = await county.person("wangguilan", Role.TECHNICIAN, enrolled=False)
    pc = county.browser()
    await pc.sign_in(technician)
    path = f"/api/accounts/{technician.account_id}/active"
    assert (await security.call("PUT", path, {"active": False})).status == 204
    assert (await pc.call("GET", "/api/session")).status == 401
    assert (await pc.sign_in(technician)).status == 403
    assert (await security.call("PUT", path, {"active": True})).status == 204
    assert (await pc.sign_in(technician)).status == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "roles", {"roles": []}),
        ("PUT", "active", {"active": False}),
        ("POST", "second-factor/reset", None),
        ("POST", "password", None),
    ],
)
async def test_nobody_does_these_to_the_own_account(county: Any, security: Any, method: str, path: str, body: Any):
    own = security.me["account_id"]
    answer = await security.call(method, f"/api/accounts/{own}/{path}", body)
    assert answer.status == 403
    assert answer.code in {"own-roles", "own-account"}
    assert (await security.call("GET", "/api/accounts")).status == 200


async def test_the_three_administrators_stay_three_people(county: Any, security: Any):
    admin = await county.person("sysadmin", Role.SYSTEM_ADMIN)
    path, center = f"/api/accounts/{admin.account_id}/roles", str(county.center)
    held = {"role": "system-admin", "organization_id": center}
    for other in ("security-admin", "auditor"):
        both = {"roles": [held, {"role": other, "organization_id": str(county.township)}]}
        answer = await security.call("PUT", path, both)
        assert (answer.status, answer.code) == (403, "administrators-are-separate")
    clinical = {"roles": [held, {"role": "center-head", "organization_id": center}]}
    assert (await security.call("PUT", path, clinical)).status == 204
    changed = {"roles": [{"role": "auditor", "organization_id": center}]}
    assert (await security.call("PUT", path, changed)).status == 204


async def test_the_database_keeps_them_apart_even_at_the_same_moment(county: Any):
    admin = await county.person("somebody", Role.TECHNICIAN, enrolled=False)

    async def grant(role: str) -> str:
        try:
            async with county.pool.transaction() as tx:
                await tx.execute("insert into practitioner_role values (%s, %s, %s)", (admin.id, county.center, role))
                await tx.execute("select pg_sleep(0.05)")
        except psycopg.errors.CheckViolation as error:
            return str(error.diag.constraint_name)
        return "granted"

    answers = await asyncio.gather(grant("system-admin"), grant("auditor"), grant("security-admin"))
    assert sorted(answers) == ["administrators_are_separate_people"] * 2 + ["granted"]
    async with county.pool.connection() as connection:
        await connection.execute("delete from practitioner_role where practitioner_id = %s", (admin.id,))
    assert await grant("auditor") == "granted"


async def test_the_same_administrator_role_at_two_places_is_one_person_s_still(county: Any):
    admin = await county.person("sysadmin", Role.SYSTEM_ADMIN)
    async with county.pool.connection() as connection:
        await connection.execute(
            "insert into practitioner_role values (%s, %s, 'system-admin')",
            (admin.id, county.township),
        )
        await connection.execute(
            "delete from practitioner_role where practitioner_id = %s and organization_id = %s",
            (admin.id, county.township),
        )
        with pytest.raises(psycopg.errors.CheckViolation):
            await connection.execute(
                "update practitioner_role set role = 'system-admin' where false;"
                f" insert into practitioner_role values ('{admin.id}', '{county.township}', 'auditor')".encode(),
            )


def three(county: Any, **changes: Any) -> dict[str, Any]:
    return {
        "organization_name": "龙安县影像中心",
        "organization_code": "center",
        "administrators": [
            {"role": role, "name": name, "username": username, "password": NEW}
            for role, name, username in (
                ("system-admin", "赵国军", "zhao"),
                ("security-admin", "孙淑芝", "sun"),
                ("auditor", "金英淑", "jin"),
            )
        ],
    } | changes


async def test_the_set_up_link_makes_three_administrators_once(county: Any):
    token = await create_setup_link(county.pool, county.clock())
    pc = county.browser()
    assert (await pc.call("POST", "/api/setup", three(county, token=token))).status == 204
    assert (await pc.call("POST", "/api/session", {"username": "sun", "password": NEW})).status == 200
    again = await pc.call("POST", "/api/setup", three(county, token=token))
    assert (again.status, again.code) == (403, "setup-link-void")
    with pytest.raises(Conflict):
        await create_setup_link(county.pool, county.clock())
    assert await county.one("select count(*) from setup_link where token_digest = %s", token.encode()) == 0


async def test_a_set_up_that_fails_leaves_the_link_good(county: Any):
    token = await create_setup_link(county.pool, county.clock())
    pc = county.browser()
    two = three(county, token=token)
    two["administrators"].pop()
    assert (await pc.call("POST", "/api/setup", two)).code == "setup-three-people"
    same_name = three(county, token=token)
    same_name["administrators"][1]["username"] = "zhao"
    assert (await pc.call("POST", "/api/setup", same_name)).code == "username-taken"
    weak = three(county, token=token)
    weak["administrators"][2]["password"] = "short"
    assert (await pc.call("POST", "/api/setup", weak)).code == "password-weak"
    assert await county.one("select count(*) from account") == 0
    assert (await pc.call("POST", "/api/setup", three(county, token=token))).status == 204


async def test_an_old_unknown_or_replaced_link_is_void(county: Any):
    first = await create_setup_link(county.pool, county.clock())
    second = await create_setup_link(county.pool, county.clock())
    pc = county.browser()
    for token in (first, "x" * 43):
        assert (await pc.call("POST", "/api/setup", three(county, token=token))).code == "setup-link-void"
    county.clock.pass_time(hours=24)
    assert (await pc.call("POST", "/api/setup", three(county, token=second))).code == "setup-link-void"


async def test_making_a_link_is_written_down_and_an_expired_one_is_forgotten(county: Any):
    await create_setup_link(county.pool, county.clock())
    said = await county.one("select action || ' ' || (detail ->> 'route') from audit_event where account_id is null")
    assert said == "account.manage telemed admin link"
    county.clock.pass_time(hours=23, minutes=59)
    await tidy(county.pool, county.sign_in.attempts, county.clock())
    assert await county.one("select count(*) from setup_link") == 1
    county.clock.pass_time(minutes=2)
    await tidy(county.pool, county.sign_in.attempts, county.clock())
    assert await county.one("select count(*) from setup_link") == 0


async def test_of_two_who_use_the_link_at_once_one_succeeds(county: Any):
    token = await create_setup_link(county.pool, county.clock())
    other = three(county, token=token)
    for one in other["administrators"]:
        one["username"] += "2"
    answers = await asyncio.gather(
        county.browser().call("POST", "/api/setup", three(county, token=token)),
        county.browser().call("POST", "/api/setup", other),
    )
    assert sorted(one.status for one in answers) == [204, 403]
    assert await county.one("select count(*) from account") == 3


def principal(county: Any, person: Any) -> Principal:
    return Principal(
        account_id=AccountId(person.account_id),
        practitioner_id=PractitionerId(person.id),
        name="",
        organization_id=OrganizationId(county.center),
        organization_ids=frozenset({county.center}),
        roles=frozenset({Role.AUTHOR}),
        session_id=SessionId(county.center),
        second_factor_at=county.clock(),
    )


async def test_the_licence_on_record_decides_who_signs(county: Any):
    doctor = await county.person("liudefu", Role.AUTHOR)
    technician = await county.person("wangguilan", Role.AUTHOR)
    async with county.pool.connection() as connection:
        await connection.execute(
            "update practitioner set licence_expires_on = '2026-11-23' where id = %s",
            (doctor.id,),
        )
        await connection.execute(
            "insert into practitioner_role values (%s, %s, 'technician')",
            (technician.id, county.township),
        )
        await require_may_sign(connection, principal(county, doctor), "CT", county.clock())
        # the county's day, not UTC's: at 16:00 UTC it is the 24th there
        for at, code in (
            (datetime(2026, 11, 23, 15, 59, tzinfo=UTC), None),
            (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), "licence-expired"),
        ):
            try:
                await require_may_sign(connection, principal(county, doctor), "CT", at)
                found = None
            except Forbidden as error:
                found = error.code
            assert found == code
        with pytest.raises(Forbidden) as refused:
            await require_may_sign(connection, principal(county, technician), "CT", county.clock())
        assert refused.value.code == "technician-never-signs"


async def test_counters_and_sessions_long_over_are_forgotten(county: Any):
    await county.browser().call("POST", "/api/session", {"username": "nobody", "password": "wrong"})
    await county.sign_in.attempts.purge(county.clock() + timedelta(minutes=29))
    assert await county.one("select count(*) from sign_in_attempt") == 1
    await county.sign_in.attempts.purge(county.clock() + timedelta(minutes=31))
    assert await county.one("select count(*) from sign_in_attempt") == 0
