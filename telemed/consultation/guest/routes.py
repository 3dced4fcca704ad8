"""Inviting an outside specialist, and what the holder of a link may ask before and after it is exchanged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from telemed.consultation.guest import invitations
from telemed.consultation.guest.gate import SECRET, GuestGate
from telemed.consultation.guest.invitations import Invited, LinkRow, SessionRow, Standing
from telemed.consultation.room.hub import RoomHub
from telemed.consultation.routes.desk import Desk, consultation_of
from telemed.errors import Conflict, NotFound
from telemed.http.wire import PUBLIC, Call, Endpoint, Nothing, RateClass
from telemed.vocabulary import Action, Text

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$")]
Place = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$")]
Purpose = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
Number = Annotated[str, msgspec.Meta(max_length=40)]
Hours = Annotated[int, msgspec.Meta(ge=1, le=168)]


class InviteBody(msgspec.Struct, frozen=True):
    """hours: until the link, and the session it is exchanged for, is over."""

    name: Name
    institution: Place
    title: Name
    purpose: Purpose
    licence_number: Number = ""
    phone: Number = ""
    hours: Hours = 24


class Invitation(msgspec.Struct, frozen=True):
    """standing: what has become of the link.  Times are UTC."""

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
    standing: Standing


class Invitations(msgspec.Struct, frozen=True):
    items: list[Invitation]


class MadeLink(msgspec.Struct, frozen=True):
    """link: its secret stands behind the `#`; it is shown this once and kept nowhere."""

    id: UUID
    link: str
    expires_at: datetime


class SecretBody(msgspec.Struct, frozen=True):
    """secret: what stood behind the `#` of the link's address."""

    secret: Annotated[str, msgspec.Meta(min_length=43, max_length=43, pattern=f"^{SECRET.pattern}$")]


class ExchangeBody(SecretBody, frozen=True):
    """confidential: the guest has promised to keep what is seen to themselves."""

    confidential: Literal[True]


class GuestLink(msgspec.Struct, frozen=True):
    """What an invitation says before it is accepted; nothing of a patient."""

    name: str
    institution: str
    title: str
    purpose: str
    invited_by_name: str
    invited_by_institution: str
    expires_at: datetime


class GuestView(msgspec.Struct, frozen=True):
    """A guest's own session.  person: as the room names the guest."""

    person: str
    name: str
    institution: str
    title: str
    room_id: UUID
    csrf_token: str
    expires_at: datetime


@dataclass(frozen=True)
class GuestRoutes:
    """public_url: where the county is reached."""

    desk: Desk
    hub: RoomHub
    gate: GuestGate
    public_url: str

    async def invite(self, call: Call[Nothing, InviteBody]) -> MadeLink:
        said, consultation_id = call.body, consultation_of(call)
        invited = Invited(
            said.name.strip(),
            said.institution.strip(),
            said.title.strip(),
            said.licence_number.strip(),
            said.phone.strip(),
            said.purpose.strip(),
        )
        lasts = timedelta(hours=said.hours)
        async with call.transaction() as tx:
            number, secret = await invitations.invite(self.desk.acting(call, tx), consultation_id, invited, lasts)
            call.about("guest-invitation", number)
        return MadeLink(number, f"{self.public_url.rstrip('/')}/guest#{secret}", call.now + lasts)

    async def all(self, call: Call[Nothing, Nothing]) -> Invitations:
        consultation_id = consultation_of(call)
        async with call.pool.connection() as connection:
            await self.desk.line(call, connection, consultation_id)
            rows = await invitations.invitations(connection, consultation_id)
        known = [name for name in Invitation.__struct_fields__ if name != "standing"]
        return Invitations(
            [
                Invitation(**{name: getattr(one, name) for name in known}, standing=invitations.standing(one, call.now))
                for one in rows
            ]
        )

    async def withdraw(self, call: Call[Nothing, Nothing]) -> None:
        consultation_id, number = consultation_of(call), call.uuid("invitation")
        async with call.transaction() as tx:
            call.about("guest-invitation", number)
            room_id, events = await invitations.withdraw(self.desk.acting(call, tx), consultation_id, number)
        await self.hub.offer(room_id, events)

    async def read(self, call: Call[Nothing, SecretBody]) -> GuestLink:
        """What the link is, which it still is afterwards."""
        async with call.pool.connection() as connection:
            found = await invitations.by_secret(connection, call.body.secret)
        _named(call, found)
        link = invitations.usable(found, call.now)
        return msgspec.convert(link, GuestLink, from_attributes=True)

    async def exchange(self, call: Call[Nothing, ExchangeBody]) -> GuestView:
        if call.authenticated is not None:
            raise Conflict(
                "signed-in-already",
                "此浏览器已登录本系统，链接未使用。请退出登录或换一个浏览器打开。",
                "This browser is signed in; the link was not used. Sign out or open it in another browser.",
            )
        async with call.pool.connection() as connection:
            found = await invitations.by_secret(connection, call.body.secret)
        _named(call, found)
        async with call.transaction() as tx:
            session, secret = await invitations.exchange(tx, call.body.secret, call.now)
        call.cookies.append(lambda answer: self.gate.give(answer, secret))
        return _shown(session)

    async def own(self, call: Call[Nothing, Nothing]) -> GuestView:
        """The guest's own session, when the page is loaded again."""
        row = await self.gate.session(call.request, call.now)
        if call.guest is None or row is None:
            raise NotFound("no-guest-session", "没有来宾会话。", "There is no guest's session.")
        return _shown(row)


def _named(call: Call[Any, Any], found: LinkRow | None) -> None:
    """Say in the audit whose link was tried, whatever becomes of it."""
    if found is not None:
        call.about("guest-invitation", found.id)
        call.about("consultation", found.consultation_id)
        call.detail["guest"] = f"guest/{found.id}"


def _shown(row: SessionRow) -> GuestView:
    return GuestView(
        row.guest.person, row.name, row.institution, row.title, row.room_id, row.csrf_token, row.expires_at
    )


def endpoints(routes: GuestRoutes) -> list[Endpoint]:
    """Invitations below a consultation, and the guest's own three routes."""
    of, conduct = "/api/consultations/{id}/guests", Action.CONSULTATION_CONDUCT
    return [
        Endpoint(
            "POST",
            of,
            conduct,
            routes.invite,
            Text("邀请外院专家", "Invite an outside specialist"),
            body=InviteBody,
            returns=MadeLink,
            status=201,
        ),
        Endpoint(
            "GET",
            of,
            Action.CONSULTATION_READ,
            routes.all,
            Text("外院专家邀请", "Outside specialists who were invited"),
            returns=Invitations,
            access=True,
        ),
        Endpoint(
            "POST",
            f"{of}/{{invitation}}/withdraw",
            conduct,
            routes.withdraw,
            Text("撤回邀请", "Withdraw an invitation"),
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/guest/link",
            PUBLIC,
            routes.read,
            Text("查看邀请", "What an invitation says"),
            body=SecretBody,
            returns=GuestLink,
            rate=RateClass.PUBLIC,
        ),
        Endpoint(
            "POST",
            "/api/guest/session",
            PUBLIC,
            routes.exchange,
            Text("以邀请链接进入", "Exchange a link for a session"),
            body=ExchangeBody,
            returns=GuestView,
            status=201,
            rate=RateClass.PUBLIC,
        ),
        Endpoint(
            "GET",
            "/api/guest/session",
            Action.ROOM_JOIN,
            routes.own,
            Text("来宾会话", "A guest's own session"),
            returns=GuestView,
            audited=False,
            guest=True,
        ),
    ]
