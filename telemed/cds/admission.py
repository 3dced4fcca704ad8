"""Who calls: a registered hospital system by its own token, or somebody the audit alone is told about."""

from __future__ import annotations

from typing import Any

from telemed.cds.authentication import Refused, authenticate
from telemed.cds.remote_keys import RemoteKeys
from telemed.cds.store import Client
from telemed.cds.tokens import Ground
from telemed.http.wire import Call


async def admit(call: Call[Any, Any], public_url: str, remote: RemoteKeys) -> Client | Refused:
    """The registered system that calls; a refusal is in the audit when this returns.

    public_url: what stands before the path in the address the token was made out to.
    """
    authorization = call.request.headers.get("Authorization")
    client = await authenticate(call.pool, remote, authorization, f"{public_url}{call.request.path}", call.now)
    if isinstance(client, Client) and not _from_its_own_pages(call, client):
        client = Refused(Ground.ORIGIN, client.id)
    if isinstance(client, Refused):
        call.detail["code"] = client.ground.value
        if client.client_id is not None:
            call.detail["client"] = str(client.client_id)
        await recorded(call, "refused")
        return client
    call.detail["client"] = str(client.id)
    return client


async def recorded(call: Call[Any, Any], result: str) -> None:
    """Write the audit row of a call that keeps nothing else."""
    async with call.pool.transaction(one_turn=True) as tx:
        await call.gate.record(tx, call.record(result))
    call.recorded = True


def _from_its_own_pages(call: Call[Any, Any], client: Client) -> bool:
    origin = call.request.headers.get("Origin")
    return origin is None or origin in client.allowed_origins or call.is_own_origin(origin)
