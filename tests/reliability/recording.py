"""A filesystem in memory that remembers what was not synced, and can be cut off from power at any step.

Model, on purpose harsher than ext4 or XFS: every write, every name that appears and every name that goes is one change
that stays pending until the file (or its folder) is synced.  A power cut keeps any subset of the pending changes.
A kill of the process keeps all of them, still pending.
"""

import errno
import hashlib
import itertools
import random
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dicom_gateway.spool.files import Space

ROOT_INODE = 0


class Killed(BaseException):
    """The process is gone: nothing it would have done after this happens."""


@dataclass(eq=False)
class Change:
    apply: Callable[["Image"], None]
    #: ("file", inode) or ("folder", inode): which sync makes it durable.
    where: tuple[str, int]
    synced: bool = False


@dataclass
class Image:
    """What a disk holds: folders by inode, files by inode."""

    folders: dict[int, dict[str, int]] = field(default_factory=lambda: {ROOT_INODE: {}})
    files: dict[int, bytearray] = field(default_factory=dict)

    def find(self, path: Path) -> int | None:
        at: int | None = ROOT_INODE
        for name in path.parts[1:]:
            at = self.folders.get(at, {}).get(name) if at is not None else None
        return at

    def add(self, folder: int, name: str, inode: int, *, is_folder: bool) -> None:
        self.folders.setdefault(folder, {})[name] = inode
        if is_folder:
            self.folders.setdefault(inode, {})
        else:
            self.files.setdefault(inode, bytearray())

    def drop(self, folder: int, name: str, inode: int) -> None:
        if self.folders.setdefault(folder, {}).get(name) == inode:
            del self.folders[folder][name]

    def write(self, inode: int, offset: int, data: bytes) -> None:
        content = self.files.setdefault(inode, bytearray())
        content.extend(bytes(max(0, offset + len(data) - len(content))))
        content[offset : offset + len(data)] = data


