from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from telemed.access.sessions import Limits, Need, Standing, digest, folded, needs, new_token, standing

NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
LIMITS = Limits(idle=timedelta(minutes=30))
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("expires", "seen", "locked", "expected"),
    [
        (SECOND, timedelta(0), None, Standing.ACTIVE),
        (timedelta(0), timedelta(0), None, Standing.OVER),
        (-SECOND, timedelta(0), timedelta(0), Standing.OVER),
        (SECOND, timedelta(minutes=30) - SECOND, None, Standing.ACTIVE),
        (SECOND, timedelta(minutes=30), None, Standing.LOCKED),
        (SECOND, timedelta(0), timedelta(0), Standing.LOCKED),
    ],
)
def test_a_session_stands_by_its_times(
    expires: timedelta,
    seen: timedelta,
    locked: timedelta | None,
    expected: Standing,
):
    assert (
        standing(
            NOW,
            LIMITS,
            expires_at=NOW + expires,
            last_seen_at=NOW - seen,
            locked_at=None if locked is None else NOW - locked,
        )
        is expected
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((False, False, False, False), []),
        ((False, True, False, False), [Need.SECOND_FACTOR_ENROL]),
        ((False, True, True, False), [Need.SECOND_FACTOR]),
        ((False, False, True, False), [Need.SECOND_FACTOR]),
        ((False, True, True, True), []),
        ((True, True, True, False), [Need.PASSWORD, Need.SECOND_FACTOR]),
        ((True, False, False, False), [Need.PASSWORD]),
    ],
)
def test_the_open_steps_follow_from_the_facts(facts: tuple[bool, bool, bool, bool], expected: list[Need]):
    due, role, enrolled, proved = facts
    assert needs(password_due=due, role_needs_second_factor=role, enrolled=enrolled, proved=proved) == expected


def test_an_account_name_has_one_spelling():
    assert folded(" LiuDeFu ") == folded("ｌｉｕｄｅｆｕ") == "liudefu"


def test_a_token_is_long_and_stored_as_a_digest_only():
    token = new_token()
    assert len(token) >= 43
    assert token.encode() not in digest(token)
    assert len(digest(token)) == 32
