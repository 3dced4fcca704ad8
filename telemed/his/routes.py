"""Calls of hospital systems without FHIR, each for registered systems alone; and leave to open the page inside them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import msgspec
from aiohttp import web

from telemed.cds.store import Client
from telemed.his import asking, store
from telemed.his.answering import admitted, json, read
from telemed.his.desk import Desk, find
from telemed.his.launching import CODE_LIFE, fingerprint
from telemed.his.messages import (
    LIMIT,
    CardOutcome,
    DecisionBody,
    DetailAnswer,
    LaunchAnswer,
    LaunchBody,
    OrderReminder,
    OrdersBody,
    Outcomes,
    OutcomesBody,
    PriorResults,
    QuoteAnswer,
    ReasonList,
    ResponsesBody,
    UndoBody,
    VisitBody,
    VisitReminder,
)
from telemed.his.reminding import Reminding
from telemed.his.responding import Responding
from telemed.http.wire import PUBLIC, Call, Endpoint, Nothing, RateClass, Upload
from telemed.vocabulary import Text

JSON = ("application/json",)
LAUNCH = "/embedded/launch"

Handler = Callable[[Call[Any, Any], Client], Awaitable[web.Response]]


def endpoints(desk: Desk) -> list[Endpoint]:
    """Every call, by what it is for."""
    reminding, responding = Reminding(desk), Responding(desk)

    async def launch(call: Call[Any, Any], client: Client) -> web.Response:
        return await launched(desk, call, client)

    def call_of(path: str, handler: Handler, summary: Text, asks: type[Any], returns: type[Any]) -> Endpoint:
        async def run(call: Call[Any, Any]) -> web.Response:
            client = await admitted(desk, call)
            return client if isinstance(client, web.Response) else await handler(call, client)

        return Endpoint(
            "GET" if asks is Nothing else "POST",
            f"/his/{path}",
            PUBLIC,
            run,
            summary,
            body=Nothing if asks is Nothing else Upload(JSON, LIMIT, asks),
            returns=returns,
            rate=RateClass.HOOKS,
            any_origin=True,
        )

    return [
        call_of("visit-reminder", reminding.visit, Text("接诊提醒", "Visit reminder"), VisitBody, VisitReminder),
        call_of("order-reminder", reminding.orders, Text("开单提醒", "Order reminder"), OrdersBody, OrderReminder),
        call_of("prior-results", reminding.prior_results, Text("既往结果", "Prior results"), VisitBody, PriorResults),
        call_of(
            "detail", responding.detail, Text("一项结论的依据", "One decision in detail"), DecisionBody, DetailAnswer
        ),
        call_of("quote", responding.quote, Text("引用到病历", "Quote into the record"), DecisionBody, QuoteAnswer),
        call_of("reasons", responding.reasons, Text("不互认的原因", "Reasons not to recognise"), Nothing, ReasonList),
        call_of("responses", responding.respond, Text("互认或不互认", "Recognise, or not"), ResponsesBody, Outcomes),
        call_of("undo", responding.undo, Text("撤销互认", "Take an answer back"), UndoBody, CardOutcome),
        call_of(
            "outcomes", responding.outcomes, Text("本次就诊的选择", "What a visit came to"), OutcomesBody, Outcomes
        ),
        call_of("launches", launch, Text("打开嵌入页面", "Open the page inside"), LaunchBody, LaunchAnswer),
    ]


async def launched(desk: Desk, call: Call[Any, Any], client: Client) -> web.Response:
    """A code that opens the page once, within a minute; only its digest is kept."""
    body = await read(call, LaunchBody)
    asking.refuse_numbers([body.user, body.visit, *(one.order for one in body.orders)])
    asking.enquiry(body, body.orders, client.organization_id, call.now)
    found = await find(call.pool, asking.person(body.patient))
    number, code = uuid4(), desk.new_secret()
    call.about("recognition-launch", number)
    if found.id is not None:
        call.about("patient", found.id, patient_id=found.id)
    call.detail["identity"] = found.identity
    expires_at = call.now + CODE_LIFE
    async with call.transaction() as tx:
        await store.issue(
            tx,
            launch_id=number,
            code_hash=fingerprint(code),
            client_id=client.id,
            patient_id=found.id,
            identity=found.identity,
            strip=asking.strip(body.patient),
            body=body,
            issued_at=call.now,
            expires_at=expires_at,
        )
    address = f"{desk.public_url}{LAUNCH}"
    return json(msgspec.json.encode(LaunchAnswer(address, code, expires_at, asking.found(found.identity))))
