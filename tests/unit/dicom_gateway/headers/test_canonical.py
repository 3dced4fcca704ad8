"""The same content in every encoding has one canonical digest; everything else has another."""

import struct

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from dicom_gateway.headers.canonical import Incomparable, canonical_digest
from tests.datasets import EXPLICIT_LITTLE, data_set, encoded

IMPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"


def rich(**changes: object) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodeMeaning = "T-D3000", "胸部"
    outer = Dataset()
    outer.ScheduledProtocolCodeSequence = Sequence([code])
    made = data_set(RequestAttributesSequence=Sequence([outer]), WindowCenter="40", SliceThickness="1.25", **changes)
    made.add_new(0x00091001, "LO", "private ")
    made.add_new(0x00090010, "LO", "ACME")
    return made


def digest(content: bytes, transfer_syntax: str = EXPLICIT_LITTLE) -> str:
    return canonical_digest(memoryview(content), transfer_syntax)


SAME = digest(encoded(rich()))


def test_implicit_and_big_endian_are_the_same_content() -> None:
    made = rich()
    assert digest(encoded(made, implicit=True), IMPLICIT) == SAME
    made.PixelData = np.frombuffer(made.PixelData, "<u2").astype(">u2").tobytes()
    assert digest(encoded(made, little=False), BIG) == SAME


@pytest.mark.parametrize("coding", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_losslessly_coded_pixels_count_decoded(coding: str) -> None:
    pixels = (np.arange(64 * 64) % 4096).astype("<u2").reshape(64, 64)
    made = rich(Rows=64, Columns=64, PixelData=pixels.tobytes())
    native = digest(encoded(made))
    made.compress(coding, pixels, generate_instance_uid=False)
    del made.file_meta
    assert digest(encoded(made), str(coding)) == native
    pixels[63, 63] ^= 1
    changed = rich(Rows=64, Columns=64, PixelData=pixels.tobytes())
    changed.compress(coding, pixels, generate_instance_uid=False)
    del changed.file_meta
    assert digest(encoded(changed), str(coding)) != native


def test_undefined_lengths_group_lengths_and_trailing_padding_do_not_count() -> None:
    made = rich()
    for element in made.iterall():
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
    longer = encoded(made)
    assert longer != encoded(rich())
    group_length = b"\x08\x00\x00\x00UL\x04\x00" + struct.pack("<I", 99)
    padding = b"\xfc\xff\xfc\xffOB\x00\x00" + struct.pack("<I", 16) + bytes(16)
    assert digest(group_length + longer + padding) == SAME


@pytest.mark.parametrize(("one", "other"), [("PADDED", "PADDED  "), ("PADDED", "PADDED\x00")])
def test_padding_of_values_does_not_count(one: str, other: str) -> None:
    assert digest(encoded(data_set(StationName=one))) == digest(encoded(data_set(StationName=other)))


@pytest.mark.parametrize(
    "changes",
    [
        {"PatientName": "王^桂芝"},
        {"WindowCenter": "41"},
        {"PixelData": rich().PixelData[:-1] + b"\x01"},
        {"StationName": "NEW"},
        {"WindowCenter": None},
        {"SeriesDescription": " LEADING"},
        {"BitsStored": 11},
        {"Rows": 4, "Columns": 16},
    ],
)
def test_another_value_is_another_content(changes: dict) -> None:
    made = rich()
    for name, value in changes.items():
        if value is None:
            delattr(made, name)
        else:
            setattr(made, name, value)
    assert digest(encoded(made)) != SAME


def test_a_value_that_moved_to_another_tag_or_item_is_another_content() -> None:
    assert digest(encoded(data_set(StationName="X"))) != digest(encoded(data_set(DeviceSerialNumber="X")))
    one, two = Dataset(), Dataset()
    one.CodeValue, two.CodeMeaning = "A", "B"
    both = Dataset()
    both.CodeValue, both.CodeMeaning = "A", "B"
    apart = data_set(ProcedureCodeSequence=Sequence([one, two]))
    together = data_set(ProcedureCodeSequence=Sequence([both]))
    assert digest(encoded(apart)) != digest(encoded(together))


def test_the_private_value_counts_by_its_bytes() -> None:
    made = rich()
    made[0x00091001].value = "other"
    assert digest(encoded(made)) != SAME


def test_what_cannot_be_decoded_or_walked_is_incomparable() -> None:
    made = rich()
    made.compress(RLELossless, np.frombuffer(made.PixelData, "<u2").reshape(8, 8), generate_instance_uid=False)
    del made.file_meta
    with pytest.raises(Incomparable):
        digest(encoded(made), str(JPEGLSLossless))
    with pytest.raises(Incomparable):
        digest(encoded(rich())[:-3])


def test_lossy_pixels_count_as_they_are_coded() -> None:
    head = encoded(data_set(PixelData=None))

    def coded(fragment: bytes, table: bytes = b"") -> bytes:
        return (
            head + b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"
            + b"\xfe\xff\x00\xe0" + struct.pack("<I", len(table)) + table
            + b"\xfe\xff\x00\xe0" + struct.pack("<I", len(fragment)) + fragment + b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
        )  # fmt: skip

    baseline = "1.2.840.10008.1.2.4.50"
    assert digest(coded(b"abcd"), baseline) == digest(coded(b"abcd", bytes(4)), baseline)
    assert digest(coded(b"abcd"), baseline) != digest(coded(b"abce"), baseline)
    assert digest(coded(b"abcd"), baseline) != digest(coded(b"abcd"), "1.2.840.10008.1.2.4.51")
