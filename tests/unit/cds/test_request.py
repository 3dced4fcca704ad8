"""What a call asks of the registry: one good call, and what each single change of it makes of the answer."""

import json
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from telemed.cds.faults import Fault
from telemed.cds.messages import read_call
from telemed.cds.request import Asked, identity_number_in, understand
from telemed.patients import identifiers
from telemed.recognition.order import Context
from telemed.recognition.rules import Code
from telemed.vocabulary import Sex

NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
HOSPITAL = UUID(int=7)
# The example of GB 11643-1999.
NUMBER = "11010519491231002X"
POTASSIUM = {"system": "urn:cn:county:item", "code": "12", "display": "血钾"}


def order(name="o1", **changes):
    resource = {
        "resourceType": "ServiceRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "code": {"coding": [POTASSIUM]},
        "subject": {"reference": "Patient/p9"},
        **changes,
    }
    return {key: value for key, value in resource.items() if value is not ...}


PATIENT = {
    "resourceType": "Patient",
    "id": "p9",
    "identifier": [
        {"system": "urn:oid:2.16.156.10011.1.3", "value": NUMBER.lower()},
        {"system": "urn:his:number", "value": "20481"},
    ],
    "name": [{"use": "old", "text": "王大兰"}, {"family": "王", "given": ["桂兰"]}],
    "gender": "female",
    "birthDate": "1949-12-31",
}
ENCOUNTER = {
    "resourceType": "Encounter",
    "id": "e3",
    "status": "in-progress",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    "subject": {"reference": "Patient/p9"},
}
CALL = {
    "hook": "order-select",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {
        "userId": "PractitionerRole/d17",
        "patientId": "p9",
        "encounterId": "e3",
        "selections": ["ServiceRequest/o1"],
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order()}, {"resource": order("o2")}]},
    },
    "prefetch": {"patient": PATIENT, "encounter": ENCOUNTER},
}


def changed(path, value) -> Any:
    """The good call with the element at `path` replaced, or removed by `...`."""
    call: Any = deepcopy(CALL)
    *way, last = path
    place = call
    for one in way:
        place = place[one]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return call


def asked(call=CALL):
    request = read_call(json.dumps(call).encode())
    assert not isinstance(request, Fault), request
    return understand(request, client_id=UUID(int=1), organization_id=HOSPITAL, now=NOW)


def with_orders(*orders, selections=None):
    call = changed(("context", "draftOrders", "entry"), [{"resource": one} for one in orders])
    call["context"]["selections"] = selections or [f"{one['resourceType']}/{one['id']}" for one in orders]
    return call


def test_a_good_call_asks_for_its_selection_alone():
    found = asked()
    assert isinstance(found, Asked)
    (only,) = found.orders
    assert only.reference == "ServiceRequest/o1"
    assert only.codes == {Code("urn:cn:county:item", "12")}
    assert only.context == Context("outpatient")
    assert not only.answered
    assert (found.as_of, found.organization_id, found.user) == (NOW, HOSPITAL, "PractitionerRole/d17")


def test_a_signature_asks_for_every_draft():
    call = changed(("hook",), "order-sign")
    del call["context"]["selections"]
    assert [one.reference for one in asked(call).orders] == ["ServiceRequest/o1", "ServiceRequest/o2"]


def test_a_visit_asks_for_no_order():
    call = changed(("hook",), "patient-view")
    found = asked(call)
    assert found.orders == ()
    assert found.context == Context("outpatient")


def test_the_person_is_known_by_documents_that_hold_and_by_the_numbers_of_hospitals():
    person = asked().person
    assert [(one.issuer, one.value) for one in person.identifiers] == [("CN:GB11643", NUMBER)]
    assert person.numbers == (("urn:his:number", "20481"),)
    assert (person.name, person.birth_date, person.sex) == ("王桂兰", date(1949, 12, 31), Sex.FEMALE)


@pytest.mark.parametrize("value", [NUMBER[:-1] + "1", "", "1", NUMBER[:10]])
def test_a_document_number_that_does_not_hold_is_no_identifier(value):
    person = asked(changed(("prefetch", "patient", "identifier", 0, "value"), value)).person
    assert person.identifiers == ()
    assert person.numbers == (("urn:his:number", "20481"),)


@pytest.mark.parametrize("system", ["urn:oid:2.16.156.10011.1.2", "urn:oid:2.16.156.10011.1.30", ...])
def test_a_number_of_another_issuer_is_not_taken_for_a_document(system):
    assert asked(changed(("prefetch", "patient", "identifier", 0, "system"), system)).person.identifiers == ()


