"""What a search finds: resources with whose records they are for the audit; and what every search has in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from telemed.db import Connection
from telemed.fhir.datatypes import Json
from telemed.fhir.searching import Cursor, Search, Token, uuids
from telemed.http.wire import Entity
from telemed.patients import store as people
from telemed.vocabulary import Scope

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: where this may be done, at which organisation, and as which registered system, None for a person.

    zone: the county's.  dicom_web: the address of DICOMweb.
    """

    scope: Scope
    organization_id: UUID
    organization_ids: frozenset[UUID]
    client_id: UUID | None
    now: datetime
    zone: ZoneInfo
    dicom_web: str


@dataclass(frozen=True, slots=True)
class Found:
    """One resource.  about: what of ours it is, and whose record.  gone: it was there, and was taken back."""

    resource: Json
    about: Entity | None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """following: where the next page begins, None behind the last."""

    found: Sequence[Found]
    following: Cursor | None = None


NOTHING = Page(())
Find = Callable[[Connection, Asker, Search], Awaitable[Page]]


async def records_of(connection: Connection, search: Search) -> list[UUID] | None:
    """Every record that is the person asked for; None where nobody was asked for."""
    named = uuids(search.references.get("patient"))
    if named is None:
        return None
    found: set[UUID] = set()
    for one in named:
        found.update(await people.linked(connection, one))
    return sorted(found)


def is_token(token: Token, system: str, code: str) -> bool:
    return token.code == code and token.system in {None, system}


def has_token(tokens: Sequence[Token] | None, system: str, code: str) -> bool:
    return tokens is None or any(is_token(one, system, code) for one in tokens)


def following_row(rows: Sequence[tuple[datetime, str]], search: Search) -> Cursor | None:
    """Where the next page begins: behind the last row that is shown, if there is one more."""
    return Cursor(*rows[search.count - 1]) if len(rows) > search.count else None


def page_of(found: Sequence[tuple[Found, datetime]], search: Search) -> Page:
    rows = [(at, str(one.resource["id"])) for one, at in found]
    return Page([one for one, _ in found[: search.count]], following_row(rows, search))
