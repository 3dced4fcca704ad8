"""One person's conversation with a room over a WebSocket: hello, state or missed events, then both ways until bye."""

from __future__ import annotations

import asyncio
import hmac
import socket as sockets
from collections.abc import Awaitable, Callable
from uuid import UUID

from aiohttp import WSMessage, WSMsgType, web

from telemed.consultation.room import protocol
from telemed.consultation.room.bucket import Bucket
from telemed.consultation.room.feed import Link
from telemed.consultation.room.hub import RETRY_MS, RoomHub
from telemed.consultation.room.outlet import Batch, Bye
from telemed.consultation.room.presence import Entered
from telemed.consultation.room.protocol import (
    Ack,
    Close,
    Cmd,
    Command,
    Eph,
    Faulty,
    Frames,
    Hello,
    Line,
    Malformed,
    Ping,
    Pong,
    Replay,
    Seen,
)
from telemed.consultation.room.refusals import Refusal
from telemed.consultation.room.store import Appended, millis
from telemed.errors import NotFound, Unavailable

FIRST_MESSAGE = 10.0  # seconds until a client must have said hello
HEARTBEAT = 8.0  # seconds between WebSocket pings; a dead peer is gone after one and a half
PING = 5.0  # seconds between pings that carry the head
RECHECK = 30.0  # seconds after which the session is looked at again
PARTING = 5.0  # seconds a client gets to take what was sent and the reason
SEND_BUFFER = 256 * 1024  # bytes the kernel may hold for one client, beside the outlet's own bound
#: Bytes that wait in the kernel before the line takes them.  What waits in the outlet instead is replaced by what is
#: newer: a presenter's drag is 80 kbit/s, and over 30 kbit/s a message would come a minute behind it.
NOT_SENT = 4 * 1024

BYES = {
    "superseded": Bye(Close.SUPERSEDED, "superseded"),
    "denied": Bye(Close.FORBIDDEN, "denied"),
    "unknown-member": Bye(Close.FORBIDDEN, "unknown-member"),
}

Permit = Callable[[], Awaitable[bool]]
"""Whether the session that opened the connection still stands and may be here."""


async def serve(
    request: web.Request,
    *,
    hub: RoomHub,
    room_id: UUID,
    person: str,
    token: str,
    permit: Permit,
    recheck: float | None = None,
) -> web.WebSocketResponse:
    """Run one client until either side ends it.

    token: what its hello must name, so that no foreign page says it.
    recheck: seconds between looks at the session, None as for everybody.
    """
    socket = web.WebSocketResponse(
        heartbeat=HEARTBEAT, max_msg_size=4 * protocol.MAX_FRAME, compress=False, writer_limit=1
    )
    await socket.prepare(request)
    _bound_buffer(request)
    conversation = Conversation(request, socket, hub, permit, recheck)
    hello = await conversation.greeted(token)
    if isinstance(hello, Bye):
        await part(socket, hello)
        return socket
    try:
        entered = await hub.enter(room_id, person, hello)
    except NotFound:
        await part(socket, BYES["unknown-member"])
        return socket
    except Unavailable:
        await part(socket, Bye(Close.DRAINING, "server-busy", RETRY_MS))
        return socket
    if isinstance(entered, Refusal):
        await part(socket, BYES[entered.code])
        return socket
    _, link = entered
    try:
        await conversation.run(*entered, hello)
    finally:
        await asyncio.shield(hub.leave(link))
    return socket


def _bound_buffer(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    transport.set_write_buffer_limits(high=0)
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, SEND_BUFFER)
        if raw.family in {sockets.AF_INET, sockets.AF_INET6}:
            raw.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NOTSENT_LOWAT, NOT_SENT)


async def part(socket: web.WebSocketResponse, bye: Bye) -> None:
    """Say why, then close with the same code."""
    try:
        await socket.send_frame(protocol.bye(bye.code, bye.reason, bye.retry_ms), WSMsgType.TEXT)
    except ConnectionError:
        return
    await socket.close(code=bye.code, message=bye.reason.encode())


