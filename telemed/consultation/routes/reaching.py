"""/api/duty/check: who on duty cannot be reached or may not answer, as it was looked at today."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from telemed.consultation.model.reachable import Unreachable, day_of
from telemed.consultation.routes.desk import Desk
from telemed.consultation.service.reaching import look
from telemed.consultation.store import reaching as store
from telemed.events import append
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.vocabulary import Action, Text

TOPIC = "consultations"


class UnreachableTurn(msgspec.Struct, frozen=True):
    """A turn of duty that may come to nothing, and why."""

    shift_id: UUID
    department: str
    line: int
    practitioner_name: str
    organization_name: str
    begins: datetime
    ends: datetime
    reasons: list[Unreachable]


class DutyCheck(msgspec.Struct, frozen=True):
    """checked_at: None before today's look."""

    checked_at: datetime | None
    items: list[UnreachableTurn]


class ReachingRoutes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def check(self, call: Call[Nothing, Nothing]) -> DutyCheck:
        day = day_of(call.now, self._desk.zone)
        async with call.pool.connection() as connection:
            made = await store.checked(connection, day)
            rows = await store.gaps(connection, day, call.now, call.scope.organizations)
        return DutyCheck(None if made is None else made.checked_at, [_shown(one) for one in rows])

    async def check_again(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            await look(tx, call.now, self._desk.zone, again=True)
            await append(tx, "duty.checked", call.principal.practitioner_id, [TOPIC])


def _shown(row: store.GapRow) -> UnreachableTurn:
    return msgspec.convert(msgspec.structs.asdict(row), UnreachableTurn)


def reaching_endpoints(desk: Desk) -> list[Endpoint]:
    routes = ReachingRoutes(desk)
    manage = Action.DUTY_MANAGE
    return [
        Endpoint(
            "GET",
            "/api/duty/check",
            manage,
            routes.check,
            Text("值班可联系核对", "Who on duty cannot be reached"),
            returns=DutyCheck,
        ),
        Endpoint(
            "POST",
            "/api/duty/check",
            manage,
            routes.check_again,
            Text("重新核对值班", "Look again who on duty can be reached"),
            status=204,
        ),
    ]
