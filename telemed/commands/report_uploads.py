"""Reports on their way to the provincial platform: how many wait, which only a person helps, and another try."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from uuid import UUID

from telemed.audit.model import AuditRow, Entity
from telemed.audit.record import record
from telemed.cds import report_uploading as uploads
from telemed.commands import settings
from telemed.commands.stores import database
from telemed.db import open_pool
from telemed.db.migrate import migrate

WORDS = {"waiting": "待上传 / waiting", "sent": "已上传 / sent", "dead": "需人工处理 / dead letters"}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    settings.configure(actions.add_parser("list", help="队列与需人工处理的报告 / the queue and its dead letters"))
    retry = actions.add_parser("retry", help="重新上传 / try dead letters again")
    settings.configure(retry)
    retry.add_argument("--upload", type=UUID, help="只重试这一份；不填则全部 / this one alone, all without it")


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    with database(config) as lent:
        migrate(lent.dsn)
        if arguments.action == "list":
            return asyncio.run(_list(lent.dsn))
        return asyncio.run(_retry(lent.dsn, arguments.upload))


async def _list(dsn: str) -> int:
    pool = await open_pool(dsn, size=1)
    try:
        async with pool.connection() as connection:
            amounts, dead = await uploads.counts(connection), await uploads.dead_letters(connection)
    finally:
        await pool.close()
    for one in amounts:
        print(f"{WORDS[one.state]}: {one.amount}，最早 / oldest {one.oldest:%Y-%m-%dT%H:%M:%SZ}")
    for letter in dead:
        status = "—" if letter.last_status is None else letter.last_status
        print(f"{letter.id}\t{letter.report_version_id}\t{letter.attempts}\t{status}\t{letter.last_fault}")
    return 0


async def _retry(dsn: str, number: UUID | None) -> int:
    pool = await open_pool(dsn, size=1)
    now = datetime.now(UTC)
    try:
        async with pool.transaction() as tx:
            revived = await uploads.revive(tx, now, number)
            if revived:
                await record(
                    tx,
                    AuditRow(
                        at=now,
                        action="report-upload.retry",
                        outcome="success",
                        entities=tuple(Entity("report-upload", one) for one in revived),
                        detail={"route": "telemed report-uploads retry"},
                    ),
                )
    finally:
        await pool.close()
    if not revived:
        print("没有需人工处理的报告。/ There is no dead letter.", file=sys.stderr)
        return 1
    print(f"将重新上传 / will be tried again: {len(revived)}")
    return 0
