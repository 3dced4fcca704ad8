from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemed.patients.slips import address_key, near_dates, phone_key, slip


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("239999195603140024", "239999195603140042", True),  # exchanged
        ("239999195603140024", "239999195603140025", True),  # one wrong
        ("239999195603140024", "23999919560314002", True),  # one missing at the end
        ("239999195603140024", "39999195603140024", True),  # one missing at the start
        ("239999195603140024", "239999195603140024", False),  # no slip at all
        ("239999195603140024", "239999195603140015", False),  # two wrong
        ("239999195603140024", "429999195603140023", False),  # two wrong, far apart
        ("239999195603140024", "2399991956031400", False),  # two missing
        ("1234", "2143", False),  # exchanged twice
    ],
)
def test_a_number_is_one_slip_away_or_it_is_not(a, b, near):
    assert slip(a, b) is near
    assert slip(b, a) is near


def test_dates_near_by_are_one_digit_or_one_exchange_away():
    near = near_dates(date(1956, 3, 12))
    assert date(1956, 12, 3) in near  # day and month
    assert date(1965, 3, 12) in near  # neighbours of the year
    assert date(1956, 3, 22) in near  # one digit
    assert date(1956, 3, 12) not in near
    assert date(1957, 3, 13) not in near  # two digits
    assert date(2956, 3, 12) not in near  # nobody's
    assert near == sorted(set(near))


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.dates(date(1901, 1, 1), date(2026, 12, 31)))
def test_nearness_of_dates_goes_both_ways(born):
    near = near_dates(born)
    assert near
    assert all(born in near_dates(other) for other in near)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("139 0453 1122", "13904531122"),
        ("+86-139-0453-1122", "13904531122"),
        ("１３９０４５３１１２２", "13904531122"),
        ("0453-5821122", "04535821122"),
        ("110", ""),
        ("", ""),
        ("无", ""),
    ],
)
def test_a_phone_is_its_last_eleven_digits(written, key):
    assert phone_key(written) == key


def test_an_address_is_compared_without_blanks_and_punctuation():
    assert address_key("虎林市 赵屯镇，东村３组") == address_key("虎林市赵屯镇东村3组")
