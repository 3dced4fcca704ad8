"""A case of the teaching file: what may be done with it, in which state, by whom. Pure.

tests/spec/teaching_states.md says the same; a test walks it on a real database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    COPYING = "copying"  # the copies are being made
    PREPARED = "prepared"  # they are there: the proposer looks
    SUBMITTED = "submitted"  # before the second person
    RELEASED = "released"  # everybody reads it
    REFUSED = "refused"  # the second person said why; the proposer mends it
    WITHDRAWN = "withdrawn"
    FAILED = "failed"  # no image of it can be copied


class Command(StrEnum):
    LOOK = "look"  # say of images that there is no text in them, or leave them out
    EDIT = "edit"
    SUBMIT = "submit"
    RELEASE = "release"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


class Person(StrEnum):
    PROPOSER = "proposer"
    SECOND = "second"  # may release, and has not proposed it


class Refusal(StrEnum):
    NOT_NOW = "not-now"
    NOT_YOURS = "not-yours"
    UNDECIDED = "undecided"  # an image that was flagged is still to be looked at
    NO_IMAGE = "no-image"
    NO_REASON = "no-reason"


@dataclass(frozen=True, slots=True)
class Images:
    """undecided: flagged and not looked at.  kept: that would be released."""

    undecided: int
    kept: int


_PROPOSER, _SECOND = frozenset({Person.PROPOSER}), frozenset({Person.SECOND})
_MENDED: Mapping[Command, tuple[frozenset[Person], State | None]] = {
    Command.LOOK: (_PROPOSER, None),
    Command.EDIT: (_PROPOSER, None),
    Command.SUBMIT: (_PROPOSER, State.SUBMITTED),
    Command.WITHDRAW: (_PROPOSER, State.WITHDRAWN),
}
_TAKEN_BACK: Mapping[Command, tuple[frozenset[Person], State | None]] = {
    Command.WITHDRAW: (_PROPOSER, State.WITHDRAWN),
}
#: By state and command: who may, and what comes of it; None stays as it is.
TABLE: Mapping[State, Mapping[Command, tuple[frozenset[Person], State | None]]] = MappingProxyType(
    {
        State.COPYING: _TAKEN_BACK,
        State.PREPARED: _MENDED,
        State.REFUSED: _MENDED,
        State.FAILED: _TAKEN_BACK,
        State.SUBMITTED: {
            Command.RELEASE: (_SECOND, State.RELEASED),
            Command.REFUSE: (_SECOND, State.REFUSED),
            Command.WITHDRAW: (_PROPOSER, State.WITHDRAWN),
        },
        State.RELEASED: {Command.WITHDRAW: (_PROPOSER | _SECOND, State.WITHDRAWN)},
        State.WITHDRAWN: {},
    }
)
#: Commands that say why.
_REASONED = frozenset({Command.REFUSE, Command.WITHDRAW})


def step(state: State, command: Command, persons: frozenset[Person], images: Images, reason: str) -> State | Refusal:
    """The state after a command, or why it is not taken.  persons: what whoever gives it is to the case."""
    admitted = TABLE[state].get(command)
    if admitted is None:
        return Refusal.NOT_NOW
    who, after = admitted
    if persons.isdisjoint(who):
        return Refusal.NOT_YOURS
    if command in _REASONED and not reason.strip():
        return Refusal.NO_REASON
    if command in (Command.SUBMIT, Command.RELEASE):
        if images.undecided:
            return Refusal.UNDECIDED
        if not images.kept:
            return Refusal.NO_IMAGE
    return state if after is None else after


def persons(*, proposed: bool, releases: bool) -> frozenset[Person]:
    """What somebody is to a case.  releases: whether the policy lets them release cases of its institution."""
    if proposed:
        return _PROPOSER
    return _SECOND if releases else frozenset()
