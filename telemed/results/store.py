"""Messages, reports and their observations in PostgreSQL; every row is a version that is never changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.patients.identity import Person
from telemed.results.acknowledgement import Answer, Code
from telemed.results.charset import Charset
from telemed.results.judging import Judged
from telemed.results.report import RANK, Doubt, Report
from telemed.results.values import NO_CODE, CodedText
from telemed.vocabulary import Sex

queries = load(__name__)


class Sender(msgspec.Struct, frozen=True):
    """Who is enrolled under MSH-3 and MSH-4; without an id the organisation itself, through one of its people."""

    id: UUID | None
    organization_id: UUID
    organization_code: str


class Before(msgspec.Struct, frozen=True):
    """How the same message was answered before."""

    id: UUID
    answer: Code
    faults: list[dict[str, str]]


class Latest(msgspec.Struct, frozen=True):
    """The version of a report that counts now, with the person it is of."""

    id: UUID
    patient_id: UUID
    linked: bool
    name: str
    sex: str
    birth_date: date | None

    def person(self) -> Person:
        return Person(self.name, Sex(self.sex), self.birth_date)


class KnownObservation(msgspec.Struct, frozen=True):
    """A result as it was known at a moment.

    item_key, map_version: by the latest map it was held against, None where nobody has mapped it.
    status: of the result, or of its report where that was taken back.  collected_at: UTC, None without an hour;
    collected_doubt says why a collection time proves nothing (`absent`, `future` …).
    """

    id: UUID
    report_id: UUID
    report_version_id: UUID
    patient_id: UUID
    linked: bool
    organization_id: UUID
    code_system: str
    code: str
    name: str
    sub_id: str
    item_key: str | None
    map_version: str | None
    value_type: str
    value_kind: str
    value_text: str
    comparator: str
    number: str
    high: str
    denominator: str
    unit_written: str
    unit_ucum: str
    reference_range: str
    flags: list[str]
    status: str
    collected_at: datetime | None
    collected_day: date | None
    collected_written: str
    collected_source: str
    collected_doubt: str
    collected_zone_stated: bool
    specimen_code: str
    specimen_text: str
    specimen_system: str
    specimen_flags: list[dict[str, str]]
    specimen_ambiguous: bool
    method_code: str
    method_text: str
    device: str
    performer: str
    ordered_at: datetime
    known_from: datetime


class _Id(msgspec.Struct):
    id: UUID


class _Code(msgspec.Struct):
    code: str


class _Count(msgspec.Struct):
    count: int


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came.  content_digest: of everything behind the MSH.  charset: None if it could not be read."""

    id: UUID
    sender: Sender | None
    raw: bytes
    digest: bytes
    content_digest: bytes
    control_id: str
    charset: Charset | None
    peer_address: str | None
    received_at: datetime
    format: Literal["hl7-v2", "fhir-r4", "table"] = "hl7-v2"
    brought_by: UUID | None = None


async def enrolled_sender(connection: Connection, application: str, facility: str) -> Sender | None:
    """Who sends, if that one is enrolled and its organisation is active."""
    params = {"application": application, "facility": facility}
    return await fetch_one(connection, queries["enrolled_sender"], params, Sender)


async def own_sender(connection: Connection, organization_id: UUID) -> Sender:
    """An organisation as the sender of what its own people bring."""
    row = await fetch_one(connection, queries["organization_code"], {"id": organization_id}, _Code)
    if row is None:
        raise LookupError("a person belongs to an organisation")
    return Sender(None, organization_id, row.code)


async def note_heard(tx: Connection, sender: Sender, now: datetime) -> None:
    """Note that a sender is alive."""
    await execute(tx, queries["sender_heard"], {"id": sender.id, "now": now})


async def lock(tx: Connection, key: str) -> None:
    """Wait for whoever stores the same message now."""
    await execute(tx, queries["lock_message"], {"key": key})


