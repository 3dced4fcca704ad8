from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import hl7
import pytest

from telemed.results.acknowledgement import TRY_AGAIN, Answer, Fault, acknowledge
from telemed.results.hl7_message import REASONS, header_of
from telemed.results.report import REASONS as DOUBTS
from tests.unit.results.hl7_samples import message

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)


def answered(answer, raw, codec):
    header = None if raw is None else header_of(raw)
    written = acknowledge(answer, header, control_id="A1", now=NOW, zone=ZONE)
    return hl7.parse(written.decode(codec))


def test_an_answer_goes_back_to_the_sender_in_its_character_set():
    ack = answered(Answer("AA"), message(), "gb18030")
    header = ack.segment("MSH")
    assert [str(header[n]) for n in (3, 4, 5, 6, 7)] == [
        "TELEMED",
        "LONGAN",
        "LIS",
        "县医院检验科",
        "20261123091200+0800",
    ]
    assert [str(header[n]) for n in (10, 11, 12, 18)] == ["A1", "P", "2.5.1", "GB18030"]
    assert [str(ack.segment("MSA")[n]) for n in (1, 2)] == ["AA", "M1"]
    assert "ERR" not in str(ack)


def test_a_fault_says_where_what_and_what_to_do_in_both_languages():
    fault = Fault("unit-contradicts", "OBX-6 line 4", DOUBTS["unit-contradicts"])
    ack = answered(Answer("AE", (fault,)), message(), "gb18030")
    error = ack.segment("ERR")
    assert str(error[2]) == "OBX^1^6"
    assert str(error[3]) == "102^Data type error^HL70357"
    assert str(error[4]) == "E"
    assert "单位与检验项目不符" in str(error[8])
    assert "The unit contradicts" in str(error[8])


def test_a_sender_without_chinese_is_told_in_english():
    raw = message(charset="").replace("县医院检验科".encode("gb18030"), b"LAB").split(b"PID")[0]
    fault = Fault("try-again", "", TRY_AGAIN)
    error = answered(Answer("AE", (fault,)), raw, "ascii").segment("ERR")
    assert str(error[8]) == TRY_AGAIN.en


def test_separators_in_what_is_repeated_separate_nothing():
    raw = message(control=r"A\F\B\S\C")
    ack = answered(Answer("AA"), raw, "gb18030")
    assert str(ack.segment("MSA")[2]) == r"A\F\B\S\C"


def test_a_message_without_a_header_is_answered_all_the_same():
    fault = Fault("not-hl7", "line 1", REASONS["not-hl7"])
    ack = answered(Answer("AR", (fault,)), None, "ascii")
    assert [str(ack.segment("MSA")[n]) for n in (1, 2)] == ["AR", ""]


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_ground_of_refusal_can_be_written(reason):
    fault = Fault(reason, "MSH-9", REASONS[reason])
    ack = answered(Answer("AR", (fault,)), message(), "gb18030")
    assert reason in str(ack.segment("ERR")[5])
    assert len(str(ack.segment("MSA")[3])) <= 80
