"""The gateway's devices against the real directory."""

from uuid import uuid4

import pytest

from dicom_gateway.devices import Devices
from dicom_gateway.devices.refresh import refresh
from telemed.db import open_pool
from telemed.errors import Unavailable


@pytest.fixture
def devices(tmp_path) -> Devices:
    return Devices(tmp_path / "devices.json")


async def enrol(pool, ae_title, state="enrolled"):
    organization, device = uuid4(), uuid4()
    async with pool.transaction() as tx:
        await tx.execute(
            "insert into organization (id, code, name, kind) values (%s, %s, '甲镇卫生院', 'township-hospital')",
            (organization, str(organization)),
        )
        await tx.execute(
            "insert into device (id, organization_id, ae_title, state) values (%s, %s, %s, %s)",
            (device, organization, ae_title, state),
        )
    return device


async def rows(pool, query):
    async with pool.connection() as connection:
        return await (await connection.execute(query)).fetchall()


async def test_a_device_enrolled_is_admitted_after_the_next_look_and_a_disabled_one_is_known_as_such(pool, devices):
    await refresh(devices, pool)
    assert devices.look_up("CT1") is None
    await enrol(pool, "CT1")
    await enrol(pool, "OLD", "disabled")
    await refresh(devices, pool)
    assert devices.look_up("CT1").enabled
    assert not devices.look_up("OLD").enabled


async def test_a_stranger_is_listed_once_with_its_attempts_and_told_by_one_event(pool, devices):
    for _ in range(3):
        devices.seen("MR9", "TELEMED", "10.0.0.9")
    await refresh(devices, pool)
    devices.seen("MR9", "TELEMED", "10.0.0.9")
    await refresh(devices, pool)
    assert await rows(pool, "select ae_title, host(peer_address), attempts from device_seen") == [
        ("MR9", "10.0.0.9", 4)
    ]
    events = await rows(pool, "select kind, topics, ids::text from event")
    assert events == [("device.seen", ["admin"], "{}")]


async def test_a_known_device_that_called_has_its_time(pool, devices):
    device = await enrol(pool, "CT1")
    await refresh(devices, pool)
    devices.met(devices.look_up("CT1"))
    await refresh(devices, pool)
    assert await rows(pool, "select id from device where last_seen_at is not null") == [(device,)]


async def test_while_the_database_is_away_what_is_known_stays_and_what_was_seen_is_kept(tmp_path, pool, devices):
    await enrol(pool, "CT1")
    await refresh(devices, pool)
    away = await open_pool(f"host={tmp_path} user=nobody", patience=0.3)
    devices.seen("MR9", "TELEMED", "10.0.0.9")
    with pytest.raises(Unavailable):
        await refresh(devices, away)
    await away.close()
    assert devices.look_up("CT1") is not None
    again = Devices(tmp_path / "devices.json")
    assert again.load()
    assert again.look_up("CT1") is not None
    await refresh(devices, pool)
    assert len(await rows(pool, "select * from device_seen")) == 1
