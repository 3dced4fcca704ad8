"""Whoever is on duty: one who can be reached and may answer, and each ground removed alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from telemed.consultation.model.guards import Concern, Licence
from telemed.consultation.model.reachable import OnDuty, Unreachable, day_of, why_not

ZONE = ZoneInfo("Asia/Shanghai")
LICENCE = Licence("110200", "临床", "内科专业", date(2026, 11, 24), date(2010, 7, 1))
GOOD = OnDuty(
    department="03.04",
    last_day=date(2026, 11, 24),
    works_here=True,
    has_account=True,
    account_active=True,
    departments=frozenset({"03.04", "03"}),
    accepts=True,
    licence=LICENCE,
    has_telephone=True,
)
WALK: list[tuple[dict[str, object], set[Unreachable]]] = [
    ({}, set()),
    ({"works_here": False}, {Unreachable.LEFT}),
    ({"has_account": False, "account_active": False}, {Unreachable.NO_ACCOUNT}),
    ({"account_active": False}, {Unreachable.SUSPENDED}),
    ({"departments": None}, {Unreachable.NOT_AN_EXPERT}),
    ({"departments": frozenset({"03"})}, {Unreachable.DEPARTMENT}),
    ({"accepts": False}, {Unreachable.NOT_ACCEPTING}),
    ({"has_telephone": False}, {Unreachable.NO_TELEPHONE}),
    ({"licence": replace(LICENCE, number="")}, {Unreachable.NO_LICENCE}),
    ({"licence": replace(LICENCE, category="公共卫生")}, {Unreachable.CATEGORY}),
    ({"licence": replace(LICENCE, scope="外科专业")}, {Unreachable.OUTSIDE_SCOPE}),
    ({"licence": replace(LICENCE, expires_on=date(2026, 11, 23))}, {Unreachable.LICENCE_EXPIRED}),
    ({"licence": replace(LICENCE, expires_on=None)}, set()),
    ({"licence": replace(LICENCE, since=date(2024, 1, 1))}, {Unreachable.TOO_SHORT}),
    ({"licence": replace(LICENCE, since=None)}, {Unreachable.PRACTICE_UNKNOWN}),
    ({"has_account": False, "has_telephone": False}, {Unreachable.NO_ACCOUNT, Unreachable.NO_TELEPHONE}),
]


@pytest.mark.parametrize(("other", "expected"), WALK)
def test_what_is_in_the_way(other: dict[str, object], expected: set[Unreachable]):
    assert why_not(replace(GOOD, **other)) == expected


def test_every_ground_is_walked_alone():
    assert {one for _, expected in WALK if len(expected) == 1 for one in expected} == set(Unreachable)


def test_every_concern_about_a_licence_is_a_ground():
    of_licences = set(Concern) - {Concern.NO_CONSENT, Concern.NO_AGREEMENT}
    assert {one.value for one in of_licences} <= {one.value for one in Unreachable}


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 11, 22, 22, 59, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 11, 22, 23, 0, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 16, 30, tzinfo=UTC), date(2026, 11, 23)),
    ],
)
def test_a_day_of_looks_begins_at_seven_in_the_county(utc: datetime, day: date):
    assert day_of(utc, ZONE) == day
