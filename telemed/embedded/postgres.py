"""A PostgreSQL of our own: made once, started on a Unix socket, stopped with its parent."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from telemed.embedded.child import User, give, service_user, start_child, stop_child
from telemed.embedded.programs import Unsupported, locate_postgres, postgres_for, postgres_major
from telemed.embedded.state import Held, service_folder, socket_folder, socket_path

ROLE = "telemed"
DATABASE = "telemed"
START_SECONDS = 120  # crash recovery of a large WAL on a slow disk
STOP_SECONDS = 60
BUILTIN_PROVIDER_MAJOR = 17  # release notes of PostgreSQL 17: provider "builtin"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "idle_in_transaction_session_timeout": "60s",
    # A message's DETAIL and the failing statement hold values, that is names and numbers of patients.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "logging_collector": "off",
}
# Databases that live for a test: nothing to sync, and no vacuum worker that only a superuser may ask to leave.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class StartFailed(Exception):
    """A service ended or stayed silent while starting; the text holds the end of its log."""


@dataclass(slots=True)
class PostgresServer:
    """A running server.  Only the process that started it may stop it."""

    dsn: str
    pid: int
    binaries: Path
    data: Path
    process: "subprocess.Popen[bytes]"
    _held: Held

    def stop(self) -> None:
        """Shut down in order (no recovery at the next start); by force after STOP_SECONDS (recovery then, no loss)."""
        stop_child(self.process, (signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10))
        self._held.release()


def start_postgres(state: Path, *, durable: bool = True, binaries: Path | None = None) -> PostgresServer:
    """Start PostgreSQL on state/postgres, making the cluster at the first call, and return when it answers.

    Must be called from the main thread.  durable=False turns fsync off: for tests only.
    Raises AlreadyRunning, Unsupported, NotInstalled or StartFailed.
    """
    state = state.absolute()
    user = service_user(state / "postgres")
    folder = service_folder(state, "postgres", user)
    held = Held(folder)
    try:
        programs = postgres_for(binaries or locate_postgres(), user)
        major = postgres_major(programs)
        data = folder / "pgdata"
        if not data.exists():
            _make_cluster(programs, major, user, held, durable=durable)
        _refuse_other_major(data, major)
        sockets = socket_folder(folder, user)
        process = _start(programs, sockets, user, held, durable=durable)
    except BaseException:
        held.release()
        raise
    return PostgresServer(
        dsn=_dsn(data, sockets), pid=process.pid, binaries=programs, data=data, process=process, _held=held
    )


def running_dsn(state: Path) -> str:
    """Return how to reach the server that another process of ours runs on this state folder."""
    folder = state.absolute() / "postgres"
    return _dsn(folder / "pgdata", socket_path(folder))


def _dsn(data: Path, sockets: Path) -> str:
    password = (data / "telemed.password").read_text("ascii")
    return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={quote(str(sockets), safe='')}"


def _make_cluster(programs: Path, major: int, user: User | None, held: Held, *, durable: bool) -> None:
    """Make the cluster, role and database beside their place and rename: a killed initdb never looks finished."""
    folder = held.folder
    arriving = folder / "pgdata.new"
    if arriving.exists():
        shutil.rmtree(arriving)
    log = folder / "initdb.log"
    with tempfile.NamedTemporaryFile("w", dir=folder, encoding="ascii") as password_file:
        password_file.write(secrets.token_urlsafe(32))
        password_file.flush()
        give(Path(password_file.name), user, 0o600)
        locale = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if major >= BUILTIN_PROVIDER_MAJOR
            else ["--locale-provider=libc"]
        )
        # LC_CTYPE must know letters: under plain C, pg_trgm finds no trigrams in Chinese.
        initdb = [
            *(programs / "initdb", "-D", arriving, "-U", "postgres", "-E", "UTF8"),
            *locale,
            *("--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C"),
            *("-A", "scram-sha-256", "--pwfile", password_file.name),
            *(() if durable else ("--no-sync",)),
        ]
        _run(initdb, log, user, held)
    password = secrets.token_urlsafe(32)
    statements = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}';\nCREATE DATABASE {DATABASE} OWNER {ROLE};\n"
    with tempfile.TemporaryFile(dir=folder) as source:
        source.write(statements.encode("ascii"))
        source.seek(0)
        _run([programs / "postgres", "--single", "-D", arriving, "postgres"], log, user, held, stdin=source.fileno())
    secret = arriving / "telemed.password"
    secret.touch(0o600)
    give(secret, user, 0o600)
    secret.write_text(password, "ascii")
    if durable:
        _sync_tree(arriving)
    arriving.rename(folder / "pgdata")
    _sync_folder(folder)


def _refuse_other_major(data: Path, major: int) -> None:
    """Raise Unsupported where another major version made the cluster: it would not start, and data stays as it is."""
    made_by = (data / "PG_VERSION").read_text("ascii").strip()
    if made_by != str(major):
        raise Unsupported(
            f"{data} 由 PostgreSQL {made_by} 建立，现有程序是 {major}；请先用旧版本 telemed backup，再 telemed restore "
            f"/ was made by PostgreSQL {made_by}, the program here is {major}; "
            "run telemed backup with the old one, then telemed restore"
        )


def _run(command: Sequence[str | Path], log: Path, user: User | None, held: Held, stdin: int | None = None) -> None:
    with log.open("ab") as output:
        process = start_child(command, user=user, keep=[held.programs], stdin=stdin, stdout=output, stderr=output)
        if process.wait() != 0:
            raise StartFailed(f"{Path(command[0]).name}: {process.returncode}\n{tail(log)}")


def _start(programs: Path, sockets: Path, user: User | None, held: Held, *, durable: bool) -> "subprocess.Popen[bytes]":
    data, log = held.folder / "pgdata", held.folder / "postgres.log"
    settings = {**SETTINGS, "unix_socket_directories": str(sockets), **({} if durable else NOT_DURABLE)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        process = start_child(
            [programs / "postgres", "-D", data, *options],
            death_signal=signal.SIGINT,  # fast shutdown: sessions end, nothing is lost, no recovery
            user=user,
            keep=[held.programs],
            stdout=output,
            stderr=output,
        )
    deadline = time.monotonic() + START_SECONDS
    while not _ready(data, process.pid):
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            if time.monotonic() < deadline:
                continue
            process.send_signal(signal.SIGQUIT)
            process.wait()
        raise StartFailed(f"postgres: {process.returncode}\n{tail(log)}")
    return process


def _ready(data: Path, pid: int) -> bool:
    """Whether the postmaster says so itself: line 1 is its pid, line 8 its state (storage/pidfile.h)."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a service's log."""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])


def _sync_tree(root: Path) -> None:
    """Make what initdb wrote and what we added survive a power cut before it gets its name."""
    for folder, _, files in os.walk(root):
        for name in files:
            descriptor = os.open(Path(folder) / name, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        _sync_folder(Path(folder))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
