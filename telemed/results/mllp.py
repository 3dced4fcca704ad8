"""The MLLP listener: frames in, answers out, one message at a time a connection; bounded in size, time and number."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from telemed.results.framing import Broken, Frames, framed

#: Bytes of one read; beside the longest message all that a connection ever holds.
CHUNK = 65_536

log = structlog.get_logger(__name__)

#: What a frame holds, who sent it and when → the answer.
Take = Callable[[bytes, str, datetime], Awaitable[bytes]]
#: The beginning of a message that is too large, and when → the answer.
Refuse = Callable[[bytes, datetime], bytes]


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one process.  Times in seconds: for a message from its first byte to its last, and without any message."""

    connections: int
    connections_per_peer: int
    message_bytes: int
    message_seconds: float
    idle_seconds: float


class Listener:
    """Listens for laboratory systems.

    take: stores a frame and answers it.  refuse: answers one that is too large to be read.  clock: aware, UTC.
    """

    def __init__(self, take: Take, refuse: Refuse, limits: Limits, clock: Callable[[], datetime]) -> None:
        self._take = take
        self._refuse = refuse
        self._limits = limits
        self._clock = clock
        self._connections: set[asyncio.Task[None]] = set()
        self._peers: Counter[str] = Counter()
        self.listening = asyncio.Event()
        self.port = 0

    async def run(self, host: str, port: int) -> None:
        """Serve until cancelled.  Who got no answer by then sends again, and is known if it was stored.

        port: 0 takes a free one, told by `port` once `listening` is set.
        """
        server = await asyncio.start_server(self._accept, host, port, limit=CHUNK, reuse_port=port != 0)
        try:
            self.port = server.sockets[0].getsockname()[1]
            self.listening.set()
            log.info("mllp-listening", host=host, port=self.port)
            await server.serve_forever()
        finally:
            self.listening.clear()
            server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise LookupError("a connection is accepted outside of a task")
        peer = str(writer.get_extra_info("peername")[0])
        self._connections.add(task)
        self._peers[peer] += 1
        try:
            full = (
                len(self._connections) > self._limits.connections
                or self._peers[peer] > self._limits.connections_per_peer
            )
            if full:
                log.warning("mllp-connection-refused", peer=peer, connections=len(self._connections))
                return
            _keep_alive(writer)
            await self._converse(reader, writer, peer)
        except TimeoutError:
            log.info("mllp-connection-timed-out", peer=peer)
        except ConnectionError as error:
            log.info("mllp-connection-lost", peer=peer, error=type(error).__name__)
        finally:
            self._connections.discard(task)
            self._peers[peer] -= 1
            if self._peers[peer] <= 0:
                del self._peers[peer]
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> None:
        frames = Frames(self._limits.message_bytes)
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._limits.idle_seconds
        while True:
            async with asyncio.timeout_at(deadline):
                read = await reader.read(CHUNK)
            if not read:
                if frames.inside:
                    log.info("mllp-connection-ended-in-message", peer=peer)
                return
            was_inside = frames.inside
            completed = frames.feed(read)
            for frame in completed:
                if isinstance(frame, Broken):
                    log.warning("mllp-protocol-broken", peer=peer, reason=frame.reason)
                    if frame.reason == "too-large":
                        await self._answer(writer, self._refuse(frame.head, self._clock()))
                    return
                await self._answer(writer, await self._take(frame, peer, self._clock()))
            if not frames.inside:
                deadline = clock() + self._limits.idle_seconds
            elif completed or not was_inside:
                # a message has begun: however slowly its bytes come, it has this long
                deadline = clock() + self._limits.message_seconds

    async def _answer(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        writer.write(framed(answer))
        async with asyncio.timeout(self._limits.message_seconds):
            await writer.drain()


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
