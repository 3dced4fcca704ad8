"""Two documents of one series held against each other: each field of an item, one at a time."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest

from telemed.recognition.catalogue_files import read_catalogues
from telemed.recognition.differing import FIELDS, difference
from telemed.recognition.rules import Code, Item, ItemException, Mode, Window

CATALOGUE = next(one.catalogue for one in read_catalogues().documents if one.name == "longan-2026")
GLUCOSE = CATALOGUE.items["lab.glucose.fasting"]
#: What a field says otherwise, by the name on the page.
OTHERWISE = {
    "name": replace(GLUCOSE, name="空腹葡萄糖"),
    "kind": replace(GLUCOSE, kind="ecg"),
    "window": replace(GLUCOSE, window=replace(GLUCOSE.window, days=7)),
    "anchor": replace(GLUCOSE, window=replace(GLUCOSE.window, anchor="acquired")),
    "by-encounter": replace(GLUCOSE, window=replace(GLUCOSE.window, by_encounter={"inpatient": 2})),
    "price": replace(GLUCOSE, price=480),
    "clause": replace(GLUCOSE, clause="第九条"),
    "exceptions": replace(GLUCOSE, exceptions=(ItemException("x", "value-abnormal", "第十条"),)),
    "volatile": replace(GLUCOSE, volatile=not GLUCOSE.volatile),
    "members": replace(GLUCOSE, members=("lab.potassium",)),
    "codes": replace(GLUCOSE, codes=GLUCOSE.codes | {Code("urn:x", "1")}),
    "specimen": replace(GLUCOSE, specimen="plasma"),
    "unit": replace(GLUCOSE, unit="mg/dL"),
    "methods": replace(GLUCOSE, method_classes=frozenset({"enzymatic"})),
    "modality": replace(GLUCOSE, modality="CT"),
    "body-site": replace(GLUCOSE, body_site="CHEST"),
    "laterality": replace(GLUCOSE, laterality="L"),
    "contrast": replace(GLUCOSE, contrast="plain"),
    "technique": replace(GLUCOSE, technique={"slice_mm": "5"}),
}


def with_items(**items):
    return replace(CATALOGUE, items=items)


def test_a_document_differs_from_itself_in_nothing():
    found = difference(CATALOGUE, CATALOGUE)
    assert (found.head, found.added, found.removed, found.changed) == ((), (), (), ())
    assert found.same == len(CATALOGUE.items) > 200


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_field_that_is_said_otherwise_is_the_one_change(name):
    found = difference(with_items(a=GLUCOSE), with_items(a=OTHERWISE[name]))
    ((change,),) = [one.changes for one in found.changed]
    assert change.name == name
    assert change.before == FIELDS[name](GLUCOSE)
    assert change.after == FIELDS[name](OTHERWISE[name])
    assert found.same == 0


def test_every_field_of_an_item_is_looked_at():
    said = {"key", "convertible_units", "name_en"}  # the key is the item; the others follow from unit and name
    window = {one.name for one in fields(Window)}
    covered = {"name", "kind", "price", "clause", "exceptions", "volatile", "members", "codes", "specimen", "unit"}
    covered |= {"method_classes", "modality", "body_site", "laterality", "contrast", "technique", "window"}
    assert {one.name for one in fields(Item)} == covered | said
    assert window == {"days", "anchor", "by_encounter"}
    assert set(OTHERWISE) == set(FIELDS)


def test_what_is_new_and_what_is_gone_is_listed_in_the_order_of_its_document():
    other = replace(GLUCOSE, key="lab.other")
    found = difference(with_items(a=GLUCOSE, b=other), with_items(c=other, a=GLUCOSE, d=GLUCOSE))
    assert [one.key for one in found.removed] == ["lab.other"]
    assert [one.key for one in found.added] == ["lab.other", "lab.glucose.fasting"]
    assert found.same == 1


@pytest.mark.parametrize(
    ("name", "otherwise"),
    [
        ("number", {"number": "2"}),
        ("title", {"title": "另一"}),
        ("first-day", {"first_day": date(2027, 1, 1)}),
        ("end-day", {"end_day": date(2028, 1, 1)}),
        ("mode", {"mode": Mode.POSITIVE}),
        ("scope", {"scope": replace(CATALOGUE.scope, label="另一")}),
        ("negative", {"negative": frozenset({"lab.lactate"})}),
    ],
)
def test_what_is_said_of_the_document_itself_is_told(name, otherwise):
    found = difference(CATALOGUE, replace(CATALOGUE, **otherwise))
    assert [one.name for one in found.head] == [name]
    assert found.changed == ()
