"""What every command of reading shares: who acts, on which locked reading, with which rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from telemed.db import Connection
from telemed.events import append
from telemed.reading.model import words
from telemed.reading.model.rules import ReadingRules
from telemed.reading.model.states import Claim, ClaimedItem, Moved, ScheduledItem, Side, State
from telemed.reading.store.readings import Held, hold, save
from telemed.reading.store.rows import ReadingRow
from telemed.vocabulary import Principal, Scope, WorkItemId

UID_ROOT = "2.25"  # UUID-derived UIDs, PS3.5 B.2


@dataclass(frozen=True, slots=True)
class Signatures:
    """What access gives to signing.

    confirm(principal, password, now): raises Forbidden unless the password (or key) is this person's; it keeps count
    of failures, so it is asked before the transaction that signs.
    licensed(tx, principal, modality, now): raises Forbidden unless the licence covers the modality today.
    """

    confirm: Callable[[Principal, str, datetime], Awaitable[None]]
    licensed: Callable[[Connection, Principal, str, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Acting:
    """One command: its transaction, who gives it, where that person may act, when, by which rules."""

    tx: Connection
    principal: Principal
    scope: Scope
    now: datetime
    rules: ReadingRules

    async def hold(self, reading_id: UUID) -> Held:
        """Lock a reading this person may know of; NotFound otherwise."""
        held = await hold(self.tx, reading_id)
        if held is None or not self.scope.admits(held.row.organization_id):
            raise words.no_such_reading()
        return held

    def claim(self) -> Claim:
        uid = f"{UID_ROOT}.{uuid4().int}"
        return Claim(self.principal.practitioner_id, uid, self.now, self.now + self.rules.lease)

    def require_side(self, held: Held, side: Side) -> None:
        """Raises Forbidden when the other side does this step."""
        county = side is Side.COUNTY
        fits = self.principal.reading_center if county else held.row.organization_id in self.principal.organization_ids
        if not fits:
            raise words.not_your_side(county=county)

    def require_free(self, held: Held, item: ScheduledItem) -> None:
        """Raises when the step is another side's, or assigned to another person."""
        self.require_side(held, item.side)
        if item.assigned_to not in (None, self.principal.practitioner_id):
            raise words.assigned_to_another()

    def require_mine(self, item: ClaimedItem) -> None:
        """Raises Conflict when somebody else holds the step."""
        if item.claimed_by != self.principal.practitioner_id:
            raise words.held_by_another("另一位医师")

    async def save(self, held: Held, moved: Moved[State], kind: str, **changes: object) -> None:
        """Write a transition with its event (`kind`)."""
        await write(self.tx, held, moved, kind, self.now, **changes)


async def write(
    tx: Connection,
    held: Held,
    moved: Moved[State],
    kind: str,
    now: datetime,
    **changes: object,
) -> None:
    """Write a transition and the event that says so; `changes` are other columns of the reading."""
    row: ReadingRow = msgspec.structs.replace(held.row, **changes)
    await save(tx, held, moved, row, now)
    await tell(tx, held.row, kind)


async def tell(tx: Connection, row: ReadingRow, kind: str, **ids: UUID | str | int) -> None:
    """Append an event about a reading for the worklist, its organisation and its study."""
    topics = ["worklist", f"organization/{row.organization_id}", f"study/{row.study_id}"]
    await append(tx, kind, row.id, topics, study_id=row.study_id, organization_id=row.organization_id, **ids)


def new_item() -> WorkItemId:
    return WorkItemId(uuid4())


def required(text: str) -> str:
    """The text without outer blanks; Invalid when nothing is left."""
    text = text.strip()
    if not text:
        raise words.needs_reason()
    return text
