"""/api/consultations/{id}/members: colleagues and an audience, whom to add, and who was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from telemed.consultation.model.members import OPEN, MemberRole
from telemed.consultation.people import membership
from telemed.consultation.people.membership import Adding, MemberRow
from telemed.consultation.room.hub import RoomHub
from telemed.consultation.routes.desk import Desk, consultation_of
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.vocabulary import Action, Text

Why = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
Agreed = Annotated[str, msgspec.Meta(max_length=500, pattern=r"^[^\x00]*$")]
Part = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*\S[^\x00]*$")]


class CandidatesQuery(msgspec.Struct, frozen=True):
    """search: a part of the person's name or of the institution's."""

    search: Part


class Against(msgspec.Struct, frozen=True):
    """What speaks against somebody in a role.  stops: of it what keeps from being added at this urgency."""

    role: MemberRole
    concerns: list[str]
    stops: list[str]


class CandidateItem(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    title: str
    organization_name: str
    departments: list[str]
    against: list[Against]


class Candidates(msgspec.Struct, frozen=True):
    """more: there are others; say more of the name."""

    items: list[CandidateItem]
    more: bool


class AddMemberBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """id: chosen by the client, so that sending it twice adds once.

    consent: who of the patient's side agreed to somebody who looks on, and how; needed of an audience.
    """

    id: UUID
    practitioner_id: UUID
    role: MemberRole
    reason: Why
    consent: Agreed = ""


class RemoveMemberBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Why


class MemberItem(msgspec.Struct, frozen=True):
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

    @classmethod
    def of(cls, row: MemberRow) -> MemberItem:
        return msgspec.convert(row, cls, from_attributes=True)


class Members(msgspec.Struct, frozen=True):
    """items: in the order in which they were added, also who was taken out.  open: whether people may be added."""

    items: list[MemberItem]
    open: bool


@dataclass(frozen=True)
class MemberRoutes:
    desk: Desk
    hub: RoomHub

    async def candidates(self, call: Call[CandidatesQuery, Nothing]) -> Candidates:
        consultation_id = consultation_of(call)
        async with call.transaction() as tx:
            acting = self.desk.acting(call, tx)
            urgency, found = await membership.candidates(acting, consultation_id, call.query.search, self.desk.zone)
        items = [
            CandidateItem(
                one.id,
                one.name,
                one.title,
                one.organization_name,
                one.departments,
                [Against(role, list(said), membership.stopping(urgency, said)) for role, said in against.items()],
            )
            for one, against in found
        ]
        return Candidates(items[: membership.MOST_SHOWN], len(items) > membership.MOST_SHOWN)

    async def add(self, call: Call[Nothing, AddMemberBody]) -> None:
        consultation_id, body = consultation_of(call), call.body
        call.about("consultation-member", body.id)
        async with call.transaction() as tx:
            acting = self.desk.acting(call, tx)
            adding = Adding(body.id, body.practitioner_id, body.role, body.reason, body.consent)
            room_id, events = await membership.add(acting, consultation_id, adding, self.desk.zone)
        await self.hub.offer(room_id, events)

    async def remove(self, call: Call[Nothing, RemoveMemberBody]) -> None:
        consultation_id, number = consultation_of(call), call.uuid("member")
        call.about("consultation-member", number)
        async with call.transaction() as tx:
            acting = self.desk.acting(call, tx)
            room_id, events = await membership.remove(acting, consultation_id, number, call.body.reason)
        await self.hub.offer(room_id, events)

    async def all(self, call: Call[Nothing, Nothing]) -> Members:
        async with call.pool.connection() as connection:
            row = await self.desk.line(call, connection, call.uuid("id"), joined=tuple(MemberRole))
            found = await membership.listed(connection, row.id)
        shown = self.desk.shown(call, row)
        # whoever was added sees who else is there, not why and what spoke against them
        inside = self.desk.of_a_party(call, row)
        items = [MemberItem.of(one) for one in found if inside or one.removed_at is None]
        if not inside:
            items = [msgspec.structs.replace(one, reason="", consent="", concerns=[]) for one in items]
        return Members(items, row.state in OPEN and bool(shown.you))


def member_endpoints(routes: MemberRoutes) -> list[Endpoint]:
    of, conduct = "/api/consultations/{id}", Action.CONSULTATION_CONDUCT
    return [
        Endpoint(
            "GET",
            f"{of}/members",
            Action.CONSULTATION_READ,
            routes.all,
            Text("会诊同事与旁听", "Colleagues and audience"),
            returns=Members,
            access=True,
        ),
        Endpoint(
            "GET",
            f"{of}/candidates",
            conduct,
            routes.candidates,
            Text("查找可添加的人员", "Staff who could be added"),
            query=CandidatesQuery,
            returns=Candidates,
        ),
        Endpoint(
            "POST",
            f"{of}/members",
            conduct,
            routes.add,
            Text("添加同事或旁听", "Add a colleague or an audience"),
            body=AddMemberBody,
            status=204,
        ),
        Endpoint(
            "POST",
            f"{of}/members/{{member}}/remove",
            conduct,
            routes.remove,
            Text("移出同事或旁听", "Take a colleague or an audience out"),
            body=RemoveMemberBody,
            status=204,
        ),
    ]
