"""What holds of every decision: edges of days and demands, versions as known, and what never sways it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from telemed.recognition.decision import Outcome, Verdict
from telemed.recognition.facts import Candidate, Event, EventKind, LinkState, Measurement, Probe, Status
from telemed.recognition.order import Context, Order
from telemed.recognition.rules import GrantState, Window
from tests.unit.recognition.good import AS_OF, GLUCOSE, OTHER, codes, ecg, findings, imaging, laboratory

MUST, MAY, EXEMPT = Verdict.MUST_OFFER, Verdict.MAY_OFFER, Verdict.EXEMPT
SET_ASIDE, BY_HAND = Verdict.NOT_ELIGIBLE, Verdict.INDETERMINATE


@pytest.mark.parametrize(
    ("as_of", "verdict"),
    [
        (datetime(2026, 11, 27, 15, 59, 59, 999999, tzinfo=UTC), MUST),  # the end of the seventh day in the county
        (datetime(2026, 11, 27, 16, 0, tzinfo=UTC), MAY),
        (datetime(2027, 6, 1, tzinfo=UTC), None),  # the document has ended
    ],
)
def test_a_window_holds_through_its_last_whole_day_and_is_closed_for_good(as_of, verdict):
    assert replace(laboratory(), as_of=as_of).decide().verdict is verdict


def test_the_county_s_clock_tells_the_day():
    case = replace(laboratory(), as_of=datetime(2026, 11, 27, 16, 0, tzinfo=UTC))
    assert case.with_parameters(utc_offset_minutes=479).decide().verdict is MUST


def test_a_window_of_the_encounter_stands_in_place_of_the_item_s():
    case = laboratory()
    assert case.with_context(encounter_class="inpatient").decide().verdict is MAY
    assert case.with_context(encounter_class="checkup").decide().verdict is MUST
    assert "window-within" in codes(case.with_context(encounter_class=None).decide())


def test_the_day_of_the_report_is_no_anchor():
    late = laboratory().with_candidate(collected_at=None, reported_at=AS_OF)
    assert "anchor-missing" in codes(late.decide())
    other = laboratory().with_candidate(collected_at=None, acquired_at=AS_OF)
    assert "anchor-missing" in codes(other.decide())


def test_a_result_of_this_very_moment_counts_and_so_does_the_earliest_day():
    case = laboratory().with_candidate(collected_at=AS_OF, reported_at=AS_OF)
    assert case.decide().verdict is MUST
    first = datetime(2026, 11, 19, 16, 0, tzinfo=UTC)
    edge = laboratory().with_parameters(earliest=first.date() + timedelta(days=1))
    assert edge.with_candidate(collected_at=first).decide().verdict is MUST
    assert "anchor-absurd" in codes(edge.with_candidate(collected_at=first - timedelta(microseconds=1)).decide())


def test_a_report_without_a_zone_contradicts_nothing():
    case = laboratory().with_candidate(reported_at=datetime(2026, 1, 1))  # noqa: DTZ001
    assert case.decide().verdict is MUST


def test_codes_that_are_part_of_each_other_never_match():
    assert GLUCOSE.code in OTHER.code
    case = laboratory()
    longer = case.with_candidate(mapping=replace(case.candidate.mapping, code=OTHER))
    assert longer.decide().verdict is None
    assert case.with_order(codes=frozenset({OTHER})).decide().verdict is None
    assert case.with_order(codes=frozenset({replace(GLUCOSE, system="urn:other")})).decide().verdict is None


@pytest.mark.parametrize(
    ("asked", "found", "verdict"),
    [
        ("L", "B", MUST),
        ("B", "B", MUST),
        ("B", "L", SET_ASIDE),
        (None, None, MUST),
        (None, "R", MUST),
    ],
)
def test_both_sides_answer_for_one_and_one_not_for_both(asked, found, verdict):
    case = imaging().with_item(laterality=None).with_order(laterality=asked)
    assert case.with_acquired(laterality=found).decide().verdict is verdict


def test_an_order_for_the_other_side_than_its_item_is_answered_by_neither():
    assert imaging().with_order(laterality="R").decide().verdict is SET_ASIDE


@pytest.mark.parametrize(
    ("asked", "found", "verdict"),
    [
        ("plain", "plain-and-enhanced", MUST),
        ("enhanced", "plain-and-enhanced", MUST),
        ("enhanced", "plain", SET_ASIDE),
        ("plain-and-enhanced", "enhanced", SET_ASIDE),
        ("plain-and-enhanced", "plain-and-enhanced", MUST),
        (None, None, MUST),
    ],
)
def test_more_contrast_than_asked_answers_and_less_does_not(asked, found, verdict):
    case = imaging().with_item(contrast=None).with_order(contrast=asked)
    assert case.with_acquired(contrast=found).decide().verdict is verdict


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ({"slice_mm": "2.5", "rows": "16"}, "technique-sufficient"),
        ({"slice_mm": "2.50", "rows": "16.0"}, "technique-sufficient"),
        ({"slice_mm": "NaN", "rows": "16"}, "technique-missing"),
        ({"slice_mm": "thin", "rows": "16"}, "technique-missing"),
        ({"slice_mm": "5", "rows": "many"}, "technique-below"),
    ],
)
def test_technique_is_compared_as_numbers(found, code):
    assert code in codes(imaging().with_acquired(technique=found).decide())


def test_a_demand_of_no_known_direction_is_left_to_a_person():
    case = imaging().with_item(technique={"beauty": "3"}).with_acquired(technique={"beauty": "4"})
    assert "technique-missing" in codes(case.decide())


@pytest.mark.parametrize("unit", ["mmol/L", "mg/dL"])
def test_a_unit_that_converts_is_comparable(unit):
    assert laboratory().with_measured(unit=unit).decide().verdict is MUST


def test_a_demand_nobody_makes_is_met_by_whatever_there_is():
    case = laboratory().with_item(
        specimen=None, unit=None, convertible_units=frozenset(), method_classes=frozenset(), exceptions=()
    )
    assert case.with_candidate(measured=Measurement(value="阴性")).decide().verdict is MUST
    bare = imaging().with_item(modality=None, body_site=None, laterality=None, contrast=None, technique={})
    none = bare.with_acquired(modality=None, body_site=None, laterality=None, contrast=None, technique={})
    assert none.decide().verdict is MUST


def test_signatures_are_asked_as_the_county_sets_them():
    case = laboratory().with_parameters(signatures={"laboratory": 2})
    for signed, verdict in ((None, BY_HAND), (1, SET_ASIDE), (2, MUST)):
        assert case.with_candidate(signatures=signed).decide().verdict is verdict
    unset = imaging().with_parameters(signatures={})
    assert unset.decide().verdict is MUST
    assert unset.with_candidate(signatures=0).decide().verdict is SET_ASIDE
    assert laboratory().with_candidate(signatures=0).decide().verdict is MUST


@pytest.mark.parametrize("status", [Status.FINAL, Status.AMENDED, Status.CORRECTED])
def test_an_amended_report_is_as_final_as_the_first(status):
    assert laboratory().with_candidate(status=status).decide().verdict is MUST


def test_grade_b_suffices_and_a_probe_counts_through_its_last_minute():
    assert imaging().with_acquired(grade="B").decide().verdict is MUST
    edge = Probe(available=True, checked_at=AS_OF - timedelta(minutes=30))
    assert imaging().with_acquired(probe=edge).decide().verdict is MUST


@pytest.mark.parametrize("minutes", [1, 30, 60, 1440])
def test_a_stale_probe_says_how_many_minutes_it_would_have_counted(minutes):
    old = Probe(available=True, checked_at=AS_OF - timedelta(days=2))
    decision = imaging().with_parameters(probe_minutes=minutes).with_acquired(probe=old).decide()
    (stale,) = (one for one in findings(decision) if one.code == "images-stale")
    assert dict(stale.evidence)["minutes"] == minutes


def test_a_probe_made_later_is_none():
    this_moment = Probe(available=True, checked_at=AS_OF)
    assert imaging().with_acquired(probe=this_moment).decide().verdict is MUST
    later = Probe(available=False, checked_at=AS_OF + timedelta(seconds=1))
    assert "images-unchecked" in codes(imaging().with_acquired(probe=later).decide())


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_in_between_lowers_the_offer(kind):
    case = laboratory().with_facts(events=(Event("e-1", kind, AS_OF, AS_OF),))
    assert case.decide().verdict is MAY


def test_events_before_the_result_after_now_or_not_yet_known_say_nothing():
    case = laboratory()
    at = case.collected
    events = (
        Event("e-1", EventKind.SURGERY, at - timedelta(microseconds=1), at),
        Event("e-2", EventKind.SURGERY, AS_OF + timedelta(microseconds=1), at),
        Event("e-3", EventKind.SURGERY, AS_OF, AS_OF + timedelta(microseconds=1)),
        Event("e-4", EventKind.SURGERY, AS_OF, at, known_until=AS_OF),
    )
    assert case.with_facts(events=events).decide().verdict is MUST


def test_all_findings_are_told_not_the_first_failure():
    case = imaging().with_acquired(grade="C", laterality="R", complete=None).with_candidate(intact=False)
    told = {one.code for one in case.decide().analytes[0].candidates[0].findings if one.outcome is not Outcome.PASS}
    assert told == {"grade-c", "side-other", "completeness-unknown", "integrity-broken"}


def test_all_circumstances_are_told_and_exempt_even_without_a_result():
    case = laboratory().with_context(encounter_class="emergency", rescue=True, forensic=True)
    decision = case.decide()
    assert decision.verdict is EXEMPT
    assert {"context-emergency", "context-rescue", "context-forensic"} <= codes(decision)
    assert case.with_facts(candidates=()).decide().verdict is EXEMPT
    assert (decision.covered, decision.trimmed) == ((), None)


def test_without_any_result_there_is_no_verdict_and_no_card():
    decision = laboratory().with_facts(candidates=()).decide()
    assert (decision.verdict, decision.uncovered, decision.trimmed) == (None, ("glucose",), None)


def test_the_version_known_last_counts_and_the_one_before_is_what_was_known_then():
    case = laboratory()
    amended = replace(
        case.candidate, version=2, known_from=AS_OF, measured=replace(case.candidate.measured, abnormal=True)
    )
    both = case.with_facts(candidates=(amended, case.candidate))
    assert both.decide().verdict is MAY
    assert replace(both, known_at=AS_OF - timedelta(microseconds=1)).decide().verdict is MUST


def test_of_versions_known_at_the_same_moment_the_highest_counts():
    case = laboratory()
    second = replace(case.candidate, version=2, intact=False)
    for rows in ((case.candidate, second), (second, case.candidate)):
        assert case.with_facts(candidates=rows).decide().verdict is SET_ASIDE


def test_a_link_cut_later_was_a_link_before():
    case = laboratory()
    cut = replace(case.facts.identities[0], state=LinkState.NONE, known_from=AS_OF)
    both = case.with_facts(identities=(cut, case.facts.identities[0]))
    assert both.decide().verdict is SET_ASIDE
    assert replace(both, known_at=AS_OF - timedelta(microseconds=1)).decide().verdict is MUST


@pytest.mark.parametrize("other", ["p-other", "p-another"])
def test_a_link_of_another_patient_links_nobody_here(other):
    assert "identity-not-linked" in codes(laboratory().with_identity(patient_id=other).decide())
    apart = laboratory().with_candidate(patient_id=other).with_facts(identities=())
    assert "identity-not-linked" in codes(apart.decide())


def test_a_patient_is_the_number_wherever_it_was_read():
    read = b"p-county".decode()  # another object than the literal, as from a database
    assert laboratory().with_order(patient_id=read).decide().verdict is MUST


def test_a_grant_of_which_it_is_not_known_whether_it_holds_is_not_relied_on():
    (result,) = laboratory().with_grant(state=GrantState.PROPOSED).decide().analytes[0].candidates
    assert (result.verdict, result.grant_id, result.prints_hr) == (MAY, None, False)


def test_the_unit_of_an_item_may_be_among_those_that_convert_to_it():
    case = laboratory().with_item(convertible_units=frozenset({"mmol/L", "mg/dL"}))
    assert case.decide().verdict is MUST


def test_moments_without_a_zone_are_refused_as_arguments():
    naive = datetime(2026, 11, 24, 8, 0)  # noqa: DTZ001
    for wrong in ({"as_of": naive}, {"known_at": naive}):
        with pytest.raises(ValueError, match="need a zone"):
            replace(laboratory(), **wrong).decide()


def test_neither_order_nor_context_nor_result_has_a_field_for_free_text_or_a_conclusion():
    told = {field.name for one in (Order, Context, Candidate) for field in fields(one)}
    assert not told & {"text", "note", "comment", "reason", "diagnosis", "conclusion", "impression", "name"}


def test_an_ecg_needs_its_leads():
    assert ecg().with_acquired(technique={"leads": "6"}).decide().verdict is SET_ASIDE


def test_an_item_without_a_day_of_grace_counts_on_its_day_only():
    case = laboratory().with_item(window=Window(0, "collected"))
    assert case.decide().verdict is MAY
    today = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert case.with_candidate(collected_at=today, reported_at=None).decide().verdict is MUST


@pytest.mark.parametrize(("good", "other"), [(laboratory, "imaging"), (imaging, "laboratory"), (imaging, "ecg")])
def test_a_result_of_another_kind_is_not_the_item_s_whichever_of_the_two_it_is(good, other):
    assert "kind-contradicts" in codes(good().with_candidate(kind=other).decide())


def test_a_kind_is_its_word_wherever_it_was_read():
    read = b"laboratory".decode()  # another object than the literal, as from a database
    assert laboratory().with_candidate(kind=read).decide().verdict is MUST


def test_more_signatures_than_asked_for_suffice():
    assert imaging().with_candidate(signatures=2).decide().verdict is MUST
