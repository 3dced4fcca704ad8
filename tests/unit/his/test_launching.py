"""A page inside a hospital system opens once, within a minute, for its own system; each ground taken away alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from telemed.his.launching import CODE_LIFE, PAGE_LIFE, Launch, Page, Refusal, act, exchange, fingerprint

ISSUED = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
HIS, OTHER = "https://his.example", "https://other.example"
LAUNCH = Launch(
    id=UUID(int=1),
    client_id=UUID(int=2),
    origins=frozenset({HIS}),
    active=True,
    expires_at=ISSUED + CODE_LIFE,
    opened=False,
)
ORDER = UUID(int=5)
PAGE = Page(
    launch_id=UUID(int=1),
    client_id=UUID(int=2),
    active=True,
    expires_at=ISSUED + PAGE_LIFE,
    decisions=frozenset({ORDER}),
)


def opened(launch=LAUNCH, origin=HIS, *, own=False, seconds=1.0):
    return exchange(launch, origin, own=own, now=ISSUED + timedelta(seconds=seconds))


def acted(page=PAGE, decisions=(ORDER,), origin="null", *, own=False, seconds=1.0):
    return act(page, decisions, origin, own=own, now=ISSUED + timedelta(seconds=seconds))


@pytest.mark.parametrize("origin", [HIS, None, "null"])
def test_a_code_opens_its_page_from_a_page_of_its_system_or_where_the_browser_does_not_say(origin):
    assert opened(origin=origin) is None


def test_it_opens_from_a_page_of_this_county_too():
    assert opened(origin="https://county.example", own=True) is None
    assert opened(origin="https://county.example") is Refusal.ORIGIN


@pytest.mark.parametrize(
    ("launch", "said", "refusal"),
    [
        (None, {}, Refusal.UNKNOWN),
        (replace(LAUNCH, opened=True), {}, Refusal.USED),
        (replace(LAUNCH, active=False), {}, Refusal.DISABLED),
        (LAUNCH, {"origin": OTHER}, Refusal.ORIGIN),
        (LAUNCH, {"origin": f"{HIS}.evil.example"}, Refusal.ORIGIN),
        (LAUNCH, {"origin": ""}, Refusal.ORIGIN),
        (replace(LAUNCH, origins=frozenset()), {}, Refusal.ORIGIN),
        (LAUNCH, {"seconds": 61}, Refusal.LATE),
    ],
)
def test_one_ground_less_opens_nothing(launch, said, refusal):
    assert opened(launch, **said) is refusal


def test_the_last_moment_of_a_code_and_of_a_page_counts():
    assert opened(seconds=60) is None
    assert opened(seconds=60.001) is Refusal.LATE
    assert acted(seconds=1800) is None
    assert acted(seconds=1800.001) is Refusal.LATE


def test_a_stranger_does_not_learn_whether_a_code_was_used():
    assert opened(replace(LAUNCH, opened=True), origin=OTHER) is Refusal.ORIGIN


@pytest.mark.parametrize("origin", [None, "null"])
def test_a_form_of_the_page_is_acted_on(origin):
    assert acted(origin=origin) is None
    assert acted(decisions=()) is None
    assert acted(origin="https://county.example", own=True) is None


@pytest.mark.parametrize(
    ("page", "said", "refusal"),
    [
        (None, {}, Refusal.UNKNOWN),
        (replace(PAGE, active=False), {}, Refusal.DISABLED),
        (PAGE, {"origin": HIS}, Refusal.ORIGIN),
        (PAGE, {"origin": OTHER}, Refusal.ORIGIN),
        (PAGE, {"decisions": (UUID(int=6),)}, Refusal.ORDER),
        (PAGE, {"decisions": (ORDER, UUID(int=6))}, Refusal.ORDER),
        (PAGE, {"seconds": 1801}, Refusal.LATE),
    ],
)
def test_a_form_with_one_ground_less_is_not(page, said, refusal):
    assert acted(page, **said) is refusal


def test_an_altered_token_is_another_token():
    token = "q" * 43
    assert {fingerprint(token[:at] + "r" + token[at + 1 :]) == fingerprint(token) for at in range(43)} == {False}
    assert len(fingerprint(token)) == 64
