"""recognition_verdicts.md against the engine: every vector of the eight gates, hard and soft, walked in full."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from telemed.recognition.decision import Finding, Gate, Outcome, Verdict
from telemed.recognition.grounds import GROUNDS
from telemed.recognition.precedence import best, verdict_on
from telemed.recognition.words import VERDICTS

SPEC = Path(__file__).with_name("recognition_verdicts.md")
EIGHT = (
    Gate.STATUS,
    Gate.GRANT,
    Gate.WINDOW,
    Gate.COMPARABILITY,
    Gate.AVAILABILITY,
    Gate.INTERVENING,
    Gate.EXCEPTION,
    Gate.CONTEXT,
)


def table(heading: str) -> list[list[str]]:
    section = SPEC.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:]]


LINES = [(where, outcome, Verdict(verdict)) for _, where, outcome, verdict, _ in table("One result")]


def stated(outcomes: dict[Gate, tuple[Outcome, bool]]) -> Verdict:
    """The table, read from the top: which verdict it gives to an outcome and a hardness a gate."""
    for where, outcome, verdict in LINES:
        if not outcome:
            return verdict
        for gate, (found, hard) in outcomes.items():
            here = {"the circumstances (G8)": gate is Gate.CONTEXT}.get(where)
            if here is None:
                here = hard == where.startswith("a hard")
            if here and found == outcome:
                return verdict
    raise AssertionError("the table does not say")


def found(outcomes: dict[Gate, tuple[Outcome, bool]]) -> list[Finding]:
    return [Finding(gate, outcome, "x", "x", (), hard) for gate, (outcome, hard) in outcomes.items()]


def hardness(gate: Gate, outcome: Outcome) -> set[bool]:
    return {ground.hard for ground in GROUNDS.values() if ground.gate is gate and ground.outcome is outcome}


def test_every_vector_of_the_eight_gates_gets_the_verdict_the_table_states():
    """3⁸ vectors, each in every hardness the gates' own grounds have; and each verdict is met on the way."""
    walked, met = 0, set[Verdict]()
    for vector in itertools.product(Outcome, repeat=8):
        sorts = [sorted(hardness(gate, one)) for gate, one in zip(EIGHT, vector, strict=True)]
        for hard in itertools.product(*sorts):
            outcomes = dict(zip(EIGHT, zip(vector, hard, strict=True), strict=True))
            expected = stated(outcomes)
            assert verdict_on(found(outcomes)) is expected, outcomes
            walked += 1
            met.add(expected)
    assert walked > 3**8
    assert met == set(Verdict)


@pytest.mark.parametrize("hard", list(itertools.product((True, False), repeat=4)))
def test_hardness_alone_decides_not_the_gate_that_found_it(hard):
    gates = (Gate.IDENTITY, Gate.MAPPING, Gate.WINDOW, Gate.CONTEXT)
    for vector in itertools.product(Outcome, repeat=4):
        outcomes = dict(zip(gates, zip(vector, hard, strict=True), strict=True))
        assert verdict_on(found(outcomes)) is stated(outcomes)


def test_the_order_of_findings_says_nothing():
    for vector in itertools.product(Outcome, repeat=3):
        gates = dict(zip((Gate.CONTEXT, Gate.STATUS, Gate.WINDOW), vector, strict=True))
        outcomes = {gate: (one, gate is Gate.STATUS) for gate, one in gates.items()}
        given = {verdict_on(order) for order in itertools.permutations(found(outcomes))}
        assert len(given) == 1


def test_the_gates_find_grounds_as_hard_as_the_table_says():
    said = {"hard": {True}, "soft": {False}, "both": {True, False}}
    rows = {gate: (fail, unknown) for gate, _, fail, unknown in table("Which grounds a gate may find")}
    assert set(rows) == set(Gate)
    for gate in Gate:
        fail, unknown = rows[gate]
        assert hardness(gate, Outcome.FAIL) == said[fail], gate
        assert hardness(gate, Outcome.UNKNOWN) == said[unknown], gate


def test_the_hard_grounds_of_the_grant_and_the_soft_ground_of_the_grade_are_those_named():
    def of(gate: Gate, outcome: Outcome, *, hard: bool) -> set[str]:
        return {
            code
            for code, ground in GROUNDS.items()
            if (ground.gate, ground.outcome, ground.hard) == (gate, outcome, hard)
        }

    assert of(Gate.GRANT, Outcome.FAIL, hard=True) == {"grant-withdrawn", "grant-suspended"}
    assert of(Gate.AVAILABILITY, Outcome.UNKNOWN, hard=False) == {"grade-missing"}


def test_every_ground_is_listed_and_weighs_what_the_table_says():
    listed: dict[str, tuple[str, Outcome, bool | None]] = {}
    weights = (
        (Outcome.PASS, None),
        (Outcome.FAIL, True),
        (Outcome.UNKNOWN, True),
        (Outcome.FAIL, False),
        (Outcome.UNKNOWN, False),
    )
    for gate, *cells in table("Every ground"):
        for cell, (outcome, hard) in zip(cells, weights, strict=True):
            for code in cell.replace("`", "").split():
                assert code not in listed, f"{code} is listed twice"
                listed[code] = (gate, outcome, hard)
    assert listed == {
        code: (ground.gate, ground.outcome, None if ground.outcome is Outcome.PASS else ground.hard)
        for code, ground in GROUNDS.items()
    }


def test_the_table_shows_the_words_of_the_screen():
    for _, _, _, verdict, shown in table("One result"):
        assert VERDICTS[Verdict(verdict)].zh == shown


def test_the_best_result_counts_and_none_is_no_verdict():
    order = (Verdict.MUST_OFFER, Verdict.MAY_OFFER, Verdict.INDETERMINATE, Verdict.NOT_ELIGIBLE)
    for first, second in itertools.product(order, repeat=2):
        assert best([first, None, second]) is min(first, second, key=order.index)
    assert best([None]) is None
    assert best([]) is None
