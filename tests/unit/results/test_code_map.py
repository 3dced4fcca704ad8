from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from telemed.results.code_map import Ambiguous, CodeMaps, Entry, Mapped, read, unit_of
from telemed.results.maps import FaultyMaps, read_maps
from telemed.results.values import CodedText

DAY = date(2026, 11, 23)
FILE = """
sender = "{sender}"
version = "{version}"
first_day = {first_day}
[[code]]
system = "LN"
code = "2345-7"
item = "{item}"
unit = "mmol/L"
analyte = "glucose"
[[code]]
code = "12"
item = "potassium"
unit = "mmol/L"
"""


def maps(*files):
    found = read((f"{n}.toml", text.encode()) for n, text in enumerate(files))
    assert isinstance(found, CodeMaps), found
    return found


def file(sender="county", version="1", first_day="2026-01-01", item="glucose"):
    return FILE.format(sender=sender, version=version, first_day=first_day, item=item)


def code(number, system="LN"):
    return CodedText(number, "", system)


ONE = maps(file())


def item(found):
    assert isinstance(found, Mapped), found
    return found.entry.item, found.version


def test_a_code_is_found_under_its_system_with_the_version_that_says_so():
    assert item(ONE.find([code("2345-7")], "county", DAY)) == ("glucose", "county/1")
    assert item(ONE.find([code("2345-7", "LOINC")], "county", DAY)) == ("glucose", "county/1")
    assert item(ONE.find([code("12", "")], "county", DAY)) == ("potassium", "county/1")


@pytest.mark.parametrize(
    ("number", "system", "sender", "day"),
    [
        ("2345-7", "L", "county", DAY),
        ("123", "", "county", DAY),
        ("1", "", "county", DAY),
        ("2345", "LN", "county", DAY),
        ("12", "LN", "county", DAY),
        ("", "", "county", DAY),
        ("2345-7", "LN", "other", DAY),
        ("2345-7", "LN", "county", date(2025, 12, 31)),
    ],
)
def test_only_the_whole_code_of_its_system_and_sender_in_force_is_found(number, system, sender, day):
    assert ONE.find([code(number, system)], sender, day) is None


def test_the_newest_version_in_force_counts():
    both = maps(file(), file(version="2", first_day="2026-11-23", item="glucose-fasting"))
    assert item(both.find([code("2345-7")], "county", DAY)) == ("glucose-fasting", "county/2")
    assert item(both.find([code("2345-7")], "county", date(2026, 11, 22))) == ("glucose", "county/1")


def test_the_senders_own_map_goes_before_everybodys():
    both = maps(file(sender="*"), file(item="glucose-fasting"))
    assert item(both.find([code("2345-7")], "county", DAY)) == ("glucose-fasting", "county/1")
    assert item(both.find([code("2345-7")], "other", DAY)) == ("glucose", "*/1")


def test_two_codes_of_one_result_must_mean_one_item():
    assert ONE.find([code("2345-7"), code("12", "")], "county", DAY) == Ambiguous(frozenset({"glucose", "potassium"}))
    assert item(ONE.find([code("2345-7"), code("99", "")], "county", DAY))[0] == "glucose"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('sender = "county"', ""), "needs sender"),
        (("first_day = 2026-01-01", 'first_day = "soon"'), "needs sender"),
        (('item = "glucose"', 'items = "glucose"'), "is no key that is known"),
        (('item = "glucose"', 'item = ""'), "must be text"),
        (('unit = "mmol/L"', 'unit = "mmol/l"'), "is no unit of UCUM"),
        (('analyte = "glucose"', 'analyte = "sugar"'), "is no known analyte"),
        (('code = "12"', 'system = "LN"\ncode = "2345-7"'), "stands there twice"),
        (("[[code]]", "[[code"), "is no valid TOML"),
    ],
)
def test_a_file_with_one_fault_is_refused_by_name(change, words):
    found = read([("a.toml", file().replace(*change).encode())])
    assert isinstance(found, tuple)
    assert any(words in fault.text.en and fault.where.startswith("a.toml") and fault.text.zh for fault in found)


def test_two_versions_of_one_day_are_refused(tmp_path):
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(file(), "utf-8")
    with pytest.raises(FaultyMaps, match="has a version of that day already"):
        read_maps(tmp_path)


def test_the_maps_that_are_shipped_can_be_read():
    shipped = read_maps(Path(__file__).parents[3] / "config" / "recognition" / "maps")
    assert item(shipped.find([code("2345-7")], "anybody", DAY)) == ("lab.glucose.random", "*/2026-01-01")


GLUCOSE = Entry("glucose", "mmol/L", "glucose")


@pytest.mark.parametrize(
    ("written", "entry", "expected"),
    [
        ("mmol/L", GLUCOSE, ("mmol/L", "")),
        ("mg/dl", GLUCOSE, ("mg/dL", "")),
        ("mg/dl", Entry("urea", "mmol/L"), ("mg/dL", "unit-contradicts")),  # urea or BUN: nobody can tell
        ("U/L", GLUCOSE, ("U/L", "unit-contradicts")),
        ("G/L", GLUCOSE, ("", "unit-unknown")),
        ("", GLUCOSE, ("", "unit-missing")),
        ("", Entry("inr", "{INR}"), ("{INR}", "")),
        ("%", Entry("inr", "{INR}"), ("%", "unit-contradicts")),
        ("IU/L", Entry("alt", "U/L", "enzyme"), ("[IU]/L", "")),
        ("IU/L", Entry("alt", "U/L"), ("[IU]/L", "unit-contradicts")),
        ("糖单位", None, ("", "")),
        ("mmol/l", None, ("mmol/L", "")),
        ("", None, ("", "")),
    ],
)
def test_a_unit_is_held_against_its_item(written, entry, expected):
    assert unit_of(written, entry) == expected
