"""What the page shows of real decisions, in the reader's language; nothing of what may be another person's."""

from dataclasses import replace
from datetime import date, timedelta, timezone
from itertools import count
from uuid import UUID

import msgspec
import pytest

from telemed.cds.check_messages import WindowLeft
from telemed.cds.checking import dealt
from telemed.his.asking import Strip
from telemed.his.cards import kept
from telemed.his.view import LOOKS, Reader, card_view, due, result_view, strip_view
from telemed.recognition.decision import Verdict
from telemed.recognition.facts import LinkState
from telemed.recognition.ledger import Response
from tests.unit.cds.test_cards import SHOWN, answered, panel
from tests.unit.recognition import good

ZONE = timezone(timedelta(hours=8))
ZH = Reader("zh-CN", ZONE, good.AS_OF, pictures=False)
EN = Reader("en", ZONE, good.AS_OF, pictures=False)


def one(case=None, start=1, **changes):
    numbers = count(start)
    (card,) = dealt([answered(case or good.laboratory(), **changes)], lambda: UUID(int=next(numbers)))
    return kept(card, {})


def view(case=None, reader=ZH, last=None, **changes):
    return card_view(one(case, **changes), good.AS_OF, last, reader)


def said(outcome, accepted=(), reason=""):
    return Response(UUID(int=2), outcome, good.AS_OF, list(accepted), "", reason, "", good.AS_OF)


def test_a_card_says_what_where_when_and_whether_it_counts():
    shown = view()
    assert (shown.name, shown.verdict, shown.note) == ("葡萄糖", "符合互认条件", "由接诊医师判断是否互认")
    assert (shown.tone, shown.shape) == ("green", "disc-tick")
    assert shown.lead is not None
    assert (shown.lead.value, shown.lead.institution, shown.lead.ago) == ("5.1 mmol/L", "青肯泡乡卫生院", "4 天前")
    assert shown.lead.reference == "3.9–6.1"
    assert shown.lead.window.startswith("还有 ")
    assert [words for _, words in shown.choices] == ["互认（撤销本次申请）", "互认（保留申请）"]
    assert [heading for heading, _ in shown.groups] == ["临床原因", "影像问题"]
    assert "5.1 mmol/L" in shown.quote


def test_every_verdict_has_a_colour_and_a_shape_of_its_own():
    assert set(LOOKS) == set(Verdict)
    assert len(set(LOOKS.values())) == len(Verdict)


def test_the_other_language_is_whole():
    shown = view(reader=EN)
    assert shown.verdict == "Meets the conditions of recognition"
    assert [words for _, words in shown.choices] == ["Recognise (withdraw this order)", "Recognise (keep the order)"]
    assert all(step.outcome_word == "Met" for step in shown.steps)


def test_of_what_may_be_another_persons_nothing_is_shown():
    case = good.laboratory()
    identity = replace(case.facts.identities[0], state=LinkState.POTENTIAL)
    shown = view(case.with_facts(identities=(identity,)))
    assert shown.lead is not None
    assert (shown.lead.value, shown.lead.institution) == ("身份确认后显示", "身份确认后显示")
    assert (shown.lead.mark, shown.lead.reference, shown.lead.window, shown.quote) == ("", "", "", "")
    assert shown.choices == []
    assert "5.1" not in repr(shown)


def test_an_abnormal_result_is_offered_softly_and_not_together_with_others():
    soft = {"r-1": replace(SHOWN, abnormal=True)}
    assert view(shown=soft).soft
    assert not view(shown=soft).single
    assert view().single
    assert due([one(shown=soft)], {}) == []


def test_what_is_past_its_window_is_said_with_the_ground():
    case = good.laboratory()
    later = timedelta(days=case.item.window.days)
    shown = view(replace(case, as_of=case.as_of + later, known_at=case.known_at + later))
    assert shown.verdict == "可参考（鼓励互认）"
    assert shown.note.startswith("原因：")
    assert "超参考时限" in shown.note


def test_an_emergency_is_said_to_be_one_and_offers_nothing():
    shown = view(good.laboratory().with_context(emergency=True))
    assert (shown.verdict, shown.note, shown.choices) == ("属可复查情形", "未提示：急诊", [])


def test_an_order_without_any_result_says_so():
    shown = view(good.laboratory().with_facts(candidates=()))
    assert (shown.verdict, shown.note, shown.lead) == ("", "没有既往结果", None)


def test_of_a_panel_the_rest_is_named():
    shown = view(panel())
    assert shown.rest == "血钠"
    assert shown.choices[0][1] == "互认（只查其余项目）"
    assert not shown.single


@pytest.mark.parametrize(
    ("outcome", "reason", "words"),
    [
        ("overridden", "R1", "已记录：不互认。原因：病情变化，与临床表现或诊断不符"),
        ("overridden", "T1", "已记录：不互认。原因：未取得影像"),
        ("overridden", "X9", "已记录：不互认。原因：X9"),
        ("withdrawn", "", "已撤销。可重新选择。"),
    ],
)
def test_what_was_answered_is_said(outcome, reason, words):
    shown = view(last=said(outcome, reason=reason))
    assert (shown.state, shown.done) == (outcome, words)


def test_what_was_recognised_is_said_and_no_longer_due():
    card = one()
    last = said("accepted", [card.checked.choices[0].id])
    assert card_view(card, good.AS_OF, last, ZH).done == "已记录：互认，撤销本次申请。"
    number, choice = card.checked.card, card.checked.choices[0].id
    assert due([card], {}) == [(number, choice)]
    assert due([card], {number: last}) == []
    assert due([card], {number: said("overridden")}) == []
    assert due([card], {number: said("withdrawn")}) == [(number, choice)]


def test_pictures_are_offered_where_something_opens_them_and_they_are_pictures():
    shown = {"r-2": replace(SHOWN, images=True)}
    opens = replace(ZH, pictures=True)
    assert view(good.imaging(), opens, shown=shown).images
    assert not view(good.imaging(), ZH, shown=shown).images
    assert not view(reader=opens).images


@pytest.mark.parametrize(("left", "words"), [(1, "还有 1 天"), (0, "最后一天"), (-1, "超 1 天")])
def test_the_window_is_counted_in_days(left, words):
    lead = one().leading
    assert lead is not None
    changed = msgspec.structs.replace(lead, window=WindowLeft(14, left))
    assert result_view(changed, good.AS_OF, ZH).window == words


def test_the_head_names_sex_age_and_the_masked_number():
    strip = Strip("王桂兰", "F", date(good.AS_OF.year - 60, 1, 1), "****0029")
    assert strip_view(strip, ZH) == "女 · 60 岁 · ****0029"
    assert strip_view(Strip("王桂兰", "U", None, ""), EN) == ""
