from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from telemed.reading.model.clocks import (
    Allowance,
    ClockFacts,
    Level,
    allowance,
    due,
    due_after_stop,
    out_of_hours,
    read,
    total_time,
)
from telemed.vocabulary import Priority

COUNTY = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=COUNTY)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.parametrize(
    ("modality", "site", "priority", "checkup", "expected"),
    [
        ("DX", "胸部", "routine", False, 120),
        ("CT", "胸部", "routine", False, 1440),
        ("CT", "胸部", "urgent", False, 60),
        ("DX", "胸部", "stat", False, 30),
        ("CT", "腹部", "stat", False, 60),
        ("CT", "颅脑", "stat", False, 30),
        ("MR", "头颅", "stat", False, 30),
        ("DX", "胸部", "routine", True, 1530),
        ("XA", "", "routine", False, 1440),
        ("XA", "", "stat", False, 30),
    ],
)
def test_allowed_times_of_the_shipped_rules(rules, modality, site, priority, checkup, expected):  # noqa: PLR0917 -- a table
    found = allowance(rules.allowances, frozenset({modality}), site, Priority(priority), checkup=checkup)
    assert found.minutes == expected


def test_of_equally_specific_rows_the_shorter_time_counts():
    rows = (Allowance(60, frozenset({"CT"})), Allowance(30, frozenset({"MR"})))
    assert allowance(rows, frozenset({"CT", "MR"}), "", Priority.ROUTINE, checkup=False).minutes == 30


def test_a_reading_no_row_admits_is_a_fault_of_the_rules():
    with pytest.raises(LookupError):
        allowance((Allowance(30, priority=Priority.STAT),), frozenset(), "", Priority.ROUTINE, checkup=False)


def facts(allowed: int, *, rules, working: bool = False, **more) -> ClockFacts:
    row = Allowance(allowed, working_time=working)
    return ClockFacts(MONDAY, due(MONDAY, row, rules.calendar), allowed, working, **more)


@pytest.mark.parametrize(
    ("elapsed", "level", "overdue"),
    [
        (0, Level.CALM, False),
        (14.9, Level.CALM, False),
        (15, Level.AMBER, False),
        (23.9, Level.AMBER, False),
        (24, Level.RED, False),
        (30, Level.RED, False),
        (30.1, Level.RED, True),
    ],
)
def test_a_clock_turns_amber_at_half_and_red_at_eight_tenths(rules, elapsed, level, overdue):
    clock = read(facts(30, rules=rules), rules.calendar, MONDAY + minutes(elapsed))
    assert (clock.level, clock.overdue) == (level, overdue)
    assert clock.elapsed == minutes(elapsed)


def test_working_time_clocks_stand_still_over_lunch_and_night(rules):
    known = facts(120, working=True, rules=rules)
    assert read(known, rules.calendar, MONDAY.replace(hour=10)).elapsed == minutes(60)
    late = facts(240, working=True, rules=rules)
    lunch = read(late, rules.calendar, MONDAY.replace(hour=12, minute=30))
    assert (lunch.elapsed, lunch.running) == (minutes(180), False)


def test_a_stopped_clock_stands_still_and_goes_on_with_what_was_left(rules):
    stopped = facts(60, rules=rules, stopped_at=MONDAY + minutes(20))
    clock = read(stopped, rules.calendar, MONDAY + minutes(500))
    assert (clock.elapsed, clock.running) == (minutes(20), False)
    assert due_after_stop(stopped, rules.calendar, MONDAY + minutes(500)) == MONDAY + minutes(540)


def test_a_stopped_working_time_clock_goes_on_in_working_time(rules):
    stopped = facts(120, working=True, rules=rules, stopped_at=MONDAY + minutes(60))
    evening = MONDAY.replace(hour=20)
    assert due_after_stop(stopped, rules.calendar, evening) == datetime(2026, 11, 24, 9, 0, tzinfo=COUNTY)


def test_a_clock_that_was_late_when_it_stopped_stays_late(rules):
    stopped = facts(60, working=True, rules=rules, stopped_at=MONDAY + minutes(90))
    assert due_after_stop(stopped, rules.calendar, MONDAY + minutes(200)) == stopped.due_at


def test_a_clock_that_never_stopped_keeps_its_time(rules):
    known = facts(60, rules=rules)
    assert due_after_stop(known, rules.calendar, MONDAY) == known.due_at


def test_an_ended_clock_is_read_at_its_end(rules):
    ended = facts(60, rules=rules, ended_at=MONDAY + minutes(19))
    assert read(ended, rules.calendar, MONDAY + minutes(999)).elapsed == minutes(19)


def test_out_of_hours_a_routine_film_is_promised_for_tomorrow_at_ten(rules):
    evening = MONDAY.replace(hour=22)
    row = allowance(rules.allowances, frozenset({"DX"}), "胸部", Priority.ROUTINE, checkup=False)
    due_at = due(evening, row, rules.calendar)
    promised = out_of_hours(due_at, working_time=True, calendar=rules.calendar, now=evening)
    assert promised == datetime(2026, 11, 24, 10, 0, tzinfo=COUNTY)
    assert out_of_hours(due_at, working_time=False, calendar=rules.calendar, now=evening) is None
    assert out_of_hours(due_at, working_time=True, calendar=rules.calendar, now=MONDAY) is None


def test_total_time_runs_from_the_examination_and_is_not_shown_when_the_device_is_ahead():
    assert total_time(MONDAY, MONDAY + minutes(75), MONDAY + minutes(999)) == minutes(75)
    assert total_time(None, None, MONDAY) is None
    assert total_time(MONDAY + minutes(10), None, MONDAY) is None


def test_after_a_stop_the_time_before_and_after_it_counts_and_the_stop_does_not(rules):
    for working in (True, False):
        known = facts(240, working=working, rules=rules)
        resumed = replace(
            known,
            due_at=due_after_stop(
                replace(known, stopped_at=MONDAY + minutes(20)), rules.calendar, MONDAY + minutes(80)
            ),
        )
        clock = read(resumed, rules.calendar, MONDAY + minutes(110))
        assert (clock.elapsed, clock.running) == (minutes(50), True)


def test_a_working_time_clock_begun_at_night_stands_at_zero_until_the_room_opens(rules):
    night = MONDAY.replace(hour=3)
    known = ClockFacts(night, due(night, Allowance(120, working_time=True), rules.calendar), 120, working_time=True)
    assert read(known, rules.calendar, MONDAY.replace(hour=7)).elapsed == minutes(0)
    assert read(known, rules.calendar, MONDAY.replace(hour=8, minute=30)).elapsed == minutes(30)
