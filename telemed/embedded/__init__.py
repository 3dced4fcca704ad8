"""PostgreSQL, Valkey and coturn under our own supervision, for one machine without an administrator.

The bootstrap imports this before anything is installed, so coturn, which reads settings, is imported by its own name.
"""

from telemed.embedded.postgres import PostgresServer, StartFailed, start_postgres
from telemed.embedded.programs import NotInstalled, Unsupported, coturn_installed, postgres_binaries
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
    "coturn_installed",
    "postgres_binaries",
    "start_postgres",
    "start_valkey",
]
