"""A workbook from a stranger: its lines, and each way in which it is not read."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from telemed.results import workbook
from telemed.results.sheet import EMPTY, TOO_LARGE, TOO_MANY_LINES, LineFault
from telemed.results.workbook import NOT_A_WORKBOOK, TOO_DENSE, is_workbook, read_workbook

LIMITS = {"most_bytes": 1 << 20, "most_lines": 10}


def made(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(raw: bytes, name: str, content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The same workbook with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", compression) as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        new.writestr(name, content)
    return out.getvalue()


GOOD = made(["机构", "成绩"], ["LA-JY", 100])


def why(raw: bytes, **limits: int) -> LineFault:
    found = read_workbook(raw, **(LIMITS | limits))
    assert isinstance(found, LineFault)
    return found


def test_text_numbers_and_days_are_read_as_they_are_shown():
    raw = made(
        ["机构", "成绩", "日期", "时刻"],
        [" LA-JY ", 98.5, date(2026, 3, 2), datetime(2026, 3, 2, 9, 30)],  # noqa: DTZ001 -- a workbook knows no zone
        ["LA-RM", 100],
    )
    assert is_workbook(raw)
    assert read_workbook(raw, **LIMITS) == [
        (1, ["机构", "成绩", "日期", "时刻"]),
        (2, ["LA-JY", "98.5", "2026-03-02", "2026-03-02 09:30:00"]),
        (3, ["LA-RM", "100", "", ""]),
    ]


def test_empty_lines_are_left_out_and_the_others_keep_their_number():
    assert read_workbook(made(["a"], [None], ["b"]), **LIMITS) == [(1, ["a"]), (3, ["b"])]


def test_a_formula_is_not_evaluated_but_told_with_its_line():
    fault = why(made(["a"], ["=1+1"]))
    assert (fault.line, "公式" in fault.text.zh) == (2, True)


@pytest.mark.parametrize("value", [True, "x" * 2001])
def test_what_is_no_text_number_or_day_is_told(value):
    assert why(made(["a"], [value])).line == 2


def test_more_bytes_or_lines_than_are_taken_are_refused():
    assert why(GOOD, most_bytes=len(GOOD) - 1).text == TOO_LARGE
    assert not isinstance(read_workbook(GOOD, most_bytes=len(GOOD), most_lines=1), LineFault)
    assert why(made(["a"], ["b"], ["c"]), most_lines=1).text == TOO_MANY_LINES


def test_a_gap_of_a_million_lines_is_not_walked_over():
    book = Workbook()
    book.active["A1"] = "a"
    book.active["A1048576"] = "b"
    out = io.BytesIO()
    book.save(out)
    assert why(out.getvalue()).text == TOO_MANY_LINES


def test_a_part_that_unpacks_to_very_much_is_not_read():
    bomb = repacked(GOOD, "xl/media/image1.png", bytes(4 << 20))
    assert why(bomb).text == TOO_DENSE
    plain = repacked(GOOD, "xl/media/image1.png", bytes(100))
    assert read_workbook(plain, **LIMITS) == read_workbook(GOOD, **LIMITS)


def test_too_many_parts_or_too_much_in_all_is_not_read(monkeypatch):
    monkeypatch.setattr(workbook, "MOST_PARTS", 3)
    assert why(GOOD).text == TOO_DENSE
    monkeypatch.setattr(workbook, "MOST_PARTS", 200)
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 1000)
    assert why(GOOD).text == TOO_DENSE


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
def test_entities_of_its_own_are_refused_before_anything_parses_them(codec):
    sheet = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'.encode(codec)
    assert why(repacked(GOOD, "xl/worksheets/sheet1.xml", sheet)).text == NOT_A_WORKBOOK


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"PK\x03\x04 not a zip", id="no zip"),
        pytest.param(GOOD[: len(GOOD) // 2], id="half of it"),
        pytest.param(repacked(GOOD, "xl/workbook.xml", b"<"), id="broken XML"),
        pytest.param(repacked(GOOD, "[Content_Types].xml", b"<Types/>"), id="no content types"),
        pytest.param(repacked(GOOD, "xl/worksheets/sheet1.xml", b"<worksheet>"), id="broken sheet"),
    ],
)
def test_what_cannot_be_read_is_said_to_be_no_workbook(raw):
    assert why(raw).text in {NOT_A_WORKBOOK, EMPTY}


def test_an_empty_workbook_is_said_to_be_empty():
    assert why(made()).text == EMPTY
