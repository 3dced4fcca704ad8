"""Whose record a message is kept under: the one known before, or the person its PID speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from telemed.db import Connection
from telemed.patients import admission
from telemed.patients import store as people
from telemed.results.store import Latest
from telemed.results.whose import Whose, without_number


@dataclass(frozen=True, slots=True)
class Mine:
    """A record.  linked: by a number that proves the person; otherwise a source patient of the sender."""

    patient_id: UUID
    linked: bool


def is_same(before: Latest | None, who: Whose) -> bool:
    """Whether name, birth date and sex are those of the version before."""
    return before is not None and admission.claim_key(before.person()) == admission.claim_key(who.person)


def still(before: Latest | None, who: Whose) -> Mine | None:
    """The record of the version before, where the same person comes without a number that proves anything.

    It is the sender's own number and the same person: what was proved then still is.
    """
    if before is None or not is_same(before, who) or who.number is not None:
        return None
    return Mine(before.patient_id, before.linked) if before.linked or not who.person.identifiers else None


async def admit(tx: Connection, who: Whose, organization_id: UUID, now: datetime) -> Mine:
    """Find or make the person.

    A number that nobody holds yet makes a resident only if the message says the birth date too: a newborn is often
    sent under the mother's number.
    """
    if who.number is not None and not who.stated_birth and await people.holder(tx, who.number) is None:
        who = without_number(who)
    found = await admission.admit(tx, who.person, organization_id=organization_id, contact=people.Contact(), now=now)
    return Mine(found.patient_id, who.number is not None and found.contradicts is None)
