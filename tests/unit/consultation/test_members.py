"""Who may be added to a consultation: the table of tests/spec/consultation_members.md, and each bar alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from telemed.consultation.model import members
from telemed.consultation.model.guards import Agreement, Concern, Licence
from telemed.consultation.model.members import MOST, Added, Bar, MemberRole, Of, Person, Stopped, Wish
from telemed.consultation.model.states import WORDS, Urgency

SPEC = Path(__file__).parents[2] / "spec" / "consultation_members.md"
TODAY = date(2026, 11, 27)
HERE, THERE = UUID(int=1), UUID(int=2)
INVITER, EXPERT, SOMEBODY = UUID(int=11), UUID(int=12), UUID(int=13)
GOOD = Licence("110200001", "临床", "内科专业", None, date(2015, 7, 1))
SURGEON = replace(GOOD, scope="外科专业")
LICENCES = {
    "good": (GOOD, []),
    "own": (SURGEON, ["04"]),
    "scope": (SURGEON, []),
    "expired": (replace(GOOD, expires_on=date(2026, 11, 26)), []),
    "none": (None, []),
    "category": (replace(GOOD, category="公共卫生"), []),
}
AGREED = [Agreement(date(2026, 1, 1), None)]
OF = Of("accepted", Urgency.ROUTINE, "03.04", HERE, INVITER, EXPERT, frozenset())
PERSON = Person(SOMEBODY, THERE, enters=True, licence=GOOD, departments=[])
WISH = Wish(PERSON, MemberRole.PARTICIPANT, "请心内科同事一起看")


def grounds() -> list[list[str]]:
    lines = SPEC.read_text("utf-8").partition("## On what ground")[2].splitlines()
    return [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][1:]


@pytest.mark.parametrize("row", grounds(), ids=" ".join)
@pytest.mark.parametrize(("urgency", "column"), [(Urgency.ROUTINE, 4), (Urgency.URGENT, 5), (Urgency.IMMEDIATE, 5)])
def test_the_table_of_grounds(row: list[str], urgency: Urgency, column: int):
    role, place, agreement, licence = row[:4]
    held, departments = LICENCES[licence]
    person = Person(
        SOMEBODY, HERE if place == "inviting" else THERE, enters=True, licence=held, departments=departments
    )
    wish = Wish(person, MemberRole(role), "会诊", "患者本人口头同意")
    found = members.add(replace(OF, urgency=urgency), wish, AGREED if agreement == "yes" else [], TODAY)
    said = row[column]
    if said == "added":
        assert found == Added(frozenset())
    elif said.startswith("+ "):
        assert found == Added(frozenset({Concern(said[2:])}))
    else:
        assert isinstance(found, Stopped)
        assert found.concerns == {Concern(said)}


@pytest.mark.parametrize(
    ("of", "wish", "bar"),
    [
        (replace(OF, state="offered"), WISH, Bar.NOT_NOW),
        (replace(OF, state="returned"), WISH, Bar.NOT_NOW),
        (OF, replace(WISH, reason=" \n"), Bar.REASON_NEEDED),
        (OF, replace(WISH, role=MemberRole.AUDIENCE), Bar.CONSENT_NEEDED),
        (OF, replace(WISH, role=MemberRole.AUDIENCE, consent=" \n"), Bar.CONSENT_NEEDED),
        (OF, replace(WISH, person=replace(PERSON, enters=False)), Bar.CANNOT_ENTER),
        (OF, replace(WISH, person=replace(PERSON, id=INVITER)), Bar.PARTY),
        (OF, replace(WISH, person=replace(PERSON, id=EXPERT)), Bar.PARTY),
        (replace(OF, members={SOMEBODY}), WISH, Bar.MEMBER),
        (replace(OF, members={UUID(int=100 + n) for n in range(MOST)}), WISH, Bar.TOO_MANY),
    ],
)
def test_each_bar_alone_keeps_somebody_out_in_an_emergency_too(of: Of, wish: Wish, bar: Bar):
    for urgency in Urgency:
        assert members.add(replace(of, urgency=urgency), wish, AGREED, TODAY) is bar


def test_one_fewer_than_the_most_is_not_too_many():
    others = {UUID(int=100 + n) for n in range(MOST - 1)}
    assert members.add(replace(OF, members=others), WISH, AGREED, TODAY) == Added(frozenset())


def test_an_agreement_that_begins_tomorrow_is_none_today():
    found = members.add(OF, WISH, [Agreement(date(2026, 11, 28), None)], TODAY)
    assert found == Stopped(frozenset({Concern.NO_AGREEMENT}))


def test_the_department_with_the_fewest_grounds_counts():
    licence = replace(SURGEON, since=None)
    person = replace(PERSON, licence=licence, departments=["04", "07"])
    assert members.concerns(OF, person, MemberRole.PARTICIPANT, AGREED, TODAY) == {Concern.PRACTICE_UNKNOWN}


def test_the_states_in_which_members_are_added_are_states():
    assert set(WORDS.values()) >= members.OPEN
