"""Transactions of a county's laboratory in FHIR R4, made up; one part after the other can be taken away or changed."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

NUMBER = "239999195603140024"
PERSON, REPORT, GLUCOSE, POTASSIUM, SERUM, PLACE = (
    f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in range(6)
)
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [
        {"system": "urn:oid:2.16.156.10011.1.3", "value": NUMBER},
        {"type": {"coding": [{"code": "MR"}]}, "system": "urn:hospital:mrn", "value": "20481"},
    ],
    "name": [{"use": "official", "text": "王桂兰"}],
    "gender": "female",
    "birthDate": "1956-03-14",
}
ORGANIZATION: dict[str, Any] = {
    "resourceType": "Organization",
    "identifier": [{"system": "urn:cn:county:organization-code", "value": "county-hospital"}],
    "name": "县医院",
}
SPECIMEN: dict[str, Any] = {
    "resourceType": "Specimen",
    "identifier": [{"value": "S1"}],
    "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0487", "code": "SER"}], "text": "血清"},
    "subject": {"reference": PERSON},
    "receivedTime": "2026-11-23T08:30:00+08:00",
    "collection": {"collectedDateTime": "2026-11-23T08:00:00+08:00"},
}


def observation(code: str = "2345-7", name: str = "葡萄糖", number: Any = 5.6, **changes: Any) -> dict[str, Any]:
    made = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": LOINC, "code": code, "display": name}], "text": name},
        "subject": {"reference": PERSON},
        "effectiveDateTime": "2026-11-23T08:00:00+08:00",
        "issued": "2026-11-23T09:05:00+08:00",
        "valueQuantity": {"value": number, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"},
        "referenceRange": [{"low": {"value": 3.9}, "high": {"value": 6.1}}],
        "interpretation": [{"coding": [{"code": "N"}]}],
        "method": {"text": "葡萄糖氧化酶法"},
        "specimen": {"reference": SERUM},
        "device": {"display": "AU5800"},
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def report(*results: str, **changes: Any) -> dict[str, Any]:
    made = {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": "urn:lis:report", "value": "F20261123-7"}],
        "status": "final",
        "code": {"coding": [{"code": "GLU", "display": "空腹血糖"}]},
        "subject": {"reference": PERSON},
        "issued": "2026-11-23T09:05:00+08:00",
        "performer": [{"reference": PLACE}],
        "specimen": [{"reference": SERUM}],
        "result": [{"reference": one} for one in (results or (GLUCOSE,))],
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def entry(full_url: str, resource: dict[str, Any], /, **request: Any) -> dict[str, Any]:
    return {
        "fullUrl": full_url,
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"], **request},
    }


def entries(*changed: dict[str, Any]) -> list[dict[str, Any]]:
    """Patient, organisation, specimen, one glucose and its report; those given stand in the place of their fullUrl."""
    made = [
        entry(PERSON, PATIENT),
        entry(PLACE, ORGANIZATION),
        entry(SERUM, SPECIMEN),
        entry(GLUCOSE, observation()),
        entry(REPORT, report()),
    ]
    by_url = {one["fullUrl"]: one for one in changed}
    kept = [by_url.pop(one["fullUrl"], one) for one in deepcopy(made)]
    return [*kept, *by_url.values()]


def bundle(*changed: dict[str, Any], name: str = "B1", **changes: Any) -> dict[str, Any]:
    made = {
        "resourceType": "Bundle",
        "type": "transaction",
        "identifier": {"system": "urn:lis", "value": name},
        "timestamp": "2026-11-23T09:12:00+08:00",
        "entry": entries(*changed),
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def raw(*changed: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps(bundle(*changed, **changes), ensure_ascii=False).encode()
