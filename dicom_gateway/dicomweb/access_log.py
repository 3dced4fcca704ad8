"""One access row per session and study in five minutes, not per frame (architecture.md §10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from telemed.http.wire import Call

WINDOW = timedelta(minutes=5)
#: Pairs that are remembered; beyond it the oldest are forgotten, which costs a row too many and never one too few.
MOST = 10_000


class AccessLog:
    """What this process has recorded lately."""

    def __init__(self) -> None:
        self._recorded: dict[tuple[UUID, UUID], datetime] = {}

    def due(self, session: UUID, study: UUID, now: datetime) -> bool:
        """Whether an access must be recorded now."""
        last = self._recorded.get((session, study))
        return last is None or now - last >= WINDOW

    def noted(self, session: UUID, study: UUID, now: datetime) -> None:
        self._recorded.pop((session, study), None)
        self._recorded[session, study] = now
        while len(self._recorded) > MOST:
            del self._recorded[next(iter(self._recorded))]

    async def record(self, call: Call[Any, Any], study: UUID, patient: UUID | None) -> None:
        """Have the audit say that this person saw this study; returns when that is durable or was already."""
        session = call.principal.session_id
        if self.due(session, study, call.now):
            call.about("study", study, patient_id=patient)
            async with call.pool.transaction() as tx:
                await call.gate.record(tx, call.record("success"))
            self.noted(session, study, call.now)
        call.recorded = True
