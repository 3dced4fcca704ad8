"""The journal of one process: what is durable and not yet in the index.

    ROOT/spool/<process>/lock          flock()ed while the process lives
    ROOT/spool/<process>/00000001.log  segments of framed records, only ever appended to
    ROOT/spool/<process>/*.part        data sets that are still arriving

A segment disappears when everything in it is indexed.  A process that dies leaves its folder; whoever gets the lock
adopts it.
"""

import asyncio
import errno
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar

from dicom_gateway.spool.files import FileSystem
from dicom_gateway.spool.record import Damage, Record, decode, encode

T = TypeVar("T")

#: A segment is closed at this size: small enough to replay in a second, large enough to make a new one rarely.
SEGMENT = 4 << 20
#: A segment that is wholly indexed is replaced from this size on; below it replaying costs less than a new file.
SPARE = 64 << 10


class Run(Protocol):
    """Runs a blocking call where it may block: a thread in production, at once in a test."""

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a journal: segments are numbered from 1, offsets count bytes."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in the order they became durable, and the position after the last."""

    records: tuple[Record, ...]
    end: Position
    #: Bytes that were no records: 0 unless a segment is torn or rotten.
    damaged: int = 0


class Segments:
    """The segments of one journal folder, as a reader sees them."""

    def __init__(self, files: FileSystem, folder: Path) -> None:
        self.files = files
        self.folder = folder

    def path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.log"

    def numbers(self) -> list[int]:
        return [int(name[:8]) for name in self.files.names(self.folder) if name.endswith(".log")]

    def read(self, start: Position, end: Position | None, limit: int) -> Batch:
        """Read at most limit records from start on; end bounds a segment that is still written to."""
        records: list[Record] = []
        at, damaged = start, 0
        for number in self.numbers():
            if number < start.segment or (end is not None and number > end.segment):
                continue
            offset = start.offset if number == start.segment else 0
            size = end.offset - offset if end is not None and number == end.segment else -1
            content = self.files.read(self.path(number), offset, size)
            for piece in decode(content):
                if isinstance(piece, Damage):
                    damaged += piece.end - piece.start
                else:
                    records.append(piece.record)
                at = Position(number, offset + piece.end)
                if len(records) >= limit:
                    return Batch(tuple(records), at, damaged)
        return Batch(tuple(records), at, damaged)

    def drop(self, before: int) -> None:
        """Remove the segments numbered below."""
        for number in self.numbers():
            if number < before:
                self.files.remove(self.path(number))


@dataclass(slots=True)
class _Gathered:
    """Records that will be written and synced together, and what came of it."""

    frames: list[bytes] = field(default_factory=list[bytes])
    written: bool = False
    failure: BaseException | None = None