class Recording:
    """A FileSystem (dicom_gateway.spool.files) over a list of changes.

    deaf: syncs for which it returns True are silently not done (the mutants).
    kill_at: the number of calls after which the process dies.
    """

    def __init__(self, deaf: Callable[[str, Path], bool] = lambda _call, _path: False, room: int = 1 << 40) -> None:
        self.now = Image()
        self.changes: list[Change] = []
        self.deaf = deaf
        self.kill_at: int | None = None
        self.calls = 0
        self.room = room
        self.failing: Callable[[str, Path], bool] = lambda _call, _path: False
        self.observe: Callable[[], None] = lambda: None
        #: Called before each call: where another thread may get its turn.
        self.pause: Callable[[], None] = lambda: None
        self._inodes = itertools.count(1)
        self._handles: dict[int, tuple[int, Path]] = {}
        self._numbers = itertools.count(3)
        self._locks: dict[int, int] = {}

    # -- the model

    def _step(self, call: str, path: Path) -> None:
        self.pause()
        if self.kill_at is not None and self.calls >= self.kill_at:
            raise Killed
        self.calls += 1
        if self.failing(call, path):
            raise OSError(errno.EIO, "planted", str(path))

    def _do(self, where: tuple[str, int], apply: Callable[[Image], None]) -> None:
        apply(self.now)
        self.changes.append(Change(apply, where))
        self.observe()

    def _sync(self, call: str, where: tuple[str, int], path: Path) -> None:
        self._step(call, path)
        if self.deaf(call, path):
            return
        for change in self.changes:
            if change.where == where:
                change.synced = True
        self.observe()

    def _inode(self, path: Path) -> int:
        inode = self.now.find(path)
        if inode is None:
            raise FileNotFoundError(errno.ENOENT, "not there", str(path))
        return inode

    @property
    def pending(self) -> list[Change]:
        return [change for change in self.changes if not change.synced]

    def process_killed(self) -> None:
        """The kernel lives on: what was not synced stays pending; locks and open files are gone."""
        self.kill_at = None
        self._handles.clear()
        self._locks.clear()

    def power_cut(self, kept: Sequence[Change]) -> "Recording":
        """The disk as it is found after power returns, if of the pending changes only these had arrived."""
        after = Recording()
        survivors = {id(change) for change in kept}
        for change in self.changes:
            if change.synced or id(change) in survivors:
                change.apply(after.now)
        after._inodes = itertools.count(1_000_000)
        return after

    def outcomes(self, chance: random.Random, most: int = 48) -> Iterator["Recording"]:
        """Power cuts now: every subset if they are few, else the corners and a sample."""
        pending = self.pending
        if 2 ** len(pending) <= most:
            subsets = [subset for size in range(len(pending) + 1) for subset in itertools.combinations(pending, size)]
        else:
            subsets = [(), tuple(pending)]
            subsets += [tuple(one for one in pending if one is not lost) for lost in pending]
            subsets += [(kept,) for kept in pending]
            while len(subsets) < most:
                subsets.append(tuple(one for one in pending if chance.random() < 0.5))
        for subset in subsets:
            yield self.power_cut(subset)

    # -- the FileSystem

    def make_folder(self, path: Path) -> None:
        self._step("make_folder", path)
        if self.now.find(path) is not None:
            return
        parent, inode = self._inode(path.parent), next(self._inodes)
        self._do(("folder", parent), lambda image: image.add(parent, path.name, inode, is_folder=True))

    def create(self, path: Path) -> int:
        self._step("create", path)
        if self.now.find(path) is not None:
            raise FileExistsError(errno.EEXIST, "there already", str(path))
        parent, inode = self._inode(path.parent), next(self._inodes)
        self._do(("folder", parent), lambda image: image.add(parent, path.name, inode, is_folder=False))
        handle = next(self._numbers)
        self._handles[handle] = (inode, path)
        return handle

    def append(self, handle: int, data: bytes | bytearray | memoryview) -> None:
        inode, path = self._handles[handle]
        self._step("append", path)
        content = bytes(data)
        fits = content[: max(0, self.room)]
        self.room -= len(fits)
        # in two halves: a torn write is the rule
        for half in (fits[: len(fits) // 2], fits[len(fits) // 2 :]):
            if half:
                offset = len(self.now.files[inode])
                self._do(("file", inode), lambda image, at=offset, part=half: image.write(inode, at, part))
        if len(fits) < len(content):
            raise OSError(errno.ENOSPC, "full", str(path))

    def sync_data(self, handle: int) -> None:
        inode, path = self._handles[handle]
        self._sync("sync_data", ("file", inode), path)

    def close(self, handle: int) -> None:
        self._handles.pop(handle, None)

    def sync_file(self, path: Path) -> None:
        self._sync("sync_file", ("file", self._inode(path)), path)

    def rename(self, source: Path, target: Path) -> None:
        self._step("rename", target)
        inode, old, new = self._inode(source), self._inode(source.parent), self._inode(target.parent)
        self._do(("folder", new), lambda image: image.add(new, target.name, inode, is_folder=False))
        self._do(("folder", old), lambda image: image.drop(old, source.name, inode))

    def sync_folder(self, path: Path) -> None:
        self._sync("sync_folder", ("folder", self._inode(path)), path)

    def open_folder(self, path: Path) -> int:
        handle = next(self._numbers)
        self._handles[handle] = (self._inode(path), path)
        return handle

    def sync_names(self, folder: int) -> None:
        inode, path = self._handles[folder]
        self._sync("sync_folder", ("folder", inode), path)

    def remove(self, path: Path) -> None:
        self._step("remove", path)
        inode = self.now.find(path)
        if inode is not None:
            parent = self._inode(path.parent)
            self.room += len(self.now.files.get(inode, b""))
            self._do(("folder", parent), lambda image: image.drop(parent, path.name, inode))

    def remove_folder(self, path: Path) -> None:
        self._step("remove_folder", path)
        inode, parent = self._inode(path), self._inode(path.parent)
        if self.now.folders[inode]:
            raise OSError(errno.ENOTEMPTY, "not empty", str(path))
        self._do(("folder", parent), lambda image: image.drop(parent, path.name, inode))

    def names(self, path: Path) -> Sequence[str]:
        inode = self.now.find(path)
        return [] if inode is None else sorted(self.now.folders[inode])

    def exists(self, path: Path) -> bool:
        return self.now.find(path) is not None

    def read(self, path: Path, offset: int, size: int) -> bytes:
        content = bytes(self.now.files[self._inode(path)])[offset:]
        return content if size < 0 else content[:size]

    def digest(self, path: Path) -> str:
        return hashlib.sha256(self.now.files[self._inode(path)]).hexdigest()

    @contextmanager
    def view(self, path: Path) -> Generator[memoryview]:
        yield memoryview(bytes(self.now.files[self._inode(path)]))

    def lock(self, path: Path) -> int | None:
        if self.now.find(path) is None:
            self.close(self.create(path))
        inode = self._inode(path)
        if inode in self._locks.values():
            return None
        number = next(self._numbers)
        self._locks[number] = inode
        return number

    def unlock(self, lock: int) -> None:
        self._locks.pop(lock, None)

    def space(self, path: Path) -> Space:  # noqa: ARG002 - one volume
        return Space(free=max(self.room, 0), total=1 << 40)
