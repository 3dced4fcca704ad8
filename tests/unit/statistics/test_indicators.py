"""Definitions are whole, the page is written from them, and parameters are read as a whole or not at all."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from telemed.errors import Invalid
from telemed.statistics.indicators import BY_CODE, INDICATORS, is_official
from telemed.statistics.indicators.definition import Audience
from telemed.statistics.months import Month, parsed
from telemed.statistics.parameters import MalformedParameters, in_force, parse, read_parameters
from telemed.statistics.reference import page

ZONE = ZoneInfo("Asia/Shanghai")
GOOD = """
effective = 2026-01-01
look_back_days = 30
ignored_hours = 24
re_order_days = 7
net_days = 30
seal_day = 5
small_count = 5
"""


def test_every_indicator_is_named_once_and_explained_in_both_languages():
    assert len(BY_CODE) == len(INDICATORS)
    for one in INDICATORS:
        assert all((*one.name, *one.meaning, *one.clause)), one.code
        assert bool(one.excluded.zh) == bool(one.excluded.en), one.code


def test_the_page_says_of_each_indicator_what_it_counts():
    written = page()
    for one in INDICATORS:
        assert f"`{one.code}`" in written
        assert one.meaning.zh in written
        assert one.meaning.en in written


@pytest.mark.parametrize("code", ["savings-net", "decision-time", "reason-entropy", "ignored", "shown", "dose", "own"])
def test_what_practice_keeps_for_the_quality_officer_is_not_official(code: str):
    assert not is_official(code)
    assert BY_CODE[code].audience is Audience.QUALITY


@pytest.mark.parametrize(
    "code", ["existing", "recognised", "savings-gross", "reason:R1", "report-seconds", "source:page"]
)
def test_what_the_bureau_prints_is_official(code: str):
    assert is_official(code)


def test_the_shipped_parameters_are_read():
    assert in_force(read_parameters(), Month(date(2026, 10, 1))).look_back_days == 30
    assert in_force(read_parameters(), Month(date(2025, 1, 1))) == read_parameters()[0]


def test_parameters_count_from_the_month_they_take_effect():
    later = parse("b", GOOD.replace("2026-01-01", "2026-11-01").replace("seal_day = 5", "seal_day = 8"))
    both = (parse("a", GOOD), later)
    assert in_force(both, Month(date(2026, 10, 1))).seal_day == 5
    assert in_force(both, Month(date(2026, 11, 1))).seal_day == 8


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("2026-01-01", "2026-01-02"),
        ("net_days = 30", "net_days = 6"),
        ("look_back_days = 30", "look_back_days = 0"),
        ("seal_day = 5", "seal_day = 29"),
        ("small_count = 5", "small_count = 5\nlook_bak_days = 3"),
        ("ignored_hours = 24", ""),
    ],
)
def test_a_file_with_one_fault_is_refused_by_name(good: str, bad: str):
    assert parse("x.toml", GOOD).look_back_days == 30
    with pytest.raises(MalformedParameters, match=r"x\.toml"):
        parse("x.toml", GOOD.replace(good, bad))


def test_an_empty_folder_is_refused(tmp_path: Path):
    with pytest.raises(MalformedParameters):
        read_parameters(tmp_path)


@pytest.mark.parametrize(
    ("moment", "sealed"),
    [(datetime(2026, 11, 4, 15, 59, 59, tzinfo=UTC), False), (datetime(2026, 11, 4, 16, tzinfo=UTC), True)],
)
def test_a_month_may_be_sealed_from_the_first_moment_of_its_day(moment: datetime, *, sealed: bool):
    assert Month(date(2026, 10, 1)).may_be_sealed(moment, ZONE, 5) is sealed


def test_periods_are_months_and_half_years():
    assert [one.name for one in parsed("2026-10")] == ["2026-10"]
    assert [one.name for one in parsed("2026-H2")] == [f"2026-{month:02}" for month in range(7, 13)]
    for wrong in ("2026", "2026-13", "2026-00", "2026-H3", "26-10", "2026-1", "२०२६-10", "2026-10-01", ""):
        with pytest.raises(Invalid):
            parsed(wrong)
