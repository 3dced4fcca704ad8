"""Colleagues and an audience of a consultation: its images to whoever comes into rooms; what the audit says of it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from uuid import UUID

import pytest

from telemed.access.policy import scope
from telemed.http.wire import Call, Entity
from telemed.vocabulary import Action, Role, Scope, ScopeKind
from tests.unit.access.test_policy import person

STUDY, OTHER, CONSULTATION = UUID(int=41), UUID(int=42), UUID(int=43)
JOINED = {STUDY: CONSULTATION}


@pytest.mark.parametrize("role", [Role.EXPERT, Role.REQUESTER, Role.AUTHOR, Role.VILLAGE_DOCTOR, Role.MEDICAL_OFFICE])
def test_whoever_was_added_sees_the_studies_and_no_more_of_anybody(role: Role):
    alone, added = person(role), person(role, joined=JOINED)
    for action in Action:
        found = scope(added, action)
        if action is Action.STUDY_READ:
            assert found.studies == {STUDY}
            before = scope(alone, action)
            assert found.organization_ids == before.organization_ids
            assert (found.patients, found.is_county_wide) == (before.patients, before.is_county_wide)
        else:
            assert found == scope(alone, action), action


@pytest.mark.parametrize("role", [Role.REGISTRAR, Role.TECHNICIAN, Role.SYSTEM_ADMIN, Role.AUDITOR, Role.SUPERVISOR])
def test_a_role_that_comes_into_no_room_is_shown_nothing_by_it(role: Role):
    assert scope(person(role, joined=JOINED), Action.STUDY_READ) == scope(person(role), Action.STUDY_READ)


def shown(*entities: UUID, studies: frozenset[UUID] = frozenset({STUDY})) -> set[str]:
    call = SimpleNamespace(
        authenticated=SimpleNamespace(principal=replace(person(Role.EXPERT), joined=JOINED)),
        scope=Scope(ScopeKind.OWN, studies=studies),
        entities=[Entity("study", one) for one in entities],
    )
    return Call._shown_by(call)  # pyright: ignore[reportArgumentType] -- what it looks at, and nothing else


def test_the_audit_names_the_consultation_that_showed_a_study_and_none_for_others():
    assert shown(STUDY, OTHER) == {str(CONSULTATION)}
    assert shown(OTHER) == set()
    assert shown(STUDY, studies=frozenset()) == set()
