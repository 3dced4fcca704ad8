"""Hospital systems that may call, and the tokens they have used, in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec

from telemed.cds.tokens import LEEWAY, Claims, Jwks
from telemed.db import Connection, execute, fetch_all, fetch_one, load

queries = load(__name__)


class Client(msgspec.Struct, frozen=True):
    """A hospital system that may call, for one organisation."""

    id: UUID
    issuer: str
    tenant: str
    name: str
    organization_id: UUID
    keys: Jwks
    key_address: str
    allowed_origins: frozenset[str]


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is agreed with a hospital system before it may call.

    keys: its public keys as a JWKS; key_address: where it publishes them instead, https only.
    """

    issuer: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    organization_id: UUID
    tenant: str = ""
    keys: Jwks = msgspec.field(default_factory=lambda: Jwks([]))
    key_address: str = ""
    allowed_origins: list[str] = []


class _Row(msgspec.Struct):
    id: UUID
    issuer: str
    tenant: str
    name: str
    organization_id: UUID
    keys: str
    key_address: str
    allowed_origins: list[str]


class _Found(msgspec.Struct):
    found: bool


class _Id(msgspec.Struct):
    id: UUID


async def clients_of(connection: Connection, issuer: str) -> list[Client]:
    """The systems that may call under an issuer; empty for a stranger."""
    rows = await fetch_all(connection, queries["clients_of_issuer"], {"issuer": issuer}, _Row)
    return [
        Client(
            id=row.id,
            issuer=row.issuer,
            tenant=row.tenant,
            name=row.name,
            organization_id=row.organization_id,
            keys=msgspec.json.decode(row.keys, type=Jwks),
            key_address=row.key_address,
            allowed_origins=frozenset(row.allowed_origins),
        )
        for row in rows
    ]


async def origin_is_registered(connection: Connection, origin: str) -> bool:
    """Whether some system's pages come from this origin."""
    row = await fetch_one(connection, queries["origin_is_registered"], {"origin": origin}, _Found)
    return row is not None and row.found


async def use_token(tx: Connection, client_id: UUID, claims: Claims, now: datetime) -> bool:
    """Take a token for good; False when it was taken before.  Remembered as long as it could be used."""
    until = datetime.fromtimestamp(claims.exp, UTC) + timedelta(seconds=LEEWAY)
    await execute(tx, queries["forget_tokens"], {"now": now})
    params = {"client_id": client_id, "jti": claims.jti, "expires_at": until}
    return await execute(tx, queries["use_token"], params) == 1


async def register(tx: Connection, registration: Registration) -> UUID:
    """Let a hospital system call, or change what is agreed with it."""
    params = {
        **msgspec.structs.asdict(registration),
        "keys": msgspec.json.encode(registration.keys).decode(),
    }
    made = await fetch_one(tx, queries["register_client"], params, _Id)
    if made is None:
        raise LookupError("insert ... returning gave no row")
    return made.id


async def disable(tx: Connection, issuer: str, tenant: str = "") -> bool:
    """Let a hospital system call no more."""
    return await execute(tx, queries["disable_client"], {"issuer": issuer, "tenant": tenant}) == 1
