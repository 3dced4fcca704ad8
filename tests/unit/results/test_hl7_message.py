from __future__ import annotations

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemed.results.hl7_message import MAX_BYTES, Malformed, Message, header_of, pieces, read
from tests.unit.results.hl7_samples import GLUCOSE, ORDER, PATIENT, message, text


def understood(raw: bytes) -> Message:
    found = read(raw)
    assert isinstance(found, Message), found
    return found


def refused(raw: bytes) -> tuple[str, str]:
    found = read(raw)
    assert isinstance(found, Malformed), found
    assert found.text.zh
    assert found.text.en
    return found.reason, found.place


@pytest.mark.parametrize(
    ("declared", "codec", "used", "confidence"),
    [
        ("GB18030", "gb18030", "gb18030", "declared"),
        ("GB 18030-2000", "gb18030", "gb18030", "declared"),
        ("GBK", "gbk", "gb18030", "declared"),
        ("UNICODE UTF-8", "utf-8", "utf-8", "declared"),
        ("UTF-8", "utf-8", "utf-8", "declared"),
        ("", "gb18030", "gb18030", "likely"),
        ("ASCII", "gb18030", "gb18030", "likely"),
        ("8859/1", "gb18030", "gb18030", "likely"),
        ("UNICODE UTF-8", "gb18030", "gb18030", "likely"),
        ("", "utf-8", "utf-8", "sure"),
        ("8859/1", "utf-8", "utf-8", "sure"),
        ("GB18030", "utf-8", "utf-8", "sure"),
        ("KLINGON", "gb18030", "gb18030", "likely"),
    ],
)
def test_the_text_is_right_whatever_was_declared_and_it_is_said_how_sure_that_is(declared, codec, used, confidence):
    found = understood(message(charset=declared, codec=codec))
    assert found.segments[1].text(5) == "王桂兰"
    assert (found.charset.declared, found.charset.used, found.charset.confidence) == (declared, used, confidence)


@pytest.mark.parametrize("byte", [b"|", b"^", b"~", b"\\"])
def test_a_second_byte_that_looks_like_a_separator_separates_nothing(byte):
    trail = next(c for c in map(chr, range(0x4E00, 0x9FA5)) if c.encode("gbk")[1:] == byte)
    raw = message(f"PID|1||1||{trail}三|", ORDER, GLUCOSE)
    assert byte in trail.encode("gb18030")
    found = understood(raw)
    assert found.segments[1].text(5) == f"{trail}三"


def test_a_sending_facility_in_chinese_does_not_move_the_field_that_declares_the_character_set():
    trail = next(c for c in map(chr, range(0x4E00, 0x9FA5)) if c.encode("gbk")[1:] == b"|")
    raw = text().replace("县医院检验科", f"{trail}{trail}医院").encode("gb18030")
    found = understood(raw)
    assert found.charset.declared == "GB18030"
    assert found.charset.confidence == "declared"
    assert found.header.text(4) == f"{trail}{trail}医院"


@pytest.mark.parametrize(
    ("written", "declared", "used", "confidence"),
    [
        ("M\xfcller^Ren\xe9", "8859/1", "latin-1", "declared"),
        ("5 \xb5mol/L 37 \xb0C", "", "latin-1", "likely"),
        ("5 \xb5mol/L", "8859/1", "latin-1", "declared"),
    ],
)
def test_western_letters_are_not_taken_for_chinese(written, declared, used, confidence):
    raw = f"MSH|^~\\&|A|B|C|D|20261123||ORU^R01|1|P|2.5||||||{declared}\rNTE|1||{written}\r".encode("latin-1")
    found = understood(raw)
    assert found.segments[1].raw(3) == written
    assert (found.charset.used, found.charset.confidence) == (used, confidence)


def test_an_ascii_message_is_as_declared():
    raw = b"MSH|^~\\&|A|B|C|D|20261123||ORU^R01|1|P|2.5\r"
    assert understood(raw).charset.confidence == "declared"


