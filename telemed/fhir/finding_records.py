"""Searches for decisions of the registry, and for what the trail holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from telemed.access import trail
from telemed.access.trail import TrailQuery
from telemed.db import Connection
from telemed.fhir import store
from telemed.fhir.finding import LONG_AGO, NOTHING, Asker, Found, Page, page_of, records_of
from telemed.fhir.resources.audit_event import audit_event
from telemed.fhir.resources.guidance_response import guidance_response
from telemed.fhir.searching import Cursor, Search, Span, uuids
from telemed.http.wire import Entity

_OUTCOMES = {"0": "success", "4": "refused", "8": "failed"}


async def guidance_responses(connection: Connection, asker: Asker, search: Search) -> Page:
    """A system finds what it asked; a person what was decided for the own organisation."""
    orders = search.references.get("request")
    params = {
        **store.paged(search.before, search.count),
        "client_id": asker.client_id,
        "organizations": sorted(asker.organization_ids),
        "ids": uuids(search.ids),
        "patient_ids": await records_of(connection, search),
        "orders": None if orders is None else list(orders),
    }
    rows = await store.decisions(connection, params)
    found = [
        (Found(guidance_response(row), Entity("recognition-decision", row.id, row.patient_id)), row.sorted_at)
        for row in rows
    ]
    return page_of(found, search)


async def audit_events(connection: Connection, asker: Asker, search: Search) -> Page:
    since, until = _bounds(search.dates)
    people_named = uuids(search.references.get("patient"))
    if people_named == []:
        return NOTHING  # a person who cannot be is nobody, never everybody
    actions, outcomes = search.codes("action"), search.codes("outcome")
    query = TrailQuery(
        patient_id=people_named[0] if people_named else None,
        action=actions[0] if actions else "",
        outcome=_OUTCOMES.get(outcomes[0], "none") if outcomes else "",
        since=since,
        until=until,
        before="" if search.before is None else f"{search.before.at.isoformat()}_{search.before.id}",
        limit=search.count,
    )
    numbers = [None] if search.ids is None else [int(one) for one in search.ids if _is_number(one)]
    found: list[Found] = []
    following: Cursor | None = None
    for number in numbers:
        items, after = await trail.find(connection, query, asker.now, id=number)
        # who looked at the trail stands in it already; the rows it showed are no entities of it
        found += [Found(audit_event(one), None) for one in items]
        if after is not None and number is None:
            following = Cursor(items[-1].at, str(items[-1].id))
    return Page(found, following)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def _bounds(spans: Iterable[Span]) -> tuple[datetime | None, datetime | None]:
    """The moments between which a row lies that answers every span; rows are moments, so that `ne` bounds nothing."""
    since: list[datetime] = []
    until: list[datetime] = []
    for one in spans:
        if one.prefix in {"eq", "ge"}:
            since.append(one.low)
        if one.prefix in {"gt", "sa"}:
            since.append(one.high)
        if one.prefix in {"eq", "le"}:
            until.append(one.high)
        if one.prefix in {"lt", "eb"}:
            until.append(one.low)
    if not since and not until:
        return None, None
    return max(since, default=LONG_AGO + timedelta(days=365)), min(until) if until else None
