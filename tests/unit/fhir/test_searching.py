"""What a search asks: dates with their precision and zone, tokens, references, pages; and what means nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemed.fhir.outcomes import Refusal
from telemed.fhir.searching import (
    Cursor,
    Search,
    Token,
    cursor_of,
    cursor_text,
    link,
    span_of,
    understand,
)
from telemed.fhir.table import TABLE
from tests.unit.fhir.rows import ZONE

BASE = "https://county.example/fhir/R4"
PARAMS = next(one.params for one in TABLE if one.kind == "Observation")
TRAIL = next(one.params for one in TABLE if one.kind == "AuditEvent")


def search(*pairs, strict=False):
    return understand(pairs, PARAMS, zone=ZONE, base=BASE, strict=strict)


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "prefix", "low", "high"),
    [
        ("2026", "eq", at(2025, 12, 31, 16), at(2026, 12, 31, 16)),
        ("2026-12", "eq", at(2026, 11, 30, 16), at(2026, 12, 31, 16)),
        ("ge2026-11-23", "ge", at(2026, 11, 22, 16), at(2026, 11, 23, 16)),
        ("2026-11-23T08:00", "eq", at(2026, 11, 23, 0, 0), at(2026, 11, 23, 0, 1)),
        ("2026-11-23T08:00:00", "eq", at(2026, 11, 23, 0, 0), at(2026, 11, 23, 0, 0, 1)),
        ("lt2026-11-23T08:00:00Z", "lt", at(2026, 11, 23, 8), at(2026, 11, 23, 8, 0, 1)),
        ("2026-11-23T08:00:00+08:00", "eq", at(2026, 11, 23), at(2026, 11, 23, 0, 0, 1)),
        ("2026-11-23T08:00:00 08:00", "eq", at(2026, 11, 23), at(2026, 11, 23, 0, 0, 1)),
    ],
)
def test_a_date_covers_what_its_precision_says_in_its_zone_or_the_countys(written, prefix, low, high):
    assert span_of(written, ZONE) == (prefix, low, high)


@pytest.mark.parametrize(
    "written", ["", "x", "ap2026", "2026-02-30", "2026-13", "26-01-01", "0001", "99999", "2026-11-23T25:00"]
)
def test_what_is_no_date_is_none(written):
    assert span_of(written, ZONE) is None


def test_a_token_has_a_system_none_or_any():
    found = search(("code", "2345-7,http://loinc.org|2823-3,|GLU,a\\,b"))
    assert found.tokens["code"] == (
        Token(None, "2345-7"),
        Token("http://loinc.org", "2823-3"),
        Token("", "GLU"),
        Token(None, "a,b"),
    )


@pytest.mark.parametrize("written", ["Patient/p1", "p1", f"{BASE}/Patient/p1"])
def test_a_reference_may_lack_its_type_or_begin_with_our_address(written):
    assert search(("patient", written)).references == {"patient": ("Patient/p1",)}


@pytest.mark.parametrize(
    "written", ["Organization/p1", "https://elsewhere.example/Patient/p1", "Patient/", "Patient/a b"]
)
def test_a_reference_to_anything_else_is_refused(written):
    assert isinstance(search(("patient", written)), Refusal)


def test_a_page_is_bounded_and_what_follows_is_opaque():
    assert search(("_count", "5000")).count == 100
    cursor = Cursor(at(2026, 11, 23), "x")
    assert cursor_of(cursor_text(cursor)) == cursor
    assert search(("_cursor", cursor_text(cursor))).before == cursor


def test_a_parameter_that_repeats_has_to_hold_each_time_and_another_is_refused_the_second_time():
    found = understand(
        [
            ("outcome", "0,4"),
            ("outcome", "http://terminology.hl7.org/CodeSystem/audit-event-outcome|4"),
            ("patient", "p1"),
            ("patient", "p2,Patient/p3"),
            ("date", "2026-11-23,2026-11-25"),
            ("date", "le2026-11-24"),
        ],
        TRAIL,
        zone=ZONE,
        base=BASE,
        strict=True,
    )
    assert found.every == {
        "outcome": (("0", "4"), ("4",)),
        "patient": (("Patient/p1",), ("Patient/p2", "Patient/p3")),
    }
    assert found.references["patient"] == ("Patient/p1", "Patient/p2", "Patient/p3")
    assert [[one.prefix for one in each] for each in found.dates] == [["eq", "eq"], ["le"]]
    assert isinstance(search(("status", "final"), ("status", "final")), Refusal)
    assert isinstance(search(("date", "2026-11-23,2026-11-25")), Refusal)


@pytest.mark.parametrize(
    "pairs",
    [
        [("outcome", "0")] * 5,
        [("date", "2026")] * 5,
        [("date", "2026,x")],
        [("outcome", ",".join("0" * 21))],
        [("patient", "p1"), ("patient", "Organization/p1")],
    ],
)
def test_a_parameter_that_repeats_does_so_within_bounds(pairs):
    assert isinstance(understand(pairs, TRAIL, zone=ZONE, base=BASE, strict=False), Refusal)


@given(st.text(max_size=60))
def test_no_text_is_a_cursor_by_mistake_or_a_bug(text):
    found = cursor_of(text)
    assert found is None or cursor_of(cursor_text(found)) == found


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["patient", "code", "date", "status", "_count", "_id", "x", "code:not"]),
            st.text(max_size=20),
        ),
        max_size=5,
    ),
    st.booleans(),
)
def test_any_search_is_understood_or_refused(pairs, strict):
    found = search(*pairs, strict=strict)
    assert isinstance(found, Search | Refusal)


def test_the_self_link_repeats_what_was_used_and_nothing_else():
    found = search(("patient", "p1"), ("flavour", "sweet"), ("_count", "2"), ("status", ""))
    assert link(BASE, "Observation", found.used) == f"{BASE}/Observation?patient=p1&_count=2"
    assert isinstance(search(("flavour", "sweet"), strict=True), Refusal)
    assert isinstance(search(("status:not", "final")), Refusal)
