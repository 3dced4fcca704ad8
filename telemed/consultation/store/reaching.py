"""The daily look at who is on duty, in PostgreSQL: claimed by one process, kept as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, tzinfo
from uuid import UUID

import msgspec

from telemed.consultation.model.guards import Licence
from telemed.consultation.model.reachable import OnDuty, Unreachable
from telemed.db import Connection, execute, fetch_all, fetch_one, load

queries = load(__name__, "reaching.sql")


class Turn(msgspec.Struct, frozen=True):
    """A turn of duty with what is known of whoever has it.  departments: None where the person is no expert."""

    id: UUID
    organization_id: UUID
    department: str
    ends: datetime
    has_telephone: bool
    active: bool
    has_account: bool
    account_active: bool
    departments: list[str] | None
    accepts: bool
    since: date | None
    licence_number: str
    licence_category: str
    licence_scope: str
    licence_expires_on: date | None

    def judged(self, zone: tzinfo) -> OnDuty:
        return OnDuty(
            department=self.department,
            last_day=self.ends.astimezone(zone).date(),
            works_here=self.active,
            has_account=self.has_account,
            account_active=self.account_active,
            departments=None if self.departments is None else frozenset(self.departments),
            accepts=self.accepts,
            licence=Licence(
                self.licence_number, self.licence_category, self.licence_scope, self.licence_expires_on, self.since
            ),
            has_telephone=self.has_telephone,
        )


class GapRow(msgspec.Struct, frozen=True):
    """A turn of duty that may come to nothing, and why."""

    shift_id: UUID
    department: str
    line: int
    practitioner_name: str
    organization_name: str
    begins: datetime
    ends: datetime
    reasons: list[str]


class Checked(msgspec.Struct, frozen=True):
    day: date
    checked_at: datetime


class _Day(msgspec.Struct):
    day: date


async def claim(tx: Connection, day: date, now: datetime, *, again: bool) -> bool:
    """Whether this is who looks.  again: even where it was looked at, and what was found then is found anew."""
    row = await fetch_one(tx, queries["again" if again else "claim"], {"day": day, "now": now}, _Day)
    if row is not None:
        await execute(tx, queries["clear"], {"day": day})
    return row is not None


async def on_duty(tx: Connection, now: datetime, until: datetime) -> list[Turn]:
    return await fetch_all(tx, queries["on_duty"], {"now": now, "until": until}, Turn)


async def add_gap(tx: Connection, day: date, shift_id: UUID, reasons: Collection[Unreachable]) -> None:
    for one in sorted(reasons):
        await execute(tx, queries["gap"], {"day": day, "shift_id": shift_id, "reason": one.value})


async def checked(connection: Connection, day: date) -> Checked | None:
    return await fetch_one(connection, queries["checked"], {"day": day}, Checked)


async def gaps(connection: Connection, day: date, now: datetime, organizations: Sequence[UUID] | None) -> list[GapRow]:
    """organizations: None for all."""
    params = {"day": day, "now": now, "organizations": organizations}
    return await fetch_all(connection, queries["gaps"], params, GapRow)
