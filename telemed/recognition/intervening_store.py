"""Events that make an earlier result doubtful, in PostgreSQL: kept once, taken back, listed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, NotFound
from telemed.events import append
from telemed.recognition.intervening import Standing, Told, refuse, same

queries = load(__name__, "intervening_store.sql")

MOST = 100


@dataclass(frozen=True, slots=True)
class Listed(Standing):
    """An event with whose word it is."""

    organization_name: str


async def tell(tx: Connection, told: Told) -> bool:
    """Keep an event; False where the same is kept already.

    Raises Invalid for a time that cannot be, Conflict where another event has this id. Nothing is written then.
    """
    refused = refuse(told)
    if refused is not None:
        raise refused
    if await execute(tx, queries["insert_event"], asdict(told)) == 0:
        if not same(await event(tx, told.id), told):
            raise Conflict(
                "event-id-taken",
                "该编号已用于另一条事件。未作任何改动。",
                "Another event has this id. Nothing was changed.",
            )
        return False
    await _announce(tx, "intervening-event.recorded", told.id, told.patient_id)
    return True


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
