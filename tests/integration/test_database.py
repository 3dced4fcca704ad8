"""Migrations and queries against a real server."""

import re
from importlib import resources
from pathlib import Path

import psycopg
import pytest

from telemed.db.migrate import UnusableDatabase, migrate, migrations
from telemed.db.queries import parse
from tests.conftest import dsn_of

PLACEHOLDER = re.compile(r"%\(([a-z_0-9]+)\)s")


def every_query():
    for package in ("telemed", "dicom_gateway"):
        for path in sorted(_sql_files(package)):
            for name, text in parse(path.read_text(encoding="utf-8")).items():
                yield pytest.param(text, id=f"{path.parent.name}.{path.stem}.{name}")


def _sql_files(package):
    root = Path(str(resources.files(package)))
    return [path for path in root.rglob("*.sql") if "migrations" not in path.parts and path.name != "schema.sql"]


@pytest.fixture(scope="module")
def one_database(postgres, template):
    """A migrated database that these tests only read."""
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute(f"create database prepared template {template}".encode())
    return dsn_of(postgres.dsn, "prepared")


@pytest.mark.parametrize("text", list(every_query()))
def test_the_server_accepts_every_query_as_it_is_written(one_database, text):
    order: list[str] = []

    def numbered(match):
        if match[1] not in order:
            order.append(match[1])
        return f"${order.index(match[1]) + 1}"

    statement = PLACEHOLDER.sub(numbered, text).replace("%%", "%")
    with psycopg.connect(one_database) as connection:
        connection.execute(f"prepare checked as {statement}".encode())


def test_migrating_twice_applies_nothing_the_second_time(empty_database):
    assert migrate(empty_database) == [one.name for one in migrations()]
    assert migrate(empty_database) == []


def test_a_migration_that_differs_from_the_applied_one_is_refused(empty_database):
    migrate(empty_database)
    with psycopg.connect(empty_database) as connection:
        connection.execute("update schema_migration set digest = 'other' where number = 1")
    with pytest.raises(UnusableDatabase):
        migrate(empty_database)


def test_migration_numbers_are_unique_and_have_no_gap():
    numbers = [one.number for one in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_chinese_has_trigrams_in_the_county_database(database):
    with psycopg.connect(database) as connection:
        row = connection.execute("select show_trgm('张三')").fetchone()
    assert row is not None
    assert row[0]
