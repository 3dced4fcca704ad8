"""Why the studies of a medium are brought in, said before their first image comes: a backfill opens no reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from telemed.db import Connection, execute, load
from telemed.vocabulary import Intent, Principal

queries = load(__name__, "announcing.sql")

#: An import that was announced and did not come within this time is not coming.
KEPT = timedelta(days=30)


async def announce(tx: Connection, uids: Sequence[str], intent: Intent, principal: Principal, now: datetime) -> None:
    """The indexer reads it when the study begins; one that is there already keeps its intent."""
    await execute(tx, queries["forget_announcements"], {"before": now - KEPT})
    params = {
        "organization_id": principal.organization_id,
        "uids": sorted(set(uids)),
        "intent": intent.value,
        "announced_by": principal.practitioner_id,
        "now": now,
    }
    await execute(tx, queries["announce"], params)
