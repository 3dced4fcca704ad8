"""The licence guard with the facts of the directory."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from telemed.access.licence import Allowed, Licence, Verdict, may_sign
from telemed.access.store import county_day, queries
from telemed.db import Connection, fetch_one
from telemed.errors import Forbidden
from telemed.vocabulary import Principal, Role


class _LicenceRow(msgspec.Struct):
    number: str | None
    category: str | None
    scope: str | None
    expires_on: date | None
    active: bool
    roles: list[str]


async def signing_verdict(connection: Connection, practitioner_id: UUID, modality: str, now: datetime) -> Verdict:
    """Whether this person may sign a diagnosis on this modality today."""
    row = await fetch_one(connection, queries["licence_of"], {"practitioner_id": practitioner_id}, _LicenceRow)
    if row is None:
        raise LookupError("a principal without a person")
    licence = Licence(
        number=row.number,
        category=row.category,
        scope=row.scope,
        expires_on=row.expires_on,
        roles=frozenset(Role(one) for one in row.roles),
        active=row.active,
    )
    return may_sign(licence, modality, county_day(now))


async def require_may_sign(tx: Connection, principal: Principal, modality: str, now: datetime) -> None:
    """Raises Forbidden with the guard's code and words when this person may not sign; nothing was changed."""
    verdict = await signing_verdict(tx, principal.practitioner_id, modality, now)
    if not isinstance(verdict, Allowed):
        raise Forbidden(verdict.code, verdict.zh, verdict.en)
