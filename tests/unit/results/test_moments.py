from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from telemed.results.moments import read_moment

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)


def moment(written):
    return read_moment(written, ZONE, received_at=NOW)


@pytest.mark.parametrize(
    ("written", "at", "stated", "precision"),
    [
        ("20261123080000", "2026-11-23T00:00:00+00:00", False, "second"),
        ("202611230800", "2026-11-23T00:00:00+00:00", False, "minute"),
        ("2026112308", "2026-11-23T00:00:00+00:00", False, "hour"),
        ("20261123080000+0800", "2026-11-23T00:00:00+00:00", True, "second"),
        ("20261123000000Z", "2026-11-23T00:00:00+00:00", True, "second"),
        ("20261123000000+0000", "2026-11-23T00:00:00+00:00", True, "second"),
        ("20261122190000-0500", "2026-11-23T00:00:00+00:00", True, "second"),
        ("20261123080000.123456", "2026-11-23T00:00:00.123456+00:00", False, "second"),
        ("2026-11-23T00:00:00Z", "2026-11-23T00:00:00+00:00", True, "second"),
        ("2026-11-23 08:00:00", "2026-11-23T00:00:00+00:00", False, "second"),
        ("2026-11-23T08:00:00+08:00", "2026-11-23T00:00:00+00:00", True, "second"),
    ],
)
def test_a_time_is_in_the_zone_it_states_and_else_in_the_countys(written, at, stated, precision):
    found = moment(written)
    assert (found.at.isoformat(), found.zone_stated, found.precision, found.doubt) == (at, stated, precision, "")
    assert found.believed
    assert found.written == written


def test_a_day_without_an_hour_stays_a_day():
    found = moment("20261123")
    assert (found.at, found.day, found.precision) == (None, date(2026, 11, 23), "day")
    assert found.believed


def test_nothing_written_is_nothing():
    assert moment("  ") is None


@pytest.mark.parametrize(
    ("written", "doubt"),
    [
        ("20261123092701", "future"),
        ("20261124", "future"),
        ("20261123012701Z", "future"),
        ("19000101", "implausible"),
        ("19000101000000", "implausible"),
        ("20000101000000", "implausible"),
        ("19991231235959", "implausible"),
        ("19891231", "implausible"),
        ("2026", "too-coarse"),
        ("202611", "too-coarse"),
        ("20261323", "unreadable"),
        ("20260230", "unreadable"),
        ("20261123240000", "unreadable"),
        ("20261123080000+1500", "unreadable"),
        ("今天", "unreadable"),
        ("2026112", "unreadable"),
        ("00000000", "unreadable"),
        ("00010101000000", "unreadable"),
        ("99991231235959-1400", "unreadable"),
    ],
)
def test_a_time_that_proves_nothing_says_why_and_is_kept_as_written(written, doubt):
    found = moment(written)
    assert found.doubt == doubt
    assert not found.believed
    assert found.written == written


@pytest.mark.parametrize("written", ["20261123092700", "20261123", "20261123012700Z", "19900101", "20000102"])
def test_the_near_misses_of_doubt_are_believed(written):
    assert moment(written).believed
