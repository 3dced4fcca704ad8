from dataclasses import replace
from datetime import date

import pytest

from telemed.imaging.registration import (
    EmergencyClass,
    Form,
    Pregnancy,
    Weight,
    accession_number,
    age_of,
    check,
    standing,
)
from telemed.vocabulary import EncounterClass, Laterality, Sex

GOOD = Form(
    sex=Sex.FEMALE,
    age=70,
    modality="DX",
    item="DR 左膝正侧位",
    body_site="膝关节",
    laterality=Laterality.LEFT,
    encounter_class=EncounterClass.OUTPATIENT,
    emergency_class=None,
    pregnancy=Pregnancy.NOT_APPLICABLE,
    pregnancy_confirmed=False,
    history="膝痛 3 月",
    consent_told=True,
)
ABDOMEN = replace(
    GOOD,
    age=30,
    modality="CT",
    item="CT 腹部平扫",
    body_site="腹部",
    laterality=Laterality.UNPAIRED,
    pregnancy=Pregnancy.NO,
)


def codes(form):
    return [(f.code, f.weight) for f in check(form)]


def test_a_complete_form_has_no_fault():
    assert check(GOOD) == ()
    assert check(ABDOMEN) == ()


@pytest.mark.parametrize(
    ("form", "code", "weight"),
    [
        (replace(GOOD, item=" "), "item-missing", Weight.REQUIRED),
        (replace(ABDOMEN, body_site=""), "site-missing", Weight.REQUIRED),
        (replace(GOOD, item="DR 膝关节", laterality=Laterality.UNPAIRED), "laterality-missing", Weight.REQUIRED),
        (replace(GOOD, laterality=Laterality.RIGHT), "laterality-contradicts", Weight.REQUIRED),
        (replace(GOOD, encounter_class=EncounterClass.EMERGENCY), "emergency-class-missing", Weight.REQUIRED),
        (replace(GOOD, emergency_class=EmergencyClass.TRAUMA), "emergency-class-unasked", Weight.REQUIRED),
        (replace(GOOD, history=""), "history-missing", Weight.ADVICE),
        (replace(GOOD, consent_told=False), "consent-untold", Weight.REQUIRED),
        (replace(GOOD, sex=Sex.MALE, pregnancy=Pregnancy.YES), "pregnancy-contradicts-sex", Weight.REQUIRED),
        (replace(ABDOMEN, pregnancy=Pregnancy.NOT_APPLICABLE), "pregnancy-unasked", Weight.REQUIRED),
        (replace(ABDOMEN, pregnancy=Pregnancy.YES), "pregnancy-to-confirm", Weight.CONFIRM),
        (replace(ABDOMEN, pregnancy=Pregnancy.UNKNOWN), "pregnancy-to-confirm", Weight.CONFIRM),
        (replace(ABDOMEN, pregnancy=Pregnancy.UNKNOWN, age=12), "pregnancy-to-confirm", Weight.CONFIRM),
        (replace(ABDOMEN, pregnancy=Pregnancy.UNKNOWN, age=55), "pregnancy-to-confirm", Weight.CONFIRM),
        (replace(ABDOMEN, pregnancy=Pregnancy.UNKNOWN, age=None), "pregnancy-to-confirm", Weight.CONFIRM),
    ],
)
def test_one_thing_wrong_is_said_alone(form, code, weight):
    assert codes(form) == [(code, weight)]


@pytest.mark.parametrize(
    "form",
    [
        replace(ABDOMEN, pregnancy=Pregnancy.UNKNOWN, pregnancy_confirmed=True),
        replace(ABDOMEN, pregnancy=Pregnancy.UNKNOWN, age=11),
        replace(ABDOMEN, pregnancy=Pregnancy.UNKNOWN, age=56),
        replace(ABDOMEN, pregnancy=Pregnancy.UNKNOWN, modality="US"),
        replace(GOOD, age=30, pregnancy=Pregnancy.UNKNOWN),
        replace(ABDOMEN, sex=Sex.MALE, pregnancy=Pregnancy.NOT_APPLICABLE),
        replace(ABDOMEN, sex=Sex.UNKNOWN, pregnancy=Pregnancy.NOT_APPLICABLE),
    ],
)
def test_pregnancy_is_asked_twice_only_where_it_matters(form):
    assert check(form) == ()


def test_an_emergency_may_lack_history_and_consent():
    form = replace(
        GOOD,
        encounter_class=EncounterClass.EMERGENCY,
        emergency_class=EmergencyClass.STROKE,
        history="",
        consent_told=False,
    )
    assert standing(check(form)) == ()


def test_accession_numbers_fit_dicom():
    assert accession_number(date(2026, 11, 22), 7) == "2611220007"
    assert len(accession_number(date(2026, 11, 22), 99999)) <= 16


def test_the_age_of_the_rules_is_in_completed_years():
    assert age_of(date(1956, 11, 23), date(2026, 11, 22)) == 69
    assert age_of(None, date(2026, 11, 22)) is None
