"""The near misses have teeth: no entry of a table and no parameter can be changed by one without a case that notices.

Every entry is dropped and changed for its neighbour's, every number moved by one unit, one at a time.  What nobody can
notice is listed with the reason why it is the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from telemed.recognition import availability, comparing, decide, gates, grants, grounds, precedence
from telemed.recognition.decision import Gate, Outcome, Verdict
from telemed.recognition.grounds import GROUNDS, Ground
from telemed.recognition.rules import PRINTS_HR, Basis, Grant, GrantState, Item, Window
from tests.spec.test_recognition_verdicts import (
    test_every_ground_is_listed_and_weighs_what_the_table_says as grounds_are_as_the_table_says,
)
from tests.spec.test_recognition_verdicts import (
    test_the_best_result_counts_and_none_is_no_verdict as the_best_result_counts,
)
from tests.unit.recognition.good import GOOD, OUTSIDE, Case, codes, imaging, laboratory, scope
from tests.unit.recognition.near_misses import LAST_THAT_COUNT, NEAR_MISSES, ON_THE_ORDER, read_by_county

Change = Callable[[Case], Case]


def same(case: Case) -> Case:
    return case


def hold(change: Change = same) -> None:
    """Every good case, near miss and edge, decided under the change.  Raises where one comes out otherwise."""
    for good in GOOD.values():
        assert change(good()).decide().verdict is Verdict.MUST_OFFER
    for near in (*NEAR_MISSES, *ON_THE_ORDER):
        good, missed = change(near.good()).decide(), change(near.without(near.good())).decide()
        assert missed.verdict is near.verdict, near
        assert codes(missed) - codes(good) >= {near.code} | near.also, near
    for edge in LAST_THAT_COUNT:
        assert change(edge.case()).decide().verdict is edge.verdict, edge


def told_first() -> None:
    """Of two grants that do not hold, the graver is told."""
    case = read_by_county().with_candidate(device_id=None)
    anchor = case.candidate.acquired_at
    assert anchor is not None
    mark = replace(case.grant, basis=Basis.COMMUNITY_DOCUMENT)
    ladder: list[tuple[str, Grant]] = [
        ("grant-withdrawn", replace(mark, state=GrantState.WITHDRAWN, known_from=anchor)),
        ("grant-suspended", replace(mark, state=GrantState.SUSPENDED, known_from=anchor)),
        ("grant-scope-outside", replace(mark, scope=scope(key="2301"))),
        ("grant-proposed", replace(mark, state=GrantState.PROPOSED)),
        ("grant-out-of-period", replace(mark, ends=anchor)),
        ("grant-other-reader", replace(mark, basis=Basis.COUNTY_READING, reader_id=OUTSIDE)),
        ("grant-device-unknown", replace(mark, device_id="ct-1")),
    ]
    for (code, graver), (_, milder) in itertools.pairwise(ladder):
        pair = (replace(graver, id="g-b"), replace(milder, id="g-a"))
        assert code in codes(case.with_facts(grants=pair).decide())


def the_mark_is_printed() -> None:
    for basis in Basis:
        result = laboratory().with_grant(basis=basis, reader_id="township").decide().analytes[0].candidates[0]
        assert result.prints_hr is (basis in {Basis.EQA, Basis.IMAGING_QC, Basis.ON_SITE})


def the_evaluation_is_relied_on() -> None:
    case = laboratory()
    agreed = replace(case.grant, id="g-0", basis=Basis.COMMUNITY_DOCUMENT)
    for basis in (Basis.EQA, Basis.IMAGING_QC, Basis.ON_SITE):
        both = case.with_facts(grants=(agreed, replace(case.grant, basis=basis)))
        assert both.decide().analytes[0].candidates[0].grant_id == "g-1"


CHECKS = (
    grounds_are_as_the_table_says,
    the_best_result_counts,
    told_first,
    the_mark_is_printed,
    the_evaluation_is_relied_on,
    hold,
)


def noticed() -> bool:
    """Whether any check fails; a table without its entry fails by KeyError or ValueError."""
    grounds.finding.cache_clear()
    try:
        for check in CHECKS:
            check()
    except (AssertionError, KeyError, ValueError):
        return True
    return False


@contextmanager
def put(holder: Any, name: str, value: object) -> Generator[None]:
    """The module with that table in place of its own."""
    kept = getattr(holder, name)
    setattr(holder, name, value)
    try:
        yield
    finally:
        setattr(holder, name, kept)
        grounds.finding.cache_clear()


@contextmanager
def filled(table: Mapping[Any, Any], content: Mapping[Any, Any]) -> Generator[None]:
    """The table itself with other content: other modules hold it by name."""
    assert isinstance(table, dict)
    kept = dict(table)
    table.clear()
    table.update(content)
    try:
        yield
    finally:
        table.clear()
        table.update(kept)
        grounds.finding.cache_clear()


TABLES: dict[str, Mapping[Any, Any]] = {
    "identity": gates._LINKED,
    "status": gates._STATUS,
    "integrity": gates._INTACT,
    "contrast": comparing._ANSWERS,
    "completeness": comparing._COMPLETE,
    "grade": availability._GRADED,
    "rank": precedence.RANK,
}
SETS = (
    (comparing, "AT_MOST"),
    (comparing, "AT_LEAST"),
    (grants, "PRINTS_HR"),
    (decide, "PRINTS_HR"),
    (grants, "_IN_DOUBT"),
)
#: The exempt order never meets another verdict: its circumstances are every result's.
SAME_RANK = {("rank", Verdict.EXEMPT)}
#: A device that is not known is not known to be another: no result is both.
SAME_TOLD = ("grant-device-unknown", "grant-other-device")


def test_unchanged_nothing_is_noticed():
    assert not noticed()


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name, table in TABLES.items() for key in table if (name, key) not in SAME_RANK]
)
def test_an_entry_dropped_is_noticed(name, key):
    table = TABLES[name]
    with filled(table, {one: value for one, value in table.items() if one != key}):
        assert noticed()


@pytest.mark.parametrize(
    ("name", "key", "other"),
    [
        (name, key, other)
        for name, table in TABLES.items()
        for key in table
        for other in table
        if key != other and table[key] != table[other] and not {(name, key), (name, other)} & SAME_RANK
    ],
)
def test_an_entry_with_another_s_value_is_noticed(name, key, other):
    table = TABLES[name]
    taken = {other: table[key]} if name == "rank" else {}  # two verdicts of one rank are ordered by chance
    swapped = dict(table) | {key: table[other]} | taken
    with filled(table, swapped):
        assert noticed()


@pytest.mark.parametrize(
    ("asked", "answer"), [(a, one) for a, some in comparing._ANSWERS.items() for one in sorted(some)]
)
def test_a_contrast_that_no_longer_answers_is_noticed(asked, answer):
    table = comparing._ANSWERS
    with filled(table, dict(table) | {asked: table[asked] - {answer}}):
        assert noticed()


@pytest.mark.parametrize(("module", "name", "one"), [(m, n, one) for m, n in SETS for one in sorted(getattr(m, n))])
def test_a_member_dropped_is_noticed(module, name, one):
    with put(module, name, getattr(module, name) - {one}):
        assert noticed()


@pytest.mark.parametrize(
    ("module", "one"), [(module, one) for module in (grants, decide) for one in sorted(set(Basis) - PRINTS_HR)]
)
def test_a_basis_that_would_print_the_mark_is_noticed(module, one):
    with put(module, "PRINTS_HR", PRINTS_HR | {one}):
        assert noticed()


@pytest.mark.parametrize("place", range(len(grants._TOLD_FIRST) - 1))
def test_a_ladder_with_two_rungs_changed_is_noticed(place):
    rungs = list(grants._TOLD_FIRST)
    rungs[place], rungs[place + 1] = rungs[place + 1], rungs[place]
    with put(grants, "_TOLD_FIRST", tuple(rungs)):
        assert noticed() is (set(rungs[place : place + 2]) != set(SAME_TOLD))


@pytest.mark.parametrize("code", grants._TOLD_FIRST)
def test_a_rung_dropped_is_noticed(code):
    with put(grants, "_TOLD_FIRST", tuple(one for one in grants._TOLD_FIRST if one != code)):
        assert noticed()


def changed(ground: Ground) -> list[Ground]:
    """The ground with another outcome, another gate, another weight; the weight of a pass weighs nothing."""
    outcomes = [replace(ground, outcome=one) for one in Outcome if one is not ground.outcome]
    gate = [replace(ground, gate=Gate.WINDOW if ground.gate is not Gate.WINDOW else Gate.STATUS)]
    weight = [] if ground.outcome is Outcome.PASS else [replace(ground, hard=not ground.hard)]
    return outcomes + gate + weight


@pytest.mark.parametrize("code", GROUNDS)
def test_a_ground_dropped_or_changed_is_noticed(code):
    with filled(GROUNDS, {one: ground for one, ground in GROUNDS.items() if one != code}):
        assert noticed()
    for other in changed(GROUNDS[code]):
        with filled(GROUNDS, dict(GROUNDS) | {code: other}):
            assert noticed(), other


def parameter(name: str, by: Any) -> Change:
    return lambda case: case.with_parameters(**{name: getattr(case.rules.parameters, name) + by})


def signatures(kind: str, by: int) -> Change:
    return lambda case: case.with_parameters(
        signatures=dict(case.rules.parameters.signatures) | {kind: case.rules.parameters.signatures[kind] + by}
    )


def of_item(key: str, **how: Callable[[Item], object]) -> Change:
    def change(case: Case) -> Case:
        items = dict(case.rules.catalogues[0].items)
        if key in items:
            items[key] = replace(items[key], **{name: of(items[key]) for name, of in how.items()})
        return case.with_catalogue(items=items)

    return change


def days(by: int) -> Callable[[Item], Window]:
    return lambda item: replace(item.window, days=item.window.days + by)


def inpatient(by: int) -> Callable[[Item], Window]:
    return lambda item: replace(item.window, by_encounter={"inpatient": item.window.by_encounter["inpatient"] + by})


def limit(name: str, to: str) -> Callable[[Item], Mapping[str, str]]:
    return lambda item: dict(item.technique) | ({name: to} if set(item.technique) == {"slice_mm", "rows"} else {})


MOVED: dict[str, Change] = {
    **{f"probe_minutes {by:+}": parameter("probe_minutes", by) for by in (1, -1)},
    **{f"utc_offset_minutes {by:+}": parameter("utc_offset_minutes", by) for by in (1, -1)},
    **{f"earliest {by:+}": parameter("earliest", timedelta(days=by)) for by in (1, -1)},
    **{
        f"signatures {kind} {by:+}": signatures(kind, by) for kind in ("imaging", "ultrasound", "ecg") for by in (1, -1)
    },
    "signatures laboratory +1": signatures("laboratory", 1),
    **{f"window of {key} {by:+}": of_item(key, window=days(by)) for key in ("glucose", "knee-ct") for by in (1, -1)},
    **{f"window of an inpatient {by:+}": of_item("glucose", window=inpatient(by)) for by in (1, -1)},
    "window of an inpatient dropped": of_item("glucose", window=lambda item: replace(item.window, by_encounter={})),
    **{f"slice {to}": of_item("knee-ct", technique=limit("slice_mm", to)) for to in ("2.49", "2.51")},
    **{f"rows {to}": of_item("knee-ct", technique=limit("rows", to)) for to in ("15", "17")},
    **{
        f"{name} not asked of {key}": of_item(key, **{name: lambda _, nothing=nothing: nothing})
        for key, name, nothing in (
            ("glucose", "specimen", None),
            ("glucose", "unit", None),
            ("glucose", "convertible_units", frozenset()),
            ("glucose", "method_classes", frozenset()),
            ("glucose", "codes", frozenset()),
            ("glucose", "volatile", True),
            ("knee-ct", "modality", None),
            ("knee-ct", "body_site", None),
            ("knee-ct", "laterality", None),
            ("knee-ct", "contrast", None),
            ("knee-ct", "technique", {}),
        )
    },
    **{
        f"method {one} dropped": of_item("glucose", method_classes=lambda item, one=one: item.method_classes - {one})
        for one in ("hexokinase", "glucose-oxidase")
    },
    **{
        f"exception {one.code} dropped": of_item(
            "glucose", exceptions=lambda item, one=one: tuple(each for each in item.exceptions if each != one)
        )
        for one in laboratory().item.exceptions
    },
}


@pytest.mark.parametrize("name", MOVED)
def test_a_parameter_moved_by_one_unit_and_a_demand_dropped_are_noticed(name):
    grounds.finding.cache_clear()
    with pytest.raises((AssertionError, KeyError, IndexError)):
        hold(MOVED[name])


def test_a_case_that_is_not_moved_holds():
    hold()
    assert imaging().decide().verdict is Verdict.MUST_OFFER
