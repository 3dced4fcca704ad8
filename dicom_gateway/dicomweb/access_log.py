"""One access row per session, study and use of break-glass in five minutes, not per frame (architecture.md §10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from telemed.http.wire import Call

WINDOW = timedelta(minutes=5)
#: Looks that are remembered; beyond it the oldest are forgotten, which costs a row too many and never one too few.
MOST = 10_000

Look = tuple[UUID, UUID, UUID | None]  # session, study, the use of break-glass it happened under


class AccessLog:
    """What this process has recorded lately."""

    def __init__(self) -> None:
        self._recorded: dict[Look, datetime] = {}

    def due(self, look: Look, now: datetime) -> bool:
        """Whether an access must be recorded now."""
        last = self._recorded.get(look)
        return last is None or now - last >= WINDOW

    def noted(self, look: Look, now: datetime) -> None:
        self._recorded.pop(look, None)
        self._recorded[look] = now
        while len(self._recorded) > MOST:
            del self._recorded[next(iter(self._recorded))]

    async def record(self, call: Call[Any, Any], study: UUID, patient: UUID | None) -> None:
        """Have the audit say that this person saw this study; returns when that is durable or was already."""
        look = (call.principal.session_id, study, None if patient is None else call.scope.opened.get(patient))
        if self.due(look, call.now):
            call.about("study", study, patient_id=patient)
            async with call.pool.transaction() as tx:
                await call.gate.record(tx, call.record("success"))
            self.noted(look, call.now)
        call.recorded = True
