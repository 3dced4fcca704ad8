"""What config/recognition ships: the demo county's catalogue whole, real ones as far as they are known."""

from __future__ import annotations

from collections import Counter

import pytest

from telemed.recognition.catalogue_files import read_catalogues
from telemed.recognition.rules import Mode
from telemed.recognition.units import UNITS

TREE = read_catalogues()
BY_NAME = {one.name: one for one in TREE.documents}


def test_everything_in_the_tree_is_without_fault():
    assert [str(one) for one in TREE.faults] == []


def test_the_only_doubt_is_the_month_that_a_real_document_gives_glucose():
    assert [(one.file, one.item_key) for one in TREE.doubts] == [("hubei-2023-56/chemistry.csv", "lab.glucose.fasting")]


def test_the_demo_county_recognises_more_than_two_hundred_items_of_every_kind():
    items = BY_NAME["longan-2026"].items
    single = [one for one in items.values() if not one.members]
    assert len(single) >= 200
    kinds = Counter(one.key.partition(".")[0] for one in single)
    assert set(kinds) == {"lab", "dx", "mg", "ct", "mr", "us", "ecg"}
    assert kinds["lab"] >= 100
    assert sum(1 for one in items.values() if one.members) >= 15


@pytest.mark.parametrize(
    "key",
    [
        "lab.cbc", "lab.urinalysis", "lab.chemistry", "lab.electrolytes", "lab.liver", "lab.renal", "lab.lipids",
        "lab.glucose.fasting", "lab.hba1c", "lab.coagulation", "lab.thyroid-5", "lab.hepatitis-b", "lab.tumor-male",
        "lab.cardiac", "lab.potassium", "dx.chest.pa", "dx.knee.left", "ct.chest.plain", "mr.head.plain",
        "us.abdomen", "ecg.resting-12",
    ],
)  # fmt: skip
def test_the_demo_county_has_what_is_ordered_every_day(key):
    assert key in BY_NAME["longan-2026"].items


def test_every_side_has_its_other_side():
    items = BY_NAME["longan-2026"].items
    for key, item in items.items():
        if item.laterality == "L":
            other = items[key.replace("left", "right")]
            assert (other.laterality, other.window, other.price) == ("R", item.window, item.price)
            assert "左" in item.name
            assert "右" in other.name


def test_a_quantity_is_reported_in_the_first_unit_of_its_list():
    for key, item in BY_NAME["longan-2026"].items.items():
        if key in UNITS:
            assert item.unit == UNITS[key][0], key


def test_names_and_codes_are_told_apart():
    items = BY_NAME["longan-2026"].items.values()
    for said in ([one.name for one in items], [one.name_en for one in items]):
        assert [name for name, times in Counter(said).items() if times > 1] == []
    assert all(any(code.system == "urn:cn:county:item" for code in one.codes) for one in items)


def test_the_demo_county_leaves_out_what_changes_by_the_hour():
    catalogue = BY_NAME["longan-2026"].catalogue
    assert catalogue.mode is Mode.ALL_BUT_NEGATIVE
    assert {"lab.blood-gas", "us.bedside"} <= catalogue.negative
    assert not [key for key in catalogue.items if key.startswith("lab.blood-gas")]


def test_a_real_document_says_what_is_not_known_of_it_and_is_not_in_force():
    for name, document in BY_NAME.items():
        if not name.startswith("longan-"):
            assert document.head.incomplete
            assert document.catalogue is None


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("lab.potassium", 7),
        ("lab.tibc", 7),
        ("lab.lithium", 7),
        ("lab.ferritin", 30),
        ("lab.glucose.fasting", 30),
        ("lab.hba1c", 60),
    ],
)
def test_hubei_has_the_windows_of_its_notice(key, days):
    items = BY_NAME["hubei-2023-56"].items
    assert len(items) == 22
    assert items[key].window.days == days


def test_ganzhou_excepts_abnormal_markers_and_those_before_operation_and_transfusion():
    document = BY_NAME["ganzhou"]
    assert document.items == {}  # no window of it is known
    assert len(document.unfinished) == 30
    assert {one.predicate for one in document.head.exceptions.values()} == {
        "value-abnormal", "pre-operative", "pre-transfusion",
    }  # fmt: skip
