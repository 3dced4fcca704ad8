"""The database a one-shot command works on: the configured one, the running system's, or the embedded one started."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from telemed.config import Config
from telemed.embedded import AlreadyRunning, start_postgres
from telemed.embedded.postgres import running_dsn
from telemed.embedded.programs import postgres_binaries


@dataclass(frozen=True, slots=True)
class Database:
    """Where it is, and programs of PostgreSQL that fit it (pg_dump, pg_restore)."""

    dsn: str
    binaries: Path


@contextmanager
def database(config: Config) -> Generator[Database]:
    """Lend the database; one that was started for this is stopped afterwards."""
    newest = postgres_binaries()[0]
    if config.database.dsn:
        yield Database(config.database.dsn, newest)
        return
    try:
        server = start_postgres(config.state.path)
    except AlreadyRunning:
        yield Database(running_dsn(config.state.path), newest)
        return
    try:
        yield Database(server.dsn, server.binaries)
    finally:
        server.stop()
