"""Who somebody is to a consultation. Pure."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from telemed.vocabulary import Principal, Role


class Party(StrEnum):
    INVITER = "inviter"  # 邀请医师, or a physician of the inviting institution in that one's place
    COORDINATOR = "coordinator"  # 远程会诊调度员
    EXPERT = "expert"  # who is asked, or has accepted


def parties(principal: Principal, *, organization_id: UUID, requester_id: UUID, expert_id: UUID | None) -> set[Party]:
    """What this person is to a consultation: several, one or nothing."""
    found: set[Party] = set()
    physician = not principal.roles.isdisjoint({Role.REQUESTER, Role.VILLAGE_DOCTOR})
    if principal.practitioner_id == requester_id or (physician and organization_id in principal.organization_ids):
        found.add(Party.INVITER)
    inside = set(principal.organization_ids)
    if principal.reading_center:
        inside |= principal.community_ids
    if Role.COORDINATOR in principal.roles and organization_id in inside:
        found.add(Party.COORDINATOR)
    if expert_id is not None and principal.practitioner_id == expert_id:
        found.add(Party.EXPERT)
    return found
