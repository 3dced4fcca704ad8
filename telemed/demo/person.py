"""A person at a browser, without the browser: signs in over the HTTP API and does what that person may do."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pyotp


class Refused(Exception):
    """The server said no; the text is its own problem document."""


class Person:
    """One signed-in person. Every call raises Refused for an answer of 400 or above."""

    def __init__(self, session: aiohttp.ClientSession, url: str, account: Mapping[str, Any]) -> None:
        self._session = session
        self._url = url
        self._account = account
        self._csrf = ""
        self.me: dict[str, Any] = {}

    @property
    def password(self) -> str:
        return str(self._account["password"])

    async def sign_in(self) -> None:
        secret = self._account["totp_secret"]
        code = None if secret is None else pyotp.totp.TOTP(secret).now()
        body = {"username": self._account["username"], "password": self.password, "totp": code}
        self.me = await self.post("/api/session", body)
        self._csrf = self.me["csrf_token"]

    @property
    def csrf(self) -> str:
        """What the session's own pages prove themselves by."""
        return self._csrf

    async def get(self, path: str, **query: str) -> Any:
        async with self._session.get(self._url + path, params=query) as answer:
            return await _content(answer)

    async def post(self, path: str, body: Mapping[str, Any] | None = None, *, method: str = "POST") -> Any:
        """Send a change; `body` as JSON."""
        headers = {"X-CSRF-Token": self._csrf}
        async with self._session.request(method, self._url + path, json=body, headers=headers) as answer:
            return await _content(answer)

    async def upload(self, path: str, content: bytes, media_type: str) -> Any:
        """Send bytes as they are."""
        headers = {"X-CSRF-Token": self._csrf, "Content-Type": media_type}
        async with self._session.post(self._url + path, data=content, headers=headers) as answer:
            return await _content(answer)

    async def download(self, path: str) -> bytes:
        """What is kept, as it is.  Raises Refused."""
        async with self._session.get(self._url + path) as answer:
            if answer.status >= 400:
                await _content(answer)
            return await answer.read()

    @asynccontextmanager
    async def socket(self, path: str) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        """A conversation, as this person's browser would hold it."""
        async with self._session.ws_connect(self._url + path) as socket:
            yield socket

    @asynccontextmanager
    async def listening(self, *topics: str) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        """Subscribe to topics of the event stream from now on."""
        async with self._session.ws_connect(self._url + "/api/events") as socket:
            await socket.receive_json(timeout=10)
            await socket.send_json({"type": "subscribe", "topics": topics})
            await socket.receive_json(timeout=10)
            yield socket


async def _content(answer: aiohttp.ClientResponse) -> Any:
    text = await answer.text()
    if answer.status >= 400:
        raise Refused(f"{answer.method} {answer.url.path} → {answer.status}: {text[:400]}")
    return json.loads(text) if text else None


@asynccontextmanager
async def person(url: str, account: Mapping[str, Any]) -> AsyncGenerator[Person]:
    """Sign somebody in. account: `username`, `password` and `totp_secret` (or None)."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        someone = Person(session, url, account)
        await someone.sign_in()
        yield someone


def accounts_of(path: Path) -> dict[str, dict[str, Any]]:
    """The demo county's log-ins by user name."""
    return {one["username"]: one for one in json.loads(path.read_text(encoding="utf-8"))["accounts"]}
