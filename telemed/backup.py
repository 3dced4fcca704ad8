"""Back up a running county, and bring one back.

A backup folder holds
    archive/ab/…             blobs by digest, shared by all sets: written once, so only new ones travel
    20261122T183000Z/        one set a run
        manifest.json        written last; without it the set does not count
        database.dump        pg_dump's custom format
        spool/…              journals: what was acknowledged and not yet indexed
        state/…              keys, certificates, audit checkpoints
Order: journals, state, database, blobs.  Whatever the database names was in the archive before, what left a journal in
the meantime is in the database, and no audit checkpoint is ahead of the rows it signs.
"""

import hashlib
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import msgspec
import psycopg

from telemed.consultation.room.store import queries as rooms
from telemed.events.log import queries as events

FORMAT = 1
DIGEST = re.compile(r"[0-9a-f]{64}")
CHUNK = 1 << 20
MARKER = "restore-unfinished"  # in the state folder from a restore's first step to its last
# made anew (database, hints, copies of programs), handled on their own (imaging), or of no use elsewhere (logs)
NOT_STATE = frozenset({"postgres", "valkey", "programs", "imaging", "log", "supervisor.lock", "programs.lock"})

Say = Callable[[str], None]


class Manifest(msgspec.Struct, frozen=True):
    """What a complete backup says of itself."""

    format: int
    made_at: datetime
    migrations: list[str]
    database_sha256: str
    blobs: int
    blob_bytes: int
    missing: list[str]


class County(NamedTuple):
    """What is backed up, or restored into.  binaries: where pg_dump and pg_restore are."""

    dsn: str
    binaries: Path
    archive: Path
    state: Path


class Refused(Exception):
    """The backup or the restore cannot be done; the text says why and what was kept, in Chinese and English."""