@pytest.mark.parametrize("born", ["1949", "1949-12", "1949-02-30", "unknown"])
def test_a_birth_date_that_is_no_day_is_unknown(born):
    assert asked(changed(("prefetch", "patient", "birthDate"), born)).person.birth_date is None


def fault(call):
    found = asked(call)
    assert isinstance(found, Fault)
    return found.status, found.at


@pytest.mark.parametrize("value", [..., None, {"resourceType": "OperationOutcome", "issue": []}, {}, [], "x"])
@pytest.mark.parametrize("key", ["patient", "encounter"])
def test_prefetch_that_did_not_come_is_412_and_names_itself(key, value):
    assert fault(changed(("prefetch", key), value)) == (412, f"prefetch.{key}")


def test_a_call_without_any_prefetch_is_412():
    assert fault(changed(("prefetch",), ...)) == (412, "prefetch.patient")
    assert fault(changed(("prefetch",), None)) == (412, "prefetch.patient")


def test_an_encounter_that_nobody_names_need_not_come():
    call = changed(("prefetch", "encounter"), ...)
    del call["context"]["encounterId"]
    assert asked(call).orders[0].context == Context(None)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("prefetch", "patient", "id"), "p8"),
        (("prefetch", "encounter", "id"), "e4"),
        (("prefetch", "encounter", "subject"), {"reference": "Patient/p8"}),
        (("context", "draftOrders", "entry", 0, "resource", "subject"), {"reference": "Patient/p8"}),
        (("context", "draftOrders", "entry", 0, "resource", "subject"), {"reference": "Group/p9"}),
        (("context", "selections"), ["ServiceRequest/o3"]),
        (("context", "draftOrders", "entry", 1, "resource", "id"), "o1"),
        (("context", "draftOrders", "entry", 0, "resource", "code"), "血钾"),
    ],
)
def test_two_places_that_contradict_each_other_are_refused(path, value):
    assert isinstance(asked(), Asked)
    assert fault(changed(path, value))[0] == 400


@pytest.mark.parametrize("reference", ["Patient/p9", "https://fhir.example/r4/Patient/p9", "Patient/p9/_history/3"])
def test_one_patient_may_be_referred_to_in_several_ways(reference):
    found = asked(changed(("context", "draftOrders", "entry", 0, "resource", "subject"), {"reference": reference}))
    assert len(found.orders) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"status": "active"},
        {"status": "completed"},
        {"status": ...},
        {"doNotPerform": True},
        {"code": {"text": "血钾"}},
        {"code": {"coding": [{"code": "12"}]}},
        {"code": ...},
        {"resourceType": "MedicationRequest"},
    ],
)
def test_an_order_that_no_answer_could_change_is_left_out(change):
    assert asked(with_orders(order(), order("o2"))).orders != ()
    found = asked(with_orders(order(**change)))
    assert isinstance(found, Asked)
    assert found.orders == ()


def test_every_code_of_an_order_is_whole_and_of_its_system():
    several = [POTASSIUM, {"system": "http://loinc.org", "code": "2823-3"}, {"code": "K"}, {"system": "urn:x"}]
    (only,) = asked(with_orders(order(code={"coding": several}))).orders
    assert only.codes == {Code("urn:cn:county:item", "12"), Code("http://loinc.org", "2823-3")}
    assert Code("urn:cn:county:item", "123") not in only.codes


def reason(system, code):
    return [{"coding": [{"system": system, "code": code}]}]


REASON = "urn:cn:hr:retest-reason"


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"priority": "stat"}, {"emergency": True}),
        ({"priority": "urgent"}, {}),
        ({"priority": "asap"}, {}),
        ({"reasonCode": reason(REASON, "R3")}, {"pre_operative": True}),
        ({"reasonCode": reason(REASON, "R4")}, {"emergency": True}),
        ({"reasonCode": reason(REASON, "R5")}, {"forensic": True}),
        ({"reasonCode": reason(REASON, "R1")}, {}),
        ({"reasonCode": reason("urn:other", "R3")}, {}),
        ({"reasonCode": reason("http://snomed.info/sct", "262068006")}, {"pre_operative": True}),
        ({"reasonCode": reason("http://snomed.info/sct", "2620680061")}, {}),
        ({"reasonCode": reason("http://hl7.org/fhir/sid/icd-10", "Z51.3")}, {"pre_transfusion": True}),
        ({"reasonCode": reason("http://hl7.org/fhir/sid/icd-10", "Z51.30")}, {}),
        ({"reasonCode": reason("urn:cn:hr:order-context", "rescue")}, {"rescue": True}),
        ({"reasonCode": [{"text": "术前"}]}, {}),
    ],
)
def test_circumstances_are_read_from_priority_and_codes_never_from_words(change, flag):
    (only,) = asked(with_orders(order(**change))).orders
    assert only.context == Context("outpatient", **flag)


