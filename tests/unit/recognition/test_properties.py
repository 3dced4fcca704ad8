"""What holds whatever the facts: made of good cases with any grounds taken away, at most one a gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from telemed.recognition.decision import Gate, Outcome, Verdict
from telemed.recognition.grounds import GROUNDS
from telemed.recognition.precedence import RANK
from telemed.recognition.rules import Code, Direction, Window
from telemed.recognition.trace import inputs_hash, trace, trace_hash
from tests.unit.recognition.good import (
    AS_OF,
    TOWNSHIP,
    Case,
    catalogue,
    findings,
    imaging,
    laboratory,
    scope,
)
from tests.unit.recognition.near_misses import NEAR_MISSES, NearMiss

#: A loaded machine fails no test by time alone, and a failure comes back.
steady = settings(deadline=None, max_examples=80, derandomize=True)

#: From the gravest to the best: of several grounds the gravest decides.
GRAVEST_FIRST = (
    Verdict.EXEMPT,
    Verdict.NOT_ELIGIBLE,
    Verdict.INDETERMINATE,
    Verdict.MAY_OFFER,
    Verdict.MUST_OFFER,
)
CHINA = timezone(timedelta(hours=8))


def of_gate(good: Callable[[], Case], gate: Gate) -> list[NearMiss | None]:
    """A lost anchor is the window's near miss here, though it is the grant's too."""
    return [
        None,
        *(
            near
            for near in NEAR_MISSES
            if near.good is good and GROUNDS[near.code].gate is gate and near.code != "grant-time-unknown"
        ),
    ]


@st.composite
def grounds(draw: st.DrawFn, good: Callable[[], Case]) -> tuple[Case, list[NearMiss]]:
    """The good case without any of its grounds; what others are told by goes last: the item's twin, the anchor."""
    last = [Gate.MAPPING, Gate.WINDOW]
    order = [*(gate for gate in Gate if gate not in last), *last]
    chosen = [draw(st.sampled_from(of_gate(good, gate))) for gate in order]
    case, taken = good(), [near for near in chosen if near]
    for near in taken:
        case = near.without(case)
    return case, taken


ANY = st.one_of(grounds(laboratory), grounds(imaging))
CASES = ANY.map(lambda pair: pair[0])


@steady
@given(ANY)
def test_the_verdict_is_total_and_explained_by_the_gravest_ground(pair):
    case, taken = pair
    decision = case.decide()
    told = {one.code for one in findings(decision) if one.outcome is not Outcome.PASS}
    assert {near.code for near in taken} <= told | _by_a_lost_anchor(taken)
    gravest = min((near.verdict for near in taken), key=GRAVEST_FIRST.index, default=Verdict.MUST_OFFER)
    if not _by_a_lost_anchor(taken):
        assert decision.verdict is gravest
    for analyte in decision.analytes:
        for one in analyte.candidates:
            assert {found.gate for found in one.findings} == set(Gate)
            assert all(found.clause for found in one.findings)


def _by_a_lost_anchor(taken: list[NearMiss]) -> set[str]:
    """Without a time a grant cannot be matched and an event not be placed: their own grounds give way to that."""
    if not any("grant-time-unknown" in {near.code, *near.also} for near in taken):
        return set()
    return {near.code for near in taken if GROUNDS[near.code].gate in {Gate.GRANT, Gate.WINDOW, Gate.INTERVENING}}


@steady
@given(CASES, st.integers(0, 3))
def test_never_across_patients(case, place):
    """A stranger's perfect result is set aside, and takes nothing from the patient's own."""
    stranger = replace(imaging().candidate if case.item.kind == "imaging" else laboratory().candidate, id="r-s")
    stranger = replace(stranger, patient_id="p-stranger")
    rows = [*case.facts.candidates]
    rows.insert(place, stranger)
    decision, alone = case.with_facts(candidates=tuple(rows)).decide(), case.decide()
    for analyte, before in zip(decision.analytes, alone.analytes, strict=True):
        theirs = [one for one in analyte.candidates if one.candidate_id == "r-s"]
        assert all(one.verdict in {Verdict.NOT_ELIGIBLE, Verdict.EXEMPT} for one in theirs)
        assert tuple(one for one in analyte.candidates if one.candidate_id != "r-s") == before.candidates
    assert decision.covered == alone.covered


@steady
@given(CASES, st.text(min_size=1, max_size=6))
def test_never_across_items(case, code):
    other = Code("urn:cn:item", code)
    assume(other not in case.rules.keys_of)
    mapping = laboratory().candidate.mapping
    row = replace(case.candidate, id="r-s", mapping=replace(mapping, code=other))
    assert case.with_facts(candidates=(row, *case.facts.candidates)).decide() == case.decide()


