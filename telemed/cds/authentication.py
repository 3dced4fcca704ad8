"""Whether a call comes from a registered hospital system: its token, judged in the order of CDS Hooks and D5.

iss allow-listed → aud this very endpoint → exp and iat → tenant → signature by a registered key → jti unseen.
Whoever fails hears 401 and nothing else; the ground goes to the audit, the token nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from telemed.cds import tokens
from telemed.cds.remote_keys import RemoteKeys
from telemed.cds.store import Client, clients_of, use_token
from telemed.cds.tokens import Ground, PublicKey, Token
from telemed.db import Pool


@dataclass(frozen=True, slots=True)
class Refused:
    """client_id: who it would have been, where that was already certain."""

    ground: Ground
    client_id: UUID | None = None


async def authenticate(
    pool: Pool, remote: RemoteKeys, authorization: str | None, endpoint: str, now: datetime
) -> Client | Refused:
    """The registered system behind a call to `endpoint` (its exact address), which thereby uses up its token."""
    text = tokens.bearer(authorization)
    if text is None:
        return Refused(Ground.NO_TOKEN)
    token = tokens.parse(text)
    if isinstance(token, Ground):
        return Refused(token)
    async with pool.connection() as connection:
        registered = await clients_of(connection, token.claims.iss)
    client = judge(token, registered, endpoint, now)
    if isinstance(client, Refused):
        return client
    key = tokens.find_key(client.keys, token.header) or await _published(remote, client, token)
    if key is None:
        return Refused(Ground.KEY, client.id)
    if not tokens.genuine(token, key):
        return Refused(Ground.SIGNATURE, client.id)
    async with pool.connection() as connection:
        first_time = await use_token(connection, client.id, token.claims, now)
    return client if first_time else Refused(Ground.REPLAYED, client.id)


def judge(token: Token, registered: list[Client], endpoint: str, now: datetime) -> Client | Refused:
    """All that can be said before the signature is looked at, in its order; nothing said by it is proved yet."""
    if not registered:
        return Refused(Ground.ISSUER)
    if not tokens.addressed(token.claims, endpoint):
        return Refused(Ground.AUDIENCE)
    if not tokens.in_time(token.claims, now):
        return Refused(Ground.TIME)
    client = next((one for one in registered if one.tenant == (token.claims.tenant or "")), None)
    if client is None:
        return Refused(Ground.TENANT)
    if not tokens.acceptable(token.header, client.key_address):
        return Refused(Ground.ALGORITHM, client.id)
    return client


async def _published(remote: RemoteKeys, client: Client, token: Token) -> PublicKey | None:
    return await remote.find(client.key_address, token.header) if client.key_address else None
