"""Analytes of which it is certain what a mole weighs, or that one international unit is one U. A closed table. Pure.

Only between their units mass and amount are converted (telemed/results/units.py has the figures).  Left out with
purpose: urea (mg/dL may mean its nitrogen), HbA1c (NGSP and IFCC are a line, no factor), hormones and markers whose
units are those of a kit, total iron-binding capacity.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from telemed.results.units import Analyte

_KEYS: Mapping[Analyte, str] = {
    "glucose": "glucose.fasting glucose.random glucose.2h glucose.ogtt-1h",
    "creatinine": "creatinine",
    "bilirubin": "bilirubin.total bilirubin.direct bilirubin.indirect",
    "calcium": "calcium",
    "magnesium": "magnesium",
    "phosphate": "phosphate",
    "cholesterol": "cholesterol.total cholesterol.hdl cholesterol.ldl",
    "triglycerides": "triglyceride",
    "urate": "uric-acid",
    "iron": "iron",
    "lactate": "lactate blood-gas.lactate",
    "sodium": "sodium",
    "potassium": "potassium",
    "chloride": "chloride",
    "enzyme": "alt ast alp ggt che ldh ck ck-mb.activity hbdh amylase lipase 5nt ada",
}

#: Key of an item → its analyte.
ANALYTES: Mapping[str, Analyte] = MappingProxyType({
    f"lab.{key}": analyte for analyte, keys in _KEYS.items() for key in keys.split()
})  # fmt: skip


def analyte_of(key: str) -> Analyte | None:
    """What is known of an item beyond its unit; None where mass and amount stay apart."""
    return ANALYTES.get(key)
