"""A small demo day over a real gateway and a real database: its times, its continuation, its reports."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from dicom_gateway.gateway import serve
from telemed.access.codes import SecretBox
from telemed.access.passwords import Passwords
from telemed.config import Config, load
from telemed.db import Pool
from telemed.demo import day
from telemed.demo.county import load_directory, read
from telemed.demo.studies import Day
from telemed.demo.studies import read as read_day
from telemed.reading.service.rule_book import read_rules

pytestmark = pytest.mark.timeout(240)
WHOLE = read_day()
KEYS = ("dr-wang2", "dr-ivanova", "dr-piao", "lumbar-cui", "dr-liuyan")
SMALL = Day([msgspec.structs.replace(one, rows=160) for one in WHOLE.studies if one.key in KEYS], WHOLE.faults[:1])
BOOK = read_rules()


class Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


@pytest.fixture
async def config(pool: Pool, database: str, tmp_path: Path) -> AsyncGenerator[Config]:
    """A county with its people and a gateway that receives."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    given = {
        "TELEMED__STATE__PATH": str(tmp_path),
        "TELEMED__DATABASE__DSN": database,
        "TELEMED__DICOM__HOST": "127.0.0.1",
        "TELEMED__DICOM__PORT": str(port),
    }
    config = load([], given)
    await load_directory(
        pool,
        read(),
        box=SecretBox(bytes(32)),
        passwords=Passwords(memory_kib=64),
        now=datetime.now(UTC),
        deliver=lambda _made: None,
    )
    stop = asyncio.Event()
    gateway = asyncio.create_task(serve(config, stop))
    yield config
    stop.set()
    await gateway


async def seed(config: Config, pool: Pool, began: datetime, *, interrupt: bool = False) -> None:
    def progress(_done: int, _of: int) -> None:
        if interrupt:
            raise Interrupted

    await day.seed(config, pool, SMALL, book=BOOK, began=began, progress=progress)


async def rows(pool: Pool, query: str) -> list[tuple]:
    async with pool.connection() as connection:
        return await (await connection.execute(query)).fetchall()


READINGS = """
select q.item, r.state, s.acquired_at, q.registered_at, s.first_received_at, r.clock_started_at, r.due_at,
       r.allowed_minutes, r.checkup, v.author_signed_at, v.signed_at, r.reading_seconds
from reading r join imaging_study s on s.id = r.study_id join service_request q on q.id = s.service_request_id
left join report_version v on v.reading_id = r.id order by s.acquired_at desc"""


async def test_every_step_has_its_own_time_of_the_day(config: Config, pool: Pool) -> None:
    began = datetime.now(UTC)
    await seed(config, pool, began)
    found = await rows(pool, READINGS)
    assert sorted(row[1] for row in found) == [
        "awaiting-reading",
        "awaiting-reading",
        "reading",
        "returned-to-site",
        "viewed",
    ]
    for _, state, acquired, registered, received, started, due, allowed, checkup, *signed in found:
        assert registered < acquired < received < started < began
        calendar = BOOK.at(started).calendar
        assert due == calendar.add(started, timedelta(minutes=allowed))
        assert calendar.is_open(due - timedelta(seconds=1))
        assert allowed == (1530 if checkup else 120)
        written, verified, seconds = signed
        if state == "viewed":
            assert started < written < verified < began
            assert calendar.between(started, verified) == timedelta(seconds=seconds)
        else:
            assert verified is None
    assert await rows(pool, "select kind from report_receipt order by at") == [
        ("delivered",),
        ("viewed",),
        ("printed",),
    ]
    assert await rows(pool, "select state, kind from site_return") == [("recall-pending", "retake")]
    assert await rows(pool, "select reason from quarantine") == [("pixel-data-too-short",)]
    signatures = "select count(*), count(*) filter (where at < %s) from audit_event where action = 'reading.verify'"
    async with pool.connection() as connection:
        # who verifies is audited, and no row claims to have been written before it was
        assert await (await connection.execute(signatures, (began,))).fetchone() == (1, 0)


async def test_a_township_has_been_silent_since_twelve_past_three(config: Config, pool: Pool) -> None:
    began = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
    await day.seed(config, pool, Day([], []), book=BOOK, began=began, progress=lambda _done, _of: None)
    seen = await rows(pool, "select ae_title, last_seen_at from device where last_seen_at is not null")
    assert seen == [("DG_DR1", datetime(2026, 11, 22, 19, 12, tzinfo=UTC))]


async def test_an_interrupted_day_is_gone_on_with_and_a_whole_one_is_left_alone(config: Config, pool: Pool) -> None:
    began = datetime.now(UTC)
    with pytest.raises(ExceptionGroup):
        await seed(config, pool, began, interrupt=True)
    assert len(await rows(pool, "select from imaging_study")) < len(KEYS) + 1
    await seed(config, pool, began)
    counted = """select (select count(*) from imaging_instance), (select count(*) from report_version),
                 (select count(*) from quarantine), (select max(revision) from reading)"""
    before = await rows(pool, counted)
    assert before[0][:3] == (6, 1, 1)
    await seed(config, pool, began)
    assert await rows(pool, counted) == before
