"""Bring the database forward."""

import argparse
import sys

import psycopg

from telemed.commands import settings
from telemed.commands.stores import database
from telemed.db.migrate import UnusableDatabase, migrate


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)


def run(arguments: argparse.Namespace) -> int:
    with database(settings.read(arguments)) as found:
        try:
            applied = migrate(found.dsn)
        except (UnusableDatabase, psycopg.OperationalError) as error:
            print(error, file=sys.stderr)
            return 1
    for name in applied:
        print(name)
    print(f"{len(applied)} 项已执行 / applied")
    return 0
