"""The whole county as `./run` starts it, killed and stopped."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
SECONDS = 90
pytestmark = pytest.mark.timeout(400)  # several starts of everything, beside whatever else the machine runs


@pytest.fixture
def state() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="telemed-u-", dir="/tmp"))
    made.chmod(0o711)
    yield made / "state"
    shutil.rmtree(made)


class Up:
    def __init__(self, state: Path, *words: str) -> None:
        command = [sys.executable, "-P", "-m", "telemed", "up", "--no-demo", "--state", str(state), *words]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command, cwd="/", env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.printed: list[str] = []

    def until_ready(self) -> str:
        """Read what it prints up to the end of the announcement; return the URL."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line)
            if "Ctrl-C" in line:
                break
        found = re.search(r"/ pages\s+(http\S+)", "".join(self.printed))
        assert found, "".join(self.printed)
        return found[1]

    def children(self) -> list[int]:
        """Every process of the system, grandchildren included."""
        waiting, found = [self.process.pid], []
        while waiting:
            ours = children(waiting.pop())
            waiting += ours
            found += ours
        return found


def children(parent: int) -> list[int]:
    """Of a process, none of one that has ended."""
    found: list[int] = []
    try:
        tasks = list(Path(f"/proc/{parent}/task").iterdir())
    except FileNotFoundError:
        return found
    for task in tasks:
        with suppress(FileNotFoundError, ProcessLookupError):  # it ends while it is looked at
            found += [int(word) for word in (task / "children").read_text("ascii").split()]
    return found


def health(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/health/ready", timeout=10) as answer:  # noqa: S310  our own address
        return json.load(answer)


def running(pids: list[int]) -> list[int]:
    def lives(pid: int) -> bool:
        try:
            return not Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(") ", 1)[1].startswith("Z")
        except FileNotFoundError:
            return False

    return [pid for pid in pids if lives(pid)]


def test_the_county_survives_kill_9_and_leaves_nothing_behind(state: Path) -> None:
    ports = ("--http", "127.0.0.1:0", "--dicom", "127.0.0.1:0")
    first = Up(state, *ports)
    url = first.until_ready()
    assert health(url)["ready"] is True
    assert any("/setup#" in line for line in first.printed)
    pids = first.children()
    assert len(pids) >= 4
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()

    second = Up(state, *ports)  # at once: it waits for what is still ending
    url = second.until_ready()
    assert running(pids) == []
    assert health(url)["ready"] is True
    busy = subprocess.run(
        [sys.executable, "-P", "-m", "telemed", "up", "--no-demo", "--state", str(state)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert busy.returncode == 1
    assert "in use by another process" in busy.stderr
    pids = second.children()
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(SECONDS) == 0
    assert running(pids) == []
    log = (state / "postgres" / "postgres.log").read_text("utf-8")
    assert "not properly shut down" not in log
    for name in ("imaging", "log", "postgres", "valkey"):
        assert (state / name).stat().st_mode & 0o077 == 0, name


def test_a_child_killed_in_use_comes_back(state: Path) -> None:
    county = Up(state, "--http", "127.0.0.1:0", "--dicom", "127.0.0.1:0")
    url = county.until_ready()
    for pid in county.children():
        command = Path(f"/proc/{pid}/cmdline").read_bytes() if Path(f"/proc/{pid}").exists() else b""
        if b"valkey-server" in command or command.endswith(b"serve\0"):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            if all(check["ok"] for check in health(url)["checks"]):
                break
        except OSError:
            pass  # not there yet
        assert time.monotonic() < deadline
        time.sleep(0.1)
    county.process.terminate()
    assert county.process.wait(SECONDS) == 0


def test_a_taken_port_is_named(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        county = Up(state, "--http", f"127.0.0.1:{port}", "--dicom", "127.0.0.1:0")
        printed, _ = county.process.communicate(timeout=SECONDS)
    assert county.process.returncode == 1
    assert f"127.0.0.1:{port} is taken by another program" in printed
    assert not (state / "postgres").exists()


def test_a_restored_county_starts(state: Path) -> None:
    backup, restored = state.with_name("backup"), state.with_name("restored")
    for words in (
        ("migrate", "--state", state),
        ("backup", backup, "--state", state),
        ("restore", backup, "--state", restored),
    ):
        command = [sys.executable, "-P", "-m", "telemed", *map(str, words)]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd="/", env=environment, check=True, capture_output=True)
    county = Up(restored, "--http", "127.0.0.1:0", "--dicom", "127.0.0.1:0")
    assert health(county.until_ready())["ready"] is True
    county.process.terminate()
    assert county.process.wait(SECONDS) == 0
