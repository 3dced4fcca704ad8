"""multipart/related both ways, one part at a time, with bounded headers.  RFC 2046 §5.1, PS3.18 §8.6."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from telemed.errors import Invalid

#: A boundary has at most 70 characters (RFC 2046).
LONGEST_BOUNDARY = 70
#: Bytes of the headers of one part.
LONGEST_HEADERS = 8192


def boundary() -> str:
    """A boundary that no content holds but by a chance of 2^-128."""
    return secrets.token_hex(16)


def part_head(mark: str, headers: Mapping[str, str], *, first: bool) -> bytes:
    """What stands before a part's content."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    before = "" if first else "\r\n"
    return f"{before}--{mark}\r\n{lines}\r\n".encode("ascii")


def tail(mark: str) -> bytes:
    return f"\r\n--{mark}--\r\n".encode("ascii")


class Source(Protocol):
    """A request body; any chunk size."""

    def iter_any(self) -> AsyncIterator[bytes]: ...


def _broken(en: str) -> Invalid:
    return Invalid(
        "multipart-malformed", "上传内容格式有误；此前的影像已逐一说明结果。", f"The upload is malformed: {en}"
    )


class Reader:
    """Parts of a body in order: `next_part`, then `content` to its end, and again.

    Holds at most one chunk of the network and the boundary's length.  Raises Invalid for a body that is no multipart,
    for headers beyond LONGEST_HEADERS, and for one that ends too early.
    """

    def __init__(self, source: Source, mark: str, limit: int) -> None:
        if not 0 < len(mark) <= LONGEST_BOUNDARY or not mark.isascii():
            raise _broken("no usable boundary")
        self._chunks = source.iter_any()
        self._delimiter = b"\r\n--" + mark.encode("ascii")
        # the first delimiter may stand at the very beginning
        self._held = bytearray(b"\r\n")
        self._left = limit
        self._inside = True

    async def _more(self) -> bool:
        async for chunk in self._chunks:
            if not chunk:
                continue
            self._left -= len(chunk)
            if self._left < 0:
                raise Invalid("upload-too-large", "一次上传的总量过大，请分批上传。", "Upload less at once.")
            self._held += chunk
            return True
        return False

    async def next_part(self) -> dict[str, str] | None:
        """Skip to the next part and read its headers (names in lower case); None behind the last."""
        if self._inside:
            async for _ in self.content():
                pass
        while len(self._held) < 2:
            if not await self._more():
                raise _broken("it ends within a delimiter")
        if self._held.startswith(b"--"):
            return None
        while (end := self._held.find(b"\r\n\r\n")) < 0:
            if len(self._held) > LONGEST_HEADERS:
                raise _broken("headers of a part are too long")
            if not await self._more():
                raise _broken("it ends within the headers of a part")
        if end > LONGEST_HEADERS:
            raise _broken("headers of a part are too long")
        lines = bytes(self._held[:end]).decode("latin-1").split("\r\n")
        del self._held[: end + 4]
        # an empty part's delimiter may follow at once
        self._held[:0] = b"\r\n" if self._held.startswith(self._delimiter[2:]) else b""
        self._inside = True
        pairs = (line.partition(":") for line in lines if ":" in line)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    async def content(self) -> AsyncIterator[bytes]:
        """Yield the content of the part that next_part began."""
        while True:
            at = self._held.find(self._delimiter)
            if at >= 0:
                if at:
                    yield bytes(self._held[:at])
                del self._held[: at + len(self._delimiter)]
                self._inside = False
                return
            sure = len(self._held) - len(self._delimiter) + 1
            if sure > 0:
                yield bytes(self._held[:sure])
                del self._held[:sure]
            if not await self._more():
                raise _broken("it ends within a part")
