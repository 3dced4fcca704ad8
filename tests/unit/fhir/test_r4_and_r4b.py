"""FHIR R4 (4.0.1) is what is spoken; the models that check it are of R4B (4.3.0).  Where they differ for what is used.

By the lists of changes of 4.3.0, R4B brought new resources (evidence, definitions of medications, subscription
topics) with two data types, and left the elements of the resources used here as they were.  Checked both ways as far
as can be: the standard's own R4 examples are valid by these models, and nothing we say has a type, a resource or an
element that R4 has not.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.observation import Observation

from telemed.fhir.capability import statement
from telemed.fhir.datatypes import encode
from telemed.fhir.outcomes import Issue, outcome
from telemed.fhir.table import TABLE
from telemed.vocabulary import Text
from tests.unit.fhir.rows import valid
from tests.unit.fhir.test_resources import CASES, made

#: R4B (4.3.0) has these, R4 has not: data types CodeableReference and RatioRange, and elements that use them.
ONLY_R4B_TYPES = ("CodeableReference", "RatioRange")
ONLY_R4B_RESOURCES = {
    "AdministrableProductDefinition", "Citation", "ClinicalUseDefinition", "EvidenceReport", "Ingredient",
    "ManufacturedItemDefinition", "MedicinalProductDefinition", "NutritionProduct", "PackagedProductDefinition",
    "RegulatedAuthorization", "SubscriptionStatus", "SubscriptionTopic", "SubstanceDefinition",
}  # fmt: skip
#: Elements of R5 under which R4B's models would not hide a mistake, by resource: they must not appear.
NOT_OF_R4 = {
    "Observation": {"triggeredBy", "instantiatesCanonical", "instantiatesReference", "bodyStructure"},
    "DiagnosticReport": {"note", "study", "supportingInfo", "composition"},
    "ImagingStudy": {"partOf", "procedure"},
    "Provenance": {"basedOn", "patient", "encounter", "authorization"},
    "AuditEvent": {"category", "code", "severity", "occurredDateTime", "basedOn"},
    "ServiceRequest": {"focus", "bodyStructure", "reason"},
    "PractitionerRole": {"contact", "characteristic", "display"},
    "Organization": {"qualification", "description"},
}


def types_in(value):
    if isinstance(value, dict):
        if "resourceType" in value:
            yield value["resourceType"]
        for one in value.values():
            yield from types_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from types_in(one)


@pytest.mark.parametrize(("kind", "changes"), CASES, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(CASES)])
def test_nothing_is_said_that_only_r4b_or_r5_has(kind, changes):
    one = json.loads(encode(made(kind, **changes)))
    assert not ONLY_R4B_RESOURCES & set(types_in(one))
    assert not NOT_OF_R4.get(one["resourceType"], set()) & set(one)
    assert not any(f"value{name}" in json.dumps(one) for name in ONLY_R4B_TYPES)


def test_the_version_is_that_of_r4_which_the_models_of_r4b_take_too():
    one = statement(TABLE, public_url="https://county.example", release="0")
    assert one["fhirVersion"] == "4.0.1"
    assert CapabilityStatement.model_validate_json(encode(one)).fhirVersion == "4.0.1"


def test_the_models_do_refuse_what_is_wrong():
    """They have teeth: a missing required element, an unknown one, and one of two choices too many."""
    good = json.loads(encode(made("observation")))
    for wrong in (
        {name: value for name, value in good.items() if name != "code"},
        {**good, "flavour": "sweet"},
        {**good, "valueString": "x"},
    ):
        with pytest.raises(ValueError, match="validation error"):
            Observation.model_validate_json(json.dumps(wrong))


def test_an_outcome_is_valid_and_says_it_in_both_languages():
    one = outcome([Issue("error", "invalid", Text("无效。", "Invalid."), "Bundle.entry[0]", "x")])
    valid(one)
    assert one["issue"][0]["details"]["text"] == "无效。"
    assert "Invalid." in one["issue"][0]["diagnostics"]


EXAMPLES = Path(__file__).parents[3].parent / "shared" / "data" / "fhir" / "r4-examples"
USED = {one.kind for one in TABLE} | {"Bundle", "OperationOutcome", "Parameters", "Specimen", "Endpoint"}


def examples():
    """The standard's R4 examples of what is used; where these files are not, our own resources."""
    found = [json.loads(one.read_bytes()) for one in sorted(EXAMPLES.glob("*.json"))]
    used = [one for one in found if one.get("resourceType") in USED]
    return used or [json.loads(encode(made(kind, **changes))) for kind, changes in CASES]


def test_r4_as_the_standard_shows_it_is_taken_by_the_models_of_r4b():
    for one in examples():
        valid(one)
