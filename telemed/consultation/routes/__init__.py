"""HTTP endpoints of consultation."""

from __future__ import annotations

from telemed.consultation.routes.addenda import addendum_endpoints
from telemed.consultation.routes.answering import answer_endpoints
from telemed.consultation.routes.desk import Desk
from telemed.consultation.routes.duty import duty_endpoints
from telemed.consultation.routes.noticing import noticing_endpoints
from telemed.consultation.routes.reaching import reaching_endpoints
from telemed.consultation.routes.requesting import request_endpoints
from telemed.http.wire import Endpoint

__all__ = ["Desk", "endpoints"]


def endpoints(desk: Desk) -> list[Endpoint]:
    """Every route of consultation but the room's."""
    return [
        *request_endpoints(desk),
        *answer_endpoints(desk),
        *addendum_endpoints(desk),
        *duty_endpoints(desk),
        *reaching_endpoints(desk),
        *noticing_endpoints(),
    ]
