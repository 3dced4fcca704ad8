"""Drop what the law no longer asks to be kept: whole sealed stretches, their end signed and kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from telemed.audit.checkpoint import statement
from telemed.audit.record import queries
from telemed.db import Pool, execute, fetch_one
from telemed.errors import Invalid

SHORTEST = timedelta(days=183)  # Cybersecurity Law of the PRC, Article 21: logs are kept six months at least


class _Head(msgspec.Struct):
    position: int
    chain: bytes


async def retire(pool: Pool, key: Ed25519PrivateKey, *, before: datetime, now: datetime) -> int:
    """Drop rows sealed before a moment and sign where the kept chain begins. Returns how many rows went.

    Raises Invalid for rows younger than six months; nothing is dropped then.
    """
    if before > now - SHORTEST:
        raise Invalid(
            "audit-too-young",
            "审计记录依法至少保存六个月，未作任何清理。",
            "Audit rows are kept six months at least by law; nothing was dropped.",
        )
    async with pool.transaction() as tx:
        last = await fetch_one(tx, queries["last_before"], {"before": before}, _Head)
        if last is None:
            return 0
        signature = key.sign(statement("retired", last.position, last.chain, now))
        params = {"through": last.position, "chain": last.chain, "retired_at": now, "signature": signature}
        await execute(tx, queries["retire"], params)
        dropped = await execute(tx, queries["drop_events"], {"through": last.position})
        await execute(tx, queries["drop_links"], {"through": last.position})
    return dropped
