"""ServiceRequest: a registration (检查登记)."""

from __future__ import annotations

from datetime import datetime, tzinfo
from uuid import UUID

import msgspec

from telemed.fhir.datatypes import Json, coding, concept, date_time, identifier, reference, resource
from telemed.fhir.systems import ACCESSION, DCM, SNOMED

#: SNOMED CT 7771000 and others are in the global patient set of FHIR's own bodysite-laterality values.
SIDES = {"L": ("7771000", "Left"), "R": ("24028007", "Right"), "B": ("51440002", "Right and left")}


class RequestRow(msgspec.Struct, frozen=True):
    """sorted_at: when it was registered, UTC."""

    id: UUID
    organization_id: UUID
    organization_name: str
    accession_number: str
    patient_id: UUID
    modality: str
    item: str
    body_site: str
    laterality: str
    encounter_class: str
    priority: str
    history: str
    purpose: str
    requester_name: str
    department: str
    status: str
    sorted_at: datetime


def service_request(row: RequestRow, zone: tzinfo) -> Json:
    """Item, site and side as registered; no code is made up for an item that has none."""
    side = SIDES.get(row.laterality)
    sites = [concept([], row.body_site)] if row.body_site else []
    if side is not None:
        sites.append(concept([coding(SNOMED, *side)]))
    requester = " ".join(one for one in (row.department, row.requester_name) if one)
    return resource(
        "ServiceRequest",
        row.id,
        {
            "identifier": [identifier(f"{ACCESSION}:{row.organization_id}", row.accession_number, type_code="ACSN")],
            "status": row.status,
            "intent": "order",
            "category": [concept([coding(SNOMED, "363679005", "Imaging")]), concept([coding(DCM, row.modality)])],
            "priority": row.priority,
            "code": concept([], row.item),
            "subject": reference("Patient", row.patient_id),
            "authoredOn": date_time(row.sorted_at, zone),
            "requester": reference("Organization", row.organization_id, requester or row.organization_name),
            "reasonCode": [concept([], row.purpose)] if row.purpose else [],
            "bodySite": sites,
            "note": [{"text": row.history}] if row.history else [],
        },
    )
