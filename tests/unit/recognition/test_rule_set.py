"""What the county has set where it set nothing, which day it is there, and which items a code belongs to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from telemed.recognition.rule_set import Parameters, RuleSet
from telemed.recognition.rules import Code, item_code
from tests.unit.recognition.good import GLUCOSE, GLUCOSE_ITEM, KNEE, KNEE_ITEM, OTHER, catalogue, scope


def test_what_holds_where_the_county_has_set_nothing_is_part_of_every_hash():
    assert RuleSet(()).spelling == (
        '{"catalogues":[],"dictionary_hash":"","parameters":{"earliest":"1990-01-01","probe_minutes":30,'
        '"signatures":{"ecg":1,"imaging":1,"laboratory":0,"ultrasound":1},"utc_offset_minutes":480}}'
    )


@pytest.mark.parametrize(
    ("hour", "minute", "day"), [(15, 59, date(2026, 11, 24)), (16, 0, date(2026, 11, 25)), (0, 0, date(2026, 11, 24))]
)
def test_a_day_begins_at_midnight_of_the_county_s_clock(hour, minute, day):
    assert Parameters().day(datetime(2026, 11, 24, hour, minute, tzinfo=UTC)) == day


def test_a_document_is_spelt_by_its_head_and_the_hash_of_its_files():
    one = catalogue(GLUCOSE_ITEM)
    spelling = RuleSet((one,)).spelling
    for changed in (
        {"issuer": "省"},
        {"series": "另"},
        {"number": "2"},
        {"scope": scope(key="23")},
        {"first_day": date(2026, 2, 1)},
        {"end_day": None},
        {"source_hash": "01"},
    ):
        assert RuleSet((replace(one, **changed),)).spelling != spelling
    assert RuleSet((replace(one, title="别名"),)).spelling == spelling


def test_a_code_belongs_to_every_item_that_has_it_and_a_key_to_its_item():
    twin = replace(GLUCOSE_ITEM, key="glucose-2", codes=frozenset({GLUCOSE, OTHER}))
    rules = RuleSet((catalogue(GLUCOSE_ITEM, twin),), dictionary={KNEE_ITEM.key: KNEE_ITEM})
    assert rules.keys_of == {
        GLUCOSE: {"glucose", "glucose-2"},
        OTHER: {"glucose-2"},
        KNEE: {"knee-ct"},
        item_code("glucose"): {"glucose"},
        item_code("glucose-2"): {"glucose-2"},
        item_code("knee-ct"): {"knee-ct"},
    }


def test_an_item_is_called_by_each_of_its_codes_or_by_its_key_and_by_nothing_else():
    assert GLUCOSE_ITEM.is_called(GLUCOSE)
    assert GLUCOSE_ITEM.is_called(item_code("glucose"))
    for other in (OTHER, item_code("a"), item_code("z"), Code("urn:a", "12"), Code("urn:z", "12")):
        assert not GLUCOSE_ITEM.is_called(other)


def test_an_item_of_which_nothing_more_is_said_has_no_price_and_does_not_change_fast():
    assert (GLUCOSE_ITEM.price, GLUCOSE_ITEM.volatile) == (0, False)
