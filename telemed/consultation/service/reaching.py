"""Once a day it is looked whether all on duty can be reached and may answer; gaps are told to the coordinator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, tzinfo

from telemed.consultation.model.reachable import AHEAD, day_of, why_not
from telemed.consultation.store import reaching as store
from telemed.db import Connection, Pool
from telemed.events import append
from telemed.outgoing.model import Notice, Recipient
from telemed.outgoing.outbox import tell
from telemed.vocabulary import NoticeKind

TOPIC = "consultations"
EVERY = 60.0  # seconds between two looks at whether today's is due


async def look(tx: Connection, now: datetime, zone: tzinfo, *, again: bool = False) -> int | None:
    """Look at the turns of the coming day, unless it was done today; how many have something in the way.

    None where it was done.  The claim commits with what was found: who dies meanwhile has not looked.
    """
    day = day_of(now, zone)
    if not await store.claim(tx, day, now, again=again):
        return None
    found = [(one, why_not(one.judged(zone))) for one in await store.on_duty(tx, now, now + AHEAD)]
    bad = [(one, reasons) for one, reasons in found if reasons]
    for one, reasons in bad:
        await store.add_gap(tx, day, one.id, reasons)
    if bad:
        first = bad[0][0]
        notice = Notice(
            NoticeKind.DUTY_GAPS,
            first.id,
            f"{NoticeKind.DUTY_GAPS.value}/{day}",
            "/duty/roster",
            (Recipient("coordinator"),),
            concerns=tuple({one.organization_id for one, _ in bad}),
            amount=len(bad),
        )
        await tell(tx, notice, now)
        await append(tx, "duty.gaps-found", first.id, [TOPIC])
    return len(bad)


async def watch(pool: Pool, clock: Callable[[], datetime], zone: tzinfo) -> None:
    """Look once a day, until cancelled.  Several processes may run it."""
    while True:
        async with pool.transaction() as tx:
            await look(tx, clock(), zone)
        await asyncio.sleep(EVERY)
