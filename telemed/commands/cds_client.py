"""Which hospital systems may ask at order time: put an agreement in force, end it, list what is in force."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from telemed.audit.model import AuditRow, Entity
from telemed.audit.record import record
from telemed.cds import registration, store
from telemed.cds.registration import Agreement
from telemed.commands import settings
from telemed.commands.stores import database
from telemed.db import open_pool
from telemed.db.migrate import migrate


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    register = actions.add_parser("register", help="登记或更新一个系统 / register a system, or change it")
    settings.configure(register)
    register.add_argument("file", type=Path, help="约定内容 (JSON) / what is agreed, as JSON")
    disable = actions.add_parser("disable", help="停用一个系统 / let a system call no more")
    settings.configure(disable)
    disable.add_argument("issuer", help="令牌中的 iss / iss of its tokens")
    disable.add_argument("--tenant", default="", help="令牌中的 tenant / tenant of its tokens")
    settings.configure(actions.add_parser("list", help="列出可调用的系统 / list who may call"))


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    agreement: Agreement | None = None
    if arguments.action == "register":
        found = registration.read(arguments.file.read_bytes())
        if isinstance(found, list):
            print("\n".join(f"{one.zh} / {one.en}" for one in found), file=sys.stderr)
            print("未作任何登记。/ Nothing was registered.", file=sys.stderr)
            return 1
        agreement = found
    with database(config) as lent:
        migrate(lent.dsn)
        if agreement is not None:
            return asyncio.run(_register(lent.dsn, agreement))
        if arguments.action == "disable":
            return asyncio.run(_disable(lent.dsn, arguments.issuer, arguments.tenant))
        return asyncio.run(_list(lent.dsn))


async def _register(dsn: str, agreement: Agreement) -> int:
    pool = await open_pool(dsn, size=1)
    try:
        async with pool.transaction() as tx:
            client_id = await store.register(tx, agreement)
            if client_id is not None:
                await record(tx, _audited("register", client_id))
    finally:
        await pool.close()
    if client_id is None:
        code = agreement.organization_code
        print(f"没有在用的机构 {code}，未作任何登记。/ There is no active organisation {code}.", file=sys.stderr)
        return 1
    print(f"已登记 / registered: {agreement.name} {client_id}")
    return 0


async def _disable(dsn: str, issuer: str, tenant: str) -> int:
    pool = await open_pool(dsn, size=1)
    try:
        async with pool.transaction() as tx:
            client_id = await store.disable(tx, issuer, tenant)
            if client_id is not None:
                await record(tx, _audited("disable", client_id))
    finally:
        await pool.close()
    if client_id is None:
        print("没有这个在用的系统。/ There is no such system in use.", file=sys.stderr)
        return 1
    print(f"已停用 / disabled: {client_id}")
    return 0


async def _list(dsn: str) -> int:
    pool = await open_pool(dsn, size=1)
    try:
        async with pool.connection() as connection:
            rows = await store.active_clients(connection)
    finally:
        await pool.close()
    for row in rows:
        print(f"{row.organization_code}\t{row.name}\t{row.issuer}\t{row.tenant}")
    return 0


def _audited(command: str, client_id: UUID) -> AuditRow:
    """Somebody at the server's own terminal, who needs no account for it."""
    return AuditRow(
        at=datetime.now(UTC),
        action="cds-client.manage",
        outcome="success",
        entities=(Entity("cds-client", client_id),),
        detail={"route": f"telemed cds-client {command}"},
    )
