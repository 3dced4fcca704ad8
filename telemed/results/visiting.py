"""What an ADT message becomes in the database: a version of a visit, under the record of whoever attended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec

from telemed.db import Connection, execute, fetch_one, load
from telemed.events import append
from telemed.results import store
from telemed.results.admitting import Mine, admit, still
from telemed.results.report import Doubt
from telemed.results.storing import Outcome
from telemed.results.visits import RANK, Visit, day_of
from telemed.results.whose import whose

queries = load(__name__, "visiting.sql")

#: Characters kept of a time as it was written.
LONGEST = 60
ANOTHER_PATIENT = "visit-of-another-patient"


class _Id(msgspec.Struct):
    id: UUID


@dataclass(frozen=True, slots=True)
class Told:
    """One ADT message to be stored.  zone: the county's.  accepted: grounds that a person has accepted.

    came_at: when it came first, where it is read anew; None for one that comes now.
    """

    received: store.Received
    sender: store.Sender
    visit: Visit
    zone: ZoneInfo
    accepted: frozenset[str] = frozenset()
    came_at: datetime | None = None


def storing_visit(told: Told) -> Callable[[Connection, Outcome], Awaitable[None]]:
    """Storing one message's visit, for whoever keeps the message."""

    async def store_it(tx: Connection, outcome: Outcome) -> None:
        await store_visit(tx, told, outcome)

    return store_it


async def store_visit(tx: Connection, told: Told, outcome: Outcome) -> None:
    """Store what can be stored and note in `outcome` what cannot."""
    said, organization_id, now = told.visit, told.sender.organization_id, told.received.received_at
    outcome.doubt(said.doubts, said.line, said.number)
    if said.doubts:
        return
    who = whose(said.patient, organization_id)
    outcome.doubt(who.doubts, said.line, said.number)
    encounter_id = await _encounter(tx, organization_id, said)
    before = await fetch_one(tx, queries["latest_version"], {"encounter_id": encounter_id}, store.Latest)
    mine = still(before, who) or await admit(tx, who, organization_id, now)
    # whoever was known to the sender alone may turn out to be somebody; a person once proved does not become another
    moved = before is not None and before.linked and before.patient_id != mine.patient_id
    if moved and ANOTHER_PATIENT not in told.accepted:
        outcome.doubt([Doubt(ANOTHER_PATIENT, f"PV1-19 line {said.line}")], said.line, said.number)
        return
    version = await _insert(tx, told, encounter_id, mine)
    outcome.stored = True
    await append(
        tx,
        "encounter.told",
        encounter_id,
        [f"organization/{organization_id}"],
        version=version,
        message=told.received.id,
        patient=mine.patient_id,
    )


async def _encounter(tx: Connection, organization_id: UUID, said: Visit) -> UUID:
    """The visit of a number, made if it is new and held until commit."""
    params = {"organization_id": organization_id, "number_system": said.number_system, "number": said.number}
    await execute(tx, queries["make_encounter"], params)
    row = await fetch_one(tx, queries["lock_encounter"], params, _Id)
    if row is None:
        raise LookupError("a visit that exists cannot be found")
    return row.id


async def _insert(tx: Connection, told: Told, encounter_id: UUID, mine: Mine) -> UUID:
    said, version = told.visit, uuid4()
    day = day_of(said.began, told.zone)
    await execute(
        tx,
        queries["insert_version"],
        {
            "id": version,
            "encounter_id": encounter_id,
            "message_id": told.received.id,
            "patient_id": mine.patient_id,
            "linked": mine.linked,
            "act": said.act.value,
            "act_rank": RANK[said.act],
            "class": None if said.encounter_class is None else said.encounter_class.value,
            "class_written": said.class_written,
            "began_at": None if said.began is None or day is None else said.began.at,
            "began_day": day,
            "began_written": "" if said.began is None else said.began.written[:LONGEST],
            "began_zone_stated": said.began is not None and said.began.zone_stated,
            "ended_at": said.ended.at if said.ended is not None and said.ended.believed else None,
            "ended_written": "" if said.ended is None else said.ended.written[:LONGEST],
            "told_at": said.told or told.came_at or told.received.received_at,
            "known_from": told.received.received_at,
        },
    )
    return version
