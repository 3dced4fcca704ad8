"""Laboratory results by FHIR R4: a transaction is stored whole or not at all, and answered only when it is durable."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web

from telemed.db import Connection
from telemed.events import append
from telemed.fhir import negotiation
from telemed.fhir import store as rows
from telemed.fhir.access import registered_systems
from telemed.fhir.datatypes import Json
from telemed.fhir.finding_results import told
from telemed.fhir.intake_answer import Placed, answer
from telemed.fhir.outcomes import MEDIA, Issue, IssueType, Refusal, outcome, response
from telemed.fhir.resources.diagnostic_report import laboratory_report
from telemed.fhir.routes import Facade, body_of, refuse
from telemed.fhir.table import BASE
from telemed.http.wire import Call, Endpoint, Entity, Stream, Upload
from telemed.results import senders, store
from telemed.results.acknowledgement import Answer, Fault
from telemed.results.fhir_bundle import MAX_BYTES, MOST_ENTRIES, BundleFault, Transaction, read_bundle
from telemed.results.fhir_reports import results
from telemed.results.keeping import store_and_keep
from telemed.results.report import Results
from telemed.results.senders import Names
from telemed.results.storing import Work, storing
from telemed.vocabulary import EVERYWHERE, Action, Text

#: MSH-4 in the list of senders, for those who send FHIR; a tenant of the system stands behind it.
FACILITY = "FHIR"
TOO_LARGE = Refusal(
    413,
    "too-long",
    Text(
        f"内容超过 {MAX_BYTES >> 20} MB，未保存。请分批发送。",
        "The content is too large; nothing was stored. Send it in parts.",
    ),
)
NOT_ENROLLED = Refusal(
    403,
    "forbidden",
    Text(
        "该系统未登记为检验结果发送方，未保存。请联系系统管理员登记后重发。",
        "This system is not enrolled as a sender of results and nothing was stored. Have it enrolled, then resend.",
    ),
)
_KEPT = Text("原文已保存，未入库任何结果。", "The message is kept; none of it became a result.")
_NOT_STORED = Text(
    "内容完整但无法入库，原文已保存。请联系系统管理员，处理后重发。",
    "The Bundle is whole and could not be stored; it is kept. Call the administrator, then resend.",
)
#: issue-type of a Bundle that is too much; of others it follows from their status.
_KINDS: Mapping[str, IssueType] = {
    "too-large": "too-long",
    "too-many-entries": "too-costly",
    "too-many-results": "too-costly",
}
#: HTTP status by what is wrong with a Bundle; everything else contradicts the rules: 422.
_STATUS = {"not-json": 400, "nul-character": 400, "too-deep": 400, "not-a-bundle": 400, "too-large": 413}


@dataclass(frozen=True, slots=True)
class _Sent:
    """What came, from whom."""

    received: store.Received
    sender: store.Sender
    now: datetime


def intake_endpoints(facade: Facade) -> list[Endpoint]:
    """POST of a transaction to the base, which some clients write with a slash at its end."""

    async def take(call: Call[Any, Any]) -> web.Response:
        return await _take(facade, call)

    return [
        Endpoint(
            "POST",
            path,
            Action.RESULT_STORE,
            take,
            Text("FHIR：接收检验结果（transaction Bundle）", "FHIR: take laboratory results (transaction Bundle)"),
            body=Upload((MEDIA,), MAX_BYTES),
            returns=Stream((MEDIA,)),
            systems=registered_systems(facade.public_url, facade.remote),
        )
        for path in (BASE, f"{BASE}/")
    ]


async def _take(facade: Facade, call: Call[Any, Any]) -> web.Response:
    if not negotiation.answerable(call.request.headers.get("Accept"), call.request.query.get("_format")):
        return await refuse(call, negotiation.NOT_ACCEPTABLE)
    wrong = negotiation.stands_against(call.request.path_qs, (), ())
    if wrong is not None:
        return await refuse(call, wrong)
    if not negotiation.is_json(call.request.headers.get("Content-Type")):
        return await refuse(call, negotiation.NOT_JSON)
    raw = await body_of(call, MAX_BYTES)
    if raw is None:
        return await refuse(call, TOO_LARGE)
    bundle = await asyncio.to_thread(read_bundle, raw)
    async with call.pool.transaction() as tx:
        sender = await _sender(tx, call)
        if sender is None:
            call.detail["code"] = "sender-not-enrolled"
            await call.gate.record(tx, call.record("refused"))
            said = response(NOT_ENROLLED.status, outcome([Issue("error", NOT_ENROLLED.issue, NOT_ENROLLED.text)]))
        else:
            said = await _keep(facade, call, tx, _sent(call, sender, raw, bundle), bundle)
            await call.gate.record(tx, call.record("success" if said.status == 200 else "refused"))
    call.recorded = True
    return said


async def _sender(tx: Connection, call: Call[Any, Any]) -> store.Sender | None:
    """The enrolled sender a system is, for the organisation it was registered for; a person brings for the own."""
    system = call.system
    if system is None:
        return await store.own_sender(tx, call.principal.organization_id)
    who = Names(system.issuer, f"{FACILITY} {system.tenant}".strip())
    known = await store.enrolled_sender(tx, *who)
    if known is not None and known.organization_id == system.organization_id:
        await store.note_heard(tx, known, call.now)
        return known
    if known is None and max(map(len, who)) <= senders.LONGEST:
        await senders.note_stranger(tx, who, call.peer_address or "0.0.0.0", call.now)  # noqa: S104 -- no address known
    return None


def _sent(call: Call[Any, Any], sender: store.Sender, raw: bytes, bundle: Transaction | BundleFault) -> _Sent:
    received = store.Received(
        id=uuid4(),
        sender=sender,
        raw=raw,
        digest=hashlib.sha256(raw).digest(),
        content_digest=_content_digest(raw, bundle),
        control_id="" if isinstance(bundle, BundleFault) else bundle.name,
        charset=None,
        peer_address=call.peer_address,
        received_at=call.now,
        format="fhir-r4",
        brought_by=None if call.system is not None else call.principal.practitioner_id,
    )
    return _Sent(received, sender, call.now)


def _content_digest(raw: bytes, bundle: Transaction | BundleFault) -> bytes:
    """Of the entries alone: the same Bundle put together at another time is the same message."""
    if isinstance(bundle, BundleFault):
        return hashlib.sha256(raw).digest()
    entries = json.loads(raw, parse_float=str, parse_int=str)["entry"]
    return hashlib.sha256(json.dumps(entries, sort_keys=True, separators=(",", ":")).encode()).digest()


async def _keep(
    facade: Facade, call: Call[Any, Any], tx: Connection, sent: _Sent, bundle: Transaction | BundleFault
) -> web.Response:
    received, sender = sent.received, sent.sender
    await store.lock(tx, f"{sender.organization_id} {received.control_id or received.digest.hex()}")
    before = await store.known_message(tx, received)
    found = (
        bundle
        if isinstance(bundle, BundleFault)
        else await asyncio.to_thread(
            results, bundle, facade.zone, received_at=sent.now, organization_code=sender.organization_code
        )
    )
    number = received.id if before is None else before.id
    call.about("result-message", number)
    if before is not None:
        await store.note_again(tx, before, received)
        call.detail["again"] = 1
    if isinstance(bundle, BundleFault) or isinstance(found, BundleFault):
        fault = found if isinstance(found, BundleFault) else bundle
        if not isinstance(fault, BundleFault):
            raise TypeError("one of the two is a fault")
        if before is None:
            await store.insert_message(
                tx, received, "refused", Answer("AR", (Fault(fault.reason, fault.place, fault.text),))
            )
            heard = store.topics(sender.organization_id)
            await append(tx, "result.refused", received.id, heard, reason=fault.reason)
        call.detail["code"] = f"bundle-{fault.reason}"
        return _refused(fault)
    existing = await _existing(tx, sender.organization_id, bundle, found)
    if before is None:
        wanted = _without(found, existing)
        day = received.received_at.astimezone(facade.zone).date()
        await store_and_keep(tx, received, sender, storing(Work(received, sender, wanted, facade.maps, day)))
    return await _answered(facade, call, tx, sender, number, _Read(bundle, found, existing))


async def _existing(tx: Connection, organization_id: UUID, bundle: Transaction, found: Results) -> Mapping[int, UUID]:
    """Reports that are there already and that the sender wants left as they are (ifNoneExist), by their line."""
    made: dict[int, UUID] = {}
    for one in found.patients:
        for report in one.reports:
            if bundle.items[report.line - 1].only_if_new:
                known = await rows.known_report(tx, organization_id, report.number_system, report.number)
                if known is not None:
                    made[report.line] = known
    return made


def _without(found: Results, existing: Mapping[int, UUID]) -> Results:
    """What is to be stored."""
    patients = [
        replace(one, reports=tuple(report for report in one.reports if report.line not in existing))
        for one in found.patients
    ]
    return replace(found, patients=tuple(one for one in patients if one.reports))


@dataclass(frozen=True, slots=True)
class _Read:
    """A Bundle that can be read: its entries, its reports, and which of these were there already."""

    bundle: Transaction
    found: Results
    existing: Mapping[int, UUID]


async def _answered(  # noqa: PLR0917 -- where, whose call, in which transaction, from whom, what
    facade: Facade, call: Call[Any, Any], tx: Connection, sender: store.Sender, number: UUID, read: _Read
) -> web.Response:
    """What became of each entry; the same however often the message comes."""
    brought = await rows.brought(tx, number)
    if brought.disposition == "failed":
        call.detail["code"] = "not-stored"
        return response(500, outcome([Issue("error", "exception", _NOT_STORED, reason="not-stored")]))
    mine = {one.report_id for one in brought.reports}
    existing = {line: one for line, one in read.existing.items() if one not in mine}
    reports = sorted(mine | set(existing.values()))
    everything = {**rows.scoped(EVERYWHERE), **rows.dated(()), **rows.paged(None, MOST_ENTRIES * 2)}
    params = {**everything, "report_ids": reports, "patient_ids": None, "statuses": None, "zone": facade.zone.key}
    made: list[Json] = [laboratory_report(one, facade.zone) for one in await rows.laboratory_reports(tx, params)]
    results_now = await rows.observations(tx, {**params, "name_ids": None, "codes": None})
    made += [one.resource for one in await told(tx, results_now, sender.organization_id, facade.zone)]
    for one in brought.reports:
        call.entities.append(Entity("laboratory-report", one.report_id, one.patient_id))
    etags = {f"{one['resourceType']}/{one['id']}": one["meta"]["versionId"] for one in made}
    placed = Placed(etags, sender.organization_id, sender.organization_code, existing)
    call.detail["cases"] = len(brought.cases)
    return response(200, answer(read.bundle, read.found, brought, placed, number))


def _refused(fault: BundleFault) -> web.Response:
    status = _STATUS.get(fault.reason, 422)
    text = Text(f"{fault.text.zh}{_KEPT.zh}", f"{fault.text.en} {_KEPT.en}")
    kind = _KINDS.get(fault.reason) or ("structure" if status == 400 else "business-rule")
    return response(status, outcome([Issue("error", kind, text, fault.place, fault.reason)]))
