"""/api/consultation-notices: how one's consultations stand, for the notices of any page; nothing of a patient in it.

The list of consultations shows patients, and whoever looks at it has looked at them; what a page asks for by itself
names none.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import msgspec

from telemed.consultation.model.parties import parties
from telemed.consultation.model.states import Urgency
from telemed.consultation.routes.messages import PartyWord
from telemed.db import fetch_all, load
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.vocabulary import Action, Text

queries = load(__name__, "noticing.sql")

#: What ended this long ago may still be news to somebody who was away.
NEWS = timedelta(days=1)


class NoticeItem(msgspec.Struct, frozen=True):
    """A consultation as it stands.  you: what one is to it.  by_me: whether one took its last step oneself.

    reminded_at: when its appointment was near.  ids, codes and names of places alone.
    """

    id: UUID
    state: str
    urgency: Urgency
    department: str
    organization_name: str
    expert_id: UUID | None
    due_at: datetime | None
    starts_at: datetime | None
    reminded_at: datetime | None
    room_id: UUID | None
    you: list[PartyWord]
    by_me: bool


class NoticeItems(msgspec.Struct, frozen=True):
    items: list[NoticeItem]


class _Row(msgspec.Struct):
    id: UUID
    state: str
    urgency: str
    department: str
    organization_id: UUID
    organization_name: str
    requester_id: UUID
    expert_id: UUID | None
    due_at: datetime | None
    starts_at: datetime | None
    reminded_at: datetime | None
    room_id: UUID | None
    by_me: bool


async def notices(call: Call[Nothing, Nothing]) -> NoticeItems:
    organizations = call.scope.organizations
    params = {
        "everywhere": organizations is None,
        "organizations": organizations or [],
        "person": call.principal.practitioner_id,
        "since": call.now - NEWS,
    }
    async with call.pool.connection() as connection:
        rows = await fetch_all(connection, queries["notices"], params, _Row)
    return NoticeItems([_shown(call, row) for row in rows])


def _shown(call: Call[Nothing, Nothing], row: _Row) -> NoticeItem:
    am = parties(
        call.principal,
        organization_id=row.organization_id,
        requester_id=row.requester_id,
        expert_id=row.expert_id,
    )
    said = {name: getattr(row, name) for name in NoticeItem.__struct_fields__ if name not in ("you", "urgency")}
    you = cast("list[PartyWord]", sorted(one.value for one in am))
    return NoticeItem(**said, urgency=Urgency(row.urgency), you=you)


def noticing_endpoints() -> list[Endpoint]:
    return [
        Endpoint(
            "GET",
            "/api/consultation-notices",
            Action.CONSULTATION_READ,
            notices,
            Text("会诊动态", "How one's consultations stand"),
            returns=NoticeItems,
            access=True,
        )
    ]
