"""Times of HL7 v2: in the zone they state, else in the county's; a day where they state no hour. Pure.

HL7 v2.5.1 §2.A.22 (DTM), §2.A.77 (TS).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal
from zoneinfo import ZoneInfo

Precision = Literal["day", "hour", "minute", "second", ""]
Doubt = Literal["", "future", "implausible", "unreadable", "too-coarse"]

#: A laboratory's clock may run ahead by this much before a time counts as in the future.
TOLERATED_LEAD = timedelta(minutes=15)
# what clocks say after a reset, and what programs write for "no date"
_RESET_DAYS = frozenset(date(*ymd) for ymd in ((1999, 12, 31), (2000, 1, 1)))
_OLDEST = date(1990, 1, 1)  # before any laboratory system of the county

_WRITTEN = re.compile(
    r"(?P<year>\d{4})(?:[-/]?(?P<month>\d{2})(?:[-/]?(?P<day>\d{2})"
    r"(?:[T ]?(?P<hour>\d{2})(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:\.(?P<fraction>\d{1,6})\d*)?)?)?)?)?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a sender wrote it.

    at: UTC; None where no hour is stated or the text cannot be read.  day: the sender's day.
    zone_stated: False where the county's zone was taken.  doubt: why it proves nothing, '' if it does.
    """

    written: str
    at: datetime | None
    day: date | None
    precision: Precision
    zone_stated: bool
    doubt: Doubt = ""

    @property
    def believed(self) -> bool:
        return not self.doubt and self.day is not None


def read_moment(written: str, zone: ZoneInfo, *, received_at: datetime) -> Moment | None:
    """Read a time; None only if nothing is written.

    zone: the county's.  received_at: aware, against which a time is in the future.
    """
    text = written.strip()
    if not text:
        return None
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return Moment(text, None, None, "", zone_stated=False, doubt="unreadable")
    if found["day"] is None:
        return Moment(text, None, None, "", zone_stated=found["zone"] is not None, doubt="too-coarse")
    try:
        return _dated(text, found, zone, received_at)
    except (ValueError, OverflowError):  # no such day or hour; a year at the edge of the calendar
        return Moment(text, None, None, "", zone_stated=False, doubt="unreadable")


def _dated(text: str, found: re.Match[str], zone: ZoneInfo, received_at: datetime) -> Moment:
    day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    if found["hour"] is None:
        doubt = _doubt_of_day(day, received_at.astimezone(zone).date())
        return Moment(text, None, day, "day", zone_stated=False, doubt=doubt)
    stated = _zone(found["zone"])
    local = datetime(
        day.year,
        day.month,
        day.day,
        int(found["hour"]),
        int(found["minute"] or 0),
        int(found["second"] or 0),
        int((found["fraction"] or "0").ljust(6, "0")),
        tzinfo=stated or zone,
    )
    at = local.astimezone(UTC)
    doubt = _doubt_of_day(day, date.max) or ("future" if at > received_at + TOLERATED_LEAD else "")
    precision: Precision = "hour" if found["minute"] is None else "minute" if found["second"] is None else "second"
    return Moment(text, at, day, precision, zone_stated=stated is not None, doubt=doubt)


def _zone(written: str | None) -> timezone | None:
    if written is None:
        return None
    if written == "Z":
        return UTC
    digits = written[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise ValueError(written)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if written[0] == "-" else offset)


def _doubt_of_day(day: date, today: date) -> Doubt:
    if day < _OLDEST or day in _RESET_DAYS:
        return "implausible"
    return "future" if day > today else ""
