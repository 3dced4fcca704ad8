from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemed.results.report import Status
from telemed.results.table import COLUMNS, read_table
from telemed.vocabulary import Sex

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
HEADER = "报告号,姓名,性别,出生日期,身份证号,项目代码,代码系统,项目名称,结果,单位,状态,采集时间,报告时间"
LINE = "R1,王桂兰,女,1956-03-14,239999195603140024,2345-7,LN,葡萄糖,5.60,mmol/L,最终,2026-11-23 08:00,2026-11-23 09:05"


def table(*lines, header=HEADER, codec="utf-8"):
    return read_table("\r\n".join([header, *lines]).encode(codec), ZONE, received_at=NOW)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_line_is_a_result_with_everything_that_was_written(codec):
    found = table(LINE, codec=codec)
    assert (found.faults, found.lines) == ((), 1)
    (patient,) = found.results.patients
    assert (patient.patient.name, patient.patient.sex, patient.patient.birth_date) == (
        "王桂兰",
        Sex.FEMALE,
        date(1956, 3, 14),
    )
    (report,) = patient.reports
    (one,) = report.observations
    assert (report.number, one.line, one.codes[0].code, one.value.number, one.unit) == (
        "R1",
        2,
        "2345-7",
        "5.60",
        "mmol/L",
    )
    assert one.status is Status.FINAL
    assert one.collected.at == datetime(2026, 11, 23, tzinfo=UTC)
    assert report.changed.at == datetime(2026, 11, 23, 1, 5, tzinfo=UTC)


def test_lines_of_one_report_are_one_report_and_columns_stand_in_any_order():
    header = "status,value,code,name,report number"
    found = table("final,5.6,GLU,王桂兰,R1", "final,阴性,HBsAg,王桂兰,R1", "final,1,K,刘德福,R2", header=header)
    assert found.faults == ()
    assert [[len(r.observations) for r in one.reports] for one in found.results.patients] == [[2], [1]]
    assert found.results.patients[0].reports[0].observations[1].value.kind == "text"


def test_the_time_of_the_report_is_never_that_of_the_collection():
    found = table(LINE.replace("2026-11-23 08:00", "2026-11-23 09:05"))
    one = found.results.patients[0].reports[0].observations[0]
    assert one.collected is None
    assert one.collected_passed_over == ("采集时间",)


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        (("R1,", ","), "报告号", "cannot be empty"),
        ((",王桂兰,", ",,"), "姓名", "cannot be empty"),
        ((",2345-7,", ",,"), "项目代码", "cannot be empty"),
        (("最终", ""), "状态", "cannot be empty"),
        (("最终", "好"), "状态", "status is not known"),
        ((",女,", ",雌,"), "性别", "sex is not known"),
        (("1956-03-14", "1956-02-30"), "出生日期", "valid time"),
        (("2026-11-23 08:00", "2026-11-24 08:00"), "采集时间", "in the future"),
        (("2026-11-23 08:00", "1900-01-01"), "采集时间", "valid time"),
        (("R1,", "R" * 201 + ","), "报告号", "too long"),
        (("最终,", "最终,,"), "", "other columns"),
    ],
)
def test_a_line_with_one_fault_is_named_and_left_out(change, column, words):
    bad = LINE.replace(*change, 1)
    found = table(LINE.replace("R1,", "R0,"), bad)
    assert bad != LINE
    assert [(fault.line, fault.column) for fault in found.faults] == [(3, column)]
    assert words in found.faults[0].text.en
    assert found.faults[0].text.zh
    assert len(found.results.patients) == 1


@pytest.mark.parametrize("change", [("1956-03-14", "1940-01-01"), (",女,", ",,"), (",5.60,", ",,"), ("最终", "F")])
def test_the_near_misses_are_no_faults(change):
    assert table(LINE.replace(*change)).faults == ()


def test_one_report_of_two_patients_is_a_fault():
    found = table(LINE, LINE.replace("王桂兰", "刘德福"))
    assert [(fault.line, fault.column) for fault in found.faults] == [(3, "姓名")]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (HEADER.replace("报告号", "报告"), "is not known"),
        (HEADER.replace("性别", "姓名"), "stands there twice"),
        (HEADER.replace("状态", "异常标志"), "is missing"),
    ],
)
def test_a_header_with_a_fault_stops_everything(header, words):
    found = table(LINE, header=header)
    assert any(words in fault.text.en and fault.line == 1 for fault in found.faults)
    assert found.results.patients == ()


@pytest.mark.parametrize("raw", [b"", b"\xff\xff", b'"a', b"a\0b", "报告号\n".encode()])
def test_what_is_no_table_says_why(raw):
    found = read_table(raw, ZONE, received_at=NOW)
    assert found.faults
    assert found.results.patients == ()


@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=6), max_size=5))
def test_any_text_is_a_table_or_a_reason(rows):
    text = "\n".join(",".join(row) for row in rows)
    for one in (text, HEADER + "\n" + text):
        found = read_table(one.encode("utf-8", "replace"), ZONE, received_at=NOW)
        assert found.faults or found.lines >= 0


def test_every_column_has_a_name_in_both_languages():
    assert all(not names[0].isascii() and any(name.isascii() for name in names) for names in COLUMNS.values())
