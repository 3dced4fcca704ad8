from datetime import UTC, datetime, timedelta

import pytest

from telemed.imaging.clock import Doubt, Known, Sample, Unknown, anchor, measure, sample, words

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("acquired", "doubt"),
    [
        (None, Doubt.ABSENT),
        (datetime(1900, 1, 1, tzinfo=UTC), Doubt.IMPLAUSIBLE),
        (datetime(2000, 1, 1, 3, tzinfo=UTC), Doubt.IMPLAUSIBLE),
        (datetime(1999, 12, 31, 16, 5, tzinfo=UTC), Doubt.IMPLAUSIBLE),
        (datetime(1970, 1, 1, 8, tzinfo=UTC), Doubt.IMPLAUSIBLE),
        (NOW + timedelta(hours=8), Doubt.FUTURE),
        (datetime(2098, 1, 1, tzinfo=UTC), Doubt.FUTURE),
    ],
)
def test_a_wrong_clock_leaves_the_time_unknown(acquired, doubt):
    assert anchor(acquired, received_at=NOW, skew_seconds=None) == Unknown(doubt)


def test_a_backfill_keeps_its_own_time_and_not_that_of_receipt():
    old = datetime(2019, 5, 6, tzinfo=UTC)
    assert anchor(old, received_at=NOW, skew_seconds=0) == Known(old)


@pytest.mark.parametrize(("seconds", "known"), [(0, True), (900, True), (-900, True), (901, False), (-901, False)])
def test_a_quarter_of_an_hour_of_skew_is_trusted(seconds, known):
    found = anchor(NOW - timedelta(minutes=5), received_at=NOW, skew_seconds=seconds)
    assert isinstance(found, Known) is known


def test_a_clock_three_hours_ahead_is_measured_from_its_studies():
    skew = timedelta(hours=3)
    samples = []
    for minutes in (3, 8, 15):
        taken = NOW + timedelta(minutes=minutes)
        samples.append(
            sample(taken + skew, received_at=taken + timedelta(minutes=4), registered_at=taken - timedelta(minutes=20))
        )
    found = measure(s for s in samples if s)
    assert found is not None
    text = words(found)
    assert text is not None
    assert text.zh == "设备时间偏差 +3 小时"


def test_a_clock_behind_shows_only_against_registrations():
    taken = NOW
    behind = sample(
        taken - timedelta(hours=8), received_at=taken + timedelta(minutes=4), registered_at=taken - timedelta(minutes=5)
    )
    unregistered = sample(taken - timedelta(hours=8), received_at=taken + timedelta(minutes=4), registered_at=None)
    assert behind is not None
    assert unregistered is not None
    assert measure([behind]) == -(8 * 3600 - 300)
    assert measure([unregistered]) == 0


def test_a_slow_line_is_no_wrong_clock():
    slow = sample(NOW, received_at=NOW + timedelta(hours=9), registered_at=NOW - timedelta(minutes=10))
    assert slow is not None
    assert measure([slow]) == 0


def test_contradicting_samples_say_nothing():
    assert measure([Sample(7200, 9000), Sample(-20, 60)]) is None
    assert measure([]) is None


def test_a_wrong_date_is_no_sample():
    assert sample(datetime(2000, 1, 1, tzinfo=UTC), received_at=NOW, registered_at=NOW) is None
    assert sample(None, received_at=NOW, registered_at=NOW) is None
    assert sample(NOW, received_at=NOW, registered_at=NOW + timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("seconds", "zh"),
    [
        (900, None),
        (1200, "设备时间偏差 +20 分"),
        (-8 * 3600, "设备时间偏差 −8 小时"),
        (5400, "设备时间偏差 +1 小时 30 分"),
        (3500, "设备时间偏差 +1 小时"),
    ],
)
def test_a_skew_is_said_in_words(seconds, zh):
    text = words(seconds)
    assert (text.zh if text else None) == zh
