"""The one sealer: gives rows their place in the chain within a second and signs where the chain stands."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from telemed.audit.checkpoint import Checkpoints, sign
from telemed.audit.model import GENESIS, StoredRow, link, row_digest
from telemed.audit.record import queries
from telemed.db import Connection, Pool, execute, fetch_all, fetch_one

BATCH = 1000
PAUSE = 0.5  # seconds between looks at an empty queue
LEASE = timedelta(seconds=15)

log = structlog.get_logger(__name__)


class _Head(msgspec.Struct):
    position: int
    chain: bytes


class _Pending(msgspec.Struct):
    event_id: int


class _Now(msgspec.Struct):
    at: datetime


class Sealer:
    """One of these runs in every process; the lease lets one of them work."""

    def __init__(self, pool: Pool, key: Ed25519PrivateKey, checkpoints: Checkpoints) -> None:
        self._pool = pool
        self._key = key
        self._checkpoints = checkpoints
        self._holder = uuid4()
        self._signed: int | None = None

    async def run(self) -> None:
        """Seal until cancelled; what is queued then waits for the next sealer."""
        try:
            while True:
                if await self.seal() < BATCH:
                    await asyncio.sleep(PAUSE)
        finally:
            await asyncio.shield(self._hand_back())

    async def seal(self) -> int:
        """Give one batch its places and sign where the chain stands. Returns how many rows were sealed."""
        async with self._pool.transaction() as tx:
            params = {"holder": self._holder, "lease": LEASE}
            head = await fetch_one(tx, queries["take_lease"], params, _Head)
            if head is None:
                self._signed = None
                return 0
            sealed = await self._link_pending(tx, head)
        if self._signed != head.position:
            await asyncio.to_thread(self._sign, head)
        return sealed

    async def _link_pending(self, tx: Connection, head: _Head) -> int:
        pending = await fetch_all(tx, queries["take_pending"], {"limit": BATCH}, _Pending)
        if not pending:
            return 0
        now = await fetch_one(tx, queries["now"], {}, _Now)
        if now is None:
            raise LookupError("the database has no clock")
        ids = sorted(one.event_id for one in pending)
        rows = await fetch_all(tx, queries["events_by_id"], {"ids": ids}, StoredRow)
        positions: list[int] = []
        digests: list[bytes] = []
        chains: list[bytes] = []
        for row in rows:
            head.position += 1
            digest = row_digest(row)
            head.chain = link(head.chain, head.position, row.id, digest, now.at)
            positions.append(head.position)
            digests.append(digest)
            chains.append(head.chain)
        links = {
            "positions": positions,
            "event_ids": [row.id for row in rows],
            "digests": digests,
            "chains": chains,
            "sealed_at": now.at,
        }
        await execute(tx, queries["add_links"], links)
        advanced = {"position": head.position, "chain": head.chain, "holder": self._holder}
        await execute(tx, queries["advance"], advanced)
        return len(rows)

    def _sign(self, head: _Head) -> None:
        """Write a checkpoint unless the files already end with this very place."""
        last = self._checkpoints.last() if self._signed is None else None
        if head.position == 0 and head.chain == GENESIS and last is None:
            self._signed = 0
            return
        if last is not None and last.position > head.position:
            # Never papered over: `audit verify` says what is missing.
            log.error("audit-tail-missing", checkpoint=last.position, chain=head.position)
        if last is None or last.position != head.position:
            from_database = sign(self._key, head.position, head.chain, datetime.now(UTC))
            self._checkpoints.append(from_database)
            log.info("audit-checkpoint", position=head.position, chain=head.chain.hex())
        self._signed = head.position

    async def _hand_back(self) -> None:
        async with self._pool.connection() as connection:
            await execute(connection, queries["hand_back_lease"], {"holder": self._holder})
