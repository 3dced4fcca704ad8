"""Who is told what of each step: walked over every command, and which messages a state leaves standing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from telemed.consultation.model import states, telling
from telemed.consultation.model.states import Urgency
from telemed.consultation.model.telling import RULES, Standing
from telemed.vocabulary import NoticeKind

NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
CASE, PLACE, INVITER, EXPERT, OTHER, HOSPITAL, ROOM, COORDINATOR = (UUID(int=n) for n in range(1, 9))
ONE = Standing(
    id=CASE,
    organization_id=PLACE,
    requester_id=INVITER,
    urgency="urgent",
    department="03.04",
    state="submitted",
    expert_id=None,
    expert_organization_id=None,
    due_at=None,
    starts_at=None,
    room_id=None,
    revision=3,
)


def at(state: str, **other: object) -> Standing:
    said: dict[str, object] = {"state": state}
    if state not in ("draft", "submitted", "declined"):
        said |= {"expert_id": EXPERT, "expert_organization_id": HOSPITAL}
    if state == "offered":
        said |= {"due_at": NOW + timedelta(minutes=10)}
    if state == "scheduled":
        said |= {"starts_at": NOW + timedelta(hours=2)}
    if state in ("accepted", "scheduled", "in-session", "missed", "failed"):
        said |= {"room_id": ROOM}
    return replace(ONE, **(said | other))


#: command, from, to, by → what is told to whom.
WALK = [
    ("submit", "draft", "submitted", INVITER, {"consultation.waiting": {"coordinator"}}),
    ("offer", "submitted", "offered", COORDINATOR, {"consultation.asked": {EXPERT}}),
    ("accept", "offered", "accepted", EXPERT, {"consultation.accepted": {INVITER}}),
    ("refuse", "offered", "submitted", EXPERT, {"consultation.waiting": {"coordinator"}}),
    (
        "lapse",
        "offered",
        "submitted",
        None,
        {
            "consultation.overdue": {"coordinator"},
            "consultation.waiting": {"coordinator"},
            "consultation.no-longer-asked": {EXPERT},
        },
    ),
    ("ask", "offered", "incomplete", EXPERT, {"consultation.information-needed": {INVITER}}),
    ("inform", "incomplete", "accepted", INVITER, {"consultation.informed": {EXPERT}}),
    ("inform", "incomplete", "submitted", INVITER, {"consultation.waiting": {"coordinator"}}),
    ("schedule", "accepted", "scheduled", COORDINATOR, {"consultation.scheduled": {INVITER, EXPERT}}),
    ("schedule", "accepted", "scheduled", EXPERT, {"consultation.scheduled": {INVITER}}),
    ("begin", "accepted", "in-session", EXPERT, {"consultation.begun": {INVITER}}),
    ("begin", "accepted", "in-session", INVITER, {"consultation.begun": {EXPERT}}),
    ("miss", "scheduled", "missed", EXPERT, {"consultation.missed": {INVITER, "coordinator"}}),
    ("fail", "in-session", "failed", INVITER, {"consultation.failed": {EXPERT, "coordinator"}}),
    ("sign", "in-session", "returned", EXPERT, {"consultation.opinion-signed": {INVITER}}),
    ("decline", "offered", "declined", COORDINATOR, {"consultation.declined": {INVITER, EXPERT}}),
    ("withdraw", "offered", "withdrawn", INVITER, {"consultation.withdrawn": {EXPERT, "coordinator"}}),
    ("withdraw", "draft", "withdrawn", INVITER, {}),
    ("convert", "accepted", "converted", EXPERT, {"consultation.converted": {INVITER}}),
    ("decide", "returned", "decided", INVITER, {}),
    ("archive", "decided", "archived", INVITER, {}),
    ("consent", "returned", "returned", INVITER, {}),
]


@pytest.mark.parametrize(("command", "before", "after", "by", "expected"), WALK)
def test_each_step_tells_whom_it_concerns_and_not_whoever_took_it(
    command: str, before: str, after: str, by: UUID | None, expected: dict[str, set[object]]
):
    found = telling.of_step(command, at(before), at(after), by)
    said = {one.kind.value: {to.practitioner_id or to.role for to in one.recipients} for one in found}
    assert said == expected


def test_every_command_that_tells_something_is_walked():
    assert set(RULES) <= {command for command, *_ in WALK}


@pytest.mark.parametrize(("command", "before", "after", "by", "expected"), WALK)
def test_what_a_step_tells_stands_in_the_state_it_leads_to(
    command: str, before: str, after: str, by: UUID | None, expected: dict[str, set[object]]
):
    to = at(after)
    for one in telling.of_step(command, at(before), to, by):
        assert not one.stands_in or set(one.stands_in) & telling.words(to), one.kind


@pytest.mark.parametrize("state", sorted(set(states.WORDS.values()) - {"offered"}))
def test_an_asking_stands_in_no_other_state(state: str):
    (asked,) = telling.of_step("offer", at("submitted"), at("offered"), COORDINATOR)
    warned = telling.of_clock_nearly_out(at("offered"))
    for one in (asked, warned):
        assert not set(one.stands_in) & telling.words(at(state))


@pytest.mark.parametrize("other", [{"expert_id": OTHER}, {"due_at": NOW + timedelta(minutes=20)}])
def test_an_asking_does_not_stand_for_another_expert_or_another_time(other: dict[str, object]):
    (asked,) = telling.of_step("offer", at("submitted"), at("offered"), COORDINATOR)
    assert not set(asked.stands_in) & telling.words(at("offered", **other))


def test_whoever_is_asked_no_more_is_told_and_who_is_asked_again_is_not():
    again = telling.of_step("offer", at("offered"), at("offered", due_at=NOW), COORDINATOR)
    assert [one.kind for one in again] == [NoticeKind.ASKED]
    other = telling.of_step("offer", at("offered"), at("offered", expert_id=OTHER), COORDINATOR)
    said = {one.kind.value: [to.practitioner_id for to in one.recipients] for one in other}
    assert said == {"consultation.asked": [OTHER], "consultation.no-longer-asked": [EXPERT]}


def test_an_addendum_is_told_to_who_asked_once_for_each_version_in_whatever_state():
    for state in ("returned", "decided", "archived"):
        told = telling.of_addendum(at(state), 2, EXPERT)
        assert [to.practitioner_id for to in told.recipients] == [INVITER]
        assert not told.stands_in
    assert told.once == telling.of_addendum(at("returned", revision=9), 2, EXPERT).once
    assert told.once != telling.of_addendum(at("archived"), 3, EXPERT).once


def test_a_reminder_does_not_stand_for_another_appointment_and_leads_into_the_room():
    reminder = telling.of_appointment_near(at("scheduled"))
    assert reminder.path == f"/rooms/{ROOM}"
    assert set(reminder.stands_in) & telling.words(at("scheduled"))
    assert not set(reminder.stands_in) & telling.words(at("scheduled", starts_at=NOW))
    assert reminder.once == telling.of_appointment_near(at("scheduled", revision=9)).once
    assert reminder.once != telling.of_appointment_near(at("scheduled", starts_at=NOW)).once


def test_a_clock_is_warned_of_once_for_each_asking():
    warned = telling.of_clock_nearly_out(at("offered"))
    assert warned.kind is NoticeKind.DUE_SOON
    assert {one.practitioner_id or one.role for one in warned.recipients} == {EXPERT, "coordinator"}
    assert warned.once == telling.of_clock_nearly_out(at("offered", revision=9)).once
    assert warned.once != telling.of_clock_nearly_out(at("offered", expert_id=OTHER)).once


@pytest.mark.parametrize(
    ("urgency", "before"),
    [
        (Urgency.IMMEDIATE, timedelta(seconds=40)),
        (Urgency.URGENT, timedelta(seconds=200)),
        (Urgency.ROUTINE, timedelta(hours=1)),
    ],
)
def test_a_clock_is_nearly_out_in_its_last_third_an_hour_at_the_most(urgency: Urgency, before: timedelta):
    assert telling.warn_at(urgency, NOW) == NOW - before
