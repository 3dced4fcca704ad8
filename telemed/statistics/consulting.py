"""Figures of remote consultation: how soon somebody accepts, how many are answered, what is made of it. Pure.

A consultation counts in the month in which it was sent, whatever becomes of it later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from telemed.consultation.model.clocks import ACCEPT
from telemed.consultation.model.guards import DEPARTMENTS
from telemed.consultation.model.states import Urgency
from telemed.vocabulary import Text

Cut = Literal["inviting", "invited", "department", "urgency"]


class Course(msgspec.Struct, frozen=True):
    """One consultation as far as it has come.

    accepted_at: when somebody accepted first. answered_at: when the first opinion was signed. lapsed: how many were
    asked and let their clock run out. began, failed, appointed, missed: whether it ever did. stars: 0 for none.
    """

    organization_id: UUID
    organization_name: str
    invited_id: UUID | None
    invited_name: str
    department: str
    urgency: str
    state: str
    submitted_at: datetime
    accepted_at: datetime | None
    answered_at: datetime | None
    lapsed: int
    began: bool
    failed: bool
    appointed: bool
    missed: bool
    verdict: str
    stars: int


class Consulted(msgspec.Struct, frozen=True):
    """Of some consultations; seconds, None where there is none. key, name, name_en: of what they have in common.

    in_time: accepted before the clock of their urgency ran out, counted from sending. began: met in the room.
    open: neither answered nor ended. rated, stars: number of ratings, and their sum.
    """

    key: str
    name: str
    name_en: str
    sent: int
    accepted: int
    in_time: int
    accept_median: int | None
    accept_ninth: int | None
    lapsed: int
    answered: int
    answer_median: int | None
    answer_ninth: int | None
    declined: int
    withdrawn: int
    converted: int
    open: int
    began: int
    failed: int
    appointed: int
    missed: int
    adopted: int
    partly: int
    not_adopted: int
    rated: int
    stars: int


def counted(courses: Iterable[Course], cut: Cut) -> list[Consulted]:
    """Everything together (key and name empty), then each part, the largest first."""
    found = list(courses)
    if not found:
        return []
    parts: dict[tuple[str, str, str], list[Course]] = {}
    for one in found:
        parts.setdefault(_PART[cut](one), []).append(one)
    each = [_line(key, Text(*name), some) for (key, *name), some in parts.items()]
    return [_line("", Text("", ""), found), *sorted(each, key=lambda one: (-one.sent, one.name, one.key))]


def _line(key: str, name: Text, some: Sequence[Course]) -> Consulted:
    waits = [one.accepted_at - one.submitted_at for one in some if one.accepted_at is not None]
    answers = [one.answered_at - one.submitted_at for one in some if one.answered_at is not None]

    def number(of: Callable[[Course], bool]) -> int:
        return sum(1 for one in some if of(one))

    def ended(state: str) -> int:
        return number(lambda one: one.answered_at is None and one.state == state)

    return Consulted(
        key=key,
        name=name.zh,
        name_en=name.en,
        sent=len(some),
        accepted=len(waits),
        in_time=number(_in_time),
        accept_median=nearest(waits, 50),
        accept_ninth=nearest(waits, 90),
        lapsed=sum(one.lapsed for one in some),
        answered=len(answers),
        answer_median=nearest(answers, 50),
        answer_ninth=nearest(answers, 90),
        declined=ended("declined"),
        withdrawn=ended("withdrawn"),
        converted=ended("converted"),
        open=number(lambda one: one.answered_at is None and one.state not in {"declined", "withdrawn", "converted"}),
        began=number(lambda one: one.began),
        failed=number(lambda one: one.failed),
        appointed=number(lambda one: one.appointed),
        missed=number(lambda one: one.missed),
        adopted=number(lambda one: one.verdict == "adopted"),
        partly=number(lambda one: one.verdict == "partly"),
        not_adopted=number(lambda one: one.verdict == "not-adopted"),
        rated=number(lambda one: one.stars > 0),
        stars=sum(one.stars for one in some),
    )


def _in_time(one: Course) -> bool:
    return one.accepted_at is not None and one.accepted_at - one.submitted_at <= ACCEPT[Urgency(one.urgency)]


def nearest(durations: Sequence[timedelta], percent: int) -> int | None:
    """The percentile by nearest rank, in whole seconds."""
    if not durations:
        return None
    rank = -(-len(durations) * percent // 100)
    return round(sorted(durations)[rank - 1].total_seconds())


def _place(key: UUID | None, name: str) -> tuple[str, str, str]:
    return ("" if key is None else str(key), name, name)


def _department(one: Course) -> tuple[str, str, str]:
    text, _ = DEPARTMENTS.get(one.department, (Text(one.department, one.department), None))
    return one.department, text.zh, text.en


_PART: dict[Cut, Callable[[Course], tuple[str, str, str]]] = {
    "inviting": lambda one: _place(one.organization_id, one.organization_name),
    "invited": lambda one: _place(one.invited_id, one.invited_name),
    "department": _department,
    "urgency": lambda one: (one.urgency, one.urgency, one.urgency),
}
