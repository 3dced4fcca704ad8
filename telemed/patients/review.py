"""Decide doubtful identities and complete temporary ones; nothing is merged, everything can be taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from telemed.db import Connection
from telemed.errors import Conflict, Invalid, NotFound
from telemed.events import append
from telemed.patients import candidates, links_store, matching, resolving, store
from telemed.patients.identifiers import Identifier
from telemed.patients.identity import Person
from telemed.patients.links import Ground
from telemed.patients.matching import Code
from telemed.patients.resolving import Why
from telemed.vocabulary import Scope, Sex


async def decide(
    tx: Connection, review_id: UUID, state: str, note: str, *, decided_by: UUID, scope: Scope, now: datetime
) -> store.ReviewRow:
    """Say whether two records are one person, or two whom nothing links any more. They stay two records.

    Raises Conflict for one decided already, and where a decision about other records stands against it; NotFound
    outside the scope. Nothing is written then.
    """
    await links_store.hold(tx)
    row = await _locked(tx, review_id, scope)
    if row.state != "open":
        raise Conflict("review-decided", "该身份已核对。", "This identity has been decided already.")
    await store.decide_review(tx, review_id, state=state, note=note, decided_by=decided_by, now=now)
    why = Why(Ground.REVIEWED, decided_by, review_id, note, await _found(tx, row))
    apply = resolving.link if state == "same-person" else resolving.never_link
    await apply(tx, row.patient_id, row.other_patient_id, why, now)
    return row


async def doubt(
    tx: Connection, review_id: UUID, note: str, *, by: UUID, scope: Scope, now: datetime
) -> store.ReviewRow:
    """Say that one has looked and cannot say; the review stays open for the next.

    Raises NotFound outside the scope, Conflict for one decided already. Nothing is written then.
    """
    row = await _locked(tx, review_id, scope)
    if row.state != "open":
        raise Conflict("review-decided", "该身份已核对。", "This identity has been decided already.")
    await store.doubt_review(tx, review_id, note=note, by=by, now=now)
    return row


async def same(
    tx: Connection,
    patient_id: UUID,
    other_patient_id: UUID,
    note: str,
    *,
    organization_id: UUID,
    decided_by: UUID,
    now: datetime,
) -> UUID:
    """Say of two records that they are one person, whether or not somebody has asked; the review it stands in.

    Raises Conflict for one record, for two that are linked, and where somebody has told them apart. Nothing is written
    then.
    """
    await links_store.hold(tx)
    if patient_id == other_patient_id:
        raise Conflict("same-record", "两份是同一条记录。", "The two are one record.")
    two = {"patient_id": patient_id, "other_patient_id": other_patient_id}
    await store.open_review(tx, organization_id, **two, reason="number-contradicts", now=now)
    review_id = await store.open_review_of(tx, patient_id, other_patient_id)
    if review_id is None:
        raise Conflict(
            "review-decided",
            "这两份记录已核对过。如需更改，请先在“身份核对”中撤回。未作任何改动。",
            "These two have been decided about. Take that back on the list of identities first. Nothing was changed.",
        )
    await store.decide_review(tx, review_id, state="same-person", note=note, decided_by=decided_by, now=now)
    records = await candidates.records_of(tx, [patient_id, other_patient_id])
    found = matching.compare(records[patient_id].record(), records[other_patient_id].record()).findings
    why = Why(Ground.REVIEWED, decided_by, review_id, note, found)
    await resolving.link(tx, patient_id, other_patient_id, why, now)
    await append(tx, "identity.reviewed", review_id, [f"organization/{organization_id}"])
    return review_id


async def reopen(
    tx: Connection, review_id: UUID, note: str, *, decided_by: UUID, scope: Scope, now: datetime
) -> tuple[store.ReviewRow, list[str]]:
    """Take a decision back, the rule's too; the two records stand apart again and wait for another one.

    Returns besides what else has been changed in either record since, as resolving.take_back() does.
    """
    await links_store.hold(tx)
    row = await _locked(tx, review_id, scope)
    if row.state == "open":
        raise Conflict("review-open", "该身份尚未核对。", "This identity is not decided yet.")
    why = Why(Ground.TAKEN_BACK, decided_by, review_id, note)
    changed = await resolving.take_back(tx, row.patient_id, row.other_patient_id, why, now)
    await store.reopen_review(tx, review_id, note)
    return row, changed


async def _locked(tx: Connection, review_id: UUID, scope: Scope) -> store.ReviewRow:
    row = await store.lock_review(tx, review_id)
    if row is None or not scope.admits(row.organization_id):
        raise NotFound("unknown-review", "找不到该待核对身份。", "There is no such doubtful identity.")
    return row


async def _found(tx: Connection, row: store.ReviewRow) -> tuple[Code, ...]:
    records = await candidates.records_of(tx, [row.patient_id, row.other_patient_id])
    return matching.compare(records[row.patient_id].record(), records[row.other_patient_id].record()).findings


async def complete(
    tx: Connection, patient_id: UUID, person: Person, number: Identifier | None, *, organization_id: UUID, now: datetime
) -> None:
    """身份补录: give somebody temporary a name, and a number if nobody holds it.

    A number that somebody else holds stays theirs and is kept as shown: the two are linked if nothing is doubtful about
    it, and go on the work list of doubtful identities otherwise.
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
        await resolving.shown(tx, patient_id, holder.id, number, person, organization_id=organization_id, now=now)
