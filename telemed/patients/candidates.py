"""Who among all people of the county may be the person of a record: found by blocking keys, compared by the rule."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from telemed.db import Connection, fetch_all, load
from telemed.patients import names
from telemed.patients.identifiers import Identifier, IdentifierKind
from telemed.patients.identity import Identity, Person
from telemed.patients.matching import Match, Record, compare
from telemed.patients.slips import UNSTATED_BIRTH, near_dates, phone_key
from telemed.vocabulary import Sex

queries = load(__name__, "candidates.sql")

# Numbers of one desk: equal ones say nothing.
_NO_KEY = frozenset({IdentifierKind.TEMPORARY, IdentifierKind.OTHER})


class CandidateRow(msgspec.Struct, frozen=True):
    """A record with everything that is compared. numbers: kind, issuer and value of each, claimed ones too."""

    id: UUID
    organization_id: UUID
    name: str
    sex: str
    birth_date: date | None
    birth_date_estimated: bool
    identity: str
    phone: str
    address: str
    mother_id: UUID | None
    created_at: datetime
    numbers: list[list[str]]
    card_mismatch: bool
    never_link: bool

    def record(self) -> Record:
        """The row as a value that can be compared."""
        numbers = frozenset(Identifier(IdentifierKind(kind), issuer, value) for kind, issuer, value in self.numbers)
        person = Person(
            self.name, Sex(self.sex), self.birth_date, self.birth_date_estimated, numbers, Identity(self.identity)
        )
        return Record(self.id, person, self.phone, self.address, self.mother_id, self.card_mismatch)


async def records_of(connection: Connection, patient_ids: Collection[UUID]) -> dict[UUID, CandidateRow]:
    """Records by their ids; unknown ids are left out."""
    rows = await fetch_all(connection, queries["record"], {"ids": list(patient_ids)}, CandidateRow)
    return {row.id: row for row in rows}


async def record_of(connection: Connection, patient_id: UUID) -> CandidateRow | None:
    """One record."""
    return (await records_of(connection, [patient_id])).get(patient_id)


async def holders_of(connection: Connection, numbers: Collection[Identifier]) -> list[CandidateRow]:
    """Whom these numbers belong to, each person once."""
    params = {"issuers": [one.issuer for one in numbers], "values": [one.value for one in numbers]}
    return await fetch_all(connection, queries["holders"], params, CandidateRow)


def search_terms(row: CandidateRow) -> dict[str, Any]:
    """The blocking keys of a record; None matches nobody."""
    numbers = [n for n in row.record().person.identifiers if n.kind not in _NO_KEY]
    stated = row.birth_date is not None and not row.birth_date_estimated and row.birth_date != UNSTATED_BIRTH
    born = row.birth_date if stated else None
    return {
        "patient_id": row.id,
        "issuers": [n.issuer for n in numbers],
        "values": [n.value for n in numbers],
        "born": born,
        "name": names.search_key(row.name) or None,
        "any_birth": born is None,
        "near_dates": [] if born is None else near_dates(born),
        "phone": phone_key(row.phone) or None,
        "mother_id": row.mother_id,
    }


async def near(connection: Connection, row: CandidateRow) -> list[CandidateRow]:
    """Everybody who shares a blocking key with a record: a superset of whom the rule would link or ask about.

    Left out is only whose name is alike, not the same, who was born near by, not on the day, and who shares nothing
    but an address or a mistyped number.
    """
    return await fetch_all(connection, queries["candidates"], search_terms(row), CandidateRow)


async def compared(connection: Connection, row: CandidateRow) -> list[tuple[CandidateRow, Match]]:
    """Everybody near a record, compared with it."""
    record = row.record()
    return [
        (other, compare(record, other.record(), never_link=other.never_link)) for other in await near(connection, row)
    ]
