"""The demo county's directory in a real database."""

import json
import stat

import pyotp
import pytest

from telemed.access.codes import SecretBox
from telemed.access.passwords import Passwords
from telemed.demo.county import load_directory, read, write_accounts

KEY = bytes(32)


async def loaded(pool, now, path):
    county = read()
    return await load_directory(
        pool,
        county,
        box=SecretBox(KEY),
        passwords=Passwords(memory_kib=64),
        now=now,
        deliver=lambda made: write_accounts(path, county, "http://127.0.0.1:8080", made),
    )


async def count(pool, table):
    async with pool.connection() as connection:
        row = await (await connection.execute(f"select count(*) from {table}")).fetchone()
    return row[0]


async def test_the_county_has_the_shape_of_a_real_one(pool, now, tmp_path):
    await loaded(pool, now, tmp_path / "accounts.json")
    async with pool.connection() as connection:
        rows = await (await connection.execute("select kind, count(*) from organization group by kind")).fetchall()
    kinds = dict(rows)
    assert kinds["lead-hospital"] == 2
    assert kinds["township-hospital"] == 11
    assert kinds["community-health-center"] == 6
    assert kinds["village-clinic"] == 85
    assert kinds["outside-hospital"] == 2


async def test_a_second_start_changes_nothing_and_keeps_the_passwords(pool, now, tmp_path):
    path = tmp_path / "accounts.json"
    first = await loaded(pool, now, path)
    written = path.read_bytes()
    counts = [await count(pool, table) for table in ("organization", "practitioner", "account", "device")]
    assert await loaded(pool, now, path) == []
    assert path.read_bytes() == written
    assert [await count(pool, table) for table in ("organization", "practitioner", "account", "device")] == counts
    assert len(first) == len(read().people)


async def test_who_keeps_track_of_places_hears_of_each_once(pool, now, tmp_path):
    told = "event where kind = 'organization.changed'"
    await loaded(pool, now, tmp_path / "accounts.json")
    places = await count(pool, "organization")
    assert await count(pool, told) == places
    await loaded(pool, now, tmp_path / "accounts.json")
    assert await count(pool, told) == places


async def test_only_its_owner_may_read_the_accounts_file(pool, now, tmp_path):
    path = tmp_path / "accounts.json"
    await loaded(pool, now, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_whoever_signs_has_one_time_codes_and_a_technician_needs_none(pool, now, tmp_path):
    path = tmp_path / "accounts.json"
    await loaded(pool, now, path)
    accounts = {one["username"]: one for one in json.loads(path.read_text())["accounts"]}
    assert len(pyotp.TOTP(accounts["mashumin"]["totp_secret"]).now()) == 6
    assert accounts["chenxiaoyu"]["totp_secret"] is None
    assert len({one["password"] for one in accounts.values()}) == len(accounts)


async def test_when_the_accounts_cannot_be_written_down_none_are_made(pool, now, tmp_path):
    with pytest.raises(FileNotFoundError):
        await loaded(pool, now, tmp_path / "missing" / "accounts.json")
    assert await count(pool, "account") == 0
