"""/api/picture-links: one-time links that were given out, and an end to one."""

from __future__ import annotations

import msgspec

from telemed.cds import given_links
from telemed.cds.given_links import GivenLink
from telemed.http.paging import cursor, following
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.vocabulary import Action, Text

PAGE = 50


class LinksQuery(msgspec.Struct, frozen=True):
    """open: those alone through which somebody may look now or soon.  after: `next` of the page before."""

    open: bool = True
    after: str = ""


class GivenLinkList(msgspec.Struct, frozen=True):
    items: list[GivenLink]
    next: str | None


async def links(call: Call[LinksQuery, Nothing]) -> GivenLinkList:
    before = cursor(call.query.after)
    async with call.pool.connection() as connection:
        rows = await given_links.given_links(
            connection, call.scope, call.now, still_open=call.query.open, before=before, limit=PAGE + 1
        )
    for row in rows[:PAGE]:
        call.about("picture-link", row.id, patient_id=row.patient_id)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return GivenLinkList(rows[:PAGE], None if last is None else following(last.made_at, last.id))


async def revoke(call: Call[Nothing, Nothing]) -> None:
    async with call.transaction() as tx:
        found = await given_links.revoke(tx, call.scope, call.uuid("id"), call.now)
        call.about("picture-link", found.id, patient_id=found.patient_id)


def endpoints() -> list[Endpoint]:
    """The routes of links that were given out."""
    return [
        Endpoint(
            "GET",
            "/api/picture-links",
            Action.LINK_READ,
            links,
            Text("已发出的一次性影像链接", "One-time links to images that were given out"),
            query=LinksQuery,
            returns=GivenLinkList,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/picture-links/{id}/revoke",
            Action.LINK_REVOKE,
            revoke,
            Text("停用一次性影像链接", "Let nobody look through a link any more"),
            status=204,
        ),
    ]
