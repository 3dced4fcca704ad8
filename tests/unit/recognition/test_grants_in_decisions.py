"""What is derived from quality is what a decision reads: the derived rows, asked by gate G2 at collection time."""

from __future__ import annotations

import pytest

from telemed.recognition.facts import Candidate, Organization, Status
from telemed.recognition.grant_states import known
from telemed.recognition.granting import derive
from telemed.recognition.grants import answer
from telemed.recognition.rules import Basis, Code
from tests.unit.recognition.quality_facts import (
    PARAMETERS,
    agreement,
    change,
    day,
    failed,
    passed,
    reinstate,
    revocation,
    verification,
    withdraw,
)

HOSPITAL = Organization("a", "甲", 20, "public", "239999", "longan")
COUNTY = Organization("county", "县", 33, "public", "239999", "longan")
GOOD, BAD = passed(0), failed(100)


def told(facts, collected: float, *, known_at: float = 400, reported_by: str = "a") -> str:
    candidate = Candidate(
        "r", 1, "p", "laboratory", Code("s", "K"), Status.FINAL, "a", day(-400), reporting_id=reported_by
    )
    grants = known(derive(facts, PARAMETERS), day(known_at))
    organizations = {one.id: one for one in (HOSPITAL, COUNTY)}
    return answer(grants, candidate, day(collected), organizations, COUNTY).finding.code


@pytest.mark.parametrize(
    ("facts", "collected", "code"),
    [
        ([], 50, "grant-none"),
        ([GOOD], 50, "grant-active"),
        ([GOOD], -1, "grant-out-of-period"),
        ([GOOD], 214, "grant-out-of-period"),
        ([GOOD, BAD], 99, "grant-active"),
        ([GOOD, BAD], 100, "grant-suspended"),
        ([GOOD, BAD, passed(150)], 120, "grant-suspended"),
        ([GOOD, BAD, passed(150)], 150, "grant-active"),
        ([GOOD, change(100)], 150, "grant-suspended"),
        ([GOOD, change(100), verification(120)], 150, "grant-active"),
        ([GOOD, withdraw(100, retroactive_from=day(60))], 59, "grant-active"),
        ([GOOD, withdraw(100, retroactive_from=day(60))], 60, "grant-withdrawn"),
        ([GOOD, withdraw(100), reinstate(120)], 150, "grant-active"),
        ([GOOD, BAD, revocation(BAD, 110)], 150, "grant-active"),
        ([agreement(0, 365)], 50, "grant-active"),
        ([agreement(0, 365), GOOD, BAD], 150, "grant-suspended"),  # no agreement mends a failed evaluation
    ],
)
def test_a_result_rests_on_what_held_when_it_was_collected(facts, collected, code):
    assert told(facts, collected) == code


def test_a_late_failure_counts_from_its_publication_only_once_it_is_known():
    facts = [GOOD, failed(100, known=110)]
    assert told(facts, 105, known_at=109) == "grant-active"
    assert told(facts, 105, known_at=110) == "grant-suspended"


def test_the_countys_reading_counts_for_what_the_county_read():
    reading = [agreement(0, 365, Basis.COUNTY_READING, reader_id="county")]
    assert told(reading, 50, reported_by="county") == "grant-active"
    assert told(reading, 50) == "grant-other-reader"
