"""One-time links as they were given out: to whom, for which images, when used; one is ended early."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from telemed.cds import picture_links_store as store
from telemed.db import Connection, fetch_all, fetch_one, load
from telemed.errors import Conflict, NotFound
from telemed.events import append
from telemed.vocabulary import Scope

queries = load(__name__, "given_links.sql")


class GivenLink(msgspec.Struct, frozen=True):
    """A link that was given out.

    client_name: the hospital system, '' for a page of this county.  shown_to: the person, of a hospital system as it
    names its users.  asker_name: where that person works, organization_name: where the images were made.
    """

    id: UUID
    patient_id: UUID
    patient_name: str
    study_id: UUID
    organization_id: UUID
    organization_name: str
    item: str
    studied_at: datetime | None
    client_name: str
    shown_to: str
    asker_id: UUID | None
    asker_name: str
    made_at: datetime
    use_before: datetime
    opened_at: datetime | None
    view_until: datetime | None
    revoked_at: datetime | None


class _Places(msgspec.Struct):
    organization_id: UUID
    asker_id: UUID | None


async def given_links(
    connection: Connection,
    scope: Scope,
    now: datetime,
    *,
    still_open: bool,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[GivenLink]:
    """Links in scope, the newest first.  still_open: those alone through which somebody may look now or soon."""
    params = {
        "id": None,
        "organizations": scope.organizations,
        "open": still_open,
        "now": now,
        "before_at": None if before is None else before[0],
        "before_id": None if before is None else before[1],
        "limit": limit,
    }
    return await fetch_all(connection, queries["given_links"], params, GivenLink)


async def revoke(tx: Connection, scope: Scope, number: UUID, now: datetime) -> GivenLink:
    """Let nobody look through a link any more.

    Raises NotFound outside the scope, Conflict where it is over already.
    """
    params = {"organizations": scope.organizations, "open": False, "now": now, "before_at": None, "before_id": None}
    found = await fetch_one(tx, queries["given_links"], {**params, "id": number, "limit": 1}, GivenLink)
    if found is None:
        raise NotFound("unknown-link", "找不到该链接。", "There is no such link.")
    if not await store.revoke(tx, now, number=number):
        raise Conflict("link-over", "该链接已失效，无需停用。", "This link is over already; nothing was changed.")
    await told(tx, number, "picture-link.revoked")
    return found


async def told(tx: Connection, number: UUID, kind: str) -> None:
    """Tell those who look after a link that something became of it."""
    places = await fetch_one(tx, queries["link_places"], {"id": number}, _Places)
    if places is not None:
        whose = {one for one in (places.organization_id, places.asker_id) if one is not None}
        await append(tx, kind, number, ["admin", *sorted(f"organization/{one}" for one in whose)])
