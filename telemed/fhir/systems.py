"""Code systems and identifier systems of the facade, and how the county's issuers of numbers are written as URIs."""

from __future__ import annotations

from urllib.parse import quote, unquote

from telemed.recognition.rules import ITEM_KEYS
from telemed.results.code_map import system as known_system

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
DICOM_UID = "urn:dicom:uid"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
SNOMED = "http://snomed.info/sct"
V2_0074 = "http://terminology.hl7.org/CodeSystem/v2-0074"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
#: 居民身份证号, as WS/T 500 writes it.
NATIONAL_ID = "urn:oid:2.16.156.10011.1.3"

ITEM = ITEM_KEYS
MARK = "urn:cn:hr:mark"
VERDICT = "urn:cn:hr:verdict"
FINDING = "urn:cn:hr:finding"
DECISION = "urn:cn:hr:decision"
ORDER_REFERENCE = "urn:cn:hr:order-reference"
ROLE = "urn:cn:county:role"
ORGANIZATION_CODE = "urn:cn:county:organization-code"
ORGANIZATION_KIND = "urn:cn:county:organization-kind"
STAFF_NUMBER = "urn:cn:county:staff-number"
ACCESSION = "urn:cn:county:accession-number"
REPORT_CODE = "urn:cn:county:report-code"
LABORATORY_NUMBER = "urn:cn:county:laboratory-report"
MESSAGE = "urn:cn:county:message"
CONTENT_DIGEST = "urn:cn:county:sha256"
ENGINE = "urn:cn:county:recognition"
ACTION = "urn:cn:county:action"
ENTITY = "urn:cn:county:entity"

_ISSUER = "urn:cn:county:issuer:"
_NATIONAL_ISSUER = "CN:GB11643"


def of_issuer(issuer: str) -> str:
    """The URI of who issued a number."""
    return NATIONAL_ID if issuer == _NATIONAL_ISSUER else _ISSUER + quote(issuer, safe=":")


def issuer_of(system: str) -> str | None:
    """The issuer behind a URI of ours; None for any other."""
    if system == NATIONAL_ID:
        return _NATIONAL_ISSUER
    return unquote(system.removeprefix(_ISSUER)) if system.startswith(_ISSUER) else None


def of_sender(written: str, organization: str) -> str:
    """A coding system as a URI: those everybody knows by their own, a sender's by the sender's organisation code."""
    known = known_system(written)
    if known.startswith(("http://", "https://", "urn:")):
        return known
    return f"urn:cn:county:code:{quote(organization)}" + (f":{quote(known)}" if known else "")
