"""Organ systems: every analyte of the county's catalogue has one, a region has its own, nothing is left out."""

from __future__ import annotations

import pytest

from telemed.recognition.catalogue_files import SHIPPED, read_catalogues
from telemed.recognition.units import UNITS
from telemed.timeline.systems import ANALYTES, SYSTEMS, of_analyte, of_study

LONGAN = max(
    (one for one in read_catalogues(SHIPPED).catalogues if one.scope.key == "longan"), key=lambda one: one.first_day
)


def test_every_analyte_of_the_county_s_catalogue_stands_under_a_system():
    analytes = {key for key, item in LONGAN.items.items() if item.kind == "laboratory" and not item.members}
    assert sorted(analytes - set(ANALYTES)) == []


def test_every_analyte_of_the_table_is_one_that_somebody_reports():
    assert sorted(set(ANALYTES) - set(UNITS) - set(LONGAN.items)) == []


def test_an_analyte_nobody_mapped_stands_under_other_and_not_nowhere():
    assert of_analyte(None) == ("other",)
    assert of_analyte("lab.creatinine.clearance") == ("other",)
    assert of_analyte("lab.creatinine") == ("renal",)


@pytest.mark.parametrize(
    ("regions", "modalities", "expected"),
    [
        ({"CHEST"}, {"CT"}, ("respiratory", "cardiovascular")),
        ({"ABDOMEN"}, {"US"}, ("digestive", "renal")),
        ({"KNEE"}, {"DX"}, ("skeletal",)),
        (set(), {"ECG"}, ("cardiovascular",)),
        (set(), {"CT"}, ("other",)),
        ({"HEAD", "CHEST"}, {"CT"}, ("respiratory", "cardiovascular", "nervous")),
    ],
)
def test_a_study_stands_under_the_systems_of_its_regions(
    regions: set[str], modalities: set[str], expected: tuple[str, ...]
):
    assert of_study(frozenset(regions), frozenset(modalities)) == expected


def test_every_system_has_its_words_in_both_languages():
    assert all(said.zh and said.en for said in SYSTEMS.values())
    assert {one for names in ANALYTES.values() for one in names} <= set(SYSTEMS)
