"""Experts, agreements and duty in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from telemed.consultation.model.duty import Shift
from telemed.consultation.model.guards import Agreement, Licence
from telemed.consultation.store.rows import AgreementRow, ExpertRow, Id, ShiftRow
from telemed.db import Connection, execute, fetch_all, fetch_one, load

queries = load(__name__, "duty.sql")


async def expert(connection: Connection, number: UUID) -> ExpertRow | None:
    return await fetch_one(connection, queries["expert"], {"id": number}, ExpertRow)


async def experts(connection: Connection, department: str = "") -> list[ExpertRow]:
    """department: '' for all."""
    return await fetch_all(connection, queries["experts"], {"department": department}, ExpertRow)


def licence(row: ExpertRow | None) -> Licence | None:
    """The licence as the guards look at it."""
    if row is None:
        return None
    return Licence(row.licence_number, row.licence_category, row.licence_scope, row.licence_expires_on, row.since)


async def place_of(connection: Connection, number: UUID) -> UUID | None:
    """Where somebody works; None for nobody."""
    row = await fetch_one(connection, queries["place_of"], {"id": number}, Id)
    return None if row is None else row.id


async def set_expert(
    tx: Connection,
    number: UUID,
    *,
    departments: Sequence[str],
    since: date | None,
    accepts: bool,
    revision: int,
    by: UUID,
    now: datetime,
) -> bool:
    """False where somebody else changed it meanwhile.  revision: 0 for a new one."""
    params = {
        "id": number,
        "departments": list(departments),
        "since": since,
        "accepts": accepts,
        "revision": revision,
        "by": by,
        "now": now,
    }
    return await execute(tx, queries["set_expert"], params) > 0


async def agreements(
    connection: Connection, inviting_id: UUID | None = None, invited_id: UUID | None = None
) -> list[AgreementRow]:
    params = {"inviting_id": inviting_id, "invited_id": invited_id}
    return await fetch_all(connection, queries["agreements"], params, AgreementRow)


def in_force(rows: Sequence[AgreementRow]) -> list[Agreement]:
    """Agreements as the guards look at them."""
    return [Agreement(one.valid_from, one.valid_until) for one in rows]


async def insert_agreement(tx: Connection, columns: dict[str, Any]) -> bool:
    """False where one of the institutions is none, or the id is another agreement's."""
    return await fetch_one(tx, queries["insert_agreement"], columns, Id) is not None


async def shifts(connection: Connection, begins: datetime, ends: datetime, department: str = "") -> list[ShiftRow]:
    """Turns of duty that touch [begins, ends); department: '' for all."""
    params = {"begins": begins, "ends": ends, "department": department}
    return await fetch_all(connection, queries["shifts"], params, ShiftRow)


def turn(row: ShiftRow) -> Shift:
    """A turn of duty as the next in line is chosen from."""
    return Shift(
        row.id,
        row.organization_id,
        row.department,
        row.line,
        row.practitioner_id,
        row.begins,
        row.ends,
        row.signed_in_at,
    )


async def insert_shift(tx: Connection, columns: dict[str, Any]) -> bool:
    """False where somebody stands on that line at some of the time."""
    line = {key: columns[key] for key in ("organization_id", "department", "line")}
    await tx.execute(queries["lock_line"], {key: str(value) for key, value in line.items()})
    return await fetch_one(tx, queries["insert_shift"], columns, Id) is not None


async def cancel_shift(
    tx: Connection,
    number: UUID,
    organizations: list[UUID] | None,
    *,
    by: UUID,
    now: datetime,
) -> bool:
    params = {"id": number, "organizations": organizations, "by": by, "now": now}
    return await fetch_one(tx, queries["cancel_shift"], params, Id) is not None


async def sign_in(tx: Connection, number: UUID, *, by: UUID, now: datetime) -> bool:
    """到岗签到; False where it is not this person's turn now."""
    return await fetch_one(tx, queries["sign_in"], {"id": number, "by": by, "now": now}, Id) is not None
