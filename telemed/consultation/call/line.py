"""One session with Janus over a WebSocket of its own: Janus gives it up when either ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple
from uuid import uuid4

import aiohttp
import msgspec
import structlog

from telemed.consultation.call.janus import PLUGIN, Away, Malformed, Refused, Reply, read

ANSWER = 10.0  # seconds in which Janus answers, or is away
CONNECT = 3.0
KEEP = 25.0  # seconds between signs of life; Janus ends a session after 60 s of silence
MOST_EVENTS = 256  # that wait to be heard; more, and the session is not worth keeping
LARGEST = 512 * 1024  # bytes of one message: the descriptions of two dozen people

#: What Janus answers by the word alone that it has heard it.
HEARD_ENOUGH = frozenset({"keepalive", "trickle"})

log = structlog.get_logger(__name__)


class _Waiting(NamedTuple):
    answer: asyncio.Future[Reply | Refused | Away]
    is_heard_enough: bool


class Line:
    """events: what Janus tells by itself; None once the session is over."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, secret: str) -> None:
        self.events: asyncio.Queue[Reply | None] = asyncio.Queue(MOST_EVENTS)
        self._socket = socket
        self._secret = secret
        self._session = 0
        self._waiting: dict[str, _Waiting] = {}
        self._over = False

    async def ask(self, kind: str, *, handle: int = 0, **more: Any) -> Reply | Refused | Away:
        """Ask something and wait for the answer, not for the word that it has been heard."""
        if self._over:
            return Away("session-over")
        transaction = uuid4().hex
        said: dict[str, Any] = {"janus": kind, "transaction": transaction, "apisecret": self._secret, **more}
        if self._session:
            said["session_id"] = self._session
        if handle:
            said["handle_id"] = handle
        answer: asyncio.Future[Reply | Refused | Away] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = _Waiting(answer, kind in HEARD_ENOUGH)
        try:
            async with asyncio.timeout(ANSWER):
                await self._socket.send_str(msgspec.json.encode(said).decode())
                return await answer
        except TimeoutError:
            return Away("no-answer")
        except (ConnectionError, aiohttp.ClientError) as error:
            return Away(type(error).__name__)
        finally:
            del self._waiting[transaction]

    async def message(
        self, handle: int, body: dict[str, Any], *, sdp: tuple[str, str] | None = None
    ) -> Reply | Refused | Away:
        """Say something to the plugin.  sdp: type and text of a description that goes with it."""
        more: dict[str, Any] = {} if sdp is None else {"jsep": {"type": sdp[0], "sdp": sdp[1]}}
        return await self.ask("message", handle=handle, body=body, **more)

    async def attach(self) -> int | Refused | Away:
        """A handle of the plugin."""
        return _id(await self.ask("attach", plugin=PLUGIN))

    async def begin(self) -> Refused | Away | None:
        """Begin the session.  None: it stands."""
        made = _id(await self.ask("create"))
        if not isinstance(made, int):
            return made
        self._session = made
        return None

    async def keep(self) -> None:
        while not self._over:
            await asyncio.sleep(KEEP)
            await self.ask("keepalive")

    async def hear(self) -> None:
        """Read until the connection ends."""
        try:
            async for message in self._socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                heard = read(message.data)
                if isinstance(heard, Malformed):
                    log.warning("janus-malformed", reason=heard.reason)
                    break
                if not self._take(*heard):
                    break
        finally:
            self._end()

    def _take(self, transaction: str, said: Reply | Refused) -> bool:
        """Whether the session goes on."""
        waiting = self._waiting.get(transaction)
        if waiting is not None:
            heard = isinstance(said, Reply) and said.kind == "ack" and not waiting.is_heard_enough
            if not heard and not waiting.answer.done():
                waiting.answer.set_result(said)
            return True
        if isinstance(said, Refused) or said.kind == "ack":
            # to something that has not waited so long
            log.info("janus-late", code=said.code if isinstance(said, Refused) else 0)
            return True
        if said.kind == "timeout":
            return False
        try:
            self.events.put_nowait(said)
        except asyncio.QueueFull:
            return False
        return True

    def _end(self) -> None:
        self._over = True
        for waiting in self._waiting.values():
            if not waiting.answer.done():
                waiting.answer.set_result(Away("session-over"))
        while self.events.full():
            self.events.get_nowait()
        self.events.put_nowait(None)


def _id(answer: Reply | Refused | Away) -> int | Refused | Away:
    if not isinstance(answer, Reply):
        return answer
    made = answer.data.get("id")
    return made if isinstance(made, int) else Away("no-id")


@contextlib.asynccontextmanager
async def session(url: str, secret: str) -> AsyncGenerator[Line | Refused | Away]:
    """A session while the block runs; a value that says why where there is none."""
    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(aiohttp.ClientSession())
        try:
            async with asyncio.timeout(CONNECT):
                socket = await client.ws_connect(url, protocols=("janus-protocol",), max_msg_size=LARGEST)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            yield Away(type(error).__name__)
            return
        stack.push_async_callback(socket.close)
        line = Line(socket, secret)
        tasks = [asyncio.create_task(line.hear(), name="janus-line")]
        try:
            fault = await line.begin()
            if fault is not None:
                yield fault
                return
            tasks.append(asyncio.create_task(line.keep(), name="janus-keep"))
            yield line
            await line.ask("destroy")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
