"""What is printed for a grant at a moment, and for how long a withdrawn one was relied on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from telemed.recognition.grant_states import Loss, losses, mark
from telemed.recognition.rules import GrantState
from tests.unit.recognition.good import GLUCOSE_ITEM, grant

HELD = grant(GLUCOSE_ITEM)
LEARNT = HELD.begins + timedelta(days=60)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "printed"),
    [
        (HELD.begins - TICK, None),
        (HELD.begins, "绥化HR"),
        (HELD.begins + timedelta(days=1), "绥化HR"),
        (HELD.ends - TICK, "绥化HR"),
        (HELD.ends, None),
        (HELD.ends + timedelta(days=1), None),
    ],
)
def test_the_mark_is_printed_from_the_first_moment_of_a_grant_until_its_end(at, printed):
    assert mark(HELD, at) == printed


def lost(*held, known_at: datetime = LEARNT) -> tuple[Loss, ...]:
    """What a withdrawal from the very beginning takes back."""
    withdrawn = replace(HELD, state=GrantState.WITHDRAWN, known_from=known_at)
    return losses(held, (), (withdrawn,), known_at)


def test_of_rows_of_one_grant_the_one_relied_on_longest_is_taken_back_in_whatever_order_they_come():
    short = replace(HELD, known_until=HELD.begins + timedelta(days=10))
    long = replace(HELD, known_until=HELD.begins + timedelta(days=20))
    for held in ((short, long), (long, short)):
        assert lost(*held) == (Loss(long, HELD.begins, HELD.begins + timedelta(days=20)),)


def test_of_rows_relied_on_equally_long_the_first_is_told():
    first = replace(HELD, known_until=HELD.begins + timedelta(days=10))
    second = replace(first, evidence=("eqa-2026-2",))
    assert [one.grant for one in lost(first, second)] == [first]