class Conversation:
    """What is said on one connection."""

    def __init__(
        self, request: web.Request, socket: web.WebSocketResponse, hub: RoomHub, permit: Permit, recheck: float | None
    ) -> None:
        self._request = request
        self._socket = socket
        self._hub = hub
        self._permit = permit
        self._every = RECHECK if recheck is None else recheck
        self._time = asyncio.get_running_loop().time
        # so much and no more: whatever is beyond is refused, dropped or the end, as it can be borne
        self._frames = Bucket(200, 400)
        self._commands = Bucket(20, 60)
        self._keys = Bucket(4, 8)
        self._passing = Bucket(60, 120)
        self._signals = Bucket(30, 120)
        self._painted = Bucket(5, 20)
        self._replays = Bucket(1, 3)

    async def greeted(self, token: str) -> Hello | Bye:
        """The client's hello, or why there is nothing more to say."""
        try:
            first = await self._socket.receive(timeout=FIRST_MESSAGE)
        except TimeoutError:
            # A page on a slow or busy PC opens the socket and is not heard for long: it may try again.
            return Bye(Close.DRAINING, "hello-late", RETRY_MS)
        hello = _decoded(first)
        if isinstance(hello, Malformed):
            return Bye(Close.MALFORMED, hello.reason)
        if not isinstance(hello, Hello):
            return Bye(Close.MALFORMED, "hello-expected")
        if hello.v != protocol.VERSION:
            return Bye(Close.UPGRADE, "upgrade-needed")
        if not hmac.compare_digest(hello.token.encode(), token.encode()):
            return Bye(Close.TOKEN, "token")
        if self._hub.draining:
            return Bye(Close.DRAINING, "draining", RETRY_MS)
        return hello

    async def run(self, entered: Entered, link: Link, hello: Hello) -> None:
        """Welcome, then read and write until one of the two ends."""
        epoch, head = str(entered.epoch), entered.state.seq
        going_on = protocol.plan(hello.resume, epoch=epoch, head=head)
        if isinstance(going_on, protocol.Continue):
            link.cursor, link.behind = going_on.after, True
        else:
            link.needs_state = True
        welcome = protocol.welcome(
            session=str(entered.session),
            epoch=epoch,
            head=head,
            role=entered.member.role,
            gen=entered.generation,
            mode=going_on.mode,
            server_ms=millis(self._hub.clock()),
            waiting=link.waiting,
        )
        tasks = {
            asyncio.create_task(self._read(link)),
            asyncio.create_task(self._write(link, welcome)),
            asyncio.create_task(self._recheck(link)),
            asyncio.create_task(self._cut_off(link)),
        }
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()

    # --- out

    async def _say(self, payload: bytes) -> None:
        await self._socket.send_frame(payload, WSMsgType.TEXT)

    async def _write(self, link: Link, welcome: bytes) -> None:
        try:
            await self._say(welcome)
            link.outlet.transport = self._request.transport
            link.outlet.wake()
            while True:
                try:
                    async with asyncio.timeout(PING):
                        batch = await link.outlet.take()
                except TimeoutError:
                    await self._say(protocol.ping(self._now(), self._hub.head(link)))
                    continue
                await self._send(link, batch)
                if batch.bye is not None:
                    await part(self._socket, batch.bye)
                    return
        except ConnectionError:
            return
        except Unavailable:
            await part(self._socket, Bye(Close.DRAINING, "server-busy", RETRY_MS))

    async def _send(self, link: Link, batch: Batch) -> None:
        if link.waiting:
            events = []
        else:
            await self._catch_up(link)
            events = batch.events
        for seq, payload in events:
            if seq > link.cursor + 1:
                link.behind = True
                await self._catch_up(link)
            if seq == link.cursor + 1:
                await self._say(payload)
                link.cursor = seq
        for payload in batch.answers:
            await self._say(payload)
        for payload in batch.slots:
            await self._say(payload)

    async def _catch_up(self, link: Link) -> None:
        """Send the state if that is needed, else every event behind the cursor if some are missing."""
        if link.again is not None:
            after, link.again = link.again, None
            if link.cursor - after > protocol.REPLAY:
                link.needs_state = True
            else:
                link.cursor, link.behind = min(after, link.cursor), True
        if link.needs_state:
            link.needs_state = link.behind = False
            link.cursor, snapshot = self._hub.snapshot(link)
            await self._say(snapshot.payload)
        while link.behind:
            missed = await self._hub.missed(link)
            link.behind = bool(missed)
            for seq, message in missed:
                await self._say(message.payload)
                link.cursor = seq

    async def _cut_off(self, link: Link) -> None:
        """Whoever does not even take the reason loses the connection without it, and resumes all the same."""
        await link.outlet.over.wait()
        await asyncio.sleep(PARTING)
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _recheck(self, link: Link) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                stands = await self._permit()
            except Unavailable:
                continue
            if not stands:
                link.outlet.end(Bye(Close.TOKEN, "session-ended"))

    # --- in

    async def _read(self, link: Link) -> None:
        async for message in self._socket:
            frame = _decoded(message)
            if not self._frames.take(self._time()):
                frame = Malformed("too-many-frames")
            if isinstance(frame, (Malformed, Hello)):
                reason = "one-hello" if isinstance(frame, Hello) else frame.reason
                link.outlet.end(Bye(Close.MALFORMED, reason))
                break
            await self._hear(link, frame)
        if link.outlet.ended is not None:
            await asyncio.sleep(PARTING)  # the writer says why

    async def _hear(self, link: Link, frame: Frames) -> None:
        match frame:
            case Cmd():
                await self._command(link, frame)
            case Eph():
                await self._pass(link, frame)
            case Seen():
                if self._painted.take(self._time()) and await self._unless_away(self._hub.see(link, frame)):
                    link.outlet.answer(protocol.seen(frame.n))
            case Replay():
                self._again(link, frame.after)
            case Line(thin=is_thin):
                link.outlet.thin(is_thin=is_thin)
            case Ping():
                link.outlet.answer(protocol.pong(frame.t0, self._now(), self._hub.head(link)))
            case Ack() | Pong() | Hello():
                pass

    async def _pass(self, link: Link, eph: Eph) -> None:
        if eph.to is None:
            if self._passing.take(self._time()):
                self._hub.pass_on(link, eph)
        elif self._signals.take(self._time()):
            await self._unless_away(self._hub.signal(link, eph, eph.to))

    async def _command(self, link: Link, cmd: Cmd) -> None:
        now = self._time()
        granted = self._commands.take(now) and (cmd.k != "viewer.key" or self._keys.take(now))
        if not granted:
            self._refuse(link, cmd.cid, Refusal("too-fast"))
            return
        command = protocol.read_command(cmd)
        if isinstance(command, Faulty):
            self._refuse(link, command.cid, Refusal(command.code, {"detail": command.detail}))
            return
        done = await self._done(link, command)
        if isinstance(done, Appended):
            link.outlet.answer(protocol.ok(cmd.cid, done.seq))
            return
        self._refuse(link, cmd.cid, done)
        if done.code == "superseded":
            link.outlet.end(BYES["superseded"])

    async def _done(self, link: Link, command: Command) -> Appended | Refusal:
        try:
            return await self._hub.do(link, command)
        except Unavailable:
            return Refusal("server-busy")

    def _refuse(self, link: Link, cid: str, refusal: Refusal) -> None:
        head = self._hub.head(link)
        link.outlet.answer(protocol.err(cid, refusal.code, head, refusal.msg, refusal.facts))

    def _again(self, link: Link, after: int) -> None:
        """The client has missed something; what it has beyond `after` comes once more and is known by its seq."""
        if not link.waiting and self._replays.take(self._time()):
            link.again = after
            link.outlet.wake()

    @staticmethod
    async def _unless_away(work: Awaitable[None]) -> bool:
        """Whether it was done; False while the database is away, and the client tries again."""
        try:
            await work
        except Unavailable:
            return False
        return True

    def _now(self) -> int:
        return millis(self._hub.clock())


def _decoded(message: WSMessage) -> Frames | Malformed:
    if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
        content: str | bytes = message.data
        return protocol.decode(content)
    return Malformed("closed")
