"""Rows for the national imaging-cloud index: the money beside the study, nothing twice, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from telemed.imaging.cloud_index import (
    COLUMNS,
    NO_SETTLEMENT,
    NOT_SENT,
    IndexedStudy,
    Settlement,
    index,
    month,
    settlements,
)

ZONE = ZoneInfo("Asia/Shanghai")
STUDY = IndexedStudy(
    "1.2.3",
    "RM2611230001",
    "LA-RM",
    "龙安县第一人民医院",
    ("CT", "SR"),
    datetime(2026, 11, 22, 16, 30, tzinfo=UTC),
    datetime(2026, 11, 23, 1, 5, tzinfo=UTC),
    2,
    120,
)
PAID = Settlement("JS1", "MX1", "YB-CT-01", "RM2611230001", "LA-RM", 2)
HEADER = ("结算ID", "患者", "费用明细流水号", "医保影像检查项目编码", "检查号", "机构代码")


def rows(studies=(STUDY,), paid=(PAID,)):
    return [dict(zip(COLUMNS, row, strict=True)) for row in index(studies, paid, ZONE).rows]


def test_a_settlement_line_stands_beside_the_study_it_paid_for():
    (row,) = rows()
    assert (row["结算编号"], row["费用明细流水号"], row["医保影像检查项目编码"]) == ("JS1", "MX1", "YB-CT-01")
    assert (row["检查实例UID"], row["检查类型"], row["序列数"], row["图像数"]) == ("1.2.3", "CT/SR", "2", "120")
    assert (row["检查时间"], row["报告签发时间"]) == ("2026-11-23 00:30:00", "2026-11-23 09:05:00")
    assert row["上传状态"] == NOT_SENT


@pytest.mark.parametrize("accession", ["RM261123000", "RM26112300011", ""])
def test_a_settlement_of_another_number_pays_for_nothing_here(accession):
    found = index((STUDY,), (replace(PAID, accession=accession),), ZONE)
    assert (found.unsettled, [one.line for one in found.unmatched]) == (1, [2])
    assert found.rows[0][-1] == NO_SETTLEMENT


def test_a_settlement_of_another_institution_pays_for_nothing_here_although_the_number_is_the_same():
    found = index((STUDY,), (replace(PAID, organization="LA-QS"),), ZONE)
    assert (found.unsettled, [one.line for one in found.unmatched]) == (1, [2])


def test_a_study_without_a_number_is_paid_for_by_nobody():
    found = index((replace(STUDY, accession_number=""),), (replace(PAID, accession=""),), ZONE)
    assert found.unsettled == 1


def test_two_charge_lines_of_one_study_are_two_rows():
    assert [row["费用明细流水号"] for row in rows(paid=(PAID, replace(PAID, charge="MX2", line=3)))] == ["MX1", "MX2"]


def test_a_settlement_table_is_read_by_its_header_in_any_order():
    found, faults = settlements([(1, HEADER), (2, ("JS1", "王桂兰", "MX1", "YB-CT-01", "RM2611230001", "LA-RM"))])
    assert (found, faults) == ([PAID], [])


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        ([(1, HEADER[:-2] + HEADER[-1:])], 1, "检查号"),
        ([(1, HEADER[:-1])], 1, "机构代码"),
        ([(1, HEADER), (2, ("JS1", "x", "", "YB", "A", "LA-RM"))], 2, "必填"),
        ([(1, HEADER), (2, ("JS1", "x", "MX1", "YB"))], 2, "必填"),
        ([(1, HEADER), (2, ("J", "x", "M", "Y", "A", "LA-RM")), (3, ("J", "x", "M", "Y", "B", "LA-RM"))], 3, "两次"),
    ],
)
def test_a_faulty_settlement_line_is_named(lines, line, words):
    _, (fault,) = settlements(lines)
    assert fault.line == line
    assert words in fault.text.zh


def test_a_month_is_the_countys():
    assert month("2026-11", ZONE) == (datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC))
    assert month("2026-12", ZONE)[1] == datetime(2026, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "202611", "11-2026", ""])
def test_another_text_is_no_month(text):
    with pytest.raises(ValueError, match="no month"):
        month(text, ZONE)
