"""A study's completeness on a real database: due times are rows, evidence is what the gateway noted."""

import asyncio
from datetime import UTC, datetime, timedelta

from telemed.events.signal import Signal
from telemed.imaging import store
from telemed.imaging.completeness import QUIET, RELEASE_GRACE
from telemed.imaging.settle import settle_due, settle_for_ever
from tests.datasets import data_set, encoded
from tests.integration.receiving.conftest import RECEIVED, Gateway


async def send(gateway: Gateway, number: int, association: str = "a1") -> None:
    made = data_set(InstanceNumber=number)
    await gateway.send(encoded(made), sop_instance_uid=str(made.SOPInstanceUID), association=association)


async def settle(gateway: Gateway, now: datetime) -> tuple:
    async with gateway.pool.transaction() as tx:
        await settle_due(tx, now)
    [row] = await gateway.rows("select completeness, completeness_evidence, settle_at from imaging_study")
    return row


async def test_a_released_association_completes_its_study_after_a_moment(gateway: Gateway) -> None:
    gateway.indexer._clock = lambda: RECEIVED
    await send(gateway, 1)
    await send(gateway, 2)
    await gateway.spool.ended("a1", released=True)
    await gateway.indexer.drain()
    assert await settle(gateway, RECEIVED) == ("receiving", "", RECEIVED + RELEASE_GRACE)
    assert await settle(gateway, RECEIVED + RELEASE_GRACE) == ("complete", "released", None)
    assert await gateway.rows("select kind from event order by id") == [("study.indexed",), ("study.updated",)]


async def test_a_lost_association_leaves_its_study_to_silence(gateway: Gateway) -> None:
    gateway.indexer._clock = lambda: RECEIVED
    await send(gateway, 1)
    await gateway.spool.ended("a1", released=False)
    await gateway.indexer.drain()
    assert await settle(gateway, RECEIVED + QUIET - timedelta(seconds=1)) == ("receiving", "", RECEIVED + QUIET)
    assert await settle(gateway, RECEIVED + QUIET) == ("quiet", "", None)


async def test_late_images_open_a_settled_study_again(gateway: Gateway) -> None:
    await send(gateway, 1)
    await gateway.indexer.drain()
    assert (await settle(gateway, RECEIVED + QUIET))[0] == "quiet"
    await send(gateway, 2, association="a2")
    await gateway.indexer.drain()
    assert (await settle(gateway, RECEIVED))[0] == "receiving"


async def test_thirty_seven_of_forty_is_never_complete_and_forty_is_at_once(gateway: Gateway) -> None:
    await send(gateway, 1)
    await gateway.spool.ended("a1", released=True)
    await gateway.indexer.drain()
    async with gateway.pool.transaction() as tx:
        await store.expect(tx, str(data_set().StudyInstanceUID), gateway.organization, 2, RECEIVED)
    assert (await settle(gateway, RECEIVED + timedelta(minutes=5)))[0] == "receiving"
    assert (await settle(gateway, RECEIVED + QUIET))[0] == "quiet"
    await send(gateway, 2, association="a2")
    await gateway.indexer.drain()
    async with gateway.pool.transaction() as tx:
        await store.end_association(tx, "a2", RECEIVED, released=False)
    assert await settle(gateway, RECEIVED) == ("complete", "announced", None)


async def test_an_echo_or_a_refused_instance_notes_no_association(gateway: Gateway) -> None:
    await gateway.spool.ended("only an echo", released=True)
    assert not gateway.spool.journal.backlog


async def test_the_task_settles_what_is_due_when_it_starts_and_when_it_is_rung(gateway: Gateway) -> None:
    await send(gateway, 1)
    await gateway.indexer.drain()
    signal, now = Signal(), [RECEIVED + QUIET]
    task = asyncio.create_task(settle_for_ever(gateway.pool, signal, lambda: now[0]))

    async def until(state: str) -> None:
        async with asyncio.timeout(20):
            while await gateway.rows("select completeness from imaging_study") != [(state,)]:
                await asyncio.sleep(0.02)

    await until("quiet")
    await send(gateway, 2)
    await gateway.spool.ended("a1", released=True)
    await gateway.indexer.drain()
    now[0] = datetime.now(UTC) + timedelta(days=1)
    signal.fire()
    await until("complete")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
