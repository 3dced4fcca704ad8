"""A full or failing disk: A700, nothing truncated kept, and receiving goes on by itself once there is room."""

import random

import pytest

from dicom_gateway.spool import Refused, Stored
from tests.reliability.recording import Recording
from tests.reliability.test_power_cut import ROOT, World, context, cut_at_every_step, lost


def blobs(files: Recording) -> list[str]:
    return [name for shelf in files.names(ROOT / "archive") for name in files.names(ROOT / "archive" / shelf)]


def parts(files: Recording) -> list[str]:
    return [name for one in files.names(ROOT / "spool") for name in files.names(ROOT / "spool" / one) if "part" in name]


@pytest.mark.parametrize("room", [0, 1, 500, 2999])
@pytest.mark.parametrize("held", [1024, 1 << 20])
async def test_a_full_disk_refuses_with_a700_keeps_nothing_and_recovers(
    room: int, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_gateway.spool.durable.HELD", held)
    world = World(Recording())
    spool = world.spool()
    await world.store(spool, "1.1", b"there before")
    world.files.room = room
    answer = await world.store(spool, "1.2", bytes(3000))
    assert isinstance(answer, Refused)
    assert (answer.status, answer.transient) == (0xA700, True)
    assert len(blobs(world.files)) == 1
    assert parts(world.files) == []
    world.files.room = 1 << 30
    assert isinstance(await world.store(spool, "1.2", bytes(3000)), Stored)
    assert lost(world.files.power_cut([]), world.acknowledged) == []


@pytest.mark.parametrize("at_once", [1, 4])
async def test_a_journal_that_cannot_be_written_refuses_and_begins_a_new_segment(at_once: int) -> None:
    world = World(Recording())
    spool = world.spool()
    cut_at_every_step(world, random.Random(3))
    await world.store(spool, "1.1", b"first")
    world.files.failing = lambda call, path: call == "sync_data" and path.suffix == ".log"
    for number in range(at_once):
        answer = await world.store(spool, f"2.{number}", b"second %d" % number)
        assert isinstance(answer, Refused)
        assert answer.transient
    world.files.failing = lambda _call, _path: False
    for number in range(at_once):
        assert isinstance(await world.store(spool, f"2.{number}", b"second %d" % number), Stored)
    world.files.observe()
    assert not world.lost
    assert len(world.acknowledged) == 1 + at_once


async def test_a_segment_whose_folder_was_not_synced_is_not_written_to() -> None:
    world = World(Recording())
    spool = world.spool()
    cut_at_every_step(world, random.Random(4))
    world.files.failing = lambda call, path: call == "sync_folder" and path.parent == ROOT / "spool"
    assert isinstance(await world.store(spool, "1.1", b"first"), Refused)
    world.files.failing = lambda _call, _path: False
    assert isinstance(await world.store(spool, "1.1", b"first"), Stored)
    world.files.observe()
    assert not world.lost


async def test_a_closed_journal_takes_nothing_more() -> None:
    world = World(Recording())
    spool = world.spool()
    await world.store(spool, "1.1", b"first")
    await spool.close()
    answer = await world.store(spool, "1.2", b"second")
    assert isinstance(answer, Refused)
    assert answer.transient


@pytest.mark.parametrize("call", ["create", "append", "sync_data", "rename", "sync_folder", "make_folder"])
async def test_each_step_that_fails_refuses_and_leaves_no_part(call: str) -> None:
    world = World(Recording())
    spool = world.spool()
    world.files.failing = lambda done, path: done == call and path.suffix != ".log"
    assert isinstance(await world.store(spool, "1.1", b"bytes"), Refused)
    assert parts(world.files) == []
    world.files.failing = lambda _call, _path: False
    answer = await world.store(spool, "1.1", b"bytes")
    assert isinstance(answer, Stored)
    assert lost(world.files.power_cut([]), world.acknowledged) == []


async def test_below_the_last_step_of_the_ladder_an_instance_is_refused_before_its_first_byte() -> None:
    world = World(Recording())
    spool = world.spool()
    world.files.room = 0
    spool.pressure()
    refused = await spool.open(context("1.1"))
    assert isinstance(refused, Refused)
    assert refused.status == 0xA700
    world.files.room = 1 << 40
    assert not isinstance(await spool.open(context("1.1")), Refused)


async def test_an_abandoned_instance_leaves_nothing() -> None:
    world = World(Recording())
    spool = world.spool()
    draft = await spool.open(context("1.1"))
    assert not isinstance(draft, Refused)
    await draft.write(bytes(3 << 20))
    assert parts(world.files)
    await draft.abandon()
    assert parts(world.files) == []
    assert blobs(world.files) == []
    assert spool.held == 0


async def test_an_instance_beyond_the_limit_is_refused_for_good() -> None:
    world = World(Recording())
    spool = world.spool()
    spool.largest = 1000
    answer = await world.store(spool, "1.1", bytes(2000))
    assert isinstance(answer, Refused)
    assert not answer.transient
    assert parts(world.files) == []
