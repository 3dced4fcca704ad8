"""Tables that people brought, and what became of each: taken, kept apart, still waiting."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, fetch_all, load
from telemed.vocabulary import EVERYWHERE, Scope

queries = load(__name__, "table_list.sql")

#: Organisations whose laboratory may be named; a township has some thirty village clinics.
MOST_SENDERS = 200


class TableSender(msgspec.Struct, frozen=True):
    """An organisation whose laboratory a table may be of."""

    id: UUID
    name: str
    name_en: str


class TableRow(msgspec.Struct, frozen=True):
    """A table that was imported.

    reports, results: that were stored of it.  apart: what was kept apart; waiting: of that, what nobody has decided.
    """

    id: UUID
    organization_id: UUID
    organization_name: str
    brought_by_name: str
    received_at: datetime
    reports: int
    results: int
    apart: int
    waiting: int


async def senders(connection: Connection, scope: Scope, own: UUID) -> list[TableSender]:
    """Whose laboratory a table may be of, one's own first."""
    params = {"organizations": scope.organizations, "own": own, "limit": MOST_SENDERS}
    return await fetch_all(connection, queries["table_senders"], params, TableSender)


async def tables(
    connection: Connection, scope: Scope, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[TableRow]:
    """Tables of the organisations in scope, the newest first."""
    return await _tables(connection, scope, before=before, limit=limit)


async def table(connection: Connection, number: UUID) -> TableRow:
    """One table that was just imported."""
    (row,) = await _tables(connection, EVERYWHERE, before=None, limit=1, number=number)
    return row


async def _tables(
    connection: Connection,
    scope: Scope,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
    number: UUID | None = None,
) -> list[TableRow]:
    params = {
        "id": number,
        "organizations": scope.organizations,
        "before_at": None if before is None else before[0],
        "before_id": None if before is None else before[1],
        "limit": limit,
    }
    return await fetch_all(connection, queries["tables"], params, TableRow)
