"""Find the person a form or a study speaks of, or make one; race-proof, never merging."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from telemed.db import Connection
from telemed.patients import names, store
from telemed.patients.identifiers import Identifier, IdentifierKind
from telemed.patients.identity import Identity, Person, Verdict, compare
from telemed.vocabulary import PatientId

# Two writers can take turns at most once a number: the loser finds the winner's row. More is a bug.
_TURNS = 4


class Admitted(NamedTuple):
    """Who it is. contradicts: the person whose number was named under another name, birth date or sex."""

    patient_id: PatientId
    is_new: bool
    contradicts: UUID | None


class _TooManyTurns(Exception):
    """The same number was won by others again and again; nothing was written."""


def claim_key(person: Person) -> str:
    """Name, birth date and sex in one word: what tells two people with one number apart."""
    born = "" if person.birth_date is None else person.birth_date.isoformat()
    return f"{names.search_key(person.name)}|{born}|{person.sex}"


def leading(person: Person) -> Identifier | None:
    """The number that decides who it is: a personal one before a temporary one before a device's."""

    def rank(number: Identifier) -> tuple[bool, bool, str, str]:
        return (not number.personal, number.kind is IdentifierKind.DEVICE, number.issuer, number.value)

    return min(person.identifiers, key=rank, default=None)


async def admit(
    tx: Connection, person: Person, *, organization_id: UUID, contact: store.Contact, now: datetime
) -> Admitted:
    """Find or make the person and note that the organisation knows them.

    The holder of a number is the person only if name, birth date and sex agree; otherwise a separate source person is
    found or made under the same number as a claim, and the pair goes on the work list of doubtful identities.
    Somebody without any number is always new: the form has asked about people of the same name before.
    """
    number = leading(person)
    if number is None:
        patient_id = await store.insert_patient(tx, person, organization_id, contact, now)
        await store.know(tx, organization_id, patient_id, now)
        return Admitted(patient_id, is_new=True, contradicts=None)
    for _turn in range(_TURNS):
        admitted = await _attempt(tx, person, number=number, organization_id=organization_id, contact=contact, now=now)
        if admitted is not None:
            await store.know(tx, organization_id, admitted.patient_id, now)
            if admitted.contradicts is not None:
                await store.open_review(
                    tx,
                    organization_id,
                    patient_id=admitted.patient_id,
                    other_patient_id=admitted.contradicts,
                    reason="number-contradicts",
                    now=now,
                )
            return admitted
    raise _TooManyTurns


async def _attempt(
    tx: Connection,
    person: Person,
    *,
    number: Identifier,
    organization_id: UUID,
    contact: store.Contact,
    now: datetime,
) -> Admitted | None:
    """One look and, if nobody is there, one insert; None if somebody else inserted meanwhile."""
    claim, contradicts = "", None
    if store.is_claim(number.kind):
        claim = claim_key(person)
    else:
        holder = await store.holder(tx, number)
        if holder is not None:
            if _is_holder(holder, person, number):
                return Admitted(PatientId(holder.id), is_new=False, contradicts=None)
            claim, contradicts = claim_key(person), holder.id
    if claim:
        known = await store.claimant(tx, number, claim)
        if known is not None:
            return Admitted(PatientId(known.id), is_new=False, contradicts=contradicts)
    stored = person if contradicts is None else _as_source(person)
    patient_id = await store.insert_with_number(tx, stored, organization_id, contact, now, number=number, claim=claim)
    if patient_id is None:
        return None
    for other in person.identifiers - {number}:
        await store.give(tx, other, claim_key(person) if claim or store.is_claim(other.kind) else "", patient_id, now)
    return Admitted(patient_id, is_new=True, contradicts=contradicts)


def _is_holder(holder: store.StoredPerson, person: Person, number: Identifier) -> bool:
    if number.kind is IdentifierKind.TEMPORARY or not number.personal:
        # A number of one organisation: the same number under another name is somebody else.
        return claim_key(holder.person()) == claim_key(person)
    return compare(holder.person(number), person).verdict is Verdict.SAME


def _as_source(person: Person) -> Person:
    return Person(person.name, person.sex, person.birth_date, person.estimated, person.identifiers, Identity.SOURCE)
