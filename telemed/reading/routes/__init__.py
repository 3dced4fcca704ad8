"""HTTP endpoints of reading."""

from __future__ import annotations

from datetime import tzinfo

from telemed.http.wire import Endpoint
from telemed.reading.routes.corrections import correction_endpoints
from telemed.reading.routes.desk import Desk
from telemed.reading.routes.reading import reading_endpoints
from telemed.reading.routes.reports import report_endpoints
from telemed.reading.routes.settings import settings_endpoints
from telemed.reading.routes.signing import signing_endpoints
from telemed.reading.routes.site import site_endpoints
from telemed.reading.routes.worklist import worklist_endpoints

__all__ = ["Desk", "endpoints"]


def endpoints(desk: Desk, zone: tzinfo) -> list[Endpoint]:
    """Every route of reading; zone: of the county. /api/reports/unviewed stands before /api/reports/{id}."""
    reports = sorted(report_endpoints(desk), key=lambda one: "{" in one.path)
    return [
        *worklist_endpoints(desk),
        *reading_endpoints(desk),
        *signing_endpoints(desk),
        *site_endpoints(desk),
        *reports,
        *correction_endpoints(desk, zone),
        *settings_endpoints(),
    ]
