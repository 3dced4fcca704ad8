"""Calls, feedback and tokens with one part replaced by nonsense: a fault in words or an answer, never a bug."""

import json
from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from telemed.cds import tokens
from telemed.cds.answers import CardsResponse, encode, present
from telemed.cds.cards import tell
from telemed.cds.faults import Fault, outcome
from telemed.cds.messages import FeedbackRequest, read_call, read_feedback
from telemed.cds.registry import Decided, Shown
from telemed.cds.request import Asked
from telemed.cds.tokens import Ground, Token
from tests.unit.cds import test_cards, test_messages, test_request, test_tokens
from tests.unit.recognition import good

NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value, way=()):
    """Every place of a JSON value but the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*way, name)
        yield from places(inner, (*way, name))


def replaced(value, way, instead):
    copy = deepcopy(value)
    place = copy
    for one in way[:-1]:
        place = place[one]
    place[way[-1]] = instead
    return json.dumps(copy).encode("utf-8", "surrogatepass")


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(list(places(test_request.CALL))), NONSENSE)
def test_a_call_with_one_part_of_nonsense_is_asked_or_refused_in_words(way, instead):
    request = read_call(replaced(test_request.CALL, way, instead))
    found = request
    if not isinstance(request, Fault):
        found = test_request.understand(
            request, client_id=test_request.HOSPITAL, organization_id=test_request.HOSPITAL, now=test_request.NOW
        )
    assert isinstance(found, (Asked, Fault))
    if isinstance(found, Fault):
        assert outcome(found).issue[0].details.text
        assert found.status in {400, 412}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(list(places({"feedback": [test_messages.ANSWER]}))), NONSENSE)
def test_feedback_with_one_part_of_nonsense_is_read_or_refused(way, instead):
    found = read_feedback(replaced({"feedback": [test_messages.ANSWER]}, way, instead))
    assert isinstance(found, (FeedbackRequest, Fault))
    if isinstance(found, FeedbackRequest):
        assert all(one.at.tzinfo is not None for one in found.feedback)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(["header", "claims"]), st.sampled_from(list(test_tokens.CLAIMS)), NONSENSE)
def test_a_token_with_one_part_of_nonsense_is_parsed_or_malformed(part, name, instead):
    base = test_tokens.HEADER if part == "header" else test_tokens.CLAIMS
    key = {"iss": "alg", "aud": "kid", "exp": "typ", "iat": "jku", "jti": "crit"}[name] if part == "header" else name
    found = tokens.parse(test_tokens.made(**{part: {**base, key: instead}}))
    assert isinstance(found, (Token, Ground))
    if isinstance(found, Token):
        test_tokens.judge(found, [test_tokens.client()], test_tokens.ENDPOINT, test_tokens.NOW)
        tokens.find_key(test_tokens.client().keys, found.header)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=60))
def test_text_that_is_no_token_is_malformed(text):
    assert isinstance(tokens.parse(text), Ground)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.text(max_size=200), min_size=7, max_size=7), st.booleans())
def test_a_card_holds_whatever_other_systems_call_their_things(texts, abnormal):
    name, *said = (one.encode("utf-8", "ignore").decode() for one in texts)
    shown = Shown(*said[:5], abnormal=abnormal, images=True)
    one = test_cards.answered(good.laboratory(), name=name, shown={"r-1": shown})
    (told,) = tell(test_cards.asked(), Decided(None, (one,)), test_cards.voice())
    assert len(told.card.summary) < 140
    rows = [line for line in told.card.detail.splitlines() if line.startswith("|")]
    assert len(rows) == 3
    assert all(line.count("|") - line.count("\\|") == 7 for line in rows)
    linked = told.linked({"r-1": "https://county.example/linked/1#secret"})
    assert len(linked.links) == 1
    assert encode(CardsResponse((linked,)))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(NONSENSE)
def test_leaving_out_what_is_empty_twice_is_leaving_it_out_once(value):
    once = present(value)
    assert present(once) == once
