"""What a doctor did about cards: kept once, taken back, told again; and a decision in detail or as a quotation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web

from telemed.cds import checking
from telemed.cds.check_messages import ReasonWords, ResponseBody
from telemed.cds.store import Client
from telemed.db import Connection
from telemed.errors import Invalid, NotFound
from telemed.his import cards, store
from telemed.his.answering import Keep, answered, once, read
from telemed.his.asking import refuse_numbers
from telemed.his.desk import Desk
from telemed.his.messages import (
    CardOutcome,
    DecisionBody,
    Outcomes,
    OutcomesBody,
    ReasonList,
    ResponsesBody,
    UndoBody,
)
from telemed.his.quoting import quote
from telemed.http.wire import Call
from telemed.patients.messages import Words
from telemed.recognition import reasons
from telemed.recognition.ledger import PageCard, client_card, keep_page_response, last_response


@dataclass(frozen=True, slots=True)
class Doctor:
    """Somebody of a hospital system.  user: as that system names them."""

    client_id: UUID
    user: str


class Responding:
    """Handlers; each is called with the system that was admitted."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def respond(self, call: Call[Any, Any], client: Client) -> web.Response:
        body = await read(call, ResponsesBody)
        refuse_numbers([body.request_id, body.user])
        named = [one.card for one in body.responses]
        if len(set(named)) < len(named):
            raise Invalid(
                "card-twice",
                "同一卡片出现了两次。未作任何记录，请修正后重新发送。",
                "One card is there twice. Nothing was recorded; correct it and send it again.",
            )

        who = Doctor(client.id, body.user)

        async def write(tx: Connection) -> Outcomes:
            for one in sorted(body.responses, key=lambda each: each.card):
                await respond(tx, call, self._desk, who, card=one.card, said=one)
            return Outcomes([await outcome(tx, client.id, one) for one in named])

        return await once(call, client.id, body, body.request_id, _nothing_to_ask(write))

    async def undo(self, call: Call[Any, Any], client: Client) -> web.Response:
        body = await read(call, UndoBody)
        refuse_numbers([body.request_id, body.user])

        async def write(tx: Connection) -> CardOutcome:
            await undo(tx, call, Doctor(client.id, body.user), body.card, body.comment)
            return await outcome(tx, client.id, body.card)

        return await once(call, client.id, body, body.request_id, _nothing_to_ask(write))

    async def outcomes(self, call: Call[Any, Any], client: Client) -> web.Response:
        body = await read(call, OutcomesBody)
        async with call.pool.connection() as connection:
            rows = await store.shown_in_visit(connection, client.id, body.visit)
            last = await store.last_responses(connection, [row.card for row in rows])
        said = [cards.outcome(row.kept, None if row.card is None else last.get(row.card)) for row in rows]
        return await answered(call, Outcomes([one for one in said if one is not None]))

    async def detail(self, call: Call[Any, Any], client: Client) -> web.Response:
        row = await self._shown(call, client)
        async with call.pool.connection() as connection:
            last = None if row.card is None else await last_response(connection, row.card)
        return await answered(call, cards.detail(row.kept, row.shown_at, last))

    async def quote(self, call: Call[Any, Any], client: Client) -> web.Response:
        row = await self._shown(call, client)
        return await answered(call, quote(row.kept, row.shown_at, self._desk.zone, call.now))

    async def reasons(self, call: Call[Any, Any], _client: Client) -> web.Response:
        usual = reasons.offered(images=False, local=self._desk.local_reasons)
        every = reasons.offered(images=True, local=self._desk.local_reasons)
        return await answered(
            call,
            ReasonList(
                reasons.SYSTEM, [_said(one) for one in usual], [_said(one) for one in every if one not in usual]
            ),
        )

    async def _shown(self, call: Call[Any, Any], client: Client) -> store.ShownRow:
        body = await read(call, DecisionBody)
        async with call.pool.connection() as connection:
            row = await store.shown(connection, client.id, body.decision_id)
        if row is None or row.shown_to != body.user:
            raise NotFound(
                "unknown-decision",
                "没有向该用户提供过这个结论。",
                "This decision was not given to that user.",
            )
        call.about("recognition-decision", row.decision_id, patient_id=row.patient_id)
        return row


async def respond(
    tx: Connection, call: Call[Any, Any], desk: Desk, who: Doctor, *, card: UUID, said: ResponseBody
) -> None:
    """Keep what a doctor did about a card; the same thing told twice is kept once.

    Raises NotFound for a card that was not shown to this user, Invalid for an answer it did not offer,
    Conflict for a withdrawal where nothing stands.
    """
    held = await _held(tx, who, card)
    checking.must_stand(said, await last_response(tx, card))
    response = checking.response(held, said, call.now, desk.local_reasons)
    await keep_page_response(tx, response)
    call.about("recognition-card", card)
    call.detail["outcome"] = response.outcome


async def undo(tx: Connection, call: Call[Any, Any], who: Doctor, card: UUID, comment: str = "") -> None:
    """Take back what stands about a card.  Raises NotFound, and Conflict where nothing stands."""
    await _held(tx, who, card)
    response = cards.withdrawal(card, await last_response(tx, card), comment, call.now)
    await keep_page_response(tx, response)
    call.about("recognition-card", card)
    call.detail["outcome"] = response.outcome


async def outcome(connection: Connection, client_id: UUID, card: UUID) -> CardOutcome:
    """What stands about a card.  Raises NotFound for a popup of a visit, which asks for no answer."""
    row = await store.shown_by_card(connection, client_id, card)
    said = None if row is None else cards.outcome(row.kept, await last_response(connection, card))
    if said is None:
        raise _unknown()
    return said


async def _held(tx: Connection, who: Doctor, card: UUID) -> PageCard:
    held = await client_card(tx, card, who.client_id)
    if held is None or held.shown_to != who.user:
        raise _unknown()
    return held


def _unknown() -> NotFound:
    return NotFound(
        "unknown-card",
        "没有向该用户提示过这张卡片。未作任何记录。",
        "This card was not shown to that user. Nothing was recorded.",
    )


def _nothing_to_ask(write: Keep) -> Any:
    async def prepare() -> Keep:
        return write

    return prepare


def _said(one: reasons.Reason) -> ReasonWords:
    return ReasonWords(one.code, Words(one.text.zh, one.text.en), one.group, one.counts_as_refusal)
