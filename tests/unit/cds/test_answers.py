"""The invariants of CDS Hooks on what is answered: a good card, and the one change that makes it impossible."""

import json
from uuid import UUID

import msgspec
import pytest

from telemed.cds.answers import (
    Action,
    Card,
    CardsResponse,
    Coding,
    Link,
    Service,
    ServicesResponse,
    Source,
    Suggestion,
    encode,
    present,
)

ONE, TWO = UUID(int=1), UUID(int=2)
DELETE = Action("delete", "撤销草稿申请", resource_id="ServiceRequest/o1")
KEEP = Suggestion("互认（保留申请）", ONE)
CARD = Card(
    uuid=ONE,
    summary="血钾 4.1 mmol/L，3 天前县医院，符合互认条件",
    indicator="warning",
    source=Source("县域互认登记"),
    suggestions=(Suggestion("互认（撤销本次申请）", TWO, (DELETE,), is_recommended=True), KEEP),
    selection_behavior="at-most-one",
    override_reasons=(Coding("R1", "urn:cn:hr:retest-reason", "病情变化"),),
    links=(Link("调阅影像", "https://county.example/v/1", "absolute"),),
)

BOTH = tuple(Suggestion("互认", one, (), is_recommended=True) for one in (ONE, TWO))


def changed(**changes):
    return msgspec.structs.replace(CARD, **changes)


def test_a_summary_has_fewer_than_140_characters_whatever_their_bytes():
    assert len(changed(summary="钾" * 139).summary.encode()) > 139
    with pytest.raises(ValueError, match="140"):
        changed(summary="钾" * 140)
    with pytest.raises(ValueError, match="summary"):
        changed(summary=" ")


@pytest.mark.parametrize(
    ("invariant", "make"),
    [
        ("cds-resp-1", lambda: changed(suggestions=BOTH)),
        ("cds-resp-2", lambda: Action("delete", "撤销")),
        ("cds-resp-2", lambda: Action("delete", "撤销", {"resourceType": "ServiceRequest"}, "ServiceRequest/o1")),
        ("cds-resp-2", lambda: Action("update", "改")),
        ("cds-resp-2", lambda: Action("create", "加", {"resourceType": "Task"}, "Task/1")),
        ("cds-resp-3", lambda: Link("打开", "https://county.example/v/1", "absolute", "context")),
        ("cds-resp-4", lambda: changed(override_reasons=(Coding("R1", "urn:cn:hr:retest-reason"),))),
        ("cds-resp-5", lambda: Action("delete", " ", resource_id="ServiceRequest/o1")),
        ("cds-resp-6", lambda: changed(selection_behavior=None)),
        ("source.label", lambda: Source("")),
        ("suggestion.label", lambda: Suggestion("", ONE)),
        ("link.label", lambda: Link("", "https://county.example/v/1", "absolute")),
        ("link.url", lambda: Link("打开", "/v/1", "absolute")),
        ("source.url", lambda: Source("县域互认登记", "county.example")),
    ],
)
def test_a_card_that_breaks_one_invariant_cannot_be_made(invariant, make):
    with pytest.raises(ValueError, match=invariant):
        make()


def test_what_is_one_ground_away_from_breaking_an_invariant_can_be_made():
    assert changed(suggestions=BOTH, selection_behavior="any")
    assert Link("打开", "https://county.example/launch", "smart", "context")
    assert changed(suggestions=(), selection_behavior=None)
    assert Action("update", "改", {"resourceType": "ServiceRequest"})


def empties(value, path=""):
    """Paths of null, "", [] and {} in an answer."""
    if value is None or (isinstance(value, (str, list, dict)) and not value):
        yield path
    for name, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from empties(one, f"{path}.{name}")


def test_nothing_empty_is_written():
    bare = Card(uuid=ONE, summary="血钾", indicator="info", source=Source("县域互认登记"))
    for card in (CARD, bare):
        assert list(empties(json.loads(encode(CardsResponse((card,)))))) == []
    assert set(json.loads(encode(CardsResponse((bare,))))["cards"][0]) == {"uuid", "summary", "indicator", "source"}


def test_nothing_to_say_is_an_empty_list_of_cards():
    assert encode(CardsResponse(())) == b'{"cards":[]}'
    assert encode(ServicesResponse(())) == b'{"services":[]}'


def test_a_resource_that_goes_back_whole_loses_only_what_is_empty():
    resource = {"id": "o1", "note": [], "code": {"text": "", "coding": [{"code": "K"}]}, "extension": [{"a": None}]}
    assert present(resource) == {"id": "o1", "code": {"coding": [{"code": "K"}]}}
    assert present({"given": ["桂", None], "_given": [None, {"id": "x"}]}) == {
        "given": ["桂", None],
        "_given": [None, {"id": "x"}],
    }
    assert present({"doNotPerform": False, "quantity": 0}) == {"doNotPerform": False, "quantity": 0}


def test_names_are_those_of_the_standard():
    (said,) = json.loads(encode(CardsResponse((CARD,))))["cards"]
    assert set(said) == {
        "uuid",
        "summary",
        "indicator",
        "source",
        "suggestions",
        "selectionBehavior",
        "overrideReasons",
        "links",
    }
    assert said["suggestions"][0] == {
        "label": "互认（撤销本次申请）",
        "uuid": str(TWO),
        "isRecommended": True,
        "actions": [{"type": "delete", "description": "撤销草稿申请", "resourceId": "ServiceRequest/o1"}],
    }
    service = Service("patient-view", "x", "t", "d", {"patient": "Patient/{{context.patientId}}"}, "2.0.1", "1.0")
    (listed,) = json.loads(encode(ServicesResponse((service,))))["services"]
    assert set(listed) == {"hook", "id", "title", "description", "prefetch", "version", "hookVersion"}
