"""What a command does to a room: new facts, or a refusal.  Pure: who, what and which images come in as arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from telemed.consultation.room.coming import THERE, Outcome, draft, leaving, let_go, stopping, unagreed
from telemed.consultation.room.facts import (
    SYSTEM,
    Addend,
    Consented,
    Consenting,
    Denied,
    Fact,
    Filed,
    Held,
    Leaving,
    Mark,
    Named,
    Ranked,
    Released,
    Remark,
    Said,
    Segment,
    Signed,
    Text,
    ViewerKey,
    Whom,
)
from telemed.consultation.room.protocol import Command
from telemed.consultation.room.recording import start_recording, stop_recording, take_segment
from telemed.consultation.room.refusals import Refusal
from telemed.consultation.room.state import State

MOST_MARKS = 500  # that stand; tombstones besides
MOST_TOMBSTONES = 1500
MOST_NUMBERS = 40_000  # coordinates of all marks together
MOST_FILES = 200
MOST_MEMBERS = 64
MOST_ADDENDA = 20

ALL = frozenset({"moderator", "expert", "participant", "audience", "guest"})
DOING = frozenset({"moderator", "expert", "participant"})
TALKING = DOING | {"guest"}
MODERATING = frozenset({"moderator"})
LEADING = frozenset({"moderator", "expert"})
WRITING = frozenset({"expert"})

# Who may ask for what over the socket.  Kinds that are not here come from the services of the server alone.
MAY: Mapping[str, frozenset[str]] = {
    "member.admit": DOING,  # a moderator, or the host while none is there
    "member.deny": DOING,
    "member.left": ALL,
    "member.role": MODERATING,
    "consent.given": ALL,  # to being recorded, for oneself; see _consent
    "consent.withdrawn": ALL,
    "presenter.request": DOING,
    "presenter.grant": DOING,
    "presenter.take": DOING,
    "presenter.release": DOING,
    "viewer.key": DOING,
    "anno.add": DOING,
    "anno.upd": DOING,
    "anno.del": DOING,
    "chat.msg": TALKING,
    "rec.start": LEADING,
    "rec.stop": ALL,
    "vitals.note": DOING,
    "minutes.rev": DOING,
    "opinion.draft": WRITING,
    "mode.video": DOING,
    "mode.audio": DOING,
    "mode.async": DOING,
    "room.close": MODERATING,
}


@dataclass(frozen=True)
class Who:
    """Whoever wants something. service: a part of the server asks in this person's name, having checked for itself."""

    person: str
    service: bool = False


@dataclass(frozen=True)
class Image:
    study: str
    sop: str


def names_image(fact: Fact) -> Image | None:
    """The image that a command is about, so that its caller can look whether it is one of the room's."""
    return Image(fact.study, fact.sop) if isinstance(fact, (ViewerKey, Mark)) else None


def decide(
    state: State, who: Who, command: Command, allowed: frozenset[Image] = frozenset(), *, now: int = 0
) -> Outcome:
    """Return what becomes of a command.

    allowed: of the images that the command names those that belong to the room's studies. now: milliseconds UTC.
    """
    if command.k == "rec.segment" and who.service:
        # what was recorded until the room closed may still be on its way
        return take_segment(state, who.person, cast("Segment", command.d), now)
    if state.st != "open":
        return Refusal("room-closed")
    if not who.service:
        refused = _refused(state, who, command.k)
        if refused is not None:
            return refused
    image = names_image(command.d)
    if image is not None and image not in allowed:
        return Refusal("foreign-image")
    return STEPS.get(command.k, _plainly)(state, who, command)


def _refused(state: State, who: Who, kind: str) -> Refusal | None:
    may = MAY.get(kind)
    if may is None or (kind == "room.close" and state.kind == "consultation"):
        return Refusal("not-by-socket")
    member = state.members.get(who.person)
    if member is None or member.st != "present":
        return Refusal("not-present")
    return None if member.role in may else Refusal("role-may-not")


def _plainly(_state: State, who: Who, command: Command) -> Outcome:
    return (draft(who.person, command.k, command.d),)


def _is(state: State, person: str, *roles: str) -> bool:
    member = state.members.get(person)
    return member is not None and member.role in roles


def _moderates(state: State, who: Who) -> bool:
    """A moderator does; so does the host while no moderator is there."""
    if who.service or _is(state, who.person, "moderator"):
        return True
    moderators = any(one.role == "moderator" and one.st == "present" for one in state.members.values())
    return who.person == state.host and not moderators


# --- who is there


def _admit(state: State, who: Who, command: Command) -> Outcome:
    person = cast("Whom | Denied", command.d).person
    member = state.members.get(person)
    if not _moderates(state, who):
        return Refusal("role-may-not")
    if member is None:
        return Refusal("unknown-member")
    # staff who were taken out come in again by being added again, whatever a moderator would
    denied_meanwhile = command.k == "member.admit" and member.st == "denied" and member.role == "guest"
    if member.st != "knocking" and not (denied_meanwhile or who.service):
        return Refusal("not-knocking")
    comes_in = command.k == "member.admit" and member.st == "knocking"
    return (draft(who.person, command.k, command.d), *(unagreed(state, person) if comes_in else ()))


