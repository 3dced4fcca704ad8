"""/api/rooms: the conversation, the state and the log of a room for those on its roster, and its files."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta

from telemed.consultation.call.media import Conversations
from telemed.consultation.call.turn import IceServer, Relaying
from telemed.consultation.room import store
from telemed.consultation.room.deciding import TALKING, Who
from telemed.consultation.room.facts import Filed
from telemed.consultation.room.files import LIMIT, MEDIA_TYPES, Files, missing, too_large
from telemed.consultation.room.hub import RoomHub
from telemed.consultation.room.protocol import Command
from telemed.consultation.room.refusals import WORDS, Refusal
from telemed.consultation.room.roster import SAFE, body_of, inside, is_let_in, person_of, unknown_room
from telemed.consultation.room.socket import serve
from telemed.consultation.room.state import State
from telemed.consultation.room.store import RoomRow, millis
from telemed.consultation.room.told import Tell, Told
from telemed.errors import Conflict, Forbidden, Invalid, Unavailable
from telemed.http.wire import Call, Endpoint, Nothing, Stream, Upload
from telemed.vocabulary import Action, Text

PAGE = 200
GUEST_RECHECK = 3.0  # seconds: an invitation that is withdrawn ends what it opened within five
NAME = re.compile(r"[^\x00-\x1f\x7f/\\\u202a-\u202e\u2066-\u2069]{1,120}")
SessionStands = Callable[[Call[Any, Any]], Awaitable[bool]]
"""Whether the session that opened a connection still stands and may still be in rooms."""


class RoomView(msgspec.Struct, frozen=True):
    """A room as it stands. head: hexadecimal SHA-256 over its log. state: as the event `seq` has left it.

    told: of whom and of what it is, which the log does not hold.
    """

    id: UUID
    kind: str
    epoch: UUID
    seq: int
    head: str
    server_ms: int
    state: dict[str, Any]
    told: Told


class RoomLogQuery(msgspec.Struct, frozen=True):
    """after: the last seq that is known already."""

    after: Annotated[int, Meta(ge=0, le=2**53)] = 0


class RoomLogLine(msgspec.Struct, frozen=True):
    """at: milliseconds UTC. h: hexadecimal hash of the log up to this line."""

    seq: int
    epoch: str
    at: int
    by: str
    k: str
    d: dict[str, Any]
    device: str | None
    cid: str | None
    h: str


class RoomLog(msgspec.Struct, frozen=True):
    """next: what to ask `after` for more, None at the end."""

    items: list[RoomLogLine]
    next: int | None
    head: int


class RoomFile(msgspec.Struct, frozen=True):
    """seq: of the event that put it into the room."""

    id: str
    name: str
    media: str
    size: int
    sha256: str
    seq: int


class RoomIce(msgspec.Struct, frozen=True):
    """What a browser's calls are made with. servers: empty where the county has no relay.

    max_peers: people who are connected with each other. max_people: of a call that is forwarded, 0 where none is.
    """

    servers: list[IceServer]
    max_peers: int
    max_people: int


class RoomRoutes:
    def __init__(
        self,
        hub: RoomHub,
        files: Files,
        stands: SessionStands,
        tell: Tell,
        relaying: Relaying,
        *,
        conversations: Conversations,
    ) -> None:
        self._tell = tell
        self._hub = hub
        self._files = files
        self._stands = stands
        self._relaying = relaying
        self._conversations = conversations

    async def converse(self, call: Call[Nothing, Nothing]) -> web.StreamResponse:
        token = _own_token(call)
        room_id, person = call.uuid("id"), person_of(call)
        async with call.transaction() as tx:
            call.about("room", room_id)
            if await store.member(tx, room_id, person) is None:
                raise unknown_room()

        async def permit() -> bool:
            return await self._stands(call)

        return await serve(
            call.request,
            hub=self._hub,
            room_id=room_id,
            person=person,
            token=token,
            permit=permit,
            recheck=None if call.guest is None else GUEST_RECHECK,
        )

    async def look(self, call: Call[Nothing, Nothing]) -> RoomView:
        row, _ = await inside(call)
        plain: dict[str, Any] = msgspec.json.decode(row.state)
        async with call.pool.connection() as connection:
            told = await self._tell(connection, row.id)
        if told.case is not None:
            call.about("consultation", told.case.consultation_id, patient_id=told.case.patient_id)
        return RoomView(row.id, row.kind, row.epoch, row.seq, row.head.hex(), millis(call.now), plain, told)

    async def read_log(self, call: Call[RoomLogQuery, Nothing]) -> RoomLog:
        row, _ = await inside(call)
        async with call.pool.connection() as connection:
            events = await store.events_after(connection, row.id, call.query.after, PAGE)
        items = [msgspec.convert(one, RoomLogLine, from_attributes=True) for one in events]
        more = bool(events) and events[-1].seq < row.seq
        return RoomLog(items, events[-1].seq if more else None, row.seq)

    async def add_file(self, call: Call[Nothing, Nothing]) -> RoomFile:
        """The name comes in a header, percent-encoded: no address says what a file is about."""
        row = await self._speaking(call)
        name = _name(call.request)
        content = await body_of(call.request, LIMIT, too_large)
        kept = await self._files.keep(content)
        filed = Filed(kept.id, name, kept.media, kept.size, kept.digest)
        person = person_of(call)
        async with call.transaction() as tx:
            call.detail["file"] = kept.id
            command = Command(kept.id, "file.add", filed)
            done = await store.append(
                tx, row.id, Who(person, service=True), command, device=f"http-{person[-36:]}", now=call.now
            )
            if isinstance(done, Refusal):
                raise Conflict(done.code, *done.text, **done.facts)
        await self._hub.offer(row.id, done.events)
        return RoomFile(kept.id, name, kept.media, kept.size, kept.digest, done.seq)

    async def read_file(self, call: Call[Nothing, Nothing]) -> web.StreamResponse:
        row, _ = await inside(call)
        filed = row.fold.files.get(call.path["file"])
        if filed is None:
            raise missing()
        content = await self._files.read(filed.sha256)
        call.detail["file"] = call.path["file"]
        response = await call.stream(media_type=filed.media, headers={**SAFE, "Content-Disposition": "attachment"})
        await response.write(content)
        await response.write_eof()
        return response

    async def relay(self, call: Call[Nothing, Nothing]) -> RoomIce:
        """Credentials of the relay for who is let in and may speak: the relay knows a person by the id alone."""
        await self._speaking(call)
        servers = self._relaying.servers(person_of(call), call.now)
        return RoomIce(servers, self._relaying.most, self._conversations.forwarding.most)

    async def forward(self, call: Call[Nothing, Nothing]) -> web.StreamResponse:
        """Offers and answers between a page and Janus, which no page reaches by itself."""
        token = _own_token(call)
        row = await self._speaking(call)
        person = person_of(call)
        if not _is_here(row.fold, person):
            raise Forbidden("not-present", *WORDS["not-present"])
        if not self._conversations.forwarding.most:
            raise Conflict(
                "no-forwarding",
                "本县没有配置多人音视频，通话以直连人数为限；会诊不受影响。",
                "This county forwards no calls: a call ends at the people who are connected directly. "
                "The consultation goes on.",
            )

        async with call.transaction():
            call.detail["media"] = "forwarded"  # written down as it begins: it may go on for hours

        async def permit() -> bool:
            if not await self._stands(call):
                return False
            try:
                async with call.pool.connection() as connection:
                    now = await store.room(connection, row.id)
            except Unavailable:
                return True  # the database is away for a moment; the next look decides
            return now.closed_at is None and is_let_in(now.fold, person) and _is_here(now.fold, person)

        return await self._conversations.serve(call.request, row.id, person, token=token, permit=permit)

    async def _speaking(self, call: Call[Any, Any]) -> RoomRow:
        """The room, open, for who is let in and may speak."""
        row, role = await inside(call)
        if role not in TALKING:
            raise Forbidden("role-may-not", *WORDS["role-may-not"])
        if row.closed_at is not None:
            raise Conflict("room-closed", *WORDS["room-closed"])
        return row


def _is_here(state: State, person: str) -> bool:
    """Whether somebody is in the room, or on the way back to it, and may speak there."""
    member = state.members.get(person)
    return member is not None and member.st in {"present", "reconnecting"} and member.role in TALKING


def _own_token(call: Call[Any, Any]) -> str:
    """What a WebSocket's hello has to name; for no page of another origin."""
    origin = call.request.headers.get("Origin")
    if origin is not None and not call.is_own_origin(origin):
        raise Forbidden("foreign-origin", "请求来源校验失败。", "The request's origin could not be verified.")
    session = call.authenticated or call.guest_session
    if session is None:
        raise LookupError("a room is for those who have a session")
    return session.csrf_token