async def known_message(tx: Connection, received: Received) -> Before | None:
    """The same message come before: the same bytes, or the same content under the same control id."""
    params = {
        "digest": received.digest,
        "content_digest": received.content_digest,
        "control_id": received.control_id,
        "sender_id": None if received.sender is None else received.sender.id,
        "organization_id": None if received.sender is None else received.sender.organization_id,
    }
    return await fetch_one(tx, queries["known_message"], params, Before)


async def note_again(tx: Connection, before: Before, received: Received) -> None:
    """Record that a message came once more."""
    params = {"message_id": before.id, "peer_address": received.peer_address, "received_at": received.received_at}
    await execute(tx, queries["note_again"], params)


async def unreadable_today(tx: Connection, now: datetime, limit: int) -> int:
    """How many messages without a readable header the last day brought, `limit` standing for more."""
    row = await fetch_one(tx, queries["unreadable_today"], {"now": now, "limit": limit}, _Count)
    return 0 if row is None else row.count


async def insert_message(tx: Connection, received: Received, disposition: str, answer: Answer) -> None:
    """Keep a message with its bytes and how it was answered."""
    charset = received.charset
    await execute(
        tx,
        queries["insert_message"],
        {
            "id": received.id,
            "format": received.format,
            "brought_by": received.brought_by,
            "sender_id": None if received.sender is None else received.sender.id,
            "organization_id": None if received.sender is None else received.sender.organization_id,
            "bytes": received.raw,
            "digest": received.digest,
            "content_digest": received.content_digest,
            "control_id": received.control_id[:200],
            "charset_declared": "" if charset is None else charset.declared[:100],
            "charset_used": "" if charset is None else charset.used,
            "charset_confidence": "" if charset is None else charset.confidence,
            "peer_address": received.peer_address,
            "received_at": received.received_at,
            "disposition": disposition,
            "answer": answer.code,
            "faults": json.dumps([{"reason": one.reason, "place": one.place} for one in answer.faults]),
        },
    )


async def report_of(tx: Connection, organization_id: UUID, system: str, number: str) -> UUID:
    """The report of a laboratory's number, made if it is new and held until commit."""
    params = {"organization_id": organization_id, "number_system": system, "number": number}
    await execute(tx, queries["make_report"], params)
    row = await fetch_one(tx, queries["lock_report"], params, _Id)
    if row is None:
        raise LookupError("a report that exists cannot be found")
    return row.id


async def latest_version(tx: Connection, report_id: UUID) -> Latest | None:
    """What counts of a report now; None for one that has no version yet."""
    return await fetch_one(tx, queries["latest_version"], {"report_id": report_id}, Latest)


async def insert_version(
    tx: Connection,
    report_id: UUID,
    report: Report,
    *,
    message_id: UUID,
    patient_id: UUID,
    linked: bool,
    ordered_at: datetime,
    sent_at: datetime | None,
    known_from: datetime,
) -> UUID:
    """Write what a message says of a report."""
    version_id = uuid4()
    specimen = report.specimen
    await execute(
        tx,
        queries["insert_version"],
        {
            "id": version_id,
            "report_id": report_id,
            "message_id": message_id,
            "patient_id": patient_id,
            "linked": linked,
            "status": "unknown" if report.status is None else report.status.value,
            "status_rank": -1 if report.status is None else RANK[report.status],
            "ordered_at": ordered_at,
            "sent_at": sent_at,
            "known_from": known_from,
            "placer_number": report.placer_number,
            "service": _coded(report.service),
            "requested_written": "" if report.requested is None else report.requested.written,
            "changed_written": "" if report.changed is None else report.changed.written,
            "specimen_id": specimen.id,
            "specimen_code": specimen.type.code,
            "specimen_text": specimen.type.text,
            "specimen_system": specimen.type.system,
            "specimen_flags": _coded(specimen.flags),
            "specimen_ambiguous": specimen.ambiguous,
            "specimen_received_at": None if specimen.received is None else specimen.received.at,
            "specimen_received_written": "" if specimen.received is None else specimen.received.written,
            "notes": list(report.notes),
        },
    )
    return version_id


