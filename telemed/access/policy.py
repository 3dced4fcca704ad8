"""Who may do what, and where: one table, one pure function, denied by default.

tests/spec/policy.md says the same by route; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from telemed.errors import Forbidden
from telemed.vocabulary import EVERYWHERE, NOWHERE, Action, Principal, Role, Scope, ScopeKind


class Reach(StrEnum):
    """How far a role carries an action.

    OWN: the own organisation. CENTER: the whole community for people of a reading centre, the own organisation for
    others (a township may have its own reporting physician). CENTER_ONLY: the whole community for people of a reading
    centre, nowhere for others (no member judges itself). COMMUNITY: the community for any of its members.
    """

    OWN = "own"
    CENTER = "center"
    CENTER_ONLY = "center-only"
    COMMUNITY = "community"
    EVERYWHERE = "everywhere"


def _reach(reach: Reach, *actions: Action) -> Mapping[Action, Reach]:
    return dict.fromkeys(actions, reach)


# What every role has besides: the names of the places and people they work with.
ANY_ROLE: Mapping[Action, Reach] = {Action.DIRECTORY_READ: Reach.COMMUNITY}

# The own organisation's official figures and what stands behind them (practice 7).
OWN_FIGURES = _reach(Reach.OWN, Action.STATISTICS_READ, Action.STATISTICS_DECISIONS)

# One-time links given to people of one's organisation, or that show its images.
LINKS = (Action.LINK_READ, Action.LINK_REVOKE)

# What the provincial platform did not take.
UPLOADS = (Action.UPLOAD_READ, Action.UPLOAD_RETRY, Action.UPLOAD_GIVE_UP)

# Rooms of consultations: on whose roster somebody is, the room itself knows.
ROOMS = _reach(Reach.OWN, Action.ROOM_JOIN)
# Whoever is asked for an opinion; which consultations, the consultations say.
EXPERT: Mapping[Action, Reach] = {
    **ROOMS,
    **_reach(
        Reach.OWN,
        Action.CONSULTATION_READ,
        Action.CONSULTATION_ANSWER,
        Action.CONSULTATION_SIGN,
        Action.CONSULTATION_CONDUCT,
        Action.TEACHING_PROPOSE,
    ),
    Action.DUTY_READ: Reach.COMMUNITY,
    Action.TEACHING_READ: Reach.COMMUNITY,
}

# Whoever asks for one.
INVITER: Mapping[Action, Reach] = {
    **ROOMS,
    **_reach(
        Reach.OWN,
        Action.CONSULTATION_READ,
        Action.CONSULTATION_REQUEST,
        Action.CONSULTATION_CONDUCT,
        Action.TEACHING_PROPOSE,
    ),
    Action.DUTY_READ: Reach.COMMUNITY,
    Action.TEACHING_READ: Reach.COMMUNITY,
}

READER: Mapping[Action, Reach] = {
    **OWN_FIGURES,
    **EXPERT,
    **_reach(
        Reach.CENTER,
        Action.PATIENT_READ,
        Action.PATIENT_REVEAL,
        Action.REGISTRATION_READ,
        Action.MATCH_READ,
        Action.STUDY_READ,
        Action.QUARANTINE_READ,
        Action.WORKLIST_READ,
        Action.READING_WRITE,
        Action.READING_RETURN_SITE,
        Action.REPORT_READ,
        Action.REPORT_PRINT,
        Action.REPORT_AMEND,
        Action.CORRECTION_DECIDE,
        Action.RESULT_READ,
        Action.RECOGNITION_CHECK,
    ),
    Action.READING_DRAFT_TOWNSHIP: Reach.OWN,
    Action.PATIENT_BREAK_GLASS: Reach.COMMUNITY,
}
VERIFIER: Mapping[Action, Reach] = {
    **READER,
    **_reach(Reach.CENTER, Action.READING_VERIFY, Action.READING_TAKE_OVER),
}

GRANTS: Mapping[Role, Mapping[Action, Reach]] = {
    Role.REGISTRAR: _reach(
        Reach.OWN,
        Action.PATIENT_READ,
        Action.PATIENT_REVEAL,
        Action.PATIENT_REVIEW,
        Action.REGISTRATION_READ,
        Action.REGISTRATION_WRITE,
        Action.MATCH_READ,
        Action.CORRECTION_PROPOSE,
        Action.CORRECTION_DECIDE,
        Action.STUDY_READ,
        Action.REPORT_READ,
        Action.REPORT_PRINT,
    ),
    Role.TECHNICIAN: _reach(
        Reach.OWN,
        Action.PATIENT_READ,
        Action.PATIENT_REVEAL,
        Action.PATIENT_REVIEW,
        Action.REGISTRATION_READ,
        Action.REGISTRATION_WRITE,
        Action.MATCH_READ,
        Action.MATCH_DECIDE,
        Action.CORRECTION_PROPOSE,
        Action.CORRECTION_DECIDE,
        Action.STUDY_READ,
        Action.STUDY_STORE,
        Action.RESULT_STORE,
        Action.STUDY_INTENT,
        Action.QUARANTINE_READ,
        Action.QUARANTINE_DECIDE,
        Action.DEVICE_READ,
        Action.READING_ANSWER_SITE,
        Action.REPORT_READ,
        Action.REPORT_PRINT,
        Action.QUALITY_READ,
        Action.TICKET_READ,
        Action.TICKET_ANSWER,
    ),
    Role.REQUESTER: {
        **OWN_FIGURES,
        **INVITER,
        **_reach(
            Reach.OWN,
            Action.PATIENT_READ,
            Action.PATIENT_REVEAL,
            Action.REGISTRATION_READ,
            Action.REGISTRATION_WRITE,
            Action.MATCH_READ,
            Action.CORRECTION_PROPOSE,
            Action.CORRECTION_DECIDE,
            Action.STUDY_READ,
            Action.READING_ANSWER_SITE,
            Action.REPORT_READ,
            Action.REPORT_PRINT,
            Action.RESULT_READ,
            Action.RECOGNITION_CHECK,
            Action.QUALITY_LOOK_BACK,
            *LINKS,
        ),
        Action.PATIENT_BREAK_GLASS: Reach.COMMUNITY,
    },
    Role.VILLAGE_DOCTOR: {
        **INVITER,
        **_reach(
            Reach.OWN,
            Action.PATIENT_READ,
            Action.REGISTRATION_READ,
            Action.STUDY_READ,
            Action.REPORT_READ,
            Action.RESULT_READ,
            Action.RECOGNITION_CHECK,
            *LINKS,
            Action.STATISTICS_READ,
            Action.STATISTICS_DECISIONS,
        ),
    },
    Role.AUTHOR: READER,
    Role.VERIFIER: VERIFIER,
    Role.CENTER_HEAD: {
        **VERIFIER,
        **_reach(
            Reach.CENTER,
            Action.PATIENT_REVIEW,
            Action.MATCH_DECIDE,
            Action.QUARANTINE_DECIDE,
            Action.STUDY_INTENT,
            Action.DEVICE_READ,
            Action.TEMPLATE_MANAGE,
            Action.OPERATIONS_READ,
            *UPLOADS,
            *LINKS,
            Action.QUALITY_READ,
            Action.QUALITY_LOOK_BACK,
            Action.TICKET_READ,
        ),
        Action.TEACHING_RELEASE: Reach.CENTER_ONLY,
    },
    Role.COORDINATOR: {
        **OWN_FIGURES,
        **ROOMS,
        **_reach(
            Reach.CENTER,
            Action.PATIENT_READ,
            Action.REGISTRATION_READ,
            Action.MATCH_READ,
            Action.STUDY_READ,
            Action.WORKLIST_READ,
            Action.REPORT_READ,
            Action.CONSULTATION_READ,
            Action.CONSULTATION_TRIAGE,
            Action.CONSULTATION_CONDUCT,
            Action.DUTY_MANAGE,
        ),
        Action.DUTY_READ: Reach.COMMUNITY,
        Action.OUTGOING_READ: Reach.CENTER_ONLY,
    },
    Role.MEDICAL_OFFICE: {
        **OWN_FIGURES,
        **ROOMS,
        Action.DUTY_READ: Reach.COMMUNITY,
        Action.OUTGOING_READ: Reach.CENTER_ONLY,
        **_reach(
            Reach.CENTER,
            Action.CONSULTATION_READ,
            Action.DUTY_MANAGE,
            Action.PATIENT_READ,
            Action.PATIENT_REVIEW,
            Action.REGISTRATION_READ,
            Action.STUDY_READ,
            Action.REPORT_READ,
            Action.BREAK_GLASS_REVIEW,
            Action.OPERATIONS_READ,
            *UPLOADS,
            *LINKS,
            Action.QUALITY_READ,
            Action.QUALITY_LOOK_BACK,
            Action.TICKET_READ,
        ),
    },
    Role.QUALITY_OFFICER: {
        **_reach(
            Reach.CENTER,
            Action.STUDY_READ,
            Action.MATCH_READ,
            Action.QUARANTINE_READ,
            Action.WORKLIST_READ,
            Action.REPORT_READ,
            Action.DEVICE_READ,
            Action.OPERATIONS_READ,
            Action.QUALITY_READ,
            Action.QUALITY_LOOK_BACK,
            Action.TICKET_READ,
            Action.STATISTICS_READ,
            Action.STATISTICS_QUALITY,
            Action.STATISTICS_DECISIONS,
        ),
        **_reach(Reach.CENTER_ONLY, Action.QUALITY_RECORD, Action.TICKET_JUDGE, Action.TEACHING_RELEASE),
        **_reach(Reach.OWN, Action.TICKET_ANSWER, Action.TEACHING_PROPOSE),
        Action.TEACHING_READ: Reach.COMMUNITY,
    },
    # de-identified: nothing that shows a patient, and no decision about one
    Role.SUPERVISOR: _reach(Reach.COMMUNITY, Action.OPERATIONS_READ, Action.QUALITY_READ, Action.STATISTICS_READ),
    # the three administrators see no patient at all
    Role.SYSTEM_ADMIN: _reach(
        Reach.EVERYWHERE,
        Action.DIRECTORY_READ,
        Action.DIRECTORY_MANAGE,
        Action.DEVICE_READ,
        Action.DEVICE_MANAGE,
        Action.OPERATIONS_READ,
        Action.UPLOAD_READ,
        Action.UPLOAD_RETRY,
        Action.OUTGOING_READ,
        Action.OUTGOING_MANAGE,
    ),
    Role.SECURITY_ADMIN: _reach(
        Reach.EVERYWHERE,
        Action.DIRECTORY_READ,
        Action.ACCOUNT_MANAGE,
        Action.DEVICE_READ,
    ),
    Role.AUDITOR: _reach(
        Reach.EVERYWHERE,
        Action.DIRECTORY_READ,
        Action.AUDIT_READ,
        Action.BREAK_GLASS_REVIEW,
        Action.OPERATIONS_READ,
    ),
    # an expert sees what a consultation shows him, and nothing of a patient by role alone
    Role.EXPERT: EXPERT,
}

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
SIGNING_ROLES = frozenset({Role.AUTHOR, Role.VERIFIER, Role.CENTER_HEAD})
SECOND_FACTOR_ROLES = SIGNING_ROLES | ADMINISTRATORS | {Role.EXPERT}

# Actions that put a name under a diagnosis; every role that grants one must be in SECOND_FACTOR_ROLES (tested).
SIGNING_ACTIONS = frozenset(
    {
        Action.READING_WRITE,
        Action.READING_DRAFT_TOWNSHIP,
        Action.READING_VERIFY,
        Action.READING_TAKE_OVER,
        Action.REPORT_AMEND,
        Action.CONSULTATION_SIGN,
    },
)

# What a record opened by break-glass, or to the expert of a consultation, lets that person do; never a change, a list
# of others, or the whole number.
OPENS = frozenset({Action.PATIENT_READ, Action.STUDY_READ, Action.REPORT_READ, Action.RESULT_READ})


def scope(principal: Principal, action: Action) -> Scope:
    """Return where this person may do this: by role, in opened records, in the studies of a consultation.

    Whoever lost the role that may break the glass, or give opinions, loses the opened records with it.  To a colleague
    or an audience of a consultation its images are open, and nothing else of the patient.
    """
    granted = _by_role(principal, action)
    if action not in OPENS:
        return granted
    if principal.opened and granted.kind is not ScopeKind.NOWHERE and _may(principal, Action.PATIENT_BREAK_GLASS):
        granted = replace(granted, opened=principal.opened)
    if principal.consulted and _may(principal, Action.CONSULTATION_ANSWER):
        if granted.kind is ScopeKind.NOWHERE:
            granted = Scope(ScopeKind.OWN)  # this patient's rows, and nothing of the own organisation
        opened = {**granted.opened, **principal.consulted}
        granted = replace(granted, opened=opened, consulted=frozenset(principal.consulted))
    if action is Action.STUDY_READ and principal.joined and _may(principal, Action.ROOM_JOIN):
        if granted.kind is ScopeKind.NOWHERE:
            granted = Scope(ScopeKind.OWN)
        granted = replace(granted, studies=frozenset(principal.joined))
    return granted


def _may(principal: Principal, action: Action) -> bool:
    return any(action in GRANTS.get(role, {}) for role in principal.roles)


def _by_role(principal: Principal, action: Action) -> Scope:
    """Return the organisations in which this person may do this: the widest of what the roles give, else NOWHERE.

    The own session needs no role: whoever is signed in may change the password or sign out.
    """
    if action is Action.SESSION_USE:
        return Scope(ScopeKind.OWN, principal.organization_ids)
    reaches = {GRANTS.get(role, {}).get(action) for role in principal.roles}
    if principal.roles:
        reaches.add(ANY_ROLE.get(action))
    if Reach.EVERYWHERE in reaches:
        return EVERYWHERE
    if principal.community_ids and (
        Reach.COMMUNITY in reaches
        or (principal.reading_center and not reaches.isdisjoint({Reach.CENTER, Reach.CENTER_ONLY}))
    ):
        return Scope(ScopeKind.COMMUNITY, principal.community_ids | principal.organization_ids)
    if reaches - {None, Reach.CENTER_ONLY}:
        return Scope(ScopeKind.OWN, principal.organization_ids)
    return NOWHERE


def needs_second_factor(action: Action) -> bool:
    """Whether whoever does this must have proved a second factor in this shift, whatever their roles."""
    return action in SIGNING_ACTIONS


def awaits_second_factor(principal: Principal, action: Action) -> bool:
    """Whether the second factor is still to be proved before this person may do this.

    A person who signs or administers proves it before anything but the own session; so a stolen password alone
    opens nothing.
    """
    if action is Action.SESSION_USE or principal.second_factor_at is not None:
        return False
    return needs_second_factor(action) or not principal.roles.isdisjoint(SECOND_FACTOR_ROLES)


def admit(principal: Principal, action: Action) -> Scope:
    """Return the scope of the action for this person.

    Raises Forbidden `second-factor-needed` where only the second factor of this shift is missing.
    """
    granted = scope(principal, action)
    if granted.kind is not ScopeKind.NOWHERE and awaits_second_factor(principal, action):
        raise Forbidden(
            "second-factor-needed",
            "需要本班次的动态口令验证。未作任何改动。",
            "A one-time code is needed once per shift before this step. Nothing was changed.",
        )
    return granted


def second_factor_fresh(principal: Principal, now: datetime, shift: timedelta = timedelta(hours=12)) -> bool:
    """Whether the second factor was proved less than a shift ago."""
    return principal.second_factor_at is not None and now - principal.second_factor_at < shift


def together(roles: Collection[Role]) -> Forbidden | None:
    """Return why one person may not hold these roles: the three administrators are three people (三员分立)."""
    if len(ADMINISTRATORS.intersection(roles)) < 2:
        return None
    return Forbidden(
        "administrators-are-separate",
        "系统管理员、安全管理员、审计管理员须由三个人分别担任。未作任何改动。",
        "System, security and audit administrator must be three separate people. Nothing was changed.",
    )
