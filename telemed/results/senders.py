"""Which laboratory systems may send, by MSH-3 and MSH-4, and for which organisation; and who else has tried."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one
from telemed.errors import Invalid, NotFound
from telemed.results.hl7_message import Segment
from telemed.results.store import queries

#: Strangers that are listed; the newest stay.
SEEN_KEPT = 500
LONGEST = 230


class Names(NamedTuple):
    """MSH-3 and MSH-4 as written, components joined by ^."""

    application: str
    facility: str


class SenderRow(msgspec.Struct, frozen=True):
    application: str
    facility: str
    organization_code: str
    organization_name: str
    state: str
    last_seen_at: datetime | None


class SeenRow(msgspec.Struct, frozen=True):
    application: str
    facility: str
    peer_address: str
    first_seen_at: datetime
    last_seen_at: datetime
    attempts: int


class _Id(msgspec.Struct):
    id: UUID


def names(header: Segment) -> Names:
    """How a sender calls itself, whatever its separators are."""
    parts = ("^".join(_components(header, field)).strip("^ ")[:LONGEST] for field in (3, 4))
    return Names(*parts)


def _components(header: Segment, field: int) -> list[str]:
    written, separator = header.raw(field), header.syntax.component
    return [header.plain(part).strip() for part in (written.split(separator) if separator else [written])]


async def enrol(tx: Connection, who: Names, organization_code: str, now: datetime) -> UUID:
    """Let a sender in for an organisation, again if it was disabled.

    Raises NotFound for an unknown organisation, Invalid for a sender without a name; nothing was changed then.
    """
    if not any(who):
        raise Invalid("sender-without-name", "MSH-3 与 MSH-4 不能都为空。", "MSH-3 and MSH-4 cannot both be empty.")
    params = {"application": who.application, "facility": who.facility}
    row = await fetch_one(tx, queries["enrol"], params | {"organization_code": organization_code, "now": now}, _Id)
    if row is None:
        raise NotFound("unknown-organization", "找不到该机构。", "There is no such organisation.")
    await execute(tx, queries["forget_seen"], params)
    return row.id


async def disable(tx: Connection, who: Names) -> None:
    """Let a sender in no more.  Raises NotFound if it is not enrolled."""
    params = {"application": who.application, "facility": who.facility}
    if await execute(tx, queries["disable"], params) == 0:
        raise NotFound("unknown-sender", "找不到该发送方。", "There is no such sender.")


async def note_stranger(tx: Connection, who: Names, peer_address: str, now: datetime) -> None:
    """List a sender that is not enrolled, with how often it tried."""
    params = {"application": who.application, "facility": who.facility, "peer_address": peer_address, "now": now}
    await execute(tx, queries["note_seen"], params)
    await execute(tx, queries["bound_seen"], {"keep": SEEN_KEPT})


async def enrolled(connection: Connection) -> list[SenderRow]:
    """Every sender that was ever let in."""
    return await fetch_all(connection, queries["senders"], {}, SenderRow)


async def seen(connection: Connection, limit: int = SEEN_KEPT) -> list[SeenRow]:
    """Who tried without being enrolled, the newest first."""
    return await fetch_all(connection, queries["seen"], {"limit": limit}, SeenRow)
