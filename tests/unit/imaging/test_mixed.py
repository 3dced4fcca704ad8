from datetime import date

import pytest

from telemed.imaging.mixed import Whose, is_mixed
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
