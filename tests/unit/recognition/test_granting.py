"""Grants follow from what is recorded, hold by the day, and what was known before stays what was known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemed.recognition.grant_states import known, losses, mark, standing, state_at
from telemed.recognition.granting import FOREVER, derive, derive_known, lineages_of
from telemed.recognition.granting_files import MalformedParameters, parse, read_parameters
from telemed.recognition.quality import GrantingParameters, QualityEvaluation
from telemed.recognition.rules import Basis, GrantState
from tests.unit.recognition.quality_facts import (
    BEGINNING,
    COMMUNITY,
    PARAMETERS,
    POTASSIUM,
    PROVINCE,
    absent,
    agreement,
    change,
    day,
    failed,
    passed,
    reinstate,
    revocation,
    verification,
    withdraw,
)

LATE = 5000  # long after everything is known


def rows(*facts, parameters=PARAMETERS):
    return derive(facts, parameters)


def at_last(*facts, parameters=PARAMETERS):
    """What is known in the end: (state, first day, end) in order."""
    return [
        (str(one.state), (one.begins - BEGINNING).days, None if one.ends == FOREVER else (one.ends - BEGINNING).days)
        for one in sorted(known(rows(*facts, parameters=parameters), day(LATE)), key=lambda one: one.begins)
    ]


def test_a_pass_counts_from_its_publication_for_half_a_year_and_a_month():
    assert at_last(passed(0)) == [("active", 0, 183 + 31)]


def test_an_earlier_round_ends_it_earlier_and_a_later_one_does_not_lengthen_it():
    assert at_last(passed(0, next_due=day(90))) == [("active", 0, 90 + 31)]
    assert at_last(passed(0, next_due=day(183))) == [("active", 0, 214)]
    assert at_last(passed(0, next_due=day(400))) == [("active", 0, 214)]


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (-0.001, GrantState.PROPOSED),
        (0, GrantState.ACTIVE),
        (152.999, GrantState.ACTIVE),
        (153, GrantState.DUE_SOON),
        (213.999, GrantState.DUE_SOON),
        (214, GrantState.EXPIRED),
    ],
)
def test_proposed_due_soon_and_expired_come_from_the_date(at, state):
    (grant,) = rows(passed(0))
    assert grant.state is GrantState.ACTIVE
    assert state_at(grant, day(at), 30) is state


def test_a_suspension_is_never_due_soon():
    (grant,) = known(rows(passed(-1), failed(-1)), day(LATE))
    assert state_at(replace(grant, due=day(1)), day(0), 30) is GrantState.SUSPENDED


def test_the_parameters_of_the_day_of_publication_count():
    later = GrantingParameters(day(100), 90, 10, 30)
    assert at_last(passed(99.9), parameters=(*PARAMETERS, later)) == [("active", 99, 99 + 214)]
    assert at_last(passed(100), parameters=(later, *PARAMETERS)) == [("active", 100, 200)]
    assert at_last(passed(0), parameters=(later,)) == [("active", 0, 100)]
    with pytest.raises(ValueError, match="parameters"):
        rows(passed(0), parameters=())


def test_a_round_passed_in_time_goes_on_without_a_gap():
    assert at_last(passed(0), passed(180)) == [("active", 0, 180), ("active", 180, 394)]


def test_a_round_passed_too_late_leaves_the_gap():
    assert at_last(passed(0), passed(214)) == [("active", 0, 214), ("active", 214, 428)]
    assert at_last(passed(0), passed(220)) == [("active", 0, 214), ("active", 220, 434)]


def test_a_failure_suspends_from_its_publication_and_a_second_withdraws():
    assert at_last(passed(0), failed(100)) == [("active", 0, 100), ("suspended", 100, None)]
    assert at_last(passed(0), failed(100), failed(150)) == [
        ("active", 0, 100),
        ("suspended", 100, 150),
        ("withdrawn", 150, None),
    ]


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ([], "withdrawn"),
        ([passed(120)], "suspended"),  # a pass between them
        ([absent(120)], "withdrawn"),  # missing a round mends nothing
    ],
)
def test_two_failures_withdraw_only_with_no_pass_between_them(between, expected):
    assert at_last(passed(0), failed(100), *between, failed(150))[-1][0] == expected


def test_the_same_round_failed_twice_is_one_failure():
    first = failed(100, round_="2026-1")
    assert at_last(passed(0), first, failed(150, round_="2026-1"))[-1][0] == "suspended"
    assert at_last(passed(0), first, failed(150, round_="2026-2"))[-1][0] == "withdrawn"


def test_rounds_missed_never_withdraw():
    assert [one[0] for one in at_last(passed(0), absent(50), absent(100), absent(150))] == ["active", "suspended"]


def test_a_second_failure_may_reach_back_and_a_first_never_does():
    reaching = failed(150, retroactive_from=day(60))
    assert at_last(passed(0), failed(100), reaching) == [("active", 0, 60), ("withdrawn", 60, None)]
    assert at_last(passed(0), reaching) == [("active", 0, 150), ("suspended", 150, None)]


def test_the_issuers_withdrawal_may_reach_back_but_never_forward():
    assert at_last(passed(0), withdraw(100, retroactive_from=day(40))) == [("active", 0, 40), ("withdrawn", 40, None)]
    assert at_last(passed(0), withdraw(100, retroactive_from=day(120))) == [
        ("active", 0, 100),
        ("withdrawn", 100, None),
    ]
    assert at_last(passed(0), withdraw(100, retroactive_from=day(-5))) == [("withdrawn", -5, None)]


def test_a_later_withdrawal_reaching_further_back_takes_more():
    first, second = withdraw(100, retroactive_from=day(80)), withdraw(120, retroactive_from=day(20))
    assert at_last(passed(0), first, second) == [("active", 0, 20), ("withdrawn", 20, None)]
    assert at_last(passed(0), second, first) == [("active", 0, 20), ("withdrawn", 20, None)]


def test_a_change_suspends_until_verified_and_never_longer_than_the_pass_counted():
    assert at_last(passed(0), change(50)) == [("active", 0, 50), ("suspended", 50, 214)]
    assert at_last(passed(0), change(50), verification(60)) == [
        ("active", 0, 50),
        ("suspended", 50, 60),
        ("active", 60, 214),
    ]
    assert at_last(passed(0), change(50), verification(300)) == [("active", 0, 50), ("suspended", 50, 214)]


def test_a_round_of_samples_from_before_the_change_does_not_verify_it():
    assert at_last(passed(0), change(50), passed(100, period_begins=day(50)))[-1] == ("active", 100, 314)
    assert at_last(passed(0), change(50), passed(100, period_begins=day(49)))[-1] == ("suspended", 50, 314)


@pytest.mark.parametrize(
    ("device", "changed", "state"),
    [
        ("ct-1", "ct-1", "suspended"),
        ("ct-1", None, "suspended"),
        (None, "ct-1", "suspended"),  # it speaks for all devices
        ("ct-1", "ct-2", "active"),
    ],
)
def test_a_change_takes_the_grants_of_its_device(device, changed, state):
    assert at_last(passed(0, device_id=device), change(50, device_id=changed))[-1][0] == state


def test_a_change_of_another_item_takes_nothing():
    assert at_last(passed(0), change(50, item_keys=frozenset({"lab.sodium"}))) == [("active", 0, 214)]


def test_a_decision_of_another_programme_takes_nothing():
    assert at_last(passed(0), withdraw(50, programme="other")) == [("active", 0, 214)]


def test_an_evaluation_taken_back_suspends_and_a_failure_taken_back_restores():
    good, bad = passed(0), failed(100)
    assert at_last(good, revocation(good, 50)) == [("active", 0, 50), ("suspended", 50, None)]
    assert at_last(good, bad, revocation(bad, 110)) == [
        ("active", 0, 100),
        ("suspended", 100, 110),
        ("active", 110, 214),
    ]
    assert at_last(good, revocation(bad, 50)) == [("active", 0, 214)]  # of an evaluation nobody has


def test_an_evaluation_taken_back_no_longer_counts_among_failures():
    first, second = failed(50), failed(150)
    assert at_last(passed(0), first, revocation(first, 60), second)[-1][0] == "suspended"
    assert at_last(passed(0), first, second)[-1][0] == "withdrawn"


def test_a_decision_known_before_the_first_evaluation_says_nothing_until_then():
    found = rows(withdraw(0), passed(0, known=5))
    assert known(found, day(4)) == ()
    assert [one.state for one in known(found, day(5))] == [GrantState.WITHDRAWN]


def test_a_revocation_known_before_what_it_takes_back_says_nothing_until_then():
    late = passed(0, known=5)
    found = rows(passed(0), late, revocation(late, 0))
    assert [(one.state, len(one.evidence)) for one in known(found, day(4))] == [(GrantState.ACTIVE, 1)]
    assert [one.state for one in known(found, day(5))] == [GrantState.SUSPENDED]


def test_each_item_device_and_programme_has_a_grant_of_its_own():
    both = frozenset({"lab.potassium", "lab.sodium"})
    assert len(lineages_of(passed(0, item_keys=both))) == 2
    found = rows(passed(0, item_keys=both), failed(50), passed(0, programme="other"), passed(0, device_id="x"))
    sodium = [one for one in known(found, day(LATE)) if one.item_key == "lab.sodium"]
    assert [one.state for one in sodium] == [GrantState.ACTIVE]
    assert len({one.id for one in found}) == len(
        {(one.item_key, one.device_id, one.programme, one.begins) for one in found}
    )


@pytest.mark.parametrize("basis", [Basis.EQA, Basis.IMAGING_QC, Basis.ON_SITE])
def test_what_was_evaluated_prints_the_mark_while_it_is_active(basis):
    (grant,) = rows(passed(0, basis=basis))
    assert mark(grant, day(0)) == "黑HR"
    assert mark(grant, day(-0.001)) is None
    assert mark(grant, day(214)) is None
    assert mark(replace(grant, state=GrantState.SUSPENDED), day(0)) is None


@pytest.mark.parametrize(("basis", "reader"), [(Basis.COMMUNITY_DOCUMENT, None), (Basis.COUNTY_READING, "county")])
def test_an_agreement_counts_for_its_days_and_prints_no_mark(basis, reader):
    (grant,) = rows(agreement(0, 365, basis, reader_id=reader))
    assert (grant.state, grant.begins, grant.ends) == (GrantState.ACTIVE, day(0), day(365))
    assert (grant.basis, grant.reader_id, grant.scope) == (basis, reader, COMMUNITY)
    assert mark(grant, day(10)) is None


def test_an_agreement_is_withdrawn_by_its_own_id_and_suspended_by_a_change():
    one = agreement(0, 365)
    assert at_last(one, withdraw(50, programme=one.id))[-1] == ("withdrawn", 50, None)
    assert at_last(one, withdraw(50, programme=one.id), reinstate(60, programme=one.id))[-1] == ("active", 60, 365)
    assert at_last(one, change(50))[-1] == ("suspended", 50, 365)


def test_what_was_known_before_a_late_failure_stays_what_was_known():
    found = rows(passed(0), failed(100, known=110))
    before, after = known(found, day(109.9)), known(found, day(110))
    assert [(one.state, one.ends) for one in before] == [(GrantState.ACTIVE, day(214))]
    assert [(one.state, one.ends) for one in after] == [(GrantState.ACTIVE, day(100)), (GrantState.SUSPENDED, FOREVER)]
    assert before[0].id == after[0].id
    assert (before[0].known_from, before[0].known_until) == (day(0), day(110))


def test_a_suspension_says_from_when_it_counts():
    suspended = known(rows(passed(0), failed(100, known=110)), day(110))[-1]
    assert suspended.withdrawn_from == day(100)


def test_a_withdrawal_reaching_back_takes_back_what_was_held_active_until_it_was_known():
    found = rows(passed(0), passed(90), withdraw(120, retroactive_from=day(60), known=125))
    taken = losses(found, known(found, day(124)), known(found, day(125)), day(125))
    assert [(one.begins, one.ends) for one in taken] == [(day(60), day(90)), (day(90), day(125))]
    assert {one.grant.state for one in taken} == {GrantState.ACTIVE}


def test_a_withdrawal_from_now_on_and_a_suspension_take_nothing_back():
    for last in (withdraw(120), failed(120), failed(120, known=130)):
        found = rows(passed(0), last)
        moment = last.known_from
        assert losses(found, known(found, moment - timedelta(seconds=1)), known(found, moment), moment) == ()


def taken_at(found, moment):
    """What was taken back by what was learnt at a moment; of what came later nothing is known yet."""
    held = [one for one in found if one.known_from < moment]
    before, after = known(found, moment - timedelta(seconds=1)), known(found, moment)
    return [(one.begins, one.ends) for one in losses(held, before, after, moment)]


def test_a_withdrawal_takes_back_what_was_held_before_a_suspension_was_known_too():
    """Suspended from day 100, which was learnt on day 108: until then decisions rested on results since day 100."""
    found = rows(passed(0), failed(100, known=108), withdraw(120, retroactive_from=day(60)))
    assert taken_at(found, day(120)) == [(day(60), day(108))]
    found = rows(passed(0), failed(100, known=108), withdraw(120, retroactive_from=day(102)))
    assert taken_at(found, day(120)) == [(day(102), day(108))]
    found = rows(passed(0), failed(100), withdraw(120, retroactive_from=day(102)))
    assert taken_at(found, day(120)) == []


def test_a_second_withdrawal_takes_only_what_the_first_left():
    first, second = withdraw(120, retroactive_from=day(60)), withdraw(130, retroactive_from=day(30))
    found = rows(passed(0), first, second)
    assert taken_at(found, day(120)) == [(day(60), day(120))]
    assert taken_at(found, day(130)) == [(day(30), day(60))]
    assert taken_at(rows(passed(0), first, withdraw(130, retroactive_from=day(60))), day(130)) == []


def test_after_it_was_given_back_a_withdrawal_takes_what_was_held_since():
    found = rows(
        passed(0), withdraw(120, retroactive_from=day(60)), reinstate(150), withdraw(180, retroactive_from=day(140))
    )
    assert taken_at(found, day(180)) == [(day(150), day(180))]


def test_of_each_lineage_the_grant_of_the_moment_stands():
    found = known(rows(passed(0), failed(100)), day(LATE))
    assert [one.state for one in standing(found, day(99))] == [GrantState.ACTIVE]
    assert [one.state for one in standing(found, day(100))] == [GrantState.SUSPENDED]
    assert [one.begins for one in standing(found, day(-1))] == [day(0)]


DAYS = st.integers(0, 400)
SOME_KEYS = st.sampled_from([POTASSIUM, frozenset({"lab.potassium", "lab.sodium"}), frozenset({"lab.sodium"})])
SOME_DEVICE = st.sampled_from([None, "x", "y"])


def _fact(draw, so_far):
    at, late = draw(DAYS), draw(st.integers(0, 40))
    said = {"known": at + late, "item_keys": draw(SOME_KEYS), "device_id": draw(SOME_DEVICE)}
    back = {"retroactive_from": draw(st.none() | st.integers(0, at).map(day))}
    evaluations = [one for one in so_far if isinstance(one, QualityEvaluation)]
    match draw(st.integers(0, 8 if evaluations else 7)):
        case 0:
            return passed(at, **said)
        case 1:
            return passed(at, **said, period_begins=day(at))
        case 2:
            return failed(at, **said, **back)
        case 3:
            return absent(at, **said)
        case 4:
            return change(at, **said)
        case 5:
            return verification(at, **said)
        case 6:
            return withdraw(at, **said, **back)
        case 7:
            return reinstate(at, **said)
        case _:
            return revocation(draw(st.sampled_from(evaluations)), at, known=at + late)


@st.composite
def histories(draw):
    facts = []
    for _ in range(draw(st.integers(1, 9))):
        facts.append(_fact(draw, facts))
    return facts


def open_ended(grants):
    return sorted((replace(one, known_until=None) for one in grants), key=lambda one: (one.id, one.begins))


@settings(deadline=None, max_examples=100)
@given(histories(), st.integers(0, 440))
def test_later_knowledge_never_changes_what_was_known(facts, moment):
    then = [one for one in facts if one.known_from <= day(moment)]
    as_known = open_ended(known(derive(facts, PARAMETERS), day(moment)))
    assert as_known == open_ended(known(derive(then, PARAMETERS), day(moment)))
    anew = {one.id: replace(one, known_from=BEGINNING) for one in derive_known(facts, PARAMETERS, day(moment))}
    assert anew == {one.id: replace(one, known_from=BEGINNING) for one in as_known}


@settings(deadline=None, max_examples=100)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_given_says_nothing(facts, shuffle):
    other = list(facts)
    shuffle.shuffle(other)
    assert derive(other, PARAMETERS) == derive(facts, PARAMETERS)


@settings(deadline=None, max_examples=100)
@given(histories(), st.integers(0, 440))
def test_at_any_moment_of_knowledge_a_lineage_has_one_state_at_a_time_and_each_row_holds_something(facts, moment):
    by_lineage = {}
    for one in known(derive(facts, PARAMETERS), day(moment)):
        assert one.begins < one.ends
        assert one.state in (GrantState.ACTIVE, GrantState.SUSPENDED, GrantState.WITHDRAWN)
        by_lineage.setdefault((one.programme, one.item_key, one.device_id), []).append(one)
    for grants in by_lineage.values():
        grants.sort(key=lambda one: one.begins)
        assert all(a.ends <= b.begins for a, b in pairwise(grants))


@settings(deadline=None, max_examples=50)
@given(histories())
def test_an_active_grant_always_rests_on_a_pass_that_nobody_has_taken_back(facts):
    passes = {one.id: one for one in facts if isinstance(one, QualityEvaluation) and one.outcome == "pass"}
    for one in known(derive(facts, PARAMETERS), day(LATE)):
        if one.state is GrantState.ACTIVE:
            (earliest, *_) = sorted(passes[name].published_at for name in one.evidence if name in passes)
            assert earliest <= one.begins
            assert one.ends <= max(passes[name].published_at for name in one.evidence if name in passes) + timedelta(
                214
            )


def test_the_shipped_parameters_are_half_a_year_a_month_and_a_month():
    (one,) = read_parameters()
    assert (one.max_age_days, one.grace_days, one.due_soon_days) == (183, 31, 30)


GOOD = "effective = 2026-01-01T00:00:00+08:00\nmax_age_days = 183\ngrace_days = 31\ndue_soon_days = 30\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("+08:00", "", "zone"),
        ("183", "0", "max_age_days"),
        ("31", "-1", "grace_days"),
        ("due_soon_days = 30", "due_soon_days = 183", "less than"),
        ("grace_days", "grace", "grace"),
        ("=", "", "TOML|xpected"),
    ],
)
def test_a_fault_in_the_parameters_is_named(old, new, says):
    assert parse("a.toml", GOOD).grace_days == 31
    with pytest.raises(MalformedParameters, match=says):
        parse("a.toml", GOOD.replace(old, new))


def test_no_parameters_or_two_of_one_day_are_refused(tmp_path):
    with pytest.raises(MalformedParameters, match="no file"):
        read_parameters(tmp_path)
    (tmp_path / "a.toml").write_text(GOOD, "utf-8")
    assert len(read_parameters(tmp_path)) == 1
    (tmp_path / "b.toml").write_text(GOOD, "utf-8")
    with pytest.raises(MalformedParameters, match="one day"):
        read_parameters(tmp_path)


def test_scopes_are_told_apart():
    found = known(rows(passed(0), failed(50, scope=COMMUNITY)), day(LATE))
    assert {(one.scope, one.state) for one in found} == {
        (PROVINCE, GrantState.ACTIVE),
        (COMMUNITY, GrantState.SUSPENDED),
    }
