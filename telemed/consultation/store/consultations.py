"""Consultations in PostgreSQL: held, moved with their step and event, listed."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from telemed.consultation.model import states, telling
from telemed.consultation.model.guards import Concern, Consent
from telemed.consultation.model.states import Asked, Expert, State, Urgency
from telemed.consultation.model.telling import Standing
from telemed.consultation.store.rows import (
    ConsentRow,
    ConsultationLine,
    ConsultationRow,
    Id,
    OfferRow,
    PhoneAnswerRow,
    RatingRow,
    ResultRow,
    StepRow,
    StudyRow,
)
from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.events import append
from telemed.outgoing.outbox import stands
from telemed.outgoing.outbox import tell as owe
from telemed.vocabulary import Scope

queries = load(__name__, "consultations.sql")

#: What every event about consultations is heard under, beside the consultation's own topic; ids only.
TOPIC = "consultations"


class _Due(msgspec.Struct):
    due_at: datetime | None


class _Busy(msgspec.Struct, frozen=True):
    id: UUID
    number: str
    starts_at: datetime
    minutes: int


class _Code(msgspec.Struct):
    code: str


class _Name(msgspec.Struct):
    name: str


class _Near(msgspec.Struct, frozen=True):
    id: UUID
    organization_id: UUID
    expert_organization_id: UUID


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that is being written.  by: None where a due time was over.  reason: as given, without outer blanks."""

    command: str
    by: UUID | None
    now: datetime
    reason: str = ""
    concerns: frozenset[Concern] = frozenset()
    detail: tuple[tuple[str, str | int], ...] = ()


async def hold(tx: Connection, consultation_id: UUID) -> ConsultationRow | None:
    """One consultation, locked."""
    return await fetch_one(tx, queries["hold"], {"id": consultation_id}, ConsultationRow)


async def insert(tx: Connection, columns: dict[str, Any]) -> bool:
    """False where the id is taken."""
    return await execute(tx, queries["insert"], columns) > 0


async def write_form(tx: Connection, columns: dict[str, Any]) -> None:
    await execute(tx, queries["write_form"], columns)


async def move(tx: Connection, row: ConsultationRow, to: State, taken: Taken, **changes: object) -> ConsultationRow:
    """Write a step: the consultation as it stands now, the step itself, and an event.

    changes: other columns that go with it.
    """
    after = msgspec.structs.replace(row, **_columns(to), **changes)
    await execute(tx, queries["save"], msgspec.structs.asdict(after))
    await _note(tx, row, states.word(to), taken)
    await tell(tx, row, f"consultation.{taken.command}")
    await stands(tx, row.id, telling.words(standing(after)), taken.now)
    for notice in telling.of_step(taken.command, standing(row), standing(after), taken.by):
        await owe(tx, notice, taken.now)
    return after


def standing(row: ConsultationRow) -> Standing:
    """A consultation as it is decided by who is told what of it."""
    return Standing(**{name: getattr(row, name) for name in Standing.__slots__})


async def note(tx: Connection, row: ConsultationRow, taken: Taken) -> None:
    """Write down something that changes no state."""
    await _note(tx, row, row.state, taken)
    await tell(tx, row, f"consultation.{taken.command}")


async def owe_addendum(tx: Connection, row: ConsultationRow, version: int, by: UUID, now: datetime) -> None:
    """Whoever asked is told of an addendum, which is no step."""
    await owe(tx, telling.of_addendum(standing(row), version, by), now)


async def _note(tx: Connection, row: ConsultationRow, to: str, taken: Taken) -> None:
    params = {
        "id": row.id,
        "command": taken.command,
        "from_state": row.state,
        "to_state": to,
        "by": taken.by,
        "now": taken.now,
        "reason": taken.reason,
        "concerns": sorted(one.value for one in taken.concerns),
        "detail": json.dumps(dict(taken.detail)),
    }
    await execute(tx, queries["insert_step"], params)


async def tell(tx: Connection, row: ConsultationRow, kind: str) -> None:
    """Whoever may have to do with it hears that something has changed."""
    await append(tx, kind, row.id, [TOPIC, f"consultation/{row.id}"], organization_id=row.organization_id)


