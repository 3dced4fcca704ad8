"""Key sets that clients publish themselves: fetched from registered addresses only, bounded, and kept a while."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import structlog

from telemed.cds.tokens import JWKS_LIMIT, Header, Jwks, PublicKey, find_key, key_set

log = structlog.get_logger(__name__)

FRESH = 3600.0  # seconds a fetched set is believed
PAUSE = 60.0  # seconds between two fetches of one address, whatever unknown keys are named
PATIENCE = aiohttp.ClientTimeout(total=3.0)

Fetch = Callable[[str], Awaitable[bytes | None]]


async def fetch(address: str) -> bytes | None:
    """The bytes at a registered address; None when it does not answer, redirects elsewhere, or says too much."""
    try:
        async with (
            aiohttp.ClientSession(timeout=PATIENCE) as session,
            session.get(address, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                return None
            content = await answer.content.read(JWKS_LIMIT + 1)
            while len(content) <= JWKS_LIMIT and (more := await answer.content.read(JWKS_LIMIT + 1)):
                content += more
            return content if len(content) <= JWKS_LIMIT else None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("cds-keys-away", error=type(error).__name__)
        return None


@dataclass(frozen=True)
class _Cached:
    keys: Jwks
    at: float


class RemoteKeys:
    """Keys by address.  clock: monotonic seconds."""

    def __init__(self, fetch: Fetch = fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._cached: dict[str, _Cached] = {}
        self._tried: dict[str, float] = {}

    async def find(self, address: str, header: Header) -> PublicKey | None:
        """The key a header names; an unknown one is looked for afresh once, for keys are exchanged."""
        cached = self._cached.get(address)
        if cached is not None and self._clock() - cached.at < FRESH:
            known = find_key(cached.keys, header)
            if known is not None:
                return known
        fresh = await self._afresh(address)
        return None if fresh is None else find_key(fresh, header)

    async def _afresh(self, address: str) -> Jwks | None:
        now = self._clock()
        if now - self._tried.get(address, -PAUSE) < PAUSE:
            return None
        self._tried[address] = now
        raw = await self._fetch(address)
        keys = None if raw is None else key_set(raw)
        if keys is not None:
            self._cached[address] = _Cached(keys, now)
        return keys
