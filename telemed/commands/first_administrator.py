"""The way in for the first administrators of a county without demo data."""

import asyncio
from datetime import UTC, datetime

from telemed.access.accounts import create_setup_link
from telemed.config import Config
from telemed.db import open_pool
from telemed.errors import Conflict


def setup_link(config: Config) -> str | None:
    """Return a one-time link that voids older ones, or None when there is a system administrator already."""
    return asyncio.run(_setup_link(config))


async def _setup_link(config: Config) -> str | None:
    pool = await open_pool(config.database.dsn, size=1)
    try:
        secret = await create_setup_link(pool, datetime.now(UTC))
    except Conflict:
        return None
    finally:
        await pool.close()
    return f"{config.public_url}/setup#{secret}"  # a fragment never reaches a log
