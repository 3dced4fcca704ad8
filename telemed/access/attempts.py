"""Lock-out: how often an account name may be tried, counted for names that exist and names that do not."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from math import ceil

import msgspec

from telemed.access.sessions import Limits, digest, folded
from telemed.db import Pool, execute, fetch_one, load
from telemed.errors import DomainError, Forbidden, Unavailable

queries = load(__name__)


class _Count(msgspec.Struct):
    failures: int


class _Standing(msgspec.Struct):
    failures: int
    locked_until: datetime | None


@dataclass(slots=True)
class Attempt:
    """One counted try. Exactly one of the two is set by the block that makes it; neither means it never happened."""

    failed: bool = False
    complete: bool = False


class Attempts:
    """The counters. They commit on their own: a refused request rolls back, its failed attempt must not."""

    def __init__(self, pool: Pool, limits: Limits) -> None:
        self._pool = pool
        self._limits = limits

    @asynccontextmanager
    async def attempt(self, username: str, now: datetime) -> AsyncGenerator[Attempt]:
        """Reserve one try, then settle it by what the block said.

        failed: stays counted, and locks the name at the limit. complete: the count begins anew.
        Neither (half a sign-in, or an exception): the reservation is given back.
        Raises Forbidden `sign-in-locked` while locked, Unavailable while too many tries are under way.
        """
        key = digest(folded(username))
        await self._reserve(key, now)
        one = Attempt()
        try:
            yield one
        finally:
            await self._settle(key, one, now)

    async def forget(self, username: str) -> None:
        """Unlock a name."""
        async with self._pool.connection() as connection:
            await execute(connection, queries["forget_attempts"], {"digest": digest(folded(username))})

    async def purge(self, now: datetime) -> None:
        """Drop counters that no longer say anything."""
        async with self._pool.connection() as connection:
            before = now - self._limits.window - self._limits.lock
            await execute(connection, queries["purge_attempts"], {"before": before})

    async def _reserve(self, key: bytes, now: datetime) -> None:
        params = {
            "digest": key,
            "now": now,
            "forgotten": now - self._limits.window,
            "limit": self._limits.failures,
        }
        async with self._pool.connection() as connection:
            if await fetch_one(connection, queries["reserve_attempt"], params, _Count) is not None:
                return
            standing = await fetch_one(connection, queries["attempts"], {"digest": key}, _Standing)
        if standing is not None and standing.locked_until is not None:
            raise locked(standing.locked_until, now)
        raise Unavailable(
            "sign-in-busy",
            "该账号正在验证中，请稍候再试。",
            "This account is being checked at the moment; please try again shortly.",
        )

    async def _settle(self, key: bytes, one: Attempt, now: datetime) -> None:
        async with self._pool.connection() as connection:
            if one.failed:
                params = {"digest": key, "until": now + self._limits.lock, "limit": self._limits.failures}
                await execute(connection, queries["confirm_failure"], params)
            elif one.complete:
                await execute(connection, queries["forget_attempts"], {"digest": key})
            else:
                await execute(connection, queries["release_attempt"], {"digest": key})


def locked(until: datetime, now: datetime) -> DomainError:
    """Say that a name is locked, and for how long; the same words whether or not it exists."""
    minutes = max(1, ceil((until - now).total_seconds() / 60))
    return Forbidden(
        "sign-in-locked",
        f"登录失败次数过多，该账号已锁定，约 {minutes} 分钟后自动解除；急用请联系安全管理员。",
        f"Too many failed attempts: this account is locked for about {minutes} more minutes. "
        "In an emergency call the security administrator.",
        minutes=minutes,
    )
