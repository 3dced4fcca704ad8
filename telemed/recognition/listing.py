"""What is installed and held, for people to read: documents with their ids, names of members, places of images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, fetch_all, load
from telemed.recognition.rules import Catalogue
from telemed.recognition.stored import catalogue_from

queries = load(__name__, "listing.sql")


class _Row(msgspec.Struct):
    id: UUID
    content: str
    source_hash: str
    installed_at: datetime


class _Named(msgspec.Struct):
    id: UUID
    name: str


class StudyPlace(msgspec.Struct, frozen=True):
    """A study of a result, and whose it is."""

    id: UUID
    study_instance_uid: str
    organization_id: UUID
    organization_name: str


@dataclass(frozen=True, slots=True)
class InstalledDocument:
    """A document as it was installed, and when (UTC)."""

    id: UUID
    catalogue: Catalogue
    installed_at: datetime


async def installed(connection: Connection, number: UUID | None = None) -> list[InstalledDocument]:
    """Every installed document, or the one of that id."""
    rows = await fetch_all(connection, queries["installed"], {"id": number}, _Row)
    return [InstalledDocument(row.id, catalogue_from(row.content, row.source_hash), row.installed_at) for row in rows]


async def study_places(connection: Connection, ids: Iterable[UUID]) -> Mapping[UUID, StudyPlace]:
    """Where the images of some studies are, by id."""
    rows = await fetch_all(connection, queries["studies"], {"ids": sorted(set(ids))}, StudyPlace)
    return {row.id: row for row in rows}


async def organization_names(connection: Connection, ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """What some organisations are called, by id."""
    rows = await fetch_all(connection, queries["names"], {"ids": sorted(set(ids))}, _Named)
    return {row.id: row.name for row in rows}
