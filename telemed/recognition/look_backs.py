"""追溯核查: periods that a withdrawal took back, and the decisions that have to be looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, load
from telemed.errors import Conflict, Invalid
from telemed.events import log

queries = load(__name__, "look_backs.sql")
LONGEST_NOTE = 1000


class LookedBack(StrEnum):
    """What came of looking again."""

    NO_CONSEQUENCE = "no-consequence"
    REPEATED = "repeated"
    PATIENT_TOLD = "patient-told"
    PATIENT_NOT_FOUND = "patient-not-found"


class LookBack(msgspec.Struct, frozen=True):
    """A grant was held active in [begins, ends) and is withdrawn for it since known_from."""

    id: UUID
    grant_id: UUID
    organization_id: UUID
    item_key: str
    device_id: str | None
    begins: datetime
    ends: datetime
    cause_id: UUID
    known_from: datetime


class OpenTask(msgspec.Struct, frozen=True):
    """One decision to look at again."""

    id: UUID
    look_back_id: UUID
    decision_id: UUID
    opened_at: datetime
    grant_id: UUID
    organization_id: UUID
    item_key: str


async def look_backs(connection: Connection, after: datetime, limit: int) -> list[LookBack]:
    """Periods taken back since a moment, newest first, at most `limit`."""
    return await fetch_all(connection, queries["known_look_backs"], {"after": after, "limit": limit}, LookBack)


async def open_tasks(tx: Connection, look_back: LookBack, decisions: Sequence[UUID], now: datetime) -> int:
    """Open a task for each decision that relied on the grant, once; return how many are new."""
    params = {"look_back_id": look_back.id, "decisions": sorted(set(decisions)), "now": now}
    new = await execute(tx, queries["open_tasks"], params)
    if new:
        topics = ["recognition", f"organization/{look_back.organization_id}"]
        await log.append(tx, "look-back-tasks.opened", look_back.id, topics, tasks=new)
    return new


async def open_list(connection: Connection, organizations: Sequence[UUID] | None, limit: int) -> list[OpenTask]:
    """Tasks that nobody has closed, oldest first, of members whose grant was withdrawn (None: of all)."""
    params = {"organizations": None if organizations is None else list(organizations), "limit": limit}
    return await fetch_all(connection, queries["open_list"], params, OpenTask)


async def close_task(tx: Connection, task_id: UUID, outcome: LookedBack, note: str, *, by: UUID, now: datetime) -> None:
    """Write what came of it. Raises Invalid for a note too long, Conflict when the task is closed or unknown."""
    if len(note) > LONGEST_NOTE:
        raise Invalid(
            "look-back-note-too-long",
            f"说明超过 {LONGEST_NOTE} 字。未作任何改动。",
            f"The note is longer than {LONGEST_NOTE} characters. Nothing was changed.",
        )
    params = {"id": task_id, "outcome": str(outcome), "note": note.strip(), "by": by, "now": now}
    if not await execute(tx, queries["close_task"], params):
        raise Conflict(
            "look-back-task-closed",
            "该追溯核查已由他人完成或不存在。未作任何改动。",
            "This look-back task is closed already, or there is none. Nothing was changed.",
        )
    await log.append(tx, "look-back-task.closed", task_id, ["recognition"])
