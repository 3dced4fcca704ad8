"""At the edges of granting: what belongs to whom, what is told again, and what happens at one moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from telemed.recognition.grant_states import known
from telemed.recognition.granting import FOREVER, derive_known
from telemed.recognition.quality import GrantingParameters
from telemed.recognition.rules import Basis, GrantState
from tests.unit.recognition.quality_facts import (
    COMMUNITY,
    PARAMETERS,
    PROVINCE,
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
from tests.unit.recognition.test_granting import LATE, at_last, rows

ACTIVE, SUSPENDED, WITHDRAWN = GrantState.ACTIVE, GrantState.SUSPENDED, GrantState.WITHDRAWN


def again(text: str) -> str:
    """Another object than the literal, as from a database."""
    return text.encode().decode()


def evidence(*facts) -> list[tuple[str, ...]]:
    return [one.evidence for one in sorted(known(rows(*facts), day(LATE)), key=lambda one: one.begins)]


def test_what_has_no_end_ends_with_the_last_day_there_is():
    assert datetime(9999, 12, 31, tzinfo=UTC) == FOREVER


@pytest.mark.parametrize("other", ["a", "z"])
def test_another_programme_says_nothing_of_this_one(other):
    found = known(rows(passed(0), failed(10, programme=other), withdraw(20, programme=other)), day(LATE))
    states = {(one.programme, one.state) for one in found}
    assert states >= {("eqa", ACTIVE)}
    assert {state for programme, state in states if programme == "eqa"} == {ACTIVE}


@pytest.mark.parametrize("other", ["ct-0", "ct-2"])
def test_a_change_of_another_device_says_nothing_of_this_one(other):
    assert at_last(passed(0, device_id="ct-1"), change(10, device_id=other)) == [("active", 0, 214)]


def test_a_lineage_is_what_it_is_called_wherever_that_was_read():
    mine = {"programme": again("eqa"), "scope": replace(PROVINCE), "device_id": again("ct-1")}
    found = at_last(passed(0, device_id="ct-1"), failed(10, **mine), change(20, device_id=again("ct-1")))
    assert found == [("active", 0, 10), ("suspended", 10, None)]
    assert at_last(passed(0), withdraw(10, programme=again("eqa"))) == [("active", 0, 10), ("withdrawn", 10, None)]
    assert at_last(passed(0, device_id="ct-1"), change(20, device_id=again("ct-1"))) == [
        ("active", 0, 20),
        ("suspended", 20, 214),
    ]


def test_what_changes_nothing_leaves_the_row_as_it_was_known():
    (row,) = rows(passed(0), verification(50))
    assert (row.begins, row.ends, row.known_from, row.known_until) == (day(0), day(214), day(0), None)


def test_only_what_is_not_active_says_from_when_it_is_withdrawn():
    told = {one.state: one.withdrawn_from for one in known(rows(passed(0), failed(10)), day(LATE))}
    assert told == {ACTIVE: None, SUSPENDED: day(10)}


def test_a_revocation_learnt_before_what_it_takes_back_hides_nothing_after_it():
    unknown = passed(4, known=20)
    facts = (passed(0), revocation(unknown, 5), failed(8), unknown)
    then = sorted(known(rows(*facts), day(9)), key=lambda one: one.begins)
    assert [(one.state, one.begins) for one in then] == [(ACTIVE, day(0)), (SUSPENDED, day(8))]


def test_an_evaluation_taken_back_suspends_only_where_the_grant_rests_on_it():
    first, second = passed(0), passed(100)
    assert at_last(first, second, revocation(first, 150))[-1][0] == "active"
    taken = revocation(second, 150)
    assert at_last(first, second, replace(taken, evaluation_id=again(second.id)))[-1][0] == "suspended"


def test_of_two_facts_of_one_moment_one_state_is_left():
    found = derive_known((passed(0), failed(0)), PARAMETERS, day(1))
    assert [(one.state, one.begins) for one in found] == [(SUSPENDED, day(0))]


def test_a_suspension_that_ended_is_not_the_one_that_begins_later():
    changed = (passed(0), change(50))
    assert at_last(*changed, failed(300)) == [("active", 0, 50), ("suspended", 50, 214), ("suspended", 300, None)]
    assert at_last(*changed, failed(214)) == [("active", 0, 50), ("suspended", 50, None)]


def test_giving_back_what_failures_withdrew_leaves_it_suspended_from_then_on():
    found = at_last(passed(0), failed(10), failed(20), reinstate(30))
    assert found == [("active", 0, 10), ("suspended", 10, 20), ("withdrawn", 20, 30), ("suspended", 30, None)]


def test_each_pass_has_a_grant_of_its_own_whatever_it_is_called():
    later, earlier = passed(100), passed(0)  # numbered in the other order
    assert at_last(earlier, later) == [("active", 0, 100), ("active", 100, 314)]


def test_a_change_at_the_very_end_of_a_grant_suspends_nothing():
    assert at_last(passed(0), change(214)) == [("active", 0, 214)]


@pytest.mark.parametrize(
    ("first", "second", "end"), [(-100, -10, 100 + 5), (-10, 0, 100 + 5), (-10, 10, 183 + 31), (10, 20, 183 + 31)]
)
def test_the_figures_in_force_on_the_day_count_or_the_first_there_are(first, second, end):
    figures = (GrantingParameters(day(second), 100, 5, 30), GrantingParameters(day(first), 183, 31, 30))
    assert at_last(passed(0), parameters=figures) == [("active", 0, end)]


def test_a_grant_rests_on_its_pass_and_on_all_since_while_something_stands_against_it():
    first, second = passed(0), passed(100)
    assert evidence(first, second) == [(first.id,), (second.id,)]
    ruling, after = withdraw(10), passed(20)
    assert evidence(first, ruling, after)[-1] == (first.id, ruling.id, after.id)
    changed = change(10)  # the samples of the next pass are of before it
    assert evidence(first, changed, after)[-1] == (first.id, changed.id, after.id)


def test_a_third_failure_may_reach_further_back_than_the_second():
    found = at_last(passed(0), failed(10), failed(20), failed(30, retroactive_from=day(5)))
    assert found == [("active", 0, 5), ("withdrawn", 5, None)]


def test_what_was_given_back_is_as_any_other_grant():
    found = at_last(passed(0), withdraw(10), reinstate(20), failed(30), failed(40), passed(90))
    assert found[-1] == ("active", 90, 90 + 214)


def test_agreements_of_the_same_reader_stand_beside_each_other():
    both = (agreement(0, 50, Basis.COUNTY_READING, reader_id="county", scope=COMMUNITY) for _ in range(2))
    assert at_last(*both) == [("active", 0, 50)] * 2