def _leave(state: State, who: Who, command: Command) -> Outcome:
    asked = cast("Leaving", command.d).person
    person = asked or who.person
    if person != who.person and not (who.service or _is(state, who.person, "moderator")):
        return Refusal("role-may-not")
    member = state.members.get(person)
    if member is None:
        return Refusal("unknown-member")
    if member.st not in THERE:
        return Refusal("not-there")
    return leaving(state, who.person, person, "left" if person == who.person else "removed")


def _rank(state: State, who: Who, command: Command) -> Outcome:
    asked = cast("Ranked", command.d)
    member = state.members.get(asked.person)
    if member is None and not who.service:
        return Refusal("unknown-member")
    if member is None and len(state.members) >= MOST_MEMBERS:
        return Refusal("too-many")
    if member is not None and member.role == "audience" and asked.role != "audience" and not who.service:
        return Refusal("not-by-socket")  # who speaks and marks is a question of agreements and licences
    moderators = [person for person, one in state.members.items() if one.role == "moderator"]
    if asked.role != "moderator" and moderators == [asked.person]:
        return Refusal("last-moderator")
    said = draft(who.person, command.k, asked)
    ended = () if asked.role in LEADING else stopping(state, SYSTEM, "left", asked.person, of=asked.person)
    if asked.role in DOING:
        return (said, *ended)
    return (*let_go(state, who.person, asked.person, "removed"), said, *ended)


# --- who presents


def _based_on(state: State, command: Command) -> Refusal | None:
    """Whoever hands over or takes says which presenter they saw, so that of two at once one is told."""
    if command.base is None:
        return Refusal("base-needed")
    if command.base != state.presenter.pe:
        return Refusal("stale-presenter", {"pe": state.presenter.pe, "person": state.presenter.person})
    return None


def _ask(state: State, who: Who, command: Command) -> Outcome:
    if state.presenter.person == who.person:
        return Refusal("presenter-held")
    return (draft(who.person, command.k, command.d),)


def _grant(state: State, who: Who, command: Command) -> Outcome:
    person = cast("Whom", command.d).person
    if state.presenter.person != who.person and not _moderates(state, who):
        return Refusal("role-may-not")
    stale = _based_on(state, command)
    if stale is not None:
        return stale
    member = state.members.get(person)
    if member is None:
        return Refusal("unknown-member")
    if member.st != "present":
        return Refusal("not-there")
    if member.role not in DOING:
        return Refusal("role-may-not")
    return (draft(who.person, command.k, Held(person, state.presenter.pe + 1)),)


def _take(state: State, who: Who, command: Command) -> Outcome:
    stale = _based_on(state, command)
    if stale is not None:
        return stale
    held = state.presenter.person
    if held not in {"", who.person} and not _is(state, who.person, "moderator", "expert"):
        return Refusal("presenter-held", {"person": held})
    return (draft(who.person, command.k, Held(who.person, state.presenter.pe + 1)),)


def _release(state: State, who: Who, command: Command) -> Outcome:
    stale = _based_on(state, command)
    if stale is not None:
        return stale
    if state.presenter.person == "":
        return Refusal("not-presenter")
    if state.presenter.person != who.person and not _moderates(state, who):
        return Refusal("role-may-not")
    return (draft(who.person, command.k, Released(state.presenter.pe + 1, "released")),)


def _show(state: State, who: Who, command: Command) -> Outcome:
    asked = cast("ViewerKey", command.d)
    if asked.pe != state.presenter.pe:
        return Refusal("stale-presenter", {"pe": state.presenter.pe, "person": state.presenter.person})
    if state.presenter.person != who.person:
        return Refusal("not-presenter", {"person": state.presenter.person})
    return (draft(who.person, command.k, asked),)


# --- marks


def _numbers(state: State, besides: str = "") -> int:
    return sum(len(one.geom) + len(one.world) for id_, one in state.marks.items() if id_ != besides)


def _add_mark(state: State, who: Who, command: Command) -> Outcome:
    asked = cast("Mark", command.d)
    if asked.id in state.marks:
        return Refusal("mark-exists", {"ver": state.marks[asked.id].ver})
    if len(asked.geom) % 2 or len(asked.world) % 3:
        return Refusal("odd-points")
    full = len(state.marks) - state.gone >= MOST_MARKS or state.gone > MOST_TOMBSTONES
    if full or _numbers(state) + len(asked.geom) + len(asked.world) > MOST_NUMBERS:
        return Refusal("too-many")
    return (draft(who.person, command.k, asked),)


