"""Who asks about a room over HTTP, what they are there, and what they send, bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from telemed.consultation.room import store
from telemed.consultation.room.refusals import WORDS
from telemed.consultation.room.state import State
from telemed.consultation.room.store import RoomRow
from telemed.errors import Forbidden, Invalid, NotFound
from telemed.http.wire import Call

#: What somebody may see of a file is shown by the browser as nothing but itself.
SAFE = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


async def inside(call: Call[Any, Any]) -> tuple[RoomRow, str]:
    """The room and the caller's role; for nobody who is not on the roster, nor still in the lobby."""
    room_id, person = call.uuid("id"), person_of(call)
    call.about("room", room_id)
    async with call.pool.connection() as connection:
        member = await store.member(connection, room_id, person)
        if member is None:
            raise unknown_room()
        row = await store.room(connection, room_id)
    if not is_let_in(row.fold, person):
        raise Forbidden("not-present", *WORDS["not-present"])
    return row, member.role


def is_let_in(state: State, person: str) -> bool:
    member = state.members.get(person)
    return member is not None and member.st != "denied" and (member.role != "guest" or member.adm == 1)


def person_of(call: Call[Any, Any]) -> str:
    return str(call.principal.practitioner_id) if call.guest is None else call.guest.person


def unknown_room() -> NotFound:
    return NotFound("unknown-room", "找不到该会诊室。", "There is no such room.")


async def body_of(request: web.Request, limit: int, too_large: Callable[[], Invalid]) -> bytes:
    """The bytes of an upload.  Raises what `too_large` gives as soon as there are more."""
    content = bytearray()
    async for chunk in request.content.iter_chunked(1 << 16):
        content += chunk
        if len(content) > limit:
            raise too_large()
    return bytes(content)
