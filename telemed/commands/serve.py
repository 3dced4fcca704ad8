"""The web server alone: `./run` starts it, and so does every deployment with a database of its own."""

import argparse
import asyncio
import sys

from telemed.app import serve
from telemed.commands import settings


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("--http", type=settings.address, metavar="HOST:PORT", help="网页地址 / pages and API")


def run(arguments: argparse.Namespace) -> int:
    config, _ = settings.with_certificate(settings.named(settings.read(arguments)))
    if not config.database.dsn:
        print(
            "需要 database.dsn；./run 会启动内嵌数据库 / needs database.dsn; ./run starts a database of its own",
            file=sys.stderr,
        )
        return 1
    asyncio.run(serve(config))
    return 0
