"""Pointers and drags between the processes, through Redis: the newest of each, no fact, nothing kept, no name.

Without Redis they reach the people of the same process; the others see what is settled, through the log.
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
    origin: UUID

    @property
    def key(self) -> tuple[str, ...]:
        """By kind, person and viewport: the newer replaces the older."""
        return (self.k, self.by, str(self.d.get("vp", "")))


_several = msgspec.json.Decoder(list[Passing])


class Lane:
    """heard: called with what other processes send."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self.origin = uuid4()
        self.heard: Callable[[Passing], None] = lambda _one: None
        self.connected = False
        self._waiting: dict[tuple[UUID, tuple[str, ...]], Passing] = {}
        self._wanted = asyncio.Event()

    def send(self, one: Passing) -> None:
        """Tell the other processes soon; never blocks, never fails, forgets what Redis cannot take."""
        if self._url is None or not self.connected or len(self._waiting) >= MOST_WAITING:
            return
        self._waiting[one.room, one.key] = one
        self._wanted.set()

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
            self.connected = True
            while True:
                message: Any = await pubsub.get_message(ignore_subscribe_messages=True, timeout=None)  # pyright: ignore[reportUnknownVariableType] -- redis leaves it untyped
                if message is not None:
                    self._hear(message["data"])

    def _hear(self, content: bytes) -> None:
        try:
            several = _several.decode(content)
        except msgspec.DecodeError:
            log.warning("room-lane-malformed")
            return
        for one in several:
            if one.origin != self.origin:
                self.heard(one)

    async def _publish(self, client: redis.Redis) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            waiting, self._waiting = list(self._waiting.values()), {}
            for several in (waiting[at : at + MOST_TOGETHER] for at in range(0, len(waiting), MOST_TOGETHER)):
                await client.publish(CHANNEL, msgspec.json.encode(several))  # pyright: ignore[reportUnknownMemberType] -- redis leaves it untyped
            await asyncio.sleep(GATHER)
