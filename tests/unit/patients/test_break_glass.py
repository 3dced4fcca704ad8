"""紧急调阅: good cases and each with exactly one ground removed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from telemed.errors import DomainError
from telemed.patients.break_glass import (
    MOST,
    PAUSE,
    SPAN,
    Judged,
    Standing,
    Use,
    Verdict,
    reachable,
    refuse_again,
    refuse_ending,
    refuse_opening,
    refuse_review,
    revokes,
    standing,
)
from telemed.vocabulary import Scope, ScopeKind

NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
DOCTOR, REVIEWER, TOWNSHIP, OUTSIDE = (uuid4() for _ in range(4))
USE = Use(uuid4(), DOCTOR, TOWNSHIP, uuid4(), NOW, NOW + SPAN, ended_at=None, reviewed_at=None)
LAST = NOW + SPAN - timedelta(seconds=1)


def code(refused: DomainError | None) -> str:
    return "" if refused is None else refused.code


def test_a_record_is_open_for_its_time_and_not_a_moment_longer():
    assert [standing(USE, at) for at in (NOW, LAST, NOW + SPAN)] == [
        Standing.IN_FORCE,
        Standing.IN_FORCE,
        Standing.EXPIRED,
    ]
    assert standing(replace(USE, ended_at=NOW), NOW) is Standing.ENDED


def test_a_record_is_reached_through_one_organisation_that_knows_the_person():
    community = Scope(ScopeKind.COMMUNITY, frozenset({TOWNSHIP}))
    assert reachable(community, [OUTSIDE, TOWNSHIP])
    assert not reachable(community, [OUTSIDE])
    assert not reachable(community, [])


@pytest.mark.parametrize(
    ("note", "refusal"), [("抢救", ""), ("", "break-glass-needs-reason"), (" \n", "break-glass-needs-reason")]
)
def test_nobody_opens_a_record_without_a_word_why(note: str, refusal: str):
    assert code(refuse_opening(note)) == refusal


def test_only_its_own_person_ends_an_open_use():
    assert refuse_ending(USE, DOCTOR, LAST) is None
    assert code(refuse_ending(USE, REVIEWER, LAST)) == "unknown-use"
    assert code(refuse_ending(USE, DOCTOR, NOW + SPAN)) == "break-glass-over"
    assert code(refuse_ending(replace(USE, ended_at=NOW), DOCTOR, LAST)) == "break-glass-over"


def test_a_use_is_judged_once_by_somebody_else_and_with_a_word_where_it_was_wrong():
    assert refuse_review(USE, REVIEWER, Verdict.JUSTIFIED, "") is None
    assert refuse_review(USE, REVIEWER, Verdict.NOT_JUSTIFIED, "无急诊记录") is None
    assert code(refuse_review(USE, DOCTOR, Verdict.JUSTIFIED, "")) == "break-glass-own-review"
    assert code(refuse_review(replace(USE, reviewed_at=NOW), REVIEWER, Verdict.JUSTIFIED, "")) == "break-glass-reviewed"
    assert code(refuse_review(USE, REVIEWER, Verdict.NOT_JUSTIFIED, " ")) == "break-glass-needs-note"


def test_a_use_that_was_wrong_shuts_at_once_if_it_is_still_open():
    assert revokes(USE, Verdict.NOT_JUSTIFIED, LAST)
    assert not revokes(USE, Verdict.JUSTIFIED, LAST)
    assert not revokes(USE, Verdict.NOT_JUSTIFIED, NOW + SPAN)
    assert not revokes(replace(USE, ended_at=NOW), Verdict.NOT_JUSTIFIED, LAST)


BAD = Judged(NOW, Verdict.NOT_JUSTIFIED)


@pytest.mark.parametrize(
    ("in_force", "last", "at", "refusal"),
    [
        (MOST - 1, None, NOW, ""),
        (MOST, None, NOW, "break-glass-too-many"),
        (0, BAD, NOW + PAUSE - timedelta(seconds=1), "break-glass-not-justified"),
        (0, BAD, NOW + PAUSE, ""),
        (0, Judged(NOW, Verdict.JUSTIFIED), NOW, ""),
        (0, Judged(NOW, ""), NOW, ""),
    ],
)
def test_a_record_is_opened_again_unless_too_many_are_or_it_was_not_justified(in_force, last, at, refusal):
    assert code(refuse_again(in_force, last, at)) == refusal
