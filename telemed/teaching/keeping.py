"""The files of the teaching copies: named by their SHA-256 as the archive's blobs are, in a folder of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from telemed import durable
from telemed.teaching.deidentifying import digest_of

#: Nobody is still writing a file that old.
OLD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Copies:
    """folder: FOLDER/archive/ab/<digest>, each written once."""

    folder: Path

    def place(self, digest: str) -> Path:
        return self.folder / "archive" / digest[:2] / digest

    def keep(self, content: bytes) -> str:
        """Write a copy and return its digest once it is durable; the same bytes again are there already.

        Raises OSError where it cannot be written; nothing of it is left then.
        """
        digest = digest_of(content)
        place = self.place(digest)
        durable.keep(place, content, self.folder)
        return digest

    def tidy(self, now: datetime) -> int:
        """Take away the halves of files that somebody who died left; how many.  Blocks."""
        oldest = (now - OLD).timestamp()
        halves = [one for one in self.folder.glob("archive/*/.*.new") if one.stat().st_mtime < oldest]
        for one in halves:
            one.unlink(missing_ok=True)
        return len(halves)
