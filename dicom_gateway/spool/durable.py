"""The spool itself: from the first fragment to the moment Success may be sent.

The order, every step blocking and none left out (architecture.md §6):

    part file + running SHA-256 → inspect → fdatasync → rename into archive/ab/ → fsync that folder, and the one
    above it if it may be new → record into this process's journal → fdatasync
"""

import asyncio
import errno
import hashlib
import itertools
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from dicom_gateway.spool.archive import Shelves, blob_path
from dicom_gateway.spool.disk import Ladder, Pressure, pressure
from dicom_gateway.spool.files import FileSystem, Posix
from dicom_gateway.spool.journal import Journal, Run, begin
from dicom_gateway.spool.record import Record
from dicom_gateway.spool.seam import InstanceContext, Refused, Stored

T = TypeVar("T")

_log = structlog.get_logger("dicom_gateway.spool")

#: Bytes one instance holds in memory before they go to its part file.
HELD = 1 << 20
#: Bytes all instances together hold in memory; beyond it each holds only HELD_WHEN_TIGHT.
HELD_BY_ALL = 64 << 20
HELD_WHEN_TIGHT = 128 << 10
#: Buffers kept for the next instances: memory that is given back and asked for again has to be cleared by the kernel.
KEPT = 16
#: How often the volume is asked how full it is, in bytes received.
ASK_EVERY = 64 << 20


@dataclass(frozen=True, slots=True)
class Inspection:
    """What looking into the data set gave before anybody is told Success.

    refused: the bytes are kept, in quarantine, and the sender is told this.
    header: what the index needs, as JSON.
    """

    header: msgspec.Raw
    refused: Refused | None


_NOT_INSPECTED = Inspection(msgspec.Raw(b"null"), None)

#: Looks into a whole data set.  Called in a thread; never raises, whatever the bytes are.
Inspect = Callable[[InstanceContext, memoryview], Inspection]

OUT_OF_SPACE = Refused(0xA700, "Out of resources: storage full", transient=True, reason="storage-full")
STORAGE_FAILED = Refused(0xA700, "Out of resources: storage failed", transient=True, reason="storage-failed")
TOO_LARGE = Refused(0xC000, "Instance larger than the limit", transient=False, reason="instance-too-large")


