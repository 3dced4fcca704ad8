"""The supervisor over real programs: a web server of the standard library stands in for ours."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from telemed.commands.supervisor import LARGEST_LOG, Launch, cut_logs
from telemed.embedded import StartFailed
from tests.ports import free_port

ROOT = Path(__file__).parents[3]

SUPERVISE = """
import os, sys
from functools import partial
from pathlib import Path
from telemed.commands.supervisor import Launch, Stopping, Supervisor
port, log = int(sys.argv[1]), Path(sys.argv[2])
server = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
try:
    with Supervisor(partial(print, flush=True)) as supervisor:
        start = Launch(server, dict(os.environ), log, ("127.0.0.1", port), 20)
        print(supervisor.start("web", start).process.pid, flush=True)
        supervisor.watch(lambda: None)
except Stopping:
    print("stopped", flush=True)
"""


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def running(pid: int) -> bool:
    try:
        return not Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(") ", 1)[1].startswith("Z")
    except FileNotFoundError:
        return False


def supervise(tmp_path: Path) -> tuple["subprocess.Popen[str]", int, int]:
    port = free_port()
    command = [sys.executable, "-c", SUPERVISE, str(port), str(tmp_path / "web.log")]
    supervisor = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    return supervisor, port, int(supervisor.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(tmp_path: Path, number: signal.Signals) -> None:
    supervisor, port, pid = supervise(tmp_path)
    supervisor.send_signal(number)
    printed, _ = supervisor.communicate(timeout=30)
    assert printed == "stopped\n"
    assert supervisor.returncode == 0
    assert not running(pid)
    assert not answers(port)


def test_kill_9_of_the_supervisor_leaves_nothing(tmp_path: Path) -> None:
    supervisor, port, pid = supervise(tmp_path)
    supervisor.kill()
    supervisor.communicate()
    until(lambda: not running(pid) and not answers(port))


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    supervisor, port, pid = supervise(tmp_path)
    assert supervisor.stdout is not None
    os.kill(pid, signal.SIGKILL)
    assert "has ended (-9)" in supervisor.stdout.readline()
    assert "is running again" in supervisor.stdout.readline()
    assert answers(port)
    supervisor.terminate()
    supervisor.communicate()
    assert not answers(port)


def test_a_child_that_ends_at_once_fails_with_the_end_of_its_log(tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, "-c", "import sys; sys.exit('端口不可用')"]
    with pytest.raises(StartFailed, match="端口不可用"):
        Launch(command, dict(os.environ), tmp_path / "x.log", ("127.0.0.1", free_port()), 20)()


def test_a_child_that_stays_silent_is_stopped(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    code = f"import os, signal; open({str(marker)!r}, 'w').write(str(os.getpid())); signal.pause()"
    with pytest.raises(StartFailed):
        Launch([sys.executable, "-c", code], dict(os.environ), tmp_path / "x.log", ("127.0.0.1", free_port()), 1)()
    assert not running(int(marker.read_text("ascii")))


def test_a_large_log_moves_aside_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab") as writer:
        writer.truncate(LARGEST_LOG + 1)
        cut_logs(tmp_path)
        writer.write(b"after\n")
    assert log.read_bytes() == b"after\n"
    assert (tmp_path / "web.log.1").stat().st_size == LARGEST_LOG + 1
    cut_logs(tmp_path)
    assert log.read_bytes() == b"after\n"
