"""Token buckets: a pure step and a bounded table of callers."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from telemed.http.wire import RateClass

CALLERS = 20_000  # remembered at once; the longest silent is forgotten first


@dataclass(frozen=True)
class Bucket:
    """tokens left at `at` (seconds of a monotonic clock)."""

    tokens: float
    at: float


def take(bucket: Bucket | None, rate: RateClass, now: float) -> tuple[Bucket, float]:
    """Take one token. Returns the bucket afterwards and how long to wait, 0.0 if a token was there."""
    per_second, burst = rate.value
    if bucket is None:
        return Bucket(burst - 1.0, now), 0.0
    tokens = min(float(burst), bucket.tokens + max(0.0, now - bucket.at) * per_second)
    if tokens < 1.0:
        return Bucket(tokens, now), (1.0 - tokens) / per_second
    return Bucket(tokens - 1.0, now), 0.0


class Limiter:
    """Buckets by (caller, class) of this process. clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, RateClass], Bucket] = OrderedDict()

    async def wait(self, caller: str, rate: RateClass) -> float:
        """Seconds the caller has to wait, 0.0 when it may go on."""
        key = (caller, rate)
        self._buckets[key], delay = take(self._buckets.get(key), rate, self._clock())
        self._buckets.move_to_end(key)
        if len(self._buckets) > CALLERS:
            self._buckets.popitem(last=False)
        return delay
