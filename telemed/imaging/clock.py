"""What a device's clock may be believed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from telemed.vocabulary import Text

#: Beyond this a device's clock proves nothing about when a picture was taken (practice: 15 min).
TRUSTED_SKEW = timedelta(minutes=15)

# Days on which clocks stand after a reset or a dead battery, and the day DICOM writers use for "no date".
_RESET_DAYS = frozenset(
    date(*ymd) for ymd in ((1900, 1, 1), (1970, 1, 1), (1980, 1, 1), (1980, 1, 6), (1999, 12, 31), (2000, 1, 1))
)
_OLDEST = date(1975, 1, 1)  # before the first CT of the country


class Doubt(StrEnum):
    """Why an acquisition time is not believed."""

    ABSENT = "absent"
    IMPLAUSIBLE = "implausible"  # 1900, a reset clock
    FUTURE = "future"
    SKEWED = "skewed"


@dataclass(frozen=True, slots=True)
class Known:
    """When the study was acquired (UTC); every window and clock counts from here."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows when it was acquired; the time of receipt never stands in for it."""

    doubt: Doubt


def anchor(acquired_at: datetime | None, *, received_at: datetime, skew_seconds: int | None) -> Known | Unknown:
    """Decide whether the stated acquisition time may be used.

    skew_seconds: the measured error of the device's clock, None if never measured.
    """
    if acquired_at is None:
        return Unknown(Doubt.ABSENT)
    day = acquired_at.date()
    # A reset day may lie on either side of midnight in UTC.
    if day < _OLDEST or day in _RESET_DAYS or (acquired_at + timedelta(hours=14)).date() in _RESET_DAYS:
        return Unknown(Doubt.IMPLAUSIBLE)
    if acquired_at > received_at + TRUSTED_SKEW:
        return Unknown(Doubt.FUTURE)
    if skew_seconds is not None and abs(skew_seconds) > TRUSTED_SKEW.total_seconds():
        return Unknown(Doubt.SKEWED)
    return Known(acquired_at)


class Sample(NamedTuple):
    """Bounds of one study on its device's clock error, in seconds; None where that side is open."""

    low: int | None
    high: int | None


def sample(acquired_at: datetime | None, *, received_at: datetime, registered_at: datetime | None) -> Sample | None:
    """What one study says of its device's clock.

    It was truly taken after it was registered and before it was received, so the error lies between
    (stated - received) and (stated - registered). None for a stated time that is a reset clock, absent, or days off:
    that is a wrong date (or an old study), not an error that can be measured.
    """
    if acquired_at is None or abs(acquired_at - received_at) > timedelta(days=2):
        return None
    low = int((acquired_at - received_at).total_seconds())
    high = None if registered_at is None else int((acquired_at - registered_at).total_seconds())
    if high is not None and high < low:
        return None
    return Sample(low, high)


def measure(samples: Iterable[Sample]) -> int | None:
    """The clock error of a device from its latest studies, in seconds; None if they say nothing together.

    The bounds are intersected; the error that is smallest by amount within them is taken, so that a slow transfer or a
    long wait before the examination is never called a wrong clock. Contradicting bounds (the clock was set in between)
    say nothing until the older samples have passed.
    """
    kept = list(samples)
    lows = [s.low for s in kept if s.low is not None]
    highs = [s.high for s in kept if s.high is not None]
    if not lows and not highs:
        return None
    low, high = max(lows, default=None), min(highs, default=None)
    if low is not None and high is not None and low > high:
        return None
    if low is not None and low > 0:
        return low
    if high is not None and high < 0:
        return high
    return 0


def words(skew_seconds: int) -> Text | None:
    """设备时间偏差 +3 小时; None within the trusted quarter of an hour."""
    if abs(skew_seconds) <= TRUSTED_SKEW.total_seconds():
        return None
    sign = "+" if skew_seconds > 0 else "−"
    minutes = round(abs(skew_seconds) / 60)
    hours, rest = divmod(minutes, 60)
    if rest > 50:  # the transfer took the minutes that are missing to the hour
        hours, rest = hours + 1, 0
    if hours and rest < 10:
        return Text(f"设备时间偏差 {sign}{hours} 小时", f"Device clock skew {sign}{hours} h")
    if hours:
        return Text(f"设备时间偏差 {sign}{hours} 小时 {rest} 分", f"Device clock skew {sign}{hours} h {rest} min")
    return Text(f"设备时间偏差 {sign}{rest} 分", f"Device clock skew {sign}{rest} min")
