"""Start programs that end when this process ends, however it ends."""

import os
import pwd
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LAUNCHER = Path(__file__).with_name("launch.py")
UNPRIVILEGED_USER = "nobody"


@dataclass(frozen=True, slots=True)
class User:
    """Whom a service runs as."""

    uid: int
    gid: int


def service_user(folder: Path) -> User | None:
    """Return the user that a service on this folder drops to, or None where this process has no privileges to drop.

    The folder's owner, so that a command of root's leaves a service's files to the service; nobody for a new folder
    and for one of root's, because PostgreSQL refuses to run as uid 0.
    """
    if os.geteuid() != 0:
        return None
    if folder.exists() and (facts := folder.stat()).st_uid != 0:
        return User(facts.st_uid, facts.st_gid)
    entry = pwd.getpwnam(UNPRIVILEGED_USER)
    return User(entry.pw_uid, entry.pw_gid)


def start_child(
    command: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    user: User | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    stdin: int | None = None,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
    keep: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start a program in its own session that gets death_signal when this process dies, even by kill -9.

    The session of its own keeps a terminal's Ctrl-C from reaching it: the supervisor stops children in order.
    environment: the whole of it; None keeps PATH, LANG and TZ only.  keep: descriptors it inherits.
    Raises RuntimeError outside the main thread: the kernel sends the signal when the spawning *thread* ends.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children are started from the main thread: they die with the thread that started them")
    uid, gid = (user.uid, user.gid) if user else (-1, -1)
    launcher = [sys.executable, "-I", "-S", LAUNCHER, str(os.getpid()), str(int(death_signal)), str(uid), str(gid)]
    return subprocess.Popen(
        [str(part) for part in (*launcher, *command)],
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=directory or "/",
        env=dict(environment) if environment is not None else plain_environment(),
        start_new_session=True,
        pass_fds=keep,
    )


def stop_child(child: "subprocess.Popen[bytes]", *gently: tuple[signal.Signals, float]) -> None:
    """Ask a program to end by each signal in turn, so many seconds apart, and end it by force after the last."""
    for number, patience in (*gently, (signal.SIGKILL, None)):
        if child.poll() is not None:
            return
        child.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(patience)


def plain_environment() -> dict[str, str]:
    """Return what an embedded service needs of our environment and nothing else: no secrets, no PG* variables."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}


def give(path: Path, user: User | None, mode: int) -> None:
    """Hand a path to the service's user with this mode."""
    if user:
        os.chown(path, user.uid, user.gid)
    path.chmod(mode)


def reachable(path: Path, user: User) -> bool:
    """Whether another user passes every folder above an existing path and may enter the path itself."""
    for folder in (path, *path.parents):
        facts = folder.stat()
        bit = 0o100 if facts.st_uid == user.uid else 0o010 if facts.st_gid == user.gid else 0o001
        if not facts.st_mode & bit:
            return False
    return True
