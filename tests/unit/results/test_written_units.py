"""Each spelling that no rule of form explains, each molar mass and each charge, written down a second time."""

from __future__ import annotations

from typing import get_args

import pytest

from telemed.results.units import Analyte, convert, factor, ucum


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("kU/L", "kU/L"), ("ku/l", "kU/L"), ("u/mL", "U/mL"), ("g%", "g/dL"), ("分", "min"), ("sec", "s"),
        ("°C", "Cel"), ("mm/1h", "mm/h"), ("mm/hr", "mm/h"), ("ratio", "{ratio}"), ("比值", "{ratio}"),
        ("COI", "{cutoff_index}"), ("pH", "[pH]"), ("mOsm/L", "mosm/L"), ("mOsm/kgH2O", "mosm/kg"),
        ("AU/mL", "[arb'U]/mL"), ("RU/mL", "[arb'U]/mL"), ("/HPF", "/[HPF]"), ("个/HP", "/[HPF]"), ("/LP", "/[LPF]"),
        ("/LPF", "/[LPF]"), ("个/LP", "/[LPF]"), ("cells/uL", "/uL"), ("/mm3", "/uL"), ("个/mm3", "/uL"),
        ("mL/min/1.73m^2", "mL/min/{1.73_m2}"), ("mL/(min*1.73m2)", "mL/min/{1.73_m2}"),
        ("copies/mL", "{copies}/mL"), ("tera.l-1", "10*12/L"),
    ],
)  # fmt: skip
def test_a_spelling_of_its_own_is_the_unit_it_means(written, code):
    assert ucum(written) == code


@pytest.mark.parametrize("written", ["G/L", "MG/L", "MG/DL", "T/L", "M/L", "5mg/L", "5%"])
def test_capitals_that_mean_two_things_and_numbers_with_a_unit_are_no_unit(written):
    assert ucum(written) is None


def test_a_unit_may_end_in_a_digit():
    assert ucum("m2") == "m2"


@pytest.mark.parametrize(("written", "code"), [("｛！｝", "{!}"), ("{～}", "{~}"), ("{￥}", "{￥}")])
def test_full_width_forms_of_ascii_and_no_others_are_brought_to_one_form(written, code):
    assert ucum(written) == code


MILLIGRAMS_OF_A_MILLIMOLE = {
    "glucose": "180.16",
    "creatinine": "113.12",
    "bilirubin": "584.66",
    "calcium": "40.078",
    "magnesium": "24.305",
    "phosphate": "30.974",
    "cholesterol": "386.65",
    "triglycerides": "885.43",
    "urate": "168.11",
    "iron": "55.845",
    "lactate": "90.08",
}
MILLIEQUIVALENTS_OF_A_MILLIMOLE = {"sodium": "1", "potassium": "1", "chloride": "1", "calcium": "2", "magnesium": "2"}


def test_the_analytes_whose_mass_or_charge_is_certain_are_these_and_enzymes():
    assert set(get_args(Analyte)) == {*MILLIGRAMS_OF_A_MILLIMOLE, *MILLIEQUIVALENTS_OF_A_MILLIMOLE, "enzyme"}
    assert len(get_args(Analyte)) == len(set(get_args(Analyte)))


@pytest.mark.parametrize("analyte", get_args(Analyte))
def test_a_millimole_weighs_and_carries_what_is_known_of_it_and_nothing_else(analyte):
    assert convert("1", "mmol/L", "mg/L", analyte) == MILLIGRAMS_OF_A_MILLIMOLE.get(analyte)
    assert convert("1", "mmol/L", "meq/L", analyte) == MILLIEQUIVALENTS_OF_A_MILLIMOLE.get(analyte)


def test_millimetres_of_mercury_are_a_pressure():
    assert convert("120", "mm[Hg]", "kPa") == "15.9987"


@pytest.mark.parametrize(
    ("one", "other", "analyte"),
    [
        ("mosm/L", "mmol/L", "sodium"),
        ("/[HPF]", "%", None),
        ("/[HPF]", "%", "enzyme"),
        ("meq/L", "mmol/L", "enzyme"),
        ("fL400", "m1200", None),  # smaller than any number
    ],
)
def test_what_is_counted_otherwise_is_never_converted(one, other, analyte):
    assert factor(one, other, analyte) is None
    assert factor(other, one, analyte) is None


def test_a_unit_that_nobody_knows_is_itself_however_it_came():
    assert factor("糖单位", "".join(reversed("位单糖"))) == 1
