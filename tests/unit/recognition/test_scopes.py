"""Whether a scope covers who produced a result and who is to accept it: every kind, every direction."""

from __future__ import annotations

import pytest

from telemed.recognition.facts import Organization
from telemed.recognition.grounds import GROUNDS
from telemed.recognition.rules import Direction, Scope
from telemed.recognition.scopes import coverage, stands_against


def one(name: str, **facts) -> Organization:
    known = {"level": 20, "ownership": None, "region": "231281", "community": "m"}
    return Organization(name, name, **(known | facts))


A, B, C = one("a"), one("b"), one("c")
NATIONAL = Scope("national", "", "")
COMMUNITY = Scope("community", "m", "")
GROUP = Scope("group", "g", "")
REGION = Scope("region", "2312", "")
PAIR = Scope("bilateral", "p", "", producers=frozenset({"a", "b"}), accepters=frozenset({"b", "c"}))
NAMED = Scope("national", "", "", Direction.NAMED, frozenset({"a"}), frozenset({"b"}))
LOWER = Scope("national", "", "", Direction.LOWER_ACCEPTS_HIGHER)


@pytest.mark.parametrize(
    ("scope", "producer", "accepter", "says"),
    [
        (NATIONAL, A, B, "scope-covers"),
        (NATIONAL, None, B, "organization-unknown"),
        (NATIONAL, A, None, "organization-unknown"),
        (NATIONAL, None, None, "organization-unknown"),
        (REGION, A, B, "scope-covers"),
        (REGION, A, one("b", region="231300"), "scope-outside"),
        (REGION, one("a", region=None), B, "organization-unknown"),
        (REGION, A, one("b", region=None), "organization-unknown"),
        (REGION, one("a", region=None), one("b", region="11"), "scope-outside"),
        (GROUP, one("a", groups=frozenset({"g"})), one("b", groups=frozenset({"f", "g"})), "scope-covers"),
        (GROUP, one("a", groups=frozenset({"g"})), B, "scope-outside"),
        (COMMUNITY, A, B, "scope-covers"),
        (COMMUNITY, A, one("b", community="l"), "scope-outside"),
        (COMMUNITY, A, one("b", community="n"), "scope-outside"),
        (COMMUNITY, A, one("b", community=None), "scope-outside"),
        (PAIR, A, C, "scope-covers"),
        (PAIR, C, A, "scope-covers"),
        (PAIR, A, B, "scope-covers"),
        (PAIR, A, one("d"), "scope-outside"),
        (NAMED, A, B, "scope-covers"),
        (NAMED, B, A, "scope-not-named"),
        (NAMED, A, C, "scope-not-named"),
        (NAMED, C, B, "scope-not-named"),
        (LOWER, one("a", level=30), one("b", level=20), "scope-covers"),
        (LOWER, one("a", level=20), one("b", level=20), "scope-covers"),
        (LOWER, one("a", level=20), one("b", level=30), "scope-direction"),
        (LOWER, one("a", level=None), B, "organization-unknown"),
        (LOWER, A, one("b", level=None), "organization-unknown"),
    ],
)
def test_a_scope_covers_both_or_says_why_not(scope, producer, accepter, says):
    assert coverage(scope, producer, accepter) == says


def test_a_community_is_its_name_wherever_it_was_read():
    read = b"longan".decode()  # another object than the literal, as from a database
    assert coverage(Scope("community", "longan", ""), one("a", community=read), one("b", community=read)) == (
        "scope-covers"
    )


def test_only_what_is_certain_stands_against():
    told = [code for code in GROUNDS if code.startswith(("scope-", "organization-")) and stands_against(code)]
    assert told == ["scope-outside", "scope-direction", "scope-not-named"]
