"""/api/linked: what a one-time link shows, without an account: one study's images and its report, for half an hour."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_urlsafe
from typing import Annotated, Any
from uuid import UUID

import msgspec
from aiohttp import web

from telemed.cds import picture_links_store as store
from telemed.cds.given_links import told
from telemed.cds.picture_links import SECRET, SECRET_BYTES, Lifetime, Link, digest, opening, unknown, used, viewing
from telemed.db import Connection
from telemed.errors import NotFound
from telemed.http.wire import PUBLIC, Call, Endpoint, Nothing, RateClass
from telemed.reading.routes.messages import ReportDetail
from telemed.vocabulary import Scope, ScopeKind, Text

#: A report as it is shown, by the id of its version; what telemed/registry.py hands in.
ShowReport = Callable[[Call[Any, Any], Connection, UUID], Awaitable[ReportDetail]]


class OpenBody(msgspec.Struct, frozen=True):
    """secret: what stood behind the `#` of the link's address."""

    secret: Annotated[str, msgspec.Meta(min_length=43, max_length=43, pattern=f"^{SECRET.pattern}$")]


class Linked(msgspec.Struct, frozen=True):
    """What a link shows.

    institution: where the images were made.  study: its Study Instance UID.  report: whether there is one.
    client: the hospital system whose card it stood on, '' for a page of this county.  until: end of the viewing, UTC.
    """

    id: UUID
    institution: str
    study: str
    report: bool
    client: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Viewer:
    """The cookie of a browser that opened a link.  tls: `__Host-` binds it to this very host (RFC 6265bis 4.1.3.2)."""

    tls: bool

    @property
    def name(self) -> str:
        return "__Host-telemed-linked" if self.tls else "telemed-linked"

    def digest(self, request: web.Request) -> bytes | None:
        secret = request.cookies.get(self.name, "")
        return digest(secret) if SECRET.fullmatch(secret) else None

    def give(self, answer: web.StreamResponse, secret: str) -> None:
        """It ends with the browser, and what it shows with the row behind it."""
        answer.set_cookie(self.name, secret, path="/", secure=self.tls, httponly=True, samesite="Strict")


@dataclass(frozen=True)
class LinkedRoutes:
    """Handlers.  show_report: see ShowReport."""

    viewer: Viewer
    show_report: ShowReport
    lifetime: Lifetime = field(default_factory=Lifetime)

    async def open(self, call: Call[Nothing, OpenBody]) -> Linked:
        """Take the link for this browser; pressed twice or loaded again there it opens again, elsewhere never."""
        number, mine = call.uuid("id"), self.viewer.digest(call.request)
        async with call.transaction() as tx:
            found = await store.link(tx, number, call.body.secret)
            if fault := opening(found, mine, call.now):
                _named(call, found)
                raise fault
            if found is None:
                raise unknown()
            _named(call, found)
            until = found.view_until
            if found.opened_at is None:
                secret = None
                if mine is None or not await store.same_reader(tx, found, mine, call.now):
                    secret = token_urlsafe(SECRET_BYTES)
                    mine = digest(secret)
                until = call.now + self.lifetime.viewing
                if not await store.open_once(tx, number, mine, call.now, until):
                    raise used()
                await told(tx, number, "picture-link.opened")
                if secret is not None:
                    call.cookies.append(lambda answer: self.viewer.give(answer, secret))
            return await _linked(tx, found, until or call.now)

    async def whole(self, call: Call[Nothing, Nothing]) -> Linked:
        """What this browser may still look at, when its page is loaded again."""
        found = await self.looking(call, call.uuid("id"))
        async with call.pool.connection() as connection:
            return await _linked(connection, found, found.view_until or call.now)

    async def report(self, call: Call[Nothing, Nothing]) -> ReportDetail:
        found = await self.looking(call, call.uuid("id"))
        async with call.transaction() as tx:
            version = await store.report_of(tx, found.study_id)
            if version is None:
                raise NotFound("no-report", "该检查还没有报告。", "There is no report of this study yet.")
            return await self.show_report(call, tx, version)

    async def close(self, call: Call[Nothing, Nothing]) -> None:
        found = await self.looking(call, call.uuid("id"))
        async with call.transaction() as tx:
            await store.close(tx, found.id, call.now)
            await told(tx, found.id, "picture-link.closed")

    async def looking(self, call: Call[Any, Any], number: UUID) -> Link:
        """The link through which this browser may look now.  Raises NotFound and Conflict; the audit names its reader.

        What the call may see then is that study's organisation; whoever goes on holds the path to that study.
        """
        async with call.pool.connection() as connection:
            found = await store.link(connection, number)
        fault = viewing(found, self.viewer.digest(call.request), call.now)
        if fault is not None or found is None:
            raise fault or unknown()
        _named(call, found)
        call.scope = Scope(ScopeKind.OWN, frozenset({found.organization_id}))
        return found

    async def admit(self, call: Call[Any, Any]) -> None:
        """Let a DICOMweb request through that is for the study of its link, and for no other."""
        found = await self.looking(call, call.uuid("link"))
        if call.path["study"] != found.study_instance_uid:
            raise NotFound("unknown-study", "找不到该影像。", "There is no such study, series or image.")


def _named(call: Call[Any, Any], found: Link | None) -> None:
    """Say in the audit through which link, for which system and its user somebody looked."""
    if found is None:
        return
    call.about("picture-link", found.id)
    call.about("study", found.study_id, patient_id=found.patient_id)
    call.purpose = found.purpose
    client = {} if found.client_id is None else {"client": str(found.client_id)}
    call.detail.update({**client, "user": found.shown_to})


async def _linked(connection: Connection, found: Link, until: datetime) -> Linked:
    return Linked(
        id=found.id,
        institution=found.organization_name,
        study=found.study_instance_uid,
        report=await store.report_of(connection, found.study_id) is not None,
        client=found.client_name,
        until=until,
    )


def endpoints(routes: LinkedRoutes) -> list[Endpoint]:
    """The routes behind a link; no account is asked, the link's own secret is."""
    one = "/api/linked/{id}"
    return [
        Endpoint(
            "POST",
            f"{one}/open",
            PUBLIC,
            routes.open,
            Text("打开一次性影像链接", "Open a one-time link to images"),
            body=OpenBody,
            returns=Linked,
            rate=RateClass.PUBLIC,
        ),
        Endpoint(
            "GET",
            one,
            PUBLIC,
            routes.whole,
            Text("一次性链接的内容", "What a one-time link shows"),
            returns=Linked,
            rate=RateClass.PUBLIC,
        ),
        Endpoint(
            "GET",
            f"{one}/report",
            PUBLIC,
            routes.report,
            Text("一次性链接的报告", "The report behind a one-time link"),
            returns=ReportDetail,
            rate=RateClass.PUBLIC,
        ),
        Endpoint(
            "POST",
            f"{one}/close",
            PUBLIC,
            routes.close,
            Text("结束调阅", "End a viewing"),
            status=204,
            rate=RateClass.PUBLIC,
        ),
    ]
