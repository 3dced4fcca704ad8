"""What every command shares: who acts, on which locked consultation, as which party."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from telemed.consultation.model import words
from telemed.consultation.model.parties import Party, parties
from telemed.consultation.model.states import Refusal
from telemed.consultation.store import consultations as store
from telemed.consultation.store.consultations import Taken
from telemed.consultation.store.rows import ConsultationRow
from telemed.db import Connection
from telemed.vocabulary import Principal

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Acting:
    """One command: its transaction, who gives it, when."""

    tx: Connection
    principal: Principal
    now: datetime

    @property
    def by(self) -> UUID:
        return self.principal.practitioner_id

    async def hold(self, consultation_id: UUID, *allowed: Party) -> ConsultationRow:
        """Lock a consultation for one of the parties who may do this.

        Raises NotFound for whom it does not concern, Forbidden for a party that does something else.
        """
        row = await store.hold(self.tx, consultation_id)
        if row is None:
            raise words.no_such_consultation()
        am = self.party(row)
        if not am:
            if Party.EXPERT in allowed and await self.was_asked(row):
                raise words.refused(Refusal.NOT_ASKED)
            raise words.no_such_consultation()
        if am.isdisjoint(allowed):
            raise words.not_your_part()
        return row

    async def was_asked(self, row: ConsultationRow) -> bool:
        """Whether this person was asked once: who is told that another has accepted."""
        return any(one.expert_id == self.by for one in await store.offers(self.tx, row.id))

    def party(self, row: ConsultationRow) -> set[Party]:
        return parties(
            self.principal,
            organization_id=row.organization_id,
            requester_id=row.requester_id,
            expert_id=row.expert_id,
        )

    def taken(self, command: str, reason: str = "", **detail: str | int) -> Taken:
        return Taken(command, self.by, self.now, reason.strip(), detail=tuple(detail.items()))


def taken_or_raise(step: S | Refusal) -> S:
    """The new state. Raises what the refusal means; nothing was changed."""
    if isinstance(step, Refusal):
        raise words.refused(step)
    return step
