"""A worker killed by SIGKILL at each step: nothing is lost, and what comes twice comes under one id."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from telemed.outgoing.sending import LEASE
from tests.integration.outgoing.conftest import Post
from tests.integration.outgoing.receiver import Gateway

ROOT = Path(__file__).resolve().parents[3]


async def killed(post: Post, url: str, step: str) -> None:
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.outgoing.dying",
        post.dsn,
        url,
        step,
        post.now.isoformat(),
        cwd=ROOT,
    )
    assert await worker.wait() == -9


@pytest.mark.parametrize(
    ("step", "received", "state"), [("held", 0, "waiting"), ("sent", 1, "waiting"), ("marked", 1, "sent")]
)
async def test_nothing_is_lost_and_what_comes_twice_has_one_id(
    post: Post, gateway: Gateway, step: str, received: int, state: str
):
    worker = await post.receives(post.sender(gateway.url))
    await post.tell()
    await killed(post, gateway.url, step)
    assert len(gateway.came) == received
    assert [one for one, _, _ in await post.states()] == [state]

    assert await worker.step() is False, "the dead worker's lease holds"
    post.now += LEASE
    assert await worker.step() is (state == "waiting")
    assert len({one.id for one in gateway.came}) == 1
    assert [one for one, _, _ in await post.states()] == ["sent"]
    assert await worker.step() is False
