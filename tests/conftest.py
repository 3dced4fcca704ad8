"""Real services for the tests: PostgreSQL and Valkey as telemed starts them, a fresh migrated database a test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from telemed.db import Pool, open_pool
from telemed.db.migrate import migrate
from telemed.embedded import PostgresServer, ValkeyServer, start_postgres, start_valkey

_number = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run what takes minutes")
    parser.addoption("--no-namespaces", action="store_true", help="leave out what needs root and networks of its own")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests run with --long only, others unless an option says so: left out by selection, never skipped."""
    out = [] if config.getoption("--long") else ["long"]
    out += ["namespaces"] if config.getoption("--no-namespaces") else []
    left_out = [item for item in items if any(item.get_closest_marker(marker) for marker in out)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


ROOM = 2 << 30  # bytes; what the services of one session write has been 200 MB


def memory() -> Path:
    """Where what lives for one session of tests is quickest: memory where there is room, else /tmp.

    A new database is a thousand files.  Nothing that is tested for being durable lies here.
    """
    place = Path("/dev/shm")  # noqa: S108 -- below it every session has a folder of its own, made by tempfile
    roomy = place.is_dir() and os.access(place, os.W_OK) and shutil.disk_usage(place).free > ROOM
    return place if roomy else Path("/tmp")  # noqa: S108 -- the same


@pytest.fixture(scope="session")
def services_folder() -> Generator[Path]:
    """A short path where the unprivileged user of the services can reach it (a socket's path has 107 bytes)."""
    with tempfile.TemporaryDirectory(prefix="telemed-t-", dir=memory(), ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="session")
def postgres(services_folder: Path) -> Generator[PostgresServer]:
    """One server a test session, without fsync; TELEMED_TEST_POSTGRES_BIN names another version's binaries."""
    other = os.environ.get("TELEMED_TEST_POSTGRES_BIN")
    server = start_postgres(services_folder / "pg", durable=False, binaries=Path(other) if other else None)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey(services_folder: Path) -> Generator[ValkeyServer]:
    server = start_valkey(services_folder / "valkey")
    yield server
    server.stop()


def dsn_of(dsn: str, database: str) -> str:
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(path=f"/{database}"))


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> str:
    """A migrated database that every test's own is cloned from."""
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("create database template_county template template0")
    migrate(dsn_of(postgres.dsn, "template_county"))
    return "template_county"


class Databases:
    """Databases of one test each.

    One is dropped when the next is made: by then nobody is connected to it any more, and PostgreSQL, which looks only
    ten times a second whether the last has gone, need not be waited for.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._ended: list[str] = []

    @contextmanager
    def made(self, template: str) -> Generator[str]:
        name = f"county_{next(_number)}"
        with psycopg.connect(self._dsn, autocommit=True) as admin:
            while self._ended:
                _say(admin, f"drop database {self._ended.pop()} with (force)")
            _say(admin, f"create database {name} template {template} strategy file_copy")
        yield dsn_of(self._dsn, name)
        self._ended.append(name)


def _say(admin: psycopg.Connection, statement: str) -> None:
    admin.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue] -- names of the tests' own


@pytest.fixture(scope="session")
def databases(postgres: PostgresServer) -> Databases:
    return Databases(postgres.dsn)


@pytest.fixture
def empty_database(databases: Databases) -> Generator[str]:
    with databases.made("template0") as dsn:
        yield dsn


@pytest.fixture
def database(databases: Databases, template: str) -> Generator[str]:
    """The DSN of a fresh migrated database of this test alone."""
    with databases.made(template) as dsn:
        yield dsn


@pytest.fixture
async def pool(database: str) -> AsyncGenerator[Pool]:
    opened = await open_pool(database, size=20)
    yield opened
    await opened.close()


@pytest.fixture
def now() -> datetime:
    """A Monday morning in the county, 09:12 local time."""
    return datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
