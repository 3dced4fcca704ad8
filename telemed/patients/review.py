"""Decide doubtful identities and complete temporary ones; nothing is merged, everything can be taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from telemed.db import Connection
from telemed.errors import Conflict, Invalid, NotFound
from telemed.patients import store
from telemed.patients.identifiers import Identifier
from telemed.patients.identity import Identity, Person
from telemed.vocabulary import Scope, Sex


def _unknown() -> NotFound:
    return NotFound("unknown-review", "找不到该待核对身份。", "There is no such doubtful identity.")


async def decide(
    tx: Connection, review_id: UUID, state: str, note: str, *, decided_by: UUID, scope: Scope, now: datetime
) -> store.ReviewRow:
    """Say whether two records are one person. They stay two records; one points at the other.

    Raises Conflict for one decided already, NotFound outside the scope.
    """
    row = await store.lock_review(tx, review_id)
    if row is None or not scope.admits(row.organization_id):
        raise _unknown()
    if row.state != "open":
        raise Conflict("review-decided", "该身份已核对。", "This identity has been decided already.")
    await store.decide_review(tx, review_id, state=state, note=note, decided_by=decided_by, now=now)
    if state == "same-person":
        same = await store.linked(tx, row.other_patient_id)
        if row.patient_id not in same:
            await store.set_same_as(tx, row.patient_id, row.other_patient_id)
    return row


async def reopen(tx: Connection, review_id: UUID, note: str, *, scope: Scope) -> store.ReviewRow:
    """Take a decision back; the two records stand apart again and wait for another one."""
    row = await store.lock_review(tx, review_id)
    if row is None or not scope.admits(row.organization_id):
        raise _unknown()
    if row.state == "open":
        raise Conflict("review-open", "该身份尚未核对。", "This identity is not decided yet.")
    await store.reopen_review(tx, review_id, note)
    if row.state == "same-person":
        await store.set_same_as(tx, row.patient_id, None)
    return row


async def complete(
    tx: Connection, patient_id: UUID, person: Person, number: Identifier | None, *, organization_id: UUID, now: datetime
) -> None:
    """身份补录: give somebody temporary a name, and a number if nobody holds it.

    A number that somebody else holds stays theirs: the pair goes on the work list of doubtful identities.
    Raises Conflict if the record is not temporary.
    """
    if not await store.complete_identity(tx, patient_id, person):
        raise Conflict("not-temporary", "该患者不是临时身份。", "This record is not temporary.")
    if number is None:
        return
    if number.sex is not None and person.sex not in (number.sex, Sex.UNKNOWN):
        raise Invalid("document-contradicts-sex", "性别与证件号码不一致。", "The sex contradicts the document.")
    if await store.give(tx, number, "", patient_id, now):
        return
    holder = await store.holder(tx, number)
    if holder is not None and holder.id != patient_id:
        await store.open_review(
            tx,
            organization_id,
            patient_id=patient_id,
            other_patient_id=holder.id,
            reason="number-contradicts",
            now=now,
        )


def described(row: store.PatientRow) -> Person:
    """A row as a value that can be compared."""
    return Person(row.name, Sex(row.sex), row.birth_date, row.birth_date_estimated, identity=Identity(row.identity))