def test_bytes_in_no_character_set_are_refused_with_their_place():
    raw = b"MSH|^~\\&|A|B|C|D|20261123||ORU^R01|1|P|2.5||||||UNICODE UTF-8\rNTE|1||\xff\xff\xff\r"
    assert refused(raw) == ("undecodable", f"byte {raw.index(255)}")


def test_a_byte_order_mark_is_no_part_of_the_message():
    assert understood(b"\xef\xbb\xbf" + message(codec="utf-8", charset="")).charset.used == "utf-8"


@pytest.mark.parametrize("ends", ["\r", "\r\n", "\n", "\r\r", "\n\r\n"])
def test_lines_end_as_the_sender_ends_them(ends):
    raw = text().replace("\r", ends).encode("gb18030")
    assert [s.name for s in understood(raw).segments] == ["MSH", "PID", "OBR", "OBX"]


def test_other_separators_are_read_from_the_header():
    raw = b"MSH#!*?@#LIS!x@y#B#C#D#20261123##ORU!R01#1#P#2.5\rNTE#1##a?F?b?S?c?R?d?T?e?E?*second^|~\r"
    found = understood(raw)
    assert found.header.text(3, 2, 2) == "y"
    assert found.header.text(9, 2) == "R01"
    assert found.segments[1].text(3) == "a#b!c*d@e?"
    assert found.segments[1].text(3, repetition=2) == "second^|~"


def test_separators_that_are_not_declared_separate_nothing():
    found = understood(b"MSH|^~|A|B|C|D|20261123||ORU^R01|1|P|2.5\rNTE|1||a\\F\\b&c^d\r")
    assert found.segments[1].text(3) == "a\\F\\b&c"
    assert found.segments[1].text(3, 2) == "d"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"a\F\b", "a|b"),
        (r"a\S\b", "a^b"),
        (r"a\T\b", "a&b"),
        (r"a\R\b", "a~b"),
        (r"a\E\b", "a\\b"),
        (r"a\.br\b", "a\nb"),
        (r"a\.sp2\b", "a\n\nb"),
        (r"a\.sk3\b", "a   b"),
        (r"a\.in+2\b", "ab"),
        (r"a\H\b\N\c", "abc"),
        (r"\XBAC3\ok", "好ok"),
        (r"a\X0D0A\b", "a\nb"),
        (r"a\X00\b", r"a\X00\b"),
        (r"a\XZZ\b", r"a\XZZ\b"),
        (r"a\Zyy\b", r"a\Zyy\b"),
        (r"a\b", r"a\b"),
        (r"a\E\F\E\b", r"a\F\b"),
    ],
)
def test_an_escape_says_what_the_standard_says_and_an_unknown_one_stands(written, meant):
    raw = message(PATIENT, ORDER, f"NTE|1||{written}|x")
    note = understood(raw).segments[3]
    assert note.text(3) == meant
    assert note.text(4) == "x"


def test_a_value_to_be_deleted_is_no_value():
    found = understood(message('PID|1||1||""||""^1', ORDER))
    assert found.segments[1].text(5) == ""
    assert found.segments[1].text(7) == ""
    assert found.segments[1].text(7, 2) == "1"


GOOD = "MSH|^~\\&|A|B|C|D|20261123||ORU^R01|1|P|2.5\rOBR|1\r"


