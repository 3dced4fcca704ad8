"""Write audit rows, plain, in the transaction of what they tell."""

from __future__ import annotations

import json

from telemed.audit.model import AuditRow, access_window, entities_of
from telemed.db import Connection, execute, load

queries = load(__name__)


async def record(tx: Connection, row: AuditRow) -> None:
    """Insert one row; it commits or vanishes with the transaction. The sealer gives it its place within a second."""
    await execute(
        tx,
        queries["record"],
        {
            "at": row.at,
            "action": row.action,
            "outcome": row.outcome,
            "account_id": row.account_id,
            "practitioner_id": row.practitioner_id,
            "organization_id": row.organization_id,
            "session_id": row.session_id,
            "peer_address": row.peer_address,
            "request_id": row.request_id,
            "entities": json.dumps(entities_of(row.entities)),
            "purpose": row.purpose,
            "detail": json.dumps(dict(row.detail), ensure_ascii=False),
            "access_window": access_window(row),
        },
    )
