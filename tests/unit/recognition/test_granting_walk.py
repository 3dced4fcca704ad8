"""Every state and every fact of tests/spec/grant_states.md: what is listed happens, all else leaves the state."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from telemed.recognition.grant_states import known, standing, state_at
from telemed.recognition.granting import derive
from telemed.recognition.quality import QualityEvaluation
from tests.unit.recognition.quality_facts import (
    PARAMETERS,
    absent,
    change,
    day,
    failed,
    passed,
    reinstate,
    revocation,
    verification,
    withdraw,
)

SPEC = Path(__file__).parents[2] / "spec" / "grant_states.md"
ROW = re.compile(r"^\| ([a-z-]+) \| ([a-z-]+) \| ([a-z]+) \|$", re.MULTILINE)
LISTED = {(state, fact): to for state, fact, to in ROW.findall(SPEC.read_text("utf-8")) if state != "from"}

#: What was recorded before.
HISTORIES = {
    "none": list,
    "active": lambda: [passed(0)],
    "expired": lambda: [passed(-250)],
    "absent": lambda: [passed(0), absent(40)],
    "failed": lambda: [passed(0), failed(40, round_="r2")],
    "changed": lambda: [passed(0), change(60)],
    "revoked": lambda: revoked(passed(0)),
    "withdrawn-failed": lambda: [passed(0), failed(40, round_="r1"), failed(60, round_="r2")],
    "withdrawn-issuer": lambda: [passed(0), withdraw(60)],
}
STANDS = {
    "none": None,
    "active": "active",
    "expired": "expired",
    "absent": "suspended",
    "failed": "suspended",
    "changed": "suspended",
    "revoked": "suspended",
    "withdrawn-failed": "withdrawn",
    "withdrawn-issuer": "withdrawn",
}
NOW = 100
FACTS = {
    "pass": lambda: passed(NOW),
    "early-pass": lambda: passed(NOW, period_begins=day(10)),
    "fail": lambda: failed(NOW),
    "fail-again": lambda: failed(NOW, round_="r2"),
    "absent": lambda: absent(NOW),
    "change": lambda: change(NOW),
    "verification": lambda: verification(NOW),
    "withdraw": lambda: withdraw(NOW),
    "reinstate": lambda: reinstate(NOW),
}


def said(fact, before):
    if fact != "revoke":
        return FACTS[fact]()
    return revocation([one for one in before if isinstance(one, QualityEvaluation)][-1], NOW)


def revoked(evaluation):
    return [evaluation, revocation(evaluation, 60)]


def state(facts) -> str | None:
    grants = standing(known(derive(facts, PARAMETERS), day(NOW)), day(NOW))
    assert len(grants) <= 1
    return str(state_at(grants[0], day(NOW), 30)) if grants else None


def combinations():
    for name, fact in product(HISTORIES, [*FACTS, "revoke"]):
        if fact == "fail-again" and name not in ("failed", "withdrawn-failed"):
            continue  # no round was failed before
        if fact == "revoke" and name == "none":
            continue  # there is nothing to take back
        yield name, fact


@pytest.mark.parametrize(("name", "fact"), list(combinations()))
def test_a_fact_changes_the_state_as_listed_and_otherwise_not_at_all(name, fact):
    before = HISTORIES[name]()
    assert state(before) == STANDS[name]
    after = state([*before, said(fact, before)])
    assert after == LISTED.get((name, fact), STANDS[name])


def test_the_table_lists_nothing_that_is_not_walked():
    assert set(LISTED) <= set(combinations())
    assert len(LISTED) > 30
