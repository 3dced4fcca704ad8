"""`telemed serve` as it is installed, over a database of a bench, and what it used."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.ports import free_port


def processor_seconds(pid: int) -> float:
    """What a process has used, from proc(5) stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(dsn: str, state: Path, settings: Mapping[str, str] = {}) -> Generator[tuple[str, int]]:
    """`telemed serve` on a port of its own: its address and process.  settings: of its environment, beside the rest."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (state / "serve.log").open("ab") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "telemed", "serve", "--http", f"127.0.0.1:{port}", "--state", str(state)],
            env=os.environ | {"TELEMED__DATABASE__DSN": dsn, "TELEMED__HTTP__PUBLIC_URL": url, **settings},
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if running.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield url, running.pid
    finally:
        running.terminate()
        running.wait(30)


def count(dsn: str, statement: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 -- progress of the command
