"""The append-only log of changes: ids only, read by cursor (xid, id).

A reader takes rows below the snapshot's xmin, so a transaction that commits late can never be jumped over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from telemed.db import Connection, announce_after_commit, execute, fetch_all, fetch_one, load

queries = load(__name__)


class Cursor(NamedTuple):
    """A position in the log: everything up to and including it has been read."""

    xid: int
    id: int

    def __str__(self) -> str:
        return f"{self.xid}.{self.id}"

    @staticmethod
    def parse(text: str) -> Cursor | None:
        """Read what __str__ wrote; None for anything else."""
        xid, dot, number = text.partition(".")
        if not dot or not (xid.isascii() and xid.isdigit() and number.isascii() and number.isdigit()):
            return None
        if len(xid) > 19 or len(number) > 18:
            return None
        return Cursor(int(xid), int(number))


START = Cursor(0, 0)


class Event(msgspec.Struct, frozen=True, dict=True):
    """One change. ids: related ids by name, never a person's name or number. at: UTC."""

    xid: int
    id: int
    kind: str
    subject: UUID
    topics: list[str]
    ids: dict[str, Any]
    at: datetime

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.xid, self.id)

    @cached_property
    def wire(self) -> msgspec.Raw:
        """As clients read it, encoded once for all of them."""
        said = {
            "cursor": str(self.cursor),
            "kind": self.kind,
            "subject": str(self.subject),
            "topics": self.topics,
            "ids": self.ids,
            "at": self.at,
        }
        return msgspec.Raw(msgspec.json.encode(said))


class Settling(Event, frozen=True):
    """An event as it stands behind a cursor. settled: nothing uncommitted can come before it any more."""

    settled: bool


class _Epoch(msgspec.Struct):
    epoch: UUID


class _Position(msgspec.Struct):
    xid: int
    id: int


async def append(tx: Connection, kind: str, subject: UUID, topics: Sequence[str], **ids: UUID | str | int) -> None:
    """Record a change in the transaction that makes it.

    kind: `noun.verb-past`. topics: who hears of it (`worklist`, `organization/<id>`, `study/<id>`, `patient/<id>`,
    `admin`).
    """
    plain = {name: str(value) if isinstance(value, UUID) else value for name, value in ids.items()}
    await execute(
        tx,
        queries["append"],
        {"kind": kind, "subject": subject, "topics": list(topics), "ids": json.dumps(plain)},
    )
    announce_after_commit(tx)


async def read_after(connection: Connection, cursor: Cursor, *, limit: int) -> list[Event]:
    """Events behind `cursor`, oldest first, at most `limit`."""
    return await fetch_all(connection, queries["read_after"], _at(cursor) | {"limit": limit}, Event)


async def read_settling(connection: Connection, cursor: Cursor, *, limit: int) -> list[Settling]:
    """Events behind `cursor`, oldest first, also those that a transaction still open may yet precede."""
    return await fetch_all(connection, queries["read_settling"], _at(cursor) | {"limit": limit}, Settling)


async def read_topics(
    connection: Connection,
    cursor: Cursor,
    upto: Cursor,
    topics: Sequence[str],
    *,
    limit: int,
) -> list[Event]:
    """Events of some topics behind `cursor` and not beyond `upto`, oldest first, at most `limit`."""
    params = _at(cursor) | {"upto_xid": str(upto.xid), "upto_id": upto.id, "topics": list(topics), "limit": limit}
    return await fetch_all(connection, queries["read_topics_after"], params, Event)


async def head(connection: Connection) -> Cursor:
    """The last position readers may stand on; START for an empty log."""
    row = await fetch_one(connection, queries["head"], {}, _Position)
    return START if row is None else Cursor(row.xid, row.id)


async def oldest(connection: Connection) -> Cursor | None:
    """The first event kept, None for an empty log."""
    row = await fetch_one(connection, queries["oldest"], {}, _Position)
    return None if row is None else Cursor(row.xid, row.id)


async def epoch(connection: Connection) -> UUID:
    """Which life of the log this is; a cursor of another epoch means nothing here."""
    row = await fetch_one(connection, queries["epoch"], {}, _Epoch)
    if row is None:
        raise LookupError("event_epoch is empty: the database was not migrated")
    return row.epoch


def _at(cursor: Cursor) -> dict[str, Any]:
    return {"xid": str(cursor.xid), "id": cursor.id}
