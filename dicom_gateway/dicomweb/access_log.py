"""One access row per session, study and use of break-glass in five minutes, not per frame (architecture.md §10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from telemed.http.wire import Call

WINDOW = timedelta(minutes=5)
#: Looks that are remembered; beyond it the oldest are forgotten, which costs a row too many and never one too few.
MOST = 10_000

Look = tuple[UUID, UUID, UUID | None]  # session or link, study, the use of break-glass it happened under


def seen_in_session(call: Call[Any, Any]) -> UUID:
    """Whose look it is: the session's of whoever is signed in, or of a guest."""
    return call.principal.session_id if call.guest is None else call.guest.session_id


def seen_through_link(call: Call[Any, Any]) -> UUID:
    """Whose look it is: the link's that the call was let through by."""
    return next(one.id for one in call.entities if one.kind == "picture-link")


class AccessLog:
    """What this process has recorded lately."""

    def __init__(self, viewer: Callable[[Call[Any, Any]], UUID] = seen_in_session) -> None:
        self._viewer = viewer
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
        look = (self._viewer(call), study, None if patient is None else call.scope.opened.get(patient))
        if self.due(look, call.now):
            if all(one.id != study for one in call.entities):
                call.about("study", study, patient_id=patient)
            async with call.pool.transaction() as tx:
                await call.gate.record(tx, call.record("success"))
            self.noted(look, call.now)
        call.recorded = True
