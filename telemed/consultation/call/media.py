"""One person's conversation about media over a WebSocket, and on its other side a session with Janus.

client hello → joined; publish → published; offer → answer; candidate both ways never: Janus names its own within its
descriptions.  Whichever side ends, the other does; the page comes back and begins anew, the room hears nothing of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import structlog
from aiohttp import WSMsgType, web
from msgspec import Meta

from telemed.consultation.call import janus
from telemed.consultation.call.janus import Away, Forwarding, Refused, Reply, Stream
from telemed.consultation.call.line import Line, session
from telemed.consultation.room.bucket import Bucket

VERSION = 1
MAX_FRAME = 128 * 1024  # bytes: an answer about two dozen people
FIRST_MESSAGE = 10.0
HEARTBEAT = 8.0
RECHECK = 3.0  # seconds between looks whether the person may still speak here
PARTING = 3.0

log = structlog.get_logger(__name__)


class Close:
    """As the room's own (`room/protocol.py`)."""

    MALFORMED = 1008
    TOKEN = 4001
    FORBIDDEN = 4003
    SUPERSEDED = 4008
    UPGRADE = 4009
    AWAY = 4015  # Janus is not reached, has no seat or has ended: come back a little later


class Bye(msgspec.Struct, frozen=True, tag="bye", tag_field="t"):
    code: int
    reason: str


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="t"):
    """token: the session's CSRF token, which no foreign page has."""

    v: int
    token: Annotated[str, Meta(max_length=200)] = ""


Sdp = Annotated[str, Meta(pattern=r"^v=0\r?\n", max_length=MAX_FRAME)]


class Publish(msgspec.Struct, frozen=True, tag="publish", tag_field="t"):
    sdp: Sdp


class Answer(msgspec.Struct, frozen=True, tag="answer", tag_field="t"):
    sdp: Sdp


class Candidate(msgspec.Struct, frozen=True, tag="candidate", tag_field="t"):
    """of: the connection it belongs to.  candidate: empty when there are no more."""

    of: Literal["own", "others"]
    candidate: Annotated[str, Meta(max_length=1024)]
    mid: Annotated[str, Meta(max_length=16)] = "0"
    line: Annotated[int, Meta(ge=0, le=255)] = 0


class Wants(msgspec.Struct, frozen=True, tag="wants", tag_field="t"):
    camera: bool
    screen: bool


class Again(msgspec.Struct, frozen=True, tag="again", tag_field="t"):
    """Nothing comes of one person though the connection stands."""

    person: Annotated[str, Meta(max_length=64)]


Frames = Hello | Publish | Answer | Candidate | Wants | Again
_frames = msgspec.json.Decoder(Frames)

Permit = Callable[[], Awaitable[bool]]
"""Whether the person may still speak in the room."""


def decode(content: str | bytes) -> Frames | Bye:
    try:
        return _frames.decode(content)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        return Bye(Close.MALFORMED, str(error)[:100])


