"""After a power cut at any step, keeping any subset of what was not synced, every acknowledged instance is there.

And the proof that this proof can fail: each sync taken away in turn is found out.
"""

import asyncio
import contextlib
import hashlib
import itertools
import random
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from greenlet import getcurrent, greenlet

from dicom_gateway.spool import DurableSpool, InstanceContext, Journal, Position, Record, Refused, Stored, adopt
from dicom_gateway.spool import durable as durable_module
from dicom_gateway.spool.archive import Shelves, blob_path
from dicom_gateway.spool.durable import Inspection
from dicom_gateway.spool.journal import begin
from tests.reliability.recording import Killed, Recording

T = TypeVar("T")

ROOT = Path("/volume/telemed")


def context(uid: str) -> InstanceContext:
    return InstanceContext(
        association_id="a1",
        calling_ae="CT1",
        called_ae="TELEMED",
        peer_address="10.0.0.7",
        organization_id=None,
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        sop_instance_uid=uid,
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        received_at=datetime(2026, 11, 22, 8, 30, tzinfo=UTC),
    )


def twin_of(content: bytes) -> bytes:
    """Other bytes whose digest begins with the same folder."""
    shelf = hashlib.sha256(content).hexdigest()[:2]
    for nonce in itertools.count():
        other = b"twin %d" % nonce
        if hashlib.sha256(other).hexdigest().startswith(shelf):
            return other
    raise AssertionError


FIRST = b"first instance, small"
TWIN = twin_of(FIRST)
LARGE = bytes(range(256)) * 12
SCENARIO = [("1.1", FIRST), ("1.2", LARGE), ("1.3", TWIN), ("1.4", FIRST), ("1.5", b"fifth"), ("1.1", FIRST)]


def pause() -> None:
    """Give the other threads their turn; outside of a thread there is nobody to wait for."""
    outer = getcurrent().parent
    if outer is not None:
        outer.switch()


class Turns:
    """A lock among threads that take turns."""

    def __init__(self) -> None:
        self.held = False

    def __enter__(self) -> None:
        while self.held:
            pause()
        self.held = True

    def __exit__(self, *_failure: object) -> None:
        self.held = False


@dataclass
class World:
    files: Recording
    acknowledged: dict[tuple[str, str], None] = field(default_factory=dict)
    #: What some power cut would have lost; the first one ends the search.
    lost: list[tuple[str, str]] = field(default_factory=list)
    process: int = 0

    def __post_init__(self) -> None:
        # the volume itself is durable before anything begins
        self.files.make_folder(Path("/volume"))
        self.files.changes[-1].synced = True

    def spool(self, yielding: random.Random | None = None) -> DurableSpool:
        self.process += 1

        async def run(call: Callable[[], T], /) -> T:
            """Run it as a thread would, others getting their turn before any call of the file system."""
            thread = greenlet(call)
            result = thread.switch()
            while not thread.dead:
                for _ in range(0 if yielding is None else yielding.randrange(4)):
                    await asyncio.sleep(0)
                result = thread.switch()
            return result

        self.files.pause = pause
        journal = begin(self.files, ROOT, f"process-{self.process}", run, Turns())
        return DurableSpool(
            self.files,
            ROOT,
            journal,
            inspect=lambda _context, _content: Inspection(msgspec.Raw(b"null"), None),
            run=run,
        )

    async def store(self, spool: DurableSpool, uid: str, content: bytes) -> Stored | Refused:
        draft = await spool.open(context(uid))
        assert not isinstance(draft, Refused)
        for at in range(0, len(content), 700):
            await draft.write(content[at : at + 700])
        answer = await draft.commit()
        if isinstance(answer, Stored):
            assert answer.digest == hashlib.sha256(content).hexdigest()
            self.acknowledged[uid, answer.digest] = None
        return answer


def lost(after: Recording, acknowledged: dict[tuple[str, str], None]) -> list[tuple[str, str]]:
    """What was acknowledged and is not there once a new process has adopted the journals."""
    found: set[tuple[str, str]] = set()
    for orphan in adopt(after, ROOT):
        batch = orphan.read(Position(1, 0), 1000)
        found |= {(record.sop_instance_uid, record.digest) for record in batch.records}
    return [
        (uid, digest)
        for uid, digest in acknowledged
        if (uid, digest) not in found
        or not after.exists(blob_path(ROOT, digest))
        or after.digest(blob_path(ROOT, digest)) != digest
    ]


def cut_at_every_step(world: World, chance: random.Random) -> None:
    """From now on, look at every possible power cut after every single change and sync."""

    def observe() -> None:
        for after in () if world.lost else world.files.outcomes(chance):
            world.lost += lost(after, world.acknowledged)

    world.files.observe = observe


async def run_scenario(world: World, seed: int) -> None:
    """Six instances over three associations at once, two of them the same bytes at the same time."""
    chance = random.Random(seed)
    cut_at_every_step(world, chance)
    spool = world.spool(yielding=chance)
    await asyncio.gather(*(world.store(spool, uid, content) for uid, content in SCENARIO[:4]))
    for uid, content in SCENARIO[4:]:
        await world.store(spool, uid, content)
    world.files.observe()


