"""Token buckets that all processes share, in Redis; while it is away each process counts for itself."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable

import redis.asyncio as redis
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from telemed.http.rate import Limiter
from telemed.http.wire import RateClass

PATIENCE = 0.25  # seconds a request waits for Redis before this process decides alone
PAUSE = 2.0  # seconds after which a Redis that was away is asked again

# The step of rate.take() on the server's own clock: tokens left, how long to wait. A full bucket needs no key.
STEP = """
local moment = redis.call('TIME')
local now = moment[1] + moment[2] / 1000000
local per_second, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if kept[1] then tokens = math.min(burst, kept[1] + math.max(0, now - kept[2]) * per_second) end
local wait = 0
if tokens < 1 then wait = (1 - tokens) / per_second else tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / per_second * 1000) + 1000)
return string.format('%.6f', wait)
"""

log = structlog.get_logger(__name__)


class SharedLimiter:
    """Buckets by (caller, class): those that protect people are counted once for all processes.

    The own bucket is always asked first, so that it is warm when Redis goes, and spares Redis a flood.
    url: None where there is no Redis. clock: monotonic seconds.
    """

    def __init__(self, url: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._own = Limiter(clock)
        self._clock = clock
        self._client = None if url is None else _client(url)
        self._ask_from = 0.0
        self._away = False

    async def wait(self, caller: str, rate: RateClass) -> float:
        """Seconds the caller has to wait, 0.0 when it may go on; never longer than PATIENCE to say so."""
        delay = await self._own.wait(caller, rate)
        if delay > 0.0 or not rate.shared or self._client is None or self._clock() < self._ask_from:
            return delay
        per_second, burst = rate.value
        try:
            answer = await self._client.eval(STEP, 1, key(caller, rate), str(per_second), str(burst))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportGeneralTypeIssues] -- redis leaves it untyped
        except (RedisError, OSError, TimeoutError):
            self._ask_from = self._clock() + PAUSE
            if not self._away:
                log.warning("rates-per-process")
            self._away = True
            return 0.0
        self._away = False
        return float(answer)  # pyright: ignore[reportUnknownArgumentType] -- the script's own string

    async def close(self) -> None:
        if self._client is not None:
            with contextlib.suppress(RedisError, OSError):
                await self._client.aclose()


def key(caller: str, rate: RateClass) -> str:
    """The name of a bucket. The caller (an address, an account) is hashed: Redis holds neither facts nor names."""
    digest = hashlib.sha256(f"{rate.name}|{caller}".encode()).hexdigest()
    return f"telemed:rate:{digest[:32]}"


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType] -- redis leaves it untyped
        url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )
