"""Hospital systems that may call, and the tokens they have used, in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from telemed.cds.registration import Agreement
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
    specification: str = "2.0.1"


class ActiveClient(msgspec.Struct, frozen=True):
    organization_code: str
    name: str
    issuer: str
    tenant: str


class _Row(msgspec.Struct):
    id: UUID
    issuer: str
    tenant: str
    name: str
    organization_id: UUID
    keys: str
    key_address: str
    allowed_origins: list[str]
    specification: str


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
            specification=row.specification,
        )
        for row in rows
    ]


async def origin_is_registered(connection: Connection, origin: str) -> bool:
    """Whether some system's pages come from this origin."""
    row = await fetch_one(connection, queries["origin_is_registered"], {"origin": origin}, _Found)
    return row is not None and row.found


async def use_token(connection: Connection, client_id: UUID, claims: Claims, now: datetime) -> bool:
    """Take a token for good; False when it was taken before.  Remembered as long as it could be used."""
    until = datetime.fromtimestamp(claims.exp, UTC) + timedelta(seconds=LEEWAY)
    params = {"client_id": client_id, "jti": claims.jti, "expires_at": until, "now": now}
    return await execute(connection, queries["use_token"], params) == 1


async def register(tx: Connection, agreement: Agreement) -> UUID | None:
    """Let a hospital system call, or change what is agreed with it; None where nobody knows the organisation."""
    params = {
        **msgspec.structs.asdict(agreement),
        "keys": msgspec.json.encode(agreement.keys).decode(),
    }
    made = await fetch_one(tx, queries["register_client"], params, _Id)
    return None if made is None else made.id


async def disable(tx: Connection, issuer: str, tenant: str = "") -> UUID | None:
    """Let a hospital system call no more; None for one that nobody knows."""
    gone = await fetch_one(tx, queries["disable_client"], {"issuer": issuer, "tenant": tenant}, _Id)
    return None if gone is None else gone.id


async def active_clients(connection: Connection) -> list[ActiveClient]:
    """Who may call, by organisation."""
    return await fetch_all(connection, queries["active_clients"], {}, ActiveClient)
