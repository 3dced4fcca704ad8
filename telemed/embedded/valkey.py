"""A Valkey of our own: hints, presence and rate limits on a Unix socket, stopped with its parent."""

import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from telemed.embedded.child import service_user, start_child, stop_child
from telemed.embedded.postgres import StartFailed, tail
from telemed.embedded.programs import locate_valkey, valkey_for
from telemed.embedded.state import Held, service_folder, socket_folder

START_SECONDS = 60
STOP_SECONDS = 15
MEMORY = "128mb"  # hints only: what does not fit is forgotten, oldest use first


@dataclass(slots=True)
class ValkeyServer:
    """A running server.  Only the process that started it may stop it."""

    url: str
    pid: int
    process: "subprocess.Popen[bytes]"
    _held: Held

    def stop(self) -> None:
        stop_child(self.process, (signal.SIGTERM, STOP_SECONDS))
        self._held.release()


def start_valkey(state: Path) -> ValkeyServer:
    """Start Valkey on state/valkey and return when it answers.

    Must be called from the main thread.  Raises AlreadyRunning, Unsupported, NotInstalled or StartFailed.
    """
    user = service_user(state.absolute() / "valkey")
    folder = service_folder(state.absolute(), "valkey", user)
    held = Held(folder)
    try:
        binary = valkey_for(locate_valkey(), user)
        path = socket_folder(folder, user) / "valkey.sock"
        log = folder / "valkey.log"
        path.unlink(missing_ok=True)  # a dead server's: every living one holds the folder
        settings = {
            "port": "0",
            "unixsocket": str(path),
            "unixsocketperm": "700",
            "dir": str(folder),
            "appendonly": "yes",
            "save": "",
            "maxmemory": MEMORY,
            "maxmemory-policy": "allkeys-lru",
            "loglevel": "warning",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        with log.open("ab") as output:
            process = start_child([binary, *options], user=user, keep=[held.programs], stdout=output, stderr=output)
        _wait_until_ready(process, path, log)
    except BaseException:
        held.release()
        raise
    return ValkeyServer(url=f"unix://{path}", pid=process.pid, process=process, _held=held)


def _wait_until_ready(process: "subprocess.Popen[bytes]", path: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(path):
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            if time.monotonic() < deadline:
                continue
            process.kill()
            process.wait()
        raise StartFailed(f"valkey-server: {process.returncode}\n{tail(log)}")


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")  # -LOADING while it reads its file
        except (FileNotFoundError, ConnectionError, TimeoutError):
            return False
