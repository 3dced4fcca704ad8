"""Everything that is found of two records, ground by ground; test_matching.py says what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from telemed.patients.identifiers import Identifier, IdentifierKind
from telemed.patients.identity import Identity
from telemed.patients.matching import Code, Record, compare
from telemed.vocabulary import Sex
from tests.unit.patients.test_matching import BARE, CARD, MISTYPED, OTHER_CARD, PASSPORT, RENEWED, WANG, child, record

BIRTH = Identifier(IdentifierKind.BIRTH_CERTIFICATE, "CN:birth", "Z230000001")


def found(a: Record, b: Record) -> set[Code]:
    there, back = compare(a, b).findings, compare(b, a).findings
    assert there == back
    return set(there)


def test_all_that_is_found_of_one_person_registered_twice():
    assert compare(WANG, record()).findings == (
        Code.NUMBER_SAME,
        Code.NAME_SAME,
        Code.BIRTH_SAME,
        Code.SEX_SAME,
        Code.PHONE_UNKNOWN,
        Code.ADDRESS_UNKNOWN,
        Code.MOTHER_UNKNOWN,
    )


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        ({CARD}, {CARD}, {Code.NUMBER_SAME}),
        ({CARD}, {OTHER_CARD}, {Code.NUMBER_DIFFERS}),
        ({PASSPORT}, {RENEWED}, {Code.NUMBER_RENEWED}),
        ({CARD, PASSPORT}, {CARD, RENEWED}, {Code.NUMBER_SAME, Code.NUMBER_RENEWED}),
        ({CARD, PASSPORT}, {OTHER_CARD, PASSPORT}, {Code.NUMBER_SAME, Code.NUMBER_DIFFERS}),
        ({CARD}, {PASSPORT}, {Code.NUMBER_UNKNOWN}),
        ({CARD}, {MISTYPED}, {Code.NUMBER_SLIP, Code.NUMBER_UNKNOWN}),
        ({CARD, MISTYPED}, {CARD}, {Code.NUMBER_SAME}),
        ({MISTYPED}, {MISTYPED}, {Code.NUMBER_UNKNOWN}),
        ({CARD}, set(), {Code.NUMBER_UNKNOWN}),
    ],
)
def test_what_numbers_say(mine, theirs, said):
    one, other = record(identifiers=frozenset(mine)), record(identifiers=frozenset(theirs))
    assert {code for code in found(one, other) if code.startswith("number-")} == said


def test_only_the_number_typed_at_a_device_is_one_of_a_device():
    both = record(identifiers=frozenset({BIRTH}))
    assert Code.DEVICE_NUMBER not in found(both, replace(both, id=UUID(int=3)))


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ((1956, 3, 12), (1956, 12, 3), Code.BIRTH_TRANSPOSED),  # day and month
        ((1956, 3, 12), (1957, 12, 3), Code.BIRTH_DIFFERS),
        ((1956, 3, 12), (1956, 12, 4), Code.BIRTH_DIFFERS),
        ((1956, 3, 12), (1956, 12, 1), Code.BIRTH_DIFFERS),
        ((1956, 3, 12), (1956, 11, 3), Code.BIRTH_DIFFERS),
        ((1956, 3, 10), (1956, 11, 3), Code.BIRTH_DIFFERS),
        ((1956, 3, 14), (1965, 3, 14), Code.BIRTH_TRANSPOSED),
        ((1956, 3, 14), (1956, 3, 24), Code.BIRTH_ONE_DIGIT),
        ((1956, 3, 14), (1956, 3, 14), Code.BIRTH_SAME),
        ((1956, 3, 14), (1900, 1, 1), Code.BIRTH_UNKNOWN),
    ],
)
def test_what_birth_dates_say(one, other, code):
    assert code in found(record(birth_date=date(*one)), record(birth_date=date(*other)))


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (Sex.MALE, Sex.MALE, Code.SEX_SAME),
        (Sex.MALE, Sex.FEMALE, Code.SEX_DIFFERS),
        (Sex.MALE, Sex.UNKNOWN, Code.SEX_UNKNOWN),
    ],
)
def test_what_sexes_say(one, other, code):
    assert {said for said in found(record(sex=one), record(sex=other)) if said.startswith("sex-")} == {code}


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ("东村3组", "虎林市赵屯镇东村3组", Code.ADDRESS_PART),
        ("赵屯镇东村3组", "虎林市赵屯镇东村3组", Code.ADDRESS_PART),
        ("村3组", "虎林市赵屯镇东村3组", Code.ADDRESS_DIFFERS),
        ("西村3组", "虎林市赵屯镇东村3组", Code.ADDRESS_DIFFERS),
        ("东村3组", "东村3组", Code.ADDRESS_SAME),
        ("", "东村3组", Code.ADDRESS_UNKNOWN),
        ("", "", Code.ADDRESS_UNKNOWN),
    ],
)
def test_what_addresses_say(one, other, code):
    said = found(record(address=one), record(address=other))
    assert {each for each in said if each.startswith("address-")} == {code}


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ("13904531122", "13904531122", Code.PHONE_SAME),
        ("13904531122", "13904531133", Code.PHONE_DIFFERS),
        ("13904531122", "13904531111", Code.PHONE_DIFFERS),
        ("13904531122", "", Code.PHONE_UNKNOWN),
        ("", "", Code.PHONE_UNKNOWN),
    ],
)
def test_what_phones_say(one, other, code):
    said = found(record(phone=one), record(phone=other))
    assert {each for each in said if each.startswith("phone-")} == {code}


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (UUID(int=5), UUID(int=5), Code.MOTHER_SAME),
        (UUID(int=5), UUID(int=6), Code.MOTHER_DIFFERS),
        (UUID(int=5), None, Code.MOTHER_UNKNOWN),
        (None, None, Code.MOTHER_UNKNOWN),
    ],
)
def test_what_mothers_say(one, other, code):
    said = found(record(mother_id=one), record(mother_id=other))
    assert {each for each in said if each.startswith("mother-")} == {code}


def test_a_mother_is_the_record_her_child_names_wherever_its_number_was_read():
    mother = replace(record(), id=UUID(int=5))
    assert Code.MOTHER_AND_CHILD in found(mother, record(mother_id=UUID(int=5)))
    assert Code.MOTHER_AND_CHILD not in found(mother, record(mother_id=UUID(int=6)))


@pytest.mark.parametrize(
    ("one", "other", "twins"),
    [
        ("张桂兰之大双", "张桂兰之小双", True),
        ("张桂兰之大双", "张桂兰之三胎", True),
        ("张桂兰之大双", "张桂兰之大双", False),
        ("张桂兰之大双", "张桂兰之子", False),
        ("张桂兰之子", "张桂兰之女", False),
        ("张桂兰之大双", "李红之小双", False),
        ("张桂兰之大双", "张桂蘭之小双", False),  # a variant is asked about
        ("张桂兰之大双", "李浩", False),
    ],
)
def test_who_is_the_other_twin(one, other, twins):
    said = found(child(one), child(other))
    assert (Code.OTHER_TWIN in said) is twins
    assert Code.NEWBORN_NAME in said


@pytest.mark.parametrize(("other", "twins"), [(4, False), (5, True), (6, False), (None, True)])
def test_twins_of_different_mothers_are_none(other, twins):
    one = child("张桂兰之大双", mother_id=UUID(int=5))
    theirs = child("张桂兰之小双", mother_id=None if other is None else UUID(int=other))
    assert (Code.OTHER_TWIN in found(one, theirs)) is twins


def test_a_person_who_is_known_is_called_what_stands_there():
    named = record(name="未具名")
    assert Code.NAME_SAME in found(named, record(name="未具名"))
    nameless = record(name="未具名", identity=Identity.SOURCE)
    assert Code.NAME_UNKNOWN in found(nameless, nameless)


def test_who_is_not_a_newborn_has_no_newborn_s_name():
    assert Code.NEWBORN_NAME not in found(BARE, WANG)
    assert Code.TEMPORARY not in found(BARE, WANG)
    assert Code.CARD_MISMATCH not in found(BARE, WANG)
