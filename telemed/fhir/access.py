"""Who asks: a signed-in person by the policy's scope, or a registered system for its own organisation, by token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from telemed.cds.authentication import Refused, authenticate
from telemed.cds.remote_keys import RemoteKeys
from telemed.http.wire import Call, System
from telemed.vocabulary import NOWHERE, Scope, ScopeKind

Systems = Callable[[Call[Any, Any]], Awaitable[System | None]]


def registered_systems(public_url: str, remote: RemoteKeys, *, allowed: bool = True) -> Systems:
    """How a registered system proves itself: as for CDS Hooks, with a token made out to this very address.

    allowed: whether systems may do this at all; one that may not is known by name and refused.
    """

    async def prove(call: Call[Any, Any]) -> System | None:
        address = f"{public_url}{call.request.path}"
        found = await authenticate(call.pool, remote, call.request.headers.get("Authorization"), address, call.now)
        if isinstance(found, Refused):
            call.detail["code"] = found.ground.value
            if found.client_id is not None:
                call.detail["client"] = str(found.client_id)
            return None
        call.detail["client"] = str(found.id)
        scope = Scope(ScopeKind.OWN, frozenset({found.organization_id})) if allowed else NOWHERE
        return System(found.id, found.issuer, found.tenant, found.organization_id, scope)

    return prove
