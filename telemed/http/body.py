"""Bodies read no further than their limit, and JSON as the shape it has to have."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec
from aiohttp import web

from telemed.errors import Invalid
from telemed.http import problem
from telemed.vocabulary import Text

Shape = TypeVar("Shape")

# No text of the county has a NUL, and PostgreSQL's text cannot hold one: `\u0000` after an even number of backslashes.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000|\x00")
NO_NUL = Text("文字中含有不可用的空字符，未作任何改动。", "The text holds a NUL character; nothing was changed.")


async def read(request: web.Request, limit: int) -> bytes:
    """The whole body.

    limit: bytes.  Raises HTTPRequestEntityTooLarge as soon as there are more, or more are announced.
    """
    if request.content_length is not None and request.content_length > limit:
        raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=request.content_length)
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > limit:
            raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(raw))
    return bytes(raw)


def decode(raw: bytes, shape: type[Shape]) -> Shape:
    """JSON as a struct.  Raises Invalid for what is none, or another; the reason names fields and types."""
    if NUL.search(raw):
        raise Invalid("nul-character", *NO_NUL)
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        raise malformed(error) from error


def malformed(error: Exception) -> Invalid:
    """The refusal for what does not fit its shape."""
    return Invalid("malformed", problem.MALFORMED.zh, f"{problem.MALFORMED.en} ({error})"[:300])
