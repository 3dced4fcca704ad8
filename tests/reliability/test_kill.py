"""kill -9 of the gateway at random moments: what was acknowledged is there, and it is what was sent."""

import asyncio
import random
import time

import pytest

from dicom_gateway.archive import Archive
from tests.reliability import results
from tests.reliability.gateway import Senders


async def present(pool) -> dict[str, str]:
    async with pool.connection() as connection:
        cursor = await connection.execute("select sop_instance_uid, encode(digest, 'hex') from imaging_instance")
        return dict(await cursor.fetchall())


async def killed_at_random(process, pool, tmp_path, *, kills: int, seed: int) -> str:
    """Returns the sentence for the results."""
    chance = random.Random(seed)
    began = time.monotonic()
    await process.start()
    senders = Senders(process.port, seed)
    senders.begin(4)
    try:
        for _ in range(kills):
            before = len(senders.acknowledged)
            async with asyncio.timeout(60):
                # each life acknowledges something, so that each death may lose something
                while len(senders.acknowledged) == before:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0, 0.6))
            await process.kill()
            await process.start()
    finally:
        await asyncio.to_thread(senders.end)
    acknowledged = senders.acknowledged
    assert not senders.refused
    assert senders.broken
    async with asyncio.timeout(120):
        while not acknowledged.keys() <= (found := await present(pool)).keys():
            await asyncio.sleep(0.1)
    assert {uid: found[uid] for uid in acknowledged} == acknowledged
    archive = Archive(tmp_path / "imaging")
    damaged = [digest for digest in set(found.values()) if not archive.is_whole(digest)]
    assert damaged == []
    async with pool.connection() as connection:
        cursor = await connection.execute("select count(*) from quarantine")
        assert await cursor.fetchone() == (0,)
    lone = len(found) - len(acknowledged)
    return (
        f"{kills} kills, acknowledged {len(acknowledged)}, present {len(acknowledged)}, digests equal; "
        f"{lone} more were stored and not yet answered; {time.monotonic() - began:.0f} s"
    )


async def test_nothing_acknowledged_is_lost_by_five_kills(process, pool, tmp_path) -> None:
    await killed_at_random(process, pool, tmp_path, kills=5, seed=20261123)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_nothing_acknowledged_is_lost_by_a_hundred_kills(process, pool, tmp_path) -> None:
    seed = 100
    results.write("kill -9", seed, await killed_at_random(process, pool, tmp_path, kills=100, seed=seed))
