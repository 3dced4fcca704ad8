"""Tables from Excel, as a laboratory's clerk saves them, and workbooks made to do harm."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta

import pytest
from openpyxl import Workbook

from telemed.results import sheet
from telemed.results.sheet import Unusable, lines_of
from tests.unit.results.test_table import HEADER, LINE, NOW, ZONE, read_table

NAMES = HEADER.split(",")
CELLS = dict(zip(NAMES, LINE.split(","), strict=True))


def saved(*rows, more=(), formats=None):
    """A workbook as bytes.  formats: number format by column name.  more: rows of a second sheet."""
    book = Workbook()
    page = book.active
    for row in rows:
        page.append(row)
    for name, number_format in (formats or {}).items():
        for (cell,) in page.iter_rows(min_row=2, min_col=NAMES.index(name) + 1, max_col=NAMES.index(name) + 1):
            cell.number_format = number_format
    if more:
        other = book.create_sheet()
        for row in more:
            other.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def table(*, formats=None, more=(), **changed):
    row = [(CELLS | changed)[name] for name in NAMES]
    return read_table(saved(NAMES, row, formats=formats, more=more), ZONE, received_at=NOW)


def repacked(raw, change):
    """The same package with some parts changed.  change: name and bytes → bytes."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as before, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
    return kept.getvalue()


def test_a_workbook_says_what_the_same_csv_says():
    as_csv = read_table(f"{HEADER}\r\n{LINE}\r\n".encode(), ZONE, received_at=NOW)
    assert table() == as_csv
    assert as_csv.faults == ()


def test_a_number_is_as_its_format_prints_it_and_a_date_is_a_date():
    found = table(
        结果=5.6,
        出生日期=date(1956, 3, 14),
        采集时间=datetime(2026, 11, 23, 8, 0),  # noqa: DTZ001 -- a workbook knows no zone
        formats={"结果": "0.00"},
    )
    assert found.faults == ()
    (patient,) = found.results.patients
    one = patient.reports[0].observations[0]
    assert (one.value.number, one.collected.written, patient.patient.birth_date) == (
        "5.60",
        "2026-11-23 08:00:00",
        date(1956, 3, 14),
    )


@pytest.mark.parametrize(
    ("value", "number_format", "printed"),
    [
        (5.6, "General", "5.6"),
        (0.1 + 0.2, "General", "0.3"),
        (1200, "#,##0.0", "1200.0"),
        (2.345, "0.00", "2.35"),
        (1e-7, "General", "0.0000001"),
        (-3, "0", "-3"),
    ],
)
def test_numbers_are_decimals(value, number_format, printed):
    found = table(结果=value, formats={"结果": number_format})
    assert found.results.patients[0].reports[0].observations[0].value.text == printed


@pytest.mark.parametrize(
    ("column", "value", "number_format", "words"),
    [
        ("结果", "=1+4.6", "General", "公式"),
        ("结果", "#N/A", "General", "错误值"),
        ("结果", date(2026, 1, 2), "yyyy-mm-dd", "改写"),
        ("结果", 0.056, "0.0%", "格式"),
        ("结果", True, "General", "不是文本"),
        ("结果", timedelta(hours=3), "[h]:mm", "不是文本"),
        ("身份证号", 239999195603140024, "0", "15 位"),
        ("采集时间", time(8, 0), "h:mm", "不是文本"),
    ],
)
def test_what_excel_may_have_changed_is_a_fault_of_its_cell(column, value, number_format, words):
    found = table(**{column: value}, formats={column: number_format})
    (fault,) = found.faults
    assert (fault.line, fault.column) == (2, column)
    assert words in fault.text.zh
    assert found.results.patients == ()


def test_blank_rows_and_cells_at_the_end_are_nothing():
    row = [CELLS[name] for name in NAMES]
    found = read_table(saved([*NAMES, None, None], [], [*row, None], [None, ""]), ZONE, received_at=NOW)
    assert (found.faults, found.lines) == ((), 1)
    assert found.results.patients[0].reports[0].observations[0].line == 3


def test_a_second_sheet_with_content_leaves_it_open_which_is_meant():
    found = table(more=[["x"]])
    assert found.results.patients == ()
    assert "多个工作表" in found.faults[0].text.zh


@pytest.mark.parametrize("raw", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), saved(NAMES)[:-400]])
def test_what_is_no_workbook_is_refused_with_words(raw):
    found = lines_of(raw)
    assert isinstance(found, Unusable)
    assert "xlsx" in found.text.zh


def test_a_workbook_that_swells_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(sheet, "load_workbook", lambda *_args, **_kwargs: pytest.fail("was unpacked"))
    bomb = repacked(saved(NAMES), lambda name, raw: raw if "sheet1" not in name else bytes(sheet.MAX_UNPACKED + 1))
    assert len(bomb) < sheet.MAX_BYTES
    assert "过大" in lines_of(bomb).text.zh


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_a_workbook_that_declares_entities_is_refused(codec):
    def declare(name, raw):
        if "sheet1" not in name:
            return raw
        text = raw.decode().replace("<worksheet", '<!DOCTYPE w [<!ENTITY a "aaaa">]><worksheet', 1)
        return text.replace('encoding="UTF-8"', f'encoding="{codec.upper()}"').encode(codec)

    found = lines_of(repacked(saved(NAMES), declare))
    assert isinstance(found, Unusable)


def test_a_row_that_says_it_is_the_last_of_all_is_not_waited_for():
    far = repacked(
        saved(NAMES, ["x"]),
        lambda name, raw: (
            raw.replace(b'r="2"', b'r="999999999"').replace(b'"A2"', b'"A999999999"') if "sheet1" in name else raw
        ),
    )
    assert "行数过多" in lines_of(far).text.zh


def test_cells_far_to_the_right_are_counted():
    wide = saved(*[[*[None] * 16_000, "x"]] * 60)
    assert "单元格过多" in lines_of(wide).text.zh
