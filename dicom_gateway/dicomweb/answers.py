"""How DICOMweb answers: bounded bodies, streamed multipart, and refusals that have a status of their own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
import structlog
from aiohttp import web

from dicom_gateway.dicomweb import multipart
from telemed.http import problem
from telemed.http.wire import Call
from telemed.vocabulary import Text

#: Images stay out of the browser's disk: computers are shared.
PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
JSON = "application/dicom+json"

NOT_ACCEPTABLE = Text(
    "无法按所要求的格式提供该影像；影像未受影响。",
    "The image cannot be given in a format that is accepted; it is unharmed.",
)
BAD_QUERY = Text("查询条件有误。", "The query cannot be answered")
NO_FRAME = Text("该影像没有可读取的这一帧；原始数据已保留。", "This frame cannot be read; the original data are kept.")
TOO_LARGE = Text("影像过大，无法转换；可按原始格式读取。", "Too large to be converted; read it in its stored format.")
LOST = Text("档案中缺少该影像的数据，请联系管理员。", "The archive lacks this image's data; call the administrator.")

T = TypeVar("T")

log = structlog.get_logger(__name__)


def refused(call: Call[Any, Any], code: str, status: int, text: Text, *, detail: str = "") -> web.Response:
    """A problem document."""
    said = Text(text.zh, f"{text.en}: {detail}" if detail else text.en)
    return problem.response(problem.of_text(code, status, said, call.request_id))


def body(content: bytes, media_type: str, *, status: int = 200) -> web.Response:
    """A bounded answer."""
    return web.Response(body=content, status=status, headers={"Content-Type": media_type, **PRIVATE})


def json(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """DICOM JSON, compressed for clients that take it."""
    answer = body(msgspec.json.encode(value), JSON, status=status)
    answer.headers.update(headers or {})
    answer.enable_compression()
    return answer


async def streamed_json(call: Call[Any, Any], pieces: AsyncIterator[bytes]) -> web.StreamResponse:
    """A JSON array whose items come in comma-separated pieces."""
    answer = web.StreamResponse(headers={"Content-Type": JSON, **PRIVATE})
    answer.enable_compression()
    await answer.prepare(call.request)
    before = b"["
    with cut_off(call):
        async for piece in pieces:
            await answer.write(before + piece)
            before = b","
        await answer.write(b"]" if before == b"," else b"[]")
        await answer.write_eof()
    return answer


@contextlib.contextmanager
def cut_off(call: Call[Any, Any]) -> Generator[None]:
    """Cut the connection if an answer fails after its status was said: half an answer must never look whole."""
    try:
        yield
    except ConnectionError:
        raise
    except Exception as error:
        log.exception("answer-cut-off", kind=type(error).__name__)
        if call.request.transport is not None:
            call.request.transport.abort()
        raise ConnectionResetError("cut off") from error


class Multipart:
    """A multipart/related answer that is written part by part."""

    def __init__(self, answer: web.StreamResponse, mark: str) -> None:
        self._answer = answer
        self._mark = mark
        self._first = True

    @staticmethod
    async def begin(call: Call[Any, Any], media_type: str) -> Multipart:
        mark = multipart.boundary()
        kind = f'multipart/related; type="{media_type}"; boundary={mark}'
        answer = web.StreamResponse(headers={"Content-Type": kind, **PRIVATE})
        await answer.prepare(call.request)
        return Multipart(answer, mark)

    async def part(self, headers: Mapping[str, str], content: AsyncIterator[bytes]) -> None:
        await self._answer.write(multipart.part_head(self._mark, headers, first=self._first))
        self._first = False
        async for piece in content:
            await self._answer.write(piece)

    async def end(self) -> web.StreamResponse:
        await self._answer.write(multipart.tail(self._mark))
        await self._answer.write_eof()
        return self._answer


async def after(first: T, rest: AsyncIterator[T]) -> AsyncIterator[T]:
    """One item, then the others."""
    yield first
    async for item in rest:
        yield item


async def drawn(content: Iterable[T]) -> AsyncIterator[T]:
    """Draw from a blocking iterable, each item in a thread, so that a slow disk holds up nobody else."""
    source: Iterator[T] = iter(content)
    while (item := await asyncio.to_thread(_next, source)) is not None:
        yield item[0]


def _next(source: Iterator[T]) -> tuple[T] | None:
    for item in source:
        return (item,)
    return None
