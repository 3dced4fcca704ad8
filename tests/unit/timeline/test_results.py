"""Versions of a result: which one counts, what stood before, what a report takes with it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from telemed.recognition.rules import Code
from telemed.timeline.results import MOST_EARLIER, by_report, folded, key_of
from telemed.timeline.shown import side
from tests.unit.timeline.seen import AT, result, seen

LOINC = "http://loinc.org"
LATER = AT + timedelta(hours=5)


def test_the_version_that_counts_comes_first_and_the_others_are_its_history():
    one = result(seen(number="9.80", status="corrected", ordered_at=LATER), seen(number="19.80"))
    assert (one.seen.number, [before.number for before in one.earlier]) == ("9.80", ["19.80"])
    assert one.is_corrected


def test_the_same_value_sent_again_is_no_correction():
    assert not result(seen(ordered_at=LATER), seen()).is_corrected
    assert not result().is_corrected
    assert result(seen(unit_written="mg/dL", ordered_at=LATER), seen()).is_corrected


def test_two_results_of_one_report_stay_two_and_keep_its_order():
    two = folded([seen(code="14771-0", line=2), seen(code="14682-9", line=1), seen(code="14682-9", sub_id="2", line=3)])
    assert [(one.seen.code, one.seen.sub_id) for one in two] == [("14682-9", ""), ("14771-0", ""), ("14682-9", "2")]
    assert list(by_report(two)) == [UUID(int=2)]


def test_a_history_is_bounded():
    many = [seen(number=str(n), ordered_at=LATER - timedelta(minutes=n)) for n in range(MOST_EARLIER + 5)]
    assert len(result(*many).earlier) == MOST_EARLIER


@pytest.mark.parametrize(
    ("status", "hours", "standing"),
    [
        ("final", 3, "final"),
        ("cancelled", 3, "cancelled"),
        ("entered-in-error", 4, "entered-in-error"),
        ("entered-in-error", 2, "final"),
    ],
)
def test_a_report_taken_back_takes_what_was_sent_before_with_it(status: str, hours: int, standing: str):
    one = result(report_status=status, report_ordered_at=AT + timedelta(hours=hours))
    assert one.seen.standing == standing
    assert one.is_taken_back is (standing != "final")


def test_a_code_is_its_item_s_as_a_whole_or_nobody_s():
    known = {Code(LOINC, "14771-0"): frozenset({"lab.glucose.fasting"})}
    assert key_of(result(), known) == "lab.glucose.fasting"
    assert key_of(result(code="14771-01"), known) is None
    assert key_of(result(code_system="L"), known) is None
    ambiguous = {Code(LOINC, "14771-0"): frozenset({"lab.glucose.fasting", "lab.glucose.random"})}
    assert key_of(result(), ambiguous) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "high"),
        ({"flags": ["L"]}, "low"),
        ({"flags": ["HH"]}, "high"),
        ({"flags": ["↓"]}, "low"),
        ({"flags": []}, "high"),
        ({"flags": [], "number": "6.1"}, ""),
        ({"flags": [], "number": "3.8"}, "low"),
        ({"flags": [], "reference_range": "阴性"}, ""),
        ({"flags": [], "reference_range": "<6.1"}, "high"),
        ({"flags": [], "comparator": "<", "number": "9"}, ""),
        ({"flags": ["A"], "value_kind": "text", "number": "", "value_text": "阳性"}, ""),
    ],
)
def test_the_side_is_the_laboratory_s_flag_else_its_own_interval_s(changes: dict[str, object], expected: str):
    assert side(result(**changes)) == expected
