"""影像问题: a doctor's reason T… about a result, from the click to the producer's answer. Pure.

It reaches the producing member only once the quality officer has confirmed it, and never with the doctor's name
(practice 7).  The table of states: tests/spec/ticket_states.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from telemed.errors import Conflict, Invalid
from telemed.recognition.reasons import REASONS, SYSTEM

LONGEST_NOTE = 1000


class TicketState(StrEnum):
    PENDING = "pending"  # 待确认
    CONFIRMED = "confirmed"  # 已转机构
    DISMISSED = "dismissed"  # 不成立
    RETRACTED = "retracted"  # 医师已撤回
    HANDLED = "handled"  # 机构已处理
    CONTESTED = "contested"  # 机构有异议


class Command(StrEnum):
    CONFIRM = "confirm"
    DISMISS = "dismiss"
    UPHOLD = "uphold"
    RETRACT = "retract"
    HANDLE = "handle"
    CONTEST = "contest"


class By(StrEnum):
    """Who acts: the quality officer, the producing member, or the registry when the doctor took the reason back."""

    OFFICER = "officer"
    PRODUCER = "producer"
    REGISTRY = "registry"


TRANSITIONS: Mapping[tuple[TicketState, Command, By], TicketState] = MappingProxyType(
    {
        (TicketState.PENDING, Command.CONFIRM, By.OFFICER): TicketState.CONFIRMED,
        (TicketState.PENDING, Command.DISMISS, By.OFFICER): TicketState.DISMISSED,
        (TicketState.PENDING, Command.RETRACT, By.REGISTRY): TicketState.RETRACTED,
        (TicketState.CONFIRMED, Command.HANDLE, By.PRODUCER): TicketState.HANDLED,
        (TicketState.CONFIRMED, Command.CONTEST, By.PRODUCER): TicketState.CONTESTED,
        (TicketState.CONTESTED, Command.UPHOLD, By.OFFICER): TicketState.CONFIRMED,
        (TicketState.CONTESTED, Command.DISMISS, By.OFFICER): TicketState.DISMISSED,
    }
)
#: What has to say why.
_WITH_NOTE = frozenset({Command.DISMISS, Command.UPHOLD, Command.HANDLE, Command.CONTEST})
#: What the producing member never sees.
HIDDEN = frozenset({TicketState.PENDING, TicketState.RETRACTED})


def admitted(state: TicketState, by: By) -> tuple[Command, ...]:
    """What somebody may do with a ticket as it stands."""
    return tuple(command for (at, command, who) in TRANSITIONS if at is state and who is by)


def after(state: TicketState, command: Command, by: By, note: str) -> TicketState:
    """Where a command leaves a ticket.

    Raises Conflict where it does not stand so or is another's to give, Invalid where a note is missing.
    """
    to = TRANSITIONS.get((state, command, by))
    if to is None:
        raise Conflict(
            "ticket-moved-on",
            "该影像问题已有变化，未作任何改动。请刷新后再看。",
            "This issue has moved on meanwhile. Nothing was changed; look at it again.",
        )
    if command in _WITH_NOTE and not note.strip():
        raise Invalid(
            "ticket-note-missing",
            "请写明情况。未作任何改动。",
            "Say why, or what was done. Nothing was changed.",
        )
    return to


def opens(outcome: str, system: str, code: str) -> bool:
    """Whether what a doctor said of a card is about the images: one of the reasons T… of the list."""
    reason = REASONS.get(code) if system == SYSTEM else None
    return outcome == "overridden" and reason is not None and reason.group == "image"
