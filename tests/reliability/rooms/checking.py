"""What must hold of a room once it is quiet, told from its log, from what was kept of it and from what pages were told.

Nothing is asked here: everything that is looked at stands in `Evidence`, so that a test can spoil it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from telemed.consultation.room.fold import fold
from telemed.consultation.room.spelling import canonical
from telemed.consultation.room.state import NEW, Event, State, read
from telemed.consultation.room.store import chained, seed
from tests.reliability.rooms.page import Told

GHOST = 20_000  # milliseconds for which somebody who is gone may be shown as present
HANDS = {"presenter.grant", "presenter.take", "presenter.release"}


@dataclass(frozen=True)
class Evidence:
    """kept, hash: of the room's row. states: by page, of those that are in. fresh: of somebody who has just come in.

    doubled: (device, cid) that reached a server twice from one sending. until: milliseconds at the end.
    """

    room: UUID
    events: Sequence[Event]
    kept: str
    hash: str
    told: Sequence[Told]
    states: Mapping[str, str]
    fresh: str
    doubled: frozenset[tuple[str, str]]
    until: int


def broken(evidence: Evidence) -> list[str]:
    """Every invariant that does not hold, in words."""
    return [f"{name}: {what}" for name, check in CHECKS.items() for what in check(evidence)]


def _by_command(evidence: Evidence) -> dict[tuple[str, str], list[Event]]:
    found: dict[tuple[str, str], list[Event]] = {}
    for one in evidence.events:
        if one.device is not None and one.cid is not None:
            found.setdefault((one.device, one.cid), []).append(one)
    return found


def _lost(evidence: Evidence) -> Iterable[str]:
    applied = _by_command(evidence)
    for told in evidence.told:
        for cid, seqs in told.granted.items():
            there = applied.get((told.device, cid), [])
            sent = told.sent[cid]
            if not {one.seq for one in there} >= seqs:
                yield f"{told.device} {cid} ({sent.k}) was granted as {sorted(seqs)} and is not there"
            for one in there:
                as_sent = sent.k in HANDS or sent.k == "member.left" or all(one.d[key] == sent.d[key] for key in sent.d)
                if (one.by, one.k) != (told.person, sent.k) or not as_sent:
                    yield f"{told.device} {cid} ({sent.k}) stands in the log as something else at {one.seq}"


def _twice(evidence: Evidence) -> Iterable[str]:
    for (device, cid), there in _by_command(evidence).items():
        if len(there) > 1:
            yield f"{device} {cid} at {[one.seq for one in there]}"
    for told in evidence.told:
        yield from (f"{told.device} {cid} granted as {seqs}" for cid, seqs in told.granted.items() if len(seqs) > 1)
    said = Counter(one.d["text"] for one in evidence.events if one.k == "chat.msg")
    yield from (f"{text!r} was said {times} times" for text, times in said.items() if times > 1)


def _from_nowhere(evidence: Evidence) -> Iterable[str]:
    """A refusal that reached the page is final, unless the same command was sent or carried more than once."""
    sent = {(told.device, cid): (told, one) for told in evidence.told for cid, one in told.sent.items()}
    for command in _by_command(evidence):
        if command not in sent:
            yield f"{command} was done and never sent"
            continue
        told, one = sent[command]
        refused = told.refused.get(one.cid)
        if refused is not None and one.times == 1 and command not in evidence.doubled:
            yield f"{command} was refused ({refused}) and done"


def _presenters(evidence: Evidence) -> Iterable[str]:
    """One at a time, each with a number above the last, and nobody else shows anything."""
    person, pe = "", 0
    for one in evidence.events:
        if one.k in HANDS:
            if one.d["pe"] <= pe:
                yield f"presenter {one.d['pe']} after {pe} at {one.seq}"
            pe, person = one.d["pe"], one.d.get("person", "")
        elif one.k == "viewer.key" and (one.by, one.d["pe"]) != (person, pe):
            yield f"{one.by} showed something as presenter {one.d['pe']} at {one.seq}; it was {person} as {pe}"


def _order(evidence: Evidence) -> Iterable[str]:
    seqs = [one.seq for one in evidence.events]
    if seqs != list(range(1, len(seqs) + 1)):
        yield "the log has a gap or an event twice"
    if any(late.at < early.at for early, late in zip(evidence.events, evidence.events[1:], strict=False)):
        yield "time goes back"


def _chain(evidence: Evidence) -> Iterable[str]:
    before = seed(evidence.room)
    for one in evidence.events:
        before = chained(before, one)
        if before.hex() != one.h:
            yield f"event {one.seq} is not what its hash says"
            return
    if before.hex() != evidence.hash:
        yield "the room's hash is not that of its log"


def _alike(evidence: Evidence) -> Iterable[str]:
    state: State = NEW
    for one in evidence.events:
        state = fold(state, one)
    if canonical(state).decode() != evidence.kept:
        yield "the kept state is not the fold of the log"
    if evidence.fresh != evidence.kept:
        yield "who comes in anew is shown something else than is kept"
    yield from (f"{page} shows another state" for page, shown in evidence.states.items() if shown != evidence.fresh)


def _rosters(evidence: Evidence) -> Iterable[str]:
    kept = read(evidence.kept).members
    yield from (
        f"{page} sees other people: {shown.members}"
        for page, text in evidence.states.items()
        if (shown := read(text)).members != kept
    )
    there = {person for person, one in kept.items() if one.st == "present"}
    speaking = {told.person for told in evidence.told if told.device in evidence.states}
    if there != speaking:
        yield f"present are said to be {sorted(there)}, linked are {sorted(speaking)}"


def silences(told: Iterable[Told]) -> list[tuple[float, float]]:
    """When none of somebody's pages was linked."""
    common: list[tuple[float, float]] = [(0, float("inf"))]
    for one in told:
        both = [(max(a, c), min(b, d)) for a, b in common for c, d in one.silent]
        common = [(since, until) for since, until in both if since < until]
    return common


def _ghosts(evidence: Evidence) -> Iterable[str]:
    for person in sorted({one.person for one in evidence.told}):
        for since, until in silences(one for one in evidence.told if one.person == person):
            latest = since + GHOST
            if since == 0 or min(until, evidence.until) < latest:
                continue
            state: State = NEW
            for one in evidence.events:
                if one.at <= latest:
                    state = fold(state, one)
            if state.members[person].st == "present":
                yield f"{person} was gone from {since:.0f} and is shown as present {GHOST} ms later"


def _heard(evidence: Evidence) -> Iterable[str]:
    return (f"{told.device}: {fault}" for told in evidence.told for fault in told.faults)


CHECKS: Mapping[str, Callable[[Evidence], Iterable[str]]] = {
    "granted and lost": _lost,
    "done twice": _twice,
    "done unasked": _from_nowhere,
    "presenter": _presenters,
    "order": _order,
    "chain": _chain,
    "states differ": _alike,
    "rosters differ": _rosters,
    "ghost": _ghosts,
    "protocol": _heard,
}
