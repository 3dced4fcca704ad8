"""Photographs of paper requests: checked, then kept as files under their SHA-256."""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image

from telemed import durable
from telemed.errors import Invalid, NotFound
from telemed.imaging.requests import PaperRow

#: What a phone's photograph of a sheet has at most.
LIMIT = 8 << 20
MOST_PIXELS = 50_000_000
_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
MEDIA_TYPES = tuple(_MEDIA_TYPES.values())


def inspect(content: bytes, at: datetime) -> PaperRow:
    """Decode a picture completely and describe it.

    Raises Invalid for what is no picture of a known kind, is damaged, or is larger than any photograph of a sheet.
    Whatever the sender called it counts for nothing.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(_MEDIA_TYPES)) as picture:
                width, height = picture.size
                media_type = _MEDIA_TYPES[picture.format or ""]
                if width * height > MOST_PIXELS:
                    raise _unusable()
                picture.load()
    except (OSError, ValueError, SyntaxError, KeyError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _unusable() from None
    return PaperRow(hashlib.sha256(content).hexdigest(), media_type, len(content), width, height, at)


def _unusable() -> Invalid:
    return Invalid(
        "paper-unusable",
        "照片无法使用：须为 JPEG、PNG 或 WebP 图片且未损坏。请重拍。登记本身已保留。",
        "The picture cannot be used: an undamaged JPEG, PNG or WebP is needed. Take it again.",
    )


@dataclass(frozen=True, slots=True)
class Papers:
    """A folder of pictures by digest: ab/cd/<digest>."""

    folder: Path

    async def keep(self, content: bytes, at: datetime) -> PaperRow:
        """Check a picture and keep it durably; the same picture twice is one file.  Raises Invalid, Unavailable."""
        return await asyncio.to_thread(self._keep, content, at)

    def _keep(self, content: bytes, at: datetime) -> PaperRow:
        paper = inspect(content, at)
        place = self._place(paper.digest)
        try:
            durable.keep(place, content, self.folder)
        except OSError as fault:
            raise durable.not_kept(fault) from fault
        return paper

    def _place(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest[2:4] / digest

    async def read(self, digest: str) -> bytes:
        """The picture of a digest; NotFound if there is none."""
        if re.fullmatch(r"[0-9a-f]{64}", digest, re.ASCII) is None:
            raise _missing()
        try:
            return await asyncio.to_thread(self._place(digest).read_bytes)
        except FileNotFoundError:
            raise _missing() from None


def _missing() -> NotFound:
    return NotFound("unknown-paper", "找不到该申请单照片。", "There is no such picture.")
