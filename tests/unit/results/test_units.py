from __future__ import annotations

import pytest

from telemed.results.units import convert, factor, ucum


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("umol/L", "umol/L"), ("μmol/L", "umol/L"), ("µmol/L", "umol/L"), ("umol/l", "umol/L"),
        ("mmol/L", "mmol/L"), ("mmol/l", "mmol/L"), (" mmol / L ", "mmol/L"), ("ｍｍｏｌ／Ｌ", "mmol/L"),
        ("×10^9/L", "10*9/L"), ("X10^9/L", "10*9/L"), ("x10E9/L", "10*9/L"), ("10*9/L", "10*9/L"),
        ("10^9/l", "10*9/L"), ("10⁹/L", "10*9/L"), ("×10⁹/L", "10*9/L"), ("*10^12/L", "10*12/L"),
        ("giga.l-1", "10*9/L"), ("K/uL", "10*3/uL"), ("10^3/uL", "10*3/uL"),
        ("mmHg", "mm[Hg]"), ("g/L", "g/L"), ("g/l", "g/L"), ("mg/dl", "mg/dL"), ("mg/dL", "mg/dL"), ("mg%", "mg/dL"),
        ("IU/mL", "[IU]/mL"), ("IU/ml", "[IU]/mL"), ("mIU/L", "m[IU]/L"), ("uIU/mL", "u[IU]/mL"),
        ("μIU/ml", "u[IU]/mL"), ("KIU/L", "k[IU]/L"), ("U/L", "U/L"), ("u/l", "U/L"), ("IU/L", "[IU]/L"),
        ("%", "%"), ("％", "%"), ("fl", "fL"), ("pg", "pg"), ("ng/ml", "ng/mL"), ("mcg/mL", "ug/mL"),
        ("秒", "s"), ("mm/h", "mm/h"), ("mm/60min", "mm/h"), ("个/μL", "/uL"), ("/HP", "/[HPF]"), ("个/HPF", "/[HPF]"),
        ("mL/min/1.73m2", "mL/min/{1.73_m2}"), ("mEq/L", "meq/L"), ("mOsm/kg", "mosm/kg"), ("℃", "Cel"),
        ("mg/L FEU", "mg/L{FEU}"), ("ug/mL(DDU)", "ug/mL{DDU}"), ("mmol/24h", "mmol/d"), ("INR", "{INR}"),
        ("S/CO", "{s_co_ratio}"), ("拷贝/mL", "{copies}/mL"), ("ug{FEU}/mL", "ug{FEU}/mL"), ("kPa", "kPa"),
    ],
)  # fmt: skip
def test_a_local_spelling_is_the_unit_it_means(written, code):
    assert ucum(written) == code


@pytest.mark.parametrize("written", ["", " ", "G/L", "MG/DL", "banana", "5", "10^9", "mmoL/L", "1", "糖单位", "MMOL/L"])
def test_a_spelling_that_means_nothing_or_two_things_is_no_unit(written):
    assert ucum(written) is None


@pytest.mark.parametrize(
    ("number", "one", "other", "analyte", "shown"),
    [
        ("5.60", "mmol/L", "mmol/L", None, "5.60"),
        ("0.0056", "mol/L", "mmol/L", None, "5.6"),
        ("140", "g/L", "g/dL", None, "14"),
        ("7.5", "10*9/L", "10*3/uL", None, "7.5"),
        ("7500", "/uL", "10*9/L", None, "7.5"),
        ("0.45", "L/L", "%", None, "45"),
        ("2", "[IU]/mL", "m[IU]/L", None, "2000000"),
        ("18.016", "mg/dL", "mmol/L", "glucose", "1"),
        ("1", "mmol/L", "mg/dL", "glucose", "18.016"),
        ("1", "mg/dL", "umol/L", "creatinine", "88.4017"),
        ("1", "mg/dL", "umol/L", "bilirubin", "17.104"),
        ("1", "mg/dL", "mmol/L", "calcium", "0.249513"),
        ("4", "meq/L", "mmol/L", "potassium", "4"),
        ("4", "meq/L", "mmol/L", "calcium", "2"),
        ("40", "[IU]/L", "U/L", "enzyme", "40"),
    ],
)
def test_a_value_is_converted_in_decimals_where_the_factor_is_certain(number, one, other, analyte, shown):
    assert convert(number, one, other, analyte) == shown


@pytest.mark.parametrize(
    ("one", "other", "analyte"),
    [
        ("mg/dL", "mmol/L", None),  # of what?
        ("mg/dL", "mmol/L", "enzyme"),
        ("mg/dL", "mmol/L", "sodium"),  # a valence is no mass
        ("meq/L", "mmol/L", None),
        ("meq/L", "mmol/L", "glucose"),
        ("[IU]/L", "U/L", None),
        ("[IU]/L", "U/L", "glucose"),
        ("[IU]/mL", "10*6/L", None),
        ("/[HPF]", "/uL", None),
        ("/[HPF]", "/[LPF]", None),
        ("mg/L{FEU}", "mg/L{DDU}", None),
        ("mg/L{FEU}", "mg/L", None),
        ("{INR}", "%", None),
        ("{INR}", "{ratio}", None),
        ("mmol/L", "U/L", "enzyme"),
        ("mmol/L", "mmol", "glucose"),
        ("mosm/kg", "mmol/kg", None),
        ("Cel", "K", None),
        ("banana", "mmol/L", None),
    ],
)
def test_nothing_is_converted_where_the_factor_is_not_certain(one, other, analyte):
    assert factor(one, other, analyte) is None
    assert factor(other, one, analyte) is None


@pytest.mark.parametrize("analyte", ["glucose", "creatinine", "bilirubin", "cholesterol", "urate"])
def test_there_and_back_is_where_it_was(analyte):
    there = factor("mg/dL", "umol/L", analyte)
    back = factor("umol/L", "mg/dL", analyte)
    assert there is not None
    assert back is not None
    assert abs(there * back - 1) < 1e-15
