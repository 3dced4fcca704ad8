"""Searches for persons, places and what people do there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from telemed.db import Connection
from telemed.directory import store as directory
from telemed.directory.model import PractitionerQuery
from telemed.errors import NotFound
from telemed.fhir import store
from telemed.fhir.finding import LONG_AGO, NOTHING, Asker, Found, Page, is_token, page_of, records_of
from telemed.fhir.resources.organization import organization, person_of, roles_of
from telemed.fhir.resources.patient import Number, patient
from telemed.fhir.resources.service_request import service_request
from telemed.fhir.searching import Cursor, Search, Token, uuids
from telemed.fhir.systems import NATIONAL_ID, ORGANIZATION_CODE, issuer_of
from telemed.http.wire import Entity
from telemed.patients import identifiers
from telemed.patients.identifiers import Identifier


async def patients(connection: Connection, asker: Asker, search: Search) -> Page:
    """By id or by a number; a number that nobody holds, and one held outside the scope, find nothing alike."""
    ids = uuids(search.ids)
    brought = _numbers(search.tokens.get("identifier", ()), asker.organization_id)
    if "identifier" in search.tokens:
        held: set[UUID] = set()
        for value, issuers in brought:
            held.update(await store.holders(connection, value, issuers))
        ids = sorted(held if ids is None else held & set(ids))
    rows = await store.patients(connection, asker.scope, ids or [])
    told = frozenset(value for value, _ in brought)

    def may_be_whole(number: Number) -> bool:
        own = number.kind == "device" and f":{asker.organization_id}" in number.issuer
        return number.kind == "temporary" or number.value in told or (own and asker.client_id is not None)

    found = [Found(patient(row, whole=may_be_whole), Entity("patient", row.id, row.id)) for row in rows[: search.count]]
    return Page(found)


async def organizations(connection: Connection, asker: Asker, search: Search) -> Page:
    rows = await directory.organizations(connection, asker.scope, asker.now.astimezone(asker.zone).date())
    ids, codes = uuids(search.ids), search.tokens.get("identifier")
    modifier, name = search.strings.get("name", ("", ""))
    wanted = [
        row
        for row in rows
        if (ids is None or row.id in ids)
        and (codes is None or any(is_token(one, ORGANIZATION_CODE, row.code) for one in codes))
        and any(_named(each, name, modifier) for each in (row.name, row.name_en))
    ]
    return _numbered([Found(organization(row), Entity("organization", row.id)) for row in wanted], search)


async def practitioner_roles(connection: Connection, asker: Asker, search: Search) -> Page:
    if search.ids is not None:
        numbers = [one for one in map(person_of, search.ids) if one is not None]
        found: list[Found] = []
        for number in numbers:
            try:
                row = await directory.practitioner(connection, number, asker.scope)
            except NotFound:
                continue
            found += [Found(one, Entity("practitioner", row.id)) for one in roles_of(row)]
        return Page([one for one in found if one.resource["id"] in search.ids])
    places = uuids(search.references.get("organization")) or []
    if len(places) != 1:
        return NOTHING
    after = None if search.before is None else uuids([search.before.id])
    query = PractitionerQuery(organization_id=places[0], after=after[0] if after else None, limit=search.count)
    people_there, following = await directory.practitioners(connection, asker.scope, query)
    roles = [
        Found(one, Entity("practitioner", row.id))
        for row in people_there
        for one in roles_of(row)
        if one["organization"]["reference"] == f"Organization/{places[0]}"
    ]
    return Page(roles, None if following is None else Cursor(LONG_AGO, str(following)))


async def service_requests(connection: Connection, asker: Asker, search: Search) -> Page:
    params = {
        **store.scoped(asker.scope),
        **store.paged(search.before, search.count),
        "ids": uuids(search.ids),
        "patient_ids": await records_of(connection, search),
    }
    rows = await store.requests(connection, params)
    found = [
        (Found(service_request(row, asker.zone), Entity("service-request", row.id, row.patient_id)), row.sorted_at)
        for row in rows
    ]
    return page_of(found, search)


def _numbers(tokens: Iterable[Token], organization_id: UUID) -> list[tuple[str, list[str]]]:
    """Numbers in the forms they are kept in, with the issuers that may be meant.

    Without a system: a document's number, or the own hospital's own.
    """
    found: list[tuple[str, list[str]]] = []
    for one in tokens:
        read = identifiers.national_id(one.code)
        if isinstance(read, Identifier) and one.system in {None, "", NATIONAL_ID}:
            found.append((read.value, [read.issuer]))
            continue
        issuer = None if not one.system else issuer_of(one.system)
        if issuer is not None:
            found.append((identifiers.normalise(one.code), [issuer]))
        elif not one.system and not identifiers.is_placeholder(one.code):
            own = [f"HL7:{organization_id}", f"DICOM:{organization_id}"]
            found.append((identifiers.normalise(one.code), own))
    return found


def _named(name: str, wanted: str, modifier: str) -> bool:
    """Whether a name begins with, or holds, what is asked for; case says nothing."""
    folded, sought = name.casefold(), wanted.strip().casefold()
    return sought in folded if modifier == "contains" else folded.startswith(sought)


def _numbered(found: Sequence[Found], search: Search) -> Page:
    """A page of a short list that is always whole: the cursor is the id of the last row shown."""
    ids = [str(one.resource["id"]) for one in found]
    start = ids.index(search.before.id) + 1 if search.before is not None and search.before.id in ids else 0
    shown = found[start : start + search.count]
    more = start + search.count < len(found)
    return Page(shown, Cursor(LONG_AGO, ids[start + search.count - 1]) if more else None)
