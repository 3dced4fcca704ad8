"""Token buckets."""

import pytest

from telemed.http.rate import CALLERS, Limiter, take
from telemed.http.wire import RateClass

PER_SECOND, BURST = RateClass.SIGN_IN.value


def test_a_new_caller_may_use_the_whole_burst_and_not_one_more():
    bucket, waits = None, []
    for _ in range(BURST + 1):
        bucket, wait = take(bucket, RateClass.SIGN_IN, 100.0)
        waits.append(wait)
    assert waits[:BURST] == [0.0] * BURST
    assert waits[BURST] == pytest.approx(1 / PER_SECOND)


def test_waiting_as_long_as_told_is_enough_and_a_little_less_is_not():
    bucket = None
    for _ in range(BURST):
        bucket, _ = take(bucket, RateClass.SIGN_IN, 0.0)
    _, wait = take(bucket, RateClass.SIGN_IN, 0.0)
    assert take(bucket, RateClass.SIGN_IN, wait * 0.99)[1] > 0.0
    assert take(bucket, RateClass.SIGN_IN, wait * 1.01)[1] == 0.0


def test_a_clock_that_goes_back_gives_no_tokens():
    bucket, _ = take(None, RateClass.SIGN_IN, 100.0)
    again, _ = take(bucket, RateClass.SIGN_IN, 0.0)
    assert again.tokens == bucket.tokens - 1


async def test_callers_do_not_share_a_bucket():
    limiter = Limiter(lambda: 0.0)
    for _ in range(BURST):
        assert await limiter.wait("a", RateClass.SIGN_IN) == 0.0
    assert await limiter.wait("a", RateClass.SIGN_IN) > 0.0
    assert await limiter.wait("b", RateClass.SIGN_IN) == 0.0


async def test_the_table_of_callers_is_bounded():
    limiter = Limiter(lambda: 0.0)
    for number in range(CALLERS + 100):
        await limiter.wait(str(number), RateClass.NORMAL)
    assert len(limiter._buckets) == CALLERS
