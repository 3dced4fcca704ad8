"""What a hospital system sends is read as the registry is asked, and nothing is guessed."""

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
import pytest

from telemed.errors import Invalid
from telemed.his.asking import enquiry, fingerprint, person, refuse_numbers, strip
from telemed.his.messages import IdentityDocument, OrderBody, OrdersBody, PatientBody, VisitBody
from telemed.recognition.rules import Code
from telemed.vocabulary import EncounterClass, Sex

# The example of GB 11643-1999.
NUMBER = "11010519491231002X"
NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
PATIENT = PatientBody("王桂兰", [IdentityDocument("national-id", NUMBER)], date(1949, 12, 31), Sex.FEMALE)
CHEST = OrderBody("O-1", "urn:x", "ct.chest")


def visit(**changes):
    said = {"request_id": "r1", "user": "D17", "patient": PATIENT, "visit": "V1", "orders": [CHEST], **changes}
    return OrdersBody(**said)


def test_a_patient_is_known_by_the_documents_that_can_be_what_they_are_said_to_be():
    wrong = IdentityDocument("national-id", "110105194912310021")
    twice = IdentityDocument("national-id", NUMBER.lower())
    passport = IdentityDocument("passport", "E12345678", "CHN")
    nowhere = IdentityDocument("passport", "E12345678")
    read = person(PatientBody("王桂兰", [wrong, PATIENT.documents[0], twice, passport, nowhere]))
    assert [(one.issuer, one.value) for one in read.identifiers] == [
        ("CN:GB11643", NUMBER),
        ("PASSPORT:CHN", "E12345678"),
    ]
    assert (read.name, read.birth_date, read.sex) == ("王桂兰", None, Sex.UNKNOWN)


def test_an_order_has_the_circumstances_of_its_visit_and_its_own():
    hurried = OrderBody("O-2", "urn:x", "ct.head", laterality="L", circumstances=["pre-operative"], reason="R1")
    body = visit(orders=[CHEST, hurried], encounter_class=EncounterClass.INPATIENT, circumstances=["forensic"])
    chest, head = enquiry(body, body.orders, UUID(int=1), NOW).orders
    assert (chest.reference, chest.codes, chest.answered) == ("O-1", {Code("urn:x", "ct.chest")}, False)
    assert (chest.context.encounter_class, chest.context.forensic, chest.context.pre_operative) == (
        "inpatient",
        True,
        False,
    )
    assert (head.context.forensic, head.context.pre_operative, head.laterality, head.answered) == (
        True,
        True,
        "L",
        True,
    )


def test_two_orders_of_one_name_are_refused():
    body = visit(orders=[CHEST, msgspec.structs.replace(CHEST, code="ct.head")])
    with pytest.raises(Invalid, match="order-twice"):
        enquiry(body, body.orders, UUID(int=1), NOW)


@pytest.mark.parametrize("name", [NUMBER, f"visit-{NUMBER}", f"{NUMBER}/3"])
def test_an_identity_number_is_no_name_of_a_visit(name):
    with pytest.raises(Invalid, match="number-in-name"):
        refuse_numbers(["V1", name])


@pytest.mark.parametrize("name", ["V1", "110105194912310021", "1" + NUMBER])
def test_other_numbers_are(name):
    refuse_numbers([name])


def test_the_head_of_a_page_has_the_number_masked():
    shown = strip(PATIENT)
    assert NUMBER.encode() not in shown
    assert b'"**************002X"' in shown


def test_a_request_is_the_same_however_it_was_spelled_and_another_for_every_change():
    raw = msgspec.json.encode(visit())
    shuffled = msgspec.json.encode(dict(reversed(msgspec.json.decode(raw).items())))
    same = {fingerprint("/his/a", msgspec.json.decode(one, type=OrdersBody)) for one in (raw, shuffled)}
    assert len(same) == 1
    others = [visit(visit="V2"), visit(user="D18"), visit(provincial_prompted=True), visit(orders=[])]
    assert len({fingerprint("/his/a", one) for one in [visit(), *others]} | {fingerprint("/his/b", visit())}) == 6


@pytest.mark.parametrize("name", ["", "x" * 101, "a b", "王", "a\n", "a\x00"])
def test_names_are_short_printable_and_without_blanks(name):
    raw = msgspec.json.encode({"request_id": "r", "user": "D", "visit": name, "patient": PATIENT})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(raw, type=VisitBody)


def test_whoever_the_patient_is_does_not_stand_in_a_log():
    assert NUMBER not in repr(visit())
    assert "王桂兰" not in repr(visit())
