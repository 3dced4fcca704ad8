"""Who may be added to a consultation, as what and until when (多学科会诊, 旁听). Pure.

A colleague speaks, presents and marks; the audience sees and hears.  Only the expert signs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from telemed.consultation.model import guards
from telemed.consultation.model.guards import Agreement, Concern, Licence
from telemed.consultation.model.parties import Party
from telemed.consultation.model.states import Urgency

#: Who adds, and takes out again.
ADDING = (Party.INVITER, Party.COORDINATOR, Party.EXPERT)
#: The states in which a room is there to come into; the images of the case are open to members in these alone.
OPEN = frozenset({"accepted", "scheduled", "in-session", "missed", "failed"})
#: People besides the two physicians at one time; the room itself holds no more than 64.
MOST = 30


class MemberRole(StrEnum):
    PARTICIPANT = "participant"
    AUDIENCE = "audience"


class Bar(StrEnum):
    """Why nobody is added, whatever the urgency."""

    NOT_NOW = "not-now"
    CANNOT_ENTER = "cannot-enter-rooms"
    PARTY = "is-party-already"
    MEMBER = "is-member-already"
    TOO_MANY = "too-many-members"
    REASON_NEEDED = "reason-needed"
    CONSENT_NEEDED = "audience-consent-needed"


@dataclass(frozen=True, slots=True)
class Of:
    """The consultation as the decision looks at it.  members: who stands on it besides the two physicians."""

    state: str
    urgency: Urgency
    department: str
    organization_id: UUID
    requester_id: UUID
    expert_id: UUID | None
    members: Collection[UUID]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be added.  enters: has an account that may come into rooms.  departments: as an expert."""

    id: UUID
    organization_id: UUID
    enters: bool
    licence: Licence | None
    departments: Sequence[str]


@dataclass(frozen=True, slots=True)
class Stopped:
    concerns: frozenset[Concern]


@dataclass(frozen=True, slots=True)
class Added:
    """concerns: what is written down with it, in an emergency."""

    concerns: frozenset[Concern]


def concerns(
    of: Of, person: Person, role: MemberRole, agreements: Sequence[Agreement], today: date
) -> frozenset[Concern]:
    """What speaks against somebody: nothing inside the inviting institution, where the patient is.

    Whoever looks on from elsewhere does so under an agreement; whoever gives advice from elsewhere needs the licence
    for one of the own departments besides, which in a conference of several is seldom the one that was asked.
    """
    if person.organization_id == of.organization_id:
        return frozenset()
    found = guards.of_agreement(agreements, today, same=False)
    if role is MemberRole.AUDIENCE:
        return found
    departments = dict.fromkeys([*person.departments, of.department])
    against = [guards.of_expert(person.licence, one, today) for one in departments]
    return found | min(against, key=lambda one: (len(guards.stops(one, of.urgency)), len(one), sorted(one)))


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is to be added, as what and why.  consent: how the patient's side agreed that somebody looks on."""

    person: Person
    role: MemberRole
    reason: str
    consent: str = ""


def add(of: Of, wish: Wish, agreements: Sequence[Agreement], today: date) -> Added | Stopped | Bar:
    """Whether somebody is added.  agreements: between the inviting institution and the person's."""
    bar = _barred(of, wish)
    if bar is not None:
        return bar
    found = concerns(of, wish.person, wish.role, agreements, today)
    stopped = guards.stops(found, of.urgency)
    return Stopped(stopped) if stopped else Added(found)


def _barred(of: Of, wish: Wish) -> Bar | None:
    person = wish.person
    bars = {
        Bar.NOT_NOW: of.state not in OPEN,
        Bar.REASON_NEEDED: not wish.reason.strip(),
        Bar.CONSENT_NEEDED: wish.role is MemberRole.AUDIENCE and not wish.consent.strip(),
        Bar.CANNOT_ENTER: not person.enters,
        Bar.PARTY: person.id in (of.requester_id, of.expert_id),
        Bar.MEMBER: person.id in of.members,
        Bar.TOO_MANY: len(of.members) >= MOST,
    }
    return next((bar for bar, stands in bars.items() if stands), None)
