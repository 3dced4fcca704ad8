"""Rows of a made-up county as the facade reads them, and the model every answer has to satisfy."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from importlib import import_module
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from telemed.access.trail import TrailEntity, TrailItem
from telemed.directory.model import Organization, OrganizationKind, Practitioner, RoleAt
from telemed.fhir.datatypes import encode
from telemed.fhir.resources.diagnostic_report import LaboratoryReportRow, SignedReportRow
from telemed.fhir.resources.guidance_response import DecisionRow
from telemed.fhir.resources.imaging_study import StudyRow
from telemed.fhir.resources.observation import ObservationRow
from telemed.fhir.resources.patient import PatientRow
from telemed.fhir.resources.provenance import LaboratoryProvenanceRow, ReportProvenanceRow
from telemed.fhir.resources.service_request import RequestRow
from telemed.recognition.decide import decide
from telemed.recognition.trace import trace, trace_hash
from telemed.vocabulary import Role
from tests.unit.recognition import good

ZONE = ZoneInfo("Asia/Shanghai")
PLACE, PERSON, REPORT, STUDY, OTHER = (UUID(int=n) for n in range(11, 16))
AT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
NUMBER = "239999195603140024"


def valid(resource):
    """The resource as fhir.resources.R4B reads its bytes; raises where it is none."""
    kind = resource["resourceType"]
    module = import_module(f"fhir.resources.R4B.{kind.lower()}")
    return getattr(module, kind).model_validate_json(encode(resource))


def said(resource):
    """The resource as a client gets it."""
    return json.loads(encode(resource))


def patient(**changes):
    numbers = [
        {"kind": "national-id", "issuer": "CN:GB11643", "value": NUMBER},
        {"kind": "device", "issuer": f"HL7:{PLACE}:县医院", "value": "20481"},
    ]
    facts = {
        "id": PERSON,
        "organization_id": PLACE,
        "name": "王桂兰",
        "sex": "F",
        "birth_date": date(1956, 3, 14),
        "birth_date_estimated": False,
        "identity": "known",
        "phone": "13900000000",
        "address": "青肯泡乡",
        "same_as_id": None,
        "created_at": AT,
        "numbers": numbers,
        "others": [],
    }
    return PatientRow(**(facts | changes))


def observation(**changes):
    facts = {
        "name_id": f"{REPORT.hex}-0123456789abcdef",
        "report_id": REPORT,
        "line": 3,
        "patient_id": PERSON,
        "linked": True,
        "organization_id": PLACE,
        "organization_code": "county-hospital",
        "organization_name": "县医院",
        "report_number": "F20261123-7",
        "code_system": "LN",
        "code": "2345-7",
        "name": "葡萄糖",
        "sub_id": "",
        "codes": [
            {"code": "2345-7", "text": "葡萄糖", "system": "LN"},
            {"code": "GLU", "text": "血糖", "system": "LOCAL"},
        ],
        "item_key": "glucose",
        "map_version": "*/1",
        "value_kind": "quantity",
        "value_text": "5.60",
        "comparator": "",
        "number": "5.60",
        "high": "",
        "denominator": "",
        "value_codes": [],
        "unit_written": "mmol/L",
        "unit_ucum": "mmol/L",
        "reference_range": "3.9-6.1",
        "flags": ["↑"],
        "status": "final",
        "collected_at": AT,
        "collected_day": date(2026, 11, 23),
        "collected_written": "20261123080000",
        "collected_doubt": "",
        "method_code": "GOD",
        "method_text": "葡萄糖氧化酶法",
        "device": "AU5800",
        "performer": "",
        "notes": ["空腹"],
        "specimen_id": "S1",
        "specimen_code": "SER",
        "specimen_text": "血清",
        "specimen_system": "HL70487",
        "specimen_flags": [],
        "specimen_ambiguous": False,
        "specimen_received_at": AT,
        "ordered_at": AT,
        "known_from": AT,
        "sorted_at": AT,
    }
    return ObservationRow(**(facts | changes))


def laboratory_report(**changes):
    facts = {
        "report_id": REPORT,
        "patient_id": PERSON,
        "linked": True,
        "organization_id": PLACE,
        "organization_code": "county-hospital",
        "organization_name": "县医院",
        "number_system": "LIS",
        "number": "F20261123-7",
        "placer_number": "P1",
        "service": [{"code": "GLU", "text": "空腹血糖", "system": "LOCAL"}],
        "status": "final",
        "ordered_at": AT,
        "known_from": AT,
        "results": [f"{REPORT.hex}-0123456789abcdef"],
        "begins": AT,
        "ends": AT,
    }
    return LaboratoryReportRow(**(facts | changes))


def signed_report(**changes):
    facts = {
        "id": OTHER,
        "organization_id": PLACE,
        "organization_name": "青肯泡乡卫生院",
        "study_id": STUDY,
        "modalities": ["CT"],
        "patient_id": PERSON,
        "request_id": OTHER,
        "item": "胸部CT",
        "acquired_at": AT,
        "first_received_at": AT,
        "skew_seconds": None,
        "state": "delivered",
        "version_id": REPORT,
        "number": 1,
        "status": "final",
        "technique": "平扫",
        "findings": "双肺纹理清晰。",
        "impression": "双肺未见明显异常。",
        "limited": False,
        "author_name": "周立群",
        "verifier_name": "韩冬梅",
        "signed_at": AT,
        "performer_name": "县第一人民医院",
        "code": "ABCDEFGHJKLMNPQR",
        "sorted_at": AT,
    }
    return SignedReportRow(**(facts | changes))


def study(**changes):
    series = {
        "uid": "1.2.3.1",
        "number": 1,
        "modality": "CT",
        "description": "胸部",
        "body_site": "CHEST",
        "laterality": "L",
        "instances": 40,
    }
    facts = {
        "id": STUDY,
        "study_instance_uid": "1.2.3",
        "organization_id": PLACE,
        "organization_name": "青肯泡乡卫生院",
        "patient_id": PERSON,
        "service_request_id": OTHER,
        "accession_number": "A1",
        "modalities": ["CT"],
        "item": "胸部CT",
        "description": "CHEST",
        "referring_physician": "",
        "acquired_at": AT,
        "first_received_at": AT,
        "last_received_at": AT,
        "skew_seconds": None,
        "series_count": 1,
        "instance_count": 40,
        "hold": "",
        "sorted_at": AT,
        "series": [series],
    }
    return StudyRow(**(facts | changes))


def request(**changes):
    facts = {
        "id": OTHER,
        "organization_id": PLACE,
        "organization_name": "青肯泡乡卫生院",
        "accession_number": "A1",
        "patient_id": PERSON,
        "modality": "CT",
        "item": "胸部CT",
        "body_site": "胸部",
        "laterality": "L",
        "encounter_class": "outpatient",
        "priority": "routine",
        "history": "咳嗽三天",
        "purpose": "排除肺炎",
        "requester_name": "赵国军",
        "department": "内科",
        "status": "active",
        "sorted_at": AT,
    }
    return RequestRow(**(facts | changes))


def decision(**changes):
    case = good.laboratory()
    made = decide(case.order, case.context, case.facts, case.rules, good.AS_OF, good.AS_OF)
    facts = {
        "id": OTHER,
        "organization_id": PLACE,
        "patient_id": PERSON,
        "order_reference": "ServiceRequest/o1",
        "as_of": good.AS_OF,
        "known_at": good.AS_OF,
        "known_upto": 7,
        "rule_set": "a" * 64,
        "engine_version": made.engine_version,
        "inputs_hash": "b" * 64,
        "trace_hash": trace_hash(made),
        "verdict": made.verdict.value,
        "trace": trace(made).decode(),
        "sorted_at": good.AS_OF,
    }
    return DecisionRow(**(facts | changes))


def message(**changes):
    facts = {
        "id": OTHER,
        "report_id": REPORT,
        "patient_id": PERSON,
        "status": "final",
        "sent_at": AT,
        "ordered_at": AT,
        "sorted_at": AT,
        "message_id": STUDY,
        "format": "hl7-v2",
        "digest": "c" * 64,
        "organization_id": PLACE,
        "organization_name": "县医院",
        "application": "LIS",
        "facility": "检验科",
        "results": [f"{REPORT.hex}-0123456789abcdef"],
    }
    return LaboratoryProvenanceRow(**(facts | changes))


def signature(**changes):
    facts = {
        "id": OTHER,
        "reading_id": REPORT,
        "patient_id": PERSON,
        "status": "amended",
        "reason": "侧别更正",
        "author_name": "周立群",
        "author_signed_at": AT,
        "verifier_name": "韩冬梅",
        "sorted_at": AT,
        "performer_name": "县第一人民医院",
        "digest": "d" * 64,
        "replaces_id": STUDY,
    }
    return ReportProvenanceRow(**(facts | changes))


def organization(**changes):
    facts = {
        "id": PLACE,
        "code": "county-hospital",
        "name": "县医院",
        "name_en": "County hospital",
        "kind": OrganizationKind.COUNTY_HOSPITAL,
        "parent_id": None,
        "phone": "0455-1",
        "level": 33,
        "region": "2301",
        "groups": [],
        "active": True,
        "revision": 1,
        "member": True,
        "member_since": date(2026, 1, 1),
    }
    return Organization(**(facts | changes))


def practitioner(**changes):
    facts = {
        "id": PERSON,
        "organization_id": PLACE,
        "organization_name": "县医院",
        "name": "周立群",
        "staff_number": "0017",
        "title": "主治医师",
        "phone": "13911111111",
        "licence_number": "110",
        "licence_category": "临床",
        "licence_scope": "医学影像",
        "licence_expires_on": None,
        "active": True,
        "revision": 1,
        "roles": [RoleAt(Role.AUTHOR, PLACE), RoleAt(Role.AUTHOR, OTHER)],
        "account_id": None,
    }
    return Practitioner(**(facts | changes))


def audited(**changes):
    facts = {
        "id": 42,
        "at": AT,
        "action": "patient.read",
        "outcome": "success",
        "account_id": OTHER,
        "practitioner_id": PERSON,
        "practitioner_name": "周立群",
        "organization_id": PLACE,
        "organization_name": "县医院",
        "session_id": OTHER,
        "peer_address": "10.0.0.7",
        "request_id": OTHER,
        "entities": [TrailEntity("patient", str(PERSON), str(PERSON))],
        "purpose": "",
        "detail": {"route": "GET /api/patients/{id}"},
        "position": None,
    }
    return TrailItem(**(facts | changes))


def replaced(row, **changes):
    return msgspec.structs.replace(row, **changes)
