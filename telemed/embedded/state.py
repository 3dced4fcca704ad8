"""The state folder: who holds it, and where its sockets are."""

import fcntl
import hashlib
import os
import stat
import tempfile
import time
from pathlib import Path

from telemed.embedded.child import User, give, reachable
from telemed.embedded.programs import Unsupported

PREDECESSOR_SECONDS = 60  # PostgreSQL's last checkpoint on a slow disk
LONGEST_SOCKET_FOLDER = 80  # sun_path holds 108 bytes (unix(7)); room for the file's name and a lock's


class AlreadyRunning(Exception):
    """Another process holds this service's folder; the text names it, in Chinese and English."""


class ShuttingDown(Exception):
    """Programs of a supervisor that has ended still use the folder; the text names it, in Chinese and English."""


class Held:
    """An exclusive hold on a folder that the kernel drops when this process ends.

    Two locks: one is ours alone; the other is inherited by every program started on the folder, so that after a
    kill -9 the next supervisor waits for the last of them instead of guessing from pid files.
    """

    def __init__(self, folder: Path) -> None:
        """Take the hold.

        Raises AlreadyRunning at once, or ShuttingDown after PREDECESSOR_SECONDS.
        """
        self.folder = folder
        self._supervisor = _open(folder / "supervisor.lock")
        self.programs = -1
        if not _locked(self._supervisor):
            self.release()
            raise AlreadyRunning(f"{folder} 正被另一进程使用 / is in use by another process")
        self.programs = _open(folder / "programs.lock")
        deadline = time.monotonic() + PREDECESSOR_SECONDS
        while not _locked(self.programs):
            if time.monotonic() > deadline:
                self.release()
                raise ShuttingDown(f"{folder} 上一次运行的程序尚未退出 / programs of the last run have not ended yet")
            time.sleep(0.05)  # flock(2) has no deadline of its own

    def release(self) -> None:
        """Let go; a second call does nothing."""
        for descriptor in (self.programs, self._supervisor):
            if descriptor >= 0:
                os.close(descriptor)
        self.programs = self._supervisor = -1


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def service_folder(state: Path, name: str, user: User | None) -> Path:
    """Make state/name (0700, the service's user) and return it.

    As root the folders above must let the service's user pass; state itself is opened for passing when it was made
    here or is ours, folders above it never are.  Raises Unsupported naming the folder that is in the way.
    """
    state.mkdir(mode=0o711, parents=True, exist_ok=True)
    if user:
        if state.stat().st_uid == os.geteuid():
            state.chmod(stat.S_IMODE(state.stat().st_mode) | 0o011)
        for folder in (state, *state.parents):
            if not reachable(folder, user):
                closed = next(f for f in reversed((folder, *folder.parents)) if not reachable(f, user))
                raise Unsupported(
                    f"以 root 运行时数据库改用普通用户（uid {user.uid}），它进不了 {closed}；"
                    "请用 --state 选别处，如 /var/lib/telemed "
                    f"/ the database runs as an ordinary user (uid {user.uid}), who cannot enter {closed}; "
                    "choose another place with --state, such as /var/lib/telemed"
                )
    folder = state / name
    folder.mkdir(mode=0o700, exist_ok=True)
    if not user and folder.stat().st_uid != os.geteuid():
        raise Unsupported(
            f"{folder} 属于其他用户，请用该用户或 root 运行 / belongs to another user: run as that user, or as root"
        )
    give(folder, user, 0o700)
    return folder


def socket_path(folder: Path) -> Path:
    """Say where a service's socket folder is: folder/run, or a short one under the temporary directory."""
    place = folder / "run"
    if len(os.fsencode(place)) <= LONGEST_SOCKET_FOLDER:
        return place
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"telemed-{digest}"


def socket_folder(folder: Path, user: User | None) -> Path:
    """Make the 0700 folder of a service's socket.

    Raises Unsupported when it exists and belongs to somebody else.
    """
    place = socket_path(folder)
    place.mkdir(mode=0o700, exist_ok=True)
    facts = place.lstat()
    owners = {os.geteuid(), user.uid if user else os.geteuid()}
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in owners:
        raise Unsupported(f"{place} 属于其他用户 / belongs to another user")
    give(place, user, 0o700)
    return place
