"""The reducer: a state and one more event give the next state.  web/src/room/fold.ts is the same function.

It is total: whatever stands in the log was decided before, so nothing is refused here, and a kind that this version
does not know moves seq and at alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from telemed.consultation.room.state import (
    KEPT,
    KEPT_SEGMENTS,
    NEW,
    Chat,
    Consent,
    Event,
    File,
    Line,
    Mark,
    Member,
    Minutes,
    Opinion,
    Piece,
    Presenter,
    Recording,
    Signature,
    State,
    Vital,
    Vitals,
)

Step = Callable[[State, Event], State]
Kept = TypeVar("Kept")


def fold(state: State, event: Event) -> State:
    step = STEPS.get(event.k)
    following = state if step is None else step(state, event)
    return replace(following, seq=event.seq, at=event.at)


def fold_all(events: Iterable[Event], state: State = NEW) -> State:
    for one in events:
        state = fold(state, one)
    return state


def _with(kept: Mapping[str, Kept], key: str, value: Kept) -> dict[str, Kept]:
    return {**kept, key: value}


def _open(state: State, event: Event) -> State:
    return replace(state, st="open", kind=event.d["kind"], host=event.d["host"], mode=event.d["mode"])


def _close(state: State, event: Event) -> State:
    """Nobody presents in a closed room and nothing records; who was in it has left."""
    members = {
        person: replace(one, st="left", since=event.at) if one.st in {"knocking", "present", "reconnecting"} else one
        for person, one in state.members.items()
    }
    recordings = {id_: replace(one, on=0) for id_, one in state.recordings.items()}
    held = state.presenter
    presenter = Presenter(pe=held.pe + (held.person != ""), since=event.at)
    return replace(state, st="closed", why=event.d["why"], members=members, presenter=presenter, recordings=recordings)


def _member(state: State, event: Event, st: str, **more: int) -> State:
    person = event.d["person"]
    known = state.members.get(person, Member("guest"))
    return replace(state, members=_with(state.members, person, replace(known, st=st, since=event.at, **more)))


def _knock(state: State, event: Event) -> State:
    return _member(state, event, "knocking")


def _admit(state: State, event: Event) -> State:
    """Whoever knocks is in the room with that; whoever went meanwhile need not knock again."""
    known = state.members.get(event.d["person"])
    knocking = known is not None and known.st == "knocking"
    st = "present" if knocking else ("absent" if known is None or known.st == "denied" else known.st)
    return _member(state, event, st, adm=1)


def _deny(state: State, event: Event) -> State:
    return _without_request(_member(state, event, "denied", adm=0), event.d["person"])


def _join(state: State, event: Event) -> State:
    return _member(state, event, "present", gen=event.d["gen"], adm=1)


def _reconnecting(state: State, event: Event) -> State:
    return _member(state, event, "reconnecting")


def _left(state: State, event: Event) -> State:
    more = {"adm": 0} if event.d["why"] == "removed" else {}
    return _without_request(_member(state, event, "left", **more), event.d["person"])


def _role(state: State, event: Event) -> State:
    person = event.d["person"]
    known = state.members.get(person)
    role = event.d["role"]
    changed = Member(role, since=event.at) if known is None else replace(known, role=role)
    return replace(state, members=_with(state.members, person, changed))


def _without_request(state: State, person: str) -> State:
    asking = [one for one in state.presenter.requests if one != person]
    return replace(state, presenter=replace(state.presenter, requests=asking))


def _request(state: State, event: Event) -> State:
    asking = state.presenter.requests
    if event.by in asking:
        return state
    return replace(state, presenter=replace(state.presenter, requests=[*asking, event.by]))


def _hold(state: State, event: Event) -> State:
    person = event.d["person"]
    asking = [one for one in state.presenter.requests if one != person]
    return replace(state, presenter=Presenter(person, event.d["pe"], event.at, asking))


def _release(state: State, event: Event) -> State:
    return replace(state, presenter=Presenter("", event.d["pe"], event.at, state.presenter.requests))


def _viewer(state: State, event: Event) -> State:
    return replace(state, viewer={**event.d, "by": event.by, "at": event.at})


def _add_mark(state: State, event: Event) -> State:
    d = event.d
    mark = Mark(
        ver=1,
        author=event.by,
        at=event.at,
        study=d["study"],
        series=d["series"],
        sop=d["sop"],
        frame=d["frame"],
        tool=d["tool"],
        geom=d["geom"],
        world=d["world"],
        label=d["label"],
        value=d["value"],
        unit=d["unit"],
        calib=d["calib"],
    )
    return replace(state, marks=_with(state.marks, d["id"], mark))


def _change_mark(state: State, event: Event) -> State:
    d = event.d
    known = state.marks.get(d["id"])
    if known is None:
        return state
    changed = replace(
        known,
        ver=known.ver + 1,
        at=event.at,
        geom=d["geom"],
        world=d["world"],
        label=d["label"],
        value=d["value"],
        unit=d["unit"],
        calib=d["calib"],
    )
    return replace(state, marks=_with(state.marks, d["id"], changed))


def _remove_mark(state: State, event: Event) -> State:
    """A tombstone, so that a late change of it is told from one of a mark that never was."""
    known = state.marks.get(event.d["id"])
    if known is None or known.gone:
        return state
    blank = replace(
        known, ver=known.ver + 1, at=event.at, geom=[], world=[], label="", value="", unit="", calib="", gone=1
    )
    return replace(state, marks=_with(state.marks, event.d["id"], blank), gone=state.gone + 1)


def _say(state: State, event: Event) -> State:
    return replace(state, chat=Chat(state.chat.n + 1, [*state.chat.last, _line(event)][-KEPT:]))


def _line(event: Event) -> Line:
    return Line(event.seq, event.at, event.by, event.d["text"])


def _file(state: State, event: Event) -> State:
    d = event.d
    added = File(event.at, event.by, d["name"], d["media"], d["size"], d["sha256"])
    return replace(state, files=_with(state.files, d["id"], added))


def _consent(state: State, event: Event) -> State:
    d = event.d
    given = Consent(int(event.k == "consent.given"), d["who"], d["note"], event.by, event.at)
    person = d.get("person", "")
    key = f"{d['scope']}/{person}" if person else d["scope"]
    return replace(state, consents=_with(state.consents, key, given))


def _start(state: State, event: Event) -> State:
    begun = Recording(1, event.by, event.at)
    return replace(state, recordings=_with(state.recordings, event.d["id"], begun))


def _segment(state: State, event: Event) -> State:
    d = event.d
    known = state.recordings.get(d["id"])
    if known is None:
        return state
    piece = Piece(d["n"], d["at"], d["ms"], d["size"], d["sha256"])
    longer = replace(
        known,
        n=known.n + 1,
        ms=known.ms + piece.ms,
        size=known.size + piece.size,
        last=[*known.last, piece][-KEPT_SEGMENTS:],
    )
    return replace(state, recordings=_with(state.recordings, d["id"], longer))


def _stop(state: State, event: Event) -> State:
    d = event.d
    known = state.recordings.get(d["id"])
    if known is None:
        return state
    how = {"off": event.at, "why": d["why"], "person": d["person"]} if "why" in d else {}
    ended = replace(known, on=0, **how)
    return replace(state, recordings=_with(state.recordings, d["id"], ended))


def _vital(state: State, event: Event) -> State:
    d = event.d
    noted = Vital(event.seq, event.at, event.by, d["code"], d["value"], d["unit"], d["note"])
    return replace(state, vitals=Vitals(state.vitals.n + 1, [*state.vitals.last, noted][-KEPT:]))


def _minutes(state: State, event: Event) -> State:
    return replace(state, minutes=Minutes(state.minutes.rev + 1, event.d["text"], event.by, event.at))


def _draft(state: State, event: Event) -> State:
    known = state.opinion
    drafted = Opinion(known.ver + 1, event.d["text"], event.by, event.at, known.signatures, known.addenda)
    return replace(state, opinion=drafted)


def _sign(state: State, event: Event) -> State:
    signed = Signature(event.by, event.at, event.d["ver"], event.d["sha256"])
    known = state.opinion
    return replace(state, opinion=replace(known, signatures=[*known.signatures, signed]))


def _addend(state: State, event: Event) -> State:
    known = state.opinion
    return replace(state, opinion=replace(known, addenda=[*known.addenda, _line(event)]))


def _mode(state: State, event: Event) -> State:
    return replace(state, mode=event.k.partition(".")[2])


STEPS: Mapping[str, Step] = {
    "room.open": _open,
    "room.close": _close,
    "member.knock": _knock,
    "member.admit": _admit,
    "member.deny": _deny,
    "member.join": _join,
    "member.reconnecting": _reconnecting,
    "member.left": _left,
    "member.role": _role,
    "consent.given": _consent,
    "consent.withdrawn": _consent,
    "presenter.request": _request,
    "presenter.grant": _hold,
    "presenter.take": _hold,
    "presenter.release": _release,
    "viewer.key": _viewer,
    "anno.add": _add_mark,
    "anno.upd": _change_mark,
    "anno.del": _remove_mark,
    "chat.msg": _say,
    "file.add": _file,
    "rec.start": _start,
    "rec.segment": _segment,
    "rec.stop": _stop,
    "vitals.note": _vital,
    "minutes.rev": _minutes,
    "opinion.draft": _draft,
    "opinion.sign": _sign,
    "opinion.addend": _addend,
    "mode.video": _mode,
    "mode.audio": _mode,
    "mode.async": _mode,
}


def plain(event: Event) -> dict[str, Any]:
    """What of an event is hashed: everything but the hash."""
    said: dict[str, Any] = {
        "seq": event.seq,
        "epoch": event.epoch,
        "at": event.at,
        "by": event.by,
        "k": event.k,
        "d": event.d,
    }
    return said if event.cid is None else {**said, "device": event.device, "cid": event.cid}
