"""Files put into a room: known by their content, never by what the sender calls them, kept under their SHA-256.

What a browser or a reader would run is refused: nothing that is shown to a physician may act by itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from telemed import durable
from telemed.consultation.room.tracks import mp4_is_sound, webm_is_sound
from telemed.errors import Invalid, NotFound

LIMIT = 20 << 20  # bytes of one file
MOST_PIXELS = 50_000_000
MOST_TEXT = 1 << 20
_PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
MEDIA_TYPES = (
    *_PICTURES.values(),
    "application/pdf",
    "application/dicom",
    "audio/ogg",
    "audio/wav",
    "audio/mpeg",
    "audio/mp4",
    "audio/webm",
    "video/mp4",
    "video/webm",
    "text/plain",
)

# What a PDF does by itself (ISO 32000-1, 12.6.4 and 7.11.4); names may be written with #xx for any letter.
_ACTS = (b"/JavaScript", b"/JS", b"/Launch", b"/OpenAction", b"/AA", b"/RichMedia", b"/EmbeddedFile", b"/XFA")
_NAME = re.compile(rb"/[^\x00\t\n\f\r ()<>\[\]{}/%]{1,64}")
_SCRIPT = re.compile(rb"^\s*(<\?xml|<!doctype|<!--|<html|<head|<body|<svg|<script|<iframe|#!|<%|<\?php)", re.IGNORECASE)
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\x00asm")


def media_type(content: bytes) -> str:
    """What a file is, by its bytes.  Raises Invalid `file-acts` or `file-unusable`."""
    head = content[:4096]
    if _SCRIPT.match(head.removeprefix(b"\xef\xbb\xbf")) or head.startswith(_PROGRAMS):
        raise _acting()
    if head.startswith(b"%PDF-"):
        _check_pdf(content)
        return "application/pdf"
    picture = _picture(content, head)
    if picture is not None:
        return picture
    if head[128:132] == b"DICM":
        return "application/dicom"
    sound = _sound(content, head)
    if sound is not None:
        return sound
    if content and len(content) <= MOST_TEXT and _is_text(content):
        return "text/plain"
    raise _unusable()


def _check_pdf(content: bytes) -> None:
    """Refuse one that acts where that can be seen; the answer's headers keep the rest from running in a browser."""
    for match in _NAME.finditer(content):
        name = re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes([int(code[1], 16)]), match[0])
        if name in _ACTS:
            raise _acting()
    if b"%%EOF" not in content[-2048:]:
        raise _unusable()


def _picture(content: bytes, head: bytes) -> str | None:
    if not (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
    ):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(_PICTURES)) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS:
                    raise _unusable()
                picture.load()
                return _PICTURES[picture.format or ""]
    except (OSError, ValueError, SyntaxError, KeyError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _unusable() from None


def _sound(content: bytes, head: bytes) -> str | None:
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"ID3") or head[:2] in {b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"}:
        return "audio/mpeg"
    if head[4:8] == b"ftyp":
        return "audio/mp4" if mp4_is_sound(content) else "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "audio/webm" if webm_is_sound(content) else "video/webm"
    return None


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not any(letter < " " and letter not in "\t\r\n" for letter in text)


def _acting() -> Invalid:
    return Invalid(
        "file-acts",
        "文件含有可执行的内容（网页、脚本、程序或 PDF 动作），未保存。请另存为图片或不含脚本的 PDF 后再上传。",
        "The file holds something that runs (a page, a script, a program or a PDF action); it was not kept. Save it as "
        "a picture or a PDF without scripts.",
    )


def _unusable() -> Invalid:
    return Invalid(
        "file-unusable",
        "文件无法使用：须为未损坏的 JPEG、PNG、WebP、PDF、DICOM、录音、录像或 UTF-8 文本。未保存。",
        "The file cannot be used: an undamaged JPEG, PNG, WebP, PDF, DICOM, sound, film or UTF-8 text is needed. It "
        "was not kept.",
    )


def too_large() -> Invalid:
    return Invalid(
        "file-too-large",
        "文件超过 20 MB，未保存。影像请从检查资料打开，不必上传。",
        "The file is larger than 20 MB and was not kept. Images are opened from the studies, not sent as files.",
    )


@dataclass(frozen=True)
class Kept:
    digest: str
    media: str
    size: int

    @property
    def id(self) -> str:
        """Of the file in any room: the same content is the same file."""
        return self.digest[:32]


@dataclass(frozen=True, slots=True)
class Files:
    """A folder of files by digest: ab/cd/<digest>."""

    folder: Path

    async def keep(self, content: bytes) -> Kept:
        """Look at a file and keep it durably; the same content twice is one file.  Raises Invalid, Unavailable."""
        return await asyncio.to_thread(self._keep, content)

    def _keep(self, content: bytes) -> Kept:
        if len(content) > LIMIT:
            raise too_large()
        kept = Kept(hashlib.sha256(content).hexdigest(), media_type(content), len(content))
        place = self._place(kept.digest)
        try:
            durable.keep(place, content, self.folder)
        except OSError as fault:
            raise durable.not_kept(fault) from fault
        return kept

    def _place(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest[2:4] / digest

    async def read(self, digest: str) -> bytes:
        """The content of a digest.  Raises NotFound."""
        if re.fullmatch(r"[0-9a-f]{64}", digest, re.ASCII) is None:
            raise missing()
        try:
            return await asyncio.to_thread(self._place(digest).read_bytes)
        except FileNotFoundError:
            raise missing() from None


def missing() -> NotFound:
    return NotFound("unknown-file", "找不到该文件。", "There is no such file.")
