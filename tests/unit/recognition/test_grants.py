"""G2: which grant a result rests on, what a withdrawal reaches, and whose result it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from telemed.recognition.decision import Verdict
from telemed.recognition.rules import Basis, Direction, GrantState
from tests.unit.recognition.good import (
    AS_OF,
    COUNTY,
    OUTSIDE,
    TOWNSHIP,
    Case,
    codes,
    grant,
    imaging,
    laboratory,
    scope,
    ultrasound,
)

MUST, MAY, SET_ASIDE = Verdict.MUST_OFFER, Verdict.MAY_OFFER, Verdict.NOT_ELIGIBLE


def with_grants(case: Case, *grants) -> Case:
    return case.with_facts(grants=grants)


def result(case: Case):
    return case.decide().analytes[0].candidates[0]


@pytest.mark.parametrize(
    ("reaches_back", "verdict"),
    [(timedelta(0), SET_ASIDE), (timedelta(microseconds=1), MUST), (timedelta(days=-30), SET_ASIDE)],
)
def test_a_withdrawal_sets_aside_what_was_collected_from_the_moment_it_reaches_back_to(reaches_back, verdict):
    case = laboratory()
    back = case.collected + reaches_back
    assert case.with_grant(state=GrantState.WITHDRAWN, withdrawn_from=back).decide().verdict is verdict


def test_a_withdrawal_without_reach_counts_from_when_it_became_known():
    case = laboratory().with_grant(state=GrantState.WITHDRAWN)
    assert case.with_grant(known_from=case.collected).decide().verdict is SET_ASIDE
    later = case.collected + timedelta(hours=1)
    assert case.with_grant(known_from=later).decide().verdict is MUST


def test_a_withdrawal_says_nothing_of_what_came_before_the_grant_itself():
    case = laboratory()
    before = {"begins": case.collected + timedelta(microseconds=1), "withdrawn_from": case.collected}
    decision = case.with_grant(state=GrantState.WITHDRAWN, **before).decide()
    assert decision.verdict is MAY
    assert "grant-out-of-period" in codes(decision)
    begun = case.with_grant(state=GrantState.WITHDRAWN, begins=case.collected, withdrawn_from=case.collected)
    assert begun.decide().verdict is SET_ASIDE


def test_a_withdrawal_learnt_later_does_not_change_what_was_known_before():
    case = laboratory()
    withdrawal = replace(
        case.grant,
        state=GrantState.WITHDRAWN,
        known_from=AS_OF + timedelta(days=9),
        withdrawn_from=case.collected,
    )
    both = with_grants(case, withdrawal, case.grant)
    assert both.decide() == case.decide()
    assert replace(both, known_at=AS_OF + timedelta(days=9)).decide().verdict is SET_ASIDE


@pytest.mark.parametrize("state", [GrantState.WITHDRAWN, GrantState.SUSPENDED])
def test_an_agreement_of_members_does_not_mend_an_evaluation_in_doubt(state):
    case = laboratory()
    doubt = replace(case.grant, state=state)
    agreed = grant(case.item, id="g-2", basis=Basis.COMMUNITY_DOCUMENT)
    assert with_grants(case, doubt, agreed).decide().verdict is SET_ASIDE


def test_an_evaluation_given_anew_mends_a_withdrawal_and_an_older_one_does_not():
    case = laboratory()
    since = case.collected - timedelta(days=10)
    doubt = replace(case.grant, state=GrantState.WITHDRAWN, withdrawn_from=since)
    anew = grant(case.item, id="g-2", basis=Basis.ON_SITE, begins=since)
    assert with_grants(case, doubt, anew).decide().verdict is MUST
    older = replace(anew, begins=since - timedelta(microseconds=1))
    assert with_grants(case, doubt, older).decide().verdict is SET_ASIDE
    agreed = replace(anew, basis=Basis.COMMUNITY_DOCUMENT)
    assert with_grants(case, doubt, agreed).decide().verdict is SET_ASIDE


def test_an_agreement_that_ended_stands_against_itself_alone():
    case = laboratory()
    ended = grant(case.item, id="g-0", basis=Basis.COMMUNITY_DOCUMENT, state=GrantState.WITHDRAWN)
    assert with_grants(case, ended, case.grant).decide().verdict is MUST
    assert with_grants(case, ended).decide().verdict is SET_ASIDE


def test_a_grant_holds_through_its_period_due_soon_or_not():
    case = laboratory()
    at = case.collected
    assert case.with_grant(begins=at).decide().verdict is MUST
    assert case.with_grant(ends=at + timedelta(microseconds=1)).decide().verdict is MUST
    assert case.with_grant(state=GrantState.DUE_SOON).decide().verdict is MUST


def test_a_suspended_device_says_nothing_of_another_device():
    case = imaging()
    other = grant(case.item, id="g-2", device_id="ct-2", state=GrantState.SUSPENDED)
    this = grant(case.item, id="g-1", device_id="ct-1")
    assert with_grants(case, other, this).decide().verdict is MUST
    assert with_grants(case, other, this).with_candidate(device_id="ct-2").decide().verdict is SET_ASIDE


def test_grants_of_another_organisation_or_another_item_say_nothing():
    case = laboratory()
    strangers = (
        grant(case.item, id="g-2", organization_id=COUNTY, state=GrantState.WITHDRAWN),
        grant(case.item, id="g-3", item_key="glucose-2", state=GrantState.WITHDRAWN),
    )
    assert with_grants(case, case.grant, *strangers).decide().verdict is MUST
    assert "grant-none" in codes(with_grants(case, *strangers).decide())


def test_the_mark_is_printed_for_evaluations_of_quality_only():
    for basis in Basis:
        case = laboratory().with_grant(basis=basis, reader_id=TOWNSHIP)
        assert result(case).prints_hr is (basis in {Basis.EQA, Basis.IMAGING_QC, Basis.ON_SITE})
        assert result(case).grant_id == "g-1"


def test_a_result_rests_on_the_evaluation_before_the_agreement():
    case = laboratory()
    agreed = grant(case.item, id="g-0", basis=Basis.COMMUNITY_DOCUMENT)
    assert result(with_grants(case, agreed, case.grant)).grant_id == "g-1"
    again = grant(case.item, id="g-0")
    assert result(with_grants(case, case.grant, again)).grant_id == "g-0"


def test_no_grant_is_named_where_none_is_relied_on():
    lowered = result(laboratory().with_grant(scope=scope(key="2301")))
    assert (lowered.grant_id, lowered.prints_hr) == (None, False)


def test_who_read_it_counts_where_the_grant_rests_on_the_county_s_reading():
    """A township's image read by the county is accepted as the county's; read at home it is the township's."""
    case = imaging().with_scope(direction=Direction.LOWER_ACCEPTS_HIGHER)
    assert "scope-direction" in codes(case.decide())
    by_county = case.with_grant(basis=Basis.COUNTY_READING, reader_id=COUNTY)
    assert by_county.decide().verdict is MUST
    assert "grant-other-reader" in codes(by_county.with_candidate(reporting_id=TOWNSHIP).decide())
    assert "grant-other-reader" in codes(by_county.with_candidate(reporting_id=None).decide())


