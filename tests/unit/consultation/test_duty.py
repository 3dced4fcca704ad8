"""Who is asked next, and where nobody stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from telemed.consultation.model import duty
from telemed.consultation.model.calendar import calendar
from telemed.consultation.model.clocks import due
from telemed.consultation.model.duty import Gap, Shift
from telemed.consultation.model.states import Urgency

NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def shift(number: int, line: int = 1, begins: float = -1, ends: float = 1, *, here: bool = False) -> Shift:
    """Hours from now; person and shift share a number."""
    place, person = UUID(int=100), UUID(int=number)
    signed = NOW if here else None
    return Shift(UUID(int=number), place, "03", line, person, NOW + begins * HOUR, NOW + ends * HOUR, signed)


def asked(*shifts: Shift, passed: tuple[int, ...] = ()) -> int | None:
    found = duty.next_in_line(shifts, {UUID(int=one) for one in passed}, NOW)
    return None if found is None else found.practitioner_id.int


def test_the_first_line_is_asked_first_and_then_the_second():
    assert asked(shift(2, 2), shift(1, 1)) == 1
    assert asked(shift(2, 2), shift(1, 1), passed=(1,)) == 2
    assert asked(shift(2, 2), shift(1, 1), passed=(1, 2)) is None


def test_whoever_has_signed_in_is_asked_before_who_has_not():
    assert asked(shift(1), shift(2, here=True)) == 2


@pytest.mark.parametrize(("begins", "ends", "on"), [(0, 1, True), (-1, 0, False), (0.01, 1, False)])
def test_a_turn_begins_with_its_first_moment_and_is_over_with_its_last(begins, ends, on):
    assert asked(shift(1, begins=begins, ends=ends)) == (1 if on else None)


def test_somebody_on_two_lines_is_asked_once():
    one = shift(1)
    assert (
        asked(
            one,
            Shift(UUID(int=9), one.organization_id, "03", 2, one.practitioner_id, one.begins, one.ends),
            passed=(1,),
        )
        is None
    )


def gaps(*shifts: Shift) -> list[tuple[float, float]]:
    found = duty.gaps(shifts, "03", NOW, NOW + 10 * HOUR)
    return [((one.begins - NOW) / HOUR, (one.ends - NOW) / HOUR) for one in found]


def test_gaps_lie_before_between_and_behind_the_first_line():
    assert gaps(shift(1, begins=1, ends=3), shift(2, begins=5, ends=8)) == [(0, 1), (3, 5), (8, 10)]


def test_turns_that_overlap_or_contain_each_other_leave_no_gap():
    assert gaps(shift(1, begins=-1, ends=6), shift(2, begins=2, ends=3), shift(3, begins=6, ends=11)) == []


def test_the_second_line_does_not_fill_a_gap_of_the_first():
    assert gaps(shift(1, 2, begins=-1, ends=11)) == [(0, 10)]


def test_a_department_without_anybody_is_one_gap():
    assert duty.gaps([], "03", NOW, NOW + HOUR) == [Gap("03", NOW, NOW + HOUR)]


@pytest.mark.parametrize(
    ("urgency", "minutes"), [(Urgency.IMMEDIATE, 2), (Urgency.URGENT, 10), (Urgency.ROUTINE, 24 * 60)]
)
def test_the_clock_of_each_urgency(urgency, minutes):
    assert due(urgency, NOW) - NOW == timedelta(minutes=minutes)


def test_a_calendar_file_names_the_time_in_utc_and_nobody():
    text = calendar(UUID(int=7), "HZ20261127-LA11-001", NOW, NOW + timedelta(minutes=30), revision=4, now=NOW)
    lines = text.split("\r\n")
    assert "DTSTART:20261127T010000Z" in lines
    assert "DTEND:20261127T013000Z" in lines
    assert "SEQUENCE:4" in lines
    assert lines[0] == "BEGIN:VCALENDAR"
    assert text.endswith("END:VCALENDAR\r\n")
