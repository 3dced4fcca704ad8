"""接诊提醒, 开单提醒 and prior results: what a hospital system is told before its doctor orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid4

from aiohttp import web

from telemed.cds import checking
from telemed.cds.checking import Card
from telemed.cds.store import Client
from telemed.db import Connection
from telemed.his import asking, cards, store
from telemed.his.answering import Keep, once, read
from telemed.his.asking import refuse_numbers
from telemed.his.cards import Kept
from telemed.his.desk import Desk, Found, ask, find
from telemed.his.keeping import Showing, answered_orders, keep
from telemed.his.messages import (
    OrderBody,
    OrderReminder,
    OrdersBody,
    PriorResults,
    RemindedOrder,
    Silent,
    VisitBody,
    VisitReminder,
)
from telemed.his.words import SILENT
from telemed.http.wire import Call
from telemed.patients.messages import Words
from telemed.recognition.ledger import Exposure, keep_exposures


@dataclass(frozen=True, slots=True)
class _Case:
    """One call about one patient."""

    call: Call[Any, Any]
    client: Client
    body: VisitBody
    found: Found

    async def prompt(self, tx: Connection, patient_id: UUID, by: Literal["county", "province"]) -> bool:
        """Take the one popup of this visit."""
        return await store.prompt(tx, self.client.id, patient_id, self.body.visit, by=by, now=self.call.now)


class Reminding:
    """Handlers; each is called with the system that was admitted."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def visit(self, call: Call[Any, Any], client: Client) -> web.Response:
        body = await read(call, VisitBody)

        async def prepare() -> Keep:
            case, dealt = await self._decided(call, client, body, ())

            async def write(tx: Connection) -> VisitReminder:
                kept = await self._kept(tx, case, [(one, "visit") for one in dealt])
                told = [one for one in kept if cards.worth_telling(one)]
                silent = await _visit_silence(tx, case, told)
                return VisitReminder(
                    as_of=call.now,
                    patient=asking.found(case.found.identity),
                    due=not silent,
                    silent=silent,
                    card=None if silent else await _popup(tx, case, told),
                    text=Words(*SILENT[silent]) if silent else cards.reminder(told),
                    items=[cards.line(one) for one in told],
                    footer=cards.FOOTER,
                )

            return write

        return await once(call, client.id, body, body.request_id, prepare)

    async def prior_results(self, call: Call[Any, Any], client: Client) -> web.Response:
        body = await read(call, VisitBody)

        async def prepare() -> Keep:
            case, dealt = await self._decided(call, client, body, ())

            async def write(tx: Connection) -> PriorResults:
                kept = await self._kept(tx, case, [(one, "") for one in dealt])
                return PriorResults(
                    call.now, asking.found(case.found.identity), [cards.line(one) for one in kept], cards.FOOTER
                )

            return write

        return await once(call, client.id, body, body.request_id, prepare)

    async def orders(self, call: Call[Any, Any], client: Client) -> web.Response:
        body = await read(call, OrdersBody)

        async def prepare() -> Keep:
            case, dealt = await self._decided(call, client, body, body.orders)

            async def write(tx: Connection) -> OrderReminder:
                silent = await _order_silences(tx, case, body, dealt)
                kept = await self._kept(tx, case, list(zip(dealt, silent, strict=True)))
                orders = [
                    RemindedOrder(one.order, not why, why, Words(*SILENT[why]), one.checked)
                    for one, why in zip(kept, silent, strict=True)
                ]
                popup = any(one.popup for one in orders)
                return OrderReminder(call.now, asking.found(case.found.identity), popup, orders, cards.FOOTER)

            return write

        return await once(call, client.id, body, body.request_id, prepare)

    async def _decided(
        self, call: Call[Any, Any], client: Client, body: VisitBody, orders: Sequence[OrderBody]
    ) -> tuple[_Case, tuple[Card, ...]]:
        refuse_numbers([body.request_id, body.user, body.visit, *(one.order for one in orders)])
        enquiry = asking.enquiry(body, orders, client.organization_id, call.now)
        found = await find(call.pool, asking.person(body.patient))
        call.detail["identity"] = found.identity
        if found.id is not None:
            call.about("patient", found.id, patient_id=found.id)
        return _Case(call, client, body, found), checking.dealt(await ask(self._desk, found.id, enquiry), uuid4)

    async def _kept(self, tx: Connection, case: _Case, dealt: Sequence[tuple[Card, Silent]]) -> list[Kept]:
        if case.found.id is None:
            return []
        client, body = case.client, case.body
        showing = Showing(client.id, client.organization_id, case.found.id, body.user, body.visit, "rest")
        return await keep(tx, case.call, self._desk, showing, dealt)


async def _order_silences(tx: Connection, case: _Case, body: OrdersBody, dealt: Sequence[Card]) -> list[Silent]:
    """Why nobody is asked about each of the orders."""
    if case.found.id is None:
        return []
    if body.provincial_prompted:
        await case.prompt(tx, case.found.id, "province")
    reasoned = {one.order for one in body.orders if one.reason}
    names = [one.order for one in body.orders]
    before = await answered_orders(tx, case.client.id, case.found.id, body.visit, names)
    return [
        cards.silence(
            one,
            prompted=body.provincial_prompted,
            reasoned=one.answered.reference in reasoned,
            answered=any((one.answered.reference, code) in before for code in one.answered.order.codes),
        )
        for one in dealt
    ]


async def _visit_silence(tx: Connection, case: _Case, told: Sequence[Kept]) -> str:
    """Why a visit is not interrupted; '' where it is, and thereby has had its one popup."""
    body = case.body
    if case.found.id is None:
        return "patient-not-sure"
    if body.provincial_prompted:
        await case.prompt(tx, case.found.id, "province")
        return "provincial-prompted"
    context = checking.circumstances(body.encounter_class, body.circumstances)
    if context.emergency or context.encounter_class == "emergency":
        return "exempt"
    if not told:
        return "no-result"
    return "" if await case.prompt(tx, case.found.id, "county") else "already-prompted"


async def _popup(tx: Connection, case: _Case, told: Sequence[Kept]) -> UUID:
    """Keep that a visit's popup is shown; it tells, and asks for no answer."""
    card = uuid4()
    decisions = tuple(one.checked.decision_id for one in told)
    shown = Exposure(card, case.client.id, "rest", case.body.user, {}, decisions, case.call.now)
    await keep_exposures(tx, [shown])
    case.call.detail["cards"] = 1
    return card
