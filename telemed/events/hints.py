"""Redis as a bell between processes: "the log has grown". It carries no fact and may die at any time."""

from __future__ import annotations

import asyncio
import contextlib

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from telemed.events.signal import Signal

CHANNEL = "telemed:log-grew"
RETRY = 1.0  # seconds between attempts to reach a Redis that is away

log = structlog.get_logger(__name__)


class Hints:
    """Rings the bell of every process after a commit, at most one message in flight (the rest coalesce)."""

    def __init__(self, url: str | None, signal: Signal) -> None:
        self._url = url
        self._signal = signal
        self._wanted = asyncio.Event()
        self.connected = False

    def ring(self) -> None:
        """Tell this process at once and the others soon; never blocks, never fails."""
        self._signal.fire()
        self._wanted.set()

    async def run(self) -> None:
        """Publish and listen until cancelled; while Redis is away the readers' own polling finds the changes."""
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
            finally:
                with contextlib.suppress(RedisError, OSError):
                    await client.aclose()
            await asyncio.sleep(RETRY)

    async def _listen(self, client: redis.Redis) -> None:
        async with client.pubsub() as pubsub:  # pyright: ignore[reportUnknownMemberType] -- redis leaves it untyped
            await pubsub.subscribe(CHANNEL)  # pyright: ignore[reportUnknownMemberType] -- redis leaves it untyped
            self.connected = True
            self._signal.fire()
            while True:
                await pubsub.get_message(ignore_subscribe_messages=True, timeout=None)
                self._signal.fire()

    async def _publish(self, client: redis.Redis) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await client.publish(CHANNEL, b"")  # pyright: ignore[reportUnknownMemberType] -- redis leaves it untyped