class Conversation:
    def __init__(
        self, socket: web.WebSocketResponse, forwarding: Forwarding, room: UUID, person: str, permit: Permit
    ) -> None:
        self._socket = socket
        self._forwarding = forwarding
        self._room = room
        self._person = person
        self._permit = permit
        self._frames = Bucket(20, 200)
        self._subscribing = asyncio.Lock()
        self._own = 0
        self._others = 0
        self._private = 0
        self._feeds: dict[int, str] = {}
        self._streams: list[Stream] = []
        self._wants = Wants(camera=True, screen=True)
        self._is_published = False
        self._ended: asyncio.Future[Bye] = asyncio.get_running_loop().create_future()

    async def run(self, token: str) -> None:
        """Until either side ends it; says why."""
        bye = await self._greeted(token)
        if bye is None:
            async with session(self._forwarding.url, self._forwarding.secret) as line:
                bye = await self._talk(line) if isinstance(line, Line) else self._away(line)
        await self._part(bye)

    async def _greeted(self, token: str) -> Bye | None:
        try:
            first = await self._socket.receive(timeout=FIRST_MESSAGE)
        except TimeoutError:
            return Bye(Close.AWAY, "hello-late")
        hello = decode(first.data) if first.type is WSMsgType.TEXT else Bye(Close.MALFORMED, "hello-expected")
        if isinstance(hello, Bye):
            return hello
        if not isinstance(hello, Hello):
            return Bye(Close.MALFORMED, "hello-expected")
        if hello.v != VERSION:
            return Bye(Close.UPGRADE, "upgrade-needed")
        if not hmac.compare_digest(hello.token.encode(), token.encode()):
            return Bye(Close.TOKEN, "token")
        return None

    async def _talk(self, line: Line) -> Bye:
        came = await self._come_in(line)
        if isinstance(came, Bye):
            return came
        await self._say({"t": "joined"})
        work = {
            asyncio.create_task(one, name=f"call-media-{name}")
            for name, one in (
                ("read", self._read(line)),
                ("hear", self._hear(line, came)),
                ("recheck", self._recheck()),
                ("ended", self._wait_ended()),
            )
        }
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await asyncio.shield(self._go(line))

    # --- with Janus

    async def _come_in(self, line: Line) -> Reply | Bye:
        """Make the room unless it is there, and come into it."""
        handle = await line.attach()
        if not isinstance(handle, int):
            return self._away(handle)
        self._own = handle
        for _ in range(2):
            made = await line.message(handle, janus.created(self._forwarding, self._room))
            if not isinstance(made, Reply) and not (isinstance(made, Refused) and made.code == janus.ROOM_EXISTS):
                return self._away(made)
            came = await line.message(handle, janus.joined(self._forwarding, self._room, self._person))
            if isinstance(came, Reply):
                private = came.data.get("private_id")
                self._private = private if isinstance(private, int) else 0
                return came
            # whoever was the last to leave has just ended it
            if not (isinstance(came, Refused) and came.code == janus.NO_SUCH_ROOM):
                return self._away(came)
        return Bye(Close.AWAY, "room-ended")

    async def _go(self, line: Line) -> None:
        """Leave; whoever is the last ends the room."""
        left = await line.message(self._own, {"request": "leave"})
        if isinstance(left, Reply):
            rest = await line.message(self._own, janus.listed(self._forwarding, self._room))
            if isinstance(rest, Reply) and janus.is_empty(rest):
                await line.message(self._own, janus.ended(self._forwarding, self._room))

    async def _hear(self, line: Line, came: Reply) -> Bye:
        """Follow what Janus tells, from what it told on coming in."""
        told: Reply | None = came
        while told is not None:
            bye = await self._follow(line, told)
            if bye is not None:
                return bye
            told = await line.events.get()
        return Bye(Close.AWAY, "janus-ended")

    async def _follow(self, line: Line, told: Reply) -> Bye | None:
        if told.kind == "hangup" and told.handle in {self._own, self._others}:
            return Bye(Close.AWAY, "connection-ended")
        if told.data.get("videoroom") == "destroyed":
            return Bye(Close.AWAY, "room-ended")
        if told.handle == self._others and self._others:
            await self._told_streams(line, told)
            return None
        gone = janus.gone_of(told)
        if gone is not None:
            self._feeds.pop(gone, None)
        feeds = janus.feeds_of(told, self._person)
        new = [feed for feed, _ in feeds if feed not in self._feeds]
        self._feeds.update(feeds)
        return await self._subscribe(line, new) if new else None

    async def _subscribe(self, line: Line, feeds: list[int]) -> Bye | None:
        async with self._subscribing:
            if self._others == 0:
                handle = await line.attach()
                if not isinstance(handle, int):
                    return self._away(handle)
                body = janus.subscribed(self._forwarding, self._room, feeds)
                answer = await line.message(handle, body | {"private_id": self._private})
                if isinstance(answer, Reply):
                    self._others = handle
                else:
                    await line.ask("detach", handle=handle)
            else:
                answer = await line.message(self._others, janus.added(feeds))
        if isinstance(answer, Reply):
            await self._told_streams(line, answer)
        elif isinstance(answer, Away):
            return self._away(answer)
        else:
            # whoever sent has left meanwhile
            for feed in feeds:
                self._feeds.pop(feed, None)
        return None

    async def _told_streams(self, line: Line, told: Reply) -> None:
        if "streams" in told.data:
            self._streams = janus.shown(janus.streams_of(told), self._feeds)
            said = [{"mid": one.mid, "person": one.person, "slot": one.slot} for one in self._streams]
            await self._say(
                {"t": "offer" if told.sdp else "streams", "streams": said, **({"sdp": told.sdp} if told.sdp else {})}
            )
            await self._pause(line)

    async def _pause(self, line: Line) -> None:
        body = janus.pauses(self._streams, camera=self._wants.camera, screen=self._wants.screen)
        if body is None or self._others == 0:
            return
        done = await line.message(self._others, body)
        if isinstance(done, Reply):
            sent = {str(one["mid"]): bool(one["send"]) for one in body["streams"]}
            self._streams = [
                msgspec.structs.replace(one, is_sent=sent.get(one.mid, one.is_sent)) for one in self._streams
            ]

    def _away(self, why: Refused | Away) -> Bye:
        if isinstance(why, Refused):
            if why.code == janus.INVALID_SDP:
                return Bye(Close.MALFORMED, "sdp")
            full = why.code == janus.FULL
            log.warning("janus-refused", code=why.code, room=str(self._room))
            return Bye(Close.AWAY, "full" if full else "refused")
        log.warning("janus-away", reason=why.reason, room=str(self._room))
        return Bye(Close.AWAY, "away")

    # --- with the page

    async def _read(self, line: Line) -> Bye:
        loop = asyncio.get_running_loop()
        async for message in self._socket:
            frame = decode(message.data) if message.type is WSMsgType.TEXT else Bye(Close.MALFORMED, "text-expected")
            if not self._frames.take(loop.time()):
                return Bye(Close.MALFORMED, "too-many-frames")
            if isinstance(frame, Bye):
                return frame
            if isinstance(frame, Hello):
                return Bye(Close.MALFORMED, "one-hello")
            bye = await self._do(line, frame)
            if bye is not None:
                return bye
        return Bye(1000, "left")

    async def _do(self, line: Line, frame: Publish | Answer | Candidate | Wants | Again) -> Bye | None:
        match frame:
            case Publish():
                if self._is_published:
                    return Bye(Close.MALFORMED, "one-publish")
                self._is_published = True
                return await self._publish(line, frame.sdp)
            case Answer():
                if self._others == 0:
                    return Bye(Close.MALFORMED, "nothing-offered")
                return self._unless_away(
                    await line.message(self._others, {"request": "start"}, sdp=("answer", frame.sdp))
                )
            case Candidate():
                return await self._trickle(line, frame)
            case Wants():
                self._wants = frame
                await self._pause(line)
            case Again():
                return await self._again(line, frame.person)
        return None

    async def _publish(self, line: Line, sdp: str) -> Bye | None:
        done = await line.message(self._own, janus.published(), sdp=("offer", sdp))
        if not isinstance(done, Reply):
            return self._away(done)
        await self._say({"t": "published", "sdp": done.sdp})
        return None

    async def _trickle(self, line: Line, one: Candidate) -> Bye | None:
        handle = self._own if one.of == "own" else self._others
        if handle == 0:
            return None
        said: dict[str, Any] = {"candidate": one.candidate, "sdpMid": one.mid, "sdpMLineIndex": one.line}
        answer = await line.ask("trickle", handle=handle, candidate=said if one.candidate else {"completed": True})
        return self._away(answer) if isinstance(answer, Away) else None

    async def _again(self, line: Line, person: str) -> Bye | None:
        """Subscribe to one person anew."""
        feeds = [feed for feed, whose in self._feeds.items() if whose == person]
        if not feeds or self._others == 0:
            return None
        async with self._subscribing:
            answer = await line.message(self._others, janus.dropped(feeds))
        if isinstance(answer, Reply):
            await self._told_streams(line, answer)
        return await self._subscribe(line, feeds)

    def _unless_away(self, answer: Reply | Refused | Away) -> Bye | None:
        return None if isinstance(answer, Reply) else self._away(answer)

    async def _recheck(self) -> Bye:
        while True:
            if not await self._permit():
                return Bye(Close.FORBIDDEN, "not-here")
            # a page that hears nothing for long knows that its line to the server is dead
            await self._say({"t": "ping"})
            await asyncio.sleep(RECHECK)

    def end(self, bye: Bye) -> None:
        """Have it end from outside."""
        if not self._ended.done():
            self._ended.set_result(bye)

    async def _wait_ended(self) -> Bye:
        return await asyncio.shield(self._ended)

    async def _say(self, said: dict[str, Any]) -> None:
        with contextlib.suppress(ConnectionError):  # the page is gone; reading ends as well
            await self._socket.send_str(msgspec.json.encode(said).decode())

    async def _part(self, bye: Bye) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(PARTING):
                await self._socket.send_str(msgspec.json.encode(bye).decode())
                await self._socket.close(code=bye.code, message=bye.reason.encode())


class Conversations:
    """Those of one process: a person has one a room."""

    def __init__(self, forwarding: Forwarding) -> None:
        self.forwarding = forwarding
        self._open: dict[tuple[UUID, str], Conversation] = {}

    async def serve(
        self, request: web.Request, room: UUID, person: str, *, token: str, permit: Permit
    ) -> web.WebSocketResponse:
        """Run one page's conversation until either side ends it.  token: what its hello must name."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=MAX_FRAME, compress=False)
        await socket.prepare(request)
        conversation = Conversation(socket, self.forwarding, room, person, permit)
        before = self._open.get((room, person))
        if before is not None:
            before.end(Bye(Close.SUPERSEDED, "superseded"))
        self._open[room, person] = conversation
        try:
            await conversation.run(token)
        finally:
            if self._open.get((room, person)) is conversation:
                del self._open[room, person]
        return socket

    async def drain(self) -> None:
        """Have everybody come back through another process: this one ends."""
        for one in tuple(self._open.values()):
            one.end(Bye(Close.AWAY, "draining"))
