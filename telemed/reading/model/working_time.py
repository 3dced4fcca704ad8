"""The county's working calendar: when the reading room is staffed for work that can wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

HORIZON_DAYS = 60  # no allowed time reaches further; a calendar without any open hour is refused by the loader


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Open hours by weekday (0 = Monday), in the county's fixed offset from UTC.

    closed_days: public holidays. open_days: weekend days worked instead (调休), with Monday's hours.
    """

    offset: timezone
    hours: Mapping[int, tuple[tuple[time, time], ...]]
    closed_days: frozenset[date] = frozenset()
    open_days: frozenset[date] = frozenset()

    def spans(self, day: date) -> tuple[tuple[time, time], ...]:
        if day in self.closed_days:
            return ()
        if day in self.open_days:
            return self.hours.get(0, ())
        return self.hours.get(day.weekday(), ())

    def is_open(self, at: datetime) -> bool:
        """Whether `at` (aware) lies in working time; the closing minute does not."""
        local = at.astimezone(self.offset)
        return any(start <= local.time() < end for start, end in self.spans(local.date()))

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The moment when `amount` of working time has passed since `start`.

        Raises ValueError when the calendar has not enough open hours within 60 days.
        """
        left = amount
        for begin, end in self._open_from(start):
            if begin + left <= end:
                return begin + left
            left -= end - begin
        raise ValueError("the calendar is closed for longer than the allowed time can wait")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between; zero when `end` is not after `start`."""
        total = timedelta()
        for begin, until in self._open_from(start, (end - start).days + 2):
            if begin >= end:
                break
            total += min(until, end) - begin
        return total

    def _open_from(self, start: datetime, days: int = HORIZON_DAYS) -> Iterator[tuple[datetime, datetime]]:
        first = start.astimezone(self.offset).date()
        for number in range(max(days, 1) + 1):
            day = first + timedelta(days=number)
            for opens, closes in self.spans(day):
                begin = datetime.combine(day, opens, self.offset)
                end = datetime.combine(day, closes, self.offset)
                if end > start:
                    yield max(begin, start), end
