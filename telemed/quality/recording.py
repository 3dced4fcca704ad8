"""Recording something about quality: first what would follow, then exactly that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from telemed.db import Connection
from telemed.errors import Conflict, Invalid
from telemed.quality import consequences
from telemed.quality.entry import enrolled, items_of, unknown_items
from telemed.quality.facts_store import Items, has_device, known_items
from telemed.recognition.look_backs import relying
from telemed.recognition.quality import GrantingParameters, QualityFact, Revocation
from telemed.recognition.reliance import Taken
from telemed.recognition.rules_store import Foreseen, facts_of, foresee, hold, write


@dataclass(frozen=True, slots=True)
class Shown:
    """What would follow from a fact.  relying: for each period taken back, the decisions that relied on it."""

    seen: Foreseen
    digest: str
    relying: tuple[tuple[UUID, ...], ...]

    @property
    def decisions(self) -> int:
        """How many decisions would have to be looked at again, each counted once for a grant."""
        return sum(len(one) for one in self.relying)


async def show(
    connection: Connection,
    organization_id: UUID,
    fact: QualityFact,
    *,
    now: datetime,
    parameters: Sequence[GrantingParameters],
) -> Shown:
    """What would follow; nothing is written.  Raises as `enter`."""
    await _refuse_strangers(connection, organization_id, fact, await known_items(connection))
    seen = await foresee(connection, organization_id, fact, now=now, parameters=parameters)
    taken = [Taken(one.grant.id, one.begins, one.ends, seen.known_from) for one in seen.look_backs]
    found = [tuple(await relying(connection, one)) for one in taken]
    return Shown(seen, consequences.digest(seen), tuple(found))


@dataclass(frozen=True, slots=True)
class Entered:
    """repeated: the same was recorded before; then nothing was written."""

    known_from: datetime
    grants: int
    tasks: int
    repeated: bool


async def enter(
    tx: Connection,
    organization_id: UUID,
    fact: QualityFact,
    *,
    by: UUID,
    now: datetime,
    parameters: Sequence[GrantingParameters],
    seen: str | None = None,
) -> Entered:
    """Record a fact and what follows from it; the same fact again changes nothing.

    seen: the digest of what was shown; None where nobody looked (the demo county).  Raises Conflict where something
    else would follow by now or another fact stands under the id, Invalid for an item that no document lists, a device
    that is not the organisation's, or what contradicts itself, NotFound for an unknown organisation or evaluation.
    """
    await hold(tx, organization_id)
    standing = {one.id: one for one in await facts_of(tx, organization_id)}.get(fact.id)
    if standing is not None and standing == replace(fact, known_from=standing.known_from):
        return Entered(standing.known_from, 0, 0, repeated=True)
    await _refuse_strangers(tx, organization_id, fact, await known_items(tx))
    foreseen = await foresee(tx, organization_id, fact, now=now, parameters=parameters)
    if seen is not None and seen != consequences.digest(foreseen):
        raise Conflict(
            "quality-consequences-changed",
            "预览之后情况已有变化，未作任何记录。请重新预览。",
            "Something else would follow by now; nothing was recorded. Look at it again.",
        )
    done = await write(tx, organization_id, foreseen, by)
    return Entered(done.known_from, len(done.grants) + len(done.struck), done.tasks, repeated=False)


async def _refuse_strangers(connection: Connection, organization_id: UUID, fact: QualityFact, items: Items) -> None:
    """Items that no document lists, and devices that stand elsewhere, are slips of the hand."""
    refusal = unknown_items(items_of(fact), items)
    if refusal is not None:
        raise refusal
    device = None if isinstance(fact, Revocation) else fact.device_id
    known = enrolled(device)
    if known is not None and not await has_device(connection, organization_id, known):
        raise Invalid(
            "unknown-device",
            "该机构没有这台设备。未作任何记录。",
            "This organisation has no such device. Nothing was recorded.",
        )
