"""Accounts and sessions in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from telemed.access.sessions import COUNTY_ZONE
from telemed.db import Connection, fetch_all, fetch_one, load
from telemed.vocabulary import Role

queries = load(__name__)


class SessionRow(msgspec.Struct, frozen=True):
    """An open session with everything a request needs to know. Times are UTC.

    opened: patient to break-glass use.  consulted: patient to the consultation that asks this person now.
    joined: study to the consultation to which this person was added.
    """

    token_digest: bytes
    session_id: UUID
    account_id: UUID
    csrf_token: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    second_factor_at: datetime | None
    locked_at: datetime | None
    username: str
    password_changed_at: datetime
    must_change_password: bool
    totp_enrolled: bool
    practitioner_id: UUID
    name: str
    title: str
    organization_id: UUID
    organization_name: str
    organization_name_en: str
    organization_kind: str
    roles: list[str]
    clinics: list[UUID]
    community: list[UUID]
    opened: dict[str, str]
    consulted: dict[str, str]
    joined: dict[str, str]


class AccountRow(msgspec.Struct, frozen=True):
    """What a password is compared with. organization_id: where the session begins."""

    id: UUID
    practitioner_id: UUID
    username: str
    password_hash: str
    totp_secret: bytes | None
    totp_pending: bytes | None
    active: bool
    home_id: UUID
    organization_id: UUID


class RoleRow(msgspec.Struct, frozen=True):
    role: str
    organization_id: UUID


def county_day(now: datetime) -> date:
    """The date on the wall of the county."""
    return now.astimezone(COUNTY_ZONE).date()


async def sessions_by_token(
    connection: Connection, token_digests: Sequence[bytes], now: datetime
) -> dict[bytes, SessionRow]:
    """The sessions behind some tokens, by digest; one that is over or was never there is left out."""
    params = {"digests": list(token_digests), "today": county_day(now), "now": now}
    rows = await fetch_all(connection, queries["sessions_by_token"], params, SessionRow)
    return {row.token_digest: row for row in rows}


async def account_by_username(connection: Connection, username: str) -> AccountRow | None:
    return await fetch_one(connection, queries["account_by_username"], {"username": username}, AccountRow)


async def account_by_id(connection: Connection, account_id: UUID) -> AccountRow | None:
    return await fetch_one(connection, queries["account_by_id"], {"account_id": account_id}, AccountRow)


async def roles_of(connection: Connection, practitioner_id: UUID) -> set[tuple[Role, UUID]]:
    rows = await fetch_all(
        connection,
        queries["roles_of_person"],
        {"practitioner_id": practitioner_id},
        RoleRow,
    )
    return {(Role(row.role), row.organization_id) for row in rows}
