"""Between a page and the servers: messages pass whole, and at will are cut off, stalled, doubled or swapped.

RFC 6455 section 5.2 is all it knows of WebSockets; control frames are passed on as they come.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import Callable
from random import Random

CONTROL = 8  # opcodes from here on
TEXT = 1
HELD = 0.3  # seconds that a message waits to be overtaken by the next one


class Frame:
    """raw: as it came. said: its text, unmasked."""

    def __init__(self, raw: bytes, opcode: int, said: bytes) -> None:
        self.raw = raw
        self.opcode = opcode
        self.said = said

    @property
    def message(self) -> dict[str, object]:
        return json.loads(self.said) if self.opcode == TEXT else {}


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    head = await reader.readexactly(2)
    opcode, masked, length = head[0] & 15, head[1] & 128, head[1] & 127
    raw = head
    if length >= 126:
        more = await reader.readexactly(2 if length == 126 else 8)
        length = struct.unpack("!H" if length == 126 else "!Q", more)[0]
        raw += more
    mask = await reader.readexactly(4) if masked else b""
    content = await reader.readexactly(length)
    said = bytes(byte ^ mask[at % 4] for at, byte in enumerate(content)) if masked else content
    return Frame(raw + mask + content, opcode, said)


class Proxy:
    """One person's way to the servers.

    doubled: the cids of commands that reached a server twice from one.  lost: the last time a link was cut.
    """

    def __init__(self, chance: Random, upstream: Callable[[], int]) -> None:
        self._chance = chance
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._links: set[asyncio.Task[None]] = set()
        self._passing = asyncio.Event()
        self._passing.set()
        self._doubling = self._swapping = self._mute = False
        self._muted_for_good = False
        self.port = 0
        self.doubled: set[str] = set()

    async def start(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        for one in tuple(self._links):
            one.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    def cut(self) -> None:
        """Both sides lose the link at once."""
        for writer in tuple(self._open):
            writer.transport.abort()

    async def befall(self, what: str, ms: int) -> None:
        """Let something happen to this link, and be over."""
        seconds = ms / 1000
        match what:
            case "cut":
                self.cut()
            case "stall":
                self._passing.clear()
                await asyncio.sleep(seconds)
                self._passing.set()
            case "duplicate":
                self._doubling = True
                await asyncio.sleep(seconds)
                self._doubling = False
            case "reorder":
                self._swapping = True
                await asyncio.sleep(seconds)
                self._swapping = False
            case "mute":
                # what is sent meanwhile is gone, as with a link that dies without a word; then it breaks
                self._mute = True
                await asyncio.sleep(seconds)
                self.cut()
                self._mute = self._muted_for_good
            case _:
                raise ValueError(what)

    def heal(self) -> None:
        self._doubling = self._swapping = False
        self._passing.set()

    def swallow(self) -> None:
        """From here on nothing passes and nothing breaks: nobody is told."""
        self._mute = self._muted_for_good = True

    # --- one connection

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        self._open.add(writer)
        there: asyncio.StreamWriter | None = None
        try:
            inner, there = await asyncio.open_connection("127.0.0.1", self._upstream(), limit=1 << 20)
            self._open.add(there)
            there.write(await reader.readuntil(b"\r\n\r\n"))
            answer = await inner.readuntil(b"\r\n\r\n")
            writer.write(answer)
            if b" 101 " not in answer.split(b"\r\n", 1)[0]:
                writer.write(await inner.read())
                return
            ways = [
                asyncio.create_task(self._pass(reader, there, up=True)),
                asyncio.create_task(self._pass(inner, writer, up=False)),
            ]
            _, pending = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if not self._muted_for_good:
                with contextlib.suppress(TimeoutError):
                    # the other half of a closing handshake
                    async with asyncio.timeout(1):
                        await asyncio.wait(pending)
            for one in ways:
                one.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.IncompleteReadError):
            pass  # a server that is away: the page sees a link that breaks
        finally:
            self._links.discard(task)
            for one in (writer, there):
                if one is not None:
                    self._open.discard(one)
                    one.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:  # noqa: C901 -- one way of one link, whole
        """up: from the page to the server."""
        held: Frame | None = None
        coming: asyncio.Task[Frame] | None = None
        try:
            while True:
                coming = coming or asyncio.create_task(read_frame(reader))
                done, _ = await asyncio.wait({coming}, timeout=None if held is None else HELD)
                if not done:
                    assert held is not None
                    await self._send(writer, held)
                    held = None
                    continue
                frame, coming = coming.result(), None
                await self._passing.wait()
                if self._mute:
                    continue
                kind = frame.message.get("t")
                # each side says who it is first, once; what comes after a close is nothing
                plain = frame.opcode >= CONTROL or kind in {"hello", "welcome", "bye"}
                if held is None and not plain and self._swapping and self._chance.random() < 0.5:
                    held = frame
                    continue
                if plain and held is not None:
                    await self._send(writer, held)
                    held = None
                await self._send(writer, frame)
                if not plain and self._doubling and self._chance.random() < 0.5:
                    await self._send(writer, frame)
                    if up and kind == "cmd":
                        self.doubled.add(str(frame.message["cid"]))
                if held is not None:
                    await self._send(writer, held)
                    held = None
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

    async def _send(self, writer: asyncio.StreamWriter, frame: Frame) -> None:
        writer.write(frame.raw)
        await writer.drain()
