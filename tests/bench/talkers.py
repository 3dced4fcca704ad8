"""People of a room for a bench: they speak at a steady rate, and count what they hear and when.

They read frames by hand, since a library would cost the generator more than the servers that it measures.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import struct
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

BYTES = 200  # of each event
_STAMP = re.compile(rb"([ED])=(\d{19})")


def stamped(kind: str) -> str:
    """The text of an event: E for what passes, D for what stays, and when it was said."""
    return f"{kind}={time.monotonic_ns():019d}".ljust(BYTES, ".")


@dataclass
class Heard:
    """Nanoseconds from saying to hearing."""

    passing: array[int] = field(default_factory=lambda: array("q"))
    kept: array[int] = field(default_factory=lambda: array("q"))

    def take(self, content: bytes, now: int) -> None:
        for kind, said in _STAMP.findall(content):
            (self.passing if kind == b"E" else self.kept).append(now - int(said))


def text_frame(text: str) -> bytes:
    """A client's frame, masked with zeros, which RFC 6455 does not forbid a bench."""
    content = text.encode()
    head = struct.pack("!BB", 0x81, 0x80 | len(content)) if len(content) < 126 else b""
    return (head or struct.pack("!BBH", 0x81, 0xFE, len(content))) + bytes(4) + content


class Talker(asyncio.Protocol):
    """One connection.  ready: once `until` came.  answer: what to say to some frames."""

    def __init__(self, heard: Heard, *, until: bytes, answer: Callable[[bytes], bytes | None]) -> None:
        self.ready = asyncio.get_running_loop().create_future()
        self.lost = False
        self._heard = heard
        self._until = until
        self._answer = answer
        self._buffer = bytearray()
        self._upgraded = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        self.lost = True
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("closed before it was ready"))

    def write(self, content: bytes) -> None:
        assert self._transport is not None
        self._transport.write(content)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.abort()

    def _came(self, content: bytes, now: int) -> None:
        self._heard.take(content, now)
        if not self.ready.done() and self._until in content:
            self.ready.set_result(None)
        answer = self._answer(content)
        if answer is not None:
            self.write(answer)


class WebSocketTalker(Talker):
    """hello: what is said first."""

    def __init__(
        self,
        heard: Heard,
        *,
        path: str,
        headers: dict[str, str],
        hello: str,
        until: bytes,
        answer: Callable[[bytes], bytes | None] = lambda _content: None,
    ) -> None:
        super().__init__(heard, until=until, answer=answer)
        self._path, self._headers, self._hello = path, headers, hello

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        key = base64.b64encode(os.urandom(16)).decode()
        own = {"Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        lines = [f"{name}: {value}" for name, value in {**own, "Sec-WebSocket-Key": key, **self._headers}.items()]
        self.write("\r\n".join([f"GET {self._path} HTTP/1.1", *lines, "", ""]).encode())

    def say(self, text: str) -> None:
        self.write(text_frame(text))

    def data_received(self, data: bytes) -> None:  # noqa: C901 -- the inner loop of the generator, kept flat
        now = time.monotonic_ns()
        buffer = self._buffer
        buffer += data
        if not self._upgraded:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if b" 101 " not in buffer[:40]:
                raise ConnectionError(bytes(buffer[:200]))
            del buffer[: end + 4]
            self._upgraded = True
            if self._hello:
                self.say(self._hello)
            if not self._until:
                self.ready.set_result(None)
        at = 0
        while len(buffer) - at >= 2:
            length, start = buffer[at + 1] & 127, at + 2
            if length > 125:
                size = 2 if length == 126 else 8
                if len(buffer) < start + size:
                    break
                length, start = int.from_bytes(buffer[start : start + size], "big"), start + size
            if len(buffer) < start + length:
                break
            content = bytes(buffer[start : start + length])
            if buffer[at] & 15 == 9:
                self.write(bytes([0x8A, 0x80 | length]) + bytes(4) + content)
            else:
                self._came(content, now)
            at = start + length
        del buffer[:at]


class NatsTalker(Talker):
    """The text protocol of nats-server: what this one says does not come back to it."""

    def __init__(self, heard: Heard, *, room: str) -> None:
        super().__init__(heard, until=b"PONG", answer=lambda _content: None)
        self._room = room

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.write(f'CONNECT {{"verbose":false,"echo":false}}\r\nSUB {self._room} 1\r\nPING\r\n'.encode())

    def say(self, text: str) -> None:
        self.write(f"PUB {self._room} {len(text)}\r\n{text}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        self._buffer += data
        end = self._buffer.rfind(b"\r\n") + 2
        if end >= 2:
            self._came(bytes(self._buffer[:end]), now)
            del self._buffer[:end]


Speaking = Callable[[], None]


async def steadily(speaking: list[Speaking], hertz: float, seconds: float) -> int:
    """Let each speak `hertz` times a second, spread evenly; how often anybody spoke."""
    began, said, step = time.monotonic(), 0, 1 / hertz / len(speaking)
    while (now := time.monotonic() - began) < seconds:
        while said * step <= now:
            speaking[said % len(speaking)]()
            said += 1
        await asyncio.sleep(max(0.0, said * step - (time.monotonic() - began)))
    return said
