"""Make one of the three administrators from the server's own terminal; the password is typed by that person."""

import argparse
import asyncio
import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from telemed.access.accounts import FirstPerson, create_admin, first_organization, on_terminal
from telemed.access.passwords import Passwords, weakness
from telemed.access.policy import ADMINISTRATORS
from telemed.audit.record import record
from telemed.commands import settings
from telemed.commands.first_administrator import setup_link
from telemed.commands.stores import database
from telemed.config import Config
from telemed.db import open_pool
from telemed.db.migrate import migrate
from telemed.errors import DomainError
from telemed.vocabulary import Role


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    link = actions.add_parser("link", help="首位管理员的一次性设置链接 / a one-time set-up link")
    settings.configure(link)
    create = actions.add_parser("create", help="在终端建立管理员 / make one here, on the terminal")
    settings.configure(create)
    create.add_argument("role", choices=sorted(ADMINISTRATORS), help="三员须为三个人 / three separate people")
    create.add_argument("username", help="账号 / account name")
    create.add_argument("name", help="姓名 / name")
    create.add_argument("--organization-code", default="county-center", metavar="CODE", help="机构代码 / code")
    create.add_argument("--organization-name", metavar="NAME", help="机构名称，默认为医共体名称 / name")
    create.add_argument("--password-file", type=Path, metavar="FILE", help="从文件读口令 / instead of typing it")


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    return _link(config) if arguments.action == "link" else _create(config, arguments)


def _link(config: Config) -> int:
    with database(config) as found:
        migrate(found.dsn)
        named = msgspec.structs.replace(config.database, dsn=found.dsn)
        link = setup_link(msgspec.structs.replace(config, database=named))
    if link is None:
        print("系统管理员已存在 / there is a system administrator already", file=sys.stderr)
        return 1
    print(link)
    return 0


def _create(config: Config, arguments: argparse.Namespace) -> int:
    password = arguments.password_file.read_text("utf-8").strip() if arguments.password_file else _typed()
    if password is None:
        print("两次输入不一致 / the two differ", file=sys.stderr)
        return 1
    if (weak := weakness(password, arguments.username)) is not None:
        print(f"{weak.zh} / {weak.en}", file=sys.stderr)
        return 1
    with database(config) as found:
        migrate(found.dsn)
        try:
            asyncio.run(_insert(found.dsn, config, arguments, password))
        except DomainError as error:
            print(f"{error.zh} / {error.en}", file=sys.stderr)
            return 1
    print(f"{arguments.role}: {arguments.username}")
    return 0


def _typed() -> str | None:
    first = getpass.getpass("口令 / password: ")
    return first if getpass.getpass("再次输入 / again: ") == first else None


async def _insert(dsn: str, config: Config, arguments: argparse.Namespace, password: str) -> None:
    now = datetime.now(UTC)
    person = FirstPerson(
        role=Role(arguments.role),
        name=arguments.name,
        username=arguments.username,
        password_hash=await Passwords().hash(password),
    )
    pool = await open_pool(dsn, size=1)
    try:
        async with pool.transaction() as tx:
            organization_id = await first_organization(
                tx,
                code=arguments.organization_code,
                name=arguments.organization_name or config.county.name,
                kind="lead-hospital",
                now=now,
            )
            account_id = await create_admin(tx, organization_id, person, now)
            await record(tx, on_terminal("create", now, person.role, account_id))
    finally:
        await pool.close()
