"""The few things the spool asks of a filesystem, and POSIX's answer.

Everything that decides whether an acknowledged instance survives goes through FileSystem, so that a test can put a
recorder in its place and forget what was not synced.
"""

import fcntl
import hashlib
import mmap
import os
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

#: Read in steps of this many bytes: small enough for many threads at once, large enough for one system call each.
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Space:
    """Room on the volume, in bytes, for a process without privileges."""

    free: int
    total: int


class FileSystem(Protocol):
    """Blocking calls; each may raise OSError.  Only what is synced here survives a power cut."""

    def make_folder(self, path: Path) -> None:
        """Make a folder; nothing happens if it is there."""
        ...

    def create(self, path: Path) -> int:
        """Make a new, empty file and open it for appending."""
        ...

    def append(self, handle: int, data: bytes | bytearray | memoryview) -> None:
        """Write all of it at the end."""
        ...

    def sync_data(self, handle: int) -> None:
        """Return when the bytes and the length of the file are on the medium."""
        ...

    def close(self, handle: int) -> None: ...

    def sync_file(self, path: Path) -> None:
        """sync_data for a file that somebody else wrote."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Give the file another name, in place of whatever had it."""
        ...

    def sync_folder(self, path: Path) -> None:
        """Return when the folder's names are on the medium."""
        ...

    def open_folder(self, path: Path) -> int:
        """Keep a folder at hand that is synced again and again, and never removed."""
        ...

    def sync_names(self, folder: int) -> None:
        """sync_folder for a folder that is at hand."""
        ...

    def remove(self, path: Path) -> None: ...

    def remove_folder(self, path: Path) -> None:
        """Remove an empty folder."""
        ...

    def names(self, path: Path) -> Sequence[str]:
        """Name what is in a folder, sorted; a folder that is not there has nothing in it."""
        ...

    def exists(self, path: Path) -> bool: ...

    def read(self, path: Path, offset: int, size: int) -> bytes: ...

    def digest(self, path: Path) -> str:
        """SHA-256 of the file as it is now."""
        ...

    @contextmanager
    def view(self, path: Path) -> Generator[memoryview]:
        """Show a file this process has just written."""
        ...

    def lock(self, path: Path) -> int | None:
        """Take the lock file for this process until unlock or death; None if another has it."""
        ...

    def unlock(self, lock: int) -> None: ...

    def space(self, path: Path) -> Space: ...


class Posix:
    """Linux files.  Folders are synced through a descriptor of the folder, locks are flock()s."""

    def make_folder(self, path: Path) -> None:
        path.mkdir(mode=0o750, exist_ok=True)

    def create(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def append(self, handle: int, data: bytes | bytearray | memoryview) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]

    def sync_data(self, handle: int) -> None:
        os.fdatasync(handle)

    def close(self, handle: int) -> None:
        os.close(handle)

    def sync_file(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        source.rename(target)

    def sync_folder(self, path: Path) -> None:
        descriptor = self.open_folder(path)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def open_folder(self, path: Path) -> int:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def sync_names(self, folder: int) -> None:
        os.fsync(folder)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def remove_folder(self, path: Path) -> None:
        path.rmdir()

    def names(self, path: Path) -> Sequence[str]:
        try:
            return sorted(entry.name for entry in path.iterdir())
        except FileNotFoundError:
            return []

    def exists(self, path: Path) -> bool:
        return path.exists()

    def read(self, path: Path, offset: int, size: int) -> bytes:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(size)

    def digest(self, path: Path) -> str:
        # read(), not mmap: a bad sector must be an OSError, not a SIGBUS
        running = hashlib.sha256()
        block = bytearray(BLOCK)
        with path.open("rb", buffering=0) as file:
            while count := file.readinto(block):
                running.update(memoryview(block)[:count])
        return running.hexdigest()

    @contextmanager
    def view(self, path: Path) -> Generator[memoryview]:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            content = memoryview(mapped)
            try:
                yield content
            finally:
                content.release()

    def lock(self, path: Path) -> int | None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine, there = os.fstat(descriptor), path.stat()
        except (BlockingIOError, FileNotFoundError):
            os.close(descriptor)
            return None
        if (mine.st_ino, mine.st_dev) != (there.st_ino, there.st_dev) or not stat.S_ISREG(there.st_mode):
            # whoever had it finished and removed it between our open and our lock
            os.close(descriptor)
            return None
        return descriptor

    def unlock(self, lock: int) -> None:
        os.close(lock)

    def space(self, path: Path) -> Space:
        facts = os.statvfs(path)
        return Space(free=facts.f_bavail * facts.f_frsize, total=facts.f_blocks * facts.f_frsize)
