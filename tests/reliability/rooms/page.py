"""A page of the room as docs/reference/room-protocol.md tells it, without a browser: outbox, resume, generations.

Of the server's code it shares the reducer alone, which tests/contract/room compares with the browser's.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect

from telemed.consultation.room.fold import fold
from telemed.consultation.room.state import NEW, Event, State

FINAL = {1008, 4001, 4003, 4008, 4009}
LATER = {"server-busy", "too-fast"}
BEHIND = 2.0  # seconds behind the head that a page bears before it asks
SILENT = 15.0  # seconds without a word after which a page breaks the link itself
PAUSE = 1.0  # seconds until what the server could not take now is sent again


@dataclass
class Sent:
    """A command on its way. times: how often it was sent. after: not before that moment."""

    cid: str
    k: str
    d: dict[str, Any]
    base: int | None
    times: int = 0
    after: float = 0.0


@dataclass
class Told:
    """What the server has answered, and what there was to be answered.

    granted: every seq that an ok named, by cid; more than one is a fault.  down: (from, until) in milliseconds of
    times without a link, until None for good.  first: when it came in.
    """

    person: str
    device: str
    sent: dict[str, Sent] = field(default_factory=dict)
    granted: dict[str, set[int]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    down: list[tuple[int, int | None]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    first: int | None = None

    @property
    def silent(self) -> list[tuple[float, float]]:
        """When nothing of this page was linked, the time before it first came in included."""
        if self.first is None:
            return [(0, float("inf"))]
        return [(0, self.first), *((since, float("inf") if until is None else until) for since, until in self.down)]


def millis() -> int:
    return time.time_ns() // 1_000_000


class Page:
    """One tab.  port: of the way to the servers.  patience: the longest pause between two tries, in seconds."""

    def __init__(
        self,
        room: str,
        person: str,
        device: str,
        *,
        headers: dict[str, str],
        port: Callable[[], int],
        chance: Random,
        patience: float = 2.0,
    ) -> None:
        self.told = Told(person, device)
        self.person = person
        self.device = device
        self.state: State = NEW
        self.epoch = self.session = ""
        self.gen = 0
        self.head = 0
        self.live = False
        self.ended: tuple[int, str] | None = None
        self.joined = 0  # times that a welcome came
        self.modes: list[str] = []
        self.passing = 0
        self.outbox: dict[str, Sent] = {}
        self._behind_since: float | None = None
        self._room = room
        self._headers = headers
        self._port = port
        self._chance = chance
        self._patience = patience
        self._socket: ClientConnection | None = None
        self._bye: dict[str, Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._number = 0

    # --- a person's doing

    def come_in(self) -> None:
        self.gen, self.ended = 0, None
        self._task = asyncio.create_task(self._stay())

    def do(self, k: str, d: dict[str, Any], base: int | None = None) -> str:
        """Keep a command until the room has answered it."""
        self._number += 1
        one = Sent(f"c{self._number}", k, d, base)
        self.told.sent[one.cid] = self.outbox[one.cid] = one
        if self.live:
            self._say_soon(one)
        return one.cid

    def show(self, k: str, d: dict[str, Any]) -> None:
        """Something passing."""
        if self.live:
            self._write({"t": "eph", "k": k, "d": d})

    async def vanish(self) -> None:
        """The machine is gone, and nothing of it comes back."""
        await self.stop()
        self._down()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if not self._task.cancelled() and self._task.exception() is not None:
                self.told.faults.append(repr(self._task.exception()))
        if self._socket is not None:
            self._socket.transport.abort()

    # --- the link

    async def _stay(self) -> None:
        attempts = 0
        while self.ended is None:
            joined = self.joined
            code = await self._converse()
            self.live = False
            self._down()
            bye, self._bye = self._bye, None
            code = code if bye is None else bye["code"]
            if code in FINAL or (code == 1000 and bye is not None):
                self.ended = (code, "" if bye is None else bye["reason"])
                self.outbox.clear()  # withdrawn with a reason, which a page shows
                return
            if code == 4010:
                self.epoch = ""
            attempts = 1 if self.joined > joined else attempts + 1
            told = None if bye is None else bye["retry_ms"]
            seconds = min(self._patience, 0.1 * 2**attempts) if told is None else told / 1000
            await asyncio.sleep(seconds * self._chance.uniform(0.5, 1.0))

    def _down(self) -> None:
        if self.joined and (not self.told.down or self.told.down[-1][1] is not None):
            self.told.down.append((millis(), None))

    def _up(self) -> None:
        if self.told.first is None:
            self.told.first = millis()
        if self.told.down and self.told.down[-1][1] is None:
            self.told.down[-1] = (self.told.down[-1][0], millis())

    async def _converse(self) -> int:
        """One connection, to its end; the code of its close."""
        url = f"ws://127.0.0.1:{self._port()}/api/rooms/{self._room}/socket"
        try:
            async with asyncio.timeout(10):
                socket = await connect(
                    url,
                    additional_headers=self._headers,
                    max_size=None,
                    compression=None,
                    ping_interval=None,
                    proxy=None,
                )
        except (OSError, TimeoutError, websockets.InvalidHandshake, websockets.InvalidMessage):
            return 1006
        self._socket = socket
        hello: dict[str, Any] = {"t": "hello", "v": 1, "token": "token", "device": self.device, "gen": self.gen}
        if self.session and self.epoch and self.state.seq:
            hello["resume"] = {"session": self.session, "epoch": self.epoch, "seq": self.state.seq}
        self._write(hello)
        ticking = asyncio.create_task(self._tick(socket))
        try:
            while True:
                async with asyncio.timeout(SILENT):
                    self._hear(json.loads(await socket.recv()))
        except TimeoutError:
            socket.transport.abort()
            return 1006
        except websockets.ConnectionClosed:
            return socket.close_code or 1006
        finally:
            self.live = False
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
            socket.transport.abort()

    def _write(self, message: dict[str, Any]) -> None:
        """As the browser's `send`: it takes everything, whether or not it will arrive."""
        assert self._socket is not None
        if self._socket.state is websockets.State.OPEN:
            self._socket.protocol.send_text(json.dumps(message).encode())
            self._socket.send_data()

    def _say_soon(self, one: Sent) -> None:
        base = {} if one.base is None else {"base": one.base}
        one.times += 1
        one.after = float("inf")
        self._write({"t": "cmd", "cid": one.cid, "k": one.k, "d": one.d, **base})

    async def _tick(self, socket: ClientConnection) -> None:
        last = time.monotonic()
        while socket.state is websockets.State.OPEN:
            await asyncio.sleep(0.25)
            now = time.monotonic()
            if not self.live:
                continue
            if now - last > 5:
                last = now
                self._write({"t": "ping", "t0": millis()})
            if self._behind_since is not None and now - self._behind_since > BEHIND:
                self._behind_since = now
                self._write({"t": "replay", "after": self.state.seq})
            for one in [each for each in self.outbox.values() if each.after <= now]:
                self._say_soon(one)

    # --- what is heard

    def _heard_head(self, head: int) -> None:
        self.head = max(self.head, head)
        behind = self.live and self.state.seq < self.head
        self._behind_since = (self._behind_since or time.monotonic()) if behind else None

    def _hear(self, said: dict[str, Any]) -> None:  # noqa: C901, PLR0912 -- one case a message of the protocol
        match said["t"]:
            case "welcome":
                self.gen, self.session, self.epoch = said["you"]["gen"], said["session"], said["epoch"]
                self.head, self.live = said["head"], True
                self.joined += 1
                self.modes.append(said["mode"])
                self._up()
                for one in self.outbox.values():
                    self._say_soon(one)
                self._heard_head(said["head"])
            case "snapshot":
                self.state, self.epoch = msgspec.convert(said["state"], State), said["epoch"]
                if self.state.seq != said["seq"]:
                    self.told.faults.append("a snapshot that is of another seq than it says")
                self._heard_head(said["seq"])
            case "ev":
                self._event(said)
            case "ok":
                self.told.granted.setdefault(said["cid"], set()).add(said["seq"])
                self.outbox.pop(said["cid"], None)
                self._heard_head(said["seq"])
            case "err":
                self._refused(said)
                self._heard_head(said["head"])
            case "eph":
                self.passing += 1
                self._heard_head(said["head"])
            case "ping":
                self._write({"t": "pong", "t0": said["t0"]})
                self._heard_head(said["head"])
            case "pong":
                self._heard_head(said["head"])
            case "bye":
                self._bye = said
            case "seen":
                pass
            case other:
                self.told.faults.append(f"an unknown message {other}")

    def _event(self, said: dict[str, Any]) -> None:
        if said["seq"] <= self.state.seq:
            return
        if said["seq"] != self.state.seq + 1 or said["epoch"] != self.epoch:
            if self._behind_since is None:
                self._write({"t": "replay", "after": self.state.seq})
            self._heard_head(said["seq"])
            return
        event = msgspec.convert({name: value for name, value in said.items() if name != "t"}, Event)
        self.state = fold(self.state, event)
        self._behind_since = None
        self._heard_head(said["seq"])

    def _refused(self, said: dict[str, Any]) -> None:
        one = self.outbox.get(said["cid"])
        if one is None:
            return
        if said["code"] in LATER:
            one.after = time.monotonic() + PAUSE
            return
        del self.outbox[one.cid]
        self.told.refused[one.cid] = said["code"]
