"""What the page 开单核对 shows of real decisions, what of it counts as shown, and which answers are kept."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest

from telemed.cds.check_messages import CheckBody, OrderedCode, ResponseBody
from telemed.cds.checking import Pictures, dealt, enquiry, must_stand, page_rows, response, shown, window_left
from telemed.errors import Conflict, Invalid
from telemed.recognition.facts import LinkState
from telemed.recognition.ledger import PageCard
from telemed.recognition.reasons import SYSTEM
from telemed.vocabulary import EncounterClass
from tests.unit.cds.test_cards import SHOWN, answered, panel
from tests.unit.recognition import good

CHOICE = UUID(int=77)
CARD = PageCard(UUID(int=1), "doctor", {str(CHOICE): "recognise-and-keep"})


def card(case=None, **changes):
    numbers = count(1)
    (one,) = dealt([answered(case or good.laboratory(), **changes)], lambda: UUID(int=next(numbers)))
    return one


def order(case=None, pictures=None, **changes):
    return shown(card(case, **changes), pictures or {})


def meanings(case=None):
    return [one.meaning for one in order(case).choices]


def test_a_result_is_told_with_its_value_its_window_and_the_line_it_rests_on():
    (result,) = order().results
    assert (result.value, result.reference, result.institution, result.mark) == (
        "5.1 mmol/L",
        "3.9–6.1",
        "青肯泡乡卫生院",
        "绥化HR",
    )
    assert result.window is not None
    assert result.window.left == result.window.days - 4
    assert result.ground.clause
    assert (result.images, result.study) == (False, None)


def test_pictures_have_a_link_only_where_they_may_be_opened():
    here = Pictures("石泉镇卫生院", "1.2.3")
    assert order(good.imaging(), {"r-2": here}).results[0].study == "1.2.3"
    assert order(good.imaging(), {"r-1": here}).results[0].study is None
    assert order(good.imaging(), {"r-2": replace(here, study=None)}).results[0].study is None


def test_an_institution_the_registry_knows_nothing_of_is_named_by_whose_pictures_they_are():
    pictures = {"r-2": Pictures("石泉镇卫生院", None)}
    assert order(good.imaging(), pictures).results[0].institution == "青肯泡乡卫生院"
    nameless = {"r-2": replace(SHOWN, institution="", images=True)}
    assert order(good.imaging(), pictures, shown=nameless).results[0].institution == "石泉镇卫生院"


def test_the_window_counts_down_to_its_last_day_and_past_it():
    case = good.laboratory()
    days = case.item.window.days
    for later in (days - 5, days - 4, days - 3):
        at = good.AS_OF + timedelta(days=later)
        found = order(replace(case, as_of=at, known_at=at)).results[0].window
        assert found is not None
        assert found.left == days - 4 - later


def test_nothing_is_left_of_a_window_where_the_time_is_not_known():
    assert window_left([]) is None


def test_of_what_may_be_another_persons_only_that_is_shown():
    case = good.laboratory()
    identity = replace(case.facts.identities[0], state=LinkState.POTENTIAL)
    doubtful = order(case.with_facts(identities=(identity,)))
    (result,) = doubtful.results
    assert result.identified is False
    assert (result.value, result.institution, result.at, result.window, result.mark) == ("", "", None, None, "")
    assert {one.gate for one in result.findings} == {"identity"}
    assert doubtful.choices == []


def test_a_whole_order_is_given_up_only_where_every_part_has_a_result():
    assert meanings() == ["recognise-and-cancel", "recognise-and-keep"]
    assert meanings(panel()) == ["recognise-and-trim", "recognise-and-keep"]
    assert meanings(panel(sodium_known=True)) == ["recognise-and-cancel", "recognise-and-keep"]


def test_what_is_covered_and_what_is_left_to_order_are_told_by_name():
    partly = order(panel())
    assert [one.name for one in partly.covered] == ["葡萄糖"]
    assert [one.name for one in partly.uncovered] == ["血钠"]


def test_what_nobody_can_answer_is_decided_and_not_counted_as_shown():
    exempt = card(good.laboratory().with_context(emergency=True))
    decisions, exposures = page_rows(
        [exempt, card()], organization_id=uuid4(), patient_id=uuid4(), shown_to=str(UUID(int=5)), now=good.AS_OF
    )
    assert [one.verdict for one in decisions] == ["exempt", "must-offer"]
    (exposure,) = exposures
    assert (exposure.surface, exposure.client_id, exposure.shown_to) == ("page", None, str(UUID(int=5)))
    assert exposure.decisions == (decisions[1].id,)
    assert sorted(exposure.suggestions.values()) == ["recognise-and-cancel", "recognise-and-keep"]
    assert shown(exempt, {}).card is None


def test_a_card_that_a_hospital_system_shows_is_kept_as_its_own():
    decisions, (exposure,) = page_rows(
        [card()],
        organization_id=uuid4(),
        patient_id=uuid4(),
        shown_to="D17",
        now=good.AS_OF,
        client_id=UUID(int=9),
        surface="rest",
    )
    assert (exposure.surface, exposure.client_id, exposure.shown_to) == ("rest", UUID(int=9), "D17")
    assert [one.client_id for one in decisions] == [UUID(int=9)]


def test_an_abnormal_result_is_offered_softly():
    assert order(shown={"r-1": replace(SHOWN, abnormal=True)}).soft is True
    assert order().soft is False


def test_the_boxes_of_the_page_are_the_circumstances_of_every_order():
    body = CheckBody(
        UUID(int=1),
        [OrderedCode("s", "a"), OrderedCode("s", "b"), OrderedCode("s", "a")],
        EncounterClass.INPATIENT,
        ["pre-operative", "forensic"],
    )
    asked = enquiry(body, UUID(int=2), good.AS_OF)
    assert [sorted(one.code for one in each.codes) for each in asked.orders] == [["a"], ["b"]]
    for context in (asked.context, *(one.context for one in asked.orders)):
        assert (context.encounter_class, context.pre_operative, context.forensic) == ("inpatient", True, True)
        assert (context.emergency, context.rescue, context.pre_transfusion) == (False, False, False)


def test_a_side_and_a_contrast_are_asked_and_the_same_item_twice_with_two_sides():
    knee = OrderedCode("s", "knee")
    left, right = (OrderedCode("s", "knee", side, "plain") for side in ("L", "R"))
    asked = enquiry(CheckBody(UUID(int=1), [left, right, left, knee]), UUID(int=2), good.AS_OF)
    assert [(one.laterality, one.contrast) for one in asked.orders] == [("L", "plain"), ("R", "plain"), (None, None)]
    assert len({one.reference for one in asked.orders}) == 3


def test_the_page_is_told_which_side_it_asked_for():
    case = good.imaging().with_order(laterality="L", contrast="plain")
    assert (order(case).code.laterality, order(case).code.contrast) == ("L", "plain")


def test_an_acceptance_names_what_was_chosen_and_a_refusal_its_reason():
    yes = response(CARD, ResponseBody("accepted", CHOICE), good.AS_OF)
    assert (yes.accepted, yes.reason_code, yes.reason_system) == ([CHOICE], "", "")
    no = response(CARD, ResponseBody("overridden", reason="R7", comment=" 每周复查 "), good.AS_OF)
    assert (no.accepted, no.reason_code, no.reason_system, no.comment) == ([], "R7", SYSTEM, "每周复查")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (ResponseBody("accepted"), "no-such-choice"),
        (ResponseBody("accepted", UUID(int=78)), "no-such-choice"),
        (ResponseBody("accepted", CHOICE, reason="R1"), "no-such-choice"),
        (ResponseBody("overridden"), "no-such-reason"),
        (ResponseBody("overridden", reason="X1"), "no-such-reason"),
        (ResponseBody("overridden", CHOICE, reason="R1"), "no-such-reason"),
        (ResponseBody("withdrawn", CHOICE), "withdrawal-says-more"),
        (ResponseBody("withdrawn", reason="R1"), "withdrawal-says-more"),
    ],
)
def test_an_answer_the_card_does_not_offer_is_none(body: ResponseBody, code: str):
    with pytest.raises(Invalid, match=code):
        response(CARD, body, good.AS_OF)


def test_a_reason_of_the_county_counts_once_the_county_has_switched_it_on():
    body = ResponseBody("overridden", reason="L3")
    with pytest.raises(Invalid, match="no-such-reason"):
        response(CARD, body, good.AS_OF)
    assert response(CARD, body, good.AS_OF, ["L3"]).reason_code == "L3"


def test_a_withdrawal_says_that_it_is_one_and_why_in_words_only():
    undone = response(CARD, ResponseBody("withdrawn", comment=" 图像不清 "), good.AS_OF)
    assert (undone.outcome, undone.accepted, undone.reason_code, undone.comment) == ("withdrawn", [], "", "图像不清")


def test_only_what_was_said_can_be_withdrawn():
    said = response(CARD, ResponseBody("accepted", CHOICE), good.AS_OF)
    must_stand(ResponseBody("withdrawn"), said)
    must_stand(ResponseBody("accepted", CHOICE), None)
    with pytest.raises(Conflict, match="nothing-to-withdraw"):
        must_stand(ResponseBody("withdrawn"), None)


def test_a_card_without_choices_takes_no_answer():
    with pytest.raises(Invalid, match="no-such-reason"):
        response(PageCard(CARD.card, CARD.shown_to, {}), ResponseBody("overridden", reason="R1"), good.AS_OF)
