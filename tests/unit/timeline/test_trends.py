"""Trends: what is converted, by which factor, and what is left out: one good value, one ground removed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from telemed.recognition.units import UNITS
from telemed.results import units
from telemed.results.maps import read_maps
from telemed.timeline.analytes import ANALYTES, analyte_of
from telemed.timeline.trends import MOST_POINTS, WHY, interval, trend
from tests.unit.timeline.seen import AT, CHINESE, result, seen

GLUCOSE, HBA1C = "lab.glucose.fasting", "lab.hba1c"
MAPS = Path(__file__).parents[3] / "config" / "recognition" / "maps"


def test_a_value_in_the_county_s_unit_is_drawn_as_it_was_issued():
    course = trend(GLUCOSE, [result()])
    (point,) = course.points
    assert (course.unit, point.value, point.factor, point.low, point.high) == ("mmol/L", "7.42", "1", "3.9", "6.1")
    assert course.left_out == ()


def test_mass_becomes_amount_by_the_factor_that_is_told_and_what_was_issued_stays():
    one = result(
        organization_id=CHINESE, code="1558-6", number="139", unit_written="mg/dL", unit_ucum="mg/dL",
        reference_range="70-110",
    )  # fmt: skip
    (point,) = trend(GLUCOSE, [one]).points
    assert (point.value, point.factor) == ("7.71536", "0.0555062")
    assert (point.low, point.high) == ("3.88544", "6.10568")
    kept = point.result.seen
    assert (kept.number, kept.unit_written, kept.code, kept.reference_range) == ("139", "mg/dL", "1558-6", "70-110")


def test_an_analyte_whose_moles_nobody_weighed_is_not_converted_between_mass_and_amount():
    amount = result(code="2601-3", number="0.9")
    mass = result(report_id=UUID(int=9), code="2601-3", number="2.1", unit_written="mg/dL", unit_ucum="mg/dL")
    unknown = trend("lab.unheard-of", [amount, mass])
    assert len(unknown.points) == 1
    assert [one.why for one in unknown.left_out] == ["unit-apart"]
    known = trend("lab.magnesium", [amount, mass])
    assert len(known.points) == 2, "the same two values of an analyte that is certain"


def test_haemoglobin_a1c_of_two_schemes_is_never_one_curve():
    ngsp = result(code="4548-4", number="7.1", unit_written="%", unit_ucum="%")
    ifcc = result(report_id=UUID(int=9), code="59261-8", number="54", unit_written="mmol/mol", unit_ucum="mmol/mol")
    course = trend(HBA1C, [ifcc, ngsp])
    assert course.unit == "%"
    assert [one.result for one in course.points] == [ngsp]
    assert [(one.result, one.why) for one in course.left_out] == [(ifcc, "unit-apart")]
    assert trend(HBA1C, [ifcc]).unit == "mmol/mol", "alone it is drawn in its own unit"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"unit_written": "U/L", "unit_ucum": "U/L"}, "unit-apart"),
        ({"unit_written": "个", "unit_ucum": ""}, "unit-missing"),
        ({"comparator": "<", "number": "0.5"}, "no-number"),
        ({"high": "8.1"}, "no-number"),
        ({"denominator": "128"}, "no-number"),
        ({"value_kind": "text", "number": "", "value_text": "溶血，未检"}, "no-number"),
        ({"value_kind": "coded", "number": "", "value_text": "阴性"}, "no-number"),
        ({"collected_at": None, "collected_doubt": "absent"}, "time-unknown"),
        ({"collected_doubt": "future"}, "time-unknown"),
        ({"status": "cancelled"}, "taken-back"),
        ({"status": "entered-in-error"}, "taken-back"),
        ({"report_status": "entered-in-error"}, "taken-back"),
    ],
)
def test_what_cannot_be_drawn_is_told_with_its_reason(changes: dict[str, Any], why: str):
    good = result(report_id=UUID(int=9))
    course = trend(GLUCOSE, [good, result(**changes)])
    assert [one.result for one in course.points] == [good]
    assert [one.why for one in course.left_out] == [why]
    assert WHY[why].zh
    assert WHY[why].en


def test_points_stand_in_the_order_of_collection_and_the_newest_are_kept():
    several = [result(report_id=UUID(int=n + 10), collected_at=AT - timedelta(days=n)) for n in range(MOST_POINTS + 3)]
    course = trend(GLUCOSE, several)
    assert len(course.points) == MOST_POINTS
    assert [one.at for one in course.points] == sorted(one.at for one in course.points)
    assert course.points[-1].at == AT


@pytest.mark.parametrize(
    ("written", "ends"),
    [
        ("3.9-6.1", ("3.9", "6.1")),
        ("3.9～6.1", ("3.9", "6.1")),
        ("<6.1", (None, "6.1")),
        ("≤ 6.1", (None, "6.1")),
        (">1.04", ("1.04", None)),
        ("6.1-3.9", (None, None)),
        ("阴性", (None, None)),
        ("空腹 3.9-6.1", (None, None)),
        ("", (None, None)),
    ],
)
def test_an_interval_is_read_only_where_it_is_plain(written: str, ends: tuple[str | None, str | None]):
    one = result(reference_range=written)
    assert interval(one.candidate, written) == ends


def test_no_result_at_all_is_a_trend_without_points():
    course = trend(GLUCOSE, [])
    assert (course.unit, course.points, course.left_out) == ("", (), ())


def test_every_analyte_of_the_table_is_reported_in_units_its_factor_knows():
    for key in ANALYTES:
        first, *others = UNITS[key]
        for other in others:
            assert units.factor(other, first, analyte_of(key)) is not None, (key, other)


def test_the_table_and_the_code_maps_say_the_same_of_an_analyte():
    for version in read_maps(MAPS).versions:
        for code, entry in version.entries.items():
            assert entry.analyte == analyte_of(entry.item), code


@pytest.mark.parametrize("key", ["lab.urea", "lab.hba1c", "lab.insulin.fasting", "lab.lipoprotein-a", "lab.tibc"])
def test_what_may_mean_two_things_is_in_no_table(key: str):
    assert analyte_of(key) is None


def test_a_correction_is_drawn_as_it_counts_now():
    right = seen(number="9.80", status="corrected", ordered_at=AT + timedelta(hours=5))
    wrong = seen(number="19.80")
    course = trend(GLUCOSE, [result(right, wrong)])
    assert [one.value for one in course.points] == ["9.80"]
    assert course.points[0].result.is_corrected
