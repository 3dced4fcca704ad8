"""What is read of a data set, and that nothing hostile does more than be refused."""
# ruff: noqa: DTZ001 - a device that does not name its zone gives a time without one

import random
import re
import struct
import time
import tracemalloc
import warnings
import zlib
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicom_gateway.headers import REASONS, InstanceHeader, Malformed, read_header
from telemed.imaging import quarantine
from tests.datasets import EXPLICIT_LITTLE, data_set, encoded

IMPLICIT, BIG, DEFLATED = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
JPEG = "1.2.840.10008.1.2.4.50"


def read(content: bytes, transfer_syntax: str = EXPLICIT_LITTLE) -> InstanceHeader | Malformed:
    return read_header(memoryview(content), transfer_syntax)


def header(**changes: object) -> InstanceHeader:
    found = read(encoded(data_set(**changes)))
    assert isinstance(found, InstanceHeader), found
    return found


def reason(content: bytes, transfer_syntax: str = EXPLICIT_LITTLE) -> str:
    found = read(content, transfer_syntax)
    return found.reason if isinstance(found, Malformed) else "read"


def test_every_encoding_gives_the_same_header() -> None:
    made = data_set(SeriesDescription="胸部平扫", Laterality="L")
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = deflater.compress(encoded(made)) + deflater.flush()
    first = read(encoded(made))
    assert isinstance(first, InstanceHeader)
    assert first.series_description == "胸部平扫"
    assert read(encoded(made, implicit=True), IMPLICIT) == first
    assert read(encoded(made, little=False), BIG) == first
    assert read(deflated, DEFLATED) == first


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "SC_rgb_rle.dcm", "rtplan.dcm"])
def test_real_files_are_read_as_pydicom_reads_them(name: str) -> None:
    path = get_testdata_file(name)
    assert isinstance(path, str)
    whole = dcmread(path)
    with open(path, "rb") as file:  # noqa: PTH123
        content = file.read()
    length = struct.unpack_from("<I", content, 140)[0]
    found = read(content[144 + length :], str(whole.file_meta.TransferSyntaxUID))
    assert isinstance(found, InstanceHeader)
    assert found.sop_instance_uid == whole.SOPInstanceUID
    assert found.study_instance_uid == whole.StudyInstanceUID
    assert found.patient_id == whole.PatientID
    assert found.modality == whole.Modality
    assert found.rows == whole.get("Rows")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"AcquisitionDateTime": "20261123083000.5"}, datetime(2026, 11, 23, 8, 30, 0, 500000)),
        ({"AcquisitionDateTime": "20261123083000+0800"}, datetime(2026, 11, 23, 0, 30, tzinfo=UTC)),
        ({"TimezoneOffsetFromUTC": "+0800"}, datetime(2026, 11, 23, 0, 31, 5, tzinfo=UTC)),
        ({"AcquisitionDate": None}, datetime(2026, 11, 23, 8, 30)),
        ({"AcquisitionTime": "99"}, datetime(2026, 11, 23, 8, 30)),
        ({"AcquisitionTime": "083160"}, datetime(2026, 11, 23, 8, 31, 59)),
        ({"AcquisitionDate": "2026.11.23"}, datetime(2026, 11, 23, 8, 31, 5)),
        ({"AcquisitionDate": "19000101"}, datetime(1900, 1, 1, 8, 31, 5)),
        ({"AcquisitionDate": None, "StudyDate": "20260230"}, None),
    ],
)
def test_the_acquisition_time_is_the_devices_own(changes: dict, expected: datetime | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert header(**changes).acquired_at == expected


@pytest.mark.parametrize(("text", "expected"), [("19560314", date(1956, 3, 14)), ("", None), ("00000000", None)])
def test_a_birth_date_is_one_or_none(text: str, expected: date | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert header(PatientBirthDate=text).birth_date == expected


@pytest.mark.parametrize("number", ["1.9", "abc", "", "99999999999", "2147483648", "1\\2"])
def test_a_number_that_is_none_or_too_large_is_left_out_and_the_first_of_several_counts(number: str) -> None:
    content = encoded(data_set(InstanceNumber=1)).replace(b"IS\x02\x001 ", b"IS\x02\x001 ", 1)
    plain = encoded(data_set(InstanceNumber=7))
    at = plain.index(b"\x20\x00\x13\x00IS")
    value = number.encode() + b" " * (len(number) % 2)
    changed = plain[: at + 6] + struct.pack("<H", len(value)) + value + plain[at + 10 :]
    found = read(changed)
    assert isinstance(found, InstanceHeader)
    assert found.instance_number == (1 if number == "1\\2" else None)
    assert isinstance(read(content), InstanceHeader)


@pytest.mark.parametrize("cut", range(1, 616, 13))
def test_a_data_set_cut_off_anywhere_is_refused(cut: int) -> None:
    assert reason(encoded(data_set())[:-cut]) in {
        "data-set-truncated",
        "pixel-data-missing",
        "identifier-missing",
    }


def test_a_data_set_whose_last_byte_is_missing_is_truncated_and_trailing_zeros_are_not_minded() -> None:
    whole = encoded(data_set())
    assert reason(whole[:-1]) == "data-set-truncated"
    assert reason(whole + bytes(2)) == "read"
    assert reason(whole + bytes(64)) == "read"
    assert reason(whole + b"\x00\x01") == "data-set-truncated"


def test_the_wrong_transfer_syntax_is_refused() -> None:
    assert reason(encoded(data_set(), implicit=True)) == "data-set-unreadable"
    assert reason(encoded(data_set()), BIG) in {"data-set-unreadable", "data-set-truncated"}
    assert reason(encoded(data_set()), DEFLATED) == "data-set-unreadable"
    assert reason(b"") == "data-set-empty"
    assert reason(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == "data-set-unreadable"


@pytest.mark.parametrize("keyword", ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"])
def test_each_identifier_must_be_there_and_be_a_uid(keyword: str) -> None:
    assert reason(encoded(data_set(**{keyword: None}))) == "identifier-missing"
    assert reason(encoded(data_set(**{keyword: ""}))) == "identifier-missing"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for evil in (
            "../../etc/passwd",
            "1.2/../3",
            "1.2\x003",
            "1..2",
            "1." + "2" * 64,
            "<script>",
            "1.2.3\\4",
            "１.2",
        ):
            assert reason(encoded_uid(keyword, evil)) == "identifier-invalid", evil


def encoded_uid(keyword: str, uid: str) -> bytes:
    """pydicom does not write such UIDs: put the bytes in by hand."""
    plain = encoded(data_set(**{keyword: "9.9.9.9.9.9"}))
    value = uid.encode()
    value += b"\x00" * (len(value) % 2)
    at = plain.index(b"9.9.9.9.9.9\x00")
    return plain[: at - 2] + struct.pack("<H", len(value)) + value + plain[at + 12 :]


def test_a_uid_padded_with_blank_or_zero_is_one() -> None:
    assert reason(encoded_uid("StudyInstanceUID", "1.2.3 ")) == "read"
    assert reason(encoded_uid("StudyInstanceUID", "1.2.3\x00")) == "read"
    assert reason(encoded_uid("StudyInstanceUID", "1.02.3")) == "read"  # devices do write leading zeros


def test_a_script_in_a_name_is_text_and_control_characters_go() -> None:
    found = header(PatientName="<script>alert(1)</script>")
    assert found.patient_name == "<script>alert(1)</script>"
    plain = encoded(data_set(PatientID="AB"))
    found = read(plain.replace(b"LO\x02\x00AB", b"LO\x02\x00A\x00"))
    assert isinstance(found, InstanceHeader)
    assert found.patient_id == "A"
    assert "\x00" not in header(StudyDescription="a\x1bb\x01c").study_description


def test_a_huge_text_is_cut() -> None:
    made = data_set()
    made.add_new(0x00081030, "UT", "胸" * 200_000)
    found = read(encoded(made, implicit=True), IMPLICIT)
    assert isinstance(found, InstanceHeader)
    assert len(found.study_description) <= 1024


@pytest.mark.parametrize(
    ("changes", "transfer_syntax", "expected"),
    [
        ({"Rows": 65535, "Columns": 65535}, EXPLICIT_LITTLE, "image-too-large"),
        ({"Rows": 65535, "Columns": 65535}, JPEG, "image-too-large"),
        ({"Rows": 9}, EXPLICIT_LITTLE, "pixel-data-too-short"),
        ({"NumberOfFrames": 2}, EXPLICIT_LITTLE, "pixel-data-too-short"),
        ({"NumberOfFrames": -5}, EXPLICIT_LITTLE, "read"),
        ({"Rows": 7}, EXPLICIT_LITTLE, "read"),
        ({"Rows": None, "Columns": None}, EXPLICIT_LITTLE, "read"),
        ({"PixelData": None}, EXPLICIT_LITTLE, "pixel-data-missing"),
        ({"PixelData": None}, JPEG, "pixel-data-missing"),
        ({"PixelData": None, "PixelDataProviderURL": "jpip://x"}, EXPLICIT_LITTLE, "read"),
        ({"PixelData": None, "Rows": None}, EXPLICIT_LITTLE, "read"),
    ],
)
def test_rows_times_columns_is_checked_against_the_bytes(changes: dict, transfer_syntax: str, expected: str) -> None:
    assert reason(encoded(data_set(**changes)), transfer_syntax) == expected


def nested(depth: int, *, defined: bool, vr: bytes = b"SQ") -> bytes:
    inner = b""
    for _ in range(depth):
        if defined:
            item = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(inner)) + inner
            inner = b"\x40\x00\x75\x02" + vr + b"\x00\x00" + struct.pack("<I", len(item)) + item
        else:
            inner = (
                b"\x40\x00\x75\x02" + vr + b"\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
                + inner + b"\xfe\xff\x0d\xe0\x00\x00\x00\x00\xfe\xff\xdd\xe0\x00\x00\x00\x00"
            )  # fmt: skip
    return inner


@pytest.mark.parametrize("defined", [True, False])
def test_sequences_nested_ten_thousand_deep_are_refused_and_twenty_deep_are_not(*, defined: bool) -> None:
    head, tail = split()
    assert reason(head + nested(10_000, defined=defined) + tail) == "nested-too-deep"
    assert reason(head + nested(20, defined=defined) + tail) == "read"


def split() -> tuple[bytes, bytes]:
    """A data set cut where (0040,0275) belongs."""
    plain = encoded(data_set())
    at = plain.index(b"\xe0\x7f\x10\x00")
    return plain[:at], plain[at:]


def test_a_nest_hidden_in_unknown_or_implicit_values_is_found() -> None:
    head, tail = split()
    implicit = b""
    for _ in range(10_000):
        item = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(implicit)) + implicit
        implicit = b"\x40\x00\x75\x02" + struct.pack("<I", len(item)) + item
    value = implicit[8:]  # its items
    unknown = b"\x40\x00\x75\x02UN\x00\x00" + struct.pack("<I", len(value)) + value
    assert reason(head + unknown + tail) == "nested-too-deep"
    whole = encoded(data_set(), implicit=True)
    at = whole.index(b"\xe0\x7f\x10\x00")
    assert reason(whole[:at] + implicit + whole[at:], IMPLICIT) == "nested-too-deep"


def test_a_value_that_only_begins_like_an_item_is_no_fault() -> None:
    made = data_set()
    made.add_new(0x00091010, "UN", b"\xfe\xff\x00\xe0\xff\xff\xff\x00 no item at all")
    made.add_new(0x00090010, "LO", "ACME")
    assert reason(encoded(made)) == "read"
    assert reason(encoded(made, implicit=True), IMPLICIT) == "read"


def test_a_sequence_whose_item_is_longer_than_itself_is_refused() -> None:
    head, tail = split()
    item = b"\xfe\xff\x00\xe0" + struct.pack("<I", 4000)
    assert reason(head + b"\x40\x00\x75\x02SQ\x00\x00" + struct.pack("<I", 8) + item + tail) == "data-set-truncated"


def test_millions_of_elements_are_refused_in_bounded_time() -> None:
    head, _ = split()
    began = time.monotonic()
    assert reason(head + b"\x41\x00\x01\x00LO\x00\x00" * 1_500_000) == "too-many-elements"
    assert time.monotonic() - began < 30


def test_a_deflate_bomb_is_refused_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicom_gateway.headers.header.INFLATED", 1 << 20)
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = b"".join(deflater.compress(bytes(1 << 20)) for _ in range(64)) + deflater.flush()
    tracemalloc.start()
    assert reason(bomb, DEFLATED) == "inflates-too-far"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20
    assert reason(bomb[:1000], DEFLATED) in {"data-set-truncated", "inflates-too-far"}


def test_fragments_are_followed_to_their_end() -> None:
    head, _ = split()
    pixels = b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\x00\x00\x00\x00"
    fragment = b"\xfe\xff\x00\xe0\x04\x00\x00\x00abcd"
    end = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
    assert reason(head + pixels + fragment + end, JPEG) == "read"
    assert reason(head + pixels + fragment, JPEG) == "data-set-truncated"
    assert reason(head + pixels + fragment[:-1] + end, JPEG) in {"data-set-unreadable", "data-set-truncated"}


@settings(max_examples=300, deadline=None)
@given(some.binary(max_size=400), some.sampled_from([EXPLICIT_LITTLE, IMPLICIT, BIG, DEFLATED, JPEG, "1.2.3"]))
def test_no_bytes_raise(content: bytes, transfer_syntax: str) -> None:
    assert isinstance(read(content, transfer_syntax), InstanceHeader | Malformed)


@settings(max_examples=200, deadline=None)
@given(some.integers(0, 2**32))
def test_no_damage_to_a_real_data_set_raises(seed: int) -> None:
    chance = random.Random(seed)
    made = data_set(RequestAttributesSequence=Sequence([Dataset()]))
    content = bytearray(encoded(made, implicit=seed % 2 == 1))
    for _ in range(chance.randrange(1, 8)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    found = read(bytes(content), IMPLICIT if seed % 2 else EXPLICIT_LITTLE)
    assert isinstance(found, InstanceHeader | Malformed)


@pytest.mark.parametrize("word", sorted(REASONS))
def test_every_reason_has_a_status_a_short_comment_and_words_for_the_page(word: str) -> None:
    one = REASONS[word]
    assert 0xA900 <= one.status <= 0xCFFF
    assert one.comment.isascii()
    assert len(one.comment) <= 64
    assert re.search("[一-鿿]", one.text.zh)
    assert one.text.en
    assert word in quarantine.REASONS


def test_a_zone_far_off_is_used_and_a_silly_one_is_not() -> None:
    assert header(TimezoneOffsetFromUTC="-1200").acquired_at == datetime(
        2026, 11, 23, 8, 31, 5, tzinfo=timezone(timedelta(hours=-12))
    )
    assert header(TimezoneOffsetFromUTC="+9900").acquired_at == datetime(2026, 11, 23, 8, 31, 5)
