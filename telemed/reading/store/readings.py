"""Lock a reading as its typed state; write what a transition made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_one, load
from telemed.reading.model.states import (
    AwaitingFormalReview,
    AwaitingMatch,
    AwaitingReading,
    AwaitingVerification,
    Canceled,
    Case,
    ClaimedItem,
    Delivered,
    Hold,
    InReading,
    Kind,
    Mode,
    Moved,
    NeedsRecheck,
    OnHold,
    Purpose,
    Receiving,
    Returned,
    ReturnedToSite,
    ScheduledItem,
    Side,
    Signed,
    State,
    Verifying,
    Viewed,
    Void,
    word,
)
from telemed.reading.store.rows import ItemRow, ReadingRow, VersionRow
from telemed.vocabulary import OrganizationId, PractitionerId, Priority, ReadingId, StudyId, WorkItemId

queries = load(__name__)

SCHEDULED = "SCHEDULED"
IN_PROGRESS = "IN PROGRESS"


@dataclass(frozen=True, slots=True)
class Held:
    """A reading locked by this transaction. item: the open step, else the one that ended last."""

    row: ReadingRow
    item: ItemRow | None
    current: VersionRow | None
    state: State


class BrokenReading(Exception):
    """Rows that no transition writes; a constraint should have refused them."""


async def hold(tx: Connection, reading_id: UUID, *, wait: bool = True) -> Held | None:
    """Lock one reading; None when there is none (or, without `wait`, when somebody else has it)."""
    query = queries["lock_reading"] if wait else queries["lock_reading_unless_held"]
    row = await fetch_one(tx, query, {"id": reading_id}, ReadingRow)
    if row is None:
        return None
    # Only now, under the lock, are step and version those of this row.
    item = await fetch_one(tx, queries["last_item"], {"reading_id": reading_id}, ItemRow)
    current = None
    if row.current_version_id is not None:
        current = await fetch_one(tx, queries["version"], {"id": row.current_version_id}, VersionRow)
    return Held(row, item, current, state_of(row, item, current))


async def save(tx: Connection, held: Held, moved: Moved[State], row: ReadingRow, now: datetime) -> None:
    """Write a transition: the step that ended, the step that is open, the reading's row."""
    item = moved.state.item if isinstance(moved.state, _WITH_ITEM) else None
    if moved.ended is not None:
        if held.item is None:
            raise BrokenReading(f"{held.row.id}: no step to end")
        await execute(
            tx,
            queries["end_item"],
            {
                "id": held.item.id,
                "state": "COMPLETED" if moved.ended.outcome.completed else "CANCELED",
                "outcome": moved.ended.outcome.value,
                "reason": moved.ended.reason,
                "now": now,
            },
        )
    if item is not None:
        known = held.item is not None and held.item.id == item.id
        params = _item_params(item) | {"reading_id": held.row.id, "now": now}
        await execute(tx, queries["update_item"] if known else queries["insert_item"], params)
    hold_reason = moved.state.hold.value if isinstance(moved.state, OnHold) else None
    written = msgspec.structs.replace(row, state=word(moved.state), hold_reason=hold_reason)
    await execute(tx, queries["update_reading"], msgspec.structs.asdict(written))


def state_of(row: ReadingRow, item: ItemRow | None, current: VersionRow | None) -> State:  # noqa: C901 -- one arm a state
    """The typed state that a row, its step and its current version stand for."""
    case = Case(
        ReadingId(row.id),
        StudyId(row.study_id),
        OrganizationId(row.organization_id),
        Mode(row.mode),
        Priority(row.priority),
        row.preliminary_version_id is not None,
    )
    author = None if row.author_id is None else PractitionerId(row.author_id)
    if row.state in _BARE:
        return _BARE[row.state](case)
    if row.state in _ISSUED and current is not None:
        verifier = None if current.verifier_id is None else PractitionerId(current.verifier_id)
        return _ISSUED[row.state](case, PractitionerId(current.author_id), verifier)
    if item is None:
        raise BrokenReading(f"{row.id}: {row.state} without a step")
    purpose, side = Purpose(item.purpose), Side(item.side)
    match row.state:
        case "awaiting-reading":
            return AwaitingReading(case, _scheduled(item))
        case "returned":
            return Returned(case, _scheduled(item))
        case "reading":
            return InReading(case, _claimed(item))
        case "on-hold" if row.hold_reason is not None:
            return OnHold(case, Hold(row.hold_reason), purpose, side, item.reason)
        case "returned-to-site" if item.claimed_by is not None:
            return ReturnedToSite(case, PractitionerId(item.claimed_by), purpose, side, item.reason)
        case "awaiting-verification" if author is not None:
            return AwaitingVerification(case, _scheduled(item), author)
        case "awaiting-formal-review" if author is not None:
            return AwaitingFormalReview(case, _scheduled(item), author)
        case "verifying" if author is not None:
            return Verifying(case, _claimed(item), author)
        case _:
            raise BrokenReading(f"{row.id}: {row.state}")


_WITH_ITEM = (AwaitingReading, InReading, Returned, AwaitingVerification, AwaitingFormalReview, Verifying)
_BARE: dict[str, type[Receiving | AwaitingMatch | Void | Canceled]] = {
    "receiving": Receiving,
    "awaiting-match": AwaitingMatch,
    "void": Void,
    "canceled": Canceled,
}
_ISSUED: dict[str, type[Signed | Delivered | Viewed | NeedsRecheck]] = {
    "signed": Signed,
    "delivered": Delivered,
    "viewed": Viewed,
    "needs-recheck": NeedsRecheck,
}


def issued_state(name: str) -> type[Signed | Delivered | Viewed | NeedsRecheck]:
    return _ISSUED[name]


def _scheduled(item: ItemRow) -> ScheduledItem:
    return ScheduledItem(
        WorkItemId(item.id),
        Kind(item.kind),
        Purpose(item.purpose),
        Side(item.side),
        None if item.assigned_to is None else PractitionerId(item.assigned_to),
        item.reason,
    )


def _claimed(item: ItemRow) -> ClaimedItem:
    if item.transaction_uid is None or item.claimed_by is None or item.claimed_at is None or item.lease_until is None:
        raise BrokenReading(f"step {item.id} is not claimed")
    return ClaimedItem(
        WorkItemId(item.id),
        Kind(item.kind),
        Purpose(item.purpose),
        Side(item.side),
        item.transaction_uid,
        PractitionerId(item.claimed_by),
        item.claimed_at,
        item.lease_until,
        item.reason,
    )


def _item_params(item: ScheduledItem | ClaimedItem) -> dict[str, object]:
    params: dict[str, object] = {
        "id": item.id,
        "kind": item.kind.value,
        "purpose": item.purpose.value,
        "side": item.side.value,
        "reason": item.reason,
    }
    if isinstance(item, ScheduledItem):
        free = {"transaction_uid": None, "claimed_by": None, "claimed_at": None, "lease_until": None}
        return params | free | {"state": SCHEDULED, "assigned_to": item.assigned_to}
    return params | {
        "state": IN_PROGRESS,
        "assigned_to": None,
        "transaction_uid": item.transaction_uid,
        "claimed_by": item.claimed_by,
        "claimed_at": item.claimed_at,
        "lease_until": item.lease_until,
    }
