"""Figures of remote consultation, counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from telemed.statistics.consulting import Course, counted, nearest

AT = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)
QINGSHI, LONGQUAN, COUNTY = (UUID(int=n) for n in (1, 2, 3))


def course(**other: Any) -> Course:
    """An urgent request of 青石, accepted after five minutes, answered after two hours, adopted, five stars."""
    said: dict[str, Any] = {
        "organization_id": QINGSHI,
        "organization_name": "青石镇卫生院",
        "invited_id": COUNTY,
        "invited_name": "龙安县人民医院",
        "department": "03.04",
        "urgency": "urgent",
        "state": "archived",
        "submitted_at": AT,
        "accepted_at": AT + timedelta(minutes=5),
        "answered_at": AT + timedelta(hours=2),
        "lapsed": 0,
        "began": True,
        "failed": False,
        "appointed": False,
        "missed": False,
        "verdict": "adopted",
        "stars": 5,
    }
    return Course(**{**said, **other})


def unanswered(**other: Any) -> Course:
    return course(**{"answered_at": None, "verdict": "", "stars": 0, **other})


MONTH = [
    course(),
    course(urgency="routine", accepted_at=AT + timedelta(hours=3), answered_at=AT + timedelta(hours=30), stars=3),
    course(accepted_at=AT + timedelta(minutes=11), lapsed=1, verdict="partly", failed=True, stars=0),
    course(state="returned", verdict="", stars=0, organization_id=LONGQUAN, organization_name="龙泉镇卫生院"),
    course(verdict="not-adopted", stars=1, appointed=True, missed=True),
    unanswered(state="declined", accepted_at=None, invited_id=None, invited_name="", began=False, lapsed=2),
    unanswered(state="withdrawn", accepted_at=None, invited_id=None, invited_name="", began=False),
    unanswered(state="converted"),
    unanswered(state="offered", accepted_at=None, began=False),
    unanswered(state="failed", failed=True),
]


def test_a_month_counted_by_hand():
    whole, qingshi, longquan = counted(MONTH, "inviting")
    assert msgspec.to_builtins(whole) == {
        "key": "",
        "name": "",
        "name_en": "",
        "sent": 10,
        "accepted": 7,
        "in_time": 6,
        "accept_median": 300,
        "accept_ninth": 3 * 3600,
        "lapsed": 3,
        "answered": 5,
        "answer_median": 2 * 3600,
        "answer_ninth": 30 * 3600,
        "declined": 1,
        "withdrawn": 1,
        "converted": 1,
        "open": 2,
        "began": 7,
        "failed": 2,
        "appointed": 1,
        "missed": 1,
        "adopted": 2,
        "partly": 1,
        "not_adopted": 1,
        "rated": 3,
        "stars": 9,
    }
    assert (qingshi.name, qingshi.sent, longquan.name, longquan.sent) == ("青石镇卫生院", 9, "龙泉镇卫生院", 1)


@pytest.mark.parametrize("cut", ["inviting", "invited", "department", "urgency"])
def test_the_parts_of_every_cut_are_the_whole(cut: Any):
    whole, *parts = counted(MONTH, cut)
    for figure in ("sent", "accepted", "in_time", "answered", "open", "declined", "withdrawn", "converted", "stars"):
        assert getattr(whole, figure) == sum(getattr(one, figure) for one in parts)


def test_whoever_is_sent_is_answered_or_open_or_ended():
    for one in counted(MONTH, "urgency"):
        assert one.sent == one.answered + one.open + one.declined + one.withdrawn + one.converted


@pytest.mark.parametrize(
    ("urgency", "wait", "in_time"),
    [
        ("immediate", timedelta(minutes=2), 1),
        ("immediate", timedelta(minutes=2, microseconds=1), 0),
        ("urgent", timedelta(minutes=10), 1),
        ("urgent", timedelta(minutes=10, microseconds=1), 0),
        ("routine", timedelta(hours=24), 1),
        ("routine", timedelta(hours=24, microseconds=1), 0),
    ],
)
def test_in_time_is_the_clock_of_its_urgency(urgency: str, wait: timedelta, in_time: int):
    assert counted([course(urgency=urgency, accepted_at=AT + wait)], "urgency")[0].in_time == in_time


def test_a_department_has_its_name_in_both_languages():
    _, cardiology, unknown = counted([course(), course(), course(department="99.99")], "department")
    assert (cardiology.key, cardiology.name, cardiology.name_en) == ("03.04", "心血管内科", "Cardiology")
    assert (unknown.name, unknown.name_en) == ("99.99", "99.99")


def test_nothing_sent_is_no_line():
    assert counted([], "inviting") == []


@pytest.mark.parametrize(
    ("durations", "percent", "expected"),
    [([], 50, None), ([7], 90, 7), ([1, 2], 50, 1), ([1, 2, 3], 50, 2), (range(1, 11), 90, 9), (range(1, 12), 90, 10)],
)
def test_percentiles_by_nearest_rank(durations: Any, percent: int, expected: int | None):
    assert nearest([timedelta(seconds=one) for one in durations], percent) == expected
