"""What members hold of a patient, read from PostgreSQL: a few queries whatever there is, never one for each result."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from telemed.db import Connection, fetch_all, fetch_one, load
from telemed.timeline.results import Seen

queries = load(__name__)

#: Versions of results read for one answer; a hundred reports of two hundred lines.
MOST_VERSIONS = 20_000
#: Reports that one trend looks into, the newest.
MOST_REPORTS = 400


class Place(NamedTuple):
    """A place in the list: behind it stands what is older.  at: aware."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}"

    @staticmethod
    def parse(text: str) -> Place | None:
        """Read what __str__ wrote; None for anything else."""
        at, _, number = text.partition("~")
        try:
            place = Place(datetime.fromisoformat(at), UUID(number))
        except ValueError:
            return None
        return place if place.at.tzinfo is not None else None


class Report(msgspec.Struct, frozen=True):
    """A laboratory's report by the version that counts.  at: of its collection, else the laboratory's own time; UTC."""

    id: UUID
    at: datetime
    status: str
    ordered_at: datetime
    service: list[dict[str, str]]
    notes: list[str]
    organization_id: UUID
    organization_name: str


class Study(msgspec.Struct, frozen=True):
    """A study with its report as it stands.  at: acquired where that can be, else received; UTC."""

    id: UUID
    at: datetime
    study_instance_uid: str
    organization_id: UUID
    organization_name: str
    patient_id: UUID
    modalities: list[str]
    item: str
    body_site: str
    laterality: str
    acquired_at: datetime | None
    first_received_at: datetime
    skew_seconds: int | None
    instance_count: int
    completeness: str
    hold: str
    reading_state: str | None
    report_version_id: UUID | None
    report_status: str | None
    reported_by: str | None
    contested: bool


class _Id(msgspec.Struct):
    id: UUID


class _Count(msgspec.Struct):
    count: int


async def reports(
    connection: Connection, patient_ids: Collection[UUID], before: Place | None, limit: int
) -> list[Report]:
    """Laboratory reports behind a place, newest first."""
    return await fetch_all(connection, queries["reports"], _params(patient_ids, before, limit), Report)


async def studies(
    connection: Connection, patient_ids: Collection[UUID], before: Place | None, limit: int
) -> list[Study]:
    """Studies behind a place, newest first, whichever member acquired them."""
    return await fetch_all(connection, queries["studies"], _params(patient_ids, before, limit), Study)


def _params(patient_ids: Collection[UUID], before: Place | None, limit: int) -> dict[str, object]:
    return {
        "patient_ids": sorted(patient_ids),
        "before_at": None if before is None else before.at,
        "before_id": None if before is None else before.id,
        "limit": limit,
    }


async def versions(connection: Connection, report_ids: Collection[UUID]) -> list[Seen]:
    """Every version of every result of some reports, of each result the one that counts first."""
    params = {"report_ids": sorted(report_ids), "limit": MOST_VERSIONS}
    return await fetch_all(connection, queries["versions"], params, Seen) if report_ids else []


async def reports_with(
    connection: Connection, patient_ids: Collection[UUID], item: str, codes: Sequence[str]
) -> list[UUID]:
    """The newest reports that may hold an item: by its map, or by one of its codes in whatever system."""
    params = {"patient_ids": sorted(patient_ids), "item": item, "codes": list(codes), "limit": MOST_REPORTS}
    return [row.id for row in await fetch_all(connection, queries["reports_with"], params, _Id)]


async def quarantined(
    connection: Connection, patient_ids: Collection[UUID], organizations: Sequence[UUID] | None
) -> int:
    """Lines about this person that are kept apart at some organisations (None: at all)."""
    params = {"patient_ids": sorted(patient_ids), "organizations": organizations}
    row = await fetch_one(connection, queries["quarantined"], params, _Count)
    return 0 if row is None else row.count


async def doubtful(connection: Connection, patient_ids: Collection[UUID]) -> int:
    """Reports and studies of records that may be this person, which nobody has decided yet."""
    row = await fetch_one(connection, queries["doubtful"], {"patient_ids": sorted(patient_ids)}, _Count)
    return 0 if row is None else row.count
