"""Who waits outside a room, told to whoever may let in and is not inside to see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from telemed.consultation.room.state import Event, State
from telemed.db import Connection, fetch_one, load
from telemed.events import append
from telemed.outgoing.model import Notice, Recipient
from telemed.outgoing.outbox import stands
from telemed.outgoing.outbox import tell as owe
from telemed.vocabulary import NoticeKind

queries = load(__name__, "lobby.sql")

#: What changes who waits outside.
KINDS = frozenset({"member.knock", "member.admit", "member.deny", "member.left", "room.close"})
KNOCKING = "knocking"
#: Where a page hears of it; ids only, as everything there.
TOPIC = "consultations"


class _About(msgspec.Struct):
    urgency: str
    department: str
    organization_id: UUID
    expert_organization_id: UUID | None


def outside(state: State) -> list[UUID]:
    """Who may let in (deciding._moderates) and is not in the room now.  Pure."""
    return sorted(
        UUID(person)
        for person, member in state.members.items()
        if (member.role == "moderator" or person == state.host) and member.st != "present" and "/" not in person
    )


async def tell(tx: Connection, room_id: UUID, state: State, events: Sequence[Event]) -> None:
    """Tell of whoever has begun to wait, and stand down where nobody waits any more."""
    if KINDS.isdisjoint(one.k for one in events):
        return
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=state.at)
    waits = any(one.st == KNOCKING for one in state.members.values()) and state.st == "open"
    await stands(tx, room_id, {KNOCKING} if waits else set(), now)
    knocks = [one for one in events if one.k == "member.knock"]
    if not waits or not knocks:
        return
    await append(tx, NoticeKind.KNOCKED.value, room_id, [TOPIC])
    about = await fetch_one(tx, queries["about"], {"room": room_id}, _About)
    recipients = tuple(Recipient("moderator", one) for one in outside(state))
    if about is None or not recipients:
        return
    notice = Notice(
        NoticeKind.KNOCKED,
        room_id,
        f"{NoticeKind.KNOCKED.value}/{room_id}/{knocks[-1].seq}",
        f"/rooms/{room_id}",
        recipients,
        urgency=about.urgency,
        department=about.department,
        organization_id=about.organization_id,
        concerns=() if about.expert_organization_id is None else (about.expert_organization_id,),
        stands_in=(KNOCKING,),
    )
    await owe(tx, notice, now)
