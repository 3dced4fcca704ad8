"""A fact that contradicts itself in one point is refused for that point; the one without is recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telemed.recognition.quality import Ruling
from telemed.recognition.quality_refusals import MOST_ITEMS, refuse
from telemed.recognition.rules import Basis
from tests.unit.recognition.quality_facts import (
    absent,
    agreement,
    change,
    day,
    failed,
    passed,
    reinstate,
    revocation,
    ruling,
    verification,
    withdraw,
)

READING = agreement(0, 365, Basis.COUNTY_READING, reader_id="county")


@pytest.mark.parametrize(
    "fact",
    [
        passed(0, next_due=day(0.001), evidence_hash="a" * 64),
        failed(0, retroactive_from=day(0)),
        failed(0, retroactive_from=day(-5)),
        revocation(passed(0), 5),
        change(0),
        verification(0),
        withdraw(0, retroactive_from=day(0)),
        withdraw(0, retroactive_from=day(-5)),
        reinstate(0),
        agreement(0, 0.001),
        READING,
        passed(0, period_begins=day(-0.001), period_ends=day(0)),
        passed(0, item_keys=frozenset(f"lab.a{number}" for number in range(MOST_ITEMS))),
    ],
)
def test_what_does_not_contradict_itself_is_recorded(fact):
    assert refuse(fact) is None


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        (passed(0, item_keys=frozenset()), "1 to 2000"),
        (passed(0, item_keys=frozenset(f"lab.a{number}" for number in range(MOST_ITEMS + 1))), "1 to 2000"),
        (change(0, item_keys=frozenset({"钾"})), "no item key"),
        (passed(0, programme=" "), "programme or round"),
        (replace(passed(0), round=" "), "programme or round"),
        (passed(0, basis=Basis.COMMUNITY_DOCUMENT), "on-site check"),
        (passed(0, period_begins=day(-1)), "ends before it begins"),
        (passed(0, period_begins=day(-0.5)), "ends before it begins"),
        (passed(0, period_ends=day(0.001)), "published before"),
        (passed(0, next_due=day(0)), "next round"),
        (passed(0, next_due=day(-5)), "next round"),
        (passed(0, retroactive_from=day(0)), "only a failure"),
        (absent(0, retroactive_from=day(0)), "only a failure"),
        (failed(0, retroactive_from=day(0.001)), "after its publication"),
        (passed(0, evidence_hash="A" * 64), "SHA-256"),
        (withdraw(0, programme=""), "programme is missing"),
        (withdraw(0, retroactive_from=day(0.001)), "after the decision"),
        (ruling(Ruling.REINSTATE, 0, retroactive_from=day(0)), "does not reach back"),
        (agreement(0, 365, Basis.EQA), "community's document"),
        (agreement(0, 0), "ends before it begins"),
        (agreement(5, 0), "ends before it begins"),
        (replace(READING, reader_id=None), "names who reads"),
        (agreement(0, 365, reader_id="county"), "names who reads"),
        (agreement(0, 365, evidence_hash="x"), "SHA-256"),
    ],
)
def test_one_contradiction_is_told_and_nothing_is_recorded(fact, says):
    refusal = refuse(fact)
    said = refusal.en.removesuffix(". Nothing was recorded; please correct it and send it again.")
    assert says in said
    assert ";" not in said
    assert "未作任何记录" in refusal.zh


def test_all_contradictions_are_told_at_once():
    refusal = refuse(passed(0, item_keys=frozenset({"钾"}), programme="", evidence_hash="x"))
    assert refusal.en.count(";") >= 2
