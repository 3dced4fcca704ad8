"""One spelling, whatever the order rows came in; a trace that replays to the bit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from telemed.recognition.canonical import Remembered, canonical, moment
from telemed.recognition.trace import inputs_hash, trace, trace_hash
from tests.unit.recognition.good import AS_OF, GOOD, Case, imaging, laboratory
from tests.unit.recognition.near_misses import NEAR_MISSES

CHINA = timezone(timedelta(hours=8))


def hashed(case: Case) -> str:
    return inputs_hash(case.order, case.context, case.facts, case.rules, case.as_of, case.known_at)


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        ({"b": 1, "a": "甲"}, '{"a":"甲","b":1}'),
        ({"gone": None, "kept": True, "not": False}, '{"kept":"true","not":"false"}'),
        ((Decimal("5.10"), Decimal("1E+2")), '["5.10","100"]'),
        (datetime(2026, 11, 24, 8, 0, tzinfo=UTC), '"2026-11-24T08:00:00Z"'),
        (datetime(2026, 11, 24, 16, 0, tzinfo=CHINA), '"2026-11-24T08:00:00Z"'),
        (date(2026, 11, 24), '"2026-11-24"'),
        (frozenset({"b", "a", "ab"}), '["a","ab","b"]'),
        ('quote " back \\ tab \t bell \x07', '"quote \\" back \\\\ tab \\t bell \\u0007"'),
        ({"\ufb33": 1, "\U0001f600": 2}, '{"\U0001f600":2,"\ufb33":1}'),
    ],
)
def test_every_kind_of_value_has_one_spelling(value, spelt):
    assert canonical(value).decode() == spelt


@pytest.mark.parametrize("value", [1.5, object(), b"x"])
def test_what_has_no_one_spelling_is_refused(value):
    with pytest.raises(TypeError, match="no canonical spelling"):
        canonical(value)


def test_z_stays_z_and_no_zone_is_invented():
    assert moment(datetime(2026, 11, 24, 8, 0, 0, 5, tzinfo=UTC)) == "2026-11-24T08:00:00.000005Z"
    assert moment(datetime(2026, 11, 24, 8, 0)) == "2026-11-24T08:00:00"  # noqa: DTZ001
    assert moment(datetime(1, 1, 1, tzinfo=CHINA)) == "0001-01-01T00:00:00+08:00"


@pytest.mark.parametrize("kind", GOOD)
def test_a_trace_holds_strings_and_integers_only_sorted_and_compact(kind):
    spelt = trace(GOOD[kind]().decide())
    read = json.loads(spelt, parse_float=pytest.fail, parse_constant=pytest.fail)
    assert json.dumps(read, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() == spelt
    assert b"true," not in spelt.replace(b'"true"', b"")


def test_the_hash_function_is_the_caller_s():
    decision = laboratory().decide()
    assert trace_hash(decision) == hashlib.sha256(trace(decision)).hexdigest()
    assert trace_hash(decision, lambda content: hashlib.blake2b(content).hexdigest()) != trace_hash(decision)
    case = laboratory()
    other = inputs_hash(
        case.order, case.context, case.facts, case.rules, case.as_of, case.known_at, lambda content: str(len(content))
    )
    assert other.isdecimal()


@pytest.mark.parametrize("near", NEAR_MISSES, ids=str)
def test_a_ground_taken_away_changes_the_trace_and_the_same_case_does_not(near):
    good = near.good()
    changed = near.without(good)
    assert trace_hash(good.decide()) == trace_hash(near.good().decide())
    assert trace_hash(changed.decide()) != trace_hash(good.decide())


@pytest.mark.parametrize(
    "change",
    [
        lambda case: case.with_order(laterality="L"),
        lambda case: case.with_context(rescue=True),
        lambda case: case.with_candidate(version=2),
        lambda case: case.with_candidate(device_id="ct-2"),
        lambda case: case.with_acquired(grade="B"),
        lambda case: case.with_grant(evidence=()),
        lambda case: case.with_identity(link_id="l-2"),
        lambda case: case.with_organization("county", level=31),
        lambda case: case.with_event(AS_OF),
        lambda case: case.with_parameters(probe_minutes=31),
        lambda case: case.with_catalogue(source_hash="01"),
        lambda case: case.with_catalogue(end_day=None),
        lambda case: case.with_scope(label="鄂HR"),
        lambda case: case.with_rules(dictionary_hash="01"),
        lambda case: replace(case, as_of=AS_OF + timedelta(microseconds=1)),
        lambda case: replace(case, known_at=AS_OF + timedelta(microseconds=1)),
    ],
)
def test_whatever_goes_in_is_in_the_hash(change):
    assert hashed(change(imaging())) != hashed(imaging())


def test_what_was_learnt_or_replaced_later_is_not_in_the_hash():
    case = imaging()
    later = AS_OF + timedelta(days=1)
    newer = replace(case.candidate, version=2, status="cancelled", known_from=later)
    closed = replace(case.candidate, known_until=later)
    mapped = laboratory()
    mapping = replace(mapped.candidate.mapping, known_until=later)
    assert hashed(case.with_facts(candidates=(closed, newer))) == hashed(case)
    assert hashed(mapped.with_candidate(mapping=mapping)) == hashed(mapped)
    assert case.with_facts(candidates=(closed, newer)).decide() == case.decide()
    assert hashed(replace(case.with_facts(candidates=(closed, newer)), known_at=later)) != hashed(case)


def test_the_same_moment_in_another_zone_is_the_same_hash():
    case = laboratory()
    local = case.with_candidate(collected_at=case.candidate.collected_at.astimezone(CHINA))
    assert hashed(local) == hashed(case)
    assert trace_hash(local.decide()) == trace_hash(case.decide())


def test_what_is_remembered_is_spelt_as_everything_else_and_only_for_the_very_object():
    one, two = laboratory().facts.grants[0], replace(laboratory().facts.grants[0], programme="otherwise")
    spell = Remembered(most=1)
    for each in (one, two, one, replace(one, programme="again"), two):
        assert spell(each) == canonical(each).decode()
    case = laboratory()
    given = case.order, case.context, case.facts, case.rules, case.as_of, case.known_at
    assert inputs_hash(*given, standing=spell) == inputs_hash(*given, standing=spell) == hashed(case)
