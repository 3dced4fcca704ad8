"""Each ground by itself: a good case, one ground taken away, exactly that finding differs."""

from __future__ import annotations

import pytest

from telemed.recognition.decision import Outcome, Verdict
from telemed.recognition.grounds import GROUNDS
from tests.unit.recognition.good import GOOD, codes, findings
from tests.unit.recognition.near_misses import LAST_THAT_COUNT, NEAR_MISSES, ON_THE_ORDER, LastThatCounts, NearMiss


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_case_passes_every_gate_and_must_be_offered(kind):
    decision = GOOD[kind]().decide()
    assert decision.verdict is Verdict.MUST_OFFER
    assert {one.outcome for one in findings(decision)} == {Outcome.PASS}


@pytest.mark.parametrize("near", NEAR_MISSES, ids=str)
def test_without_one_ground_exactly_that_finding_differs(near: NearMiss):
    good = near.good()
    before, after = codes(good.decide()), codes(near.without(good).decide())
    found = {near.code} | near.also
    assert after - before == found
    gone = before - after
    assert {GROUNDS[code].outcome for code in gone} == {Outcome.PASS}
    assert sorted(GROUNDS[code].gate for code in gone) == sorted(GROUNDS[code].gate for code in found)


@pytest.mark.parametrize("near", NEAR_MISSES, ids=str)
def test_the_verdict_is_lowered_as_far_as_the_ground_says(near: NearMiss):
    decision = near.without(near.good()).decide()
    assert decision.verdict is near.verdict
    assert all(one.verdict is near.verdict for analyte in decision.analytes for one in analyte.candidates)


@pytest.mark.parametrize("near", ON_THE_ORDER, ids=str)
def test_an_order_no_document_lists_shows_no_card(near: NearMiss):
    decision = near.without(near.good()).decide()
    assert decision.verdict is None
    assert decision.analytes == ()
    assert near.code in codes(decision)
    assert near.good().decide().verdict is Verdict.MUST_OFFER


@pytest.mark.parametrize("edge", LAST_THAT_COUNT, ids=str)
def test_the_last_that_counts_counts(edge: LastThatCounts):
    assert edge.case().decide().verdict is edge.verdict


def test_every_ground_that_does_not_pass_has_its_near_miss():
    told = {near.code for near in NEAR_MISSES + ON_THE_ORDER}
    assert told == {code for code, ground in GROUNDS.items() if ground.outcome is not Outcome.PASS}


def test_every_ground_that_passes_is_found_in_a_good_case():
    passing = {one.code for good in GOOD.values() for one in findings(good().decide())}
    assert passing == {code for code, ground in GROUNDS.items() if ground.outcome is Outcome.PASS}