@pytest.mark.parametrize(
    ("raw", "reason", "place"),
    [
        (b"", "empty", "byte 0"),
        (b" \r\n", "empty", "byte 0"),
        (GOOD.replace("MSH|", "OBR|").encode(), "not-hl7", "line 1"),
        (GOOD.replace("MSH|", "MSHX").encode(), "separators", "MSH-1"),
        (GOOD.replace("^~\\&", "").encode(), "separators", "MSH-2"),
        (GOOD.replace("^~\\&", "^^\\&").encode(), "separators", "MSH-2"),
        (GOOD.replace("^~\\&", "^~\\|").encode(), "message-type-missing", "MSH-9"),
        (GOOD.replace("^~\\&", "^~a&").encode(), "separators", "MSH-2"),
        (GOOD.replace("OBR|1", "obr|1").encode(), "segment-name", "line 2"),
        (GOOD.replace("OBR|1", "OBRX|1").encode(), "segment-name", "line 2"),
        ((GOOD + GOOD).encode(), "second-header", "line 3"),
        (GOOD.replace("OBR|1", "OBR|\0").encode(), "control-character", "byte 47"),
        (GOOD.replace("ORU^R01", "").encode(), "message-type-missing", "MSH-9"),
        (GOOD.replace("|1|P|", "||P|").encode(), "control-id-missing", "MSH-10"),
        (GOOD.replace("|2.5", "|3.0").encode(), "version", "MSH-12"),
        (GOOD.encode() + b"NTE|" + b"x" * MAX_BYTES, "too-large", f"byte {MAX_BYTES}"),
    ],
)
def test_a_message_with_one_fault_is_refused_with_its_place(raw, reason, place):
    assert isinstance(read(GOOD.encode()), Message)
    assert refused(raw) == (reason, place)


def test_a_missing_version_is_not_held_against_a_message():
    assert isinstance(read(GOOD.replace("|2.5", "").encode()), Message)


def test_a_malformed_message_can_still_be_answered_by_its_header():
    header = header_of(message().replace(b"OBX|", b"obx|"))
    assert header is not None
    assert header.text(10) == "M1"
    assert header.text(4) == "县医院检验科"
    assert header_of(b"no header at all") is None


def test_one_message_is_one_piece_with_every_byte():
    raw = message() + b"\r\n"
    assert pieces(raw) == (raw,)


BATCH = (
    b"FHS|^~\\&|LIS\rBHS|^~\\&|LIS\r"
    + message(control="1")
    + message(control="2", charset="UTF-8", codec="utf-8")
    + b"BTS|2|\rFTS|1\r"
)


def test_a_batch_holds_its_messages_each_in_its_own_character_set():
    found = pieces(BATCH)
    assert isinstance(found, tuple)
    assert [understood(one).control_id for one in found] == ["1", "2"]
    assert [understood(one).segments[1].text(5) for one in found] == ["王桂兰", "王桂兰"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (BATCH.replace(b"BTS|2", b"BTS|3"), "batch-count"),
        (BATCH.replace(b"BTS|2", b"BTS|x"), "batch-count"),
        (b"BHS|^~\\&|LIS\rBTS|0\r", "batch-without-message"),
        (b"hello\r" + BATCH, "not-hl7"),
        (b"", "empty"),
        (b"x" * (MAX_BYTES + 1), "too-large"),
    ],
)
def test_a_batch_that_is_not_whole_is_refused(raw, reason):
    found = pieces(raw)
    assert isinstance(found, Malformed)
    assert found.reason == reason


def test_a_batch_that_does_not_count_itself_is_taken():
    assert len(pieces(BATCH.replace(b"BTS|2|", b"BTS|"))) == 2


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_a_reason(raw):
    for one in (raw, b"MSH|^~\\&|" + raw, message() + raw):
        found = read(one)
        assert isinstance(found, Message) or found.text.zh
        parts = pieces(one)
        assert isinstance(parts, tuple) or parts.text.zh


@given(st.lists(st.text(alphabet="ab^~&\\|王", max_size=6), min_size=1, max_size=6))
def test_fields_are_split_as_another_implementation_splits_them(fields):
    """python-hl7 as a witness, on what has been decoded already."""
    line = "NTE|" + "|".join(fields)
    raw = f"MSH|^~\\&|A|B|C|D|20261123||ORU^R01|1|P|2.5||||||UNICODE UTF-8\r{line}\r".encode()
    ours = understood(raw).segments[1]
    theirs = hl7.parse(raw.decode())[1]
    assert [ours.fields[n] for n in range(len(ours.fields))] == [str(field) for field in theirs]
