"""Signed reports to a platform that really listens: never lost, sent again under one key, at last left to a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from telemed.cds.report_upload import Answer
from telemed.cds.report_uploading import LEASE, Uploader, consumer, counts, dead_letters, http_sender, revive, take
from telemed.events.consumer import step
from tests.integration.recognition.registered import Registered


class Killed(BaseException):
    """The worker's process ends here."""


@dataclass
class Platform:
    """The other side: what it was sent, by idempotency key, and how it answers."""

    status: int = 201
    headers: dict[str, str] = field(default_factory=dict[str, str])
    keys: list[str] = field(default_factory=list[str])
    bodies: list[Any] = field(default_factory=list[Any])
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer secret"
        assert request.content_type == "application/fhir+json"
        self.keys.append(request.headers["Idempotency-Key"])
        self.bodies.append(await request.json())
        return web.Response(status=self.status, headers=self.headers)


@pytest.fixture
async def platform() -> AsyncGenerator[Platform]:
    made = Platform()
    app = web.Application()
    app.router.add_post("/reports", made.take)
    server = TestServer(app)
    await server.start_server()
    made.url = str(server.make_url("/reports"))
    yield made
    await server.close()


@dataclass
class Queue:
    registered: Registered
    platform: Platform

    @property
    def uploader(self) -> Uploader:
        send = http_sender(self.platform.url, "Bearer secret")
        return Uploader(self.registered.county.pool, send, lambda: self.registered.county.now, lambda: 1.0)

    async def rows(self, what: str) -> list[Any]:
        async with self.registered.county.pool.connection() as connection:
            return await (await connection.execute(f"select {what} from report_upload".encode())).fetchall()

    def later(self, **passed: float) -> None:
        self.registered.county.now += timedelta(**passed)


@pytest.fixture
async def queue(registered: Registered, platform: Platform) -> Queue:
    """The township's chest CT is signed, and the event log has said so."""
    pool, reader = registered.county.pool, consumer()
    async with pool.transaction() as tx:
        await tx.execute("insert into event_consumer (name) values (%s) on conflict do nothing", (reader.name,))
    async with asyncio.timeout(30):
        while True:
            while await step(pool, reader):
                pass
            async with pool.connection() as connection:
                if (await counts(connection)) != []:
                    break
    registered.county.now += timedelta(minutes=1)
    return Queue(registered, platform)


async def test_a_signed_report_is_sent_once_with_who_it_is_of(queue: Queue):
    assert await queue.uploader.step()
    assert not await queue.uploader.step()
    ((number, state, attempts, status),) = await queue.rows("id, state, attempts, last_status")
    assert (state, attempts, status) == ("sent", 1, 201)
    assert queue.platform.keys == [str(number)]
    (body,) = queue.platform.bodies
    patient, study, report = (one["resource"] for one in body["entry"])
    assert patient["name"] == [{"use": "official", "text": "王桂兰"}]
    assert patient["identifier"][0]["value"] == "239999195803140029"
    assert report["status"] == "final"
    assert study["resourceType"] == "ImagingStudy"


async def test_a_worker_that_dies_before_sending_loses_nothing(queue: Queue):
    held = await take(queue.registered.county.pool, uuid4(), queue.registered.county.now)
    assert held is not None
    assert not await queue.uploader.step()
    queue.later(seconds=LEASE.total_seconds())
    assert await queue.uploader.step()
    assert queue.platform.keys == [str(held[0].id)]


async def test_a_worker_that_dies_between_sending_and_marking_has_it_sent_again_under_the_same_key(queue: Queue):
    send = http_sender(queue.platform.url, "Bearer secret")

    async def die(key: UUID, body: dict[str, Any]) -> Answer:
        await send(key, body)
        raise Killed

    with pytest.raises(Killed):
        await Uploader(queue.registered.county.pool, die, lambda: queue.registered.county.now).step()
    assert not await queue.uploader.step()
    queue.later(seconds=LEASE.total_seconds())
    assert await queue.uploader.step()
    first, second = queue.platform.keys
    assert first == second
    assert await queue.rows("state, attempts") == [("sent", 2)]


async def test_a_worker_that_wakes_after_its_lease_marks_nothing(queue: Queue):
    waking = asyncio.Event()
    send = http_sender(queue.platform.url, "Bearer secret")

    async def slow(key: UUID, body: dict[str, Any]) -> Answer:
        await waking.wait()
        await send(key, body)
        return Answer(400)

    asleep = asyncio.create_task(
        Uploader(queue.registered.county.pool, slow, lambda: queue.registered.county.now).step()
    )
    async with asyncio.timeout(30):
        while not (await queue.rows("id"))[0] or (await queue.rows("attempts"))[0] != (1,):
            await asyncio.sleep(0)
    queue.later(seconds=LEASE.total_seconds())
    assert await queue.uploader.step()
    waking.set()
    await asleep
    assert await queue.rows("state, attempts") == [("sent", 2)]
    assert len(set(queue.platform.keys)) == 1


async def test_of_many_workers_at_once_one_sends(queue: Queue):
    found = await asyncio.gather(*(queue.uploader.step() for _ in range(8)))
    assert found.count(True) == 1
    assert len(queue.platform.keys) == 1


async def test_a_platform_that_is_away_is_tried_again_after_its_pause(queue: Queue):
    queue.platform.status = 503
    assert await queue.uploader.step()
    assert await queue.rows("state, last_status") == [("waiting", 503)]
    assert not await queue.uploader.step()
    queue.platform.status = 201
    queue.later(minutes=1)
    assert await queue.uploader.step()
    assert await queue.rows("state, attempts") == [("sent", 2)]


async def test_nobody_at_the_address_is_no_answer(queue: Queue):
    queue.platform.url = "http://127.0.0.1:9/reports"
    assert await queue.uploader.step()
    assert await queue.rows("state, last_status, last_fault") == [("waiting", None, "no-answer")]


async def test_what_is_refused_is_a_dead_letter_until_a_person_tries_it_again(queue: Queue):
    queue.platform.status = 422
    assert await queue.uploader.step()
    async with queue.registered.county.pool.connection() as connection:
        (letter,) = await dead_letters(connection)
    assert (letter.attempts, letter.last_status, letter.last_fault) == (1, 422, "refused-422")
    queue.later(days=30)
    assert not await queue.uploader.step()
    queue.platform.status = 200
    async with queue.registered.county.pool.transaction() as tx:
        assert await revive(tx, queue.registered.county.now) == [letter.id]
    assert await queue.uploader.step()
    assert set(queue.platform.keys) == {str(letter.id)}


async def test_an_event_that_is_read_twice_queues_once(queue: Queue):
    async with queue.registered.county.pool.transaction() as tx:
        await tx.execute("update event_consumer set xid = '0', id = 0 where name = 'report-upload'")
    while await step(queue.registered.county.pool, consumer()):
        pass
    assert len(await queue.rows("id")) == 1
