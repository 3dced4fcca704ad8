from datetime import UTC, datetime
from uuid import uuid4

import pytest

from telemed.imaging.corrections import (
    Confirmed,
    Kind,
    Proposal,
    Proposed,
    Refusal,
    Rejected,
    Withdrawn,
    confirm,
    reject,
    withdraw,
)

AT = datetime(2026, 11, 23, tzinfo=UTC)
PROPOSER, ANOTHER = uuid4(), uuid4()


@pytest.fixture(params=list(Kind))
def proposed(request) -> Proposed:
    return Proposed(Proposal(uuid4(), uuid4(), uuid4(), request.param, PROPOSER, AT))


def test_another_person_confirms_or_rejects(proposed):
    assert confirm(proposed, ANOTHER, AT) == Confirmed(proposed.proposal, ANOTHER, AT)
    assert reject(proposed, ANOTHER, AT) == Rejected(proposed.proposal, ANOTHER, AT)


def test_the_proposer_does_neither(proposed):
    assert confirm(proposed, PROPOSER, AT) is Refusal.FOUR_EYES
    assert reject(proposed, PROPOSER, AT) is Refusal.FOUR_EYES


def test_the_proposer_withdraws_and_nobody_else(proposed):
    assert withdraw(proposed, PROPOSER, AT) == Withdrawn(proposed.proposal, PROPOSER, AT)
    assert withdraw(proposed, ANOTHER, AT) is Refusal.NOT_THE_PROPOSER
