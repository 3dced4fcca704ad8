"""When a call may be recorded, what of it is taken, and when it ends.  Pure: the clock comes in as an argument.

Nobody is recorded who has not said yes in this room, and not the patient without a word of who agreed and how.
"""

from __future__ import annotations

from telemed.consultation.room.coming import Outcome, agrees, draft
from telemed.consultation.room.facts import SYSTEM, Named, Segment, Stopped
from telemed.consultation.room.refusals import Refusal
from telemed.consultation.room.state import State

MOST_RECORDINGS = 50  # of one room
MOST_MS = 2 * 60 * 60 * 1000  # of one recording
MOST_BYTES = 1 << 30
MOST_SEGMENTS = 3000
GRACE_MS = 120_000  # after its end: what was recorded before and is still on its way
SLACK_MS = 5_000  # by which a page may hear later of the end than of the beginning
IN_THE_ROOM = frozenset({"present", "reconnecting"})
PATIENT_SIDE = frozenset({"patient", "guardian", "relative"})


def unasked(state: State) -> tuple[str, ...]:
    """Who of those in the room has not agreed to being recorded."""
    there = (person for person, one in sorted(state.members.items()) if one.st in IN_THE_ROOM)
    return tuple(person for person in there if not agrees(state, person))


def patient_agreed(state: State) -> bool:
    consent = state.consents.get("recording")
    return consent is not None and consent.given == 1 and consent.who in PATIENT_SIDE


def running(state: State) -> str | None:
    return next((id_ for id_, one in sorted(state.recordings.items()) if one.on), None)


def start_recording(state: State, person: str, asked: Named) -> Outcome:
    """A recording begins where everybody has agreed and none runs."""
    if not patient_agreed(state):
        return Refusal("no-consent")
    missing = unasked(state)
    if missing:
        return Refusal("not-all-agreed", {"person": missing[0], "n": len(missing)})
    if asked.id in state.recordings:
        return Refusal("recording-known")
    if running(state) is not None:
        return Refusal("recording-runs")
    if len(state.recordings) >= MOST_RECORDINGS:
        return Refusal("too-many")
    return (draft(person, "rec.start", asked),)


def take_segment(state: State, person: str, asked: Segment, now: int) -> Outcome:
    """The next piece, of whoever records, of the time in which it ran; after the end what is still on its way.

    now: milliseconds UTC.  At the most that a recording may be it ends in the same append.
    """
    known = state.recordings.get(asked.id)
    if known is None or (not known.on and now > known.off + GRACE_MS):
        return Refusal("not-recording")
    if person != known.by:
        return Refusal("not-your-recording")
    if asked.n != known.n:
        return Refusal("stale-version", {"n": known.n})
    before = known.last[-1].at + known.last[-1].ms if known.last else 0
    end = now if known.on else known.off
    if asked.at < before or asked.at + asked.ms > end - known.at + SLACK_MS:
        return Refusal("outside-recording")
    if known.n >= MOST_SEGMENTS or known.ms + asked.ms > MOST_MS or known.size + asked.size > MOST_BYTES:
        return Refusal("too-many")
    said = draft(person, "rec.segment", asked)
    full = known.on and (known.ms + asked.ms > MOST_MS - 30_000 or known.size + asked.size > MOST_BYTES - (8 << 20))
    return (said, draft(SYSTEM, "rec.stop", Stopped(asked.id, "full"))) if full else (said,)


def stop_recording(state: State, person: str, asked: Named) -> Outcome:
    """Anybody in the room ends it, at any time."""
    known = state.recordings.get(asked.id)
    if known is None or not known.on:
        return Refusal("not-recording")
    return (draft(person, "rec.stop", Stopped(asked.id, "stopped", person)),)
