"""A table of outcomes: one good line, and each thing that can be wrong with one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from telemed.quality.entry import County
from telemed.quality.rounds import COLUMNS, Directory, Programme, item_names, read_rounds
from telemed.recognition.catalogue_files import read_catalogues
from telemed.recognition.quality import Outcome
from telemed.recognition.rules import Basis, Scope
from telemed.results.sheet import Line

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
COUNTY = County(ZoneInfo("Asia/Shanghai"), "longan")
ITEMS = next(one for one in read_catalogues().catalogues if one.scope.key == "longan").items
EQA = Programme("省级室间质评", Basis.EQA, Scope("national", "", "全国HR"))
LABORATORY, TOWNSHIP = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
DEVICE = "33333333-3333-3333-3333-333333333333"
DIRECTORY = Directory(
    {
        "la-jy": frozenset({LABORATORY}),
        "医学检验中心": frozenset({LABORATORY}),
        "la-qs": frozenset({TOWNSHIP}),
        "卫生院": frozenset({LABORATORY, TOWNSHIP}),
    },
    {(TOWNSHIP, "qs_dr1"): frozenset({DEVICE})},
    item_names(ITEMS),
)
HEADER = ["机构", "项目", "轮次", "结果", "成绩", "公布日期", "周期开始", "周期结束", "设备"]
GOOD = ["LA-JY", "钾", "第 1 次", "合格", "100", "2026-03-02", "2026-01-15", "2026-02-14", ""]


def read(*rows: list[str], header: list[str] = HEADER, programme: Programme = EQA):
    lines = [Line(1, header), *(Line(number, row) for number, row in enumerate(rows, start=2))]
    return read_rounds(lines, programme, DIRECTORY, COUNTY, digest="a" * 64, now=NOW)


def changed(column: str, text: str) -> list[str]:
    return [text if name == column else cell for name, cell in zip(HEADER, GOOD, strict=True)]


def told(table) -> list[tuple[int, str]]:
    return [(one.line, one.column) for one in table.faults]


def test_a_line_becomes_an_evaluation_with_the_county_s_days():
    table = read(GOOD)
    assert table.faults == ()
    (one,) = table.evaluations
    assert (one.line, one.fact.organization_id, one.fact.item_keys) == (2, LABORATORY, frozenset({"lab.potassium"}))
    assert (one.fact.outcome, one.fact.score, one.fact.round) == (Outcome.PASS, "100", "第 1 次")
    assert one.fact.published_at == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert one.fact.period_begins == datetime(2026, 1, 14, 16, tzinfo=UTC)
    assert one.fact.period_ends == datetime(2026, 2, 14, 16, tzinfo=UTC)
    assert (one.fact.programme, one.fact.scope.label, one.fact.evidence_hash) == ("省级室间质评", "全国HR", "a" * 64)


def test_lines_that_differ_in_the_item_alone_are_one_evaluation():
    table = read(GOOD, changed("项目", "lab.sodium"), changed("成绩", "80"))
    assert told(table) == [(4, "项目")]
    table = read(GOOD, changed("项目", "lab.sodium"), ["LA-JY", "氯", *changed("成绩", "80")[2:]])
    assert [sorted(one.fact.item_keys) for one in table.evaluations] == [
        ["lab.potassium", "lab.sodium"],
        ["lab.chloride"],
    ]


def test_the_same_file_gives_the_same_ids_in_any_order_and_another_file_others():
    other = changed("项目", "lab.sodium")
    (first,), (again,) = read(GOOD, other).evaluations, read(other, GOOD).evaluations
    assert first.fact.id == again.fact.id
    lines = [Line(1, HEADER), Line(2, GOOD), Line(3, other)]
    (another,) = read_rounds(lines, EQA, DIRECTORY, COUNTY, digest="b" * 64, now=NOW).evaluations
    assert another.fact.id != first.fact.id
    (elsewhere,) = read(GOOD, other, programme=replace(EQA, name="另一个计划")).evaluations
    assert elsewhere.fact.id != first.fact.id


@pytest.mark.parametrize("names", list(zip(*[names[:2] for names in COLUMNS.values()], strict=True)))
def test_the_columns_go_by_chinese_and_english_names_in_any_order(names):
    header = [
        names[list(COLUMNS).index(one)]
        for one in ("ends", "begins", "published", "outcome", "round", "item", "organization")
    ]
    table = read(["2026-02-14", "2026-01-15", "2026-03-02", "pass", "1", "K", "la-jy"], header=header)
    assert (table.faults, len(table.evaluations)) == ((), 1)


@pytest.mark.parametrize(
    "text", ["2026-03-02", "2026/3/2", "2026.3.2", "2026年3月2日", "20260302", "2026-03-02 00:00:00"]
)
def test_a_day_may_be_written_in_the_usual_ways(text):
    assert read(changed("公布日期", text)).evaluations[0].fact.published_at == datetime(2026, 3, 1, 16, tzinfo=UTC)


NEAR_MISSES = [
    ("机构", ""),
    ("机构", "省医院"),
    ("机构", "卫生院"),
    ("项目", ""),
    ("项目", "没有这个项目"),
    ("轮次", ""),
    ("轮次", "x" * 101),
    ("结果", ""),
    ("结果", "良好"),
    ("成绩", "x" * 41),
    ("公布日期", ""),
    ("公布日期", "2026-02-30"),
    ("公布日期", "3月2日"),
    ("公布日期", "1999-12-31"),
    ("周期开始", ""),
    ("周期结束", "2026-13-01"),
]


@pytest.mark.parametrize(("column", "text"), NEAR_MISSES)
def test_one_cell_wrong_is_told_by_its_line_and_column(column, text):
    table = read(GOOD, changed(column, text))
    assert told(table) == [(3, column)]
    assert len(table.evaluations) == 1


@pytest.mark.parametrize(
    ("column", "text"), [("周期结束", "2026-03-02"), ("周期开始", "2026-02-20"), ("公布日期", "2026-02-01")]
)
def test_what_contradicts_itself_is_told_of_the_whole_line(column, text):
    assert told(read(changed(column, text))) == [(2, "")]


def test_a_line_with_other_columns_than_the_header_and_an_unknown_column_are_told():
    assert told(read(GOOD[:-1])) == [(2, "")]
    assert told(read(GOOD, header=[*HEADER[:-1], "备注"])) == [(1, "备注")]
    assert told(read(GOOD, header=[*HEADER[:-1], "机构"])) == [(1, "机构")]
    assert told(read(GOOD[1:], header=HEADER[1:])) == [(1, "机构")]


def test_a_film_machine_has_to_be_the_member_s_and_an_analyser_is_called_as_it_is():
    film = Programme("影像质控", Basis.IMAGING_QC, Scope("community", "longan", "龙安HR"))
    row = ["LA-QS", "dx.chest.pa", *GOOD[2:8], "QS_DR1"]
    assert read(row, programme=film).evaluations[0].fact.device_id == DEVICE
    assert told(read([*row[:8], "LH_DR1"], programme=film)) == [(2, "设备")]
    assert told(read(["LA-JY", *row[1:]], programme=film)) == [(2, "设备")]
    assert read(changed("设备", "G8-A")).evaluations[0].fact.device_id == "G8-A"


def test_a_name_that_two_items_share_is_doubtful_and_a_key_means_itself():
    names = item_names({**ITEMS, "lab.other": replace(ITEMS["lab.potassium"], key="lab.other")})
    assert names["钾"] == {"lab.potassium", "lab.other"}
    assert names["lab.potassium"] == {"lab.potassium"}
