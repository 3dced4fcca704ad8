"""Which answers are JSON of R4, and what may never stand in an address."""

import pytest

from telemed.fhir.negotiation import NUMBER_IN_ADDRESS, answerable, is_form, is_json, stands_against
from telemed.fhir.table import TABLE

PATIENT = next(one.params for one in TABLE if one.kind == "Patient")
NUMBER = "11010519491231002X"


@pytest.mark.parametrize(
    ("accept", "wanted", "expected"),
    [
        (None, None, True),
        ("", None, True),
        ("application/fhir+json", None, True),
        ("application/json", None, True),
        ("*/*", None, True),
        ("application/*;q=0.5", None, True),
        ("text/html, application/fhir+json;q=0.9", None, True),
        ("application/fhir+json; fhirVersion=4.0", None, True),
        ("application/fhir+json; fhirVersion=3.0", None, False),
        ("application/fhir+json;q=0", None, False),
        ("application/fhir+xml", None, False),
        ("text/html", None, False),
        ("application/fhir+xml", "json", True),
        ("application/fhir+json", "xml", False),
        (None, "application/fhir json", True),
    ],
)
def test_only_json_of_r4_answers(accept, wanted, expected):
    assert answerable(accept, wanted) is expected


def test_a_body_says_what_it_is():
    assert is_json("application/fhir+json; charset=utf-8")
    assert not is_json(None)
    assert not is_json("application/fhir+xml")
    assert is_form("application/x-www-form-urlencoded; charset=utf-8")
    assert not is_form("application/fhir+json")


@pytest.mark.parametrize(
    ("address", "pairs", "refused"),
    [
        ("/fhir/R4/Patient?_id=7", [("_id", "7")], False),
        ("/fhir/R4/Patient?identifier=7", [("identifier", "7")], True),
        ("/fhir/R4/Patient?identifier:exact=7", [("identifier:exact", "7")], True),
        (f"/fhir/R4/Patient/{NUMBER}", [], True),
        (f"/fhir/R4/Observation?code={NUMBER}", [("code", NUMBER)], True),
        ("/fhir/R4/Observation?code=%31%31010519491231002X", [], True),
        ("/fhir/R4/Observation?code=11010519491231003X", [], False),
    ],
)
def test_a_number_of_a_person_stands_in_no_address(address, pairs, refused):
    assert (stands_against(address, pairs, PATIENT) is NUMBER_IN_ADDRESS) is refused
