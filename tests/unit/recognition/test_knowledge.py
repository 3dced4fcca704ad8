"""What the registry held true at a moment: its first moment counts, its end does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from telemed.recognition.knowledge import as_known, is_known
from tests.unit.recognition.good import laboratory

FROM, UNTIL = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "known"),
    [
        (FROM - TICK, False),
        (FROM, True),
        (UNTIL - TICK, True),
        (datetime(2026, 11, 22, tzinfo=UTC), False),  # another object than the row's
        (UNTIL + TICK, False),
    ],
)
def test_a_row_is_known_from_its_first_moment_until_its_end(at, known):
    assert is_known(replace(laboratory().grant, known_from=FROM, known_until=UNTIL), at) is known


def test_a_row_without_an_end_is_known_for_good():
    assert is_known(replace(laboratory().grant, known_from=FROM), UNTIL + timedelta(days=9999))


def test_the_end_of_knowledge_that_lay_ahead_is_struck_out():
    case = laboratory().with_grant(known_from=FROM, known_until=UNTIL)
    (grant,) = as_known(case.facts, UNTIL - TICK).grants
    assert grant == replace(case.grant, known_until=None)
