"""A consultation's states as frozen records and its transitions as functions. Pure (tests/spec/consultation_states.md).

Words beside the own ones are FHIR R4 Task.status.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID


class Kind(StrEnum):
    IMAGE_TEXT = "image-text"  # 图文会诊(非实时)
    VIDEO = "video"  # 视频会诊


class Urgency(StrEnum):
    """How soon somebody has to accept (18 core systems; model/clocks.py)."""

    IMMEDIATE = "immediate"  # 特急
    URGENT = "urgent"  # 急
    ROUTINE = "routine"  # 普通


class Purpose(StrEnum):
    DIAGNOSIS = "diagnosis"  # 诊断
    TREATMENT = "treatment"  # 治疗
    REFERRAL = "referral"  # 转诊
    SURGERY = "surgery"  # 手术


class Into(StrEnum):
    """What a consultation is turned into where another service answers better."""

    REFERRAL = "referral"  # 转诊
    REMOTE_READING = "remote-reading"  # 远程诊断


class Verdict(StrEnum):
    """What the inviting physician makes of the opinion: the decision is the inviting side's (国卫医发〔2018〕25号)."""

    ADOPTED = "adopted"  # 采纳
    PARTLY = "partly"  # 部分采纳
    NOT_ADOPTED = "not-adopted"  # 未采纳


@dataclass(frozen=True, slots=True)
class Case:
    """What every state carries. requester_id: the inviting physician. organization_id: the inviting institution."""

    id: UUID
    organization_id: UUID
    requester_id: UUID
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked to accept: the expert at an institution, as which line of duty (0: chosen by name), until when."""

    expert_id: UUID
    organization_id: UUID
    line: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Expert:
    """Who has accepted, and where that person works."""

    expert_id: UUID
    organization_id: UUID


@dataclass(frozen=True, slots=True)
class Draft:
    """草稿."""

    case: Case


@dataclass(frozen=True, slots=True)
class Submitted:
    """待分诊: nobody is asked yet, or nobody who was asked has accepted."""

    case: Case


@dataclass(frozen=True, slots=True)
class Incomplete:
    """待补充资料. asked: who goes on when it is answered; None: the coordinator. accepted: that one had accepted."""

    case: Case
    asked: Expert | None


@dataclass(frozen=True, slots=True)
class Offered:
    """待接诊: one expert is asked, and the clock runs."""

    case: Case
    asked: Asked


@dataclass(frozen=True, slots=True)
class Accepted:
    """已接诊."""

    case: Case
    expert: Expert


@dataclass(frozen=True, slots=True)
class Scheduled:
    """已预约. minutes: how long the room is kept."""

    case: Case
    expert: Expert
    starts_at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class InSession:
    """会诊中."""

    case: Case
    expert: Expert


@dataclass(frozen=True, slots=True)
class Missed:
    """未到: somebody did not come at the appointed time."""

    case: Case
    expert: Expert


@dataclass(frozen=True, slots=True)
class Failed:
    """技术故障: the line failed; an answer by telephone may have been recorded."""

    case: Case
    expert: Expert


@dataclass(frozen=True, slots=True)
class Returned:
    """已回复: the opinion is signed and is with the inviting physician."""

    case: Case
    expert: Expert


@dataclass(frozen=True, slots=True)
class Decided:
    """已决定: the inviting physician has said what becomes of the opinion; consent may still be owed."""

    case: Case
    expert: Expert
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Archived:
    """已归档, on both sides."""

    case: Case
    expert: Expert


@dataclass(frozen=True, slots=True)
class Declined:
    """已谢绝."""

    case: Case


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """已撤回."""

    case: Case


@dataclass(frozen=True, slots=True)
class Converted:
    """已转办."""

    case: Case
    into: Into


Ended = Archived | Declined | Withdrawn | Converted
State = (
    Draft
    | Submitted
    | Incomplete
    | Offered
    | Accepted
    | Scheduled
    | InSession
    | Missed
    | Failed
    | Returned
    | Decided
    | Ended
)
#: The stable word of a state, as stored and sent.
WORDS: Mapping[type[State], str] = MappingProxyType(
    {
        Draft: "draft",
        Submitted: "submitted",
        Incomplete: "incomplete",
        Offered: "offered",
        Accepted: "accepted",
        Scheduled: "scheduled",
        InSession: "in-session",
        Missed: "missed",
        Failed: "failed",
        Returned: "returned",
        Decided: "decided",
        Archived: "archived",
        Declined: "declined",
        Withdrawn: "withdrawn",
        Converted: "converted",
    }
)
#: FHIR R4 Task.status of each.
TASK_STATUS: Mapping[type[State], str] = MappingProxyType(
    {
        Draft: "draft",
        Submitted: "requested",
        Incomplete: "on-hold",
        Offered: "received",
        Accepted: "accepted",
        Scheduled: "accepted",
        InSession: "in-progress",
        Missed: "on-hold",
        Failed: "on-hold",
        Returned: "completed",
        Decided: "completed",
        Archived: "completed",
        Declined: "rejected",
        Withdrawn: "cancelled",
        Converted: "cancelled",
    }
)


class Refusal(StrEnum):
    """Why a step is not taken; nothing is changed then."""

    NOT_NOW = "consultation-state"  # the state does not admit it
    NOT_ASKED = "not-the-expert"  # another expert is asked, or has accepted
    REASON_NEEDED = "reason-needed"


S = TypeVar("S")
Step = S | Refusal


def submit(state: State) -> Step[Submitted]:
    """The inviting physician sends it."""
    return Submitted(state.case) if isinstance(state, Draft) else Refusal.NOT_NOW


def offer(state: State, asked: Asked) -> Step[Offered]:
    """One expert is asked: by the coordinator, or as the next in line; whoever was asked before is no more."""
    if isinstance(state, Submitted | Offered | Accepted | Scheduled | Missed | Failed):
        return Offered(state.case, asked)
    return Refusal.NOT_NOW


def accept(state: State, expert_id: UUID) -> Step[Accepted]:
    """The expert who is asked accepts; the first answer wins."""
    if not isinstance(state, Offered):
        return Refusal.NOT_NOW
    if state.asked.expert_id != expert_id:
        return Refusal.NOT_ASKED
    return Accepted(state.case, Expert(expert_id, state.asked.organization_id))


def refuse(state: State, expert_id: UUID) -> Step[Submitted]:
    """The expert who is asked cannot; the service asks the next in line, the coordinator where there is none."""
    if not isinstance(state, Offered):
        return Refusal.NOT_NOW
    return Submitted(state.case) if state.asked.expert_id == expert_id else Refusal.NOT_ASKED


def lapse(state: State, now: datetime) -> Step[Submitted]:
    """The clock has run out unanswered."""
    if not isinstance(state, Offered) or now < state.asked.due_at:
        return Refusal.NOT_NOW
    return Submitted(state.case)


def ask(state: State) -> Step[Incomplete]:
    """The coordinator or the expert needs more to go on."""
    match state:
        case Submitted(case):
            return Incomplete(case, None)
        case Offered(case, asked):
            return Incomplete(case, Expert(asked.expert_id, asked.organization_id))
        case Accepted(case, expert) | Scheduled(case, expert) | InSession(case, expert):
            return Incomplete(case, expert)
        case _:
            return Refusal.NOT_NOW


def inform(state: State) -> Step[Submitted | Accepted]:
    """The inviting physician answers; whoever asked goes on.

    An expert who asked has looked into the case and is taken to have accepted it.
    """
    if not isinstance(state, Incomplete):
        return Refusal.NOT_NOW
    return Submitted(state.case) if state.asked is None else Accepted(state.case, state.asked)


def schedule(state: State, starts_at: datetime, minutes: int) -> Step[Scheduled]:
    """A time is agreed on, or another one."""
    if isinstance(state, Accepted | Scheduled | Missed | Failed):
        return Scheduled(state.case, state.expert, starts_at, minutes)
    return Refusal.NOT_NOW


def begin(state: State) -> Step[InSession]:
    """The session opens, or opens again after a failure."""
    if isinstance(state, Accepted | Scheduled | Failed):
        return InSession(state.case, state.expert)
    return Refusal.NOT_NOW


def miss(state: State) -> Step[Missed]:
    """Somebody did not come."""
    return Missed(state.case, state.expert) if isinstance(state, Scheduled) else Refusal.NOT_NOW


def fail(state: State) -> Step[Failed]:
    """The line failed."""
    if isinstance(state, Scheduled | InSession):
        return Failed(state.case, state.expert)
    return Refusal.NOT_NOW


def sign(state: State, expert_id: UUID) -> Step[Returned]:
    """The expert's opinion is signed and goes back."""
    if not isinstance(state, InSession | Failed):
        return Refusal.NOT_NOW
    return Returned(state.case, state.expert) if state.expert.expert_id == expert_id else Refusal.NOT_ASKED


