"""追溯核查 over HTTP: periods taken back, the decisions that relied on them, and what came of looking again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.http.wire import Call, Endpoint, Nothing
from telemed.quality import facts_store, look_back_store
from telemed.quality.facts_store import Items, item_name
from telemed.quality.look_back_store import LookBackRow, TaskRow
from telemed.quality.looking_back import LONGEST_NOTE, Act, Finding, TaskState, state_of
from telemed.quality.messages import ItemWords
from telemed.recognition.look_backs import LookBack
from telemed.recognition.reliance import relied
from telemed.vocabulary import Action, Text


class LookBackLine(msgspec.Struct, frozen=True):
    """A period taken back.  tasks, open: decisions within reach, and those nobody has looked at.  cause: the fact."""

    id: UUID
    organization_id: UUID
    organization_name: str
    item: ItemWords
    programme: str
    device: str
    begins: datetime
    ends: datetime
    known_from: datetime
    cause: UUID
    tasks: int
    open: int


class LookBackList(msgspec.Struct, frozen=True):
    """total: how many there are; items: the newest of them."""

    items: list[LookBackLine]
    total: int


class TaskLine(msgspec.Struct, frozen=True):
    """One decision.  acquired: when its result was.  response: '' where nobody answered.

    shown: on a card.  asks: on one that asked for an answer.
    """

    id: UUID
    decision: UUID
    organization_name: str
    patient: UUID | None
    patient_name: str
    decided_at: datetime
    acquired: datetime
    result: str
    verdict: str
    shown: bool
    asks: bool
    response: str
    reason: str
    state: TaskState
    finding: str
    note: str
    acted_by_name: str
    acted_at: datetime | None


class TaskList(msgspec.Struct, frozen=True):
    items: list[TaskLine]
    total: int


class LookBackAct(msgspec.Struct, frozen=True):
    """done says what came of it, reopened says in the note why."""

    act: Act
    finding: Finding | None = None
    note: Annotated[str, Meta(max_length=LONGEST_NOTE)] = ""


class LookBackActed(msgspec.Struct, frozen=True):
    id: UUID
    state: TaskState
    repeated: bool


async def look_backs(call: Call[Nothing, Nothing]) -> LookBackList:
    async with call.pool.connection() as connection:
        rows = await look_back_store.look_backs(connection, call.scope.organizations)
        items = await facts_store.known_items(connection)
    return LookBackList([_line(row, items) for row in rows], rows[0].total if rows else 0)


async def tasks(call: Call[Nothing, Nothing]) -> TaskList:
    async with call.pool.connection() as connection:
        found = await look_back_store.look_back(connection, call.uuid("id"))
        rows = await look_back_store.tasks(connection, found.id, call.scope.organizations)
        if not rows and not call.scope.admits(found.organization_id):
            raise look_back_store.unknown()
    call.about("look-back", found.id)
    for row in rows:
        call.about("recognition-decision", row.decision_id, patient_id=row.patient_id)
    return TaskList([_task(row, found) for row in rows], rows[0].total if rows else 0)


async def act(call: Call[Nothing, LookBackAct]) -> LookBackActed:
    body = call.body
    async with call.transaction() as tx:
        held = await look_back_store.hold_task(tx, call.uuid("id"), call.scope)
        call.about("look-back-task", held.id, patient_id=held.patient_id)
        call.detail["act"] = str(body.act)
        new = await look_back_store.act(
            tx, held, body.act, body.finding, body.note, by=call.principal.practitioner_id, now=call.now
        )
    return LookBackActed(held.id, state_of(body.act), repeated=not new)


def _line(row: LookBackRow, items: Items) -> LookBackLine:
    agreed = row.basis in {"community-document", "county-remote-reading"}
    return LookBackLine(
        id=row.id,
        organization_id=row.organization_id,
        organization_name=row.organization_name,
        item=item_name(row.item_key, items),
        programme=(row.label if agreed else row.programme) or "",
        device=row.device,
        begins=row.begins,
        ends=row.ends,
        known_from=row.known_from,
        cause=row.cause_id,
        tasks=row.tasks,
        open=row.open,
    )


def _task(row: TaskRow, of: LookBack) -> TaskLine:
    result = relied(row.trace, of.taken)[0]
    return TaskLine(
        id=row.id,
        decision=row.decision_id,
        organization_name=row.organization_name,
        patient=row.patient_id,
        patient_name=row.patient_name,
        decided_at=row.decided_at,
        acquired=result.anchor,
        result=result.result,
        verdict=row.verdict,
        shown=row.shown,
        asks=row.asks,
        response=row.response,
        reason=row.reason_code,
        state=row.state,
        finding=row.finding,
        note=row.note,
        acted_by_name=row.acted_by_name,
        acted_at=row.acted_at,
    )


def endpoints() -> list[Endpoint]:
    """The routes of the tab 追溯核查."""
    return [
        Endpoint(
            "GET",
            "/api/quality/look-backs",
            Action.QUALITY_LOOK_BACK,
            look_backs,
            Text("追溯核查：被撤回的资格时段", "Look-backs: periods taken back"),
            returns=LookBackList,
        ),
        Endpoint(
            "GET",
            "/api/quality/look-backs/{id}",
            Action.QUALITY_LOOK_BACK,
            tasks,
            Text("依据该资格的决定", "The decisions that relied on it"),
            returns=TaskList,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/quality/look-back-tasks/{id}/acts",
            Action.QUALITY_LOOK_BACK,
            act,
            Text("记录核查结果，或重新打开", "Say what came of looking again, or open it again"),
            body=LookBackAct,
            returns=LookBackActed,
        ),
    ]
