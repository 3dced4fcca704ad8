"""What becomes of a message after each kind of answer, by attempt and age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from telemed.outgoing.model import (
    FIRST_PAUSE,
    FIRST_REST,
    LONGEST_ASKED,
    LONGEST_PAUSE,
    MOST_FAILURES,
    MOST_REFUSALS,
    Again,
    Answer,
    GivenUp,
    Sent,
    Tried,
    decide,
    fails,
    rest,
)

NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


def after(answer: Answer, *, attempts: int = 0, refusals: int = 0, age: timedelta = timedelta(0), jitter: float = 1.0):
    return decide(answer, Tried(attempts, refusals, NOW - age), NOW, jitter, DAY)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_taken(status: int):
    assert after(Answer(status)) == Sent()


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, Again(NOW + FIRST_PAUSE, 0)),
        (500, Again(NOW + FIRST_PAUSE, 0)),
        (503, Again(NOW + FIRST_PAUSE, 0)),
        (408, Again(NOW + FIRST_PAUSE, 0)),
        (425, Again(NOW + FIRST_PAUSE, 0)),
        (429, Again(NOW + FIRST_PAUSE, 0)),
        (400, Again(NOW + FIRST_PAUSE, 1)),
        (404, Again(NOW + FIRST_PAUSE, 1)),
        (301, GivenUp("redirected")),
        (307, GivenUp("redirected")),
        (410, GivenUp("receiver-gone", gone=True)),
    ],
)
def test_what_each_answer_leads_to(status: int | None, expected: object):
    assert after(Answer(status)) == expected


def test_pauses_double_up_to_the_longest():
    pauses = [after(Answer(500), attempts=n).at - NOW for n in range(12)]
    assert pauses[:4] == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4, FIRST_PAUSE * 8]
    assert pauses[-1] == LONGEST_PAUSE
    assert all(one <= other for one, other in pairwise(pauses))


def test_jitter_spreads_a_pause_over_its_second_half():
    assert after(Answer(500), jitter=0.0).at - NOW == FIRST_PAUSE / 2
    assert after(Answer(500), jitter=1.0).at - NOW == FIRST_PAUSE


def test_a_message_that_is_refused_often_enough_is_final_and_one_time_less_is_not():
    assert after(Answer(422), refusals=MOST_REFUSALS - 1) == GivenUp("refused-422")
    assert isinstance(after(Answer(422), refusals=MOST_REFUSALS - 2), Again)


def test_a_receiver_in_trouble_never_uses_up_refusals():
    assert isinstance(after(Answer(503), refusals=MOST_REFUSALS - 1, attempts=40), Again)


def test_a_message_gets_as_old_as_is_said_and_no_older():
    assert after(Answer(500), age=DAY - FIRST_PAUSE) == GivenUp("too-old")
    assert isinstance(after(Answer(500), age=DAY - FIRST_PAUSE - timedelta(seconds=1)), Again)


@pytest.mark.parametrize(
    ("status", "asked", "expected"),
    [
        (429, 120, timedelta(seconds=120)),
        (503, 120, timedelta(seconds=120)),
        (503, 1, FIRST_PAUSE),
        (503, 10**6, LONGEST_ASKED),
        (500, 120, FIRST_PAUSE),
    ],
)
def test_a_pause_that_is_asked_for_is_kept_within_bounds(status: int, asked: int, expected: timedelta):
    assert after(Answer(status, asked)).at - NOW == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(None, True), (500, True), (503, True), (429, True), (400, False), (204, False), (410, False)],
)
def test_who_is_in_trouble(status: int | None, *, expected: bool):
    assert fails(Answer(status)) is expected


def test_a_receiver_rests_from_some_failures_on_and_longer_each_time():
    assert rest(Answer(500), MOST_FAILURES - 1, NOW) is None
    assert rest(Answer(500), MOST_FAILURES, NOW) == NOW + FIRST_REST
    assert rest(Answer(500), MOST_FAILURES + 1, NOW) == NOW + FIRST_REST * 2
    assert rest(Answer(500), 500, NOW) == NOW + LONGEST_PAUSE


def test_a_receiver_rests_as_long_as_it_asks_after_one_answer():
    assert rest(Answer(429, 90), 1, NOW) == NOW + timedelta(seconds=90)
    assert rest(Answer(500, 90), 1, NOW) is None
    assert rest(Answer(204), 0, NOW) is None
