"""The one-shot commands as an operator runs them, on an embedded database of their own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from telemed.embedded import start_postgres

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.timeout(300)  # each command starts a database of its own
PASSWORD = "Tianqi-2026-Longan!"


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="telemed-c-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def telemed(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "telemed", *map(str, words)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)


def test_migrate_twice_applies_once(folder: Path) -> None:
    first = telemed("migrate", "--state", folder / "state")
    assert "0001_foundation.sql" in first.stdout
    assert telemed("migrate", "--state", folder / "state").stdout == "0 项已执行 / applied\n"


def test_commands_work_beside_a_running_server(folder: Path) -> None:
    server = start_postgres(folder / "state", durable=False)
    try:
        assert telemed("migrate", "--state", folder / "state").returncode == 0
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("select count(*) > 0 from schema_migration").fetchone() == (True,)
    finally:
        server.stop()


def test_the_first_administrators_on_the_terminal(folder: Path) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD, "utf-8")
    where = ("--state", folder / "state", "--password-file", secret)
    assert "/setup#" in telemed("admin", "link", *where[:2]).stdout
    for role in ("system-admin", "security-admin", "auditor"):
        done = telemed("admin", "create", role, f"u-{role}", "王", *where)
        assert done.returncode == 0, done.stderr
    taken = telemed("admin", "create", "auditor", "u-auditor", "李", *where)
    assert taken.returncode == 1
    assert "is taken" in taken.stderr
    late = telemed("admin", "link", *where[:2])
    assert (late.returncode, late.stdout) == (1, "")
    assert "there is a system administrator already" in late.stderr


def test_a_weak_password_makes_nobody(folder: Path) -> None:
    secret = folder / "password"
    secret.write_text("12345678", "utf-8")
    weak = telemed("admin", "create", "auditor", "zhang", "张", "--state", folder / "s", "--password-file", secret)
    assert weak.returncode == 1
    assert not (folder / "s").exists()


def test_backup_wipe_restore(folder: Path) -> None:
    state, backup = folder / "state", folder / "backup"
    assert telemed("migrate", "--state", state).returncode == 0
    done = telemed("backup", backup, "--state", state)
    assert done.returncode == 0, done.stderr
    used = telemed("restore", backup, "--state", state)
    assert used.returncode == 1
    assert "the target is not empty" in used.stderr
    shutil.rmtree(state)
    done = telemed("restore", backup, "--state", state)
    assert done.returncode == 0, done.stderr
    assert telemed("migrate", "--state", state).stdout == "0 项已执行 / applied\n"


def test_nothing_starts_on_half_a_restore(folder: Path) -> None:
    (folder / "state").mkdir()
    (folder / "state" / "restore-unfinished").touch()
    done = telemed("up", "--state", folder / "state", "--http", "127.0.0.1:0", "--dicom", "127.0.0.1:0", "--no-demo")
    assert done.returncode == 1
    assert "not finished" in done.stderr
    assert not (folder / "state" / "postgres").exists()


def test_openapi_needs_no_database() -> None:
    done = telemed("openapi")
    assert done.returncode == 0, done.stderr
    assert '"openapi": "3.1.0"' in done.stdout
