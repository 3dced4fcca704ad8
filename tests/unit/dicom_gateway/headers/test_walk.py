"""The walk over a data set's structure: its quick way finds what the slow one finds, and neither ever stands still."""

import mmap
import random
import struct
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicom_gateway.headers import walk as module
from dicom_gateway.headers.walk import EXPLICIT, PIXEL_DATA, Fault, Structure, walk
from tests.datasets import data_set, encoded

MUTANTS = 3000


def nested() -> bytes:
    """A data set with sequences of defined and of undefined length, and an item in an item."""
    inner = Dataset()
    inner.CodeValue, inner.CodeMeaning = "T-D3000", "胸部"
    outer = Dataset()
    outer.AnatomicRegionSequence = Sequence([inner, inner])
    outer.StudyDescription = "x"
    made = data_set(ProcedureCodeSequence=Sequence([outer]), PixelData=bytes(range(64)))
    whole = encoded(made)
    made["ProcedureCodeSequence"].is_undefined_length = True
    return whole + encoded(made)


def mutant(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                del changed[at:]
            case 1:
                changed[at : at + 4] = b"\xff\xff\xff\xff"
            case 2:
                changed[at : at + 8] = chance.choice((b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0")) + bytes(4)
            case _:
                changed[at] = chance.randrange(256)
        if not changed:
            break
    return bytes(changed)


@pytest.mark.timeout(60)
def test_the_quick_way_over_plain_elements_finds_what_the_slow_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(20261126)
    whole = nested()
    contents = [whole, *(mutant(whole, chance) for _ in range(MUTANTS))]
    quick = [walk(memoryview(content), EXPLICIT) for content in contents]
    monkeypatch.setattr(module._Walk, "_plain", lambda _self, _level: None)
    slow = [walk(memoryview(content), EXPLICIT) for content in contents]
    assert quick == slow
    assert {type(one) for one in quick} == {Structure, Fault}


@pytest.mark.timeout(20)
def test_an_item_without_an_end_in_a_sequence_that_has_one_is_truncated() -> None:
    element = b"\x08\x00\x60\x00CS\x04\x00CT  "
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + element
    sequence = b"\x08\x00\x32\x10SQ\x00\x00" + struct.pack("<I", len(item)) + item
    patient = b"\x10\x00\x20\x00LO\x02\x001 "
    assert walk(memoryview(sequence + patient), EXPLICIT) == Fault("data-set-truncated", len(sequence))


def test_fragments_of_more_than_four_gigabytes_are_walked(tmp_path: Path) -> None:
    # holes: the file takes a few blocks
    head = struct.pack("<HH2sxxI", PIXEL_DATA >> 16, PIXEL_DATA & 0xFFFF, b"OB", 0xFFFFFFFF)
    half = (2 << 30) + 16
    file = tmp_path / "large"
    with file.open("w+b") as written:
        written.write(head + b"\xfe\xff\x00\xe0" + bytes(4))
        for _ in range(2):
            written.write(b"\xfe\xff\x00\xe0" + struct.pack("<I", half))
            written.seek(half, 1)
        written.write(b"\xfe\xff\xdd\xe0" + bytes(4))
        written.flush()
        with mmap.mmap(written.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as content:
            found = walk(content, EXPLICIT)
    assert isinstance(found, Structure)
    assert found.fragment_bytes == 2 * half
