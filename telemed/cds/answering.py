"""One hook call from its orders to its cards: ask the registry, keep what it decided and what is shown, then answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from telemed.cds.cards import Told
from telemed.cds.registry import Answered, Decide, Decided
from telemed.cds.request import Asked
from telemed.errors import Unavailable
from telemed.recognition.canonical import canonical
from telemed.recognition.ledger import DecisionRow, Exposure, Surface
from telemed.recognition.replay import candidates_of

#: Seconds a doctor's screen may wait for the registry; the goal is 0.5 (domain C6), clients give up after a few.
BUDGET = 2.0

SURFACES: dict[str, Surface] = {
    "patient-view": "patient-view",
    "order-start": "order-start",
    "order-select": "order-select",
    "order-sign": "order-sign",
}


async def ask(decide: Decide, asked: Asked, budget: float = BUDGET) -> Decided | None:
    """What the registry answers in time; None where it does not: ordering goes on without it."""
    try:
        async with asyncio.timeout(budget):
            return await decide(asked)
    except (TimeoutError, Unavailable):
        return None


def ledger_rows(
    asked: Asked, decided: Decided, told: Iterable[Told], new_id: Callable[[], UUID], now: datetime
) -> tuple[list[DecisionRow], list[Exposure]]:
    """Every decision, spoken of or not, and every card with the decisions it speaks of. Pure but for the ids."""
    numbered = [(one, one.number or new_id()) for one in decided.answered]
    decisions = [
        decision_row(
            one,
            number,
            organization_id=asked.organization_id,
            client_id=asked.client_id,
            patient_id=decided.patient_id,
            now=now,
        )
        for one, number in numbered
    ]
    exposures = [
        Exposure(
            card=one.card.uuid,
            client_id=asked.client_id,
            surface=SURFACES[asked.hook],
            shown_to=asked.user,
            suggestions=one.meanings,
            decisions=tuple(number for answered, number in numbered if any(answered is it for it in one.about)),
            shown_at=now,
        )
        for one in told
    ]
    return decisions, exposures


def decision_row(
    one: Answered,
    number: UUID,
    *,
    organization_id: UUID,
    client_id: UUID | None,
    patient_id: UUID | None,
    now: datetime,
) -> DecisionRow:
    """The row of the ledger for one decision; client_id None: a person asked on a page of this county."""
    decision = one.decision
    return DecisionRow(
        id=number,
        organization_id=organization_id,
        client_id=client_id,
        patient_id=patient_id,
        order_reference=one.reference,
        asked=canonical(one.order).decode(),
        context=canonical(one.context).decode(),
        as_of=decision.as_of,
        known_at=decision.known_at,
        known_upto=one.known_upto,
        rule_set=one.rule_set,
        engine_version=decision.engine_version,
        inputs_hash=one.inputs_hash,
        trace_hash=one.trace_hash,
        verdict=decision.verdict,
        trace=one.trace.decode(),
        candidates=candidates_of(decision),
        decided_at=now,
    )
