import asyncio

import pytest

from telemed import background
from telemed.background import running


async def test_a_task_that_fails_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "FIRST_PAUSE", 0.0)
    runs: list[int] = []
    enough = asyncio.Event()

    async def work() -> None:
        runs.append(len(runs))
        if len(runs) < 3:
            raise LookupError("not yet")
        enough.set()

    async with running({"work": work}), asyncio.timeout(5):
        await enough.wait()
    assert runs == [0, 1, 2]


async def test_a_task_ends_when_cancelled_even_if_tidying_up_fails() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            raise LookupError("the database went away first")

    async with asyncio.timeout(5), running({"work": work}):
        await begun.wait()
