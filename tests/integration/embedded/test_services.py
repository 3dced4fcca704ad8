"""PostgreSQL and Valkey as telemed.embedded starts them: real programs, real signals."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from telemed.embedded import (
    AlreadyRunning,
    Unsupported,
    postgres_binaries,
    start_postgres,
    start_valkey,
)
from telemed.embedded.child import reachable, service_user
from telemed.embedded.programs import locate_postgres, locate_valkey, postgres_for, valkey_for

ROOT = Path(__file__).parents[3]


@pytest.fixture
def state() -> Iterator[Path]:
    # not tmp_path: pytest closes its folders to others, and as root the services run as nobody
    folder = Path(tempfile.mkdtemp(prefix="telemed-test-"))
    yield folder
    shutil.rmtree(folder)


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """An ended child of a killed parent may stay a zombie where nobody reaps: that is not running."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(") ", 1)[1].startswith("Z")
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("binaries", postgres_binaries(), ids=lambda p: p.parent.name)
def test_data_survives_a_stop_and_start(state: Path, binaries: Path) -> None:
    first = start_postgres(state, durable=False, binaries=binaries)
    with psycopg.connect(first.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT '张桂兰' AS name")
    first.stop()
    second = start_postgres(state, durable=False, binaries=binaries)
    with psycopg.connect(second.dsn) as connection:
        assert connection.execute("SELECT name FROM kept").fetchone() == ("张桂兰",)
    second.stop()
    assert gone(second.pid)


@pytest.mark.parametrize("binaries", postgres_binaries(), ids=lambda p: p.parent.name)
def test_chinese_has_trigrams_and_sorts_by_code_point(state: Path, binaries: Path) -> None:
    server = start_postgres(state, durable=False, binaries=binaries)
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        row = connection.execute("SELECT show_trgm('张三'), 'b' < 'a', 'Z' < 'a'").fetchone()
        assert row is not None
        assert row[0]
        assert row[1:] == (False, True)
    server.stop()


def test_the_application_role_is_no_superuser_and_a_wrong_password_is_refused(state: Path) -> None:
    server = start_postgres(state, durable=False)
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
        assert row == (False, True)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.dsn, password="guessed")
    server.stop()


def test_failing_statements_leave_no_values_in_the_log(state: Path) -> None:
    server = start_postgres(state, durable=False)
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE patient (number text PRIMARY KEY)")
        connection.execute("INSERT INTO patient VALUES ('239999195603140024')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO patient VALUES ('239999195603140024')")
    server.stop()
    log = (state / "postgres" / "postgres.log").read_text("utf-8")
    assert "duplicate key" in log
    assert "239999195603140024" not in log


def test_only_the_owner_may_enter_the_folders(state: Path) -> None:
    postgres = start_postgres(state, durable=False)
    valkey = start_valkey(state)
    for folder in ("postgres", "postgres/pgdata", "postgres/run", "valkey", "valkey/run"):
        assert (state / folder).stat().st_mode & 0o777 == 0o700, folder
    assert (state / "postgres/pgdata/telemed.password").stat().st_mode & 0o777 == 0o600
    for pid in (postgres.pid, valkey.pid):
        assert os.geteuid() != 0 or Path(f"/proc/{pid}").stat().st_uid != 0
    valkey.stop()
    postgres.stop()


def test_a_second_start_on_the_same_folder_is_refused(state: Path) -> None:
    postgres, valkey = start_postgres(state, durable=False), start_valkey(state)
    with pytest.raises(AlreadyRunning, match="in use"):
        start_postgres(state)
    with pytest.raises(AlreadyRunning, match="in use"):
        start_valkey(state)
    valkey.stop()
    postgres.stop()


