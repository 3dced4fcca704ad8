from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from telemed.results.hl7_message import Message, read
from telemed.results.judging import Fit, doubts_of, judge
from telemed.results.maps import read_maps
from telemed.results.observations import results
from telemed.results.report import Doubt, Results, Status
from tests.unit.results.hl7_samples import GLUCOSE, ORDER, PATIENT, message

MAPS = read_maps(Path(__file__).parents[3] / "config" / "recognition" / "maps")


def observed(obx=GLUCOSE):
    parsed = read(message(PATIENT, ORDER, obx))
    assert isinstance(parsed, Message)
    found = results(parsed, ZoneInfo("Asia/Shanghai"), received_at=datetime(2026, 11, 23, 1, 12, tzinfo=UTC))
    assert isinstance(found, Results)
    return found.patients[0].reports[0].observations[0]


def judged(obx=GLUCOSE, **changed):
    one = replace(observed(obx), **changed)
    return judge(one, MAPS, "county-hospital", date(2026, 11, 23))


def test_a_result_with_nothing_against_it_is_one_and_has_its_item():
    one = judged()
    assert one.is_result
    assert one.mapped is not None
    assert (one.mapped.entry.item, one.unit) == ("lab.glucose.random", "mmol/L")


@pytest.mark.parametrize("unit", ["U/L", "糖单位", ""])
@pytest.mark.parametrize("status", [Status.FINAL, Status.PRELIMINARY, Status.CORRECTED])
def test_a_number_whose_unit_cannot_be_trusted_is_no_result(unit, status):
    assert not judged(unit=unit, status=status).is_result


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.ENTERED_IN_ERROR, Status.REGISTERED])
def test_a_wrong_unit_or_value_does_not_keep_a_result_from_being_taken_back(status):
    assert judged(unit="U/L", status=status).is_result
    assert judged(GLUCOSE.replace("5.60", "溶血"), status=status).is_result


def test_words_have_no_unit_to_be_held_against():
    assert judged(GLUCOSE.replace("|NM|", "|TX|").replace("5.60|mmol/L", "标本溶血|")).is_result


def test_a_code_nobody_has_mapped_is_a_result_without_an_item_whatever_its_unit():
    one = judged(GLUCOSE.replace("2345-7", "99999-9").replace("mmol/L", "糖单位"))
    assert one.is_result
    assert (one.mapped, one.unit) == (None, "")


@pytest.mark.parametrize("before", ["charset-doubtful", "unit-unknown"])
def test_what_else_is_doubted_of_a_result_stays_when_it_is_taken_back(before):
    one = judged(doubts=(Doubt(before, "OBX-6 line 1"), Doubt("not-a-number", "OBX-5 line 1")), status=Status.CANCELLED)
    assert [doubt.reason for doubt in one.doubts] == [before]


@pytest.mark.parametrize("kind", ["coded", "text"])
def test_only_a_quantity_is_held_against_its_unit(kind):
    assert not judged(unit="U/L").is_result
    other = replace(observed().value, kind=kind)
    assert judged(unit="U/L", value=other).is_result


def test_what_was_written_is_told_up_to_sixty_signs():
    (doubt,) = judged(unit="U" * 61).doubts
    assert (doubt.place, doubt.written) == ("OBX-6 line 4", "U" * 60)


def test_the_items_of_an_ambiguous_code_are_told_up_to_sixty_signs():
    fit = Fit(None, frozenset({"a" * 40, "b" * 40}), "", "", "", "1")
    (doubt,) = doubts_of(fit, is_quantity=True, status=Status.FINAL, line=7)
    assert (doubt.reason, doubt.place) == ("code-ambiguous", "OBX-3 line 7")
    assert doubt.written == f"{'a' * 40} / {'b' * 17}"
