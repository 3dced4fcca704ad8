"""ImagingStudy, with the endpoint its images are fetched from inside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

import msgspec

from telemed.fhir.datatypes import Json, coding, concept, date_time, identifier, reference, resource, whole
from telemed.fhir.resources.service_request import SIDES
from telemed.fhir.systems import ACCESSION, DCM, DICOM_UID, SNOMED
from telemed.imaging.clock import Known, anchor

_CONNECTION = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"


class StudyRow(msgspec.Struct, frozen=True):
    """series: uid, number, modality, description, body_site, laterality, instances of each.  Times UTC."""

    id: UUID
    study_instance_uid: str
    organization_id: UUID
    organization_name: str
    patient_id: UUID | None
    service_request_id: UUID | None
    accession_number: str
    modalities: Sequence[str]
    item: str
    description: str
    referring_physician: str
    acquired_at: datetime | None
    first_received_at: datetime
    last_received_at: datetime
    skew_seconds: int | None
    series_count: int
    instance_count: int
    hold: str
    sorted_at: datetime
    series: Sequence[dict[str, Any]]


def imaging_study(row: StudyRow, zone: tzinfo, *, dicom_web: str) -> Json:
    """A study.  dicom_web: the address of DICOMweb.  When it was acquired is left out where the clock is not believed.

    A study held as mixed is of nobody yet: its state is not known.
    """
    taken = anchor(row.acquired_at, received_at=row.first_received_at, skew_seconds=row.skew_seconds)
    held = row.hold != ""
    unmatched = row.patient_id is None or held
    accession = f"{ACCESSION}:{row.organization_id}"
    return resource(
        "ImagingStudy",
        row.id,
        {
            "contained": [
                {
                    "resourceType": "Endpoint",
                    "id": "dicomweb",
                    "status": "active",
                    "connectionType": coding(_CONNECTION, "dicom-wado-rs", "DICOM WADO-RS"),
                    "payloadType": [concept([], "DICOM")],
                    "address": dicom_web,
                }
            ],
            "identifier": [
                identifier(DICOM_UID, f"urn:oid:{row.study_instance_uid}"),
                *([identifier(accession, row.accession_number, type_code="ACSN")] if row.accession_number else []),
            ],
            "status": "unknown" if held else "available",
            "modality": [coding(DCM, one) for one in row.modalities],
            "subject": {"display": "未匹配"} if unmatched else reference("Patient", row.patient_id),
            "started": date_time(taken.at, zone) if isinstance(taken, Known) else "",
            "basedOn": [] if row.service_request_id is None else [reference("ServiceRequest", row.service_request_id)],
            "referrer": {"display": row.referring_physician} if row.referring_physician else {},
            "endpoint": [{"reference": "#dicomweb"}],
            "numberOfSeries": row.series_count,
            "numberOfInstances": row.instance_count,
            "procedureCode": [concept([], row.item)] if row.item else [],
            "location": {"display": row.organization_name},
            "description": row.description,
            "series": [_series(one) for one in row.series],
        },
        updated=row.last_received_at,
    )


def _series(one: dict[str, Any]) -> Json:
    side = SIDES.get(one["laterality"])
    number = one["number"]
    return whole(
        {
            "uid": one["uid"],
            # unsignedInt; devices also write negative numbers
            "number": number if isinstance(number, int) and 0 <= number < 2**31 else None,
            "modality": coding(DCM, one["modality"] or "OT"),
            "description": one["description"],
            "numberOfInstances": one["instances"],
            "bodySite": {"display": one["body_site"]} if one["body_site"] else {},
            "laterality": {} if side is None else coding(SNOMED, *side),
        }
    )
