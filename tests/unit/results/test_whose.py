from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from telemed.patients.identifiers import IdentifierKind
from telemed.patients.identity import Identity
from telemed.results.report import PatientNumber, SourcePatient
from telemed.results.whose import whose, without_number
from telemed.vocabulary import Sex

LABORATORY = UUID(int=1)
CARD = PatientNumber("239999195603140024", "CN", "NNCHN", "PID-3")
LOCAL = PatientNumber("20481", "县医院", "MR", "PID-3")
WANG = SourcePatient("王桂兰", date(1956, 3, 14), Sex.FEMALE, (LOCAL, CARD))


def judged(**changed):
    return whose(replace(WANG, **changed), LABORATORY)


def test_a_right_number_that_agrees_proves_the_person():
    found = judged()
    assert found.number is not None
    assert found.person.identity is Identity.KNOWN
    assert {(one.kind, one.issuer) for one in found.person.identifiers} == {
        (IdentifierKind.NATIONAL_ID, "CN:GB11643"),
        (IdentifierKind.DEVICE, f"HL7:{LABORATORY}:县医院"),
    }
    assert found.doubts == ()


def number(value, kind="NNCHN", field="PID-3"):
    return PatientNumber(value, "", kind, field)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"numbers": (number("239999195603140025"),)}, "id-number-wrong"),
        ({"numbers": (number("239999195603140025", "身份证"),)}, "id-number-wrong"),
        ({"numbers": (number("239999195603140025", "", "PID-19"),)}, "id-number-wrong"),
        ({"numbers": (CARD, number("239999195603140025"))}, "id-number-wrong"),
        ({"numbers": (number("23999919560314002"),)}, "id-number-wrong"),
        ({"birth_date": date(1956, 3, 15)}, "id-number-contradicts"),
        ({"sex": Sex.MALE}, "id-number-contradicts"),
        ({"numbers": (CARD, number("239999198907220115"))}, "id-number-contradicts"),
    ],
)
def test_a_number_with_one_thing_against_it_proves_nothing(changed, reason):
    found = judged(**changed)
    assert found.number is None
    assert found.person.identity is Identity.SOURCE
    assert [doubt.reason for doubt in found.doubts] == [reason]
    assert all(not one.personal for one in found.person.identifiers)
    assert all(doubt.written == "" for doubt in found.doubts)


@pytest.mark.parametrize(
    "changed",
    [
        {"sex": Sex.UNKNOWN},
        {"birth_date": None},
        {"numbers": (number("239999195603140024", ""),)},
        {"numbers": (number("239999560314002", "NNCHN"),)},
        {"numbers": (number("２３９９９９１９５６０３１４００２４"),)},
        {"numbers": (number("239999195603140024", "", "PID-19"),)},
    ],
)
def test_what_is_not_said_is_not_held_against_a_right_number(changed):
    found = judged(**changed)
    assert found.number is not None
    assert found.person.sex is Sex.FEMALE
    assert found.stated_birth == ("birth_date" not in changed)


@pytest.mark.parametrize("value", ["1", "000000", "TEST", "123456"])
def test_a_placeholder_is_no_number(value):
    assert judged(numbers=(number(value, "MR"),)).person.identifiers == frozenset()


def test_a_foreign_social_security_number_is_no_wrong_identity_card():
    found = judged(numbers=(number("123121234", "", "PID-19"),))
    assert found.doubts == ()
    assert found.person.identifiers == frozenset()


def test_a_number_that_nobody_holds_yet_can_be_left_out():
    found = without_number(judged(birth_date=None))
    assert found.number is None
    assert found.person.identity is Identity.SOURCE
    assert [one.kind for one in found.person.identifiers] == [IdentifierKind.DEVICE]