async def insert_observations(
    tx: Connection,
    report_id: UUID,
    version_id: UUID,
    judged: Sequence[Judged],
    *,
    ordered_at: datetime,
    known_from: datetime,
) -> None:
    """Write what a message says of results, those that are results."""
    rows = [_row(one) | {"ordered_at": ordered_at, "known_from": known_from} for one in judged if one.is_result]
    shared = {"report_id": report_id, "report_version_id": version_id}
    if rows:
        async with tx.cursor() as cursor:
            await cursor.executemany(queries["insert_observation"], [row | shared for row in rows])


def _row(judged: Judged) -> dict[str, Any]:
    one = judged.observation
    value, collected = one.value, one.collected
    if one.status is None:
        raise LookupError("a result without a status is kept apart and never written")
    system, code, sub_id = one.key
    return {
        "id": uuid4(),
        "line": one.line,
        "code_system": system,
        "code": code,
        "name": (one.codes or (NO_CODE,))[0].text,
        "sub_id": sub_id,
        "codes": _coded(one.codes),
        "item_key": None if judged.mapped is None else judged.mapped.entry.item,
        "map_version": None if judged.mapped is None else judged.mapped.version,
        "value_type": one.value_type,
        "value_kind": value.kind,
        "value_text": value.text,
        "comparator": value.comparator,
        "number": value.number,
        "high": value.high,
        "denominator": value.denominator,
        "value_codes": _coded(value.codes),
        "unit_written": one.unit,
        "unit_ucum": judged.unit,
        "reference_range": one.reference_range,
        "flags": list(one.flags),
        "status": one.status.value,
        "status_written": one.status_written,
        "status_rank": RANK[one.status],
        "collected_at": None if collected is None else collected.at,
        "collected_day": None if collected is None else collected.day,
        "collected_written": "" if collected is None else collected.written,
        "collected_source": one.collected_source,
        "collected_doubt": "absent" if collected is None else collected.doubt,
        "collected_zone_stated": collected is not None and collected.zone_stated,
        "collected_passed_over": list(one.collected_passed_over),
        "analysed_at": None if one.analysed is None else one.analysed.at,
        "analysed_written": "" if one.analysed is None else one.analysed.written,
        "method_code": one.method.code,
        "method_text": one.method.text,
        "device": one.device,
        "producer": one.producer.text or one.producer.code,
        "performer": one.performer,
        "notes": list(one.notes),
    }


def _coded(codes: Sequence[CodedText]) -> str:
    return json.dumps([{"code": one.code, "text": one.text, "system": one.system} for one in codes], ensure_ascii=False)


def topics(organization_id: UUID | None) -> list[str]:
    """Who hears of what was kept apart: the organisation, and by `worklist` the reading centre that decides for all."""
    return ["admin", "worklist", *([] if organization_id is None else [f"organization/{organization_id}"])]


async def open_case(
    tx: Connection,
    doubt: Doubt,
    *,
    message_id: UUID,
    organization_id: UUID,
    line: int,
    report_number: str,
    now: datetime,
) -> UUID:
    """Keep a part of a message apart until a person has decided."""
    row = await fetch_one(
        tx,
        queries["open_case"],
        {
            "message_id": message_id,
            "organization_id": organization_id,
            "line": line,
            "report_number": report_number,
            "reason": doubt.reason,
            "place": doubt.place,
            "written": doubt.written,
            "opened_at": now,
        },
        _Id,
    )
    if row is None:
        raise LookupError("insert ... returning gave no row")
    return row.id


async def known_observations(
    connection: Connection,
    patient_ids: Sequence[UUID],
    known_at: datetime,
    *,
    report_ids: Sequence[UUID] | None = None,
    snapshot: str | None = None,
) -> list[KnownObservation]:
    """What was known of a person's results at a moment, the latest collected first.

    patient_ids: every record that means the person.  report_ids: of these reports only.  snapshot:
    `pg_current_snapshot()` of whoever asked at that moment; with it a transaction that was under way then and
    committed later stays unseen.
    """
    reports = None if report_ids is None else list(report_ids)
    params = {"patient_ids": list(patient_ids), "known_at": known_at, "report_ids": reports, "snapshot": snapshot}
    return await fetch_all(connection, queries["known_observations"], params, KnownObservation)
