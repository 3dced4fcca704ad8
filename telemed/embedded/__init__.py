"""PostgreSQL and Valkey under our own supervision, for one machine without an administrator."""

from telemed.embedded.postgres import PostgresServer, StartFailed, start_postgres
from telemed.embedded.programs import NotInstalled, Unsupported, postgres_binaries
from telemed.embedded.state import AlreadyRunning, ShuttingDown
from telemed.embedded.valkey import ValkeyServer, start_valkey

__all__ = [
    "AlreadyRunning",
    "NotInstalled",
    "PostgresServer",
    "ShuttingDown",
    "StartFailed",
    "Unsupported",
    "ValkeyServer",
    "postgres_binaries",
    "start_postgres",
    "start_valkey",
]