def decide(state: State, verdict: Verdict, reason: str) -> Step[Decided]:
    """The inviting physician decides; what is not adopted as it stands says why."""
    if not isinstance(state, Returned):
        return Refusal.NOT_NOW
    if verdict is not Verdict.ADOPTED and not reason:
        return Refusal.REASON_NEEDED
    return Decided(state.case, state.expert, verdict)


def archive(state: State, *, consented: bool) -> Step[Archived]:
    """Both sides keep it, once nothing is owed any more."""
    if isinstance(state, Decided) and consented:
        return Archived(state.case, state.expert)
    return Refusal.NOT_NOW


def decline(state: State, reason: str) -> Step[Declined]:
    """The coordinator says that nobody answers this."""
    if not isinstance(state, Submitted | Incomplete | Offered):
        return Refusal.NOT_NOW
    return Declined(state.case) if reason else Refusal.REASON_NEEDED


def withdraw(state: State, reason: str) -> Step[Withdrawn]:
    """The inviting physician takes it back; a draft needs no reason."""
    if not isinstance(state, Draft | Submitted | Incomplete | Offered | Accepted | Scheduled | Missed | Failed):
        return Refusal.NOT_NOW
    return Withdrawn(state.case) if reason or isinstance(state, Draft) else Refusal.REASON_NEEDED


def convert(state: State, into: Into, reason: str) -> Step[Converted]:
    """Another service answers this better."""
    if not isinstance(state, Submitted | Incomplete | Offered | Accepted | Scheduled | InSession | Missed | Failed):
        return Refusal.NOT_NOW
    return Converted(state.case, into) if reason else Refusal.REASON_NEEDED


def word(state: State) -> str:
    return WORDS[type(state)]
