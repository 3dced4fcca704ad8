"""Who is told what when a consultation takes a step, and in which states it still says something.  Pure.

A message stands for a state, not for a task: what the consultation has left behind is not sent any more, whoever left
it and by whichever way (grafana-oncall #4654: an acknowledged page must not fire again).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from telemed.consultation.model.clocks import ACCEPT
from telemed.consultation.model.states import Urgency
from telemed.outgoing.model import Notice, Recipient
from telemed.vocabulary import NoticeKind

COORDINATOR = Recipient("coordinator")
#: No clock is warned of earlier than this before it runs out.
LONGEST_WARNING = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """A consultation as it stands, by what decides who is told."""

    id: UUID
    organization_id: UUID
    requester_id: UUID
    urgency: str
    department: str
    state: str
    expert_id: UUID | None
    expert_organization_id: UUID | None
    due_at: datetime | None
    starts_at: datetime | None
    room_id: UUID | None
    revision: int


def words(one: Standing) -> frozenset[str]:
    """What a consultation is now, as messages name it: its state, and which asking or appointment it is."""
    found = {one.state}
    if one.due_at is not None:
        found.add(asking(one))
    if one.starts_at is not None:
        found.add(appointment(one))
    return frozenset(found)


def asking(one: Standing) -> str:
    """The asking of one expert; another's, or another time, is another."""
    return "" if one.due_at is None else f"asked/{one.expert_id}/{one.due_at.isoformat()}"


def appointment(one: Standing) -> str:
    return "" if one.starts_at is None else f"appointed/{one.starts_at.isoformat()}"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one step tells.

    to: inviter, expert (who is asked or has accepted now), former (who was before the step), replaced (who was, and is
    not any more), coordinator.
    stands: states in which it still says something; `asking`, `appointed`: this asking, this appointment; empty: for
    good.  comes_to: only where the step leads there; '' anywhere.  room: the page to open is the room.
    """

    kind: NoticeKind
    to: tuple[str, ...]
    stands: tuple[str, ...] = ()
    comes_to: str = ""
    room: bool = False


EVERYBODY = ("inviter", "expert", "coordinator")
WAITING = Rule(NoticeKind.WAITING, ("coordinator",), ("submitted",), comes_to="submitted")
NO_LONGER = Rule(NoticeKind.NO_LONGER_ASKED, ("replaced",))
#: By command, as steps are named (consultation_step.command).  Whoever took a step is not told of it.
RULES: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "submit": (WAITING,),
        "refuse": (WAITING,),
        "inform": (WAITING, Rule(NoticeKind.INFORMED, ("expert",), comes_to="accepted")),
        "lapse": (Rule(NoticeKind.OVERDUE, ("coordinator",), ("submitted", "offered")), WAITING, NO_LONGER),
        "offer": (Rule(NoticeKind.ASKED, ("expert",), ("asking",)), NO_LONGER),
        "accept": (Rule(NoticeKind.ACCEPTED, ("inviter",)),),
        "ask": (Rule(NoticeKind.INFORMATION_NEEDED, ("inviter",), ("incomplete",)),),
        "schedule": (Rule(NoticeKind.SCHEDULED, ("inviter", "expert"), ("appointed",)),),
        "begin": (Rule(NoticeKind.BEGUN, ("inviter", "expert"), ("in-session",), room=True),),
        "miss": (Rule(NoticeKind.MISSED, EVERYBODY, ("missed",)),),
        "fail": (Rule(NoticeKind.FAILED, EVERYBODY, ("failed",)),),
        "sign": (Rule(NoticeKind.OPINION_SIGNED, ("inviter",)),),
        "decline": (Rule(NoticeKind.DECLINED, ("inviter", "former")),),
        "withdraw": (Rule(NoticeKind.WITHDRAWN, ("former", "coordinator")),),
        "convert": (Rule(NoticeKind.CONVERTED, ("inviter", "former")),),
    }
)
DUE_SOON = Rule(NoticeKind.DUE_SOON, ("expert", "coordinator"), ("asking",))
ADDED = Rule(NoticeKind.ADDENDUM_SIGNED, ("inviter",))
REMINDER = Rule(NoticeKind.REMINDER, ("inviter", "expert"), ("appointed",), room=True)


def of_step(command: str, before: Standing, after: Standing, by: UUID | None) -> list[Notice]:
    """What is told of a step.  by: who took it, and is not told; None where a clock ran out."""
    if before.state == "draft" and command != "submit":
        return []
    rules = (one for one in RULES.get(command, ()) if one.comes_to in ("", after.state))
    found = (_notice(one, before, after, by) for one in rules)
    return [one for one in found if one.recipients]


def of_clock_nearly_out(one: Standing) -> Notice:
    """The expert who is asked has not answered, and the clock is nearly out; once for each asking."""
    notice = _notice(DUE_SOON, one, one, None)
    return replace(notice, once=f"{notice.kind.value}/{one.id}/{asking(one)}")


def of_appointment_near(one: Standing) -> Notice:
    """Once for each appointment."""
    notice = _notice(REMINDER, one, one, None)
    return replace(notice, once=f"{notice.kind.value}/{one.id}/{appointment(one)}")


def of_addendum(one: Standing, version: int, by: UUID) -> Notice:
    """A version of the opinion that adds to one before it is signed; no step of the consultation."""
    notice = _notice(ADDED, one, one, by)
    return replace(notice, once=f"{notice.kind.value}/{one.id}/{version}")


def warn_at(urgency: Urgency, due_at: datetime) -> datetime:
    """From when a clock is nearly out: its last third, an hour at the most."""
    return due_at - min(ACCEPT[urgency] / 3, LONGEST_WARNING)


def _notice(rule: Rule, before: Standing, after: Standing, by: UUID | None) -> Notice:
    people: dict[str, UUID | None] = {
        "inviter": after.requester_id,
        "expert": after.expert_id,
        "former": before.expert_id,
        "replaced": None if before.expert_id == after.expert_id else before.expert_id,
    }
    told = [COORDINATOR if one == "coordinator" else Recipient(_role(one), people[one]) for one in rule.to]
    recipients = tuple(one for one in told if one is COORDINATOR or one.practitioner_id not in (None, by))
    named = {"asking": asking(after), "appointed": appointment(after)}
    return Notice(
        rule.kind,
        after.id,
        # every step has a revision of its own
        f"{rule.kind.value}/{after.id}/{after.revision}",
        f"/rooms/{after.room_id}" if rule.room and after.room_id is not None else f"/consultations/{after.id}",
        recipients,
        urgency=after.urgency,
        department=after.department,
        organization_id=after.organization_id,
        concerns=tuple(one for one in {before.expert_organization_id, after.expert_organization_id} if one is not None),
        due_at=after.due_at,
        starts_at=after.starts_at,
        stands_in=tuple(named.get(one, one) for one in rule.stands),
    )


def _role(word: str) -> str:
    return "expert" if word in ("former", "replaced") else word
