"""Walk the audit chain and say what was changed, inserted, removed or cut off."""

import argparse
import asyncio

from telemed.audit.checkpoint import Checkpoints, load_or_create_signing_key
from telemed.audit.verify import Verification, verify
from telemed.commands import settings
from telemed.commands.stores import database
from telemed.config import Config
from telemed.db import open_pool


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("action", choices=["verify"])


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    with database(config) as found:
        done = asyncio.run(_verify(found.dsn, config))
    for one in done.findings:
        print(f"{one.kind}: {one.zh} / {one.en}")
    print(f"{done.rows} 条 / rows; 已签名至 / signed through {done.signed_through} of {done.through}")
    # a row that waits for its place is late, not false: a stopped county has no sealer
    return 1 if any(one.kind != "unsealed" for one in done.findings) else 0


async def _verify(dsn: str, config: Config) -> Verification:
    key = load_or_create_signing_key(config.audit_key).public_key()
    pool = await open_pool(dsn, size=1)
    try:
        async with pool.connection() as connection:
            return await verify(connection, key, Checkpoints(config.audit_checkpoints))
    finally:
        await pool.close()
