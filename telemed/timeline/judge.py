"""The registry as the timeline asks it, and what it answered by result. Pure but for the port."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

from telemed.cds.answering import decision_row
from telemed.cds.cards import SPOKEN
from telemed.cds.registry import Answered, Enquiry
from telemed.db import Connection
from telemed.recognition.canonical import canonical
from telemed.recognition.decision import CandidateVerdict
from telemed.recognition.ledger import DecisionRow
from telemed.recognition.precedence import RANK
from telemed.recognition.replay import candidates_of
from telemed.recognition.rule_set import RuleSet

_NAMESPACE = UUID("5a5c8a0e-7f5b-5a0d-9f0f-0d8ff8a3c1d4")


class Judge(Protocol):
    """The recognition registry: handed in by app.py."""

    async def of_results(self, patient: UUID, asked: Enquiry, results: Collection[str], /) -> tuple[Answered, ...]: ...

    async def rules_at(self, connection: Connection, as_of: datetime, /) -> RuleSet: ...


@dataclass(frozen=True, slots=True)
class Judged:
    """What the registry says of one result, in the decision on the order of its own item."""

    answered: Answered
    verdict: CandidateVerdict


def by_result(answered: Iterable[Answered]) -> Mapping[str, Judged]:
    """The verdict on each result by its id; of a result that two items claim, the more favourable."""
    found: dict[str, Judged] = {}
    for one in answered:
        for analyte in one.decision.analytes:
            for each in analyte.candidates:
                held = found.get(each.candidate_id)
                if held is None or RANK[each.verdict] < RANK[held.verdict.verdict]:
                    found[each.candidate_id] = Judged(one, each)
    return found


def decision_id(one: Answered, *, opening: UUID, shown_to: UUID) -> UUID:
    """The name of a decision within one opening of a page: the same for the same answer, however often it is asked.

    opening: as the page names it; with the person's id in the name nobody can take another's.
    """
    said = "\n".join(
        (
            str(opening),
            str(shown_to),
            one.order.patient_id,
            one.reference,
            canonical(one.context).decode(),
            one.rule_set,
            str(one.decision.verdict),
            candidates_of(one.decision),
        )
    )
    return uuid5(_NAMESPACE, said)


def rows(
    answered: Iterable[Answered],
    *,
    opening: UUID,
    shown_to: UUID,
    organization_id: UUID,
    patient_id: UUID,
    now: datetime,
) -> list[DecisionRow]:
    """What the ledger is to keep of an opening."""
    return [
        decision_row(
            one,
            decision_id(one, opening=opening, shown_to=shown_to),
            organization_id=organization_id,
            client_id=None,
            patient_id=patient_id,
            now=now,
        )
        for one in answered
    ]


def shown(kept: Iterable[DecisionRow]) -> tuple[UUID, ...]:
    """Which of these count as shown: as on a card, only what speaks of a result to be relied on or looked at."""
    return tuple(one.id for one in kept if one.verdict in SPOKEN)
