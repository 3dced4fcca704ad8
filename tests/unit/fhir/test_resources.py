"""Each row of ours as a resource that fhir.resources.R4B accepts, and what the resource must and must not say."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from telemed.fhir.datatypes import encode
from telemed.fhir.resources.audit_event import audit_event
from telemed.fhir.resources.diagnostic_report import laboratory_report, signed_report
from telemed.fhir.resources.guidance_response import guidance_response
from telemed.fhir.resources.imaging_study import imaging_study
from telemed.fhir.resources.observation import observation
from telemed.fhir.resources.organization import organization, person_of, roles_of
from telemed.fhir.resources.patient import patient
from telemed.fhir.resources.provenance import of_message, of_signature
from telemed.fhir.resources.service_request import service_request
from telemed.recognition.decision import Verdict
from tests.unit.fhir import rows
from tests.unit.fhir.rows import ZONE, said, valid

WEB = "https://county.example/dicom-web"


def whole(_number):
    return True


def masked(_number):
    return False


MADE = {
    "patient": lambda **changes: patient(rows.patient(**changes), whole=masked),
    "observation": lambda **changes: observation(rows.observation(**changes), ZONE),
    "laboratory report": lambda **changes: laboratory_report(rows.laboratory_report(**changes), ZONE),
    "signed report": lambda **changes: signed_report(rows.signed_report(**changes), ZONE),
    "study": lambda **changes: imaging_study(rows.study(**changes), ZONE, dicom_web=WEB),
    "request": lambda **changes: service_request(rows.request(**changes), ZONE),
    "decision": lambda **changes: guidance_response(rows.decision(**changes)),
    "message": lambda **changes: of_message(rows.message(**changes), ZONE),
    "signature": lambda **changes: of_signature(rows.signature(**changes), ZONE),
    "organization": lambda **changes: organization(rows.organization(**changes)),
    "role": lambda **changes: roles_of(rows.practitioner(**changes))[0],
    "audit": lambda **changes: audit_event(rows.audited(**changes)),
}


def made(kind, **changes):
    return MADE[kind](**changes)


CASES = [
    ("patient", {}),
    ("patient", {"same_as_id": rows.OTHER}),
    ("patient", {"others": [rows.OTHER], "birth_date_estimated": True}),
    ("patient", {"identity": "temporary", "numbers": [], "birth_date": None, "phone": "", "address": "", "sex": "U"}),
    ("observation", {}),
    ("observation", {"unit_ucum": "", "unit_written": "奇怪", "item_key": None, "map_version": None}),
    ("observation", {"comparator": "<", "number": "0.010"}),
    ("observation", {"high": "8"}),
    ("observation", {"denominator": "128", "unit_written": "", "unit_ucum": ""}),
    ("observation", {"value_kind": "text", "number": "", "value_text": "阴性"}),
    ("observation", {"value_kind": "none", "number": "", "value_text": ""}),
    (
        "observation",
        {"value_kind": "coded", "number": "", "value_codes": [{"code": "N", "text": "阴性", "system": ""}]},
    ),
    ("observation", {"collected_at": None, "collected_written": "20261123"}),
    (
        "observation",
        {"collected_at": None, "collected_day": None, "collected_written": "", "collected_doubt": "absent"},
    ),
    (
        "observation",
        {
            "collected_at": None,
            "collected_day": None,
            "collected_written": "19000101",
            "collected_doubt": "implausible",
        },
    ),
    ("observation", {"specimen_ambiguous": True, "reference_range": "", "flags": [], "notes": [], "device": ""}),
    *(
        ("observation", {"status": one})
        for one in ("registered", "preliminary", "corrected", "cancelled", "entered-in-error")
    ),
    ("laboratory report", {}),
    ("laboratory report", {"begins": None, "ends": None, "service": [], "placer_number": "", "results": []}),
    ("laboratory report", {"ends": rows.AT + timedelta(days=1)}),
    *(
        ("laboratory report", {"status": one})
        for one in ("registered", "preliminary", "corrected", "cancelled", "entered-in-error", "unknown")
    ),
    ("signed report", {}),
    ("signed report", {"state": "void"}),
    *(("signed report", {"status": one}) for one in ("preliminary", "amended", "appended")),
    ("signed report", {"request_id": None, "verifier_name": None, "acquired_at": None, "patient_id": None}),
    ("study", {}),
    ("study", {"patient_id": None, "service_request_id": None, "accession_number": "", "acquired_at": None}),
    ("study", {"hold": "mixed"}),
    (
        "study",
        {
            "series": [
                {
                    "uid": "1.2",
                    "number": -1,
                    "modality": "",
                    "description": "",
                    "body_site": "",
                    "laterality": "",
                    "instances": 0,
                }
            ]
        },
    ),
    ("request", {}),
    ("request", {"laterality": "U", "body_site": "", "history": "", "purpose": "", "status": "entered-in-error"}),
    ("decision", {}),
    *(("decision", {"verdict": one.value}) for one in Verdict),
    ("decision", {"verdict": None, "patient_id": None}),
    ("message", {}),
    ("message", {"application": "", "facility": "", "results": []}),
    ("signature", {}),
    ("signature", {"verifier_name": None, "replaces_id": None, "reason": ""}),
    ("organization", {}),
    ("organization", {"parent_id": rows.OTHER, "name_en": "", "phone": "", "active": False}),
    ("role", {}),
    ("role", {"roles": [], "staff_number": ""}),
    ("audit", {}),
    (
        "audit",
        {"practitioner_id": None, "detail": {"client": str(rows.OTHER), "route": "POST /fhir/R4"}, "entities": []},
    ),
    ("audit", {"practitioner_id": None, "peer_address": None, "outcome": "failed", "purpose": "会诊", "detail": {}}),
]


@pytest.mark.parametrize(("kind", "changes"), CASES, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(CASES)])
def test_every_resource_is_valid_r4b_and_says_nothing_empty(kind, changes):
    resource = made(kind, **changes)
    valid(resource)
    text = encode(resource).decode()
    assert not any(one in text for one in ('""', "[]", "{}", "null"))


def test_a_number_is_told_whole_to_whoever_brought_it_alone():
    seen = said(patient(rows.patient(), whole=masked))
    assert rows.NUMBER not in json.dumps(seen)
    assert seen["identifier"][0]["_value"]["extension"][0]["valueString"].endswith("0024")
    brought = said(patient(rows.patient(), whole=lambda one: one.value == rows.NUMBER))
    assert brought["identifier"][0]["value"] == rows.NUMBER
    assert "value" not in brought["identifier"][1]


def test_a_record_that_another_stands_for_says_so_and_is_not_in_use():
    one = said(made("patient", same_as_id=rows.OTHER))
    assert (one["active"], one["link"]) == (
        False,
        [{"other": {"reference": f"Patient/{rows.OTHER}"}, "type": "replaced-by"}],
    )


def test_the_version_changes_with_what_is_said_and_with_nothing_else():
    version = said(made("patient"))["meta"]["versionId"]
    assert said(made("patient"))["meta"]["versionId"] == version
    assert said(made("patient", phone="13900000001"))["meta"]["versionId"] != version


def test_a_number_keeps_its_digits():
    text = encode(made("observation")).decode()
    assert '"value":5.60,' in text


def test_the_laboratorys_code_comes_first_and_the_items_beside_it():
    codes = said(made("observation"))["code"]["coding"]
    assert [one["code"] for one in codes] == ["2345-7", "GLU", "glucose"]
    assert codes[0]["system"] == "http://loinc.org"
    assert codes[1]["system"] == "urn:cn:county:code:county-hospital:LOCAL"
    assert codes[2]["version"] == "*/1"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("20261123080000", {"effectiveDateTime": "2026-11-23T08:00:00+08:00"}),
        ("20261123080000+0800", {"effectiveDateTime": "2026-11-23T08:00:00+08:00"}),
        ("2026-11-23T00:00:00Z", {"effectiveDateTime": "2026-11-23T00:00:00Z"}),
        (
            "2026112308",
            {"effectivePeriod": {"start": "2026-11-23T08:00:00+08:00", "end": "2026-11-23T08:59:59+08:00"}},
        ),
    ],
)
def test_the_time_of_collection_keeps_its_zone_and_its_precision(written, told):
    one = said(made("observation", collected_written=written))
    assert {name: value for name, value in one.items() if name.startswith("effective")} == told


def test_a_day_stays_a_day_and_a_missing_time_is_never_that_of_the_report():
    assert (
        said(made("observation", collected_at=None, collected_written="20261123"))["effectiveDateTime"] == "2026-11-23"
    )
    missing = {"collected_at": None, "collected_day": None, "collected_written": "", "collected_doubt": "absent"}
    one = said(made("observation", **missing))
    assert "effectiveDateTime" not in one
    assert one["_effectiveDateTime"]["extension"][0]["valueCode"] == "unknown"


def test_a_result_that_was_taken_back_has_no_value():
    for status in ("cancelled", "entered-in-error"):
        one = said(made("observation", status=status))
        assert "valueQuantity" not in one
        assert "dataAbsentReason" in one


def test_a_laboratorys_report_concludes_nothing_and_a_readings_report_does():
    assert "conclusion" not in made("laboratory report")
    report = said(made("signed report"))
    assert report["conclusion"] == "双肺未见明显异常。"
    forms = {one["title"]: base64.b64decode(one["data"]).decode() for one in report["presentedForm"]}
    assert forms == {"检查方法": "平扫", "影像所见": "双肺纹理清晰。"}


def test_a_void_report_says_nothing_of_what_it_concluded():
    text = encode(made("signed report", state="void")).decode()
    assert '"entered-in-error"' in text
    assert "未见明显异常" not in text


def test_an_acquisition_time_that_is_not_believed_is_left_out():
    assert "started" in made("study")
    assert "started" not in made("study", skew_seconds=3600)
    assert "effectiveDateTime" not in made("signed report", skew_seconds=3600)


def test_a_study_held_as_mixed_is_told_of_nobody():
    assert said(made("study", hold="mixed"))["subject"] == {"display": "未匹配"}


def test_a_decision_tells_its_verdict_its_grounds_and_all_it_takes_to_make_it_again():
    row = rows.decision()
    one = said(guidance_response(row))
    assert one["reasonCode"][0]["coding"][0]["code"] == row.verdict
    held = {each["resourceType"]: each for each in one["contained"]}
    told = {each["name"]: each for each in held["Parameters"]["parameter"]}
    assert told["traceHash"]["valueString"] == row.trace_hash
    assert told["inputsHash"]["valueString"] == row.inputs_hash
    assert told["engineVersion"]["valueString"] == row.engine_version
    codes = [each["details"]["coding"][0]["code"] for each in held["OperationOutcome"]["issue"]]
    assert "grant-active" in codes


def test_the_name_of_a_role_leads_back_to_its_person_and_place():
    first, second = roles_of(rows.practitioner())
    assert first["id"] != second["id"]
    assert person_of(first["id"]) == rows.PERSON
    assert [person_of(one) for one in ("", "x", "-", str(rows.PERSON))] == [None] * 4


def test_the_directory_tells_no_licence_and_no_private_phone():
    text = encode(roles_of(rows.practitioner())[0]).decode()
    assert "13911111111" not in text
    assert "licence" not in text


def test_whole_numbers_are_ordinary_identifiers():
    assert [one["value"] for one in said(patient(rows.patient(), whole=whole))["identifier"]] == [rows.NUMBER, "20481"]