def _touch_mark(state: State, who: Who, command: Command) -> Outcome:
    asked = cast("Remark | Named", command.d)
    mark = state.marks.get(asked.id)
    if mark is None:
        return Refusal("unknown-mark")
    if mark.gone:
        return Refusal("mark-gone", {"ver": mark.ver})
    if mark.author != who.person and not _is(state, who.person, "moderator"):
        return Refusal("not-yours")
    if command.base is None:
        return Refusal("base-needed", {"ver": mark.ver})
    if command.base != mark.ver:
        return Refusal("stale-version", {"ver": mark.ver})
    if isinstance(asked, Remark):
        if len(asked.geom) % 2 or len(asked.world) % 3:
            return Refusal("odd-points")
        if _numbers(state, asked.id) + len(asked.geom) + len(asked.world) > MOST_NUMBERS:
            return Refusal("too-many")
    return (draft(who.person, command.k, asked),)


# --- what is said and written


def _say(_state: State, who: Who, command: Command) -> Outcome:
    asked = cast("Said", command.d)
    if not asked.text.strip():
        return Refusal("blank")
    return (draft(who.person, command.k, asked),)


def _file(state: State, who: Who, command: Command) -> Outcome:
    asked = cast("Filed", command.d)
    if asked.id in state.files:
        return Refusal("file-known")
    if len(state.files) >= MOST_FILES:
        return Refusal("too-many")
    return (draft(who.person, command.k, asked),)


def _consent(state: State, who: Who, command: Command) -> Outcome:
    """Everybody for themselves; for the patient's side who moderates writes down who agreed, and how.

    A recording ends with the consent to it.
    """
    asked = cast("Consenting", command.d)
    own = asked.who == "participant"
    given = command.k == "consent.given"
    if not who.service and not (own and asked.scope == "recording") and not _is(state, who.person, *TALKING):
        return Refusal("role-may-not")
    if asked.scope == "recording" and given and not own:
        if not _moderates(state, who):
            return Refusal("role-may-not")
        if not asked.note.strip():
            return Refusal("blank")
    said = Consented(asked.scope, asked.who, asked.note, who.person if own else "")
    ends = asked.scope == "recording" and not given
    return (draft(who.person, command.k, said), *(stopping(state, SYSTEM, "withdrawn", who.person) if ends else ()))


def _record(state: State, who: Who, command: Command) -> Outcome:
    return start_recording(state, who.person, cast("Named", command.d))


def _stop(state: State, who: Who, command: Command) -> Outcome:
    return stop_recording(state, who.person, cast("Named", command.d))


def _revise(state: State, who: Who, command: Command) -> Outcome:
    standing = state.minutes.rev if command.k == "minutes.rev" else state.opinion.ver
    if command.k == "opinion.draft" and state.opinion.signatures:
        return Refusal("opinion-signed", {"ver": standing})
    if command.base is None:
        return Refusal("base-needed", {"ver": standing})
    if command.base != standing:
        return Refusal("stale-version", {"ver": standing})
    return (draft(who.person, command.k, cast("Text", command.d)),)


def _sign(state: State, who: Who, command: Command) -> Outcome:
    asked = cast("Signed", command.d)
    if state.opinion.ver == 0 or asked.ver != state.opinion.ver:
        return Refusal("nothing-to-sign", {"ver": state.opinion.ver})
    if any(one.by == who.person for one in state.opinion.signatures):
        return Refusal("opinion-signed", {"ver": state.opinion.ver})
    return (draft(who.person, command.k, asked),)


def _addend(state: State, who: Who, command: Command) -> Outcome:
    asked = cast("Addend", command.d)
    if not state.opinion.signatures:
        return Refusal("nothing-to-sign", {"ver": state.opinion.ver})
    if len(state.opinion.addenda) >= MOST_ADDENDA:
        return Refusal("too-many")
    if not asked.text.strip():
        return Refusal("blank")
    return (draft(who.person, command.k, asked),)


def _open(_state: State, _who: Who, _command: Command) -> Outcome:
    return Refusal("room-open")


def _close(state: State, who: Who, command: Command) -> Outcome:
    return (*stopping(state, SYSTEM, "closed", ""), draft(who.person, command.k, command.d))


STEPS: Mapping[str, Callable[[State, Who, Command], Outcome]] = {
    "room.open": _open,
    "room.close": _close,
    "member.admit": _admit,
    "member.deny": _admit,
    "member.left": _leave,
    "member.role": _rank,
    "presenter.request": _ask,
    "presenter.grant": _grant,
    "presenter.take": _take,
    "presenter.release": _release,
    "viewer.key": _show,
    "anno.add": _add_mark,
    "anno.upd": _touch_mark,
    "anno.del": _touch_mark,
    "chat.msg": _say,
    "file.add": _file,
    "consent.given": _consent,
    "consent.withdrawn": _consent,
    "rec.start": _record,
    "rec.stop": _stop,
    "minutes.rev": _revise,
    "opinion.draft": _revise,
    "opinion.sign": _sign,
    "opinion.addend": _addend,
}
