"""A call of a hospital system from its bytes to its answer: who calls, what is asked, the same answer to a retry."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec
from aiohttp import web

from telemed.cds.admission import admit, recorded
from telemed.cds.authentication import Refused
from telemed.cds.store import Client
from telemed.db import Connection
from telemed.errors import Conflict
from telemed.his import store
from telemed.his.asking import fingerprint
from telemed.his.desk import Desk
from telemed.his.messages import LIMIT
from telemed.http import body, problem
from telemed.http.wire import Call
from telemed.vocabulary import Text

Shape = TypeVar("Shape", bound=msgspec.Struct)

UNKNOWN_CALLER = Text(
    "接入凭证无效。未作任何记录，不影响开单；请核对系统登记与令牌。",
    "The token is not accepted. Nothing was recorded; ordering goes on. Check the registration and the token.",
)


class Numbered(Protocol):
    """A request with the name its client gave it."""

    @property
    def request_id(self) -> str: ...


#: What is left to do once the registry has answered: keep it in one transaction, and say what was kept.
Keep = Callable[[Connection], Awaitable[msgspec.Struct]]


async def admitted(desk: Desk, call: Call[Any, Any]) -> Client | web.Response:
    """The registered system that calls, or what anybody else is answered: the ground stands in the audit alone."""
    client = await admit(call, desk.public_url, desk.remote)
    if not isinstance(client, Refused):
        return client
    refused = problem.response(problem.of_text("not-a-client", 401, UNKNOWN_CALLER, call.request_id))
    refused.headers["WWW-Authenticate"] = "Bearer"
    return refused


async def read(call: Call[Any, Any], shape: type[Shape]) -> Shape:
    """The body of a call that was admitted.  Raises Invalid, or HTTPRequestEntityTooLarge."""
    return body.decode(await body.read(call.request, LIMIT), shape)


async def once(
    call: Call[Any, Any],
    client_id: UUID,
    asked: msgspec.Struct,
    request_id: str,
    prepare: Callable[[], Awaitable[Keep]],
) -> web.Response:
    """Answer a request, or give the answer it was given before.

    prepare: asks whatever has to be asked and keeps nothing.  Raises Conflict where the id stood for another request.
    """
    hashed = fingerprint(call.endpoint.path, asked)
    async with call.pool.connection() as connection:
        before = await store.answer(connection, client_id, request_id)
    if before is not None:
        return await _again(call, before, hashed)
    keep = await prepare()
    async with call.transaction() as tx:
        await store.hold_request(tx, client_id, request_id)
        before = await store.answer(tx, client_id, request_id)
        if before is None:
            given = msgspec.json.encode(await keep(tx))
            await store.keep_answer(tx, client_id, request_id, asked_hash=hashed, given=given, now=call.now)
        else:
            given = _same(before, hashed)
            call.detail["repeated"] = 1
    return json(given)


async def answered(call: Call[Any, Any], given: msgspec.Struct) -> web.Response:
    """Answer what keeps nothing but its audit row."""
    await recorded(call, "success")
    return json(msgspec.json.encode(given))


async def _again(call: Call[Any, Any], before: store.Answer, hashed: str) -> web.Response:
    given = _same(before, hashed)
    call.detail["repeated"] = 1
    await recorded(call, "success")
    return json(given)


def _same(before: store.Answer, hashed: str) -> bytes:
    if before.asked_hash != hashed:
        raise Conflict(
            "request-id-used",
            "该请求编号已用于另一个请求。未作任何记录，请换一个编号。",
            "This request id stood for another request. Nothing was recorded; use another id.",
        )
    return before.answer.encode()


def json(raw: bytes) -> web.Response:
    return web.Response(body=raw, content_type="application/json", headers={"Cache-Control": "no-store"})
