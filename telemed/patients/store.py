"""Persons and their numbers in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.events import append
from telemed.patients import identifiers, names
from telemed.patients.identifiers import Identifier, IdentifierKind
from telemed.patients.identity import Identity, Person
from telemed.vocabulary import PatientId, Sex

queries = load(__name__)


class _Id(msgspec.Struct):
    id: UUID


class _Number(msgspec.Struct):
    last: int


class StoredPerson(msgspec.Struct, frozen=True):
    """What a comparison needs of somebody already known."""

    id: UUID
    organization_id: UUID
    name: str
    sex: str
    birth_date: date | None
    birth_date_estimated: bool
    identity: str

    def person(self, *numbers: Identifier) -> Person:
        """The same as a value that can be compared."""
        return Person(
            self.name,
            Sex(self.sex),
            self.birth_date,
            self.birth_date_estimated,
            frozenset(numbers),
            Identity(self.identity),
        )


class PatientRow(msgspec.Struct, frozen=True):
    """A person as pages show one. born_at: UTC."""

    id: UUID
    organization_id: UUID
    organization_name: str
    name: str
    sex: str
    birth_date: date | None
    birth_date_estimated: bool
    born_at: datetime | None
    identity: str
    phone: str
    address: str
    mother_id: UUID | None
    same_as_id: UUID | None
    revision: int


class IdentifierRow(msgspec.Struct, frozen=True):
    kind: str
    issuer: str
    value: str
    claim: str


class ReviewRow(msgspec.Struct, frozen=True):
    """A doubtful identity: patient came with what other_patient already had.

    doubt: what somebody who looked and could not say has written last, '' if nobody has.  Names are those of lists.
    """

    id: UUID
    organization_id: UUID
    reason: str
    state: str
    note: str
    opened_at: datetime
    decided_at: datetime | None
    patient_id: UUID
    other_patient_id: UUID
    decided_by_name: str = ""
    doubt: str = ""
    doubted_by_name: str = ""
    doubted_at: datetime | None = None


class Contact(msgspec.Struct, frozen=True):
    """What is known of somebody besides who it is."""

    phone: str = ""
    address: str = ""
    born_at: datetime | None = None
    mother_id: UUID | None = None


async def holder(tx: Connection, number: Identifier) -> StoredPerson | None:
    """The one person the number belongs to."""
    return await fetch_one(tx, queries["holder"], {"issuer": number.issuer, "value": number.value}, StoredPerson)


async def claimant(tx: Connection, number: Identifier, claim: str) -> StoredPerson | None:
    """Who came with a number that is another's, under this claim."""
    params = {"issuer": number.issuer, "value": number.value, "claim": claim}
    return await fetch_one(tx, queries["claimant"], params, StoredPerson)


async def insert_patient(
    tx: Connection, person: Person, organization_id: UUID, contact: Contact, now: datetime
) -> PatientId:
    """Write a new person without any number."""
    row = await fetch_one(tx, queries["insert_patient"], _columns(person, organization_id, contact, now), _Id)
    if row is None:
        raise LookupError("insert ... returning gave no row")
    return PatientId(row.id)


async def insert_with_number(
    tx: Connection,
    person: Person,
    organization_id: UUID,
    contact: Contact,
    now: datetime,
    *,
    number: Identifier,
    claim: str,
) -> PatientId | None:
    """Write a new person with the number that leads; None, and nothing written, if somebody else has it by now."""
    columns = _columns(person, organization_id, contact, now)
    columns |= {"issuer": number.issuer, "value": number.value, "claim": claim, "kind": number.kind}
    row = await fetch_one(tx, queries["insert_patient_with_number"], columns, _Id)
    return None if row is None else PatientId(row.id)


def _columns(person: Person, organization_id: UUID, contact: Contact, now: datetime) -> dict[str, Any]:
    return {
        "organization_id": organization_id,
        "name": person.name.strip(),
        **name_columns(person.name),
        "sex": person.sex,
        "birth_date": person.birth_date,
        "birth_date_estimated": person.estimated,
        "born_at": contact.born_at,
        "identity": person.identity,
        "phone": contact.phone,
        "address": contact.address,
        "mother_id": contact.mother_id,
        "now": now,
    }


def name_columns(name: str) -> dict[str, str]:
    """The columns a name is found by."""
    return {"name_search": names.search_key(name), "name_pinyin": names.pinyin_text(name)}


async def give(tx: Connection, number: Identifier, claim: str, patient_id: UUID, now: datetime) -> bool:
    """Give somebody a number; False if somebody else was faster."""
    params = {
        "issuer": number.issuer,
        "value": number.value,
        "claim": claim,
        "kind": number.kind,
        "patient_id": patient_id,
        "now": now,
    }
    return await execute(tx, queries["insert_identifier"], params) == 1


async def know(tx: Connection, organization_id: UUID, patient_id: UUID, now: datetime) -> None:
    """Note that an organisation knows a person, which lets it see the person's record."""
    await execute(tx, queries["know"], {"organization_id": organization_id, "patient_id": patient_id, "now": now})


async def knows(connection: Connection, organization_id: UUID, patient_id: UUID) -> bool:
    """Whether an organisation knows a person."""
    params = {"organization_id": organization_id, "patient_id": patient_id}
    return await fetch_one(connection, queries["knows"], params, _Id) is not None


