from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemed.reading.model.working_time import WorkingCalendar

COUNTY = timezone(timedelta(hours=8))
DAY = ((time(8), time(12)), (time(13), time(17, 30)))
CALENDAR = WorkingCalendar(
    COUNTY,
    {**dict.fromkeys(range(5), DAY), 5: ((time(8), time(12)),)},
    closed_days=frozenset({date(2026, 10, 1)}),
    open_days=frozenset({date(2026, 11, 29)}),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COUNTY)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-23T09:00", 120, "2026-11-23T11:00"),
        ("2026-11-23T11:00", 60, "2026-11-23T12:00"),
        ("2026-11-23T11:00", 61, "2026-11-23T13:01"),
        ("2026-11-23T16:30", 120, "2026-11-24T09:00"),
        ("2026-11-23T18:00", 120, "2026-11-24T10:00"),
        ("2026-11-28T11:30", 60, "2026-11-29T08:30"),
        ("2026-12-05T12:00", 30, "2026-12-07T08:30"),
        ("2026-09-30T17:00", 60, "2026-10-02T08:30"),
    ],
)
def test_working_time_passes_only_while_the_room_is_staffed(start, minutes, end):
    assert CALENDAR.add(at(start), timedelta(minutes=minutes)) == at(end)


def test_out_of_hours_two_hours_mean_tomorrow_at_ten():
    start = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)  # 22:05 in the county
    assert CALENDAR.add(start, timedelta(hours=2)) == at("2026-11-24T10:00")


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T08:00", True),
        ("2026-11-23T07:59", False),
        ("2026-11-23T12:00", False),
        ("2026-11-23T17:29", True),
        ("2026-10-01T09:00", False),
        ("2026-11-29T09:00", True),
        ("2026-12-06T09:00", False),
    ],
)
def test_open_hours_begin_inclusive_and_end_exclusive(moment, is_open):
    assert CALENDAR.is_open(at(moment)) is is_open


def test_a_calendar_that_never_opens_is_refused_instead_of_looped_over():
    with pytest.raises(ValueError, match="closed"):
        WorkingCalendar(COUNTY, {}).add(at("2026-11-23T09:00"), timedelta(minutes=1))


@given(
    st.integers(0, 480_000),
    st.integers(1, 3000),
)
def test_between_undoes_add(offset, minutes):
    begin = at("2026-01-01T00:00") + timedelta(minutes=offset)
    amount = timedelta(minutes=minutes)
    assert CALENDAR.between(begin, CALENDAR.add(begin, amount)) == amount


def test_between_is_zero_backwards():
    assert CALENDAR.between(at("2026-11-23T10:00"), at("2026-11-23T09:00")) == timedelta()
