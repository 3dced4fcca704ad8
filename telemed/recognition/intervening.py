"""Events that make an earlier result doubtful (practice 7), as a person or a hospital system tells them.

Surgery, transfusion, thrombolysis, chemotherapy, dialysis, trauma, a change of condition; not admission or discharge.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, Invalid, NotFound
from telemed.events import append
from telemed.recognition.facts import EventKind

queries = load(__name__, "intervening.sql")

#: Clocks of several systems differ by so much.
SKEW = timedelta(minutes=5)
#: What lies longer back speaks of no result that is still in any window.
REACH = timedelta(days=10 * 366)
MOST = 100


@dataclass(frozen=True, slots=True)
class Told:
    """One event.  at: aware.  recorded_by: a person; client_id: a hospital system; one of the two."""

    id: UUID
    patient_id: UUID
    kind: EventKind
    at: datetime
    note: str
    organization_id: UUID
    recorded_by: UUID | None
    client_id: UUID | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """An event as it stands.  withdrawn_at: when it was taken back, None for one that counts.  Times UTC."""

    id: UUID
    patient_id: UUID
    kind: str
    at: datetime
    note: str
    organization_id: UUID
    recorded_by: UUID | None
    client_id: UUID | None
    recorded_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Listed(Standing):
    """The same, with whose word it is."""

    organization_name: str


def refuse(told: Told) -> Invalid | None:
    """What keeps an event from being believed: no zone, the future, or before any result that could count."""
    if told.at.tzinfo is None:
        return Invalid(
            "time-without-zone",
            "时间缺少时区。未作任何记录，请重新填写。",
            "The time has no zone. Nothing was recorded; enter it again.",
        )
    if told.at > told.recorded_at + SKEW:
        return Invalid(
            "event-in-the-future",
            "时间晚于现在。未作任何记录，请核对日期和时间。",
            "This lies in the future. Nothing was recorded; check date and time.",
        )
    if told.at < told.recorded_at - REACH:
        return Invalid(
            "event-long-ago",
            "时间早于十年前，不影响任何结果的互认。未作任何记录，请核对日期。",
            "This lies more than ten years back, before any result that counts. Nothing was recorded; check the date.",
        )
    return None


async def tell(tx: Connection, told: Told) -> bool:
    """Keep an event; False where the same is kept already.

    Raises Invalid for a time that cannot be, Conflict where another event has this id. Nothing is written then.
    """
    refused = refuse(told)
    if refused is not None:
        raise refused
    if await execute(tx, queries["insert_event"], asdict(told)) == 0:
        if not _same(await event(tx, told.id), told):
            raise Conflict(
                "event-id-taken",
                "该编号已用于另一条事件。未作任何改动。",
                "Another event has this id. Nothing was changed.",
            )
        return False
    await _announce(tx, "intervening-event.recorded", told.id, told.patient_id)
    return True


def _same(one: Standing, told: Told) -> bool:
    return (one.patient_id, one.kind, one.at, one.note, one.organization_id, one.recorded_by, one.client_id) == (
        told.patient_id,
        told.kind,
        told.at,
        told.note,
        told.organization_id,
        told.recorded_by,
        told.client_id,
    )


async def withdraw(
    tx: Connection, id_: UUID, *, reason: str, by: UUID | None, client_id: UUID | None, now: datetime
) -> bool:
    """Take an event back that should not have been told; False where it is taken back already.

    Raises NotFound for an unknown one.
    """
    one = await event(tx, id_)
    row = {"event_id": id_, "reason": reason, "withdrawn_by": by, "client_id": client_id, "withdrawn_at": now}
    if await execute(tx, queries["insert_withdrawal"], row) == 0:
        return False
    await _announce(tx, "intervening-event.withdrawn", id_, one.patient_id)
    return True


async def _announce(tx: Connection, kind: str, id_: UUID, patient_id: UUID) -> None:
    await append(tx, kind, id_, ["recognition"], patient_id=patient_id)


async def event(connection: Connection, id_: UUID) -> Standing:
    """One event. Raises NotFound."""
    found = await fetch_one(connection, queries["event"], {"id": id_}, Standing)
    if found is None:
        raise NotFound("unknown-event", "找不到该诊疗事件。", "There is no such event.")
    return found


async def events_of(connection: Connection, patients: list[UUID]) -> list[Listed]:
    """The newest events of some records, those taken back among them; at most MOST."""
    return await fetch_all(connection, queries["events_of"], {"patients": patients, "limit": MOST}, Listed)
