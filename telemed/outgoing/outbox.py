"""The outbox: a message is a row in the transaction of the fact it tells, one for each receiver that asked for it."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, fetch_all, load
from telemed.events import append
from telemed.outgoing.model import Notice

queries = load(__name__)

#: Who looks after receivers hears under this that something has changed.
TOPIC = "admin"


class _Id(msgspec.Struct):
    id: UUID


async def tell(tx: Connection, notice: Notice, now: datetime, *, receiver: str | None = None) -> int:
    """Owe a message to every receiver that wants it, or to one whether it wants it or not; how many are owed.

    The same `once` a second time owes nothing.
    """
    recipients = [{"role": one.role, "practitioner_id": _text(one.practitioner_id)} for one in notice.recipients]
    concerns = {one for one in (notice.organization_id, *notice.concerns) if one is not None}
    params = {
        "kind": notice.kind.value,
        "subject": notice.subject,
        "once": notice.once,
        "now": now,
        "urgency": notice.urgency,
        "department": notice.department,
        "organization_id": notice.organization_id,
        "concerns": sorted(concerns),
        "due_at": notice.due_at,
        "starts_at": notice.starts_at,
        "path": notice.path,
        "amount": notice.amount,
        "stands_in": list(notice.stands_in),
        "recipients": json.dumps(recipients),
        "receiver": receiver,
    }
    owed = await fetch_all(tx, queries["tell"], params, _Id)
    if owed:
        await append(tx, "outgoing.queued", owed[0].id, [TOPIC])
    return len(owed)


async def stands(tx: Connection, subject: UUID, standing: Collection[str], now: datetime) -> int:
    """A subject stands so from now on: what says nothing any more is not sent.  Returns how much that was."""
    params = {"subject": subject, "standing": sorted(standing), "now": now}
    over = await fetch_all(tx, queries["stand_down"], params, _Id)
    if over:
        await append(tx, "outgoing.cancelled", over[0].id, [TOPIC])
    return len(over)


def _text(number: UUID | None) -> str | None:
    return None if number is None else str(number)
