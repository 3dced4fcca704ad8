"""A spool that remembers: tests ask it what was kept."""

import asyncio
import hashlib
from dataclasses import dataclass, field

from dicom_gateway.spool.seam import InstanceContext, Refused, Stored


@dataclass
class RecordingSpool:
    """Keeps data sets in memory; gate, when given, holds every write until it is set."""

    kept: list[tuple[InstanceContext, bytes]] = field(default_factory=list)
    abandoned: list[InstanceContext] = field(default_factory=list)
    refuse_open: Refused | None = None
    refuse_commit: Refused | None = None
    gate: asyncio.Event | None = None
    largest_fragment: int = 0
    opened: int = 0
    #: Association ID → whether the peer released it.
    ended_by: dict[str, bool] = field(default_factory=dict)

    async def open(self, context: InstanceContext):
        self.opened += 1
        return self.refuse_open or RecordingIncoming(self, context)

    async def ended(self, association_id: str, *, released: bool) -> None:
        self.ended_by[association_id] = released


class RecordingIncoming:
    def __init__(self, spool: RecordingSpool, context: InstanceContext) -> None:
        self.spool = spool
        self.context = context
        self.data = bytearray()

    async def write(self, fragment: bytes) -> None:
        if self.spool.gate is not None:
            await self.spool.gate.wait()
        self.spool.largest_fragment = max(self.spool.largest_fragment, len(fragment))
        self.data += fragment

    async def commit(self):
        if self.spool.refuse_commit is not None:
            return self.spool.refuse_commit
        self.spool.kept.append((self.context, bytes(self.data)))
        return Stored(hashlib.sha256(self.data).hexdigest(), len(self.data), duplicate=False)

    async def abandon(self) -> None:
        self.spool.abandoned.append(self.context)
