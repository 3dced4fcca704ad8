"""Who comes and goes, as new facts.  Pure: nobody's clock, nobody's database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import msgspec

from telemed.consultation.room.facts import SYSTEM, Fact, Gone, Joined, Released, Stopped, Stopping, Whom
from telemed.consultation.room.refusals import Refusal
from telemed.consultation.room.state import State

THERE = frozenset({"knocking", "present", "reconnecting"})


@dataclass(frozen=True)
class Draft:
    """An event about to be."""

    by: str
    k: str
    d: dict[str, Any]


Outcome = tuple[Draft, ...] | Refusal


def draft(by: str, kind: str, fact: Fact) -> Draft:
    """An event with its data as the log keeps it: every field, in plain values."""
    return Draft(by, kind, cast("dict[str, Any]", msgspec.to_builtins(fact)))


def entering(state: State, person: str, gen: int) -> Outcome:
    """Somebody has come: guests knock until they were let in once, opening the link is knocking; others are there.

    gen: of the device that speaks for them from here on.  Nothing happens to a closed room, which may be looked at.
    """
    member = state.members.get(person)
    if member is None:
        return Refusal("unknown-member")
    if member.st == "denied":
        return Refusal("denied")
    if state.st != "open":
        return ()
    if member.role != "guest" or member.adm:
        return (draft(person, "member.join", Joined(person, gen)), *unagreed(state, person))
    return () if member.st == "knocking" else (draft(person, "member.knock", Whom(person)),)


def losing(state: State, person: str) -> tuple[Draft, ...]:
    """Somebody's link is gone: they are shown as coming back; whoever only waited outside has left."""
    member = state.members.get(person)
    if member is None or state.st != "open":
        return ()
    if member.st == "knocking":
        return leaving(state, SYSTEM, person, "lost")
    return (draft(SYSTEM, "member.reconnecting", Whom(person)),) if member.st == "present" else ()


def leaving(state: State, by: str, person: str, why: Any) -> tuple[Draft, ...]:
    """Somebody goes, and lets go of what they held; nobody leaves twice."""
    member = state.members.get(person)
    if member is None or state.st != "open" or member.st not in THERE:
        return ()
    gone = draft(by, "member.left", Gone(person, why))
    return (*let_go(state, by, person, why), gone, *stopping(state, SYSTEM, "left", person, of=person))


def letting_go(state: State, person: str) -> tuple[Draft, ...]:
    """The presenter's link has been away for too long."""
    return let_go(state, SYSTEM, person, "lost") if state.st == "open" else ()


def let_go(state: State, by: str, person: str, why: Any) -> tuple[Draft, ...]:
    """Nobody presents any more, where this person did."""
    if state.presenter.person != person:
        return ()
    return (draft(by, "presenter.release", Released(state.presenter.pe + 1, why)),)


# --- what ends a recording by itself


def agrees(state: State, person: str) -> bool:
    """Whether somebody's own yes to being recorded stands."""
    consent = state.consents.get(f"recording/{person}")
    return consent is not None and consent.given == 1


def stopping(state: State, by: str, why: Stopping, person: str, *, of: str = "") -> tuple[Draft, ...]:
    """Every recording that runs ends. of: only those that this person has started."""
    running = [id_ for id_, one in sorted(state.recordings.items()) if one.on and of in {"", one.by}]
    return tuple(draft(by, "rec.stop", Stopped(id_, why, person)) for id_ in running)


def unagreed(state: State, person: str) -> tuple[Draft, ...]:
    """Whoever comes in without having agreed is not recorded: what runs ends, with a word about who came."""
    return () if agrees(state, person) else stopping(state, SYSTEM, "came", person)
