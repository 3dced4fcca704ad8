"""DiagnosticReport: a laboratory's, which has no conclusion, and the signed report of a reading, which is one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

import msgspec

from telemed.fhir.datatypes import Json, coding, concept, date_time, identifier, instant, period, reference, resource
from telemed.fhir.systems import LABORATORY_NUMBER, REPORT_CODE, V2_0074, of_sender
from telemed.imaging.clock import Known, anchor

#: v2-0074 by modality; what is not here is plain radiology.
_SECTIONS = {"CT": ("CT", "CAT Scan"), "US": ("RUS", "Radiology Ultrasound"), "MR": ("NMR", "Nuclear Magnetic Resonance"), "ECG": ("EC", "Electrocardiac")}  # fmt: skip # noqa: E501
RADIOLOGY = ("RAD", "Radiology")
LABORATORY = "LAB"


class LaboratoryReportRow(msgspec.Struct, frozen=True):
    """begins, ends: between which times the results' specimens were taken, None where nobody says.  Times UTC."""

    report_id: UUID
    patient_id: UUID
    linked: bool
    organization_id: UUID
    organization_code: str
    organization_name: str
    number_system: str
    number: str
    placer_number: str
    service: Sequence[dict[str, str]]
    status: str
    ordered_at: datetime
    known_from: datetime
    results: Sequence[str]
    begins: datetime | None
    ends: datetime | None


class SignedReportRow(msgspec.Struct, frozen=True):
    """The report that stands; version_id None: its signature was taken back.  Times UTC."""

    id: UUID
    organization_id: UUID
    organization_name: str
    study_id: UUID
    modalities: Sequence[str]
    patient_id: UUID | None
    request_id: UUID | None
    item: str
    acquired_at: datetime | None
    first_received_at: datetime
    skew_seconds: int | None
    state: str
    version_id: UUID | None
    number: int | None
    status: str | None
    technique: str | None
    findings: str | None
    impression: str | None
    limited: bool | None
    author_name: str | None
    verifier_name: str | None
    signed_at: datetime | None
    performer_name: str | None
    code: str | None
    sorted_at: datetime


def laboratory_report(row: LaboratoryReportRow, zone: tzinfo) -> Json:
    """A report as its laboratory's last version says; its number stays with its system."""
    codes = [coding(of_sender(one["system"], row.organization_code), one["code"], one["text"]) for one in row.service if one["code"]]  # fmt: skip # noqa: E501
    text = next((one["text"] for one in row.service if one["text"]), "")
    placer = [identifier("", row.placer_number, type_code="PLAC")] if row.placer_number else []
    return resource(
        "DiagnosticReport",
        row.report_id,
        {
            "identifier": [
                identifier(f"{LABORATORY_NUMBER}:{row.organization_id}", row.number, type_code="FILL"),
                *placer,
            ],
            "status": row.status,
            "category": [concept([coding(V2_0074, LABORATORY, "Laboratory")])],
            "code": concept(codes, text or "检验报告"),
            "subject": reference("Patient", row.patient_id),
            **_collected(row, zone),
            "issued": instant(row.ordered_at),
            "performer": [reference("Organization", row.organization_id, row.organization_name)],
            "result": [reference("Observation", one) for one in row.results],
        },
        updated=row.known_from,
    )


def _collected(row: LaboratoryReportRow, zone: tzinfo) -> Json:
    if row.begins is None or row.ends is None:
        return {}
    if row.ends - row.begins <= timedelta(microseconds=1):
        return {"effectiveDateTime": date_time(row.begins, zone)}
    return {"effectivePeriod": period(row.begins, row.ends - timedelta(microseconds=1), zone)}


def signed_report(row: SignedReportRow, zone: tzinfo) -> Json:
    """The report of a reading that stands.  One that was voided says so, and nothing of what it concluded."""
    void = row.state == "void"
    signed = [one for one in (row.author_name, row.verifier_name) if one]
    taken = anchor(row.acquired_at, received_at=row.first_received_at, skew_seconds=row.skew_seconds)
    section = next((_SECTIONS[one] for one in row.modalities if one in _SECTIONS), RADIOLOGY)
    texts = [] if void else [("检查方法", row.technique), ("影像所见", row.findings)]
    return resource(
        "DiagnosticReport",
        row.id,
        {
            "identifier": [identifier(REPORT_CODE, row.code)] if row.code else [],
            "basedOn": [] if row.request_id is None else [reference("ServiceRequest", row.request_id)],
            "status": "entered-in-error" if void else row.status,
            "category": [concept([coding(V2_0074, *section)])],
            "code": concept([], row.item or "影像诊断报告"),
            "subject": {} if row.patient_id is None else reference("Patient", row.patient_id),
            "effectiveDateTime": date_time(taken.at, zone) if isinstance(taken, Known) else "",
            "issued": "" if row.signed_at is None else instant(row.signed_at),
            "performer": [{"display": row.performer_name}] if row.performer_name else [],
            "resultsInterpreter": [{"display": one} for one in dict.fromkeys(signed)],
            "imagingStudy": [reference("ImagingStudy", row.study_id)],
            "conclusion": "" if void else row.impression,
            "presentedForm": [_form(title, text) for title, text in texts if text],
        },
        updated=row.signed_at,
    )


def _form(title: str, text: str) -> Json:
    return {
        "contentType": "text/plain; charset=utf-8",
        "language": "zh-CN",
        "data": b64encode(text.encode()).decode(),
        "title": title,
    }
