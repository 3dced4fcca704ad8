"""Start services in order, start again what ends, stop everything in reverse.

Every child dies with this process (telemed.embedded.child), so nothing here has to survive a kill -9.
"""

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from telemed.embedded.child import start_child
from telemed.embedded.postgres import StartFailed, tail

FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
SETTLED_SECONDS = 60.0  # after this long a service has proved itself and its delay starts again from the first
STOP_SECONDS = 20
TICK_SECONDS = 60.0
LARGEST_LOG = 32 << 20


class Running(Protocol):
    """A started service."""

    process: "subprocess.Popen[bytes]"

    def stop(self) -> None: ...


class Stopping(BaseException):
    """SIGTERM, SIGHUP or Ctrl-C arrived; raised wherever the main thread is, like KeyboardInterrupt."""


@dataclass(slots=True)
class Program:
    """A child of our own that is ready when its port accepts connections, and stops at SIGTERM."""

    process: "subprocess.Popen[bytes]"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass(slots=True)
class _Service:
    name: str
    start: Callable[[], Running]
    running: Running | None = None
    begun: float = 0.0
    delay: float = FIRST_DELAY
    due: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """say: prints a line for people."""

    say: Callable[[str], None]
    _services: list[_Service] = field(default_factory=list["_Service"])

    def __enter__(self) -> Self:
        """Take over the signals: SIGCHLD is waited for, the others raise Stopping once."""
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_stop)
        return self

    def _on_stop(self, _number: int, _frame: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # stopping is not interrupted; kill -9 stays, and loses nothing
        raise Stopping

    def __exit__(self, *_: object) -> None:
        """Stop what runs, last started first."""
        for service in reversed(self._services):
            if service.running is not None:
                service.running.stop()

    def start(self, name: str, start: Callable[[], Running]) -> Running:
        """Start a service and keep it running from now on.  Raises what `start` raises."""
        begun = time.monotonic()
        running = start()
        self._services.append(_Service(name, start, running, begun))
        return running

    def adopt(self, name: str, running: Running, start: Callable[[], Running]) -> None:
        """Keep running what was started already; `start` starts it again."""
        self._services.append(_Service(name, start, running, time.monotonic()))

    def restart(self, name: str) -> None:
        """Have a service start anew: it is asked to end, and `watch` does the rest."""
        for service in self._services:
            if service.name == name and service.running is not None:
                service.running.process.terminate()

    def watch(self, tick: Callable[[], None]) -> None:
        """Restart what ends, until Stopping; call tick every TICK_SECONDS."""
        next_tick = time.monotonic() + TICK_SECONDS
        while True:
            now = time.monotonic()
            for service in self._services:
                self._look_after(service, now)
            if now >= next_tick:
                tick()
                next_tick = now + TICK_SECONDS
            due = [service.due for service in self._services if service.running is None]
            wait = max(0.0, min([next_tick, *due]) - time.monotonic())
            signal.sigtimedwait([signal.SIGCHLD], wait)

    def _look_after(self, service: _Service, now: float) -> None:
        running = service.running
        if running is not None:
            status = running.process.poll()
            if status is None:
                return
            running.stop()  # lets go of its folder
            service.running = None
            if now - service.begun > SETTLED_SECONDS:
                service.delay = FIRST_DELAY
            self._later(service, now, f"{service.name} 已退出（{status}）/ has ended ({status})")
        elif now >= service.due:
            service.begun = now
            try:
                service.running = service.start()
            except (StartFailed, OSError) as error:
                self._later(service, time.monotonic(), f"{service.name} 未能启动 / did not start: {error}")
            else:
                self.say(f"{service.name} 已重新启动 / is running again")

    def _later(self, service: _Service, now: float, what: str) -> None:
        service.due = now + service.delay
        self.say(f"{what}；{service.delay:.0f} 秒后重启 / starting again in {service.delay:.0f} s")
        service.delay = min(service.delay * 2, LONGEST_DELAY)


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start one of our programs.

    log: None inherits this process's output (systemd keeps it then).  ready: the port that it will listen on.
    keep: descriptors it inherits.
    """

    command: Sequence[str | Path]
    environment: dict[str, str]
    log: Path | None
    ready: tuple[str, int]
    seconds: float
    keep: Sequence[int] = ()

    def __call__(self) -> Program:
        """Start it and return when its port accepts a connection; raises StartFailed."""
        program = self.spawn()
        self.wait(program)
        return program

    def spawn(self) -> Program:
        """Start it.  It dies by SIGKILL with this process: nobody would wait, and what it acknowledged is durable."""
        output = self.log.open("ab") if self.log else None
        try:
            return Program(
                start_child(
                    self.command,
                    death_signal=signal.SIGKILL,
                    environment=self.environment,
                    stdout=output,
                    stderr=output,
                    keep=self.keep,
                )
            )
        finally:
            if output:
                output.close()

    def wait(self, program: Program) -> None:
        """Return when its port accepts a connection.

        Raises StartFailed with the end of its log when it ends or stays silent.
        """
        deadline = time.monotonic() + self.seconds
        while not accepts(self.ready):
            try:
                program.process.wait(0.05)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
                program.stop()
            name = self.log.stem if self.log else " ".join(map(str, self.command[-2:]))
            raise StartFailed(f"{name}: {program.process.returncode}\n{tail(self.log) if self.log else ''}")


def accepts(place: tuple[str, int]) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection(reachable_host(place), timeout=1):
            return True
    except OSError:
        return False


def reachable_host(place: tuple[str, int]) -> tuple[str, int]:
    """Return where to connect to for an address that was bound, wildcards included."""
    host, port = place
    return ({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104  asked about, not bound


def cut_logs(folder: Path) -> None:
    """Move large logs aside as NAME.1.  Children append (O_APPEND), so cutting the file under them is safe."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > LARGEST_LOG:
            older = log.with_suffix(".log.1")
            older.write_bytes(log.read_bytes())
            with log.open("r+b") as file:
                file.truncate(0)
