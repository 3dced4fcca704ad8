"""Which changes of priority have to be explained: every pair, so that none is forgotten."""

import itertools

import pytest

from telemed.reading.model.priority import needs_reason
from telemed.vocabulary import Priority


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Priority, Priority)))
def test_only_what_begins_or_ends_an_emergency_is_explained(before, after):
    assert needs_reason(before, after) == ((before == "stat") != (after == "stat"))
