"""A part of the composition root: what the teaching file asks of the archive, and where its copies lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dicom_gateway.archive import Archive
from dicom_gateway.dicomweb.blobs import TooLarge, open_blob
from dicom_gateway.dicomweb.frames import EXPLICIT, Unreadable
from dicom_gateway.dicomweb.rendering import Drawing, Window, draw
from telemed.config import Config
from telemed.db import Pool
from telemed.teaching.copying import Making
from telemed.teaching.keeping import Copies


def copies_of(config: Config) -> Copies:
    return Copies(config.state.path / "teaching")


def making_of(config: Config, pool: Pool) -> Making:
    """What copies are made with; originals are read from the archive, never written."""
    archive = Archive(config.archive_path)
    return Making(pool, copies_of(config), lambda digest: archive.path(digest).read_bytes())


@dataclass(frozen=True, slots=True)
class Pictures:
    """Draws the copies below a folder, as the archive's images are drawn."""

    folder: Path

    def __call__(self, digest: str, frame: int, side: int, window: tuple[float, float] | None) -> bytes:
        """A JPEG.  Raises LookupError where the copy is lost or cannot be drawn."""
        drawing = Drawing(window=None if window is None else Window(*window), viewport=(side, side))
        try:
            return draw(open_blob(self.folder, digest, EXPLICIT), frame, drawing)
        except (FileNotFoundError, Unreadable, TooLarge) as fault:
            raise LookupError(type(fault).__name__) from fault
