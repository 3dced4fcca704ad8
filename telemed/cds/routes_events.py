"""期间诊疗事件: what happened to a patient since a result was made, told by who knows of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.db import Connection
from telemed.errors import Forbidden, NotFound
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.patients import store
from telemed.recognition import intervening_store
from telemed.recognition.facts import EventKind
from telemed.recognition.intervening import Told
from telemed.vocabulary import Action, Text


class EventBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event.  submission_id: chosen by who tells it; the same again is kept once.  at: with its zone."""

    submission_id: UUID
    kind: EventKind
    at: Annotated[datetime, Meta(tz=True)]
    note: Annotated[str, Meta(max_length=500)] = ""


class WithdrawalBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class EventLine(msgspec.Struct, frozen=True):
    """One event.  withdrawn: it was taken back and does not count.  own: of the asking person's organisation.

    Times UTC.
    """

    id: UUID
    kind: EventKind
    at: datetime
    note: str
    organization_name: str
    recorded_at: datetime
    withdrawn: bool
    own: bool


class EventList(msgspec.Struct, frozen=True):
    """The newest first."""

    items: list[EventLine]


async def _list(call: Call[Nothing, Nothing]) -> EventList:
    patient_id = call.uuid("id")
    async with call.transaction() as tx:
        await _known(tx, call, patient_id)
        return await _events(tx, call, patient_id)


async def _tell(call: Call[Nothing, EventBody]) -> EventList:
    patient_id, body = call.uuid("id"), call.body
    async with call.transaction() as tx:
        await _known(tx, call, patient_id)
        told = Told(
            id=body.submission_id,
            patient_id=patient_id,
            kind=body.kind,
            at=body.at,
            note=body.note.strip(),
            organization_id=call.principal.organization_id,
            recorded_by=call.principal.practitioner_id,
            client_id=None,
            recorded_at=call.now,
        )
        await intervening_store.tell(tx, told)
        call.about("intervening-event", told.id, patient_id=patient_id)
        return await _events(tx, call, patient_id)


async def _withdraw(call: Call[Nothing, WithdrawalBody]) -> EventList:
    patient_id, number = call.uuid("id"), call.uuid("event")
    async with call.transaction() as tx:
        await _known(tx, call, patient_id)
        one = await intervening_store.event(tx, number)
        if one.patient_id not in await store.linked(tx, patient_id):
            raise NotFound("unknown-event", "找不到该诊疗事件。", "There is no such event.")
        if one.organization_id != call.principal.organization_id:
            raise Forbidden(
                "event-of-another",
                "该事件由其他机构登记，须由该机构撤回。未作任何改动。",
                "Another institution told this and has to take it back. Nothing was changed.",
            )
        by = call.principal.practitioner_id
        await intervening_store.withdraw(tx, number, reason=call.body.reason, by=by, client_id=None, now=call.now)
        call.about("intervening-event", number, patient_id=patient_id)
        return await _events(tx, call, patient_id)


async def _known(tx: Connection, call: Call[Nothing, Any], patient_id: UUID) -> None:
    if await store.patient(tx, patient_id, call.scope.organizations) is None:
        raise NotFound("unknown-patient", "找不到该患者。", "There is no such patient.")
    call.about("patient", patient_id, patient_id=patient_id)


async def _events(tx: Connection, call: Call[Nothing, Any], patient_id: UUID) -> EventList:
    found = await intervening_store.events_of(tx, await store.linked(tx, patient_id))
    return EventList(
        [
            EventLine(
                id=one.id,
                kind=EventKind(one.kind),
                at=one.at,
                note=one.note,
                organization_name=one.organization_name,
                recorded_at=one.recorded_at,
                withdrawn=one.withdrawn_at is not None,
                own=one.organization_id == call.principal.organization_id,
            )
            for one in found
        ]
    )


def endpoints() -> list[Endpoint]:
    """The routes of 期间诊疗事件."""
    return [
        Endpoint(
            "GET",
            "/api/patients/{id}/intervening-events",
            Action.RECOGNITION_CHECK,
            _list,
            Text("期间诊疗事件", "Events that make earlier results doubtful"),
            returns=EventList,
        ),
        Endpoint(
            "POST",
            "/api/patients/{id}/intervening-events",
            Action.RECOGNITION_CHECK,
            _tell,
            Text("登记手术、输血等诊疗事件", "Tell of surgery, transfusion and the like"),
            body=EventBody,
            returns=EventList,
        ),
        Endpoint(
            "POST",
            "/api/patients/{id}/intervening-events/{event}/withdrawal",
            Action.RECOGNITION_CHECK,
            _withdraw,
            Text("撤回误登记的诊疗事件", "Take back an event that was told in error"),
            body=WithdrawalBody,
            returns=EventList,
        ),
    ]
