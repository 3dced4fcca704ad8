"""What a hospital system is given of a real decision: its line, its silence, its quotation, what stands about it."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone
from itertools import count
from uuid import UUID

import msgspec
import pytest

from telemed.cds.checking import dealt
from telemed.errors import Conflict
from telemed.his import cards
from telemed.his.cards import Kept, kept, outcome, quiet, reminder, silence, withdrawal, worth_telling
from telemed.his.quoting import QUOTE_LIFE, quote
from telemed.recognition.facts import LinkState, Status
from telemed.recognition.ledger import Response
from tests.unit.cds.test_cards import SHOWN, answered, panel
from tests.unit.recognition import good

ZONE = timezone(timedelta(hours=8))
CARD = UUID(int=1)


def card(case=None, **changes):
    numbers = count(1)
    (one,) = dealt([answered(case or good.laboratory(), **changes)], lambda: UUID(int=next(numbers)))
    return one


def one(case=None, **changes) -> Kept:
    return kept(card(case, **changes), {})


def doubtful():
    case = good.laboratory()
    return case.with_facts(identities=(replace(case.facts.identities[0], state=LinkState.POTENTIAL),))


def said(outcome_="accepted", accepted=(), reason=""):
    return Response(CARD, outcome_, good.AS_OF, list(accepted), "", reason, "", good.AS_OF)


def test_a_line_speaks_of_the_result_that_the_card_speaks_of():
    line = cards.line(one())
    assert (line.value, line.reference, line.institution, line.mark) == (
        "5.1 mmol/L",
        "3.9–6.1",
        "青肯泡乡卫生院",
        "绥化HR",
    )
    assert line.verdict == "must-offer"
    assert line.card is not None


def test_of_what_may_be_another_persons_a_line_tells_nothing_and_a_visit_is_not_interrupted():
    line = cards.line(one(doubtful()))
    assert (line.value, line.institution, line.at, line.mark) == ("", "", None, "")
    assert worth_telling(one())
    assert not worth_telling(one(doubtful()))
    assert not worth_telling(one(good.laboratory().with_context(emergency=True)))


def test_what_is_kept_names_the_results_in_the_order_in_which_they_are_shown():
    kept_one = one(panel())
    assert len(kept_one.results) == len(kept_one.checked.results)
    assert kept_one.leading is kept_one.checked.results[kept_one.lead or 0]
    again = msgspec.json.decode(msgspec.json.encode(kept_one), type=Kept)
    assert again == kept_one


FREE = {"prompted": False, "reasoned": False, "answered": False}


def test_a_doctor_is_asked_about_an_order_that_may_be_spared():
    assert silence(card(), **FREE) == ""


@pytest.mark.parametrize(
    ("case", "changed", "why"),
    [
        (None, {"prompted": True}, "provincial-prompted"),
        (None, {"reasoned": True}, "reason-given"),
        (None, {"answered": True}, "answered-before"),
        (good.laboratory().with_context(emergency=True), {}, "exempt"),
        (good.laboratory().with_facts(candidates=()), {}, "no-result"),
    ],
)
def test_each_ground_alone_keeps_a_doctor_from_being_asked(case, changed, why):
    assert silence(card(case), **{**FREE, **changed}) == why


def test_a_silent_card_offers_nothing():
    shown = kept(quiet(card()), {})
    assert (shown.checked.card, shown.checked.choices, shown.checked.reasons) == (None, [], [])
    assert outcome(shown, None) is None


def test_a_visits_popup_counts_what_is_due_and_what_is_for_reference():
    past = good.laboratory()
    later = timedelta(days=past.item.window.days)
    past = replace(past, as_of=past.as_of + later, known_at=past.known_at + later)
    text = reminder([one(), one(past)])
    assert text.zh == "该患者近期 1 项结果符合互认条件，1 项可参考：葡萄糖、葡萄糖"
    assert "1 meet the conditions" in text.en
    assert "可参考" not in reminder([one()]).zh


def test_a_quotation_has_value_unit_interval_laboratory_time_and_mark_and_no_conclusion():
    found = quote(one(), good.AS_OF, ZONE, good.AS_OF)
    (line,) = found.lines
    assert line.at is not None
    time = line.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    first, closing = found.text.zh.split("\n")
    assert first == f"青肯泡乡卫生院 {time} 葡萄糖：5.1 mmol/L（参考区间 3.9–6.1，绥化HR）"
    assert closing == "以上引用检查检验数据和图像，不含诊断结论。"
    assert "5.1 mmol/L (reference interval 3.9–6.1, 绥化HR)" in found.text.en


def test_pictures_are_quoted_as_pictures():
    shown = {"r-2": replace(SHOWN, value="", reference="", mark="", images=True)}
    assert (
        quote(one(good.imaging(), shown=shown), good.AS_OF, UTC, good.AS_OF)
        .text.zh.split("\n")[0]
        .endswith("：影像检查（图像可调阅）")
    )


def test_what_was_shown_long_ago_is_not_quoted_any_more():
    assert quote(one(), good.AS_OF, ZONE, good.AS_OF + QUOTE_LIFE).lines
    with pytest.raises(Conflict, match="shown-too-long-ago"):
        quote(one(), good.AS_OF, ZONE, good.AS_OF + QUOTE_LIFE + timedelta(seconds=1))


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.ENTERED_IN_ERROR])
def test_what_was_taken_back_is_not_quoted(status):
    with pytest.raises(Conflict, match="nothing-to-quote"):
        quote(one(good.laboratory().with_candidate(status=status)), good.AS_OF, ZONE, good.AS_OF)


@pytest.mark.parametrize("case", [doubtful(), good.laboratory().with_facts(candidates=())])
def test_nothing_is_quoted_of_nobody(case):
    with pytest.raises(Conflict, match="nothing-to-quote"):
        quote(one(case), good.AS_OF, ZONE, good.AS_OF)


def test_what_stands_about_a_card_is_what_was_said_last():
    asked = one()
    choice = asked.checked.choices[0]
    assert outcome(asked, None).outcome == "none"
    accepted = outcome(asked, said(accepted=[choice.id]))
    assert (accepted.outcome, accepted.meaning, accepted.remaining) == ("accepted", "recognise-and-cancel", [])
    refused = outcome(asked, said("overridden", reason="R1"))
    assert (refused.outcome, refused.meaning, refused.reason) == ("overridden", "", "R1")
    assert outcome(asked, said("withdrawn")).outcome == "withdrawn"


def test_what_is_left_of_a_panel_is_told_with_the_answer():
    asked = one(panel())
    trim = next(each for each in asked.checked.choices if each.meaning == "recognise-and-trim")
    keep = next(each for each in asked.checked.choices if each.meaning == "recognise-and-keep")
    assert outcome(asked, said(accepted=[trim.id])).remaining == [each.key for each in asked.checked.uncovered]
    assert outcome(asked, said(accepted=[trim.id])).remaining
    assert outcome(asked, said(accepted=[keep.id])).remaining == []


@pytest.mark.parametrize("stands", ["accepted", "overridden"])
def test_what_stands_can_be_taken_back(stands):
    taken = withdrawal(CARD, said(stands), " 点错 ", good.AS_OF)
    assert (taken.outcome, taken.comment, taken.accepted) == ("withdrawn", "点错", [])


@pytest.mark.parametrize("last", [None, said("withdrawn")])
def test_what_does_not_stand_cannot(last):
    with pytest.raises(Conflict, match="nothing-to-undo"):
        withdrawal(CARD, last, "", good.AS_OF)
