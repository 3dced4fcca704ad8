"""A receiver of messages as a county's gateway would be: a real HTTP server that answers as it is told."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from telemed.outgoing.signing import signature

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass
class Came:
    """One request as it came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def is_ours(self) -> bool:
        made = signature(KEY, self.id, int(self.headers["webhook-timestamp"]), self.body)
        return f"v1,{made}" in self.headers["webhook-signature"].split()


@dataclass
class Gateway:
    """answers: status and headers of the next requests, the last for ever.  meanwhile: done before an answer."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(204, {})])
    came: list[Came] = field(default_factory=list[Came])
    meanwhile: Callable[[], Awaitable[None]] | None = None
    url: str = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        came = Came({name.lower(): value for name, value in request.headers.items()}, await request.read())
        self.came.append(came)
        if self.meanwhile is not None:
            await self.meanwhile()
        status, headers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, headers=headers)

    @property
    def kinds(self) -> list[str]:
        return [one.document["type"].removeprefix("telemed.") for one in self.came]


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that another task brings about."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)
