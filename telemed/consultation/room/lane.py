"""Pointers and drags between the processes, through Redis: the newest of each, no fact, nothing kept, no name.

Without Redis they reach the people of the same process; the others see what is settled, through the log.  A process
that is alone says nothing: whoever subscribes greets those who are there, and Redis counts who has heard a message.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

CHANNEL = "telemed:rooms"
RETRY = 1.0  # seconds between attempts to reach a Redis that is away
MOST_WAITING = 512
MOST_TOGETHER = 64  # passing things of one message
GATHER = 0.005  # seconds in which what comes is gathered for the next one

log = structlog.get_logger(__name__)


class Passing(msgspec.Struct, frozen=True):
    """Something that one person does, for everybody else in the room."""

    room: UUID
    by: str
    k: str
    d: dict[str, Any]

    @property
    def key(self) -> tuple[str, ...]:
        """By kind, person and viewport: the newer replaces the older."""
        return (self.k, self.by, str(self.d.get("vp", "")))


class _Packet(msgspec.Struct, frozen=True):
    """What one process says at once; nothing is a greeting."""

    origin: UUID
    passing: list[Passing]


_packet = msgspec.json.Decoder(_Packet)


class Lane:
    """heard: called with what other processes send.  alone: nobody else is there to hear what this one sends."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._origin = uuid4()
        self.heard: Callable[[Passing], None] = lambda _one: None
        self.connected = False
        self.alone = False
        self._greets = False
        self._others = 0  # packets of other processes
        self._waiting: dict[tuple[UUID, tuple[str, ...]], Passing] = {}
        self._wanted = asyncio.Event()

    def send(self, one: Passing) -> None:
        """Tell the other processes soon; never blocks, never fails, forgets what Redis cannot take."""
        if self._url is None or not self.connected or self.alone or len(self._waiting) >= MOST_WAITING:
            return
        self._waiting[one.room, one.key] = one
        self._wanted.set()

    @property
    def waiting(self) -> bool:
        """Whether something is still to be said."""
        return bool(self._waiting)

    async def run(self) -> None:
        """Publish and listen until cancelled."""
        if self._url is None:
            return
        while True:
            client = redis.Redis.from_url(self._url, socket_connect_timeout=2)  # pyright: ignore[reportUnknownMemberType] -- redis leaves it untyped
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._listen(client))
                    group.create_task(self._publish(client))
            except* (RedisError, OSError):
                if self.connected:
                    log.warning("redis-away")
                self.connected = False
                self._waiting.clear()
            finally:
                with contextlib.suppress(RedisError, OSError):
                    await client.aclose()
            await asyncio.sleep(RETRY)

    async def _listen(self, client: redis.Redis) -> None:
        async with client.pubsub() as pubsub:  # pyright: ignore[reportUnknownMemberType] -- redis leaves it untyped
            await pubsub.subscribe(CHANNEL)  # pyright: ignore[reportUnknownMemberType] -- redis leaves it untyped
            while True:
                message: Any = await pubsub.get_message(timeout=None)  # pyright: ignore[reportUnknownVariableType] -- redis leaves it untyped
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    # from here on everything is heard, so whoever is greeted and speaks is
                    self.connected, self.alone, self._greets = True, False, True
                    self._wanted.set()
                elif message["type"] == "message":
                    self._hear(message["data"])

    def _hear(self, content: bytes) -> None:
        try:
            packet = _packet.decode(content)
        except msgspec.DecodeError:
            log.warning("room-lane-malformed")
            return
        if packet.origin == self._origin:
            return
        self.alone = False
        self._others += 1
        for one in packet.passing:
            self.heard(one)

    async def _publish(self, client: redis.Redis) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            waiting, self._waiting = list(self._waiting.values()), {}
            greets, self._greets = self._greets, False
            for at in range(0, max(len(waiting), int(greets)), MOST_TOGETHER):
                before = self._others
                packet = msgspec.json.encode(_Packet(self._origin, waiting[at : at + MOST_TOGETHER]))
                heard: int = await client.publish(CHANNEL, packet)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] -- redis leaves it untyped
                # one has heard it: this process itself; whoever came meanwhile has greeted
                self.alone = heard <= 1 and before == self._others
            await asyncio.sleep(GATHER)