@pytest.fixture(autouse=True)
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The large instance goes through its part file in pieces, the small ones are held."""
    monkeypatch.setattr(durable_module, "HELD", 1024)


@pytest.mark.parametrize("seed", range(3))
async def test_every_acknowledged_instance_survives_a_power_cut_at_every_step(seed: int) -> None:
    world = World(Recording())
    await run_scenario(world, seed)
    assert not world.lost
    assert len(world.acknowledged) == 5


async def test_what_a_killed_process_left_unsynced_is_synced_before_a_resend_counts() -> None:
    steps = 0
    for kill_at in itertools.count(8):
        steps += 1
        world = World(Recording())
        world.files.kill_at = kill_at
        try:
            spool = world.spool()
            for uid, content in SCENARIO[:3]:
                await world.store(spool, uid, content)
            finished = True
        except Killed:
            finished = False
        world.files.process_killed()
        cut_at_every_step(world, random.Random(kill_at))
        spool = world.spool()
        for uid, content in reversed(SCENARIO[:3]):
            await world.store(spool, uid, content)
        world.files.observe()
        assert not world.lost
        if finished:
            break
    assert steps > 20


async def lost_by_resending_after_a_kill() -> bool:
    for kill_at in range(8, 60):
        world = World(Recording())
        world.files.kill_at = kill_at
        with contextlib.suppress(Killed):
            await world.store(world.spool(), "1.1", FIRST)
        world.files.process_killed()
        cut_at_every_step(world, random.Random(1))
        spool = world.spool()
        await world.store(spool, "1.1", FIRST)
        await world.store(spool, "1.3", TWIN)
        world.files.observe()
        if world.lost:
            return True
    return False


async def restored_by_hand(world: World) -> None:
    """Somebody copied a blob into place and did not sync."""
    spool = world.spool()
    path = blob_path(ROOT, hashlib.sha256(FIRST).hexdigest())
    world.files.make_folder(path.parent)
    handle = world.files.create(path)
    world.files.append(handle, FIRST)
    world.files.close(handle)
    cut_at_every_step(world, random.Random(2))
    answer = await world.store(spool, "1.1", FIRST)
    assert isinstance(answer, Stored)
    assert answer.duplicate
    world.files.observe()


async def test_a_blob_that_stands_there_unsynced_is_synced_before_it_counts() -> None:
    world = World(Recording())
    await restored_by_hand(world)
    assert not world.lost


def is_part(call: str, path: Path) -> bool:
    return call == "sync_data" and path.suffix == ".part"


MUTANTS: dict[str, Callable[[str, Path], bool]] = {
    "fdatasync of the instance": is_part,
    "fdatasync of the journal": lambda call, path: call == "sync_data" and path.suffix == ".log",
    "fsync of archive/ab": lambda call, path: call == "sync_folder" and path.parent == ROOT / "archive",
    "fsync of archive": lambda call, path: call == "sync_folder" and path == ROOT / "archive",
    "fsync of the root": lambda call, path: call == "sync_folder" and path == ROOT,
    "fsync above the root": lambda call, path: call == "sync_folder" and path == ROOT.parent,
    "fsync of spool": lambda call, path: call == "sync_folder" and path == ROOT / "spool",
    "fsync of the journal's folder": lambda call, path: call == "sync_folder" and path.parent == ROOT / "spool",
}


@pytest.mark.parametrize("removed", MUTANTS)
async def test_a_spool_without_one_of_its_syncs_is_found_out(removed: str) -> None:
    world = World(Recording(deaf=MUTANTS[removed]))
    await run_scenario(world, seed=0)
    assert world.lost


async def test_a_spool_that_trusts_a_blob_it_finds_is_found_out() -> None:
    world = World(Recording(deaf=lambda call, _path: call == "sync_file"))
    await restored_by_hand(world)
    assert world.lost


def trusts_every_folder(_self: Shelves, _digest: str) -> None:
    """Sync nothing that is there already."""


def trusts_the_folders_above(self: Shelves, digest: str) -> None:
    """Sync the shelf only, never the folders above it that another process may just have made."""
    self._files.sync_folder(blob_path(ROOT, digest).parent)


async def test_a_resend_after_a_kill_at_any_step_survives_a_power_cut() -> None:
    assert not await lost_by_resending_after_a_kill()


@pytest.mark.parametrize("mutant", [trusts_every_folder, trusts_the_folders_above])
async def test_a_spool_that_trusts_folders_it_finds_is_found_out(
    mutant: Callable[[Shelves, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shelves, "sync_name", mutant)
    assert await lost_by_resending_after_a_kill()


async def test_an_acknowledgement_ahead_of_the_journal_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Journal.append
    later: list[tuple[Journal, Record]] = []
    monkeypatch.setattr(Journal, "append", lambda journal, record: later.append((journal, record)))
    world = World(Recording())
    await run_scenario(world, seed=0)
    for journal, record in later:
        whole(journal, record)
    assert world.lost


async def test_a_duplicate_that_does_not_wait_for_the_first_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def impatient(self: DurableSpool, digest: str) -> tuple[Future[bool], bool]:
        known, first = whole(self, digest)
        if not first:
            known = Future()
            known.set_result(True)
        return known, first

    whole = DurableSpool.first_of
    monkeypatch.setattr(DurableSpool, "first_of", impatient)
    found = False
    for seed in range(8):
        world = World(Recording())
        await run_scenario(world, seed)
        found = found or bool(world.lost)
    assert found