def _columns(state: State) -> dict[str, object]:
    """What a state says of its row; everything that another state said is gone."""
    asked = state.asked if isinstance(state, states.Offered) else None
    who: Expert | None = getattr(state, "expert", None)
    if isinstance(state, states.Incomplete):
        who = state.asked
    elif asked is not None:
        who = Expert(asked.expert_id, asked.organization_id)
    appointed = state if isinstance(state, states.Scheduled) else None
    return {
        "state": states.word(state),
        "expert_id": None if who is None else who.expert_id,
        "expert_organization_id": None if who is None else who.organization_id,
        "line": None if asked is None else asked.line,
        "due_at": None if asked is None else asked.due_at,
        "starts_at": None if appointed is None else appointed.starts_at,
        "minutes": None if appointed is None else appointed.minutes,
    }


async def ask(tx: Connection, row: ConsultationRow, asked: Asked, now: datetime) -> None:
    """Somebody is asked from now on."""
    params = {
        "id": row.id,
        "expert_id": asked.expert_id,
        "organization_id": asked.organization_id,
        "line": asked.line,
        "now": now,
        "due_at": asked.due_at,
    }
    await execute(tx, queries["insert_offer"], params)


async def end_offer(tx: Connection, row: ConsultationRow, outcome: str, now: datetime, reason: str = "") -> None:
    """What came of whoever is asked now, if anybody is."""
    await execute(tx, queries["end_offer"], {"id": row.id, "outcome": outcome, "now": now, "reason": reason})


async def passed(tx: Connection, consultation_id: UUID) -> frozenset[UUID]:
    """Who was asked in this round and did not take it."""
    return frozenset(one.id for one in await fetch_all(tx, queries["passed"], {"id": consultation_id}, Id))


async def organization_code(connection: Connection, consultation_id: UUID) -> str:
    row = await fetch_one(connection, queries["organization_code"], {"id": consultation_id}, _Code)
    if row is None:
        raise LookupError("a person belongs to an institution")
    return row.code


async def name_of(connection: Connection, consultation_id: UUID) -> str:
    row = await fetch_one(connection, queries["name_of"], {"id": consultation_id}, _Name)
    if row is None:
        raise LookupError("an expert is a person")
    return row.name


async def due(connection: Connection, now: datetime) -> list[UUID]:
    """Consultations whose clock has run out."""
    return [one.id for one in await fetch_all(connection, queries["due"], {"now": now}, Id)]


async def next_due(connection: Connection) -> datetime | None:
    """When the next clock runs out."""
    row = await fetch_one(connection, queries["next_due"], {}, _Due)
    return None if row is None else row.due_at


async def to_remind(tx: Connection, now: datetime, until: datetime) -> None:
    """Tell of the appointments that are near, once each."""
    for one in await fetch_all(tx, queries["to_remind"], {"now": now, "until": until}, _Near):
        topics = [TOPIC, f"consultation/{one.id}"]
        await append(tx, "consultation.reminded", one.id, topics, organization_id=one.organization_id)
        row = await hold(tx, one.id)
        if row is not None:
            await owe(tx, telling.of_appointment_near(standing(row)), now)


async def warn_of_clocks(tx: Connection, now: datetime) -> None:
    """Tell of the clocks that are nearly out, once each."""
    near = {"until": now + telling.LONGEST_WARNING}
    for one in await fetch_all(tx, queries["nearly_due"], near, Id):
        row = await hold(tx, one.id)
        if row is None or row.due_at is None or now < telling.warn_at(Urgency(row.urgency), row.due_at):
            continue
        await owe(tx, telling.of_clock_nearly_out(standing(row)), now)


async def busy(
    tx: Connection, row: ConsultationRow, people: Collection[UUID], starts_at: datetime, minutes: int
) -> list[_Busy]:
    """Other appointments of these people that touch a time; theirs stay as they are until this transaction ends."""
    await fetch_all(tx, queries["lock_people"], {"people": sorted(people)}, Id)
    params = {
        "id": row.id,
        "people": sorted(people),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
    }
    return await fetch_all(tx, queries["busy"], params, _Busy)


