"""What becomes of a report on its way to the provincial platform: sent, tried again, or left to a person. Pure.

And the document that is sent: a FHIR R4 Bundle of the patient, the report as signed and the study it is of.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

#: The first pause; each further one is twice as long, up to the longest.
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
#: With these pauses about five days: a long weekend of the other side.
MOST_ATTEMPTS = 30
#: Answers that say "later" (RFC 9110 15.5, RFC 6585, RFC 8470); every 5xx does too.  401 and 403: a credential that has
#: expired says nothing about a report, and is renewed.
LATER = frozenset({401, 403, 408, 423, 425, 429})
#: Longest pause the other side may ask for by Retry-After.
LONGEST_ASKED = timedelta(hours=24)

STATUS = {"final": "final", "preliminary": "preliminary", "amended": "amended", "appended": "appended"}
GENDERS = {"M": "male", "F": "female", "O": "other"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.  status: None where nobody answered.  retry_after: seconds, where it was asked for."""

    status: int | None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform has it."""


@dataclass(frozen=True, slots=True)
class Again:
    """Try again.  at: when, aware."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Dead:
    """Only a person helps.  fault: a word for the reason."""

    fault: str


def decide(answer: Answer, attempts: int, now: datetime, jitter: float) -> Sent | Again | Dead:
    """What to do after an attempt.

    attempts: made so far, this one among them.  jitter: from 0 to 1, so that a thousand reports that failed together
    are not sent again together.  409 says that the platform has what this idempotency key stands for.
    """
    status = answer.status
    if status is not None and (200 <= status < 300 or status == 409):
        return Sent()
    if status is not None and status < 500 and status not in LATER:
        return Dead(f"refused-{status}")
    if attempts >= MOST_ATTEMPTS:
        return Dead("tried-too-often")
    pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    asked = timedelta(0) if answer.retry_after is None else min(timedelta(seconds=answer.retry_after), LONGEST_ASKED)
    return Again(now + max(pause * (0.5 + jitter / 2), asked))


class Report(msgspec.Struct, frozen=True):
    """A signed version of a report with what identifies it elsewhere.

    id: of the version; reading_id: of the report, the same for all its versions; replaces_id: the version before it.
    number: national identity number, '' without.
    """

    id: UUID
    reading_id: UUID
    replaces_id: UUID | None
    status: str
    findings: str
    impression: str
    signed_at: datetime
    performer_name: str
    author_name: str
    study_instance_uid: str
    modalities: list[str]
    accession_number: str
    item: str
    organization_code: str
    organization_name: str
    patient_id: UUID
    patient_name: str
    sex: str
    birth_date: date | None
    number: str


def document(report: Report) -> dict[str, Any]:
    """The report as FHIR R4; nothing in it is an address of this service."""
    patient, study = f"urn:uuid:{report.patient_id}", f"urn:oid:{report.study_instance_uid}"
    person: dict[str, Any] = {
        "resourceType": "Patient",
        "name": [{"use": "official", "text": report.patient_name}],
        "gender": GENDERS.get(report.sex, "unknown"),
    }
    if report.birth_date is not None:
        person["birthDate"] = report.birth_date.isoformat()
    if report.number:
        person["identifier"] = [{"system": "urn:oid:2.16.156.10011.1.3", "value": report.number}]
    issuer = {"identifier": {"system": "urn:cn:hr:organization", "value": report.organization_code}}
    text = f"{report.findings}\n\n{report.impression}".strip()
    images: dict[str, Any] = {
        "resourceType": "ImagingStudy",
        "identifier": [{"system": "urn:dicom:uid", "value": study}],
        "status": "available",
        "subject": {"reference": patient},
    }
    if report.modalities:
        system = "http://dicom.nema.org/resources/ontology/DCM"
        images["modality"] = [{"system": system, "code": one} for one in report.modalities]
    told: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "identifier": [
            {"system": "urn:cn:hr:report", "value": str(report.reading_id)},
            {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{report.id}"},
        ],
        "status": STATUS.get(report.status, "entered-in-error"),
        "code": {"text": report.item or "影像检查"},
        "subject": {"reference": patient},
        "issued": report.signed_at.isoformat(),
        "performer": [{**issuer, "display": report.performer_name or report.organization_name}],
        "resultsInterpreter": [{"display": report.author_name}],
        "imagingStudy": [{"reference": study}],
        "presentedForm": [
            {"contentType": "text/plain; charset=utf-8", "data": base64.b64encode(text.encode()).decode("ascii")}
        ],
    }
    if report.accession_number:
        placed = {"system": "urn:cn:hr:accession-number", "value": report.accession_number}
        told["basedOn"] = [{"type": "ServiceRequest", "identifier": placed}]
    entries = [(patient, person), (study, images), (f"urn:uuid:{report.id}", told)]
    if report.replaces_id is not None:
        entries.append((f"urn:uuid:{uuid5(report.id, 'provenance')}", _revision(report, report.replaces_id)))
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": report.signed_at.isoformat(),
        "entry": [{"fullUrl": address, "resource": resource} for address, resource in entries],
    }


def _revision(report: Report, replaced: UUID) -> dict[str, Any]:
    """Which version this one takes the place of; FHIR R4 Provenance, entity.role `revision`."""
    before = {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{replaced}"}}
    return {
        "resourceType": "Provenance",
        "target": [{"reference": f"urn:uuid:{report.id}"}],
        "recorded": report.signed_at.isoformat(),
        "agent": [{"who": {"display": report.author_name}}],
        "entity": [{"role": "revision", "what": before}],
    }
