"""Provenance: who brought or signed each version of a report, when, and by which bytes it can be proved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from uuid import UUID

import msgspec

from telemed.fhir.datatypes import Json, coding, concept, date_time, identifier, instant, reference, resource
from telemed.fhir.systems import CONTENT_DIGEST, MESSAGE

_AGENT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"


class LaboratoryProvenanceRow(msgspec.Struct, frozen=True):
    """One version of a laboratory's report.  results: names of what it brought.  digest: SHA-256 of the message."""

    id: UUID
    report_id: UUID
    patient_id: UUID
    status: str
    sent_at: datetime | None
    ordered_at: datetime
    sorted_at: datetime
    message_id: UUID
    format: str
    digest: str
    organization_id: UUID
    organization_name: str
    application: str
    facility: str
    results: Sequence[str]


class ReportProvenanceRow(msgspec.Struct, frozen=True):
    """One signed version of a reading's report.  digest: SHA-256 of its text."""

    id: UUID
    reading_id: UUID
    patient_id: UUID | None
    status: str
    reason: str
    author_name: str
    author_signed_at: datetime
    verifier_name: str | None
    sorted_at: datetime
    performer_name: str
    digest: str
    replaces_id: UUID | None


def of_message(row: LaboratoryProvenanceRow, zone: tzinfo) -> Json:
    """The message that brought a version, its sender, and its digest."""
    sender = " ".join(one for one in (row.application, row.facility) if one)
    return resource(
        "Provenance",
        row.id,
        {
            "target": [
                reference("DiagnosticReport", row.report_id),
                *(reference("Observation", one) for one in row.results),
            ],
            "occurredDateTime": date_time(row.ordered_at, zone),
            "recorded": instant(row.sorted_at),
            "activity": concept([coding(_OPERATION, "CREATE", "create")], row.status),
            "agent": [
                {
                    "type": concept([coding(_AGENT, "author", "Author")]),
                    "who": reference("Organization", row.organization_id, row.organization_name),
                },
                *(
                    [{"type": concept([coding(_AGENT, "transmitter", "Transmitter")]), "who": {"display": sender}}]
                    if sender
                    else []
                ),
            ],
            "entity": [
                {
                    "role": "source",
                    "what": {"identifier": identifier(f"{MESSAGE}:{row.format}", str(row.message_id))},
                },
                {"role": "source", "what": {"identifier": identifier(CONTENT_DIGEST, row.digest)}},
            ],
        },
        updated=row.sorted_at,
    )


def of_signature(row: ReportProvenanceRow, zone: tzinfo) -> Json:
    """Who wrote and who verified a version, with the digest of the text they put their names under."""
    names = [("author", "Author", row.author_name), ("attester", "Attester", row.verifier_name or "")]
    replaced = []
    if row.replaces_id is not None:
        replaced = [{"role": "revision", "what": reference("Provenance", row.replaces_id)}]
    return resource(
        "Provenance",
        row.id,
        {
            "target": [reference("DiagnosticReport", row.reading_id)],
            "occurredDateTime": date_time(row.author_signed_at, zone),
            "recorded": instant(row.sorted_at),
            "reason": [concept([], row.reason)] if row.reason else [],
            "activity": concept([coding(_OPERATION, "CREATE", "create")], row.status),
            "agent": [
                {
                    "type": concept([coding(_AGENT, code, display)]),
                    "who": {"display": name},
                    "onBehalfOf": {"display": row.performer_name},
                }
                for code, display, name in names
                if name
            ],
            "entity": [
                {"role": "source", "what": {"identifier": identifier(CONTENT_DIGEST, row.digest)}},
                *replaced,
            ],
        },
        updated=row.sorted_at,
    )
