"""Receivers that do what no receiver should: each ends within bounds, says why, and reaches nothing else."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from telemed.certificates import ensure_server_certificate
from telemed.outgoing.http_sender import http_sender, retry_after
from telemed.outgoing.model import Answer
from tests.integration.outgoing.receiver import KEY

ID = UUID(int=7)
PATIENCE = 0.6
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def listening(serve: Serve, trust: ssl.SSLContext | None = None) -> AsyncGenerator[int]:
    """A bare socket on loopback; whoever still talks is cut off at the end."""
    tasks = set[asyncio.Task[None]]()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0, ssl=trust)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def attempt(port: int, *, scheme: str = "http", trust: ssl.SSLContext | None = None) -> tuple[Answer, float]:
    send = http_sender(
        f"{scheme}://127.0.0.1:{port}/hook", [KEY], trust or ssl.create_default_context(), now, patience=PATIENCE
    )
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer = await send(ID, b"{}")
    return answer, loop.time() - began


async def asked(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def test_one_that_never_answers_is_left_in_time():
    async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        await asyncio.Event().wait()

    async with listening(serve) as port:
        answer, took = await attempt(port)
    assert answer == Answer(None, fault="no-answer-in-time")
    assert took < PATIENCE * 2


async def test_one_that_sends_a_byte_now_and_then_is_left_in_time():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        for byte in b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)

    async with listening(serve) as port:
        answer, took = await attempt(port)
    assert answer == Answer(None, fault="no-answer-in-time")
    assert took < PATIENCE * 2


async def test_an_answer_without_end_is_not_read():
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await asked(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with listening(serve) as port:
        answer, took = await attempt(port)
    assert answer == Answer(200)
    assert took < PATIENCE
    assert sent < 64 << 20


async def test_a_head_without_end_is_no_answer():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nx: ")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with listening(serve) as port:
        answer, took = await attempt(port)
    assert answer == Answer(None, fault="no-answer")
    assert took < PATIENCE


async def test_one_that_hangs_up_has_not_answered():
    async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asked(reader)

    async with listening(serve) as port:
        answer, _ = await attempt(port)
    assert answer == Answer(None, fault="no-answer")


async def test_one_that_talks_something_else_has_not_answered():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"220 mail ready\r\n")
        await writer.drain()

    async with listening(serve) as port:
        answer, _ = await attempt(port)
    assert answer == Answer(None, fault="no-answer")


async def test_nobody_there():
    async with listening(lambda _reader, _writer: asyncio.sleep(0)) as port:
        pass
    answer, _ = await attempt(port)
    assert answer == Answer(None, fault="unreachable")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_leads_nowhere(status: int):
    reached = list[str]()

    async def inside(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/inside", inside)
    async with TestServer(app) as server:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asked(reader)
            target = str(server.make_url("/inside")).encode()
            writer.write(b"HTTP/1.1 %d x\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, target))
            await writer.drain()

        async with listening(serve) as port:
            answer, _ = await attempt(port)
    assert answer.status == status
    assert reached == []


@pytest.fixture
def county(tmp_path: Path) -> Path:
    ensure_server_certificate(tmp_path, "演示县", ("127.0.0.1",), now())
    return tmp_path


def serving(folder: Path) -> ssl.SSLContext:
    found = ensure_server_certificate(folder, "演示县", ("127.0.0.1",), now())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(found.pem)
    return context


def authority(folder: Path) -> Path:
    return ensure_server_certificate(folder, "演示县", ("127.0.0.1",), now()).authority


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    writer.write(b"HTTP/1.1 204 x\r\n\r\n")
    await writer.drain()


async def test_a_certificate_nobody_vouches_for_is_refused_and_the_countys_own_taken_where_it_is_named(county: Path):
    async with listening(answers, serving(county)) as port:
        refused, _ = await attempt(port, scheme="https")
        named = ssl.create_default_context(cafile=authority(county))
        taken, _ = await attempt(port, scheme="https", trust=named)
    assert refused == Answer(None, fault="certificate")
    assert taken == Answer(204)


async def test_a_certificate_of_another_host_is_refused(tmp_path: Path):
    found = ensure_server_certificate(tmp_path, "演示县", ("elsewhere.example",), now())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(found.pem)
    async with listening(answers, context) as port:
        trust = ssl.create_default_context(cafile=found.authority)
        answer, _ = await attempt(port, scheme="https", trust=trust)
    assert answer == Answer(None, fault="certificate")


async def test_plain_http_behind_https_is_no_answer():
    async with listening(answers) as port:
        answer, _ = await attempt(port, scheme="https")
    assert answer.status is None
    assert answer.fault in ("tls", "no-answer", "no-answer-in-time")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("-1", None),
        ("１２", None),
        ("99999999", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        (None, None),
    ],
)
def test_only_plain_seconds_are_a_pause(value: str | None, seconds: int | None):
    assert retry_after(value) == seconds
