"""A transaction Bundle taken apart: what is refused whole, and in which words."""

import json

import pytest

from telemed.results import fhir_bundle
from telemed.results.fhir_bundle import BundleFault, Transaction, read_bundle
from telemed.results.fhir_resources import Identifier, Reference
from tests.unit.results import fhir_samples as samples
from tests.unit.results.fhir_samples import GLUCOSE, PERSON, bundle, entry, raw, report


def reason(content):
    found = read_bundle(content)
    assert isinstance(found, BundleFault), found
    assert found.text.zh
    assert found.text.en
    return found.reason


def test_a_good_transaction_is_read():
    found = read_bundle(raw())
    assert isinstance(found, Transaction)
    assert [one.kind for one in found.items] == [
        "Patient",
        "Organization",
        "Specimen",
        "Observation",
        "DiagnosticReport",
    ]
    assert found.name == "B1"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "not-json"),
        (b"<Bundle/>", "not-json"),
        (b"\xff\xfe", "not-json"),
        (b"[]", "not-a-bundle"),
        (b'"Bundle"', "not-a-bundle"),
        (b'{"resourceType":"Patient"}', "not-a-bundle"),
        (raw(type="batch"), "not-a-transaction"),
        (raw(type="searchset"), "not-a-transaction"),
        (raw(entry=[]), "empty"),
        (raw(entry="x"), "not-a-bundle"),
        (raw(entry=[1]), "not-a-bundle"),
        (raw(entry=[{}]), "structure"),
        (raw().replace("王桂兰".encode(), b"\\u0000"), "nul-character"),
        (raw().replace("王桂兰".encode(), b"\x00"), "nul-character"),
        (raw(entry=samples.entries() * 250), "too-many-entries"),
        (b'{"resourceType":"Bundle","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too-deep"),
        (b"[" * 100_000, "too-deep"),
        (b" " * (fhir_bundle.MAX_BYTES + 1), "too-large"),
    ],
    ids=range(18),
)
def test_what_is_no_transaction_is_refused(content, expected):
    assert reason(content) == expected


def test_brackets_inside_of_strings_are_not_deep():
    assert isinstance(
        read_bundle(raw(samples.entry(GLUCOSE, samples.observation(note=[{"text": '[{"\\' * 500}])))), Transaction
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (entry("urn:uuid:9", {"resourceType": "Encounter"}), "resource-type"),
        (entry("urn:uuid:9", {"resourceType": 7}, url="Patient"), "structure"),
        (entry(PERSON, {**samples.PATIENT, "name": "王桂兰"}), "structure"),
        (entry(PERSON, samples.PATIENT, method="DELETE"), "method"),
        (entry(PERSON, samples.PATIENT, method="PATCH"), "method"),
        (entry(PERSON, samples.PATIENT, url="Observation"), "url"),
        (entry(PERSON, samples.PATIENT, url="Patient/7"), "url"),
        ({"fullUrl": PERSON, "resource": samples.PATIENT}, "request-missing"),
    ],
    ids=range(8),
)
def test_an_entry_that_cannot_be_taken_refuses_the_whole(changed, expected):
    assert reason(raw(changed)) == expected


def test_a_condition_or_an_id_may_stand_in_the_address_of_a_put():
    for url in ("Patient?identifier=urn:x|1", "Patient/p1"):
        changed = entry(PERSON, {**samples.PATIENT, "id": "p1"}, method="PUT", url=url)
        assert isinstance(read_bundle(raw(changed)), Transaction)


def test_a_full_url_stands_there_once_whatever_its_case():
    twice = [*samples.entries(), entry(PERSON.upper().replace("URN:UUID", "urn:uuid"), samples.PATIENT)]
    found = read_bundle(raw(entry=twice))
    assert found == BundleFault("full-url-twice", "Bundle.entry[5].fullUrl")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (Reference(PERSON), 0),
        (Reference(PERSON.upper()), 0),
        (Reference("Patient/p1"), 0),
        (Reference("Patient/p1/_history/3"), 0),
        (Reference(f"Patient?identifier=urn:oid:2.16.156.10011.1.3|{samples.NUMBER}"), 0),
        (Reference("Patient?identifier=20481"), 0),
        (Reference(identifier=Identifier("urn:hospital:mrn", "20481")), 0),
        (Reference("Patient?identifier=urn:other|20481"), "reference-unresolved"),
        (Reference("Patient?name=x"), "reference-unresolved"),
        (Reference("Patient/p2"), "reference-unresolved"),
        (Reference("urn:uuid:ffffffff-0000-4000-8000-000000000000"), "reference-unresolved"),
        (Reference("https://elsewhere.example/fhir/Patient/1"), "reference-foreign"),
        (Reference(GLUCOSE), "reference-type"),
        (Reference(""), "reference-unresolved"),
    ],
    ids=range(14),
)
def test_a_reference_leads_to_one_entry_or_nowhere(reference, expected):
    found = read_bundle(raw(entry(PERSON, {**samples.PATIENT, "id": "p1"})))
    assert isinstance(found, Transaction)
    made = found.resolve(reference, "Patient", "here")
    assert (made.reason if isinstance(made, BundleFault) else made.index) == expected


def test_a_base_address_before_type_and_id_is_one_of_the_bundle_itself():
    url = "https://lis.example/fhir/Patient/p1"
    found = read_bundle(raw(entry=[entry(url, samples.PATIENT), *samples.entries()[1:]]))
    assert isinstance(found, Transaction)
    for written in (url, "Patient/p1"):
        assert found.resolve(Reference(written), "Patient", "").index == 0


def test_the_report_may_come_before_what_it_refers_to():
    assert isinstance(read_bundle(raw(entry=samples.entries()[::-1])), Transaction)
    assert json.loads(raw())["entry"][4]["resource"] == report()
    assert bundle()["type"] == "transaction"
