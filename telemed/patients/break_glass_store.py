"""Uses of break-glass in PostgreSQL, and finding the one person an exact number belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.patients import identifiers
from telemed.patients.break_glass import SPAN, Judged, Reason, Use, Verdict, refuse_again

queries = load(__name__, "break_glass.sql")


class _Id(msgspec.Struct):
    id: UUID


class _Count(msgspec.Struct):
    count: int


class UseRow(msgspec.Struct, frozen=True):
    """A use as the review list shows it. reads, studies, reports: what the audit says was looked at under it."""

    id: UUID
    practitioner_id: UUID
    organization_id: UUID
    patient_id: UUID
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    reviewed_at: datetime | None
    reason: str
    note: str
    verdict: str
    review_note: str
    practitioner_name: str
    practitioner_title: str
    organization_name: str
    reviewed_by_name: str
    reads: int
    studies: int
    reports: int

    @property
    def use(self) -> Use:
        return Use(
            self.id,
            self.practitioner_id,
            self.organization_id,
            self.patient_id,
            self.opened_at,
            self.expires_at,
            self.ended_at,
            self.reviewed_at,
        )


async def of_hospital(connection: Connection, organization_id: UUID, number: str) -> UUID | None:
    """Whose number it is at a hospital; None for nobody's, and for one that two people have there."""
    params = {
        "organization_id": organization_id,
        "issuer": f"ORG:{organization_id}",
        "value": identifiers.normalise(number),
        "typed": number.strip(),
    }
    found = await fetch_all(connection, queries["holder_of_hospital_number"], params, _Id)
    return found[0].id if len(found) == 1 else None


async def known_to(connection: Connection, patient_id: UUID) -> list[UUID]:
    """The organisations that know a person."""
    return [row.id for row in await fetch_all(connection, queries["known_to"], {"patient_id": patient_id}, _Id)]


async def in_force(connection: Connection, practitioner_id: UUID, organization_id: UUID, now: datetime) -> list[Use]:
    """What a person has open at an organisation."""
    params = {"practitioner_id": practitioner_id, "organization_id": organization_id, "now": now}
    return await fetch_all(connection, queries["in_force"], params, Use)


async def open_record(
    tx: Connection,
    practitioner_id: UUID,
    organization_id: UUID,
    patient_id: UUID,
    *,
    reason: Reason,
    note: str,
    now: datetime,
) -> Use:
    """Open a person's record, or return the use that holds it open already.  Raises Conflict by refuse_again."""
    await fetch_one(tx, queries["hold_person"], {"practitioner_id": practitioner_id}, _Id)
    standing = await in_force(tx, practitioner_id, organization_id, now)
    for use in standing:
        if use.patient_id == patient_id:
            return use
    about = {"practitioner_id": practitioner_id, "patient_id": patient_id}
    refused = refuse_again(len(standing), await fetch_one(tx, queries["last_of"], about, Judged), now)
    if refused is not None:
        raise refused
    params = {
        "practitioner_id": practitioner_id,
        "organization_id": organization_id,
        "patient_id": patient_id,
        "reason": reason,
        "note": note.strip(),
        "now": now,
        "expires_at": now + SPAN,
    }
    made = await fetch_one(tx, queries["open"], params, Use)
    if made is None:
        raise LookupError("insert ... returning gave no row")
    return made


async def hold(tx: Connection, use_id: UUID) -> Use | None:
    """One use, locked until the end of the transaction."""
    return await fetch_one(tx, queries["hold"], {"id": use_id}, Use)


async def end(tx: Connection, use_id: UUID, *, by: UUID, now: datetime) -> None:
    """Close a record before its time."""
    await execute(tx, queries["end"], {"id": use_id, "by": by, "now": now})


async def review(tx: Connection, use_id: UUID, verdict: Verdict, note: str, *, by: UUID, now: datetime) -> None:
    """Write what the review says."""
    params = {"id": use_id, "verdict": verdict, "note": note.strip(), "by": by, "now": now}
    await execute(tx, queries["review"], params)


async def uses(
    connection: Connection,
    organizations: Sequence[UUID] | None,
    *,
    waiting: bool,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[UseRow]:
    """Uses by people of the organisations, newest first."""
    params = {
        "organizations": organizations,
        "waiting": waiting,
        "before_at": None if before is None else before[0],
        "before_id": None if before is None else before[1],
        "limit": limit,
    }
    return await fetch_all(connection, queries["uses"], params, UseRow)


async def count_waiting(connection: Connection, organizations: Sequence[UUID] | None) -> int:
    """How many wait for their review."""
    row = await fetch_one(connection, queries["count_waiting"], {"organizations": organizations}, _Count)
    return 0 if row is None else row.count
