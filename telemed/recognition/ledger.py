"""The ledger of recognition in PostgreSQL: what was decided, what of it was shown, what became of it. Append-only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.events import log
from telemed.recognition.decision import Verdict

queries = load(__name__, "ledger.sql")
#: The event that somebody answered a card, or took an answer back; its subject is the card.
ANSWERED = "recognition.answered"

#: Where something was shown: the hook of a card, a page of ours, the page inside a hospital system, a REST caller.
Surface = Literal["patient-view", "order-start", "order-select", "order-sign", "page", "embedded", "rest", "timeline"]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision as it is kept.

    asked, context, candidates, trace: canonical JSON, byte for byte as they were hashed.  inputs_hash, trace_hash:
    SHA-256 in hexadecimal.  client_id: the hospital system that asked, None for a person of this county's own pages.
    """

    id: UUID
    organization_id: UUID
    client_id: UUID | None
    patient_id: UUID | None
    order_reference: str
    asked: str
    context: str
    as_of: datetime
    known_at: datetime
    known_upto: int
    rule_set: str
    engine_version: str
    inputs_hash: str
    trace_hash: str
    verdict: Verdict | None
    trace: str
    candidates: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Exposure:
    """One card that was shown.  suggestions: uuid of each suggestion → what accepting it means."""

    card: UUID
    client_id: UUID | None
    surface: Surface
    shown_to: str
    suggestions: Mapping[UUID, str]
    decisions: tuple[UUID, ...]
    shown_at: datetime


class Response(msgspec.Struct, frozen=True):
    """What a person did about a card; withdrawn takes back what was said before.  accepted: uuids of suggestions.

    Times UTC.
    """

    card: UUID
    outcome: Literal["accepted", "overridden", "withdrawn"]
    outcome_at: datetime
    accepted: list[UUID]
    reason_system: str
    reason_code: str
    comment: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a batch of responses: new ones, repeated ones, and those about no card of this client."""

    new: int
    repeated: int
    unknown: int


class _Id(msgspec.Struct):
    id: UUID


class _Shown(msgspec.Struct):
    card: UUID
    suggestions: dict[str, str]


class PageCard(msgspec.Struct, frozen=True):
    """A card of a page.  suggestions: uuid → what choosing it means.

    shown_to: id of the person on a page of our own; whom a hospital system named on its page.
    """

    card: UUID
    shown_to: str
    suggestions: dict[str, str]


_COLUMNS = tuple(field.name for field in fields(DecisionRow))


async def keep_decisions(tx: Connection, rows: Iterable[DecisionRow]) -> None:
    """Write decisions in one batch; they commit or vanish with the transaction of their exposure."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            queries["insert_decision"], [{name: getattr(row, name) for name in _COLUMNS} for row in rows]
        )


async def not_yet_kept(tx: Connection, opening: UUID, rows: Iterable[DecisionRow]) -> list[DecisionRow]:
    """Those whose ids the ledger does not hold.  One opening of a page at a time, until the transaction ends."""
    asked = list(rows)
    await execute(tx, queries["hold_card"], {"card": str(opening)})
    kept = await fetch_all(tx, queries["kept_decisions"], {"ids": [row.id for row in asked]}, _Id)
    known = {row.id for row in kept}
    return [row for row in asked if row.id not in known]


async def keep_exposures(tx: Connection, exposures: Iterable[Exposure]) -> None:
    """Write what is about to be shown, all in one turn, before it is shown."""
    rows = [
        {
            "card": one.card,
            "client_id": one.client_id,
            "surface": one.surface,
            "shown_to": one.shown_to,
            "suggestions": json.dumps({str(uuid): meaning for uuid, meaning in one.suggestions.items()}),
            "decisions": list(one.decisions),
            "shown_at": one.shown_at,
        }
        for one in exposures
    ]
    async with tx.cursor() as cursor:
        await cursor.executemany(queries["insert_exposure"], rows)


async def keep_responses(tx: Connection, client_id: UUID | None, responses: Sequence[Response]) -> Kept:
    """Write what came back about cards that this client was given; the same thing told twice is kept once."""
    params = {"cards": [one.card for one in responses], "client_id": client_id}
    known = {row.card for row in await fetch_all(tx, queries["shown_by"], params, _Shown)}
    ours = [one for one in responses if one.card in known]
    new = 0
    for one in ours:
        if await execute(tx, queries["insert_response"], msgspec.structs.asdict(one)):
            new += 1
            await log.append(tx, ANSWERED, one.card, ["recognition"])
    return Kept(new=new, repeated=len(ours) - new, unknown=len(responses) - len(ours))


async def last_response(connection: Connection, card: UUID) -> Response | None:
    """What counts about a card; None for one that nobody answered."""
    return await fetch_one(connection, queries["last_response"], {"card": card}, Response)


async def page_card(tx: Connection, card: UUID) -> PageCard | None:
    """A card shown on our own page, held until the transaction ends; None for any other."""
    await execute(tx, queries["hold_card"], {"card": str(card)})
    return await fetch_one(tx, queries["page_card"], {"card": card}, PageCard)


async def client_card(tx: Connection, card: UUID, client_id: UUID) -> PageCard | None:
    """A card that one hospital system shows itself, held until the transaction ends; None for any other."""
    await execute(tx, queries["hold_card"], {"card": str(card)})
    return await fetch_one(tx, queries["client_card"], {"card": card, "client_id": client_id}, PageCard)


async def keep_page_response(tx: Connection, response: Response) -> bool:
    """Write what a person did about a card that is held; False where the same stands already.

    The last act counts, so it is never dated before the one it follows: clocks of two servers differ.
    """
    last = await last_response(tx, response.card)
    if last is not None:
        if _acts(last) == _acts(response):
            return False
        at = max(response.outcome_at, last.outcome_at + timedelta(microseconds=1))
        response = msgspec.structs.replace(response, outcome_at=at)
    await execute(tx, queries["insert_response"], msgspec.structs.asdict(response))
    await log.append(tx, ANSWERED, response.card, ["recognition"])
    return True


def _acts(one: Response) -> tuple[object, ...]:
    return (one.outcome, tuple(one.accepted), one.reason_system, one.reason_code, one.comment)
