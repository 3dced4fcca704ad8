"""Bring a database forward: numbered SQL files, each in its own transaction, under one lock."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import LiteralString, cast

import psycopg

FILE = re.compile(r"^(\d{4})_[a-z_]+\.sql$")
LOCK = 0x74656C65  # one migrator at a time; the number is arbitrary and never changes
HANZI = "张三"


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    text: LiteralString

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


class UnusableDatabase(Exception):
    """The database cannot be used as it is; the message (zh / en) says what to do. Nothing was changed."""


def migrations() -> list[Migration]:
    """Every migration of this version in number order."""
    found: list[Migration] = []
    for entry in resources.files("telemed.db").joinpath("migrations").iterdir():
        match = FILE.match(entry.name)
        if match:
            # The text is a file of this package, never input.
            text = cast("LiteralString", entry.read_text(encoding="utf-8"))
            found.append(Migration(int(match[1]), entry.name, text))
    return sorted(found, key=lambda one: one.number)


def migrate(dsn: str) -> list[str]:
    """Apply what is missing and return the names applied.

    Raises UnusableDatabase when the server is too old, its character type cannot index Chinese,
    or an applied migration differs from this version's file.
    """
    applied: list[str] = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (LOCK,))
        _refuse_unusable(connection)
        connection.execute(
            "create table if not exists schema_migration ("
            " number integer primary key, name text not null, digest text not null,"
            " applied_at timestamptz not null default now())",
        )
        known = dict(connection.execute("select number, digest from schema_migration").fetchall())
        for one in migrations():
            if one.number in known:
                if known[one.number] != one.digest:
                    raise UnusableDatabase(
                        f"迁移 {one.name} 与数据库中已执行的不一致。请使用与该数据库相同或更新的版本。/ "
                        f"Migration {one.name} differs from the one applied to this database. "
                        "Use the version this database was made with, or a newer one.",
                    )
                continue
            with connection.transaction():
                connection.execute(one.text)
                connection.execute(
                    "insert into schema_migration (number, name, digest) values (%s, %s, %s)",
                    (one.number, one.name, one.digest),
                )
            applied.append(one.name)
    return applied


def _refuse_unusable(connection: psycopg.Connection) -> None:
    if connection.info.server_version < 150000:
        raise UnusableDatabase(
            "需要 PostgreSQL 15 或更高版本。/ PostgreSQL 15 or newer is needed; this server reports "
            f"{connection.info.server_version // 10000}.",
        )
    connection.execute("create extension if not exists pg_trgm")
    row = connection.execute("select cardinality(show_trgm(%s))", (HANZI,)).fetchone()
    if row is None or not row[0]:
        raise UnusableDatabase(
            "该数据库的字符类型不支持中文检索。请以 UTF8 编码和 LC_CTYPE=C.UTF-8（或 ICU）重新创建数据库。/ "
            "This database's character type cannot index Chinese. Create it with encoding UTF8 and "
            "LC_CTYPE=C.UTF-8 (or ICU): createdb -T template0 -E UTF8 --lc-ctype=C.UTF-8 --lc-collate=C NAME",
        )
