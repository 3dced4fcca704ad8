"""The mark stands on a result only if the grant it rests on holds, and may print one.  Near misses of one good case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from telemed.fhir.marks import mark
from telemed.recognition.rules import Basis, GrantState
from tests.unit.fhir import rows
from tests.unit.recognition import good

CASE = good.laboratory()
KNOWN = CASE.facts.candidates[0]
GRANT = CASE.facts.grants[0]
TAKEN = KNOWN.collected_at or rows.AT
ROW = rows.observation(item_key=GRANT.item_key, collected_at=TAKEN, ordered_at=TAKEN + timedelta(hours=1))
ACCEPTER = CASE.order.organization_id


def marked(row=ROW, facts=CASE.facts, accepter=ACCEPTER):
    return mark(row, KNOWN, facts, accepter)


def with_grant(**changes):
    return replace(CASE.facts, grants=(replace(GRANT, **changes),))


def test_a_grant_of_quality_that_holds_prints_its_mark():
    assert marked() == GRANT.scope.label


@pytest.mark.parametrize(
    "facts",
    [
        with_grant(basis=Basis.COMMUNITY_DOCUMENT),
        with_grant(state=GrantState.WITHDRAWN),
        with_grant(state=GrantState.SUSPENDED),
        with_grant(ends=KNOWN.collected_at),
        with_grant(item_key="another"),
        with_grant(organization_id="another"),
        replace(CASE.facts, grants=()),
    ],
    ids=["document", "withdrawn", "suspended", "over", "item", "place", "none"],
)
def test_without_one_of_its_grounds_there_is_no_mark(facts):
    assert marked(facts=facts) is None


def test_a_time_of_collection_that_is_missing_or_after_the_report_carries_none():
    assert marked(rows.replaced(ROW, collected_at=None)) is None
    assert marked(rows.replaced(ROW, ordered_at=TAKEN - timedelta(hours=1))) is None
