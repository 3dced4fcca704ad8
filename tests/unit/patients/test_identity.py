from dataclasses import replace
from datetime import date

import pytest

from telemed.patients.identifiers import Identifier, IdentifierKind, national_id
from telemed.patients.identity import (
    Birth,
    Fact,
    Identity,
    Person,
    Verdict,
    compare,
    differences,
    is_namesake,
    newborn_name,
    unidentified_name,
)
from telemed.patients.names import Agreement
from telemed.vocabulary import Sex


def number(text: str) -> frozenset[Identifier]:
    found = national_id(text)
    assert isinstance(found, Identifier)
    return frozenset({found})


DEVICE = frozenset({Identifier(IdentifierKind.DEVICE, "DICOM:x", "20481")})
WANG = Person("王桂兰", Sex.FEMALE, date(1956, 3, 14), identifiers=number("239999195603140024"))


def test_the_same_number_name_birth_date_and_sex_are_one_person():
    assert compare(WANG, WANG).verdict is Verdict.SAME


# Near misses: the good pair with one ground removed, refused for that ground alone.
@pytest.mark.parametrize(
    ("other", "fact", "agreement"),
    [
        (replace(WANG, name="王桂芝"), Fact.NAME, Agreement.DIFFERS),
        (replace(WANG, name="WANG GUILAN"), Fact.NAME, Agreement.LIKELY),
        (replace(WANG, name=""), Fact.NAME, Agreement.UNKNOWN),
        (replace(WANG, birth_date=date(1956, 3, 15)), Fact.BIRTH, Agreement.DIFFERS),
        (replace(WANG, sex=Sex.MALE), Fact.SEX, Agreement.DIFFERS),
        (replace(WANG, identifiers=frozenset()), Fact.IDENTIFIER, Agreement.UNKNOWN),
    ],
)
def test_one_ground_less_is_doubtful(other, fact, agreement):
    for found in (compare(WANG, other), compare(other, WANG)):
        assert found.verdict is Verdict.DOUBTFUL
        assert found.of(fact) is agreement
        assert [f for f in found.findings if f.agreement is not Agreement.SAME] == [(fact, agreement)]


def test_two_numbers_of_one_issuer_are_two_persons():
    assert compare(WANG, replace(WANG, identifiers=number("11010519491231002X"))).verdict is Verdict.DIFFERENT


def test_a_device_number_in_common_proves_nothing():
    one, other = replace(WANG, identifiers=DEVICE), replace(WANG, name="刘德福", identifiers=DEVICE)
    assert compare(one, other).verdict is Verdict.DIFFERENT
    assert compare(one, one).verdict is Verdict.DOUBTFUL


def test_somebody_temporary_is_never_the_same_as_anybody():
    assert compare(WANG, replace(WANG, identity=Identity.TEMPORARY)).verdict is Verdict.DOUBTFUL


def test_an_estimated_birth_date_near_by_does_not_contradict():
    assert compare(WANG, replace(WANG, birth_date=date(1957, 7, 1), estimated=True)).verdict is Verdict.SAME
    assert compare(WANG, replace(WANG, birth_date=date(1959, 7, 1), estimated=True)).verdict is Verdict.DOUBTFUL
    assert compare(WANG, replace(WANG, birth_date=None)).verdict is Verdict.SAME


def test_the_work_list_says_what_differs():
    found = compare(WANG, replace(WANG, name="王桂芝", birth_date=date(1990, 1, 1)))
    assert [text.zh for text in differences(found)] == ["姓名不同", "出生日期不同"]
    assert [t.zh for t in differences(compare(WANG, replace(WANG, name="Wang Guilan")))] == [
        "姓名疑似（同音、拼音或缺字）"
    ]


@pytest.mark.parametrize(
    ("other", "born", "namesake"),
    [
        ("王桂兰", date(1961, 3, 14), True),
        ("王桂兰", date(1961, 3, 15), False),
        ("王桂兰", date(1951, 3, 14), True),
        ("王桂兰", date(1951, 3, 13), False),
        ("王桂兰", None, True),
        ("王桂芝", date(1956, 3, 14), False),
    ],
)
def test_namesakes_are_born_within_five_years(other, born, namesake):
    assert is_namesake("王桂兰", date(1956, 3, 14), other, born) is namesake


def test_people_without_a_name_get_one():
    assert unidentified_name(Sex.MALE, date(2026, 11, 22), 1) == "无名氏男20261122-01"
    assert unidentified_name(Sex.UNKNOWN, date(2026, 11, 22), 12) == "无名氏20261122-12"
    assert newborn_name("张桂兰", Sex.MALE, Birth.SINGLE) == "张桂兰之子"
    assert newborn_name("张桂兰", Sex.FEMALE, Birth.SINGLE) == "张桂兰之女"
    assert newborn_name("张桂兰", Sex.MALE, Birth.FIRST) == "张桂兰之大双"
    assert newborn_name("张桂兰", Sex.FEMALE, Birth.SECOND) == "张桂兰之小双"
