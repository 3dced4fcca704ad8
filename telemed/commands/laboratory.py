"""Let laboratory systems send results, see who tries without being enrolled, and map stored results anew."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from telemed.audit.model import AuditRow
from telemed.audit.record import record
from telemed.commands import settings
from telemed.commands.stores import database
from telemed.db import open_pool
from telemed.errors import DomainError
from telemed.results import senders
from telemed.results.maps import FaultyMaps, read_maps
from telemed.results.remapping import BATCH, Remapper
from telemed.results.senders import Names
from telemed.vocabulary import Action

MAPS = Path(__file__).resolve().parents[2] / "config" / "recognition" / "maps"


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    listed = actions.add_parser("list", help="已登记与未登记的发送方 / who may send, and who tries")
    settings.configure(listed)
    for name, text in (("enrol", "登记 / let in"), ("disable", "停用 / let in no more")):
        one = actions.add_parser(name, help=text)
        settings.configure(one)
        one.add_argument("application", help="MSH-3，组成部分以 ^ 相连 / as in MSH-3, components joined by ^")
        one.add_argument("facility", help="MSH-4")
        if name == "enrol":
            one.add_argument("organization", help="机构代码 / code of the organisation")
    remap = actions.add_parser("remap", help="按现行对照表重新对照已存结果 / hold stored results against today's maps")
    settings.configure(remap)
    remap.add_argument("--batch", type=int, default=BATCH, help="每批报告数 / reports of one transaction")
    remap.add_argument(
        "--again",
        action="store_true",
        help="也用已被替换过的对照表（退回旧表时） / also maps that others have replaced (to go back to them)",
    )


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    with database(config) as found:
        try:
            if arguments.action == "remap":
                return asyncio.run(
                    _remap(found.dsn, ZoneInfo(config.county.time_zone), arguments.batch, again=arguments.again)
                )
            lines = asyncio.run(_act(found.dsn, arguments))
        except FaultyMaps as error:
            print(error, file=sys.stderr)
            return 1
        except DomainError as error:
            print(f"{error.zh} / {error.en}", file=sys.stderr)
            return 1
    for line in lines:
        print(line)
    return 0


async def _act(dsn: str, arguments: argparse.Namespace) -> list[str]:
    now = datetime.now(UTC)
    pool = await open_pool(dsn, size=1)
    try:
        if arguments.action == "list":
            async with pool.connection() as connection:
                rows = await senders.enrolled(connection)
                strangers = await senders.seen(connection)
            enrolled = [f"{one.state}\t{one.application}\t{one.facility}\t{one.organization_code}" for one in rows]
            tried = [
                f"未登记 / not enrolled\t{one.application}\t{one.facility}\t{one.peer_address}\t{one.attempts}"
                for one in strangers
            ]
            return [*enrolled, *tried]
        who = Names(arguments.application, arguments.facility)
        async with pool.transaction() as tx:
            if arguments.action == "enrol":
                await senders.enrol(tx, who, arguments.organization, now)
            else:
                await senders.disable(tx, who)
            await record(tx, _on_terminal(arguments.action, now))
        return [f"{arguments.action}: {who.application} {who.facility}"]
    finally:
        await pool.close()


async def _remap(dsn: str, zone: ZoneInfo, batch: int, *, again: bool) -> int:
    maps = read_maps(MAPS)
    pool = await open_pool(dsn, size=1)
    try:
        async with pool.transaction() as tx:
            await record(tx, _on_terminal("remap", datetime.now(UTC)))
        done = None
        async for done in Remapper(pool, maps, zone, again=again).run(datetime.now(UTC), batch=max(1, batch)):
            print(f"{done.reports} 份报告 / reports; {done.changed} 项改动 / results changed", flush=True)
        if done is None:
            print("现行对照表无变化 / the maps in force have not changed")
    finally:
        await pool.close()
    return 0


def _on_terminal(action: str, now: datetime) -> AuditRow:
    return AuditRow(
        at=now,
        action=Action.DEVICE_MANAGE,
        outcome="success",
        entities=(),
        detail={"route": f"telemed laboratory {action}"},
    )
