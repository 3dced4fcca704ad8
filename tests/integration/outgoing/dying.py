"""A worker in a process of its own that dies by SIGKILL at a step; arguments: DSN, URL, step, time."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import sys
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from telemed.db import open_pool
from telemed.events.signal import Signal
from telemed.outgoing.http_sender import http_sender
from telemed.outgoing.model import Again, Answer, GivenUp, Sent
from telemed.outgoing.sending import Mouth, Receiver, Worker
from tests.integration.outgoing.receiver import KEY


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Dying(Worker):
    """Dies after marking, when that is the step."""

    async def mark(
        self, id_: UUID, lease_id: UUID, answer: Answer, said: Sent | Again | GivenUp, now: datetime
    ) -> bool:
        marked = await super().mark(id_, lease_id, answer, said, now)
        die()
        return marked


async def work(dsn: str, url: str, step: str, now: datetime) -> None:
    pool = await open_pool(dsn, size=2)
    post = http_sender(url, [KEY], ssl.create_default_context(), lambda: now)

    async def send(id_: UUID, document: bytes) -> Answer:
        if step == "held":
            die()
        answer = await post(id_, document)
        if step == "sent":
            die()
        return answer

    receiver = Receiver("gateway", "https://gateway.example", b"1", (), (), phones=False, send=send)
    mouth = Mouth("https://county.example", ZoneInfo("Asia/Shanghai"), {}, timedelta(hours=24))
    kind = Dying if step == "marked" else Worker
    await kind(pool, receiver, mouth, lambda: now, Signal(), lambda: 1.0).step()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:4], datetime.fromisoformat(sys.argv[4])))