async def next_number(tx: Connection, organization_id: UUID, kind: str, day: date) -> int:
    """Give out the next number of a kind on a day; the row's lock is held until commit."""
    row = await fetch_one(
        tx, queries["next_number"], {"organization_id": organization_id, "kind": kind, "day": day}, _Number
    )
    if row is None:
        raise LookupError("insert ... returning gave no row")
    return row.last


async def open_review(
    tx: Connection, organization_id: UUID, *, patient_id: UUID, other_patient_id: UUID, reason: str, now: datetime
) -> None:
    """Put two persons on the work list of doubtful identities, unless somebody has decided about them already."""
    params = {
        "organization_id": organization_id,
        "patient_id": patient_id,
        "other_patient_id": other_patient_id,
        "reason": reason,
        "now": now,
    }
    row = await fetch_one(tx, queries["open_review"], params, _Id)
    if row is not None:
        await append(tx, "identity.doubtful", row.id, [f"organization/{organization_id}"])


async def open_review_of(tx: Connection, one: UUID, other: UUID) -> UUID | None:
    """The review of two records that waits, in either order, locked."""
    row = await fetch_one(tx, queries["open_review_of"], {"one": one, "other": other}, _Id)
    return None if row is None else row.id


async def update_contact(tx: Connection, patient_id: UUID, contact: Contact) -> None:
    """Keep the phone and address said last."""
    await execute(
        tx,
        queries["update_contact"],
        {"patient_id": patient_id, "phone": contact.phone, "address": contact.address},
    )


async def patient(
    connection: Connection, patient_id: UUID, organizations: Sequence[UUID] | None, *, opened: Sequence[UUID] = ()
) -> PatientRow | None:
    """One person whom one of the organisations knows, or one of those opened; organizations None: everybody."""
    params = {"patient_id": patient_id, "organizations": organizations, "opened": list(opened)}
    return await fetch_one(connection, queries["patient"], params, PatientRow)


async def numbers(connection: Connection, patient_id: UUID) -> list[IdentifierRow]:
    """Every number of a person, claimed ones too."""
    return await fetch_all(connection, queries["identifiers"], {"patient_id": patient_id}, IdentifierRow)


async def linked(connection: Connection, patient_id: UUID) -> list[UUID]:
    """Every record that is this person by decision, this one among them."""
    return [row.id for row in await fetch_all(connection, queries["linked"], {"patient_id": patient_id}, _Id)]


def _pattern(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def search_terms(text: str) -> Mapping[str, str]:
    """What a typed search is compared with: name folded, reading or initials, number; empty ones match nothing."""
    key = names.search_key(text)
    found = identifiers.national_id(text)
    number = found.value if isinstance(found, Identifier) else identifiers.normalise(text)
    return {
        "key": key,
        "key_pattern": _pattern(key),
        "reading": key if key.isascii() and key.isalpha() else "",
        "reading_pattern": _pattern(key),
        "number": "" if identifiers.is_placeholder(text) else number,
    }


async def search(
    connection: Connection, text: str, organizations: Sequence[UUID] | None, *, limit: int
) -> list[PatientRow]:
    """People by part of the name, reading, initials or a whole number in any of its forms."""
    params: Mapping[str, Any] = {"organizations": organizations, "limit": limit, **search_terms(text)}
    return await fetch_all(connection, queries["search"], params, PatientRow)


async def namesakes(connection: Connection, name: str, organization_id: UUID) -> list[PatientRow]:
    """People of the same written name whom the organisation knows."""
    params = {"key": names.search_key(name), "organization_id": organization_id}
    return await fetch_all(connection, queries["namesakes"], params, PatientRow)


async def complete_identity(tx: Connection, patient_id: UUID, person: Person) -> bool:
    """身份补录 of somebody temporary; False if the record is not temporary (any more)."""
    params = {
        "patient_id": patient_id,
        "name": person.name.strip(),
        **name_columns(person.name),
        "sex": person.sex,
        "birth_date": person.birth_date,
    }
    return await execute(tx, queries["complete_identity"], params) == 1


async def reviews(
    connection: Connection, organizations: Sequence[UUID] | None, *, is_open: bool, limit: int
) -> list[ReviewRow]:
    """Doubtful identities, newest first."""
    params = {"organizations": organizations, "open": is_open, "limit": limit}
    return await fetch_all(connection, queries["reviews"], params, ReviewRow)


async def lock_review(tx: Connection, review_id: UUID) -> ReviewRow | None:
    """One doubtful identity, locked until the end of the transaction."""
    return await fetch_one(tx, queries["lock_review"], {"review_id": review_id}, ReviewRow)


async def doubt_review(tx: Connection, review_id: UUID, *, note: str, by: UUID, now: datetime) -> None:
    """Write that somebody has looked and cannot say."""
    await execute(tx, queries["doubt_review"], {"review_id": review_id, "note": note, "by": by, "now": now})


async def decide_review(
    tx: Connection, review_id: UUID, *, state: str, note: str, decided_by: UUID, now: datetime
) -> None:
    """Write a decision."""
    await execute(
        tx,
        queries["decide_review"],
        {"review_id": review_id, "state": state, "note": note, "decided_by": decided_by, "now": now},
    )


async def reopen_review(tx: Connection, review_id: UUID, note: str) -> None:
    """Take a decision back."""
    await execute(tx, queries["reopen_review"], {"review_id": review_id, "note": note})


def is_claim(kind: IdentifierKind) -> bool:
    """Whether numbers of a kind are never anybody's own."""
    return kind is IdentifierKind.DEVICE
