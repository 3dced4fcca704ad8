"""Bring a backup into a new, empty state folder (or an empty database of your own)."""

import argparse
import sys
from pathlib import Path

import psycopg

from telemed.backup import County, Refused, newest_set, restore
from telemed.commands import settings
from telemed.commands.stores import database


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("folder", type=Path, metavar="DIR", help="备份目录或其中一组 / backup folder, or one set of it")


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    given = arguments.folder.absolute()
    try:
        chosen = given if (given / "manifest.json").exists() else newest_set(given)
        print(chosen)
        with database(config) as found:
            county = County(found.dsn, found.binaries, config.archive_path, config.state.path)
            missing = restore(chosen, county, print)
    except (Refused, OSError, psycopg.Error) as error:
        print(error, file=sys.stderr)
        return 1
    for digest in missing:
        print(f"备份中缺少 / missing in the backup: {digest}", file=sys.stderr)
    print(f"完成 / done: {config.state.path}")
    return 1 if missing else 0
