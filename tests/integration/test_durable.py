"""A disk that is full takes nothing and keeps no half of a file; whoever sent something may send it again."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import pytest
from PIL import Image

from telemed import durable
from telemed.consultation.room.files import Files
from telemed.consultation.room.segments import Segments
from telemed.errors import Unavailable
from telemed.imaging.papers import Papers
from tests.integration.consultation.room.test_recordings import piece

ROOT = Path(__file__).parents[2]
MOUNT = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'

#: On a volume of its own, filled up but for the half of a file.
ON_A_FULL_VOLUME = """
import contextlib, os, sys
from pathlib import Path
from telemed import durable

volume = Path(sys.argv[1])
below, content = volume / "kept", os.urandom(200_000)
place = below / "ab" / "abcd"
ballast = volume / "ballast"
with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
    while True:
        file.write(bytes(4096))
os.truncate(ballast, ballast.stat().st_size - 100_000)
try:
    durable.keep(place, content, below)
except OSError as fault:
    print(fault.errno, [one for one in below.rglob("*") if one.is_file()])
ballast.unlink()
durable.keep(place, content, below)
print(place.read_bytes() == content, oct(place.stat().st_mode & 0o777), len(list(below.rglob("*.new"))))
"""


def test_a_volume_that_is_full_keeps_no_half_and_is_well_again_with_room(tmp_path: Path) -> None:
    may_mount = () if os.geteuid() == 0 else ("--map-root-user",)
    prefix = ("unshare", *may_mount, "--mount", "sh", "-c", MOUNT, str(tmp_path))
    command = [*prefix, sys.executable, "-c", ON_A_FULL_VOLUME, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{errno.ENOSPC} []", "True 0o600 0"]


def photograph() -> bytes:
    page = io.BytesIO()
    Image.new("L", (64, 64)).save(page, "JPEG")
    return page.getvalue()


WAYS: dict[str, Callable[[Path], Awaitable[object]]] = {
    "a file of a room": lambda folder: Files(folder).keep(b"%PDF-1.7\n%%EOF\n"),
    "a segment of a recording": lambda folder: Segments(folder).keep(UUID(int=1), piece(1)),
    "a photograph of a request": lambda folder: Papers(folder).keep(photograph(), datetime(2026, 11, 23, tzinfo=UTC)),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_whoever_sends_something_to_a_full_disk_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Callable[[Path], Awaitable[object]]
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(durable, "keep", full)
        with pytest.raises(Unavailable) as refused:
            await way(tmp_path / "kept")
    assert (refused.value.status, refused.value.code) == (503, "not-kept")
    await way(tmp_path / "kept")
    await way(tmp_path / "kept")  # sent again it is the same file
    (kept,) = [one for one in (tmp_path / "kept").rglob("*") if one.is_file()]
    assert kept.stat().st_mode & 0o777 == 0o600
