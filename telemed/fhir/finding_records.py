"""Searches for decisions of the registry."""

from __future__ import annotations

from telemed.db import Connection
from telemed.fhir import store
from telemed.fhir.finding import Asker, Found, Page, page_of, records_of
from telemed.fhir.resources.guidance_response import guidance_response
from telemed.fhir.searching import Search, uuids
from telemed.http.wire import Entity


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
