"""Janus as telemed.embedded starts it, and as its container does: who is let in, where it listens, what it leaves."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemed.config import JanusSection
from telemed.consultation.call.line import Line, session
from telemed.embedded import AlreadyRunning, NotInstalled, StartFailed
from telemed.embedded.janus import start_janus
from tests.ports import free_port

from .test_coturn import listening
from .test_services import gone, until

ROOT = Path(__file__).parents[3]
SECRET = "more-than-four"


@pytest.fixture
def state() -> Iterator[Path]:
    # not tmp_path: pytest closes its folders to others, and as root Janus runs as nobody
    folder = Path(tempfile.mkdtemp(prefix="telemed-test-"))
    yield folder
    shutil.rmtree(folder)


def lets_in(url: str, secret: str) -> bool:
    async def asked() -> bool:
        async with session(url, secret) as line:
            return isinstance(line, Line)

    return asyncio.run(asked())


def plugins(url: str, secret: str) -> dict[str, bool]:
    """Which plugins there are to attach to."""

    async def asked() -> dict[str, bool]:
        async with session(url, secret) as line:
            assert isinstance(line, Line)
            names = ("videoroom", "echotest", "streaming", "recordplay", "textroom", "sip")
            return {
                name: "id" in getattr(await line.ask("attach", plugin=f"janus.plugin.{name}"), "data", {})
                for name in names
            }

    return asyncio.run(asked())


def test_it_listens_on_loopback_alone_and_lets_in_who_names_the_secret_to_one_plugin(state: Path) -> None:
    janus = JanusSection(port=free_port())
    server = start_janus(state, janus)
    assert {one for one in listening(server.pid) if one[0].startswith("tcp")} == {("tcp", "127.0.0.1", janus.port)}
    assert lets_in(server.url, server.secret)
    assert not lets_in(server.url, f"{server.secret}x")
    assert not lets_in(server.url, "")
    found = plugins(server.url, server.secret)
    assert found.pop("videoroom")
    assert not any(found.values())
    server.stop()


def test_its_secret_is_drawn_once_is_open_to_nobody_and_it_does_not_run_as_root(state: Path) -> None:
    janus = JanusSection(port=free_port())
    server = start_janus(state, janus)
    for place in ("cmdline", "environ"):
        assert server.secret.encode() not in Path(f"/proc/{server.pid}/{place}").read_bytes()
    assert server.secret not in repr(server)
    assert oct((state / "janus").stat().st_mode)[-3:] == "700"
    assert {oct(one.stat().st_mode)[-3:] for one in (state / "janus").glob("*.jcfg")} == {"600"}
    assert os.geteuid() != 0 or Path(f"/proc/{server.pid}").stat().st_uid != 0
    server.stop()
    assert gone(server.pid)
    again = start_janus(state, janus)
    assert again.secret == server.secret
    again.stop()


def test_a_second_start_and_a_port_of_another_are_refused(state: Path) -> None:
    janus = JanusSection(port=free_port(), secret=SECRET)
    state.chmod(0o711)
    server = start_janus(state / "one", janus)
    with pytest.raises(AlreadyRunning, match="in use"):
        start_janus(state / "one", janus)
    with pytest.raises(StartFailed, match=f"cannot have 127.0.0.1:{janus.port}"):
        start_janus(state / "two", janus)
    server.stop()


def test_where_it_is_not_installed_the_refusal_names_the_package(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotInstalled, match="apt-get install janus"):
        start_janus(state, JanusSection(port=free_port()))


def test_kill_9_of_the_parent_leaves_nothing_running(state: Path) -> None:
    port = free_port()
    code = f"""
import signal
from pathlib import Path
from telemed.config import JanusSection
from telemed.embedded.janus import start_janus
print(start_janus(Path({str(state)!r}), JanusSection(port={port})).pid, flush=True)
signal.pause()
"""
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    start_janus(state, JanusSection(port=port)).stop()  # at once: it waits for its predecessor by itself
    until(lambda: gone(pid))


def test_what_the_container_runs_becomes_a_janus_that_lets_in_who_names_the_secret(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET, "ascii")
    given = {"JANUS_FOLDER": str(tmp_path / "janus"), "JANUS_SECRET_FILE": str(secret)}
    with socket.socket() as probe:
        probe.settimeout(1)
        assert probe.connect_ex(("127.0.0.7", 8188)) != 0
    process = subprocess.Popen(
        ["sh", str(ROOT / "config" / "janus" / "start")],
        env={**os.environ, **given, "JANUS_LISTEN": "127.0.0.7"},
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 20
        while not lets_in("ws://127.0.0.7:8188", SECRET):
            assert process.poll() is None
            assert time.monotonic() < deadline
        assert not lets_in("ws://127.0.0.7:8188", "another")
        written = (tmp_path / "janus" / "janus.jcfg").read_text("utf-8")
        assert "@" not in written
        assert "nat_1_1_mapping" not in written
        assert SECRET not in Path(f"/proc/{process.pid}/cmdline").read_text("utf-8")
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("content", ["", "a|b", 'a"b'])
def test_the_container_does_not_start_with_a_secret_that_is_none(tmp_path: Path, content: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text(content, "ascii")
    given = {"JANUS_FOLDER": str(tmp_path / "janus"), "JANUS_SECRET_FILE": str(secret)}
    done = subprocess.run(
        ["sh", str(ROOT / "config" / "janus" / "start")],
        env={**os.environ, **given},
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 1
    assert "janus_secret" in done.stderr