class DurableSpool:
    """Takes instances of any number of associations at once, in one event loop."""

    def __init__(
        self,
        files: FileSystem,
        root: Path,
        journal: Journal,
        *,
        inspect: Inspect,
        run: Run,
        ladder: Ladder = Ladder(),  # noqa: B008 - frozen
        largest: int = 8 << 30,
    ) -> None:
        self.files = files
        self.root = root
        self.journal = journal
        self.inspect = inspect
        self.run = run
        self.largest = largest
        self.shelves = Shelves(files, root)
        self.shelves.prepare()
        self.held = 0
        self._ladder = ladder
        self._pressure = pressure(files.space(root), ladder)
        self._since_asked = 0
        self._parts = itertools.count(1)
        self._buffers: list[bytearray] = []
        self._first: dict[str, Future[bool]] = {}
        self._first_lock = threading.Lock()
        self._brought: dict[str, InstanceContext] = {}
        self._commits: set[asyncio.Task[Stored | Refused]] = set()

    def pressure(self) -> Pressure:
        """Say how full the volume is, as of now."""
        self._pressure = pressure(self.files.space(self.root), self._ladder)
        self._since_asked = 0
        return self._pressure

    async def open(self, context: InstanceContext) -> "Draft | Refused":
        """Begin an instance; on a full volume refuse it before its first byte."""
        if self._since_asked >= ASK_EVERY or self._pressure is Pressure.REFUSE_INSTANCES:
            self.pressure()
        if self._pressure is Pressure.REFUSE_INSTANCES:
            return OUT_OF_SPACE
        return Draft(self, context, self.journal.folder / f"{next(self._parts):08d}.part")

    def received(self, count: int) -> None:
        self._since_asked += count

    def lend(self) -> bytearray:
        """Lend a buffer to an instance that begins, a small one while many are lent."""
        if self.held >= HELD_BY_ALL:
            buffer = bytearray(HELD_WHEN_TIGHT)
        else:
            buffer = self._buffers.pop() if self._buffers else bytearray(HELD)
        self.held += len(buffer)
        return buffer

    def take_back(self, buffer: bytearray, *, reuse: bool = True) -> None:
        self.held -= len(buffer)
        if reuse and len(buffer) == HELD and len(self._buffers) < KEPT:
            self._buffers.append(buffer)

    def brought(self, context: InstanceContext) -> None:
        """Remember that an association stored something."""
        self._brought[context.association_id] = context

    async def ended(self, association_id: str, *, released: bool) -> None:
        """See seam.Spool."""
        context = self._brought.pop(association_id, None)
        if context is None:
            return
        record = Record(
            digest="",
            size=0,
            association_id=association_id,
            calling_ae=context.calling_ae,
            called_ae=context.called_ae,
            peer_address=context.peer_address,
            organization_id=context.organization_id,
            sop_class_uid="",
            sop_instance_uid="",
            transfer_syntax_uid="",
            received_at=context.received_at,
            ended="released" if released else "lost",
        )
        try:
            await self.run(lambda: self.journal.append(record))
        except OSError as failure:
            _log.warning("association-end-not-noted", error=failure.strerror)
        self.journal.tell()

    async def finish(self, commit: Coroutine[None, None, Stored | Refused]) -> Stored | Refused:
        """Run a commit to its end even if the association that waits for it is gone: others may wait for it too."""
        task = asyncio.ensure_future(commit)
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Let running commits end, then end the journal."""
        while self._commits:
            await asyncio.wait(self._commits)
        await self.journal.close()
        self.shelves.close()

    def first_of(self, digest: str) -> tuple[Future[bool], bool]:
        """Join those that store this digest now; True for the one whose sequence the others wait for.

        The future becomes True if that sequence made the digest durable.
        """
        with self._first_lock:
            waiting = self._first.get(digest)
            if waiting is not None:
                return waiting, False
            mine: Future[bool] = Future()
            self._first[digest] = mine
            return mine, True

    def finished(self, digest: str, mine: Future[bool], *, durable: bool) -> None:
        with self._first_lock:
            del self._first[digest]
        mine.set_result(durable)


class Draft:
    """One data set on its way to disk; see seam.Incoming."""

    def __init__(self, spool: DurableSpool, context: InstanceContext, part: Path) -> None:
        self._spool = spool
        self._context = context
        self._part = part
        self._held: bytearray | None = None
        self._filled = 0
        self._size = 0
        self._hash = hashlib.sha256()
        self._digest = ""
        self._inspection = _NOT_INSPECTED
        self._handle: int | None = None
        self._refused: Refused | None = None
        # A cancelled caller leaves its thread running: what follows it must wait for it.
        self._threads = threading.Lock()
        self._over = False

    async def write(self, fragment: bytes) -> None:
        size = len(fragment)
        self._size += size
        self._spool.received(size)
        if self._refused is not None:
            return
        if self._size > self._spool.largest:
            self._refused = TOO_LARGE
            await self._end()
            return
        at = 0
        while at < size:
            if self._held is None:
                self._held = self._spool.lend()
            room = len(self._held) - self._filled
            part = fragment[at : at + room]
            self._held[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            at += len(part)
            if self._filled == len(self._held) and not await self._spilled():
                return

    async def _spilled(self) -> bool:
        try:
            await self._spool.run(self._spill)
        except OSError as failure:
            self._refused = refusal(failure)
            await self._end()
            return False
        return True

    async def commit(self) -> Stored | Refused:
        return await self._spool.finish(self._commit_and_end())

    async def abandon(self) -> None:
        await self._end()

    async def _end(self) -> None:
        try:
            await self._spool.run(self._forget)
        except BaseException:
            # its thread may still be at work: nobody else may write into this buffer
            if self._held is not None:
                self._spool.take_back(self._held, reuse=False)
                self._held = None
            raise
        self._give_back()

    def _give_back(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._spool.take_back(held)

    async def _commit_and_end(self) -> Stored | Refused:
        try:
            return await self._commit()
        except OSError as failure:
            _log.error("instance-not-stored", error=failure.strerror, sop_instance_uid=self._context.sop_instance_uid)
            return refusal(failure)
        finally:
            if self._handle is None:
                # Placed whole, nothing is left to a thread: the sender's answer need not wait for one more.
                self._over = True
                self._give_back()
            else:
                await self._end()

    async def _commit(self) -> Stored | Refused:
        spool = self._spool
        while self._refused is None:
            known = await spool.run(self._store)
            if isinstance(known, Future):
                # the same bytes are being stored: their whole sequence counts for us, if it succeeds
                if not await asyncio.wrap_future(known):
                    continue
                known = await spool.run(self._note_duplicate)
            spool.journal.tell()
            spool.brought(self._context)
            return self._inspection.refused or Stored(self._digest, self._size, duplicate=known)
        return self._refused

    def _record(self, *, duplicate: bool) -> Record:
        context, refused = self._context, self._inspection.refused
        return Record(
            digest=self._digest,
            size=self._size,
            association_id=context.association_id,
            calling_ae=context.calling_ae,
            called_ae=context.called_ae,
            peer_address=context.peer_address,
            organization_id=context.organization_id,
            sop_class_uid=context.sop_class_uid,
            sop_instance_uid=context.sop_instance_uid,
            transfer_syntax_uid=context.transfer_syntax_uid,
            received_at=context.received_at,
            duplicate=duplicate,
            refusal=None if refused is None else refused.reason,
            status=0 if refused is None else refused.status,
            detail="" if refused is None else refused.detail,
            header=self._inspection.header,
        )

    # What follows runs in threads.

    def _spill(self) -> None:
        """Move what is held in memory to the part file."""
        with self._threads:
            if self._over:
                return
            if self._handle is None:
                self._handle = self._spool.files.create(self._part)
            if self._held is not None:
                with memoryview(self._held)[: self._filled] as held:
                    self._hash.update(held)
                    self._spool.files.append(self._handle, held)
            self._filled = 0

    def _store(self) -> bool | Future[bool]:
        """Do all that must be done before Success: one change of threads an instance.

        True if the same bytes were durable before; a future if another is just storing them.
        """
        spool, files = self._spool, self._spool.files
        whole = memoryview(self._held or b"")[: self._filled]
        if self._handle is None:
            # whole in memory: known bytes need no part file
            self._digest = hashlib.sha256(whole).hexdigest()
            self._inspection = self._inspected(whole[:])
        else:
            self._spill()
            self._digest = self._hash.hexdigest()
            with files.view(self._part) as content:
                self._inspection = self._inspected(content)
        future, first = spool.first_of(self._digest)
        if not first:
            return future
        durable = False
        try:
            known = self._already_there(self._digest)
            if not known:
                if self._handle is None:
                    self._handle = files.create(self._part)
                    files.append(self._handle, whole)
                files.sync_data(self._handle)
                spool.shelves.place(self._part, self._digest)
            self._close(remove=known)
            spool.journal.append(self._record(duplicate=known))
            durable = True
        finally:
            spool.finished(self._digest, future, durable=durable)
        return known

    def _note_duplicate(self) -> bool:
        self._spool.journal.append(self._record(duplicate=True))
        return True

    def _inspected(self, content: memoryview) -> Inspection:
        try:
            return self._spool.inspect(self._context, content)
        finally:
            content.release()

    def _already_there(self, digest: str) -> bool:
        """Prove that the blob is in the archive whole, and make it durable whoever left it there.

        A blob that fails the proof is repaired: these same bytes are placed over it.
        """
        spool = self._spool
        path = blob_path(spool.root, digest)
        if not spool.files.exists(path):
            return False
        try:
            if spool.files.digest(path) != digest:
                return False
        except OSError as failure:
            if failure.errno not in (errno.EIO, errno.ENOENT):
                raise
            return False
        spool.files.sync_file(path)
        spool.shelves.sync_name(digest)
        return True

    def _forget(self) -> None:
        with self._threads:
            self._over = True
            self._close(remove=True)

    def _close(self, *, remove: bool) -> None:
        """Let go of the part file; remove: it was not renamed into the archive."""
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        self._spool.files.close(handle)
        if remove:
            try:
                self._spool.files.remove(self._part)
            except OSError as failure:
                # whoever adopts the journal sweeps it; the sender is told what became of the instance
                _log.warning("part-not-removed", error=failure.strerror)


def refusal(failure: OSError) -> Refused:
    """Say in DICOM what the operating system said; all of it may pass, so the sender may try again."""
    if failure.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return OUT_OF_SPACE
    return STORAGE_FAILED


class Threads:
    """Runs blocking calls of the spool in threads of its own, so that nothing else's work delays an acknowledgement."""

    def __init__(self, count: int = 16) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="spool")

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        self._pool.shutdown()


def open_spool(
    root: Path,
    process: str,
    inspect: Inspect,
    threads: Threads,
    ladder: Ladder = Ladder(),  # noqa: B008 - frozen
) -> DurableSpool:
    """Open the spool in ROOT for this process; blocks for a few syncs.

    process: a name no process used before (a fresh UUID).
    Raises FileExistsError if the name is taken: take another.
    """
    files = Posix()
    root.mkdir(parents=True, exist_ok=True)
    return DurableSpool(files, root, begin(files, root, process, threads), inspect=inspect, run=threads, ladder=ladder)