def back_up(target: Path, county: County, now: datetime, say: Say) -> Manifest:
    """Add a set to a backup folder; earlier sets stay as they are.

    now: aware UTC, names the set.  Blobs that the database names and the archive lacks are listed in the manifest.
    Raises Refused when a blob of the archive is damaged or a program fails.
    """
    dsn, binaries, archive, state = county
    folder = target / now.strftime("%Y%m%dT%H%M%SZ")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.chmod(0o700)  # it holds keys and patients
    folder.mkdir(mode=0o700)
    _copy_journals(archive / "spool", folder / "spool")
    _copy_state(state, folder / "state")
    dump = folder / "database.dump"
    say("数据库 / database")
    run_program([binaries / "pg_dump", "--format=custom", f"--file={dump}"], dsn)
    _sync(dump)
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("select name from schema_migration order by number").fetchall()
    named = named_blobs(dsn)
    blobs, size, new = _copy_blobs(archive / "archive", target / "archive")
    say(f"影像 / blobs: {blobs} ({size / 1e6:.1f} MB), 新增 / new: {new}")
    missing = lost_blobs(named, archive / "archive")
    manifest = Manifest(FORMAT, now, [name for (name,) in rows], _sha256(dump), blobs, size, missing)
    _write(folder / "manifest.json", msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    return manifest


def newest_set(source: Path) -> Path:
    """Return the newest complete set of a backup folder, or raise Refused."""
    complete = sorted(path.parent for path in source.glob("*/manifest.json"))
    if not complete:
        raise Refused(f"{source} 中没有完整的备份 / holds no complete backup")
    return complete[-1]


def restore(chosen: Path, county: County, say: Say) -> list[str]:
    """Bring one set into an empty database and archive, checking every digest; then start a new event epoch.

    Returns the digests of blobs that the database names and the backup lacks: everything else is there then.
    Raises Refused and changes nothing when the target is not empty or the backup is damaged.
    An interrupted restore is finished by running it again.
    """
    dsn, binaries, archive, state = county
    manifest = _read_manifest(chosen)
    source = chosen.parent / "archive"
    marker = state / MARKER
    if not marker.exists():
        _refuse_used(dsn, archive / "archive")
    if _sha256(chosen / "database.dump") != manifest.database_sha256:
        raise Refused("database.dump 已损坏，未作改动 / is damaged; nothing was changed")
    if damaged := [path.name for path in _blobs(source) if _sha256(path) != path.name]:
        raise Refused(
            f"{len(damaged)} 个影像文件已损坏，未作改动 / blobs are damaged, nothing was changed:\n"
            + "\n".join(damaged)
        )
    state.mkdir(mode=0o711, parents=True, exist_ok=True)
    _write(marker, f"{chosen}\n".encode())
    blobs, size, _ = _copy_blobs(source, archive / "archive")
    say(f"影像 / blobs: {blobs} ({size / 1e6:.1f} MB)")
    _copy_tree(chosen / "spool", archive / "spool")
    _copy_tree(chosen / "state", state)
    if _is_empty(dsn):
        say("数据库 / database")
        command = [binaries / "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner"]
        run_program([*command, chosen / "database.dump"], dsn)
    with psycopg.connect(dsn) as connection:
        # clients that saw what happened after the backup must start over; so must the log, for xids do
        for query in ("restart_consumers", "restart_events", "new_epoch"):
            connection.execute(events[query])
        connection.execute(rooms["new_epochs"])
    missing = lost_blobs(named_blobs(dsn), archive / "archive")
    marker.unlink()
    return missing


def named_blobs(dsn: str) -> list[str]:
    """Return the digest of every blob the database names."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select encode(digest, 'hex') from imaging_instance union select encode(digest, 'hex') from quarantine"
        ).fetchall()
    return sorted(digest for (digest,) in rows)


def lost_blobs(digests: list[str], archive: Path) -> list[str]:
    """Return those of the digests that have no file below the archive's folder."""
    return [digest for digest in digests if not (archive / digest[:2] / digest).exists()]


def run_program(command: list[str | Path], dsn: str) -> None:
    """Run a client program of PostgreSQL; the password goes by the environment, where other users cannot read it."""
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    user = unquote(parts.username or "")
    netloc = f"{parts.username}@{place}" if user else place
    bare = urlunsplit((parts.scheme, netloc, parts.path, urlencode(parse_qsl(parts.query)), ""))
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    if parts.password:
        environment["PGPASSWORD"] = unquote(parts.password)
    arguments = [str(part) for part in (command[0], f"--dbname={bare}", *command[1:])]
    result = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise Refused(f"{Path(arguments[0]).name}: {result.returncode}\n{result.stderr.strip()}")


def _read_manifest(chosen: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((chosen / "manifest.json").read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise Refused(f"{chosen} 不是完整的备份 / is no complete backup") from None
    except msgspec.MsgspecError as error:
        raise Refused(f"{chosen}/manifest.json: {error}") from None
    if manifest.format != FORMAT:
        raise Refused(f"备份格式 {manifest.format} 不认识 / the backup's format {manifest.format} is unknown")
    return manifest


def _refuse_used(dsn: str, blobs: Path) -> None:
    if not _is_empty(dsn) or next(_blobs(blobs), None) is not None:
        raise Refused(
            "目标不是空的，未作改动；请用新的 --state 目录 / "
            "the target is not empty; nothing was changed. Give a new --state folder"
        )


def _is_empty(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select to_regclass('public.schema_migration') is null").fetchone()
    return row == (True,)


def _blobs(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("??/*") if DIGEST.fullmatch(path.name))


def _copy_blobs(source: Path, target: Path) -> tuple[int, int, int]:
    """Copy the blobs the target lacks, checking each against its name; return how many there are, bytes, new ones."""
    count = size = new = 0
    for path in _blobs(source):
        length = path.stat().st_size
        place = target / path.relative_to(source)
        if not (place.exists() and place.stat().st_size == length):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _copy(path, place) != path.name:
                place.unlink()
                raise Refused(
                    f"影像文件 {path} 已损坏，已有备份不变 / blob is damaged; earlier backups stay as they were"
                )
            new += 1
        count += 1
        size += length
    return count, size, new


def _copy_journals(source: Path, target: Path) -> None:
    """Copy the segments; one may end in half a record, which its reader knows how to leave out."""
    target.mkdir(mode=0o700)
    for segment in sorted(source.glob("*/*.log")):
        place = target / segment.relative_to(source)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            _copy(segment, place)
        except FileNotFoundError:
            continue  # wholly indexed since: the database has it


def _copy_state(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    for entry in sorted(source.iterdir()):
        if entry.name in NOT_STATE or entry.is_symlink():
            continue
        if entry.is_dir():
            _copy_tree(entry, target / entry.name)
        elif entry.is_file():
            _copy(entry, target / entry.name)


def _copy_tree(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for entry in sorted(source.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            _copy_tree(entry, target / entry.name)
        elif entry.is_file():
            _copy(entry, target / entry.name)


def _copy(source: Path, target: Path) -> str:
    """Copy a file durably under its final name only when whole; return the SHA-256 of what was written."""
    arriving = target.with_name(f".{target.name}.new")
    digest = hashlib.sha256()
    with source.open("rb") as reader, arriving.open("wb") as writer:
        os.fchmod(writer.fileno(), source.stat().st_mode & 0o700)
        while chunk := reader.read(CHUNK):
            digest.update(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    arriving.rename(target)
    _sync(target.parent)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    arriving = path.with_name(f"{path.name}.new")
    arriving.write_bytes(content)
    _sync(arriving)
    arriving.rename(path)
    _sync(path.parent)
