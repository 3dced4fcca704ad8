"""Segments of recordings on the disk: `<room>/<digest>`, there durably before the log speaks of them.

What the log never came to speak of, because the server died in between or the room refused, is swept.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from telemed import durable
from telemed.consultation.room.files import Kept
from telemed.consultation.room.tracks import webm_media
from telemed.errors import Invalid, NotFound, Unavailable

LIMIT = 8 << 20  # bytes of one segment
SETTLED = timedelta(hours=1)  # after which what is not listed will not be
EVERY = timedelta(hours=6)  # between sweeps
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ROOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ARRIVING = re.compile(r"\..{36}\.new")

log = structlog.get_logger(__name__)

Listed = Callable[[UUID], Awaitable[frozenset[str]]]
"""The digests of the segments of which a room's log speaks."""


def unlisted(found: Mapping[str, datetime], listed: frozenset[str], now: datetime) -> list[str]:
    """Names that may go. found: when each was last written or sent; what is none of a segment's is left alone."""
    old = (name for name, at in found.items() if at < now - SETTLED)
    return sorted(one for one in old if _ARRIVING.fullmatch(one) or (_DIGEST.fullmatch(one) and one not in listed))


def segment_too_large() -> Invalid:
    return Invalid(
        "segment-too-large",
        "录制片段超过 8 MB，未保存。",
        "The segment of the recording is larger than 8 MB and was not kept.",
    )


@dataclass(frozen=True, slots=True)
class Segments:
    folder: Path

    async def keep(self, room_id: UUID, content: bytes) -> Kept:
        """Look at a segment and keep it durably; the same content twice is one file.  Raises Invalid, Unavailable."""
        return await asyncio.to_thread(self._keep, room_id, content)

    def _keep(self, room_id: UUID, content: bytes) -> Kept:
        if len(content) > LIMIT:
            raise segment_too_large()
        media = webm_media(content)
        if media is None:
            raise Invalid(
                "segment-unusable",
                "录制片段须为浏览器录制的 WebM（声音，可带一路画面），未保存。",
                "A segment is a WebM that a browser has recorded (a voice, with one film or none); this one was not "
                "kept.",
            )
        kept = Kept(hashlib.sha256(content).hexdigest(), media, len(content))
        place = self.folder / str(room_id) / kept.digest
        try:
            if place.exists():
                os.utime(place)  # a sweep leaves it to whoever sends it now
            durable.keep(place, content, self.folder)
        except OSError as fault:
            raise durable.not_kept(fault) from fault
        return kept

    async def read(self, room_id: UUID, digest: str) -> bytes:
        """The content of a segment.  Raises NotFound `segment-missing`."""
        try:
            return await asyncio.to_thread((self.folder / str(room_id) / digest).read_bytes)
        except FileNotFoundError:
            raise NotFound(
                "segment-missing",
                "这一段录制已列入记录，但存储中找不到。请联系管理员检查存储与备份。",
                "The log lists this segment, but the storage does not have it. Ask an administrator to look at the "
                "storage and its backup.",
            ) from None

    async def sweep(self, listed: Listed, now: datetime) -> int:
        """Take away what no log speaks of; how many files.  Raises Unavailable: what is left is left to the next."""
        gone = 0
        for room_id in await asyncio.to_thread(self._rooms):
            found = await asyncio.to_thread(self._found, room_id, now)
            if any(at < now - SETTLED for at in found.values()):
                names = unlisted(found, await listed(room_id), now)
                await asyncio.to_thread(self._remove, room_id, names)
                gone += len(names)
        return gone

    def _rooms(self) -> list[UUID]:
        if not self.folder.is_dir():
            return []
        return sorted(UUID(one.name) for one in self.folder.iterdir() if _ROOM.fullmatch(one.name))

    def _found(self, room_id: UUID, now: datetime) -> dict[str, datetime]:
        entries = os.scandir(self.folder / str(room_id))
        return {one.name: datetime.fromtimestamp(one.stat().st_mtime, now.tzinfo) for one in entries}

    def _remove(self, room_id: UUID, names: Iterable[str]) -> None:
        for name in names:
            (self.folder / str(room_id) / name).unlink(missing_ok=True)

    async def sweep_for_ever(self, listed: Listed, clock: Callable[[], datetime]) -> None:
        """Sweep at the start and then a few times a day, until cancelled."""
        while True:
            try:
                gone = await self.sweep(listed, clock())
            except Unavailable:
                log.warning("recording-sweep-postponed")
            else:
                if gone:
                    log.info("recording-segments-swept", files=gone)
            await asyncio.sleep(EVERY.total_seconds())
