"""Which document speaks: the newest in one scope, each scope beside the other; panels split into analytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from telemed.recognition.decision import Verdict
from telemed.recognition.rules import Code, Item, Mode, Window
from tests.unit.recognition.good import (
    GLUCOSE,
    OTHER,
    Case,
    catalogue,
    codes,
    grant,
    laboratory,
    scope,
)

MUST, MAY = Verdict.MUST_OFFER, Verdict.MAY_OFFER
PANEL = Code("urn:cn:item", "PANEL")


def short(item: Item) -> Item:
    return replace(item, window=Window(2, "collected"))


def long(item: Item) -> Item:
    return replace(item, window=Window(90, "collected"))


def test_the_newest_document_of_one_scope_wins_not_the_longest_window():
    case = laboratory()
    newer = catalogue(short(case.item), issuer="另一机构", number="2026-9", first_day=date(2026, 6, 1))
    for documents in ((case.rules.catalogues[0], newer), (newer, case.rules.catalogues[0])):
        decision = case.with_rules(catalogues=documents).decide()
        assert decision.verdict is MAY
        (result,) = decision.analytes[0].candidates
        assert (result.basis.number, result.others) == ("2026-9", ())


def test_a_newer_document_that_does_not_speak_of_the_item_takes_nothing_away():
    case = laboratory()
    other = replace(case.item, key="urea", codes=frozenset({OTHER}))
    newer = catalogue(other, series="影像目录", number="2026-9", first_day=date(2026, 6, 1))
    assert case.with_rules(catalogues=(case.rules.catalogues[0], newer)).decide().verdict is MUST


def test_a_newer_document_of_the_same_series_replaces_the_older_whole():
    case = laboratory()
    other = replace(case.item, key="urea", codes=frozenset({OTHER}))
    newer = catalogue(other, number="2026-9", first_day=date(2026, 6, 1))
    decision = case.with_rules(catalogues=(case.rules.catalogues[0], newer)).decide()
    assert decision.verdict is None
    assert "item-not-listed" in codes(decision)


def test_across_scopes_the_most_favourable_basis_counts_and_the_others_are_listed():
    case = laboratory()
    strict = catalogue(short(case.item), number="2026-2", scope=scope(kind="national", key="", label="全国HR"))
    (result,) = case.with_rules(catalogues=(strict, *case.rules.catalogues)).decide().analytes[0].candidates
    assert result.verdict is MUST
    assert result.basis.label == "绥化HR"
    assert [(basis.label, verdict) for basis, verdict in result.others] == [("全国HR", MAY)]


def test_of_bases_that_give_the_same_the_one_with_less_against_it_is_named():
    case = laboratory().with_item(volatile=True, window=Window(1, "collected"))
    milder = catalogue(replace(case.item, volatile=False), number="2026-2", scope=scope(kind="national", key=""))
    (result,) = case.with_rules(catalogues=(*case.rules.catalogues, milder)).decide().analytes[0].candidates
    assert (result.verdict, result.basis.number) == (MAY, "2026-2")


@pytest.mark.parametrize(
    ("first_day", "end_day", "verdict"),
    [
        (date(2026, 11, 24), None, MUST),
        (date(2026, 11, 25), None, None),
        (date(2026, 1, 1), date(2026, 11, 25), MUST),
        (date(2026, 1, 1), date(2026, 11, 24), None),
    ],
)
def test_a_document_counts_from_its_first_day_to_the_day_before_its_end(first_day, end_day, verdict):
    assert laboratory().with_catalogue(first_day=first_day, end_day=end_day).decide().verdict is verdict


def test_a_document_begins_at_the_county_s_midnight():
    case = laboratory().with_catalogue(first_day=date(2026, 11, 24))
    assert replace(case, as_of=datetime(2026, 11, 23, 16, 0, tzinfo=UTC)).decide().verdict is not None
    assert replace(case, as_of=datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)).decide().verdict is None


def all_but(case: Case, *negative: str) -> Case:
    document = catalogue(mode=Mode.ALL_BUT_NEGATIVE, negative=frozenset(negative))
    return case.with_rules(catalogues=(document,), dictionary={case.item.key: case.item})


def test_all_but_the_negative_list_takes_its_items_from_the_dictionary():
    case = laboratory()
    assert all_but(case, "urea").decide().verdict is MUST
    decision = all_but(case, case.item.key).decide()
    assert decision.verdict is None
    assert ("document", "2026-1") in next(one.evidence for one in decision.findings if one.code == "item-left-out")


def test_a_positive_list_takes_nothing_from_the_dictionary():
    case = laboratory()
    positive = case.with_rules(catalogues=(catalogue(),), dictionary={case.item.key: case.item})
    assert positive.decide().verdict is None


def test_a_negative_list_ends_what_an_older_document_of_its_scope_listed_and_nothing_elsewhere():
    case = laboratory()
    negative = catalogue(
        issuer="另一机构",
        number="2026-9",
        mode=Mode.ALL_BUT_NEGATIVE,
        negative=frozenset({case.item.key}),
        first_day=date(2026, 6, 1),
    )
    assert case.with_rules(catalogues=(*case.rules.catalogues, negative)).decide().verdict is None
    elsewhere = replace(negative, scope=scope(kind="national", key=""))
    assert case.with_rules(catalogues=(*case.rules.catalogues, elsewhere)).decide().verdict is MUST


def panel(*members: str, measured: tuple[str, ...] = ("glucose",)) -> Case:
    """An order of a panel; of its analytes those `measured` have a result and a grant."""
    case = laboratory()
    keys = {"glucose": GLUCOSE, "urea": OTHER, "creatinine": Code("urn:cn:item", "7")}
    items = {key: replace(case.item, key=key, codes=frozenset({code})) for key, code in keys.items()}
    items["panel"] = replace(case.item, key="panel", codes=frozenset({PANEL}), members=members)
    results = (
        replace(case.candidate, id=f"r-{key}", mapping=replace(case.candidate.mapping, code=keys[key]))
        for key in measured
    )
    marks = (grant(items[key], id=f"g-{key}") for key in keys)
    return (
        case.with_catalogue(items=items)
        .with_facts(candidates=tuple(results), grants=tuple(marks))
        .with_order(codes=frozenset({PANEL}))
    )


def test_a_panel_is_split_and_trimmed_to_what_nothing_covers():
    decision = panel("glucose", "urea", "creatinine", measured=("glucose", "creatinine")).decide()
    assert decision.verdict is MUST
    assert [(one.key, one.verdict) for one in decision.analytes] == [
        ("glucose", MUST),
        ("urea", None),
        ("creatinine", MUST),
    ]
    assert decision.covered == ("glucose", "creatinine")
    assert decision.uncovered == decision.trimmed == ("urea",)


def test_nothing_is_left_to_order_where_all_is_covered_and_nothing_trimmed_where_nothing_is():
    whole = panel("glucose", "urea", measured=("glucose", "urea")).decide()
    assert (whole.covered, whole.trimmed) == (("glucose", "urea"), ())
    none = panel("glucose", "urea", measured=()).decide()
    assert (none.verdict, none.covered, none.trimmed) == (None, (), None)


def test_what_only_may_be_relied_on_stays_in_the_order():
    case = panel("glucose", "urea", measured=("glucose", "urea"))
    old = replace(case.facts.candidates[1], collected_at=datetime(2026, 11, 1, tzinfo=UTC))
    decision = case.with_facts(candidates=(case.facts.candidates[0], old)).decide()
    assert (decision.covered, decision.trimmed) == (("glucose",), ("urea",))
    assert decision.analytes[1].verdict is MAY


def test_an_analyte_no_document_lists_is_a_gap_that_is_told():
    decision = panel("glucose", "ferritin").decide()
    assert decision.covered == ("glucose",)
    assert decision.uncovered == ("ferritin",)
    assert ("item", "ferritin") in next(one.evidence for one in decision.findings if one.code == "item-not-listed")


def test_a_panel_inside_a_panel_is_opened_once_and_a_panel_of_itself_ends():
    case = panel("glucose", "inner", "creatinine")
    items = dict(case.rules.catalogues[0].items)
    items["inner"] = replace(items["panel"], key="inner", codes=frozenset(), members=("urea", "glucose", "panel"))
    keys = [one.key for one in case.with_catalogue(items=items).decide().analytes]
    assert keys == ["glucose", "urea", "creatinine"]


def test_the_newest_result_is_first_among_equals_and_a_better_one_before_it():
    case = laboratory()
    older = replace(case.candidate, id="r-0", collected_at=datetime(2026, 11, 19, tzinfo=UTC))
    twin = replace(case.candidate, id="r-3")
    newest_but_doubtful = replace(
        case.candidate, id="r-4", collected_at=datetime(2026, 11, 20, 6, 0, tzinfo=UTC), intact=None
    )
    timeless = replace(case.candidate, id="r-5", collected_at=None)
    past = replace(case.candidate, id="r-6", collected_at=datetime(2026, 11, 1, tzinfo=UTC))
    rows = (newest_but_doubtful, timeless, older, twin, past, case.candidate)
    (analyte,) = case.with_facts(candidates=rows).decide().analytes
    assert [one.candidate_id for one in analyte.candidates] == ["r-1", "r-3", "r-0", "r-6", "r-5", "r-4"]


def test_a_result_nobody_mapped_is_named_and_one_of_another_item_is_not():
    case = laboratory()
    lost = replace(case.candidate, id="r-9", mapping=None)
    other = replace(case.candidate, id="r-8", mapping=None, code=OTHER)
    urea = replace(case.item, key="urea", codes=frozenset({OTHER}))
    case = case.with_catalogue(items={case.item.key: case.item, "urea": urea})
    decision = case.with_facts(candidates=(case.candidate, lost, other)).decide()
    assert decision.unmapped == ("r-9",)
    assert [one.candidate_id for one in decision.analytes[0].candidates] == ["r-1"]


def test_a_result_that_carries_the_item_s_own_code_needs_no_map():
    case = laboratory().with_candidate(mapping=None, code=GLUCOSE)
    assert case.decide().verdict is MUST


def test_a_map_learnt_later_is_no_map():
    case = laboratory()
    mapping = replace(case.candidate.mapping, known_from=datetime(2026, 11, 25, tzinfo=UTC))
    decision = case.with_candidate(mapping=mapping).decide()
    assert (decision.verdict, decision.unmapped) == (None, ("r-1",))
