"""One spelling: what has none is refused."""

import pytest

from telemed.consultation.room.spelling import MOST, canonical


def test_keys_are_sorted_and_nothing_is_between():
    assert canonical({"b": [1, None, True], "a": {"ü": 0} if False else {"u": "é"}}) == (
        '{"a":{"u":"é"},"b":[1,null,true]}'.encode()
    )


def test_control_characters_are_escaped_as_javascript_does():
    assert canonical('\x01\x1f\x7f\u2028"\\/') == '"\\u0001\\u001f\x7f\u2028\\"\\\\/"'.encode()


@pytest.mark.parametrize("value", [0.5, {"a": 1.0}, [2**53], -(2**53), {"ä": 1}, {1: 1}])
def test_what_python_and_javascript_might_spell_differently_is_refused(value):
    with pytest.raises(TypeError):
        canonical(value)


def test_the_largest_number_that_javascript_counts_is_spelt():
    assert canonical([MOST, -MOST]) == b"[9007199254740991,-9007199254740991]"
