"""Make stored decisions of recognition again and list every one that comes out otherwise."""

import argparse
import asyncio
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

from telemed.commands import settings
from telemed.commands.stores import database
from telemed.db import open_pool
from telemed.recognition.decide import ENGINE_VERSION
from telemed.recognition.replay import replay, without_rules

#: Differences that are printed one by one; the rest is counted.
LISTED = 1000


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("--since", type=_moment, default=datetime(2000, 1, 1, tzinfo=UTC), metavar="RFC3339")
    parser.add_argument("--until", type=_moment, default=None, metavar="RFC3339")


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    until = arguments.until or datetime.now(UTC) + timedelta(minutes=1)
    with database(config) as found:
        return asyncio.run(_replay(found.dsn, arguments.since, until))


async def _replay(dsn: str, since: datetime, until: datetime) -> int:
    pool = await open_pool(dsn, size=2)
    made, differ, kinds = 0, 0, Counter[str]()
    try:
        async for one in replay(pool, since, until):
            made += 1
            if one.differs:
                differ += 1
                kinds.update(one.differs)
                if differ <= LISTED:
                    words = f"{one.verdict or '-'} → {one.now or '-'}"
                    print(f"{one.decision_id}  {', '.join(one.differs)}  {words}  engine {one.engine}")
            if made % 10_000 == 0:
                print(f"{made} …", file=sys.stderr)
        async with pool.connection() as connection:
            unknown = await without_rules(connection)
    finally:
        await pool.close()
    print(f"{made} 次决定已重放 / decisions made again (engine {ENGINE_VERSION}); 不一致 / differ: {differ}")
    for kind, count in sorted(kinds.items()):
        print(f"  {kind}: {count}")
    if unknown:
        print(f"缺少规则、无法重放 / cannot be made again, their rules are missing: {unknown}")
    return 1 if differ or unknown else 0


def _moment(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise argparse.ArgumentTypeError("2026-11-26T00:00:00+08:00")
    return value