def test_a_county_reading_nobody_names_is_whoever_acquired_it():
    case = laboratory().with_grant(basis=Basis.COUNTY_READING, reader_id=None).with_candidate(reporting_id=None)
    assert ("producer", TOWNSHIP) in next(one.evidence for one in result(case).findings if one.code == "scope-covers")


@pytest.mark.parametrize(
    ("kind", "key", "producer", "verdict"),
    [
        ("national", "", OUTSIDE, MUST),
        ("region", "2312", OUTSIDE, MUST),
        ("region", "231281", OUTSIDE, MAY),
        ("group", "jing-jin-ji", TOWNSHIP, MAY),
        ("community", "anda", TOWNSHIP, MUST),
        ("community", "anda", OUTSIDE, MAY),
        ("community", "and", TOWNSHIP, MAY),
        ("bilateral", "a-b", TOWNSHIP, MAY),
    ],
)
def test_a_scope_reaches_whom_its_kind_says(kind, key, producer, verdict):
    case = laboratory().with_candidate(acquiring_id=producer).with_grant(organization_id=producer)
    everywhere = scope(kind="national", key="")
    case = case.with_grant(scope=everywhere)
    assert case.with_scope(kind=kind, key=key).decide().verdict is verdict
    assert case.with_grant(scope=scope(kind=kind, key=key)).with_scope(kind="national").decide().verdict is verdict


def test_a_group_and_a_pair_reach_their_members():
    case = laboratory()
    for one in (COUNTY, TOWNSHIP):
        case = case.with_organization(one, groups=frozenset({"jing-jin-ji"}))
    assert case.with_scope(kind="group", key="jing-jin-ji").decide().verdict is MUST
    pair = {"producers": frozenset({TOWNSHIP}), "accepters": frozenset({COUNTY})}
    assert case.with_scope(kind="bilateral", key="a-b", **pair).decide().verdict is MUST


def test_a_pair_named_in_one_direction_is_not_named_in_the_other():
    case = laboratory().with_scope(
        direction=Direction.NAMED, producers=frozenset({COUNTY}), accepters=frozenset({TOWNSHIP})
    )
    assert "scope-not-named" in codes(case.decide())


