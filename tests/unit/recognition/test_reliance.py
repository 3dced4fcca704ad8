"""Which decisions rest on a grant for results of a period: one good case, and one ground removed at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from telemed.recognition.decision import AnalyteVerdict, CandidateVerdict, Decision, LegalBasis, Verdict
from telemed.recognition.reliance import Relied, Taken, relied
from telemed.recognition.trace import trace

BEGINS, ENDS = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
ANCHOR = datetime(2026, 4, 1, tzinfo=UTC)
TAKEN = Taken("grant-1", BEGINS, ENDS, datetime(2026, 5, 20, tzinfo=UTC))
BASIS = LegalBasis("issuer", "series", "1", "全国HR", "lab.potassium", "clause")
RESULT = CandidateVerdict("laboratory/1", 1, Verdict.MUST_OFFER, ANCHOR, BASIS, "grant-1", prints_hr=True, findings=())


def said(*results: CandidateVerdict, verdict: Verdict | None = Verdict.MUST_OFFER) -> str:
    analyte = AnalyteVerdict("lab.potassium", verdict, results)
    return trace(Decision("order", "1", ENDS, ENDS, verdict, (analyte,), (), (), None, (), ())).decode()


def test_a_result_offered_by_the_grant_and_acquired_in_the_period_makes_a_decision_rest_on_it():
    assert relied(said(RESULT), TAKEN) == (Relied("laboratory/1", "lab.potassium", ANCHOR),)


@pytest.mark.parametrize("verdict", [Verdict.MUST_OFFER, Verdict.MAY_OFFER])
def test_what_may_be_relied_on_counts_as_well_as_what_must_be_offered(verdict):
    assert relied(said(replace(RESULT, verdict=verdict), verdict=verdict), TAKEN)


@pytest.mark.parametrize(
    "near_miss",
    [
        pytest.param(replace(RESULT, grant_id="grant-2"), id="another grant"),
        pytest.param(replace(RESULT, grant_id=None), id="no grant"),
        pytest.param(replace(RESULT, anchor=None), id="time unknown"),
        pytest.param(replace(RESULT, anchor=BEGINS - timedelta(microseconds=1)), id="acquired before"),
        pytest.param(replace(RESULT, anchor=ENDS), id="acquired at its end"),
        pytest.param(replace(RESULT, verdict=Verdict.NOT_ELIGIBLE), id="not offered"),
        pytest.param(replace(RESULT, verdict=Verdict.INDETERMINATE), id="left to a person"),
    ],
)
def test_one_ground_less_and_it_does_not(near_miss):
    assert relied(said(near_miss), TAKEN) == ()


@pytest.mark.parametrize("verdict", [Verdict.EXEMPT, None])
def test_where_nothing_was_offered_nothing_was_relied_on(verdict):
    assert relied(said(RESULT, verdict=verdict), TAKEN) == ()


def test_the_period_holds_its_first_moment():
    assert relied(said(replace(RESULT, anchor=BEGINS)), TAKEN)


def test_a_result_beside_others_is_found_and_only_it():
    others = replace(RESULT, candidate_id="laboratory/2", grant_id="grant-2")
    assert [one.result for one in relied(said(others, RESULT), TAKEN)] == ["laboratory/1"]


def test_where_the_period_ends_with_the_knowledge_a_result_acquired_since_is_concerned_too():
    """Decided in the moment before every process had heard of the withdrawal."""
    late = replace(RESULT, anchor=ENDS + timedelta(seconds=5))
    assert relied(said(late), replace(TAKEN, known_from=ENDS))
    assert not relied(said(late), TAKEN)