class Journal:
    """The journal this process writes, from any of its threads.

    Appends that wait at the same time share one write and one fdatasync.
    exclusive: lets one thread at a time at the files.
    """

    def __init__(
        self,
        files: FileSystem,
        folder: Path,
        lock: int,
        run: Run,
        exclusive: AbstractContextManager[object] | None = None,
    ) -> None:
        self.segments = Segments(files, folder)
        self.folder = folder
        self._files = files
        self._lock = lock
        self._run = run
        self._number = 0
        self._handle: int | None = None
        self._closed = False
        self._written = 0
        self._durable = Position(1, 0)
        self._indexed = Position(1, 0)
        self._gathering = threading.Lock()
        self._gathered = _Gathered()
        self._exclusive = exclusive or threading.Lock()
        self._news = asyncio.Event()

    def append(self, record: Record) -> None:
        """Return when the record is durable; blocks.  Raises OSError if it is not; then it never will be.

        The event loop hears of it by tell.
        """
        frame = encode(record)
        with self._gathering:
            mine = self._gathered
            mine.frames.append(frame)
        with self._exclusive:
            if not mine.written:
                with self._gathering:
                    self._gathered = _Gathered()
                mine.written = True
                try:
                    self._durable = self._write(b"".join(mine.frames))
                except BaseException as failure:
                    mine.failure = failure
                    raise
        if mine.failure is not None:
            raise mine.failure

    def tell(self) -> None:
        """Wake whoever waits for something to index; to be called in the event loop."""
        self._news.set()

    def _write(self, frames: bytes) -> Position:
        if self._closed:
            raise OSError(errno.EBADF, "the journal is closed")
        try:
            handle = self._handle if self._handle is not None and self._written < SEGMENT else self._begin_segment()
            self._files.append(handle, frames)
            self._files.sync_data(handle)
        except BaseException:
            # After a failed fdatasync the kernel may call lost pages clean, and a segment whose folder was not synced
            # may have no name after a power cut: nothing more goes into this one.
            self._end_segment()
            raise
        self._written += len(frames)
        return Position(self._number, self._written)

    def _begin_segment(self) -> int:
        self._end_segment()
        self._number += 1
        self._handle = handle = self._files.create(self.segments.path(self._number))
        self._written = 0
        self._files.sync_folder(self.folder)
        return handle

    def _end_segment(self) -> None:
        if self._handle is not None:
            handle, self._handle = self._handle, None
            self._files.close(handle)

    @property
    def backlog(self) -> bool:
        """Whether something durable is not indexed yet."""
        return self._indexed < self._durable

    async def wait(self) -> None:
        """Return when something durable is not indexed yet."""
        while not self.backlog:
            self._news.clear()
            await self._news.wait()

    async def read(self, limit: int) -> Batch:
        """Read the oldest records that are durable and not indexed."""
        start, end = self._indexed, self._durable
        batch = await self._run(lambda: self.segments.read(start, end, limit))
        # fewer than asked for means that what is left before the end are no records
        return replace(batch, end=end) if len(batch.records) < limit else batch

    async def indexed(self, position: Position) -> None:
        """Let go of everything before the position: the index has committed it."""
        await self._run(lambda: self._let_go(position))

    def _let_go(self, position: Position) -> None:
        with self._exclusive:
            self._indexed = position
            if self._handle is not None and position >= self._durable and self._written >= SPARE:
                self._end_segment()
                self._indexed = self._durable = Position(self._number + 1, 0)
                self.segments.drop(self._number + 1)
            else:
                self.segments.drop(position.segment)

    async def close(self) -> None:
        """End the journal of this process; its folder goes if nothing in it is still needed.

        Whoever appends afterwards gets OSError: somebody may have adopted the folder.
        """
        await self._run(self._leave)

    def _leave(self) -> None:
        with self._exclusive:
            self._closed = True
            self._end_segment()
            if not self.backlog:
                self.segments.drop(self._number + 1)
                remove_folder(self._files, self.folder)
            self._files.unlock(self._lock)


def begin(
    files: FileSystem,
    root: Path,
    process: str,
    run: Run,
    exclusive: AbstractContextManager[object] | None = None,
) -> Journal:
    """Make the journal folder of this process, durably.  process is a name nobody used before.

    Raises FileExistsError if somebody did, or if an adopter was quicker with the empty folder: take another name.
    """
    spool = root / "spool"
    folder = spool / process
    files.make_folder(root)
    files.make_folder(spool)
    files.make_folder(folder)
    lock = files.lock(folder / "lock")
    if lock is None:
        raise FileExistsError(f"another process has the journal {process}")
    for made in (folder, spool, root, root.parent):
        files.sync_folder(made)
    return Journal(files, folder, lock, run, exclusive)


@dataclass(frozen=True, slots=True)
class Orphan:
    """The journal of a process that died; its lock is held until close or leave."""

    files: FileSystem
    folder: Path
    lock: int

    def read(self, start: Position, limit: int) -> Batch:
        return Segments(self.files, self.folder).read(start, None, limit)

    def remove(self) -> None:
        """Remove the folder: everything in it is indexed."""
        Segments(self.files, self.folder).drop(1 << 62)
        remove_folder(self.files, self.folder)
        self.files.unlock(self.lock)

    def leave(self) -> None:
        """Give it back unfinished."""
        self.files.unlock(self.lock)


def adopt(files: FileSystem, root: Path) -> list[Orphan]:
    """Take every journal whose process is gone, and sweep what was only arriving there."""
    orphans: list[Orphan] = []
    for name in files.names(root / "spool"):
        folder = root / "spool" / name
        if not any(one == "lock" or one.endswith(".log") for one in files.names(folder)):
            # its process is about to make the lock, or died before; nothing was ever acknowledged from it
            continue
        lock = files.lock(folder / "lock")
        if lock is None:
            continue
        for left in files.names(folder):
            if left.endswith(".part"):
                files.remove(folder / left)
        orphans.append(Orphan(files, folder, lock))
    return orphans


def remove_folder(files: FileSystem, folder: Path) -> None:
    """Remove a journal folder whose segments are gone; the lock file goes last."""
    for name in files.names(folder):
        if name.endswith(".part"):
            files.remove(folder / name)
    files.remove(folder / "lock")
    files.remove_folder(folder)
