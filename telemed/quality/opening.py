"""Consumer of the event log: a doctor's reason T… opens a ticket; taken back before it was judged, it is retracted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one
from telemed.events import Event
from telemed.events.consumer import Consumer
from telemed.quality import ticket_store
from telemed.quality.ticket_store import Ticket, queries
from telemed.quality.tickets import By, Command, TicketState, opens
from telemed.recognition.facts import Candidate
from telemed.recognition.facts_store import latest_of
from telemed.recognition.ledger import Response, last_response
from telemed.recognition.reliance import offered

NAME = "quality-tickets"
KINDS = frozenset({"recognition.answered"})


class _About(msgspec.Struct):
    id: UUID
    organization_id: UUID
    trace: str


class _Id(msgspec.Struct):
    id: UUID


async def handle(tx: Connection, event: Event) -> None:
    """Make the tickets of a card what its last answer says; doing it twice changes nothing."""
    card = event.subject
    await execute(tx, queries["hold_card"], {"card": str(card)})
    response = await last_response(tx, card)
    wanted = response is not None and opens(response.outcome, response.reason_system, response.reason_code)
    for ticket in await fetch_all(tx, queries["pending_of_card"], {"card": card}, Ticket):
        same = wanted and response is not None and ticket.said_at == response.outcome_at
        if not same or response is None or ticket.reason_code != response.reason_code:
            await ticket_store.act(tx, ticket, Command.RETRACT, By.REGISTRY, "", who=None, now=event.at)
    if wanted and response is not None:
        await _open(tx, response, event.at)


async def _open(tx: Connection, response: Response, now: datetime) -> None:
    """One ticket for each result that the card offered, at whoever acquired it."""
    for about in await fetch_all(tx, queries["about_card"], {"card": response.card}, _About):
        for one in offered(about.trace):
            candidate = await latest_of(tx, "candidate", one.result, Candidate)
            if candidate is None:
                continue  # the result is nobody's any more: there is nobody to tell
            row = {
                "card": response.card,
                "decision_id": about.id,
                "result": one.result,
                "item_key": one.item_key,
                "organization_id": UUID(candidate.acquiring_id),
                "asking_id": about.organization_id,
                "reason_code": response.reason_code,
                "comment": response.comment,
                "said_at": response.outcome_at,
                "now": now,
            }
            opened = await fetch_one(tx, queries["open_ticket"], row, _Id)
            if opened is not None:
                await ticket_store.announce(tx, opened.id, None, TicketState.PENDING)


CONSUMER = Consumer(NAME, KINDS, handle)