def _name(request: web.Request) -> str:
    name = unquote(request.headers.get("X-File-Name", ""), errors="replace").strip()
    if NAME.fullmatch(name) is None:
        raise Invalid(
            "file-name-unusable",
            "文件名为空、过长或含有不可用的字符，未保存。请改名后再上传。",
            "The file's name is missing, too long or has characters that cannot be used; it was not kept.",
        )
    return name


def endpoints(
    hub: RoomHub, folder: Path, stands: SessionStands, tell: Tell, relaying: Relaying, *, conversations: Conversations
) -> list[Endpoint]:
    """The routes of rooms.  folder: where their files are kept.

    relaying: how voice and video are relayed.  conversations: of those whose call is forwarded.
    """
    routes = RoomRoutes(hub, Files(folder), stands, tell, relaying, conversations=conversations)

    def one(method: str, path: str, handler: Callable[[Any], Any], summary: Text, **more: Any) -> Endpoint:
        return Endpoint(method, f"/api/rooms/{{id}}{path}", Action.ROOM_JOIN, handler, summary, guest=True, **more)

    return [
        one(
            "GET",
            "/socket",
            routes.converse,
            Text("进入会诊室（WebSocket）", "Come into a room (WebSocket)"),
            returns=Stream(("application/json",)),
        ),
        one("GET", "", routes.look, Text("会诊室现状", "A room as it stands"), returns=RoomView, access=True),
        one(
            "GET",
            "/events",
            routes.read_log,
            Text("会诊室记录", "The log of a room"),
            query=RoomLogQuery,
            returns=RoomLog,
            access=True,
        ),
        one(
            "POST",
            "/files",
            routes.add_file,
            Text("向会诊室添加文件", "Put a file into a room"),
            body=Upload(MEDIA_TYPES, LIMIT),
            returns=RoomFile,
            status=201,
        ),
        one(
            "GET",
            "/files/{file}",
            routes.read_file,
            Text("会诊室的文件", "A file of a room"),
            returns=Stream(MEDIA_TYPES),
            access=True,
        ),
        one(
            "POST",
            "/ice-servers",
            routes.relay,
            Text("音视频中继的限时凭据", "Time-limited credentials of the relay"),
            returns=RoomIce,
        ),
        one(
            "GET",
            "/media",
            routes.forward,
            Text("多人音视频的协商（WebSocket）", "Setting up a call of many (WebSocket)"),
            returns=Stream(("application/json",)),
        ),
    ]
