"""What DICOMweb reads from the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from dicom_gateway.dicomweb.qido import Search
from telemed.db import Connection, fetch_all, fetch_one, load
from telemed.vocabulary import Scope

QUERIES = load(__name__)


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance as retrieval needs it. split_at: when its study was split off another, whose UID its bytes say."""

    study_id: UUID
    patient_id: UUID | None
    service_request_id: UUID | None
    match_state: str
    charset_used: str
    study_instance_uid: str
    split_at: datetime | None
    series_instance_uid: str
    modality: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    digest: str
    size: int
    frames: int

    @property
    def path(self) -> str:
        """Its place below the service's address."""
        return f"/studies/{self.study_instance_uid}/series/{self.series_instance_uid}/instances/{self.sop_instance_uid}"


@dataclass(frozen=True, slots=True)
class Representative:
    series_instance_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A study seen by break-glass, and whose it is."""

    study_id: UUID
    patient_id: UUID


async def instances(
    connection: Connection,
    *,
    study: str,
    series: str | None,
    instance: str | None,
    scope: Scope,
) -> list[Instance]:
    """Instances below a study, a series or of one UID, in reading order; none outside of the scope."""
    params = {"study": study, "series": series, "instance": instance, **_seen(scope)}
    return await fetch_all(connection, QUERIES["instances"], params, Instance)


async def representative(
    connection: Connection, *, study: str, series: str | None, scope: Scope
) -> Representative | None:
    params = {"study": study, "series": series, **_seen(scope)}
    return await fetch_one(connection, QUERIES["representative"], params, Representative)


async def opened(connection: Connection, studies: Sequence[str], scope: Scope) -> list[Opened]:
    """Those of the studies, by UID, that only break-glass shows to this person."""
    if not scope.opened or scope.organizations is None:
        return []
    return await fetch_all(connection, QUERIES["opened"], {"studies": list(studies), **_seen(scope)}, Opened)


def _seen(scope: Scope) -> dict[str, list[UUID] | None]:
    return {"organizations": scope.organizations, "opened": scope.patients, "single": sorted(scope.studies)}


async def rows(connection: Connection, search: Search) -> list[tuple[Any, ...]]:
    """Run a search built by qido."""
    cursor = await connection.execute(search.sql, search.params)
    return await cursor.fetchall()
