"""The read side of the content-addressed archive: ROOT/archive/ab/<digest>, write-once."""

import hashlib
import mmap
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dicom_gateway.headers import Malformed, inflate
from dicom_gateway.headers.walk import DEFLATED
from dicom_gateway.spool.archive import blob_path
from dicom_gateway.spool.files import Posix

DIGEST = re.compile(r"[0-9a-f]{64}")
BLOCK = 1 << 20


class Damaged(Exception):
    """A blob is not what its name says; a resend of the instance repairs it."""

    def __init__(self, digest: str) -> None:
        super().__init__(digest)
        self.digest = digest


@dataclass(frozen=True, slots=True)
class Archive:
    """Blobs by digest.  A blob that is lost is FileNotFoundError, whoever asks."""

    root: Path

    def path(self, digest: str) -> Path:
        """Say where a blob stands; raises ValueError for what is no digest (it may come from outside)."""
        if DIGEST.fullmatch(digest) is None:
            raise ValueError("not a digest")
        return blob_path(self.root, digest)

    @contextmanager
    def view(self, digest: str) -> Generator[memoryview]:
        """Map a blob; nothing may keep the view.  A bad sector under it ends the process: is_whole() tells before."""
        with self.path(digest).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            content = memoryview(mapped)
            try:
                yield content
            finally:
                content.release()

    def blocks(self, digest: str, *, verify: bool = False) -> Iterator[bytes]:
        """Read a blob block by block.

        verify: raise Damaged after the last block if the bytes were not those of the digest.
        """
        running = hashlib.sha256()
        with self.path(digest).open("rb") as file:
            while block := file.read(BLOCK):
                running.update(block)
                yield block
        if verify and running.hexdigest() != digest:
            raise Damaged(digest)

    def is_whole(self, digest: str) -> bool:
        """Whether the blob is there and its bytes are those of the digest."""
        try:
            return Posix().digest(self.path(digest)) == digest
        except OSError:
            return False

    def digests(self, prefix: str = "") -> Iterator[str]:
        """Name every blob, in order, without holding more than one folder's names.

        prefix: hexadecimal digits the name begins with.
        """
        files = Posix()
        archive = self.root / "archive"
        for first in files.names(archive):
            if not first.startswith(prefix[:2]):
                continue
            names = files.names(archive / first)
            yield from (name for name in names if name.startswith(prefix) and DIGEST.fullmatch(name))

    def scrub(self, prefix: str = "") -> Iterator[str]:
        """Name every blob below a prefix that is damaged; reads all of them."""
        return (digest for digest in self.digests(prefix) if not self.is_whole(digest))


def same_content(root: Path, one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two blobs, each (digest, transfer syntax), hold the same content in another encoding.

    What cannot be compared (a coding nobody here decodes, a lost blob) is not the same.
    """
    from dicom_gateway.headers.canonical import Incomparable  # noqa: PLC0415 -- see _canonical

    try:
        return _canonical(root, *one) == _canonical(root, *other)
    except (Incomparable, OSError, ValueError):
        return False


def _canonical(root: Path, digest: str, transfer_syntax: str) -> str:
    # numpy and the decoders come with it; receiving needs neither, and few instances come twice
    from dicom_gateway.headers.canonical import Incomparable, canonical_digest  # noqa: PLC0415 -- as said above

    with Archive(root).view(digest) as content:
        if transfer_syntax not in DEFLATED:
            return canonical_digest(content, transfer_syntax)
        inflated = inflate(content)
        if isinstance(inflated, Malformed):
            raise Incomparable(inflated.reason)
        with memoryview(inflated) as whole:
            return canonical_digest(whole, transfer_syntax)
