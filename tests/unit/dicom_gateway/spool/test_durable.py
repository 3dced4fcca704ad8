"""The spool with real threads and real files: many at once, the same bytes at once, callers that go away."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from dicom_gateway.spool import DurableSpool, Inspection, InstanceContext, Position, Stored, Threads, open_spool
from dicom_gateway.spool.archive import blob_path
from dicom_gateway.spool.files import Posix


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncGenerator[DurableSpool]:
    threads = Threads(8)
    opened = open_spool(tmp_path, "p", lambda _context, _content: Inspection(msgspec.Raw(b"null"), None), threads)
    yield opened
    await opened.close()
    threads.close()


async def store(spool: DurableSpool, uid: str, content: bytes) -> Stored:
    context = InstanceContext(
        "a1", "CT1", "TELEMED", "10.0.0.7", None, "1.2", uid, "1.2.3", datetime(2026, 11, 23, tzinfo=UTC)
    )
    draft = await spool.open(context)
    for at in range(0, len(content), 100_000):
        await draft.write(content[at : at + 100_000])  # type: ignore[union-attr]
    answer = await draft.commit()  # type: ignore[union-attr]
    assert isinstance(answer, Stored)
    return answer


async def journaled(spool: DurableSpool) -> list[str]:
    return [record.sop_instance_uid for record in (await spool.journal.read(10_000)).records]


async def test_many_at_once_are_each_there_and_share_the_journals_syncs(spool: DurableSpool, monkeypatch) -> None:
    syncs: list[str] = []
    whole = Posix.sync_data
    monkeypatch.setattr(Posix, "sync_data", lambda self, handle: (syncs.append("x"), whole(self, handle))[1])
    contents = [b"%d" % number * (3 if number % 7 else 700_000) for number in range(120)]
    answers = await asyncio.gather(*(store(spool, f"1.{n}", content) for n, content in enumerate(contents)))
    assert [answer.digest for answer in answers] == [hashlib.sha256(content).hexdigest() for content in contents]
    assert all(blob_path(spool.root, one.digest).read_bytes() == c for one, c in zip(answers, contents, strict=True))
    assert sorted(await journaled(spool)) == sorted(f"1.{n}" for n in range(120))
    assert len(syncs) < 2 * 120
    assert spool.held == 0
    assert not list((spool.root / "spool" / "p").glob("*.part"))


async def test_the_same_bytes_at_once_are_one_blob_one_first_and_every_sender_is_noted(spool: DurableSpool) -> None:
    content = bytes(2 << 20)
    answers = await asyncio.gather(*(store(spool, f"1.{number}", content) for number in range(12)))
    assert [answer.duplicate for answer in answers].count(False) == 1
    assert len({answer.digest for answer in answers}) == 1
    assert len(await journaled(spool)) == 12


async def test_a_caller_that_goes_away_in_mid_commit_leaves_a_whole_instance_and_blocks_nobody(
    spool: DurableSpool,
) -> None:
    content = bytes(1 << 19)
    for _ in range(20):
        task = asyncio.create_task(store(spool, "1.1", content))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert (await store(spool, "1.2", content)).size == len(content)
    assert "1.2" in await journaled(spool)
    async with asyncio.timeout(20):
        # those whose callers went away end in their own time
        while spool.held:
            await asyncio.sleep(0.01)


async def test_the_journal_lets_go_of_what_is_indexed_and_grows_new_segments(
    spool: DurableSpool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_gateway.spool.journal.SEGMENT", 2000)
    monkeypatch.setattr("dicom_gateway.spool.journal.SPARE", 500)
    for number in range(30):
        await store(spool, f"1.{number}", b"%d" % number)
    folder = spool.root / "spool" / "p"
    assert len(list(folder.glob("*.log"))) > 3
    seen: list[str] = []
    while spool.journal.backlog:
        batch = await spool.journal.read(4)
        seen += [record.sop_instance_uid for record in batch.records]
        await spool.journal.indexed(batch.end)
    assert seen == [f"1.{number}" for number in range(30)]
    assert list(folder.glob("*.log")) == []
    await store(spool, "1.99", b"later")
    assert await journaled(spool) == ["1.99"]
    assert (await spool.journal.read(1)).end > Position(1, 0)
