"""追溯核查 in PostgreSQL: what was taken back, who relied on it, and what came of looking again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import NotFound
from telemed.events import log
from telemed.quality.looking_back import Act, Finding, TaskState, acted, state_of
from telemed.recognition.look_backs import LookBack
from telemed.vocabulary import Scope

queries = load(__name__, "look_backs.sql")
MOST_LOOK_BACKS, MOST_TASKS = 200, 500


class LookBackRow(msgspec.Struct, frozen=True):
    """tasks, open: of the decisions within reach."""

    id: UUID
    organization_id: UUID
    organization_name: str
    item_key: str
    device: str
    begins: datetime
    ends: datetime
    known_from: datetime
    cause_id: UUID
    programme: str | None
    basis: str | None
    label: str | None
    tasks: int
    open: int
    total: int


class TaskRow(msgspec.Struct, frozen=True):
    id: UUID
    decision_id: UUID
    organization_id: UUID
    organization_name: str
    patient_id: UUID | None
    patient_name: str
    decided_at: datetime
    verdict: str
    trace: str
    response: str
    reason_code: str
    shown: bool
    asks: bool
    act: str | None
    finding: str
    note: str
    acted_by_name: str
    acted_at: datetime | None
    total: int

    @property
    def state(self) -> TaskState:
        return state_of(None if self.act is None else Act(self.act))


class Held(msgspec.Struct, frozen=True):
    """A task that is being acted on.  organization_id: where the decision was asked for."""

    id: UUID
    look_back_id: UUID
    organization_id: UUID
    patient_id: UUID | None
    producer_id: UUID


class _Last(msgspec.Struct):
    number: int
    act: str
    outcome: str
    note: str
    acted_by: UUID


async def look_backs(connection: Connection, organizations: Sequence[UUID] | None) -> list[LookBackRow]:
    """The newest periods taken back that concern some organisations (None: all of them)."""
    params = {"organizations": organizations, "limit": MOST_LOOK_BACKS}
    return await fetch_all(connection, queries["look_backs"], params, LookBackRow)


async def look_back(connection: Connection, number: UUID) -> LookBack:
    """Raises NotFound."""
    found = await fetch_one(connection, queries["look_back"], {"id": number}, LookBack)
    if found is None:
        raise unknown()
    return found


async def tasks(connection: Connection, look_back_id: UUID, organizations: Sequence[UUID] | None) -> list[TaskRow]:
    """The decisions that relied on it, asked for in some organisations, the oldest first."""
    params = {"look_back_id": look_back_id, "organizations": organizations, "limit": MOST_TASKS}
    return await fetch_all(connection, queries["tasks"], params, TaskRow)


async def hold_task(tx: Connection, number: UUID, scope: Scope) -> Held:
    """A task of a decision within reach, held until the transaction ends.  Raises NotFound."""
    found = await fetch_one(tx, queries["hold_task"], {"id": number}, Held)
    if found is None or not scope.admits(found.organization_id):
        raise unknown()
    return found


async def act(
    tx: Connection, held: Held, what: Act, finding: Finding | None, note: str, *, by: UUID, now: datetime
) -> bool:
    """Write what somebody did; False where the same person said the same last.  Raises as `acted`."""
    last = await fetch_one(tx, queries["last_act"], {"task_id": held.id}, _Last)
    said = (what, "" if finding is None else finding.value, note.strip())
    if last is not None and (last.act, last.outcome, last.note) == said and last.acted_by == by:
        return False
    acted(None if last is None else Act(last.act), what, finding, note)
    row = {
        "task_id": held.id,
        "number": 1 if last is None else last.number + 1,
        "act": str(what),
        "outcome": said[1],
        "note": said[2],
        "by": by,
        "now": now,
    }
    await execute(tx, queries["add_act"], row)
    topics = ["quality", f"organization/{held.organization_id}", f"organization/{held.producer_id}"]
    await log.append(tx, "look-back-task.acted", held.id, topics, look_back=held.look_back_id, act=str(what))
    return True


def unknown() -> NotFound:
    return NotFound("unknown-look-back", "找不到该追溯核查。", "There is no such look-back.")
