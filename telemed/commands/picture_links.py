"""One-time links to images: who may look through one now, and an end to it."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from uuid import UUID

from telemed.audit.model import AuditRow, Entity
from telemed.audit.record import record
from telemed.cds import picture_links_store as store
from telemed.cds.given_links import told
from telemed.commands import settings
from telemed.commands.stores import database
from telemed.db import open_pool
from telemed.db.migrate import migrate


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    settings.configure(actions.add_parser("list", help="列出未过期的链接 / list the links that are not over"))
    revoke = actions.add_parser("revoke", help="停用链接 / let nobody look through a link any more")
    settings.configure(revoke)
    which = revoke.add_mutually_exclusive_group(required=True)
    which.add_argument("--link", type=UUID, help="一个链接 / one link, by its id")
    which.add_argument(
        "--patient", type=UUID, help="一名患者的全部链接 / all that show one patient, by the record's id"
    )
    which.add_argument("--issuer", help="一个医院系统的全部链接 / all of one hospital system, by iss of its tokens")
    revoke.add_argument("--tenant", default="", help="令牌中的 tenant / tenant of its tokens")


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    with database(config) as lent:
        migrate(lent.dsn)
        if arguments.action == "list":
            return asyncio.run(_list(lent.dsn))
        return asyncio.run(_revoke(lent.dsn, arguments))


async def _list(dsn: str) -> int:
    pool = await open_pool(dsn, size=1)
    try:
        async with pool.connection() as connection:
            rows = await store.open_links(connection, datetime.now(UTC))
    finally:
        await pool.close()
    for row in rows:
        state = "未打开 / not opened" if row.opened_at is None else "调阅中 / being looked at"
        print(f"{row.id}\t{row.issuer or '本县 / county'}\t{row.shown_to}\t{row.until:%Y-%m-%dT%H:%M:%SZ}\t{state}")
    return 0


async def _revoke(dsn: str, arguments: argparse.Namespace) -> int:
    pool = await open_pool(dsn, size=1)
    now = datetime.now(UTC)
    try:
        async with pool.transaction() as tx:
            revoked = await store.revoke(
                tx,
                now,
                number=arguments.link,
                patient_id=arguments.patient,
                issuer=arguments.issuer,
                tenant=arguments.tenant,
            )
            for one in revoked:
                await told(tx, one, "picture-link.revoked")
                await record(
                    tx,
                    AuditRow(
                        at=now,
                        action="picture-link.revoke",
                        outcome="success",
                        entities=(Entity("picture-link", one),),
                        detail={"route": "telemed picture-links revoke"},
                    ),
                )
    finally:
        await pool.close()
    if not revoked:
        print("没有可停用的链接。/ There is no such link that is not over.", file=sys.stderr)
        return 1
    print(f"已停用 / revoked: {len(revoked)}")
    return 0
