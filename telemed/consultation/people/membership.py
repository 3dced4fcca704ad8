"""Colleagues and audience in PostgreSQL and in the room: one transaction says both."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from uuid import UUID

import msgspec

from telemed.access.policy import GRANTS
from telemed.consultation.model import guards, members, words
from telemed.consultation.model.guards import Licence
from telemed.consultation.model.members import ADDING, Bar, MemberRole, Of, Person, Stopped, Wish
from telemed.consultation.model.states import Refusal, Urgency
from telemed.consultation.room import store as log
from telemed.consultation.room.coming import THERE
from telemed.consultation.room.facts import Denied, Leaving, Whom
from telemed.consultation.room.state import Event
from telemed.consultation.service.acting import Acting
from telemed.consultation.store import consultations as store
from telemed.consultation.store import duty as duty_store
from telemed.consultation.store.rows import ConsultationRow, Id
from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, DomainError, Invalid, NotFound
from telemed.events import append
from telemed.vocabulary import Action

queries = load(__name__, "queries.sql")

#: People shown of a search; whoever finds more says more of the name.
MOST_SHOWN = 30
#: The roles whose people come into rooms.
ROLES = sorted(role.value for role, granted in GRANTS.items() if Action.ROOM_JOIN in granted)


class PersonRow(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    title: str
    organization_id: UUID
    organization_name: str
    enters: bool
    licence_number: str
    licence_category: str
    licence_scope: str
    licence_expires_on: date | None
    since: date | None
    departments: list[str]

    @property
    def person(self) -> Person:
        licence = Licence(
            self.licence_number, self.licence_category, self.licence_scope, self.licence_expires_on, self.since
        )
        return Person(self.id, self.organization_id, self.enters, licence, self.departments)


class MemberRow(msgspec.Struct, frozen=True):
    """Somebody who was added.  removed_at: None while they belong to it.  concerns: what was passed over."""

    id: UUID
    practitioner_id: UUID
    name: str
    title: str
    organization_name: str
    role: MemberRole
    reason: str
    consent: str
    concerns: list[str]
    added_by_name: str
    added_at: datetime
    removed_by_name: str
    removed_at: datetime | None
    removal_reason: str


class _Known(msgspec.Struct):
    practitioner_id: UUID
    role: str
    removed: bool


Done = tuple[UUID, tuple[Event, ...]]
"""The room, and what was appended to its log."""


@dataclass(frozen=True, slots=True)
class Adding:
    """id: of the addition, chosen by whoever adds.  consent: how the patient's side agreed to somebody who looks on."""

    id: UUID
    person_id: UUID
    role: MemberRole
    reason: str
    consent: str = ""


async def add(acting: Acting, consultation_id: UUID, adding: Adding, zone: tzinfo) -> Done:
    """Put a colleague or somebody who looks on onto the roster.  The same id again is the same addition.

    Raises NotFound, Forbidden for whoever is no party, Conflict and Invalid with the ground that speaks against it.
    """
    row = await acting.hold(consultation_id, *ADDING)
    person_id, role, reason = adding.person_id, adding.role, adding.reason.strip()
    columns = {"id": adding.id, "consultation_id": row.id, "practitioner_id": person_id, "role": role.value}
    if row.room_id is not None and await fetch_one(acting.tx, queries["same"], columns, Id) is not None:
        return row.room_id, ()
    found = await fetch_one(acting.tx, queries["person"], {"id": person_id, "roles": ROLES}, PersonRow)
    if found is None:
        raise NotFound("unknown-person", "找不到该人员。", "There is no such person.")
    of = await _of(acting.tx, row)
    today = acting.now.astimezone(zone).date()
    agreed = duty_store.in_force(await duty_store.agreements(acting.tx, row.organization_id, found.organization_id))
    # what the patient agreed to is kept of an audience alone: a colleague treats
    consent = adding.consent.strip() if role is MemberRole.AUDIENCE else ""
    outcome = members.add(of, Wish(found.person, role, reason, consent), agreed, today)
    if isinstance(outcome, Stopped):
        raise words.stopped(outcome.concerns)
    if isinstance(outcome, Bar) or row.room_id is None:
        raise barred(outcome if isinstance(outcome, Bar) else Bar.NOT_NOW)
    columns |= {
        "organization_id": found.organization_id,
        "reason": reason,
        "consent": consent,
        "concerns": sorted(one.value for one in outcome.concerns),
        "by": acting.by,
        "now": acting.now,
    }
    if await execute(acting.tx, queries["insert"], columns) == 0:
        raise Conflict(
            "id-taken", "编号重复，未作任何改动。请重试。", "That number is taken; nothing was changed. Try again."
        )
    events = await _let_in(acting, row.room_id, str(person_id), role)
    taken = acting.taken("add-member", reason, person=str(person_id), role=role.value)
    await _note(acting.tx, row, person_id, replace(taken, concerns=outcome.concerns))
    return row.room_id, events


async def _of(tx: Connection, row: ConsultationRow) -> Of:
    standing = await fetch_all(tx, queries["standing"], {"id": row.id}, Id)
    return Of(
        row.state,
        Urgency(row.urgency),
        row.department,
        row.organization_id,
        row.requester_id,
        row.expert_id,
        frozenset(one.id for one in standing),
    )


async def _let_in(acting: Acting, room_id: UUID, person: str, role: MemberRole) -> tuple[Event, ...]:
    """On the roster; whoever was taken out before may come again."""
    by, now = str(acting.by), acting.now
    events = (await log.add_member(acting.tx, room_id, person, role.value, by=by, now=now)).events
    member = (await log.lock(acting.tx, room_id)).fold.members.get(person)
    if member is not None and member.st in {"denied", "knocking"}:
        events += (await log.record(acting.tx, room_id, "member.admit", Whom(person), by=by, now=now)).events
    return events


