"""The routes of the area 质量."""

from __future__ import annotations

from collections.abc import Sequence

from telemed.http.wire import Endpoint
from telemed.quality import routes_facts, routes_look_backs, routes_rounds, routes_tickets
from telemed.quality.entry import County
from telemed.quality.routes_tickets import PolicyScope
from telemed.recognition.quality import GrantingParameters


def endpoints(granting: Sequence[GrantingParameters], county: County, scope: PolicyScope) -> list[Endpoint]:
    """Evaluations and their import, look-backs, issues with images."""
    return [
        *routes_facts.endpoints(granting, county),
        *routes_rounds.endpoints(granting, county),
        *routes_look_backs.endpoints(),
        *routes_tickets.endpoints(scope),
    ]