async def lines(
    connection: Connection,
    scope: Scope,
    person: UUID,
    *,
    limit: int,
    only: UUID | None = None,
    only_open: bool | None = None,
    patient_id: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
    joined: Collection[str] = (),
) -> list[ConsultationLine]:
    """Consultations of institutions in scope, or that this person asked for or was asked in; the newest first.

    joined: the roles in which this person was added that count too.
    """
    organizations = scope.organizations
    params = {
        "id": only,
        "everywhere": organizations is None,
        "organizations": organizations or [],
        "person": person,
        "joined": list(joined),
        "open": only_open,
        "patient_id": patient_id,
        "before": None if before is None else before[0],
        "before_id": None if before is None else before[1],
        "limit": limit,
    }
    return await fetch_all(connection, queries["list"], params, ConsultationLine)


async def attach(
    tx: Connection,
    consultation_id: UUID,
    studies: Sequence[UUID],
    results: Sequence[ResultRow],
    *,
    by: UUID,
    now: datetime,
) -> None:
    """What is looked at, said anew."""
    await execute(tx, queries["detach_studies"], {"id": consultation_id})
    await execute(tx, queries["detach_results"], {"id": consultation_id})
    await attach_more(tx, consultation_id, studies, results, by=by, now=now)


async def attach_more(
    tx: Connection,
    consultation_id: UUID,
    studies: Sequence[UUID],
    results: Sequence[ResultRow],
    *,
    by: UUID,
    now: datetime,
) -> None:
    """What is looked at besides."""
    for study in studies:
        await execute(tx, queries["attach_study"], {"id": consultation_id, "study_id": study, "by": by, "now": now})
    for one in results:
        params = {**msgspec.structs.asdict(one), "id": consultation_id, "by": by, "now": now}
        await execute(tx, queries["attach_result"], params)


async def of_patient(tx: Connection, studies: Sequence[UUID], patients: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these studies are of one of these records."""
    params = {"study_ids": list(studies), "patient_ids": list(patients)}
    return frozenset(one.id for one in await fetch_all(tx, queries["study_of_patient"], params, Id))


async def studies(connection: Connection, consultation_id: UUID) -> list[StudyRow]:
    return await fetch_all(connection, queries["studies"], {"id": consultation_id}, StudyRow)


async def results(connection: Connection, consultation_id: UUID) -> list[ResultRow]:
    return await fetch_all(connection, queries["results"], {"id": consultation_id}, ResultRow)


async def steps(connection: Connection, consultation_id: UUID) -> list[StepRow]:
    return await fetch_all(connection, queries["steps"], {"id": consultation_id}, StepRow)


async def offers(connection: Connection, consultation_id: UUID) -> list[OfferRow]:
    return await fetch_all(connection, queries["offers"], {"id": consultation_id}, OfferRow)


async def consents(connection: Connection, consultation_id: UUID) -> list[ConsentRow]:
    return await fetch_all(connection, queries["consents"], {"id": consultation_id}, ConsentRow)


def judged(rows: Sequence[ConsentRow]) -> list[Consent]:
    """Consent as the guards look at it: an approval is owed a paper, or an exemption that says why there is none."""
    return [Consent(one.at, owed=one.kind == "approval") for one in rows]


async def insert_consent(tx: Connection, columns: dict[str, Any]) -> None:
    await execute(tx, queries["insert_consent"], columns)


async def insert_phone_answer(tx: Connection, columns: dict[str, Any]) -> None:
    await execute(tx, queries["insert_phone_answer"], columns)


async def phone_answers(connection: Connection, consultation_id: UUID) -> list[PhoneAnswerRow]:
    return await fetch_all(connection, queries["phone_answers"], {"id": consultation_id}, PhoneAnswerRow)


async def rate(tx: Connection, consultation_id: UUID, stars: int, note: str, *, by: UUID, now: datetime) -> bool:
    """Whether it was rated now; False where it had been."""
    params = {"id": consultation_id, "stars": stars, "note": note, "by": by, "now": now}
    return await execute(tx, queries["rate"], params) > 0


async def rating(connection: Connection, consultation_id: UUID) -> RatingRow | None:
    return await fetch_one(connection, queries["rating"], {"id": consultation_id}, RatingRow)
