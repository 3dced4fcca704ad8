from datetime import date

import pytest

from telemed.imaging.mixed import Whose, is_mixed, persons
from telemed.vocabulary import Sex

WANG = Whose("20481", "王桂兰", Sex.FEMALE, date(1956, 3, 14))


@pytest.mark.parametrize(
    "other",
    [
        WANG._replace(name="刘德福"),
        WANG._replace(patient_id="20482"),
        WANG._replace(sex=Sex.MALE),
        WANG._replace(birth_date=date(1966, 3, 14)),
    ],
)
def test_two_persons_under_one_study_uid_are_mixed(other):
    assert is_mixed([WANG, WANG, other])
    assert is_mixed([other, WANG])


@pytest.mark.parametrize(
    "other",
    [
        WANG,
        WANG._replace(name="WANG^GUILAN"),
        WANG._replace(name="王 桂兰"),
        WANG._replace(name=""),
        WANG._replace(patient_id="1"),
        WANG._replace(sex=Sex.UNKNOWN),
        WANG._replace(birth_date=None),
    ],
)
def test_one_person_written_twice_is_not_mixed(other):
    assert not is_mixed([WANG, other])


def test_two_forms_of_one_identity_number_are_not_mixed():
    assert not is_mixed([WANG._replace(patient_id="11010519491231002x"), WANG._replace(patient_id="110105491231002")])
    assert not is_mixed([])


LIU = Whose("20499", "刘德福", Sex.MALE, date(1950, 1, 1))
SUN = Whose("20777", "孙淑芝", Sex.FEMALE, date(1961, 5, 2))


def test_each_person_is_told_apart_whatever_the_order():
    romanised = LIU._replace(name="LIU^DEFU", patient_id="1")
    for apart in ([LIU, SUN, romanised], [romanised, SUN, LIU]):
        first, *others = persons([WANG], apart)
        assert first == [WANG]
        assert {frozenset(one) for one in others} == {frozenset({LIU, romanised}), frozenset({SUN})}


def test_what_fits_two_people_is_put_with_neither():
    vague = Whose("", "", Sex.UNKNOWN, date(1966, 6, 6))
    brother = LIU._replace(name="刘德贵", patient_id="20500", birth_date=date(1966, 6, 6))
    sister = SUN._replace(birth_date=date(1966, 6, 6))
    for apart in ([brother, vague, sister], [vague, sister, brother]):
        _, *others = persons([WANG], apart)
        assert {frozenset(one) for one in others} == {frozenset({one}) for one in (brother, vague, sister)}


def test_what_fits_one_person_only_is_put_with_that_person():
    vague = Whose("", "", Sex.MALE, date(1950, 1, 1))
    _, *others = persons([WANG], [vague, LIU, SUN])
    assert {frozenset(one) for one in others} == {frozenset({LIU, vague}), frozenset({SUN})}


def test_spellings_that_a_person_accepted_stay_with_the_first():
    other = WANG._replace(patient_id="20482")
    assert persons([WANG, other, WANG], []) == [[WANG, other]]
