"""Files that are there for good: named by what they hold, whole or not at all, safe from a power cut once told of."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import structlog

from telemed.errors import Unavailable

log = structlog.get_logger(__name__)


def keep(place: Path, content: bytes, below: Path) -> None:
    """Keep content under a name that is its digest's, durable when this returns, with the folders that lead to it.

    below: the topmost folder that may have to be made.  A file of that name holds the same bytes and is left as it is.
    Blocks.  Raises OSError where it cannot be written: nothing of it is left then, so that a full disk is not fuller.
    """
    folders = [place.parent, *(one for one in place.parent.parents if one == below or below in one.parents)]
    below.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in reversed(folders):
        folder.mkdir(mode=0o700, exist_ok=True)
    if not place.exists():
        arriving = place.with_name(f".{uuid4()}.new")
        try:
            with os.fdopen(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            arriving.rename(place)
        except OSError:
            arriving.unlink(missing_ok=True)
            raise
    # also of a name that was there: whoever gave it may have died before it was durable
    for folder in (*folders, below.parent):
        _sync(folder)


def not_kept(fault: OSError) -> Unavailable:
    """What whoever sent it is told."""
    log.error("not-kept", error=fault.strerror)
    return Unavailable(
        "not-kept",
        "未能写入存储（可能已满），没有保存。请告知系统管理员，稍后再试。",
        "It could not be written to the storage, which may be full, and was not kept. Tell the system administrator"
        " and try again later.",
    )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
