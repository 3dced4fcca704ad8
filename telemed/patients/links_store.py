"""Facts about pairs of records in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.patients.links import Fact, Ground, Pair, grounds

queries = load(__name__, "links.sql")


class _Id(msgspec.Struct):
    id: UUID


class _Number(msgspec.Struct):
    id: int


class Standing(msgspec.Struct, frozen=True):
    """The newest fact of a pair. recorded_at: UTC."""

    patient_id: UUID
    other_patient_id: UUID
    fact: str
    ground: str
    recorded_at: datetime

    @property
    def pair(self) -> Pair:
        return (self.patient_id, self.other_patient_id)


class LastFact(msgspec.Struct, frozen=True):
    """The newest fact of a pair, with both records before it and now."""

    id: int
    fact: str
    review_id: UUID | None
    patient_before: dict[str, Any]
    other_before: dict[str, Any]
    patient_now: dict[str, Any]
    other_now: dict[str, Any]


class MemberRow(msgspec.Struct, frozen=True):
    id: UUID
    source: bool
    created_at: datetime
    organization_id: UUID
    same_as_id: UUID | None


class FactRow(msgspec.Struct, frozen=True):
    """A fact as the history shows it. recorded_at: UTC."""

    id: int
    patient_id: UUID
    other_patient_id: UUID
    fact: str
    ground: str
    findings: list[str]
    note: str
    changed: list[str]
    review_id: UUID | None
    decided_by_name: str
    recorded_at: datetime


async def hold(tx: Connection) -> None:
    """Let nobody else change a link until the end of the transaction; before any row of a review is locked."""
    await tx.execute(queries["hold"])


async def around(
    connection: Connection, patient_ids: Collection[UUID], *, known_at: datetime | None = None
) -> list[Standing]:
    """What stands about every record that is the same person as one of these.

    known_at: as it was known then (UTC), None for now.
    """
    params = {"ids": list(patient_ids), "known_at": known_at}
    return await fetch_all(connection, queries["around"], params, Standing)


async def same_person(
    connection: Connection, patient_id: UUID, *, known_at: datetime | None = None
) -> dict[UUID, Ground]:
    """Every record that was this person as known then, itself among them, and on whose word.

    known_at: UTC, None for now. What a decision may rely on, and what its replay finds again.
    """
    rows = await around(connection, [patient_id], known_at=known_at)
    return grounds(patient_id, {row.pair: Ground(row.ground) for row in rows if row.fact == Fact.LINKED})


async def last(tx: Connection, pair: Pair) -> LastFact | None:
    """The newest fact of a pair, None for a pair of which nothing was ever said."""
    return await fetch_one(tx, queries["last"], {"patient_id": pair[0], "other_patient_id": pair[1]}, LastFact)


async def record(
    tx: Connection,
    pair: Pair,
    fact: Fact,
    ground: Ground,
    *,
    findings: Sequence[str],
    note: str,
    changed: Sequence[str],
    review_id: UUID | None,
    decided_by: UUID | None,
    now: datetime,
) -> int:
    """Write a fact and return its number."""
    params = {
        "patient_id": pair[0],
        "other_patient_id": pair[1],
        "fact": fact,
        "ground": ground,
        "findings": list(findings),
        "note": note,
        "changed": list(changed),
        "review_id": review_id,
        "decided_by": decided_by,
        "now": now,
    }
    row = await fetch_one(tx, queries["record"], params, _Number)
    if row is None:
        raise LookupError("insert ... returning gave no row")
    return row.id


async def members(tx: Connection, patient_ids: Collection[UUID]) -> list[MemberRow]:
    """Records, locked."""
    return await fetch_all(tx, queries["members"], {"ids": list(patient_ids)}, MemberRow)


async def point(tx: Connection, patient_id: UUID, same_as_id: UUID | None) -> None:
    """Write which record stands for one."""
    await execute(tx, queries["point"], {"patient_id": patient_id, "same_as_id": same_as_id})


async def facts(
    connection: Connection, patient_id: UUID, *, known_at: datetime | None = None, limit: int = 200
) -> list[FactRow]:
    """Every fact about one record as known then, the newest first."""
    params = {"patient_id": patient_id, "known_at": known_at, "limit": limit}
    return await fetch_all(connection, queries["facts"], params, FactRow)


async def spoken_of(tx: Connection, patient_id: UUID, others: Collection[UUID]) -> frozenset[UUID]:
    """Those of the others about whom and this record there is a fact or a review, open or decided."""
    rows = await fetch_all(tx, queries["spoken_of"], {"patient_id": patient_id, "others": list(others)}, _Id)
    return frozenset(row.id for row in rows)


async def list_matched(
    tx: Connection, organization_id: UUID, *, patient_id: UUID, other_patient_id: UUID, now: datetime
) -> UUID:
    """Put a link made by the rule alone where a person can take it back."""
    params = {
        "organization_id": organization_id,
        "patient_id": patient_id,
        "other_patient_id": other_patient_id,
        "now": now,
    }
    row = await fetch_one(tx, queries["matched"], params, _Id)
    if row is None:
        raise LookupError("insert ... returning gave no row")
    return row.id