@pytest.mark.parametrize("missing", [{"region": None}, {"level": None}])
@pytest.mark.parametrize("whose", [COUNTY, TOWNSHIP])
def test_a_missing_fact_of_an_organisation_is_not_taken_for_an_answer(missing, whose):
    case = laboratory().with_scope(direction=Direction.LOWER_ACCEPTS_HIGHER).with_organization(TOWNSHIP, level=32)
    assert case.decide().verdict is MUST
    lowered = case.with_organization(whose, **missing).decide()
    assert lowered.verdict is MAY
    assert "organization-unknown" in codes(lowered)
    assert "grant-active" in codes(lowered)


def test_outside_is_said_although_the_other_region_is_not_known():
    case = laboratory().with_organization(COUNTY, region=None).with_organization(TOWNSHIP, region="110000")
    assert "scope-outside" in codes(case.decide())


def test_equals_accept_each_other_and_higher_need_not_accept_lower():
    case = laboratory().with_scope(direction=Direction.LOWER_ACCEPTS_HIGHER)
    for level, verdict in ((32, MUST), (33, MUST), (31, MAY)):
        assert case.with_organization(TOWNSHIP, level=level).decide().verdict is verdict


def test_ultrasound_of_no_community_is_outside_even_where_neither_has_one():
    case = ultrasound()
    for one in (COUNTY, TOWNSHIP):
        case = case.with_organization(one, community=None)
    assert case.decide().verdict is MAY


def test_the_gravest_finding_is_told_where_no_grant_holds():
    case = laboratory()
    at = case.collected
    proposed = replace(case.grant, id="g-2", state=GrantState.PROPOSED)
    over = replace(case.grant, id="g-3", ends=at)
    far = replace(case.grant, id="g-4", scope=scope(key="2301"))
    withdrawn = replace(case.grant, id="g-5", state=GrantState.WITHDRAWN, known_from=at)
    ladder = [over, proposed, far, withdrawn]
    told = ["grant-out-of-period", "grant-proposed", "grant-scope-outside", "grant-withdrawn"]
    for count, code in enumerate(told, start=1):
        assert code in codes(with_grants(case, *ladder[:count]).decide())


def test_a_grant_not_yet_known_is_none():
    case = laboratory().with_grant(known_from=datetime(2026, 12, 1, tzinfo=UTC))
    assert "grant-none" in codes(case.decide())


@pytest.mark.parametrize("absent", [COUNTY, TOWNSHIP])
def test_one_organisation_nobody_knows_is_enough_to_know_too_little(absent):
    case = ultrasound()
    decision = case.with_facts(
        organizations=tuple(one for one in case.facts.organizations if one.id != absent)
    ).decide()
    assert decision.verdict is MAY
    assert {"organization-unknown", "ultrasound-community-unknown", "grant-active"} <= codes(decision)


def test_ultrasound_of_another_community_is_outside():
    assert ultrasound().with_organization(COUNTY, community=None).decide().verdict is MAY
    assert ultrasound().with_organization(TOWNSHIP, community=None).decide().verdict is MAY


@pytest.mark.parametrize("device", ["ct-0", "ct-2"])
def test_a_grant_of_one_device_says_nothing_of_another_whatever_it_is_called(device):
    case = imaging().with_grant(device_id="ct-1").with_candidate(device_id=device)
    assert "grant-other-device" in codes(case.decide())


def test_a_reader_is_the_one_named_wherever_the_name_was_read():
    read = f"{COUNTY[:3]}{COUNTY[3:]}"  # another object than the grant's, as from a database
    case = imaging().with_grant(basis=Basis.COUNTY_READING, reader_id=COUNTY).with_candidate(reporting_id=read)
    assert case.decide().verdict is MUST


def test_a_grant_that_ended_before_the_result_holds_for_it_no_more():
    case = laboratory()
    assert "grant-out-of-period" in codes(case.with_grant(ends=case.collected - timedelta(days=1)).decide())


def test_an_image_read_elsewhere_is_of_whoever_acquired_it_where_no_reading_is_relied_on():
    case = imaging().with_grant(basis=Basis.COMMUNITY_DOCUMENT)
    (told,) = (one for one in result(case).findings if one.code == "scope-covers")
    assert dict(told.evidence)["producer"] == TOWNSHIP


def test_a_community_is_its_name_wherever_it_was_read():
    again = b"anda".decode()  # another object than the literal, as from a database
    assert ultrasound().with_organization(TOWNSHIP, community=again).decide().verdict is MUST
