"""What a hospital system or its page is about to be shown, kept before it is: decisions, cards, and their wording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from telemed.cds.checking import Card, page_rows
from telemed.db import Connection
from telemed.his import cards, store
from telemed.his.cards import Kept
from telemed.his.desk import Desk, pictures
from telemed.his.messages import Silent
from telemed.http.wire import Call
from telemed.recognition.ledger import keep_decisions, keep_exposures
from telemed.recognition.rules import Code


@dataclass(frozen=True, slots=True)
class Showing:
    """To whom, about whom and where something is shown.  user, visit: as the system names them."""

    client_id: UUID
    organization_id: UUID
    patient_id: UUID
    user: str
    visit: str
    surface: Literal["rest", "embedded"]
    page_id: UUID | None = None


async def keep(
    tx: Connection, call: Call[Any, Any], desk: Desk, showing: Showing, dealt: Sequence[tuple[Card, Silent]]
) -> list[Kept]:
    """Write decisions, and as cards those that may be answered; what is silent counts as shown to nobody."""
    spoken = [card if not silent else cards.quiet(card) for card, silent in dealt]
    decisions, exposures = page_rows(
        spoken,
        organization_id=showing.organization_id,
        patient_id=showing.patient_id,
        shown_to=showing.user,
        now=call.now,
        client_id=showing.client_id,
        surface=showing.surface,
    )
    whose = await pictures(tx, tuple(card.answered for card in spoken))
    kept = [cards.kept(card, whose, desk.local_reasons) for card in spoken]
    await keep_decisions(tx, decisions)
    await keep_exposures(tx, exposures)
    await store.keep_cards(
        tx,
        list(zip(kept, (silent for _, silent in dealt), strict=True)),
        client_id=showing.client_id,
        patient_id=showing.patient_id,
        visit=showing.visit,
        shown_to=showing.user,
        now=call.now,
        page_id=showing.page_id,
    )
    for row in decisions:
        call.about("recognition-decision", row.id, patient_id=showing.patient_id)
    call.detail["cards"] = len(exposures)
    return kept


async def answered_orders(
    connection: Connection, client_id: UUID, patient_id: UUID, visit: str, orders: Sequence[str]
) -> frozenset[tuple[str, Code]]:
    """Which items under which names were answered in this visit, and not taken back."""
    rows = await store.answerable(connection, client_id, patient_id, visit, orders)
    last = await store.last_responses(connection, [row.card for row in rows])
    standing = {card for card, said in last.items() if said.outcome != "withdrawn"}
    return frozenset((row.order_reference, Code(row.system, row.code)) for row in rows if row.card in standing)
