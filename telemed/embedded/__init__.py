"""PostgreSQL, Valkey and coturn under our own supervision, for one machine without an administrator."""

from telemed.embedded.coturn import CoturnServer, start_coturn
from telemed.embedded.postgres import PostgresServer, StartFailed, start_postgres
from telemed.embedded.programs import NotInstalled, Unsupported, coturn_installed, postgres_binaries
from telemed.embedded.state import AlreadyRunning, ShuttingDown
from telemed.embedded.valkey import ValkeyServer, start_valkey

__all__ = [
    "AlreadyRunning",
    "CoturnServer",
    "NotInstalled",
    "PostgresServer",
    "ShuttingDown",
    "StartFailed",
    "Unsupported",
    "ValkeyServer",
    "coturn_installed",
    "postgres_binaries",
    "start_coturn",
    "start_postgres",
    "start_valkey",
]
