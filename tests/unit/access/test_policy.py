"""Rules every row of the table of grants must keep; the table itself is compared by route in tests/spec."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from uuid import uuid4

import pytest

from telemed.access.policy import (
    ADMINISTRATORS,
    GRANTS,
    OPENS,
    SECOND_FACTOR_ROLES,
    SIGNING_ACTIONS,
    admit,
    awaits_second_factor,
    needs_second_factor,
    scope,
    second_factor_fresh,
    together,
)
from telemed.errors import Forbidden
from telemed.vocabulary import (
    EVERYWHERE,
    NOWHERE,
    AccountId,
    Action,
    OrganizationId,
    PractitionerId,
    Principal,
    Role,
    ScopeKind,
    SessionId,
)

NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
HOME, CLINIC, OTHER, OUTSIDE = (uuid4() for _ in range(4))

PATIENT_ACTIONS = frozenset(
    one
    for one in Action
    if one.value.split(".")[0]
    in {"patient", "registration", "match", "study", "quarantine", "worklist", "reading", "report"}
)


def person(*roles: Role, **changes: object) -> Principal:
    township = Principal(
        account_id=AccountId(uuid4()),
        practitioner_id=PractitionerId(uuid4()),
        name="刘德福",
        organization_id=OrganizationId(HOME),
        organization_ids=frozenset({HOME, CLINIC}),
        roles=frozenset(roles),
        session_id=SessionId(uuid4()),
        second_factor_at=NOW,
        reading_center=False,
        community_ids=frozenset({HOME, CLINIC, OTHER}),
    )
    return replace(township, **changes)


def test_every_role_is_in_the_table():
    assert set(GRANTS) == set(Role)


def test_nobody_without_a_role_may_do_more_than_use_the_own_session():
    assert scope(person(), Action.SESSION_USE).kind is ScopeKind.OWN
    assert all(scope(person(), one) == NOWHERE for one in Action if one is not Action.SESSION_USE)


def test_the_administrators_and_the_bureau_see_no_patient():
    for role in (*ADMINISTRATORS, Role.SUPERVISOR):
        assert not PATIENT_ACTIONS & set(GRANTS[role])


def test_each_administrator_keeps_to_the_own_power():
    powers = (Action.DIRECTORY_MANAGE, Action.DEVICE_MANAGE, Action.ACCOUNT_MANAGE, Action.AUDIT_READ)
    held = {role: {one for one in powers if one in GRANTS[role]} for role in Role}
    assert held[Role.SYSTEM_ADMIN] == {Action.DIRECTORY_MANAGE, Action.DEVICE_MANAGE}
    assert held[Role.SECURITY_ADMIN] == {Action.ACCOUNT_MANAGE}
    assert held[Role.AUDITOR] == {Action.AUDIT_READ}
    assert not any(held[role] for role in Role if role not in ADMINISTRATORS)


def test_whoever_may_sign_proves_a_second_factor():
    for role, grants in GRANTS.items():
        if SIGNING_ACTIONS & set(grants):
            assert role in SECOND_FACTOR_ROLES


def test_a_technician_and_a_registrar_may_not_write_or_sign_a_report():
    for role in (Role.TECHNICIAN, Role.REGISTRAR):
        assert not SIGNING_ACTIONS & set(GRANTS[role])


def test_a_reader_of_the_centre_sees_the_community_and_not_beyond():
    seen = scope(person(Role.AUTHOR, reading_center=True), Action.STUDY_READ)
    assert [seen.admits(one) for one in (HOME, CLINIC, OTHER, OUTSIDE, None)] == [True, True, True, False, False]


def test_the_same_role_in_a_township_sees_the_own_organisation_only():
    seen = scope(person(Role.AUTHOR), Action.STUDY_READ)
    assert [seen.admits(one) for one in (HOME, CLINIC, OTHER, OUTSIDE, None)] == [True, True, False, False, False]


def test_a_hospital_outside_the_community_stays_at_home():
    outsider = person(Role.AUTHOR, Role.REQUESTER, reading_center=True, community_ids=frozenset())
    for action in Action:
        assert scope(outsider, action).kind in {ScopeKind.OWN, ScopeKind.NOWHERE}


def test_of_two_roles_the_wider_reach_counts():
    both = person(Role.TECHNICIAN, Role.QUALITY_OFFICER, reading_center=True)
    assert scope(both, Action.STUDY_READ).admits(OTHER)
    assert not scope(both, Action.STUDY_STORE).admits(OTHER)


def test_an_unknown_row_is_seen_by_nobody_but_everywhere():
    assert EVERYWHERE.admits(None)
    assert EVERYWHERE.organizations is None
    assert not NOWHERE.admits(HOME)
    assert NOWHERE.organizations == []
    assert scope(person(Role.TECHNICIAN), Action.STUDY_READ).organizations == sorted([HOME, CLINIC])


@pytest.mark.parametrize("role", sorted(SECOND_FACTOR_ROLES))
def test_a_stolen_password_alone_opens_nothing(role: Role):
    stolen = person(role, second_factor_at=None, reading_center=True)
    assert admit(stolen, Action.SESSION_USE).kind is ScopeKind.OWN
    for action in Action:
        if action is Action.SESSION_USE or scope(stolen, action).kind is ScopeKind.NOWHERE:
            continue
        with pytest.raises(Forbidden) as refused:
            admit(stolen, action)
        assert refused.value.code == "second-factor-needed"


def test_what_is_not_granted_is_nowhere_before_a_second_factor_is_asked_for():
    assert admit(person(Role.AUTHOR, second_factor_at=None), Action.AUDIT_READ) == NOWHERE


def test_a_technician_works_without_a_second_factor():
    assert not awaits_second_factor(person(Role.TECHNICIAN, second_factor_at=None), Action.STUDY_STORE)
    assert needs_second_factor(Action.READING_VERIFY)
    assert not needs_second_factor(Action.STUDY_STORE)


def test_a_second_factor_lasts_one_shift():
    shift = timedelta(hours=12)
    at = person(Role.AUTHOR, second_factor_at=NOW)
    assert second_factor_fresh(at, NOW + shift - timedelta(seconds=1), shift)
    assert not second_factor_fresh(at, NOW + shift, shift)
    assert not second_factor_fresh(person(Role.AUTHOR, second_factor_at=None), NOW, shift)


def test_no_two_of_the_three_administrators_meet_in_one_person():
    for pair in combinations(sorted(ADMINISTRATORS), 2):
        assert together(pair) is not None
    for one in ADMINISTRATORS:
        assert together([one, Role.CENTER_HEAD]) is None


PATIENT, USE = uuid4(), uuid4()
MAY_BREAK = {Role.REQUESTER, Role.AUTHOR, Role.VERIFIER, Role.CENTER_HEAD}


@pytest.mark.parametrize("role", list(Role))
def test_a_record_opened_by_break_glass_is_read_and_nothing_else(role: Role):
    opened = person(role, opened={PATIENT: USE})
    besides = {one for one in Action if not scope(person(role), one).admits(OUTSIDE)}
    reads = {one for one in besides if scope(opened, one).admits(OUTSIDE, patient_id=PATIENT)}
    assert reads == (OPENS if role in MAY_BREAK else set())
    for one in Action:
        assert scope(opened, one).organizations == scope(person(role), one).organizations
        assert scope(opened, one).patients == ([PATIENT] if one in reads else [])


def test_an_opened_record_is_one_patients_and_not_the_place_it_lies_in():
    opened = scope(person(Role.REQUESTER, opened={PATIENT: USE}), Action.STUDY_READ)
    assert opened.admits(OUTSIDE, patient_id=PATIENT)
    assert not opened.admits(OUTSIDE, patient_id=uuid4())
    assert not opened.admits(OUTSIDE, patient_id=None)
    assert not opened.admits(OUTSIDE)


def test_without_the_second_factor_an_opened_record_is_shut():
    reader = person(Role.AUTHOR, opened={PATIENT: USE})
    assert admit(reader, Action.STUDY_READ).patients == [PATIENT]
    with pytest.raises(Forbidden, match="second-factor-needed"):
        admit(replace(reader, second_factor_at=None), Action.STUDY_READ)


MAY_ANSWER = {Role.AUTHOR, Role.VERIFIER, Role.CENTER_HEAD, Role.EXPERT}


@pytest.mark.parametrize("role", list(Role))
def test_a_consultation_shows_its_expert_the_one_patient_and_nothing_else(role: Role):
    asked = person(role, consulted={PATIENT: USE})
    besides = {one for one in Action if not scope(person(role), one).admits(OUTSIDE)}
    reads = {one for one in besides if scope(asked, one).admits(OUTSIDE, patient_id=PATIENT)}
    assert reads == (OPENS if role in MAY_ANSWER else set())
    for one in Action:
        assert (scope(asked, one).organizations or []) == (scope(person(role), one).organizations or [])
        assert scope(asked, one).admits(OUTSIDE, patient_id=uuid4()) == scope(person(role), one).admits(OUTSIDE)


def test_what_a_consultation_opens_is_told_apart_from_break_glass():
    other = uuid4()
    both = scope(person(Role.AUTHOR, opened={other: USE}, consulted={PATIENT: USE}), Action.STUDY_READ)
    assert both.consulted == {PATIENT}
    assert set(both.patients) == {PATIENT, other}


def test_without_the_second_factor_an_expert_sees_nobody():
    expert = person(Role.EXPERT, consulted={PATIENT: USE})
    assert admit(expert, Action.STUDY_READ).patients == [PATIENT]
    with pytest.raises(Forbidden, match="second-factor-needed"):
        admit(replace(expert, second_factor_at=None), Action.STUDY_READ)
