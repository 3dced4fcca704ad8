"""Attribute matching of queries: each kind of key, and beside each what it must not find (PS3.4 C.2.2.2)."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemed.imaging.attributes import (
    Days,
    Hours,
    Kind,
    Number,
    Single,
    UidList,
    Universal,
    Unusable,
    Wildcard,
    condition,
    like,
    matches,
)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("key", ["", "   ", "\x00"])
def test_an_empty_key_asks_for_everything(kind, key):
    assert condition(kind, key) == Universal()
    assert matches(Universal(), None)


@pytest.mark.parametrize(
    ("kind", "key", "asked"),
    [
        (Kind.TEXT, "*", Universal()),
        (Kind.NAME, "**", Universal()),
        (Kind.TEXT, "CT", Single("CT")),
        (Kind.TEXT, "C*", Wildcard("C*")),
        (Kind.UID, "1.2.3", UidList(("1.2.3",))),
        (Kind.UID, "1.2\\1.3,1.2", UidList(("1.2", "1.3"))),
        (Kind.DATE, "20261122", Days(date(2026, 11, 22), date(2026, 11, 22))),
        (Kind.DATE, "20261101-20261122", Days(date(2026, 11, 1), date(2026, 11, 22))),
        (Kind.DATE, "-20261122", Days(None, date(2026, 11, 22))),
        (Kind.DATE, "20261122-", Days(date(2026, 11, 22), None)),
        (Kind.TIME, "0941", Hours(time(9, 41), time(9, 41, 59, 999999))),
        (Kind.TIME, "09-10", Hours(time(9), time(10, 59, 59, 999999))),
        (Kind.NUMBER, "12", Number(12)),
        (Kind.NAME, "Wang^Guilan", Single("wangguilan")),
        (Kind.NAME, "王^桂*", Wildcard("王桂*")),
    ],
)
def test_a_key_says_what_it_asks_for(kind, key, asked):
    assert condition(kind, key) == asked


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (Kind.UID, "1.2.*"),
        (Kind.UID, "1.2;drop"),
        (Kind.DATE, "2026-11-22"),
        (Kind.DATE, "20261332"),
        (Kind.DATE, "-"),
        (Kind.TIME, "25"),
        (Kind.NUMBER, "1.5"),
        (Kind.TEXT, "x" * 5000),
    ],
)
def test_a_key_that_is_no_value_of_its_kind_is_refused_instead_of_ignored(kind, key):
    assert isinstance(condition(kind, key), Unusable)


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (Single("CT"), "CT"),
        (UidList(("1.2", "1.3")), "1.3"),
        (Wildcard("C?"), "CR"),
        (Wildcard("胸*"), "胸部平扫"),
        (Days(date(2026, 11, 1), date(2026, 11, 22)), date(2026, 11, 22)),
        (Days(None, date(2026, 11, 22)), date(1900, 1, 1)),
        (Hours(time(9), time(10, 59, 59, 999999)), time(10, 59, 59)),
        (Number(12), 12),
    ],
)
def test_what_answers(asked, value):
    assert matches(asked, value)


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (Single("CT"), "ct"),
        (Single("CT"), ""),
        (UidList(("1.2",)), "1.20"),
        (Wildcard("C?"), "C"),
        (Wildcard("C?"), "CTA"),
        (Wildcard("胸*"), "上胸部"),
        (Wildcard("a.c"), "abc"),
        (Days(date(2026, 11, 1), date(2026, 11, 22)), date(2026, 11, 23)),
        (Days(date(2026, 11, 1), None), None),
        (Hours(time(9), time(9, 59, 59, 999999)), time(10)),
        (Number(12), 1),
        (Wildcard("*x"), None),
    ],
)
def test_near_misses_do_not_answer(asked, value):
    assert not matches(asked, value)


@given(st.text(alphabet="ab%_\\*?", max_size=8), st.text(alphabet="ab%_\\", max_size=8))
def test_like_means_the_same_as_the_pattern(pattern, value):
    """LIKE is read back: % is any run, _ one character, a backslash takes meaning away."""
    assert _like(like(pattern), value) == (matches(Wildcard(pattern), value) if value else set(pattern) <= {"*"})


def _like(pattern: str, value: str) -> bool:
    if not pattern:
        return not value
    if pattern[0] == "%":
        return any(_like(pattern[1:], value[at:]) for at in range(len(value) + 1))
    if pattern[0] == "\\":
        return value[:1] == pattern[1:2] and _like(pattern[2:], value[1:])
    return bool(value) and pattern[0] in ("_", value[0]) and _like(pattern[1:], value[1:])