async def remove(acting: Acting, consultation_id: UUID, member_id: UUID, reason: str) -> Done:
    """Take somebody out: the room and the images are closed to them with this.  A second time says the same.

    Raises NotFound, Forbidden, Invalid without a reason.
    """
    row = await acting.hold(consultation_id, *ADDING)
    if not reason.strip():
        raise words.refused(Refusal.REASON_NEEDED)
    params = {"id": member_id, "consultation_id": row.id}
    known = await fetch_one(acting.tx, queries["member"], params, _Known)
    if known is None or row.room_id is None:
        raise NotFound("unknown-member", "名单中没有此人，未作任何改动。", "That person is not on the list.")
    if known.removed:
        return row.room_id, ()
    removed = {"id": member_id, "reason": reason.strip(), "by": acting.by, "now": acting.now}
    await execute(acting.tx, queries["remove"], removed)
    events = await _send_out(acting, row.room_id, str(known.practitioner_id))
    taken = acting.taken("remove-member", reason, person=str(known.practitioner_id), role=known.role)
    await _note(acting.tx, row, known.practitioner_id, taken)
    return row.room_id, events


async def _send_out(acting: Acting, room_id: UUID, person: str) -> tuple[Event, ...]:
    """Out of the room, and not in again by themselves; whoever has become its expert meanwhile stays."""
    by, now = str(acting.by), acting.now
    room = await log.lock(acting.tx, room_id)
    member = room.fold.members.get(person)
    if room.closed_at is not None or member is None or member.role not in set(MemberRole):
        return ()
    events: tuple[Event, ...] = ()
    if member.st in THERE:
        events = (await log.record(acting.tx, room_id, "member.left", Leaving(person), by=by, now=now)).events
    return events + (await log.record(acting.tx, room_id, "member.deny", Denied(person), by=by, now=now)).events


async def _note(tx: Connection, row: ConsultationRow, person_id: UUID, taken: store.Taken) -> None:
    """A step of the consultation, and a word to the person it is about."""
    await store.note(tx, row, taken)
    await append(tx, f"consultation.{taken.command}", row.id, [f"person/{person_id}"])


async def listed(connection: Connection, consultation_id: UUID) -> list[MemberRow]:
    """Everybody who was ever added."""
    return await fetch_all(connection, queries["members"], {"id": consultation_id}, MemberRow)


async def candidates(
    acting: Acting, consultation_id: UUID, search: str, zone: tzinfo
) -> tuple[str, list[tuple[PersonRow, dict[MemberRole, list[str]]]]]:
    """The urgency, and staff who could be added with what speaks against it by role; nobody who is there already."""
    row = await acting.hold(consultation_id, *ADDING)
    of = await _of(acting.tx, row)
    params = {"roles": ROLES, "search": search.strip(), "limit": MOST_SHOWN + members.MOST + 3}
    found = await fetch_all(acting.tx, queries["candidates"], params, PersonRow)
    agreed = await duty_store.agreements(acting.tx, row.organization_id)
    today = acting.now.astimezone(zone).date()
    shown: list[tuple[PersonRow, dict[MemberRole, list[str]]]] = []
    for one in found:
        if one.id in of.members or one.id in (of.requester_id, of.expert_id):
            continue
        between = duty_store.in_force([each for each in agreed if each.invited_id == one.organization_id])
        against = {
            role: sorted(each.value for each in members.concerns(of, one.person, role, between, today))
            for role in MemberRole
        }
        shown.append((one, against))
    return row.urgency, shown


def stopping(urgency: str, concerns: Collection[str]) -> list[str]:
    """The concerns that keep somebody from being added."""
    return sorted(one.value for one in guards.stops(frozenset(map(guards.Concern, concerns)), Urgency(urgency)))


def barred(bar: Bar) -> DomainError:
    match bar:
        case Bar.NOT_NOW:
            return Conflict(
                bar.value,
                "专家接受会诊之后、签发意见之前才能添加人员。未作任何改动。",
                "People are added between the expert's acceptance and the signed opinion. Nothing was changed.",
            )
        case Bar.REASON_NEEDED:
            return Invalid(bar.value, "请填写理由。未作任何改动。", "A reason is needed. Nothing was changed.")
        case Bar.CONSENT_NEEDED:
            return Invalid(
                bar.value,
                "旁听者不参与诊疗：请先征得患者（或监护人、近亲属）同意，并写明由谁、如何同意。未作任何改动。",
                "An audience takes no part in the care: ask the patient (or guardian, relative) first, and write down"
                " who agreed and how. Nothing was changed.",
            )
        case Bar.CANNOT_ENTER:
            return Conflict(
                bar.value,
                "此人没有可进入会诊室的有效账号或角色。未作任何改动；请联系安全管理员。",
                "This person has no active account with a role that comes into rooms. Nothing was changed.",
            )
        case Bar.PARTY:
            return Conflict(
                bar.value,
                "此人是本次会诊的邀请医师或会诊专家，已在会诊室名单上。",
                "This person is the inviting physician or the expert and is on the list already.",
            )
        case Bar.MEMBER:
            return Conflict(
                bar.value,
                "此人已在名单上。如需改变身份，请先移出再添加。未作任何改动。",
                "This person is on the list already; take them out first to change the role. Nothing was changed.",
            )
        case Bar.TOO_MANY:
            return Conflict(
                bar.value,
                f"本次会诊已添加 {members.MOST} 人。请先移出不再参加的人。未作任何改动。",
                f"{members.MOST} people were added to this consultation; take somebody out first. Nothing was changed.",
            )
