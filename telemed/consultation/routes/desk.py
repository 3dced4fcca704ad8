"""What every consultation handler works with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from telemed.consultation.model import words
from telemed.consultation.model.parties import Party, parties
from telemed.consultation.routes.messages import Consultation, PartyWord
from telemed.consultation.service.acting import Acting
from telemed.consultation.service.opinions import Sealing
from telemed.consultation.store import consultations as store
from telemed.consultation.store.rows import ConsultationLine
from telemed.db import Connection
from telemed.http.wire import Call
from telemed.imaging.papers import Papers
from telemed.reading.service.acting import Signatures


@dataclass(frozen=True, slots=True)
class Desk:
    """zone: the county's.  papers: photographs of consent."""

    zone: ZoneInfo
    papers: Papers
    signatures: Signatures
    sealing: Sealing

    def acting(self, call: Call[Any, Any], tx: Connection) -> Acting:
        return Acting(tx, call.principal, call.now)

    def shown(self, call: Call[Any, Any], row: ConsultationLine) -> Consultation:
        """A row as whoever asks sees it; whose record it touches is named to the audit."""
        call.about("consultation", row.id, patient_id=row.patient_id)
        am = _am(call, row)
        you = cast("list[PartyWord]", sorted(one.value for one in am))
        return Consultation.of(row, you, call.now.astimezone(self.zone).date())

    def of_a_party(self, call: Call[Any, Any], row: ConsultationLine) -> bool:
        """Whether whoever asks sees it for another reason than that they were added."""
        return row.member == "" or bool(_am(call, row)) or call.scope.admits(row.organization_id)

    async def line(
        self, call: Call[Any, Any], connection: Connection, consultation_id: UUID, *, joined: Collection[str] = ()
    ) -> ConsultationLine:
        """One consultation that whoever asks may see.  Raises NotFound.

        joined: as what somebody must have been added for this to be theirs too; a party sees it anyhow.
        """
        person = call.principal.practitioner_id
        found = await store.lines(connection, call.scope, person, only=consultation_id, joined=joined, limit=1)
        if not found:
            raise words.no_such_consultation()
        return found[0]


def _am(call: Call[Any, Any], row: ConsultationLine) -> set[Party]:
    return parties(
        call.principal,
        organization_id=row.organization_id,
        requester_id=row.requester_id,
        expert_id=row.expert_id,
    )


def consultation_of(call: Call[Any, Any]) -> UUID:
    """The consultation in the path, named in the audit row."""
    found = call.uuid("id")
    call.about("consultation", found)
    return found
