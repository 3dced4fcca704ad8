"""The audit chain: walk it and say what was changed, inserted, removed or cut off; drop what need not be kept."""

import argparse
import asyncio
import sys
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from telemed.audit.checkpoint import Checkpoints, load_or_create_signing_key
from telemed.audit.retention import retire
from telemed.audit.verify import Verification, verify
from telemed.commands import settings
from telemed.commands.stores import database
from telemed.config import Config
from telemed.db import open_pool
from telemed.errors import DomainError


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    settings.configure(actions.add_parser("verify", help="核验审计链 / verify the chain"))
    retention = actions.add_parser("retention", help="清理某日之前封存的记录 / drop rows sealed before a day")
    settings.configure(retention)
    retention.add_argument(
        "--before", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD", help="该日零时之前 / before that day"
    )


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    return _verify(config) if arguments.action == "verify" else _retire(config, arguments.before)


def _verify(config: Config) -> int:
    with database(config) as found:
        done = asyncio.run(_walk(found.dsn, config))
    for one in done.findings:
        print(f"{one.kind}: {one.zh} / {one.en}")
    print(f"{done.rows} 条 / rows; 已签名至 / signed through {done.signed_through} of {done.through}")
    # a row that waits for its place is late, not false: a stopped county has no sealer
    return 1 if any(one.kind != "unsealed" for one in done.findings) else 0


async def _walk(dsn: str, config: Config) -> Verification:
    key = load_or_create_signing_key(config.audit_key).public_key()
    pool = await open_pool(dsn, size=1)
    try:
        async with pool.connection() as connection:
            return await verify(connection, key, Checkpoints(config.audit_checkpoints))
    finally:
        await pool.close()


def _retire(config: Config, day: date) -> int:
    before = datetime.combine(day, time(), ZoneInfo(config.county.time_zone))
    with database(config) as found:
        try:
            dropped = asyncio.run(_drop(found.dsn, config, before))
        except DomainError as error:
            print(f"{error.zh} / {error.en}", file=sys.stderr)
            return 1
    print(f"{dropped} 条已清理，链的起点已签名保存 / rows dropped; where the chain now begins is signed and kept")
    return 0


async def _drop(dsn: str, config: Config, before: datetime) -> int:
    key = load_or_create_signing_key(config.audit_key)
    pool = await open_pool(dsn, size=1)
    try:
        return await retire(pool, key, before=before, now=datetime.now(UTC))
    finally:
        await pool.close()