@pytest.mark.parametrize(
    ("system", "code", "answered"),
    [(REASON, "R1", True), (REASON, "R7", True), (REASON, "R9", False), ("urn:other", "R1", False)],
)
def test_a_reason_already_coded_answers_the_card_beforehand(system, code, answered):
    (only,) = asked(with_orders(order(reasonCode=reason(system, code)))).orders
    assert only.answered is answered


def test_the_circumstances_of_one_order_are_not_those_of_another():
    stat, plain = asked(with_orders(order(priority="stat"), order("o2"))).orders
    assert (stat.context.emergency, plain.context.emergency) == (True, False)


@pytest.mark.parametrize(
    ("code", "known"),
    [("AMB", "outpatient"), ("IMP", "inpatient"), ("EMER", "emergency"), ("OBSENC", "observation"), ("EME", None)],
)
def test_the_class_of_the_encounter_is_a_code_of_its_system(code, known):
    found = asked(changed(("prefetch", "encounter", "class", "code"), code))
    assert found.context.encounter_class == known
    elsewhere = changed(("prefetch", "encounter", "class"), {"system": "urn:x", "code": code})
    assert asked(elsewhere).context.encounter_class is None


@pytest.mark.parametrize(
    ("system", "code", "known"),
    [
        ("urn:cn:hr:encounter-class", "checkup", "checkup"),
        ("urn:cn:hr:encounter-class", "AMB", None),
        ("urn:cn:hr", "checkup", None),
    ],
)
def test_the_class_may_be_said_in_the_words_of_this_service(system, code, known):
    call = changed(("prefetch", "encounter", "class"), {"system": system, "code": code})
    assert asked(call).context.encounter_class == known


def test_a_draft_of_another_kind_without_an_id_is_passed_over():
    call = changed(("context", "draftOrders", "entry", 1, "resource"), {"resourceType": "MedicationRequest", "id": 5})
    assert [one.reference for one in asked(call).orders] == ["ServiceRequest/o1"]


@pytest.mark.parametrize(
    ("sites", "side"),
    [
        (["7771000"], "L"),
        (["24028007"], "R"),
        (["7771000", "24028007"], "B"),
        (["51440002"], "B"),
        (["72696002"], None),
        ([], None),
    ],
)
def test_the_side_is_read_from_its_code(sites, side):
    coded = [{"coding": [{"system": "http://snomed.info/sct", "code": one}]} for one in sites]
    (only,) = asked(with_orders(order(bodySite=coded))).orders
    assert only.laterality == side


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("context", "patientId"), NUMBER),
        (("context", "encounterId"), f"v-{NUMBER}"),
        (("context", "userId"), f"Practitioner/{NUMBER}"),
        (("fhirServer",), f"https://fhir.example/p/{NUMBER}"),
    ],
)
def test_an_identity_number_in_an_address_or_id_is_refused(path, value):
    found = asked(changed(path, value))
    assert isinstance(found, Fault)
    assert found.status == 400
    assert NUMBER not in found.text.zh + found.text.en + found.at


def test_an_identity_number_as_the_id_of_an_order_is_refused():
    assert fault(with_orders(order(NUMBER)))[0] == 400


@pytest.mark.parametrize(
    ("address", "carried"),
    [
        (f"/x?id={NUMBER}", True),
        (f"/x/{NUMBER.lower()}/y", True),
        (f"/x/{NUMBER[:-1]}1", False),
        (f"/x/1{NUMBER[:-1]}X", False),
        ("/x/123456789012345678", False),
        ("/x", False),
    ],
)
def test_only_a_number_whose_checksum_holds_is_one(address, carried):
    assert identity_number_in(address) is carried


@pytest.mark.parametrize(("year", "carried"), [(1899, False), (1900, True), (2100, True), (2101, False)])
def test_only_a_number_of_somebody_who_may_be_alive_is_one(year, carried):
    seventeen = f"110105{year}1231002"
    assert identity_number_in(seventeen + identifiers._check_character(seventeen)) is carried
