"""From real decisions to cards: what is said, what is offered, and when nothing is."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from telemed.cds.answers import CardsResponse, encode
from telemed.cds.cards import Voice, tell
from telemed.cds.detail import ago, clip, plain
from telemed.cds.registry import Analyte, Answered, Decided, Shown
from telemed.cds.request import Asked, AskedOrder, Person
from telemed.recognition.decision import Verdict
from telemed.recognition.facts import LinkState, Status
from telemed.recognition.order import Context
from telemed.recognition.rules import Code
from telemed.recognition.words import FINDINGS, FOOTER
from telemed.vocabulary import Sex
from tests.unit.recognition import good

SODIUM = Code("urn:cn:item", "31")
PANEL = Code("urn:cn:item", "900")
SHOWN = Shown(
    institution="青肯泡乡卫生院",
    value="5.1 mmol/L",
    reference="3.9–6.1",
    method="己糖激酶法",
    specimen="血清",
    mark="绥化HR",
    quality="2026 年第 1 轮室间质评合格",
    abnormal=False,
)
DRAFT = {"resourceType": "ServiceRequest", "id": "o1", "status": "draft", "note": [{"text": "空腹"}]}


def voice(**changes):
    numbers = count(1)
    return Voice(
        **{
            "zone": ZoneInfo("Asia/Shanghai"),
            "new_id": lambda: UUID(int=next(numbers)),
            "home": "https://county.example",
            **changes,
        }
    )


def asked(hook="order-select", **changes):
    order = AskedOrder(
        "ServiceRequest/o1", frozenset({good.GLUCOSE}), Context("outpatient"), None, answered=False, resource=DRAFT
    )
    return Asked(
        hook=hook,
        hook_instance=UUID(int=9),
        client_id=UUID(int=8),
        organization_id=UUID(int=7),
        user="Practitioner/d17",
        patient_id="p9",
        encounter_id="e3",
        person=Person((), (), None, None, Sex.UNKNOWN),
        context=Context("outpatient"),
        orders=() if hook == "patient-view" else (replace(order, **changes),),
        as_of=good.AS_OF,
    )


def answered(case, name="葡萄糖", shown: Mapping[str, Shown] | None = None, **changes):
    facts = {
        "reference": "ServiceRequest/o1",
        "name": name,
        "order": case.order,
        "context": case.context,
        "decision": case.decide(),
        "rule_set": "2026-1",
        "inputs_hash": "00" * 32,
        "analytes": {
            "glucose": Analyte("葡萄糖", good.GLUCOSE),
            "sodium": Analyte("血钠", SODIUM),
            "knee-ct": Analyte("膝关节CT", good.KNEE),
        },
        "shown": {"r-1": SHOWN, "r-2": replace(SHOWN, value="", images=True)} if shown is None else shown,
    }
    return Answered(**{**facts, **changes})


def told(case=None, who=None, **changes):
    one = answered(case or good.laboratory(), **changes)
    return tell(who or asked(), Decided(UUID(int=5), (one,)), voice())


def card(case=None, who=None, **changes):
    (only,) = told(case, who, **changes)
    return json.loads(encode(CardsResponse((only.card,))))["cards"][0]


def panel(*, sodium_known=False, granted=True, **sodium_changes):
    """Glucose and sodium ordered as one panel; a result of glucose, and of sodium where it is known."""
    case = good.laboratory()
    sodium = replace(good.GLUCOSE_ITEM, key="sodium", name="血钠", codes=frozenset({SODIUM}), exceptions=())
    both = replace(
        good.GLUCOSE_ITEM, key="panel", name="血糖电解质", codes=frozenset({PANEL}), members=("glucose", "sodium")
    )
    items = {one.key: one for one in (case.item, sodium, both)}
    case = case.with_catalogue(items=items).with_order(codes=frozenset({PANEL}))
    if sodium_known:
        other = replace(case.candidate, **{"id": "r-3", "code": SODIUM, "mapping": None, **sodium_changes})
        second = replace(case.grant, id="g-2", item_key="sodium")
        case = case.with_facts(
            candidates=(case.candidate, other), grants=(case.grant, second) if granted else (case.grant,)
        )
    return case


def labels(said):
    return [one["label"] for one in said["suggestions"]]


def test_a_result_that_must_be_offered_is_one_card_with_all_that_a_doctor_needs():
    said = card()
    assert said["summary"] == "葡萄糖 5.1 mmol/L，4 天前青肯泡乡卫生院，符合互认条件（绥化HR）"
    assert said["indicator"] == "warning"
    assert said["source"] == {
        "label": "县域检查检验结果互认登记",
        "url": "https://county.example",
        "topic": {"code": "must-offer", "system": "urn:cn:hr:recognition-verdict", "display": "符合互认条件"},
    }
    assert labels(said) == ["互认（撤销本次申请）", "互认（保留申请）"]
    assert said["suggestions"][0]["isRecommended"] is True
    (action,) = said["suggestions"][0]["actions"]
    assert (action["type"], action["resourceId"]) == ("delete", "ServiceRequest/o1")
    (beside,) = said["suggestions"][1]["actions"]
    assert (beside["type"], beside["resource"]["id"]) == ("update", "o1")
    assert said["selectionBehavior"] == "at-most-one"
    assert "links" not in said
    assert [one["code"] for one in said["overrideReasons"]] == ["R1", "R2", "R3", "R4", "R5", "R7", "R8", "R6", "T6"]
    assert all(one["system"] == "urn:cn:hr:retest-reason" and one["display"] for one in said["overrideReasons"])


IMAGES = Shown("青肯泡乡卫生院", images=True)


def pictured(case, **changes):
    one = answered(case, **{"name": "膝关节CT", "shown": {case.candidate.id: IMAGES}, **changes})
    (told,) = tell(asked(), Decided(None, (one,)), voice())
    return told


def test_images_on_a_card_are_reached_by_the_link_that_was_made_for_them():
    told = pictured(good.imaging())
    assert [one.label for one in told.pictures] == ["调阅影像：14 天前青肯泡乡卫生院"]
    address = "https://county.example/linked/1#secret"
    (link,) = told.linked({told.pictures[0].result: address}).links
    assert (link.url, link.type) == (address, "absolute")


def test_images_for_which_no_link_could_be_made_have_none():
    assert pictured(good.imaging()).linked({}).links == ()


def test_images_that_may_be_another_persons_are_linked_by_no_card():
    case = good.imaging().with_identity(state=LinkState.POTENTIAL)
    assert pictured(case).pictures == ()


def test_a_laboratory_result_has_no_images_to_link_to():
    assert pictured(good.laboratory(), shown={"r-1": SHOWN}).pictures == ()


def test_a_visits_card_leads_to_the_images_it_speaks_of():
    one = answered(good.imaging(), name="膝关节CT", reference="", shown={good.imaging().candidate.id: IMAGES})
    (told,) = tell(asked("patient-view"), Decided(None, (one,)), voice())
    assert len(told.pictures) == 1


def test_the_detail_unfolds_every_finding_with_its_clause_and_ends_with_the_footer():
    case = good.laboratory()
    said = card(case)["detail"]
    assert said.endswith(FOOTER.zh)
    for found in good.findings(case.decide()):
        assert FINDINGS[found.code].zh in said, found.code
        assert plain(found.clause) in said, found.code
    for text in ("3.9–6.1", "己糖激酶法", "血清", "绥化HR", "室间质评合格", "2026-11-20 08:30", "市卫生健康委"):
        assert text in said


def test_images_have_reasons_of_their_own_and_no_value():
    said = card(good.imaging(), name="膝关节CT")
    assert said["summary"] == "膝关节CT，14 天前青肯泡乡卫生院，符合互认条件（绥化HR）"
    assert [one["code"] for one in said["overrideReasons"]][-4:] == ["T1", "T2", "T3", "T6"]


def test_a_result_past_its_window_is_a_soft_card_that_recommends_nothing_and_demands_no_reason():
    case = replace(good.laboratory(), as_of=good.AS_OF + timedelta(days=10), known_at=good.AS_OF + timedelta(days=10))
    assert case.decide().verdict is Verdict.MAY_OFFER
    said = card(case)
    assert said["indicator"] == "info"
    assert "可参考（鼓励互认）" in said["summary"]
    assert "超参考时限" in said["detail"]
    assert not any(one.get("isRecommended") for one in said["suggestions"])
    assert "overrideReasons" not in said


def test_an_abnormal_prior_result_makes_a_softer_card():
    soft = card(shown={"r-1": replace(SHOWN, abnormal=True)})
    assert soft["indicator"] == "info"
    assert soft["summary"].endswith("既往结果异常，可能需要复查")
    assert not any(one.get("isRecommended") for one in soft["suggestions"])
    assert "5.1 mmol/L（异常）" in soft["detail"]
    assert labels(soft) == labels(card())


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        (good.laboratory().with_context(emergency=True), Verdict.EXEMPT),
        (good.laboratory().with_context(encounter_class="emergency"), Verdict.EXEMPT),
        (good.laboratory().with_context(pre_operative=True), Verdict.EXEMPT),
        (good.laboratory().with_candidate(status=Status.CANCELLED), Verdict.NOT_ELIGIBLE),
        (good.laboratory().with_facts(candidates=()), None),
        (good.laboratory().with_order(codes=frozenset({good.OTHER})), None),
    ],
)
def test_there_is_no_card_where_nothing_may_be_said(case, verdict):
    assert case.decide().verdict is verdict
    assert told(case) == ()


def test_there_is_no_card_where_nothing_can_change():
    assert len(told()) == 1
    assert told(who=asked(answered=True)) == ()
    assert told(reference="ServiceRequest/o2") == ()
    assert tell(asked(), Decided(None, ()), voice()) == ()


def test_there_is_no_card_where_the_province_has_asked_already():
    assert told(who=replace(asked(), prompted_elsewhere=True)) == ()


def test_a_doubtful_identity_shows_nobody_elses_value_institution_or_link():
    case = good.laboratory().with_identity(state=good.LinkState.POTENTIAL)
    assert case.decide().verdict is Verdict.INDETERMINATE
    said = card(case)
    assert said["indicator"] == "info"
    assert "需人工核对" in said["summary"]
    assert "不影响开单" in said["summary"]
    for secret in ("5.1", "青肯泡", "己糖激酶", "county.example/v"):
        assert secret not in json.dumps(said, ensure_ascii=False)
    assert "suggestions" not in said
    assert "overrideReasons" not in said


def test_a_panel_is_trimmed_to_what_is_left_of_it():
    said = card(panel(), name="血糖电解质")
    assert said["summary"] == "血糖电解质 2 项中 1 项符合互认条件，可只查其余 1 项，最近 4 天前青肯泡乡卫生院"
    assert labels(said) == ["互认 1 项，只查其余 1 项", "互认（保留申请）"]
    (action,) = said["suggestions"][0]["actions"]
    assert action["type"] == "update"
    assert "血钠" in action["description"]
    coding = {"system": "urn:cn:item", "code": "31", "display": "血钠"}
    prior = action["resource"].pop("supportingInfo")
    assert [one["display"] for one in prior] == ["葡萄糖，4 天前青肯泡乡卫生院"]
    assert action["resource"] == {**DRAFT, "orderDetail": [{"coding": [coding], "text": "血钠"}]}
    assert "血钠：没有既往结果" in said["detail"]


def test_a_panel_of_which_nothing_is_left_is_given_up_whole():
    case = panel(sodium_known=True)
    assert case.decide().trimmed == ()
    said = card(case, name="血糖电解质")
    assert "全部 2 项符合互认条件" in said["summary"]
    assert said["suggestions"][0]["actions"][0]["type"] == "delete"


def test_a_panel_whose_rest_cannot_be_ordered_alone_is_neither_trimmed_nor_given_up():
    said = card(panel(), analytes={"glucose": Analyte("葡萄糖"), "sodium": Analyte("血钠")})
    assert labels(said) == ["互认（保留申请）"]
    assert labels(card(panel(), analytes={})) == ["互认（保留申请）"]


LATER = good.AS_OF - timedelta(days=1, hours=1)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (panel(sodium_known=True, collected_at=LATER, reported_at=good.AS_OF), "最近 1 天前"),
        (panel(sodium_known=True, collected_at=good.AS_OF - timedelta(days=5)), "最近 4 天前"),
        (panel(sodium_known=True, collected_at=None), "最近 4 天前"),
        # newer, but only to be referred to: the card speaks of what must be offered
        (panel(sodium_known=True, granted=False, collected_at=LATER, reported_at=good.AS_OF), "最近 4 天前"),
    ],
)
def test_a_panel_speaks_of_its_newest_result_that_carries_the_verdict(case, said):
    assert case.decide().verdict is Verdict.MUST_OFFER
    assert said in card(case, shown={"r-1": SHOWN, "r-3": SHOWN})["summary"]


def test_a_panel_without_any_certain_time_says_so():
    case = panel(sodium_known=True, collected_at=None).with_facts(candidates=())
    undated = replace(good.laboratory().candidate, collected_at=None)
    case = case.with_facts(candidates=(undated,))
    assert case.decide().verdict is Verdict.MAY_OFFER
    assert "时间不详" in card(case)["summary"]


def test_an_abnormal_result_that_is_not_on_offer_softens_nothing():
    case = panel(sodium_known=True, status=Status.CANCELLED)
    shown = {"r-1": SHOWN, "r-3": replace(SHOWN, abnormal=True)}
    assert card(case, shown=shown)["indicator"] == "warning"
    offered = panel(sodium_known=True)
    assert card(offered, shown=shown)["indicator"] == "info"


def test_a_panel_that_may_be_relied_on_in_part_is_not_given_up():
    late = good.AS_OF + timedelta(days=10)
    case = replace(panel(), as_of=late, known_at=late)
    assert case.decide().verdict is Verdict.MAY_OFFER
    assert labels(card(case)) == ["互认（保留申请）"]
    whole = replace(panel(sodium_known=True), as_of=late, known_at=late)
    assert labels(card(whole)) == ["互认（撤销本次申请）", "互认（保留申请）"]


def test_each_order_has_at_most_one_card_and_the_order_of_the_drafts():
    first, second = asked().orders[0], replace(asked().orders[0], reference="ServiceRequest/o2")
    answers = [answered(good.laboratory(), reference=one) for one in ("ServiceRequest/o2", "ServiceRequest/o1")]
    who = replace(asked(), orders=(first, second))
    assert [one.about[0].reference for one in tell(who, Decided(None, tuple(answers)), voice())] == [
        "ServiceRequest/o1",
        "ServiceRequest/o2",
    ]


def test_what_a_suggestion_means_is_kept_by_its_uuid():
    (only,) = told()
    assert [only.meanings[one.uuid] for one in only.card.suggestions] == ["recognise-and-cancel", "recognise-and-keep"]
    (trimmed,) = told(panel())
    assert next(iter(trimmed.meanings.values())) == "recognise-and-trim"


def test_a_visit_is_one_card_of_all_that_may_be_relied_on_and_changes_nothing():
    late = good.AS_OF + timedelta(days=10)
    answers = (
        answered(good.laboratory(), reference=""),
        answered(good.imaging(), "膝关节CT", reference=""),
        answered(replace(good.laboratory(), as_of=late, known_at=late), "血糖(旧)", reference=""),
        answered(good.laboratory().with_facts(candidates=()), "血钠", reference=""),
    )
    (only,) = tell(asked("patient-view"), Decided(None, answers), voice())
    assert only.card.summary == "该患者近期 2 项结果符合互认条件，1 项可参考：葡萄糖、膝关节CT、血糖(旧)"
    assert only.card.indicator == "info"
    assert only.card.suggestions == ()
    assert len(only.about) == 3
    assert only.card.detail.endswith(FOOTER.zh)


def test_a_visit_says_nothing_of_what_there_is_none_of_and_names_its_verdict():
    late = good.AS_OF + timedelta(days=10)
    must = answered(good.laboratory(), reference="")
    may = answered(replace(good.laboratory(), as_of=late, known_at=late), reference="")
    for answer, said, topic in (
        (must, "1 项结果符合互认条件", "must-offer"),
        (may, "1 项可参考", "may-offer"),
    ):
        (only,) = tell(asked("patient-view"), Decided(None, (answer,)), voice())
        assert only.card.summary == f"该患者近期 {said}：葡萄糖"
        assert only.card.source.topic.code == topic


@pytest.mark.parametrize("context", [Context("emergency"), Context("outpatient", emergency=True)])
def test_an_emergency_visit_is_not_interrupted(context):
    answers = Decided(None, (answered(good.laboratory(), reference=""),))
    assert tell(asked("patient-view"), answers, voice()) != ()
    assert tell(replace(asked("patient-view"), context=context), answers, voice()) == ()


@pytest.mark.parametrize("name", ["葡", "葡萄糖" * 60, "葡萄糖\n| **x** |"])
@pytest.mark.parametrize("value", ["", "5.1 mmol/L", "见报告" * 60])
@pytest.mark.parametrize("abnormal", [True, False])
def test_a_summary_is_one_line_below_140_characters_whatever_comes(name, value, abnormal):
    case, long = good.laboratory(), "医院" * 50
    said = card(case, name=name, shown={"r-1": replace(SHOWN, value=value, institution=long, abnormal=abnormal)})
    assert 0 < len(said["summary"]) < 140
    assert "\n" not in said["summary"]


def test_text_of_other_systems_is_text_in_the_detail():
    nasty = replace(SHOWN, value="<script>|[x](http://evil)", institution="*a*\n# b")
    said = card(shown={"r-1": nasty})["detail"]
    assert "<script>" not in said
    assert re.search(r"(?<!\\)\[x\]", said) is None
    assert "\n# b" not in said
    assert plain("*a*\n# b") in said


def test_local_reasons_are_offered_where_the_county_has_switched_them_on():
    (only,) = tell(asked(), Decided(None, (answered(good.laboratory()),)), voice(local_reasons=("L4",)))
    assert [one.code for one in only.card.override_reasons][-1] == "L4"


NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(minutes=59), "1 小时内"),
        (timedelta(hours=1), "1 小时前"),
        (timedelta(hours=23, minutes=59), "23 小时前"),
        (timedelta(days=1), "1 天前"),
        (timedelta(days=30), "30 天前"),
        (timedelta(minutes=-1), "时间待核对，"),
    ],
)
def test_how_long_ago_is_counted_in_whole_hours_and_days(before, said):
    assert ago(NOON - before, NOON) == said


def test_an_unknown_time_is_said_to_be_unknown():
    assert ago(None, NOON) == "时间不详，"


def test_clipping_keeps_what_fits():
    assert clip("一二三", 3) == "一二三"
    assert clip("一二三四", 3) == "一二…"
