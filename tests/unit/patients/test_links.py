from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemed.patients.links import (
    Ground,
    Member,
    changed_since,
    component,
    grounds,
    pair,
    pointers,
    refuse_linking,
    refuse_parting,
)

A, B, C, D = (UUID(int=n) for n in range(1, 5))
DAY = datetime(2026, 11, 23, tzinfo=UTC)
MEMBERS = [Member(one, source=False, created_at=DAY + timedelta(days=n)) for n, one in enumerate((C, B, A, D))]


def test_a_pair_has_one_order():
    assert pair(A, B) == pair(B, A) == (A, B)


def test_a_link_reaches_over_records_between():
    linked = [(A, B), (B, C)]
    assert component(A, linked) == component(C, linked) == {A, B, C}
    assert component(D, linked) == {D}


def test_a_record_is_the_same_person_by_the_rule_alone_only_if_every_link_between_is():
    matched, reviewed = Ground.MATCHED, Ground.REVIEWED
    assert grounds(A, {}) == {A: matched}
    assert grounds(A, {(A, B): matched, (B, C): matched}) == {A: matched, B: matched, C: matched}
    assert grounds(A, {(A, B): matched, (B, C): reviewed}) == {A: matched, B: matched, C: reviewed}
    assert grounds(A, {(A, B): reviewed, (B, C): matched}) == {A: matched, B: reviewed, C: reviewed}
    assert grounds(A, {(A, B): reviewed, (B, C): matched, (A, C): matched}) == {A: matched, B: matched, C: matched}


def test_the_first_registered_stands_for_the_others():
    assert pointers(MEMBERS, [(A, B), (B, C)]) == {C: None, B: C, A: C, D: None}
    assert pointers(MEMBERS, []) == dict.fromkeys((A, B, C, D))


def test_a_record_that_only_a_device_made_stands_for_nobody_else():
    device = [Member(C, source=True, created_at=DAY), *MEMBERS[1:3]]
    assert pointers(device, [(A, B), (B, C)]) == {B: None, A: B, C: B}


@pytest.mark.parametrize(
    ("linked", "never", "refused"),
    [
        ([], [], False),
        ([], [(A, B)], True),
        ([(B, C)], [(A, C)], True),
        ([(A, D), (B, C)], [(C, D)], True),
        ([(B, C)], [(A, D)], False),
        ([(C, D)], [(C, D)], False),  # what stands elsewhere is not this link's matter
    ],
)
def test_a_link_never_joins_two_who_were_told_apart(linked, never, refused):
    for two in ((A, B), (B, A)):
        assert (refuse_linking(*two, linked, never) is not None) is refused


def test_two_are_told_apart_only_if_nothing_else_links_them():
    assert refuse_parting(A, B, [(A, B)]) is None
    assert refuse_parting(A, B, [(A, B), (B, C)]) is None
    assert refuse_parting(B, A, [(A, C), (B, C)]) is not None


def test_what_the_link_itself_sets_is_no_change():
    before = {"name": "王桂兰", "phone": "", "same_as_id": None, "revision": 1}
    assert changed_since(before, before | {"same_as_id": str(A), "revision": 2}) == []
    assert changed_since(before, before | {"phone": "139", "name": "王贵兰"}) == ["name", "phone"]
    assert changed_since(before, before | {"a column of later": 1}) == []


two_of = st.lists(st.sampled_from([A, B, C, D]), min_size=2, max_size=2, unique=True).map(lambda ids: pair(*ids))


@settings(deadline=None, derandomize=True)
@given(st.lists(two_of, max_size=6, unique=True), two_of)
def test_a_link_added_and_taken_away_leaves_every_pointer_as_it_was(linked, two):
    before = [one for one in linked if one != two]
    assert pointers(MEMBERS, [one for one in [*before, two] if one != two]) == pointers(MEMBERS, before)
    joined = pointers(MEMBERS, [*before, two])
    assert (joined[two[0]] or two[0]) == (joined[two[1]] or two[1])


@settings(deadline=None, derandomize=True)
@given(st.lists(two_of, max_size=6, unique=True))
def test_pointers_never_chain_and_order_does_not_matter(linked):
    found = pointers(MEMBERS, linked)
    assert all(found[one] is None for one in found.values() if one is not None)
    assert found == pointers(MEMBERS[::-1], linked[::-1])
