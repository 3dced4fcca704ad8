"""Add a set to a backup folder, while everything runs."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from telemed.backup import County, Refused, back_up
from telemed.commands import settings
from telemed.commands.stores import database


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("folder", type=Path, metavar="DIR", help="备份目录，可重复使用 / the same one every time")


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    with database(config) as found:
        try:
            county = County(found.dsn, found.binaries, config.archive_path, config.state.path)
            manifest = back_up(arguments.folder.absolute(), county, datetime.now(UTC), print)
        except (Refused, OSError, psycopg.Error) as error:
            print(error, file=sys.stderr)
            return 1
    for digest in manifest.missing:
        print(f"档案中缺少 / missing in the archive: {digest}", file=sys.stderr)
    print(f"完成 / done: {arguments.folder}")
    return 1 if manifest.missing else 0
