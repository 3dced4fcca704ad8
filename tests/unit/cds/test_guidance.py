"""The decision as a resource a hospital keeps: valid FHIR R4, named by the ledger's number, with its results."""

import json
from dataclasses import replace
from itertools import count
from uuid import UUID

import pytest
from fhir.resources.R4B.guidanceresponse import GuidanceResponse
from fhir.resources.R4B.servicerequest import ServiceRequest

from telemed.cds.answers import CardsResponse, encode
from telemed.cds.cards import tell
from telemed.cds.guidance import with_results
from telemed.cds.registry import Decided
from telemed.recognition.facts import LinkState
from telemed.recognition.trace import trace_hash
from tests.unit.cds.test_cards import DRAFT, answered, asked, panel, voice
from tests.unit.recognition import good

NUMBER = UUID(int=77)
ORDER = {
    **DRAFT,
    "intent": "order",
    "code": {"coding": [{"system": good.GLUCOSE.system, "code": good.GLUCOSE.code}]},
    "subject": {"reference": "Patient/p9"},
}


def suggested(case=None, *, resource=None, says_all=False, number: UUID | None = NUMBER, **changes):
    """The suggestions of the card of a decision that has its number in the ledger, as a client gets them."""
    one = answered(case or good.laboratory(), **changes)
    decided = Decided(UUID(int=5), (one,)) if number is None else Decided(UUID(int=5), (one,)).numbered(lambda: number)
    (told,) = tell(asked(resource=resource or ORDER), decided, voice(says_all=says_all))
    return json.loads(encode(CardsResponse((told.card,))))["cards"][0]["suggestions"]


def of(suggestion, kind):
    return [one for one in suggestion["actions"] if one["type"] == kind]


def test_recognising_gives_up_the_draft_and_keeps_the_decision_with_the_visit():
    recognise, _ = suggested()
    assert [one["type"] for one in recognise["actions"]] == ["delete", "create"]
    (made,) = of(recognise, "create")
    kept = made["resource"]
    GuidanceResponse.model_validate(kept)
    assert kept["identifier"] == [
        {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{NUMBER}"},
        {"system": "urn:cn:hr:decision-trace-sha256", "value": trace_hash(good.laboratory().decide())},
    ]
    assert kept["moduleUri"] == "https://county.example/cds-services/result-recognition"
    assert kept["subject"] == {"reference": "Patient/p9"}
    assert kept["encounter"] == {"reference": "Encounter/e3"}
    assert kept["occurrenceDateTime"] == "2026-11-24T08:00:00+00:00"
    assert kept["reasonCode"][0]["coding"][0]["code"] == "must-offer"
    assert kept["reasonReference"] == [
        {
            "type": "Observation",
            "identifier": {"system": "urn:cn:hr:result", "value": "r-1"},
            "display": "葡萄糖，4 天前青肯泡乡卫生院",
        }
    ]


def test_an_order_that_stays_names_the_result_beside_it():
    _, keep = suggested(resource={**ORDER, "supportingInfo": [{"reference": "Condition/1"}]})
    (action,) = of(keep, "update")
    ServiceRequest.model_validate(action["resource"])
    assert [one.get("reference") for one in action["resource"]["supportingInfo"]] == ["Condition/1", None]
    assert {**action["resource"], "supportingInfo": None} == {**ORDER, "supportingInfo": None}
    assert len(of(keep, "create")) == 1


def test_a_trimmed_panel_is_valid_and_names_only_what_was_covered():
    trim, keep = suggested(panel(sodium_known=True, granted=False), name="血糖电解质")
    (action,) = of(trim, "update")
    ServiceRequest.model_validate(action["resource"])
    assert [one["identifier"]["value"] for one in action["resource"]["supportingInfo"]] == ["r-1"]
    (kept,) = of(trim, "create")
    assert len(kept["resource"]["reasonReference"]) == 1
    GuidanceResponse.model_validate(of(keep, "create")[0]["resource"])


def test_images_are_named_as_a_report():
    case = good.imaging()
    recognise, _ = suggested(case, name="膝关节CT")
    (reference,) = of(recognise, "create")[0]["resource"]["reasonReference"]
    assert reference["type"] == "DiagnosticReport"


def test_a_visit_nobody_named_is_not_made_up():
    one = Decided(UUID(int=5), (answered(good.laboratory()),)).numbered(lambda: NUMBER)
    (told,) = tell(replace(asked(resource=ORDER), encounter_id=None), one, voice())
    kept = told.card.suggestions[0].actions[-1].resource
    assert kept is not None
    assert "encounter" not in kept
    GuidanceResponse.model_validate(dict(kept))


def test_what_may_be_another_persons_is_neither_suggested_nor_named():
    one = answered(good.laboratory().with_identity(state=LinkState.POTENTIAL))
    (told,) = tell(asked(resource=ORDER), Decided(None, (one,)).numbered(lambda: NUMBER), voice())
    assert told.card.suggestions == ()
    assert "r-1" not in encode(CardsResponse((told.card,))).decode()


def test_a_decision_without_a_number_is_kept_by_nobody():
    recognise, keep = suggested(number=None)
    assert [one["type"] for one in recognise["actions"]] == ["delete"]
    assert [one["type"] for one in keep["actions"]] == ["update"]


@pytest.mark.parametrize("says_all", [False, True])
def test_only_a_client_of_3_0_is_told_that_the_actions_belong_together(says_all):
    for one in suggested(says_all=says_all):
        assert one.get("actionSelectionBehavior") == ("all" if says_all else None)


@pytest.mark.parametrize("before", ["text", {"reference": "Condition/1"}, None])
def test_a_draft_whose_supporting_information_is_no_list_is_not_written_anew(before):
    assert with_results({**ORDER, "supportingInfo": before}, [{"type": "Observation"}]) is None


def test_what_stands_there_already_is_not_said_twice():
    reference = {"type": "Observation", "identifier": {"system": "urn:cn:hr:result", "value": "r-1"}}
    once = with_results(ORDER, [reference])
    assert once is not None
    assert with_results(once, [reference]) is None


def test_each_decision_has_a_number_of_its_own():
    numbers = count(1)
    two = Decided(None, (answered(good.laboratory()), answered(good.imaging())))
    assert [one.number for one in two.numbered(lambda: UUID(int=next(numbers))).answered] == [UUID(int=1), UUID(int=2)]
