"""What is recorded about quality, as it is listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, fetch_all, fetch_one, load
from telemed.quality.messages import FactLine, FollowedGrant, ItemWords, Kind
from telemed.recognition.listing import installed
from telemed.recognition.rules import Item

queries = load(__name__, "facts.sql")
#: Lines of a list, and items of a line that are shown.
MOST_FACTS, MOST_ITEMS, MOST_GRANTS = 500, 12, 500

Items = Mapping[str, Item]


class FactRow(msgspec.Struct, frozen=True):
    id: UUID
    kind: Kind
    organization_id: UUID
    organization_name: str
    programme: str
    basis: str
    mark: str
    round: str
    outcome: str
    score: str
    device: str
    item_keys: Sequence[str]
    at: datetime
    period_begins: datetime | None
    period_ends: datetime | None
    next_due: datetime | None
    retroactive_from: datetime | None
    ends: datetime | None
    reader_name: str
    evaluation_id: UUID | None
    known_from: datetime
    revoked_at: datetime | None
    holds: bool
    recorded_by_name: str
    total: int


class _Followed(msgspec.Struct):
    item_key: str
    state: str
    begins: datetime
    ends: datetime
    struck: bool
    total: int


class _Count(msgspec.Struct):
    number: int


class Called(msgspec.Struct, frozen=True):
    """An organisation by its names."""

    id: UUID
    code: str
    name: str


class Enrolled(msgspec.Struct, frozen=True):
    """A device by its names."""

    id: str
    organization_id: UUID
    ae_title: str
    name: str


class _Device(msgspec.Struct):
    id: str
    ae_title: str


class _Id(msgspec.Struct):
    id: UUID


async def known_items(connection: Connection) -> dict[str, Item]:
    """Every item of an installed document, by its key; of documents of one series the newest says what it is called."""
    found: dict[str, Item] = {}
    for one in await installed(connection):
        for key, item in one.catalogue.items.items():
            found.setdefault(key, item)
    return found


def item_name(key: str, items: Items) -> ItemWords:
    """What an item is called; by its key where no document lists it any more."""
    item = items.get(key)
    return ItemWords(key, key, key) if item is None else ItemWords(key, item.name, item.name_en or item.name)


async def facts(
    connection: Connection,
    *,
    organizations: Sequence[UUID] | None,
    now: datetime,
    known_at: datetime | None = None,
    id: UUID | None = None,  # noqa: A002 -- the word
    item: str = "",
    programme: str = "",
    kind: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    holding: bool = False,
) -> list[FactRow]:
    """The newest facts of some organisations (None: of all), at most MOST_FACTS; total says how many there are.

    known_at: None for all that is known by now.
    """
    params = {
        "organizations": organizations,
        "known_at": known_at,
        "now": now,
        "id": id,
        "item": item,
        "programme": programme,
        "kind": kind,
        "since": since,
        "until": until,
        "holding": holding,
        "limit": MOST_FACTS,
    }
    return await fetch_all(connection, queries["facts"], params, FactRow)


def line(row: FactRow, items: Items, most: int = MOST_ITEMS) -> FactLine:
    """A row with the names of its first items."""
    said = {name: getattr(row, name) for name in FactRow.__struct_fields__ if name not in {"item_keys", "total"}}
    names = [item_name(key, items) for key in row.item_keys[:most]]
    return FactLine(**said, items=names, item_count=len(row.item_keys))


async def followed(connection: Connection, row: FactRow, items: Items) -> tuple[list[FollowedGrant], int]:
    """What was written of grants because of a fact, and how many rows that were."""
    params = {"organization_id": row.organization_id, "known_from": row.known_from, "limit": MOST_GRANTS}
    found = await fetch_all(connection, queries["followed"], params, _Followed)
    shown = [
        FollowedGrant(item_name(one.item_key, items), one.state, one.begins, one.ends, one.struck) for one in found
    ]
    return shown, found[0].total if found else 0


async def tasks_of(connection: Connection, fact_id: UUID) -> int:
    """How many decisions have to be looked at again because of a fact."""
    found = await fetch_one(connection, queries["tasks_of"], {"id": fact_id}, _Count)
    return 0 if found is None else found.number


async def has_device(connection: Connection, organization_id: UUID, device_id: UUID) -> bool:
    params = {"id": device_id, "organization_id": organization_id}
    return await fetch_one(connection, queries["device_of"], params, _Id) is not None


async def device_names(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """AE titles by device id."""
    found = await fetch_all(connection, queries["device_names"], {"ids": sorted(set(ids))}, _Device)
    return {one.id: one.ae_title for one in found}


async def called(connection: Connection) -> list[Called]:
    return await fetch_all(connection, queries["organizations"], {}, Called)


async def devices_of(connection: Connection, organizations: Iterable[UUID]) -> list[Enrolled]:
    params = {"organizations": sorted(set(organizations))}
    return await fetch_all(connection, queries["devices"], params, Enrolled)
