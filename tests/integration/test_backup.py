"""Backup and restore on real databases, with the damage that happens to disks in between."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from telemed.backup import County, Refused, back_up, newest_set, restore
from telemed.embedded import PostgresServer
from telemed.events.log import queries

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
Empty = Callable[[], str]


def put(archive: Path, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    path = archive / "archive" / digest[:2] / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return digest


def quarantined(dsn: str, digest: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into quarantine (digest, size, reason, received_at) values (decode(%s, 'hex'), 1, 'test', now())",
            (digest,),
        )


def epoch(dsn: str) -> object:
    with psycopg.connect(dsn) as connection:
        return connection.execute("select epoch from event_epoch").fetchone()


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[Empty]:
    made: list[str] = []

    def make() -> str:
        name = f"restored_{uuid4().hex}"
        with psycopg.connect(postgres.dsn, autocommit=True) as connection:
            connection.execute(f"create database {name} template template0")  # pyright: ignore[reportCallIssue, reportArgumentType]
        made.append(name)
        return postgres.dsn.replace("/telemed?", f"/{name}?")

    yield make
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        for name in made:
            connection.execute(f"drop database {name} with (force)")  # pyright: ignore[reportCallIssue, reportArgumentType]


@pytest.fixture
def county(tmp_path: Path, database: str, postgres: PostgresServer) -> County:
    state = tmp_path / "state"
    archive = state / "imaging"
    (archive / "spool" / "one").mkdir(parents=True)
    (archive / "spool" / "one" / "00000001.log").write_bytes(b"journal")
    (archive / "spool" / "one" / "x.part").write_bytes(b"arriving")
    (state / "keys").mkdir()
    (state / "keys" / "audit").write_bytes(b"secret")
    (state / "keys" / "audit").chmod(0o600)
    (state / "log").mkdir()
    (state / "log" / "telemed.log").write_bytes(b"chatter")
    for number in range(3):
        quarantined(database, put(archive, bytes([number]) * 1000))
    return County(database, postgres.binaries, archive, state)


def fresh(tmp_path: Path, county: County, dsn: str) -> County:
    state = tmp_path / "elsewhere"
    return County(dsn, county.binaries, state / "imaging", state)


def nothing(_: str) -> None:
    return


def test_what_was_backed_up_comes_back(tmp_path: Path, county: County, empty: Empty) -> None:
    manifest = back_up(tmp_path / "backup", county, NOW, nothing)
    assert (manifest.blobs, manifest.blob_bytes, manifest.missing) == (3, 3000, [])
    target = fresh(tmp_path, county, empty())
    assert restore(newest_set(tmp_path / "backup"), target, nothing) == []
    assert sorted(path.name for path in (target.archive / "archive").glob("*/*")) == sorted(
        path.name for path in (county.archive / "archive").glob("*/*")
    )
    assert (target.archive / "spool/one/00000001.log").read_bytes() == b"journal"
    assert not (target.archive / "spool/one/x.part").exists()
    key = target.state / "keys/audit"
    assert (key.read_bytes(), key.stat().st_mode & 0o777) == (b"secret", 0o600)
    assert not (target.state / "log").exists()
    assert not (target.state / "restore-unfinished").exists()
    with psycopg.connect(target.dsn) as connection:
        assert connection.execute("select count(*) from quarantine").fetchone() == (3,)
    assert epoch(target.dsn) != epoch(county.dsn)


def test_what_happens_after_a_restore_is_heard_and_what_was_not_yet_heard_too(
    tmp_path: Path, county: County, empty: Empty
) -> None:
    far = 10**12  # transactions of the database that is gone; the one that takes its place begins anew
    appended = "insert into event (xid, kind, subject, topics) values (%s::text::xid8, %s, gen_random_uuid(), '{}')"
    with psycopg.connect(county.dsn) as connection:
        # the second began first and committed last, so that its id is behind its turn
        for xid, kind in ((far, "a.first"), (far + 2, "a.third"), (far + 1, "a.second")):
            connection.execute(appended, (xid, kind))
        connection.execute(
            "insert into event_consumer (name, xid, id) select 'c', xid, id from event where kind = 'a.first'"
        )
        connection.execute(
            "insert into event_consumer (name, xid, id) select 'd', xid, id from event where kind = 'a.third'"
        )
    back_up(tmp_path / "backup", county, NOW, nothing)
    target = fresh(tmp_path, county, empty())
    restore(newest_set(tmp_path / "backup"), target, nothing)
    with psycopg.connect(target.dsn) as connection:
        connection.execute("insert into event (kind, subject, topics) values ('b.new', gen_random_uuid(), '{}')")
    heard = {}
    with psycopg.connect(target.dsn) as connection:
        for name, xid, number in connection.execute("select name, xid::text, id from event_consumer").fetchall():
            found = connection.execute(queries["read_after"], {"xid": xid, "id": number, "limit": 9}).fetchall()
            heard[name] = [row[2] for row in found]
    assert heard == {"c": ["a.third", "a.second", "b.new"], "d": ["b.new"]}


def test_a_second_backup_copies_only_what_is_new_and_keeps_the_first(
    tmp_path: Path, county: County, empty: Empty
) -> None:
    backup = tmp_path / "backup"
    back_up(backup, county, NOW, nothing)
    before = {path: path.stat().st_mtime_ns for path in backup.glob("archive/*/*")}
    quarantined(county.dsn, put(county.archive, b"new"))
    said: list[str] = []
    back_up(backup, county, NOW + timedelta(days=1), said.append)
    assert any("新增 / new: 1" in line for line in said)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert newest_set(backup).name == "20261123T183000Z"
    target = fresh(tmp_path, county, empty())
    restore(backup / "20261122T183000Z", target, nothing)
    with psycopg.connect(target.dsn) as connection:
        assert connection.execute("select count(*) from quarantine").fetchone() == (3,)


def test_a_damaged_blob_in_the_archive_is_named_and_never_enters_the_backup(tmp_path: Path, county: County) -> None:
    victim = next(iter((county.archive / "archive").glob("*/*")))
    victim.write_bytes(b"x" * 1000)
    with pytest.raises(Refused, match=victim.name):
        back_up(tmp_path / "backup", county, NOW, nothing)
    assert not list((tmp_path / "backup").glob(f"archive/*/{victim.name}"))
    with pytest.raises(Refused, match="no complete backup"):
        newest_set(tmp_path / "backup")


def test_a_blob_that_the_archive_lacks_is_listed(tmp_path: Path, county: County, empty: Empty) -> None:
    victim = next(iter((county.archive / "archive").glob("*/*")))
    victim.unlink()
    assert back_up(tmp_path / "backup", county, NOW, nothing).missing == [victim.name]
    assert restore(newest_set(tmp_path / "backup"), fresh(tmp_path, county, empty()), nothing) == [victim.name]


@pytest.mark.parametrize("damage", ["blob", "dump", "manifest", "format"])
def test_a_damaged_backup_changes_nothing(tmp_path: Path, county: County, empty: Empty, damage: str) -> None:
    back_up(tmp_path / "backup", county, NOW, nothing)
    chosen = newest_set(tmp_path / "backup")
    victim = {
        "blob": next(iter((tmp_path / "backup/archive").glob("*/*"))),
        "dump": chosen / "database.dump",
        "manifest": chosen / "manifest.json",
        "format": chosen / "manifest.json",
    }[damage]
    content = victim.read_bytes()
    victim.write_bytes(content.replace(b'"format": 1', b'"format": 2') if damage == "format" else b"?" + content[1:])
    target = fresh(tmp_path, county, empty())
    with pytest.raises(Refused):
        restore(chosen, target, nothing)
    assert not target.state.exists()
    with psycopg.connect(target.dsn) as connection:
        assert connection.execute("select to_regclass('quarantine')").fetchone() == (None,)


def test_a_target_in_use_is_refused(tmp_path: Path, county: County, empty: Empty) -> None:
    back_up(tmp_path / "backup", county, NOW, nothing)
    chosen = newest_set(tmp_path / "backup")
    with pytest.raises(Refused, match="not empty"):
        restore(chosen, county, nothing)
    target = fresh(tmp_path, county, empty())
    put(target.archive, b"somebody's")
    with pytest.raises(Refused, match="not empty"):
        restore(chosen, target, nothing)


def test_an_interrupted_restore_is_finished_by_running_it_again(tmp_path: Path, county: County, empty: Empty) -> None:
    back_up(tmp_path / "backup", county, NOW, nothing)
    chosen = newest_set(tmp_path / "backup")
    target = fresh(tmp_path, county, empty())
    broken = target._replace(binaries=tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError):
        restore(chosen, broken, nothing)
    assert (target.state / "restore-unfinished").exists()
    assert restore(chosen, target, nothing) == []


def test_the_password_is_not_on_the_command_line(tmp_path: Path, county: County) -> None:
    spy = tmp_path / "bin"
    spy.mkdir()
    (spy / "pg_dump").write_text('#!/bin/sh\necho "$@" > "$(dirname "$0")/seen"\nexit 3\n', "ascii")
    (spy / "pg_dump").chmod(0o755)
    with pytest.raises(Refused, match="pg_dump: 3"):
        back_up(tmp_path / "backup", county._replace(binaries=spy), NOW, nothing)
    seen = (spy / "seen").read_text("utf-8")
    password = county.dsn.split(":", 2)[2].split("@")[0]
    assert "telemed@" in seen
    assert password not in seen
    shutil.rmtree(tmp_path / "backup")
