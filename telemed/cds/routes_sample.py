"""/api/demo/hospital-system: the ordering screen of a sample hospital, in a demo county alone.

Its calls go out over HTTP, signed, and come back in as any foreign system's; nothing here knows the registry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta

from telemed.cds.messages import Reference
from telemed.cds.sample_system import SERVICE, Known, SampleSystem, hook_call, without_number
from telemed.db import Connection
from telemed.directory import store as directory
from telemed.errors import Invalid, NotFound
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.patients import store as patients
from telemed.vocabulary import Action, EncounterClass, Text

Short = Annotated[str, Meta(max_length=500)]
MOST_DRAFTS = 20


class SampleCallBody(msgspec.Struct, frozen=True):
    """What happens on the ordering screen.  drafts: FHIR R4 ServiceRequests.  selections: of them, for order-select."""

    patient_id: UUID
    hook: Literal["patient-view", "order-start", "order-select", "order-sign"]
    encounter_class: EncounterClass = EncounterClass.OUTPATIENT
    drafts: Annotated[list[dict[str, Any]], Meta(max_length=MOST_DRAFTS)] = []
    selections: Annotated[list[Reference], Meta(max_length=MOST_DRAFTS)] = []


class SampleFeedbackBody(msgspec.Struct, frozen=True):
    """What became of a card.  suggestion: uuid of what was accepted.  reason_*: of the override."""

    card: UUID
    outcome: Literal["accepted", "overridden"]
    suggestion: UUID | None = None
    reason_code: Short = ""
    reason_system: Short = ""
    reason_display: Short = ""
    comment: Annotated[str, Meta(max_length=2000)] = ""


class SampleExchange(msgspec.Struct, frozen=True):
    """A call as it went over the line.  request: without the token and the whole number.  answer: as it came."""

    url: str
    request: dict[str, Any]
    status: int
    answer: Any


class SampleRoutes:
    """Handlers.  system: the sample system; None where no demo county was brought in."""

    def __init__(self, system: Callable[[], SampleSystem | None]) -> None:
        self._system = system

    async def call(self, call: Call[Nothing, SampleCallBody]) -> SampleExchange:
        system, body = await self._present(), call.body
        async with call.pool.connection() as connection:
            person = await patients.patient(connection, body.patient_id, call.scope.organizations)
            if person is None:
                raise NotFound("unknown-patient", "找不到该患者。", "There is no such patient.")
            numbers = await patients.numbers(connection, body.patient_id)
            tenant = await _tenant(connection, call)
        number = next((one.value for one in numbers if one.issuer == "CN:GB11643" and not one.claim), None)
        known = Known(body.patient_id, person.name, person.sex, person.birth_date, number)
        made = hook_call(
            body.hook,
            known,
            user=f"Practitioner/{call.principal.practitioner_id}",
            encounter_class=body.encounter_class.value,
            drafts=body.drafts,
            selections=body.selections,
            instance=uuid4(),
        )
        call.about("patient", body.patient_id, patient_id=body.patient_id)
        call.detail["hook"] = body.hook
        got = await system.post(SERVICE, made, tenant, call.now)
        return SampleExchange(f"{system.public_url}{SERVICE}", without_number(made), got.status, got.answer)

    async def feedback(self, call: Call[Nothing, SampleFeedbackBody]) -> SampleExchange:
        system = await self._present()
        said = {"feedback": [feedback_entry(call.body, call.now.isoformat())]}
        async with call.pool.connection() as connection:
            tenant = await _tenant(connection, call)
        path = f"{SERVICE}/feedback"
        got = await system.post(path, said, tenant, call.now)
        return SampleExchange(f"{system.public_url}{path}", said, got.status, got.answer)

    async def _present(self) -> SampleSystem:
        system = await asyncio.to_thread(self._system)
        if system is None:
            raise NotFound(
                "no-demo-county",
                "本县没有装入演示数据，演示开单页不可用。",
                "This county has no demo data; the sample ordering screen is not there.",
            )
        return system


def feedback_entry(body: SampleFeedbackBody, at: str) -> dict[str, Any]:
    """One entry of feedback.

    at: RFC 3339.  Raises Invalid for an acceptance of nothing and for a refusal without words.
    """
    entry: dict[str, Any] = {"card": str(body.card), "outcome": body.outcome, "outcomeTimestamp": at}
    if body.outcome == "accepted":
        if body.suggestion is None:
            raise Invalid("no-such-choice", "请选择一项建议。", "Pick a suggestion.")
        return {**entry, "acceptedSuggestions": [{"id": str(body.suggestion)}]}
    why: dict[str, Any] = {}
    if body.reason_code:
        coding = {"code": body.reason_code, "system": body.reason_system, "display": body.reason_display}
        why["reason"] = {name: value for name, value in coding.items() if value}
    if body.comment.strip():
        why["userComment"] = body.comment.strip()
    if not why:
        raise Invalid("no-such-reason", "请选择或填写不采纳的原因。", "Pick or write why it is not followed.")
    return {**entry, "overrideReason": why}


async def _tenant(connection: Connection, call: Call[Any, Any]) -> str:
    """The sample system serves every hospital of the county; its tokens say for which one it calls."""
    return (await directory.organization(connection, call.principal.organization_id, call.now.date())).code


def endpoints(system: Callable[[], SampleSystem | None]) -> list[Endpoint]:
    """The routes of the sample ordering screen."""
    routes = SampleRoutes(system)
    return [
        Endpoint(
            "POST",
            "/api/demo/hospital-system/call",
            Action.RECOGNITION_CHECK,
            routes.call,
            Text("演示：医院开单系统调用 CDS 服务", "Demo: a hospital's ordering system calls the CDS service"),
            body=SampleCallBody,
            returns=SampleExchange,
        ),
        Endpoint(
            "POST",
            "/api/demo/hospital-system/feedback",
            Action.RECOGNITION_CHECK,
            routes.feedback,
            Text(
                "演示：医院开单系统反馈卡片处理结果", "Demo: a hospital's ordering system tells what became of a card"
            ),
            body=SampleFeedbackBody,
            returns=SampleExchange,
        ),
    ]
