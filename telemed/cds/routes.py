"""CDS Hooks over HTTP: discovery, the service under its three hooks, feedback; each for registered systems alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import msgspec
from aiohttp import web

from telemed.cds.admission import admit, recorded
from telemed.cds.answering import BUDGET, ask, ledger_rows
from telemed.cds.answers import SPECIFICATION, CardsResponse, Service, ServicesResponse, encode
from telemed.cds.authentication import Refused
from telemed.cds.cards import Told, Voice, tell
from telemed.cds.faults import NUMBER_IN_ADDRESS, Fault, OperationOutcome, contradicts, outcome
from telemed.cds.messages import (
    CALL_LIMIT,
    FEEDBACK_LIMIT,
    Feedback,
    FeedbackRequest,
    HookRequest,
    read_call,
    read_feedback,
)
from telemed.cds.picture_links_store import PictureLinks
from telemed.cds.registry import Decide
from telemed.cds.remote_keys import RemoteKeys
from telemed.cds.request import PREFETCH, identity_number_in, understand
from telemed.cds.store import Client, origin_is_registered
from telemed.cds.tokens import LEEWAY
from telemed.db import Connection
from telemed.http.wire import PUBLIC, Call, Endpoint, RateClass, Upload
from telemed.recognition.ledger import Response, keep_decisions, keep_exposures, keep_responses
from telemed.vocabulary import Text

#: One id under every hook, so that clients put a newer card in the place of an older one.
SERVICE = "result-recognition"
JSON = ("application/json",)
#: Nothing of this service was shown before; an earlier moment is a clock that was reset.
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
CORS = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}

TITLE = "检查检验结果互认 / Result recognition"
DESCRIPTION = (
    "开单时提示医共体内可互认的既往结果及理由，不拦截开单。/ "
    "Shows prior results that may be recognised, and why, when tests are ordered; never keeps an order back."
)
USAGE = "Codes of ordered items need a system; free text is not read. JWT ES384 or RS384, client registered beforehand."
#: `order-start` is a draft (cds-hooks/docs pull request 643): it fires before any order is picked.
HOOK_VERSIONS = {"patient-view": "1.0", "order-start": "0.1", "order-select": "1.0", "order-sign": "1.1"}
EXPERIMENTAL = frozenset({"order-start"})
DRAFT_NOTE = "Experimental: follows a draft of the hook and may change with it. "
DISCOVERY = ServicesResponse(
    tuple(
        Service(
            hook,
            SERVICE,
            TITLE,
            DESCRIPTION,
            PREFETCH,
            SPECIFICATION,
            version,
            f"{DRAFT_NOTE if hook in EXPERIMENTAL else ''}{USAGE}",
        )
        for hook, version in HOOK_VERSIONS.items()
    )
)

WRONG_CLOCK = contradicts(
    "feedback.outcomeTimestamp",
    "反馈时间在未来或早于本服务启用，请核对客户端时钟。",
    "An outcomeTimestamp lies in the future or before this service; check the client's clock.",
)
UNKNOWN_CARDS = Fault(
    404,
    "not-found",
    Text("没有向该系统提供过这些卡片。", "None of these cards was given to this system."),
    "feedback.card",
)
UNKNOWN_SERVICE = Fault(404, "not-found", Text("没有这个 CDS 服务。", "There is no such CDS service."))


@dataclass(frozen=True)
class Hooks:
    """What the routes are made of.

    public_url: as clients write it before the path; tokens are made out to it.  zone: of the times on cards.
    links: makes the one-time links to images.  local_reasons: reasons L1-L4 that the county has switched on.
    budget: seconds the registry may take.
    """

    public_url: str
    decide: Decide
    zone: tzinfo
    links: PictureLinks
    remote: RemoteKeys = field(default_factory=RemoteKeys)
    local_reasons: tuple[str, ...] = ()
    budget: float = BUDGET


def endpoints(hooks: Hooks) -> list[Endpoint]:
    """The three paths of CDS Hooks and what browsers ask before they call them."""

    async def discover(call: Call[Any, Any]) -> web.Response:
        client = await _admitted(hooks, call)
        if isinstance(client, web.Response):
            return client
        await recorded(call, "success")
        return _json(200, encode(DISCOVERY))

    async def invoke(call: Call[Any, Any]) -> web.Response:
        client = await _admitted(hooks, call)
        return client if isinstance(client, web.Response) else await _invoked(hooks, call, client)

    async def feedback(call: Call[Any, Any]) -> web.Response:
        client = await _admitted(hooks, call)
        return client if isinstance(client, web.Response) else await _heard(call, client)

    base, service = "/cds-services", "/cds-services/{id}"
    answered = f"{service}/feedback"
    shared: Mapping[str, Any] = {"rate": RateClass.HOOKS, "any_origin": True, "refusal": OperationOutcome}
    before = Text("浏览器跨域预检", "What a browser asks before it calls")
    return [
        Endpoint(
            "GET", base, PUBLIC, discover, Text("CDS 服务发现", "CDS discovery"), returns=ServicesResponse, **shared
        ),
        Endpoint(
            "POST",
            service,
            PUBLIC,
            invoke,
            Text("调用 CDS 服务", "Call a CDS service"),
            body=Upload(JSON, CALL_LIMIT, HookRequest),
            returns=CardsResponse,
            **shared,
        ),
        Endpoint(
            "POST",
            answered,
            PUBLIC,
            feedback,
            Text("CDS 卡片反馈", "Feedback on CDS cards"),
            body=Upload(JSON, FEEDBACK_LIMIT, FeedbackRequest),
            status=200,
            **shared,
        ),
        *(
            Endpoint("OPTIONS", path, PUBLIC, _preflight, before, audited=False, **shared)
            for path in (base, service, answered)
        ),
    ]


async def _preflight(call: Call[Any, Any]) -> None:
    if await _allow_origin(call):
        call.headers.update(CORS)


async def _allow_origin(call: Call[Any, Any]) -> bool:
    """Let pages of a registered origin read the answer, whatever it is."""
    origin = call.request.headers.get("Origin")
    if origin is None or len(origin) > 512 or "\0" in origin:
        return False
    async with call.pool.connection() as connection:
        if not await origin_is_registered(connection, origin):
            return False
    call.headers.update({"Access-Control-Allow-Origin": origin, "Vary": "Origin"})
    return True


async def _admitted(hooks: Hooks, call: Call[Any, Any]) -> Client | web.Response:
    """The registered system that calls, or what anybody else is answered."""
    await _allow_origin(call)
    if identity_number_in(unquote(call.request.path_qs)):
        return await _faulty(call, Fault(400, "invalid", NUMBER_IN_ADDRESS))
    client = await admit(call, hooks.public_url, hooks.remote)
    if isinstance(client, Refused):
        return web.Response(status=401, headers={"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"})
    return client


async def _invoked(hooks: Hooks, call: Call[Any, Any], client: Client) -> web.Response:
    raw = await _body(call, CALL_LIMIT)
    request = raw if isinstance(raw, Fault) else read_call(raw)
    if isinstance(request, Fault):
        return await _faulty(call, request)
    asked = understand(request, client_id=client.id, organization_id=client.organization_id, now=call.now)
    if isinstance(asked, Fault):
        return await _faulty(call, asked)
    call.detail["hook"] = asked.hook
    decided = await ask(hooks.decide, asked, hooks.budget)
    if decided is None:
        call.detail["code"] = "registry-late"
        await recorded(call, "failed")
        return _json(200, encode(CardsResponse(())))
    decided = decided.numbered(uuid4)
    voice = Voice(hooks.zone, uuid4, hooks.public_url, hooks.local_reasons, says_all=client.specification == "3.0")
    told = tell(asked, decided, voice)
    decisions, exposures = ledger_rows(asked, decided, told, uuid4, call.now)
    for row in decisions:
        call.about("recognition-decision", row.id, patient_id=decided.patient_id)
    call.detail["cards"] = len(told)
    async with call.transaction(one_turn=True) as tx:
        await keep_decisions(tx, decisions)
        await keep_exposures(tx, exposures)
        cards = [one.linked(await _addresses(hooks, tx, one, call.now)) for one in told]
    return _json(200, encode(CardsResponse(tuple(cards))))


async def _addresses(hooks: Hooks, tx: Connection, told: Told, now: datetime) -> dict[str, str]:
    """One-time links to the images a card speaks of, by result."""
    made = {one.result: await hooks.links.picture_link(tx, one.result, told.card.uuid, now) for one in told.pictures}
    return {result: address for result, address in made.items() if address is not None}


async def _heard(call: Call[Any, Any], client: Client) -> web.Response:
    raw = await _body(call, FEEDBACK_LIMIT)
    said = raw if isinstance(raw, Fault) else read_feedback(raw)
    if isinstance(said, Fault):
        return await _faulty(call, said)
    if any(not EARLIEST <= one.at <= call.now + timedelta(seconds=LEEWAY) for one in said.feedback):
        return await _faulty(call, WRONG_CLOCK)
    async with call.pool.transaction() as tx:
        kept = await keep_responses(tx, client.id, [_response(one, call.now) for one in said.feedback])
        call.detail.update({"new": kept.new, "repeated": kept.repeated, "unknown": kept.unknown})
        nobody = kept.unknown > 0 and kept.new + kept.repeated == 0
        await call.gate.record(tx, call.record("refused" if nobody else "success"))
    call.recorded = True
    return _outcome(UNKNOWN_CARDS) if nobody else web.Response(status=200)


def _response(one: Feedback, now: datetime) -> Response:
    why = one.override_reason
    reason = None if why is None else why.reason
    return Response(
        card=one.card,
        outcome=one.outcome,
        outcome_at=one.at,
        accepted=[each.id for each in one.accepted_suggestions],
        reason_system="" if reason is None else reason.system,
        reason_code="" if reason is None else reason.code,
        comment="" if why is None else why.user_comment or "",
        received_at=now,
    )


async def _body(call: Call[Any, Any], limit: int) -> bytes | Fault:
    """The body of a call to the one service there is, read no further than its limit."""
    if call.path["id"] != SERVICE:
        return UNKNOWN_SERVICE
    too_large = Fault(
        413,
        "too-long",
        Text(f"内容超过 {limit // 1024} KB。", f"The content is larger than {limit // 1024} KB."),
    )
    if (call.request.content_length or 0) > limit:
        return too_large
    raw = bytearray()
    async for chunk in call.request.content.iter_any():
        raw += chunk
        if len(raw) > limit:
            return too_large
    return bytes(raw)


async def _faulty(call: Call[Any, Any], fault: Fault) -> web.Response:
    call.detail["code"] = f"cds-{fault.issue}"
    await recorded(call, "refused")
    return _outcome(fault)


def _outcome(fault: Fault) -> web.Response:
    return _json(fault.status, msgspec.json.encode(outcome(fault)))


def _json(status: int, body: bytes) -> web.Response:
    return web.Response(
        status=status, body=body, content_type="application/json", headers={"Cache-Control": "no-store"}
    )
