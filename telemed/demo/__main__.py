"""Bring the demo county in: places, people and devices, then its studies through real associations."""

from __future__ import annotations

import argparse
import asyncio
import os
from datetime import UTC, datetime

from telemed.access.codes import SecretBox, load_or_create_key
from telemed.access.passwords import Passwords
from telemed.config import Config, load
from telemed.db import open_pool
from telemed.demo import day
from telemed.demo.county import load_directory, read, write_accounts
from telemed.demo.studies import read as read_day
from telemed.embedded.postgres import running_dsn


async def people(config: Config) -> int:
    """Bring in what is missing of the directory; returns how many accounts were made."""
    county = read()
    pool = await open_pool(config.database.dsn or running_dsn(config.state.path), size=2)
    try:
        made = await load_directory(
            pool,
            county,
            box=SecretBox(load_or_create_key(config.one_time_codes_key)),
            passwords=Passwords(),
            now=datetime.now(UTC),
            deliver=lambda made: write_accounts(config.demo_accounts, county, config.public_url, made),
        )
    finally:
        await pool.close()
    return len(made)


async def studies(config: Config) -> None:
    """Bring in what is missing of the day's studies and their readings."""
    pool = await open_pool(config.database.dsn or running_dsn(config.state.path), size=2)
    try:
        await day.seed(config, pool, read_day(), lambda line: print(f"  {line}", flush=True))  # noqa: T201 -- progress
    finally:
        await pool.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m telemed.demo", description=__doc__)
    parser.add_argument("--people-only", action="store_true", help="places, people and devices, without studies")
    arguments = parser.parse_args()
    config = load([], os.environ)
    made = asyncio.run(people(config))
    print(f"  演示机构与账号 / demo places and people: {made} 个新账号 / new accounts", flush=True)  # noqa: T201 -- a command prints
    if not arguments.people_only:
        asyncio.run(studies(config))


if __name__ == "__main__":
    main()
