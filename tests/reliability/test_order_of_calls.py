"""strace -f over stores: no Success leaves before its file, the file's folder and the journal are synced."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.reliability import results
from tests.reliability.gateway import Process, Senders
from tests.reliability.trace import SUCCESS, Event, Watch, events

CALLS = "fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg,write,writev"


async def watched(process: Process, tmp_path: Path, stores: int) -> str:
    strace = shutil.which("strace")
    assert strace is not None, "strace is needed: apt install strace"
    log = tmp_path / "strace.log"
    process.prefix = (strace, "-f", "-ttt", "-y", "-xx", "-s", "512", "-e", f"trace={CALLS}", "-o", str(log))
    await process.start()
    senders = Senders(process.port, seed=50)
    senders.begin(3)
    async with asyncio.timeout(200):
        while len(senders.acknowledged) < stores:
            await asyncio.sleep(0.02)
    await asyncio.to_thread(senders.end)
    assert process.running is not None
    os.kill(child_of(process.running.pid), signal.SIGTERM)
    await process.running.wait()
    watch = Watch(str(tmp_path / "imaging" / "archive"), str(tmp_path / "imaging" / "spool"))
    for event in events(decoded(log)):
        watch.see(event)
    assert watch.early == []
    assert watch.answers == len(senders.acknowledged) >= stores
    return f"{watch.answers} stores, {watch.answers} answers, none before its three syncs and the rename"


def child_of(strace: int) -> int:
    """strace passes no signal on: its child is the gateway."""
    (child,) = Path(f"/proc/{strace}/task/{strace}/children").read_text().split()
    return int(child)


def decoded(log: Path) -> list[str]:
    """strace -xx writes paths in hexadecimal too; those back to text, the data of sends stays."""
    lines: list[str] = []
    for line in log.read_text().splitlines():
        if any(f" {call}(" in line or f"... {call} " in line for call in ("sendto", "sendmsg", "write", "writev")):
            lines.append(line)
        else:
            lines.append(line.encode().decode("unicode_escape"))
    return lines


async def test_ten_stores_are_answered_after_their_syncs(process, tmp_path) -> None:
    await watched(process, tmp_path, 10)


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_fifty_stores_are_answered_after_their_syncs(process, tmp_path) -> None:
    results.write("order of calls", 50, await watched(process, tmp_path, 50))


ANSWER = Event("sendto", "", r'"\x04\x00\x00\x00\x01\x02\x00\x00\x00\x01\x80' + SUCCESS + '"')
PART, BLOB, LOG = "/s/spool/p/1.part", "/s/archive/ab/abcd", "/s/spool/p/1.log"
WHOLE = [
    Event("fdatasync", PART, ""),
    Event("rename", BLOB, f'"{PART}", "{BLOB}"'),
    Event("fsync", "/s/archive/ab", ""),
    Event("fdatasync", LOG, ""),
    ANSWER,
]


def judged(sequence: list[Event]) -> list[str]:
    watch = Watch("/s/archive", "/s/spool")
    for event in sequence:
        watch.see(event)
    return watch.early


def test_the_watch_accepts_the_whole_sequence() -> None:
    assert judged(WHOLE) == []


@pytest.mark.parametrize("removed", range(4))
def test_the_watch_finds_each_step_that_is_missing(removed: int) -> None:
    assert judged(WHOLE[:removed] + WHOLE[removed + 1 :])


@pytest.mark.parametrize("earlier", range(4))
def test_the_watch_finds_an_answer_that_leaves_too_early(earlier: int) -> None:
    assert judged([*WHOLE[:earlier], ANSWER, *WHOLE[earlier:4]])