@steady
@given(st.text(alphabet="0123456789", min_size=1, max_size=5), st.text(alphabet="0123456789", min_size=1, max_size=5))
def test_a_code_matches_as_a_whole_or_not_at_all(ordered, listed):
    case = (
        laboratory().with_item(codes=frozenset({Code("s", listed)})).with_order(codes=frozenset({Code("s", ordered)}))
    )
    case = case.with_candidate(mapping=replace(case.candidate.mapping, code=Code("s", listed)))
    assert (case.decide().verdict is Verdict.MUST_OFFER) == (ordered == listed)


MOMENTS = st.datetimes(datetime(2026, 10, 1), datetime(2026, 11, 24), timezones=st.just(UTC))  # noqa: DTZ001


@steady
@given(MOMENTS, st.integers(0, 60))
def test_a_window_is_open_through_its_last_day_and_then_closed_for_good(collected, days):
    case = laboratory().with_candidate(collected_at=collected, reported_at=None)
    case = case.with_item(window=Window(days, "collected")).with_catalogue(end_day=None)
    last_midnight = datetime.combine(
        collected.astimezone(CHINA).date() + timedelta(days=days + 1), datetime.min.time(), CHINA
    )
    for as_of in (collected, last_midnight - timedelta(microseconds=1), last_midnight, last_midnight + timedelta(9)):
        expected = Verdict.MUST_OFFER if as_of < last_midnight else Verdict.MAY_OFFER
        assert replace(case, as_of=as_of).decide().verdict is expected


@steady
@given(CASES, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_documents_says_nothing(case, random):
    twin = replace(case.candidate, id="r-t", collected_at=AS_OF, acquired_at=AS_OF)
    newer = replace(case.candidate, version=2, known_from=AS_OF)
    national = catalogue(replace(case.item, volatile=True), number="n", scope=scope(kind="national", key=""))
    province = catalogue(case.item, number="p", scope=scope(key="23"))
    case = case.with_facts(candidates=(*case.facts.candidates, twin, newer))
    case = case.with_rules(catalogues=(*case.rules.catalogues, national, province))
    rows = {name: list(getattr(case.facts, name)) for name in ("organizations", "candidates", "grants", "events")}
    documents = list(case.rules.catalogues)
    for one in (*rows.values(), documents):
        random.shuffle(one)
    shuffled = case.with_facts(**{name: tuple(one) for name, one in rows.items()}).with_rules(
        catalogues=tuple(documents)
    )
    assert trace(shuffled.decide()) == trace(case.decide())
    assert hashed(shuffled) == hashed(case)


def hashed(case: Case) -> str:
    return inputs_hash(case.order, case.context, case.facts, case.rules, case.as_of, case.known_at)


@steady
@given(CASES, st.timedeltas(timedelta(microseconds=1), timedelta(days=400)))
def test_a_replay_agrees_whatever_was_learnt_since(case, later):
    since = case.known_at + later
    learnt = case.with_facts(
        candidates=tuple(replace(one, known_until=since) for one in case.facts.candidates)
        + tuple(replace(one, version=9, status="cancelled", known_from=since) for one in case.facts.candidates),
        grants=case.facts.grants
        + tuple(replace(one, state="withdrawn", known_from=since) for one in case.facts.grants),
    )
    assert trace_hash(learnt.decide()) == trace_hash(case.decide())
    assert hashed(learnt) == hashed(case)


@steady
@given(CASES, st.text(max_size=20))
def test_names_are_no_input(case, text):
    """What a person wrote for people to read explains nothing to a machine."""
    named = case.with_item(name=text, name_en=text) if len(case.rules.catalogues[0].items) == 1 else case
    named = named.with_organization(TOWNSHIP, name=text).with_catalogue(title=text)
    assert named.decide() == case.decide()


@steady
@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_in_every_zone(collected, minutes):
    case = laboratory().with_candidate(collected_at=collected, reported_at=None)
    there = case.with_candidate(collected_at=collected.astimezone(timezone(timedelta(minutes=minutes))))
    assert trace(there.decide()) == trace(case.decide())
    assert hashed(there) == hashed(case)


@steady
@given(st.integers(0, 33), st.integers(0, 33), st.sampled_from(Direction))
def test_a_better_producer_never_loses(lower, step, direction):
    case = laboratory().with_scope(direction=direction)
    ranks = [RANK[case.with_organization(TOWNSHIP, level=level).decide().verdict] for level in (lower, lower + step)]
    assert ranks[1] <= ranks[0]


OF_THE_RESULT = [near for near in NEAR_MISSES if near.good in {laboratory, imaging}]


@pytest.mark.parametrize("near", OF_THE_RESULT, ids=str)
def test_a_worse_result_beside_a_good_one_takes_nothing_from_it(near):
    good = near.good()
    worse = replace(near.without(good).candidate, id="r-w")
    decision = good.with_facts(candidates=(worse, good.candidate)).decide()
    assert decision.verdict is Verdict.MUST_OFFER
    assert good.candidate.id in {one.candidate_id for one in decision.analytes[0].candidates}
