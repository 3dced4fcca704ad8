"""The map of grants: of several grants of one field the best, and each field by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from telemed.recognition.grant_map import BEST, fields
from telemed.recognition.rules import GrantState
from telemed.recognition.rules_store import Listed
from tests.unit.recognition.good import GLUCOSE_ITEM, grant

ONE = grant(GLUCOSE_ITEM)


def listed(state, mark=None, **changed):
    return Listed(replace(ONE, **changed), state, mark)


def test_every_state_has_its_place():
    assert set(BEST) == set(GrantState)


@pytest.mark.parametrize(("better", "worse"), list(pairwise(BEST)))
def test_of_two_grants_of_a_field_the_better_is_shown(better, worse):
    for order in ((better, worse), (worse, better)):
        (field,) = fields(listed(state, id=state) for state in order)
        assert (field.state, field.grants) == (better, 2)


def test_of_equal_states_the_one_that_lasts_longest_is_shown():
    later = ONE.ends + timedelta(days=9)
    (field,) = fields([listed(GrantState.ACTIVE), listed(GrantState.ACTIVE, id="z", ends=later)])
    assert field.ends == later


def test_a_field_prints_the_mark_of_any_of_its_grants():
    (field,) = fields([listed(GrantState.ACTIVE), listed(GrantState.ACTIVE, "全国HR", id="z")])
    assert field.mark == "全国HR"


@pytest.mark.parametrize("otherwise", [{"item_key": "lab.potassium"}, {"organization_id": "another"}])
def test_another_item_or_member_is_another_field(otherwise):
    found = fields([listed(GrantState.ACTIVE), listed(GrantState.EXPIRED, **otherwise)])
    assert [one.grants for one in found] == [1, 1]