def test_a_long_path_still_gets_a_socket(state: Path) -> None:
    deep = state / ("乡镇卫生院" * 5) / ("x" * 60)
    if os.geteuid() == 0:
        state.chmod(0o711)
    postgres, valkey = start_postgres(deep, durable=False), start_valkey(deep)
    with psycopg.connect(postgres.dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert redis.Redis.from_url(valkey.url).ping()
    valkey.stop()
    postgres.stop()


def test_a_killed_initdb_never_looks_finished(state: Path) -> None:
    code = (
        f"from pathlib import Path; from telemed.embedded import start_postgres; start_postgres(Path({str(state)!r}))"
    )
    arriving, finished = state / "postgres/pgdata.new", state / "postgres/pgdata"
    for moment in ("PG_VERSION", "base/1", "base/4"):
        process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
        until(lambda m=moment, p=process: (arriving / m).exists() or p.poll() is not None)
        process.kill()
        process.wait()
        assert not finished.exists()
    server = start_postgres(state)
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("telemed",)
    server.stop()


def test_kill_9_of_the_parent_leaves_nothing_running_and_loses_nothing(state: Path) -> None:
    code = f"""
import os, signal, sys
from pathlib import Path
from telemed.embedded import start_postgres, start_valkey
import psycopg
state = Path({str(state)!r})
postgres, valkey = start_postgres(state), start_valkey(state)
with psycopg.connect(postgres.dsn) as connection:
    connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
print(postgres.pid, valkey.pid, flush=True)
signal.pause()
"""
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 2
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    again = start_postgres(state)  # at once: it waits for its predecessor by itself
    with psycopg.connect(again.dsn) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
    again.stop()
    for pid in pids:
        until(lambda p=pid: gone(p))


def test_kill_9_of_the_server_itself_recovers(state: Path) -> None:
    server = start_postgres(state)
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait()
    server.stop()
    again = start_postgres(state)
    with psycopg.connect(again.dsn) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
    again.stop()


def test_valkey_keeps_its_file_and_answers(state: Path) -> None:
    server = start_valkey(state)
    assert redis.Redis.from_url(server.url).set("hint", "1")
    server.stop()
    server = start_valkey(state)
    assert redis.Redis.from_url(server.url).get("hint") == b"1"
    server.stop()
    assert gone(server.pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to drop")
def test_as_root_a_closed_folder_above_is_named_and_left_closed(state: Path) -> None:
    state.chmod(0o700)
    with pytest.raises(Unsupported, match=str(state)):
        start_postgres(state / "inside")
    assert state.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to drop")
def test_as_root_programs_that_nobody_can_read_are_copied(state: Path) -> None:
    user = service_user(state)
    assert user is not None
    state.chmod(0o755)
    closed = state / "closed"
    closed.mkdir(0o700)
    package = locate_postgres().parents[1]
    shutil.copytree(package, closed / package.name)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, closed / libraries.name)
    copies = state / "copies"
    before = os.umask(0o077)  # as the supervisor runs
    copied = postgres_for(closed / package.name / "pginstall" / "bin", user, copies)
    assert copied.is_relative_to(copies)
    assert [folder.name for folder in copies.iterdir()] == [copied.relative_to(copies).parts[0]]
    server = start_postgres(state / "state", durable=False, binaries=copied)
    server.stop()
    shutil.copy2(locate_valkey(), closed / "valkey-server")
    valkey = valkey_for(closed / "valkey-server", user, copies)
    os.umask(before)
    assert valkey.is_relative_to(copies)
    assert reachable(valkey.parent, user)


def test_another_major_version_is_refused_by_name(state: Path) -> None:
    start_postgres(state, durable=False).stop()
    version = state / "postgres/pgdata/PG_VERSION"
    version.write_text("14\n", "ascii")
    with pytest.raises(Unsupported, match="made by PostgreSQL 14"):
        start_postgres(state)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to drop")
def test_a_command_of_roots_leaves_the_files_to_their_owner(state: Path) -> None:
    state.chmod(0o711)
    folder = state / "postgres"
    folder.mkdir(0o700)
    daemon = pwd.getpwnam("daemon")
    os.chown(folder, daemon.pw_uid, daemon.pw_gid)
    server = start_postgres(state, durable=False)
    assert Path(f"/proc/{server.pid}").stat().st_uid == daemon.pw_uid
    server.stop()
    assert (folder / "pgdata").stat().st_uid == daemon.pw_uid
