"""Which facts one order is decided on: all that may speak of its items, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from telemed.recognition.narrowing import code_of, keys_of, narrowed
from tests.unit.recognition.good import GLUCOSE, LOCAL, OTHER, Case, grant, laboratory


def two_items() -> Case:
    """Glucose is ordered; urea is listed beside it."""
    case = laboratory()
    urea = replace(case.item, key="urea", codes=frozenset({OTHER}))
    return case.with_catalogue(items={case.item.key: case.item, urea.key: urea})


def left(case: Case) -> list[str]:
    return [one.id for one in narrowed(case.facts, case.order, case.rules, case.as_of).candidates]


def test_a_result_counts_under_the_code_the_map_gave_it_or_under_its_own():
    candidate = laboratory().candidate
    assert code_of(candidate) == GLUCOSE
    assert code_of(replace(candidate, mapping=None)) == LOCAL


def test_results_of_the_items_ordered_and_those_nobody_knows_are_kept_and_those_of_other_items_are_not():
    case = two_items()
    assert keys_of(case.order, case.rules, case.as_of) == ["glucose"]
    asked = case.candidate
    unmapped = replace(asked, id="r-2", mapping=None)
    other = replace(asked, id="r-3", mapping=None, code=OTHER)
    assert left(case.with_facts(candidates=(asked, unmapped, other))) == ["r-1", "r-2"]


def test_a_code_of_several_items_is_kept_where_one_of_them_is_ordered():
    case = two_items()
    both = {key: replace(item, codes=item.codes | {LOCAL}) for key, item in case.rules.catalogues[0].items.items()}
    shared = case.with_catalogue(items=both).with_candidate(mapping=None)
    assert left(shared) == ["r-1"]


def test_only_grants_of_the_items_ordered_are_kept():
    case = two_items()
    other = grant(case.rules.catalogues[0].items["urea"], id="g-2")
    facts = narrowed(case.with_facts(grants=(case.grant, other)).facts, case.order, case.rules, case.as_of)
    assert facts.grants == (case.grant,)
