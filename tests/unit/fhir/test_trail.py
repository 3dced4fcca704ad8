"""Which moments answer the dates of a search, held against the prefixes of FHIR one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from telemed.fhir.finding_trail import narrowing, within
from telemed.fhir.searching import Search, Span

BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")


def day(number):
    return BEGIN + timedelta(days=number)


spans = st.builds(
    lambda prefix, low, length: Span(prefix, day(low), day(low + length)),
    st.sampled_from(PREFIXES),
    st.integers(0, 6),
    st.integers(1, 3),
)


def answers(span, moment):
    """FHIR R4 3.1.1.4.7, of a moment."""
    inside = span.low <= moment < span.high
    return {
        "eq": inside,
        "ne": not inside,
        "gt": moment >= span.high,
        "sa": moment >= span.high,
        "lt": moment < span.low,
        "eb": moment < span.low,
        "ge": moment >= span.low,
        "le": moment < span.high,
    }[span.prefix]


@given(st.lists(st.lists(spans, min_size=1, max_size=4), min_size=1, max_size=4), st.integers(-2, 22))
def test_a_moment_lies_within_if_one_date_of_each_time_answers(dates, half_days):
    moment = BEGIN + timedelta(days=half_days / 2)
    expected = all(any(answers(one, moment) for one in each) for each in dates)
    found = within(dates) or ()
    assert any(one.low <= moment < one.high for one in found) is expected
    assert list(found) == sorted(found)
    assert all(one.high < other.low for one, other in pairwise(found))


def test_without_a_date_nothing_is_bounded():
    assert within([]) is None
    assert narrowing(Search()).stretches is None


def test_what_no_row_can_answer_is_asked_of_nobody():
    for every in (
        {"outcome": (("0",), ("4",))},
        {"outcome": (("9",),)},
        {"subtype": (("patient.read",), ("report.read",))},
        {"action": (("R",), ("E",))},
        {"patient": (("Patient/not-ours",),)},
    ):
        assert narrowing(Search(every=every)) is None, every
    assert narrowing(Search(dates=((Span("lt", day(1), day(2)),), (Span("gt", day(1), day(2)),)))) is None


def test_the_letter_of_what_was_done_is_the_method_of_its_route_and_e_is_every_other():
    asked = {letters: narrowing(Search(every={"action": (tuple(letters),)})) for letters in ("R", "E", "RE", "U", "C")}
    assert {letters: (one.methods, one.other_methods) for letters, one in asked.items()} == {
        "R": (("GET", "HEAD"), False),
        "E": (("DELETE", "GET", "HEAD", "PATCH", "PUT"), True),
        "RE": (("DELETE", "PATCH", "PUT"), True),
        "U": (("PATCH", "PUT"), False),
        "C": ((), False),
    }
