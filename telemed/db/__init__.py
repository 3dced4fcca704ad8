"""PostgreSQL: the pool, queries kept as text, migrations."""

from telemed.db.pool import Connection, Pool, announce_after_commit, execute, fetch_all, fetch_one, open_pool
from telemed.db.queries import load
from telemed.db.together import Together

__all__ = [
    "Connection",
    "Pool",
    "Together",
    "announce_after_commit",
    "execute",
    "fetch_all",
    "fetch_one",
    "load",
    "open_pool",
]
