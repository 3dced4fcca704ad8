"""One-time links for outside specialists: made, exchanged once for a session, taken back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from telemed.consultation.model.parties import Party
from telemed.consultation.room import store as log
from telemed.consultation.room.coming import THERE
from telemed.consultation.room.facts import Leaving
from telemed.consultation.room.state import Event
from telemed.consultation.service.acting import Acting
from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, DomainError, Gone, NotFound
from telemed.vocabulary import Guest

queries = load(__name__, "queries.sql")

#: Bytes of a secret; 256 bits are not guessed.
SECRET_BYTES = 32
#: Links of one consultation that could still let somebody in.
MOST_LINKS = 20

#: Who invites, and takes back.
INVITING = (Party.INVITER, Party.COORDINATOR, Party.EXPERT)

Standing = Literal["unused", "used", "expired", "withdrawn", "over"]


@dataclass(frozen=True, slots=True)
class Invited:
    """Who is invited, and what for."""

    name: str
    institution: str
    title: str
    licence_number: str
    phone: str
    purpose: str


class InvitationRow(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    institution: str
    title: str
    licence_number: str
    phone: str
    purpose: str
    invited_by_name: str
    invited_at: datetime
    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None
    closed_at: datetime | None


class LinkRow(msgspec.Struct, frozen=True):
    """A link as whoever holds it may see it."""

    id: UUID
    consultation_id: UUID
    room_id: UUID
    name: str
    institution: str
    title: str
    purpose: str
    invited_at: datetime
    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None
    closed_at: datetime | None
    invited_by_name: str
    invited_by_institution: str


class SessionRow(msgspec.Struct, frozen=True):
    id: UUID
    session_id: UUID
    csrf_token: str
    name: str
    institution: str
    title: str
    room_id: UUID
    consultation_id: UUID
    expires_at: datetime
    studies: list[UUID]

    @property
    def guest(self) -> Guest:
        return Guest(self.session_id, self.id, self.name, self.room_id, self.consultation_id, frozenset(self.studies))


class _Number(msgspec.Struct):
    number: int


class _Id(msgspec.Struct):
    id: UUID


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def standing(row: InvitationRow | LinkRow, now: datetime) -> Standing:
    """What has become of a link.  Used says that it was; whether its guest may still be here, expiry and room say."""
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.closed_at is not None:
        return "over"
    if now >= row.expires_at:
        return "expired"
    return "unused" if row.used_at is None else "used"


def usable(row: LinkRow | None, now: datetime) -> LinkRow:
    """The link, where it can be exchanged.  Raises NotFound and Gone."""
    if row is None:
        raise NotFound(
            "unknown-link",
            "邀请链接无效。请向邀请您的医师索取新的链接。",
            "There is no such link. Ask the physician who invited you for another one.",
        )
    fault = FAULTS.get(standing(row, now))
    if fault is not None:
        raise fault()
    return row


def _used() -> DomainError:
    return Gone(
        "link-used",
        "该链接已使用过，只能使用一次。请向邀请您的医师索取新的链接。",
        "This link has been used and works once. Ask the physician who invited you for another one.",
    )


def _expired() -> DomainError:
    return Gone(
        "link-expired",
        "该链接已过有效时间。请向邀请您的医师索取新的链接。",
        "The time of this link is over. Ask the physician who invited you for another one.",
    )


def _withdrawn() -> DomainError:
    return Gone(
        "link-withdrawn", "邀请已撤回，该链接不再有效。", "The invitation was withdrawn; this link works no longer."
    )


def _over() -> DomainError:
    return Gone("room-closed", "会诊已结束，该链接不再有效。", "The consultation is over; this link works no longer.")


FAULTS = {"used": _used, "expired": _expired, "withdrawn": _withdrawn, "over": _over}


async def invite(acting: Acting, consultation_id: UUID, invited: Invited, lasts: timedelta) -> tuple[UUID, str]:
    """Put an outside specialist on the room's roster, behind its door.  Returns the invitation and its secret.

    Raises NotFound, Forbidden, Conflict where there is no open room or there are too many links.
    """
    row = await acting.hold(consultation_id, *INVITING)
    if row.room_id is None:
        raise Conflict(
            "no-room",
            "专家接受会诊后才能邀请外院专家。未作任何改动。",
            "There is no room until an expert has accepted. Nothing was changed.",
        )
    params = {"consultation_id": row.id, "now": acting.now}
    known = await fetch_one(acting.tx, queries["number_of_links"], params, _Number)
    if known is not None and known.number >= MOST_LINKS:
        raise Conflict(
            "too-many-links",
            "此会诊的邀请链接已达 20 个，请先撤回不用的。未作任何改动。",
            "This consultation has 20 links; withdraw one first. Nothing was changed.",
        )
    number, secret = uuid4(), token_urlsafe(SECRET_BYTES)
    columns = {
        "id": number,
        "consultation_id": row.id,
        "room_id": row.room_id,
        "name": invited.name,
        "institution": invited.institution,
        "title": invited.title,
        "licence_number": invited.licence_number,
        "phone": invited.phone,
        "purpose": invited.purpose,
        "token_digest": digest(secret),
        "by": acting.by,
        "now": acting.now,
        "expires_at": acting.now + lasts,
    }
    await execute(acting.tx, queries["insert"], columns)
    await log.add_member(acting.tx, row.room_id, f"guest/{number}", "guest", by=str(acting.by), now=acting.now)
    return number, secret


async def withdraw(acting: Acting, consultation_id: UUID, invitation_id: UUID) -> tuple[UUID, tuple[Event, ...]]:
    """Take a link back: its session is over at once, and its guest is sent out.  A second time says the same.

    Returns the room and what was appended to its log.  Raises NotFound, Forbidden.
    """
    row = await acting.hold(consultation_id, *INVITING)
    params = {"id": invitation_id, "consultation_id": row.id}
    if row.room_id is None or await fetch_one(acting.tx, queries["exists"], params, _Id) is None:
        raise NotFound("unknown-invitation", "找不到该邀请。", "There is no such invitation.")
    withdrawn = {**params, "by": acting.by, "now": acting.now}
    if await fetch_one(acting.tx, queries["withdraw"], withdrawn, _Id) is None:
        return row.room_id, ()
    room, person = await log.lock(acting.tx, row.room_id), f"guest/{invitation_id}"
    member = room.fold.members.get(person)
    if room.closed_at is not None or member is None or member.st not in THERE:
        return row.room_id, ()
    leaving = Leaving(person)
    done = await log.record(acting.tx, row.room_id, "member.left", leaving, by=str(acting.by), now=acting.now)
    return row.room_id, done.events


async def invitations(connection: Connection, consultation_id: UUID) -> list[InvitationRow]:
    """Who was invited to a consultation."""
    return await fetch_all(connection, queries["invitations"], {"consultation_id": consultation_id}, InvitationRow)


async def by_secret(connection: Connection, secret: str) -> LinkRow | None:
    return await fetch_one(connection, queries["by_secret"], {"token_digest": digest(secret)}, LinkRow)


async def exchange(tx: Connection, link_secret: str, now: datetime) -> tuple[SessionRow, str]:
    """Make the session out of a link, once.  Returns it with its secret.

    The link is held, so whoever comes second, or while it is withdrawn, hears what it then is.  Raises as `usable`.
    """
    await fetch_one(tx, queries["hold"], {"token_digest": digest(link_secret)}, _Id)
    link = usable(await by_secret(tx, link_secret), now)
    secret = token_urlsafe(SECRET_BYTES)
    columns = {"session_id": uuid4(), "session_digest": digest(secret), "csrf_token": token_urlsafe(SECRET_BYTES)}
    await execute(tx, queries["exchange"], {"id": link.id, "now": now, **columns})
    found = await session(tx, secret, now)
    if found is None:
        raise LookupError("a session that was made a moment ago is gone")
    return found, secret


async def session(connection: Connection, secret: str, now: datetime) -> SessionRow | None:
    """Whose session a secret is; None where there is none or it is over."""
    params = {"session_digest": digest(secret), "now": now}
    return await fetch_one(connection, queries["session"], params, SessionRow)
