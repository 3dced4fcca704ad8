"""检查拆分 and 归属更正: one person proposes, another confirms. Pure (tests/spec/correction_states.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    SPLIT = "split"  # 检查拆分
    REASSIGNMENT = "reassignment"  # 归属更正


@dataclass(frozen=True, slots=True)
class Proposal:
    """What every state carries. by: who proposed it."""

    id: UUID
    study_id: UUID
    organization_id: UUID
    kind: Kind
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Proposed:
    """待确认."""

    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Confirmed:
    """已确认: it has been done."""

    proposal: Proposal
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """未同意: the second person says that it is not so."""

    proposal: Proposal
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """已撤回: by the one who proposed it."""

    proposal: Proposal
    by: UUID
    at: datetime


Settled = Confirmed | Rejected | Withdrawn
State = Proposed | Settled
WORDS: dict[type[State], str] = {
    Proposed: "proposed",
    Confirmed: "confirmed",
    Rejected: "rejected",
    Withdrawn: "withdrawn",
}


class Refusal(StrEnum):
    FOUR_EYES = "four-eyes"
    NOT_THE_PROPOSER = "not-the-proposer"


def confirm(state: Proposed, by: UUID, at: datetime) -> Confirmed | Refusal:
    """Another person than the proposer agrees."""
    return Refusal.FOUR_EYES if by == state.proposal.by else Confirmed(state.proposal, by, at)


def reject(state: Proposed, by: UUID, at: datetime) -> Rejected | Refusal:
    """Another person than the proposer disagrees."""
    return Refusal.FOUR_EYES if by == state.proposal.by else Rejected(state.proposal, by, at)


def withdraw(state: Proposed, by: UUID, at: datetime) -> Withdrawn | Refusal:
    """The proposer takes it back."""
    return Withdrawn(state.proposal, by, at) if by == state.proposal.by else Refusal.NOT_THE_PROPOSER


def word(state: State) -> str:
    """The stable word of a state, as stored and sent."""
    return WORDS[type(state)]
