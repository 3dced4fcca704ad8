"""When a call may be recorded: with everyone's own yes and the patient's; each rule with what just misses it."""

import pytest
from msgspec.structs import replace

from telemed.consultation.room.coming import leaving, losing
from telemed.consultation.room.recording import GRACE_MS, MOST_BYTES, MOST_MS, MOST_SEGMENTS, SLACK_MS
from tests.unit.consultation.room.people import (
    AUDIENCE,
    DIGEST,
    EXPERT,
    GUEST,
    HOST,
    MODERATOR,
    OTHER,
    STRANGER,
    Room,
)

PATIENT = {"scope": "recording", "who": "patient", "note": "当面口头同意"}
MYSELF = {"scope": "recording", "who": "participant"}
EVERYBODY = (MODERATOR, EXPERT, HOST, OTHER, AUDIENCE, GUEST)


def agreed(besides=()):
    """A room in which everybody but some has agreed, and the patient."""
    room = Room()
    room.let_in()
    room.do(MODERATOR, "consent.given", PATIENT)
    for person in EVERYBODY:
        if person not in besides:
            room.do(person, "consent.given", MYSELF)
    return room


def running():
    room = agreed()
    room.do(EXPERT, "rec.start", {"id": "r1"})
    return room


def piece(n=0, at=0, ms=20_000, **more):
    return {"id": "r1", "n": n, "at": at, "ms": ms, "size": 9, "sha256": DIGEST} | more


def send(room, who=EXPERT, *, after=60_000, **said):
    return room.do(who, "rec.segment", piece(**said), service=True, now=room.state.recordings["r1"].at + after)


def unsent(room, who=EXPERT, *, after=60_000, **said):
    now = room.state.recordings["r1"].at + after
    return room.refused(who, "rec.segment", piece(**said), service=True, now=now)


def stopped(done):
    ended = [one.d for one in done if one.k == "rec.stop"]
    assert len(ended) == 1, done
    return ended[0]["id"], ended[0]["why"], ended[0]["person"]


# --- beginning


def test_with_everybodys_yes_and_the_patients_a_moderator_and_an_expert_may_start():
    for person in (MODERATOR, EXPERT):
        agreed().do(person, "rec.start", {"id": "r1"})


@pytest.mark.parametrize("person", EVERYBODY)
def test_nothing_starts_while_one_person_in_the_room_has_not_agreed(person):
    room = agreed(besides=(person,))
    assert room.refused(MODERATOR, "rec.start", {"id": "r1"}) == "not-all-agreed"
    room.do(person, "consent.given", MYSELF)
    room.do(MODERATOR, "rec.start", {"id": "r1"})


def test_nobody_agrees_for_somebody_else():
    room = agreed(besides=(HOST,))
    room.do(MODERATOR, "consent.given", MYSELF)
    done = room.do(MODERATOR, "consent.given", PATIENT)
    assert done[0].d["person"] == ""
    assert room.refused(MODERATOR, "rec.start", {"id": "r1"}) == "not-all-agreed"


def test_whoever_is_coming_back_counts_as_there_and_whoever_has_left_does_not():
    room = agreed(besides=(HOST,))
    room.write(*losing(room.state, HOST))
    assert room.refused(MODERATOR, "rec.start", {"id": "r1"}) == "not-all-agreed"
    room.write(*leaving(room.state, "system", HOST, "lost"))
    room.do(MODERATOR, "rec.start", {"id": "r1"})


def test_whoever_waits_outside_is_not_asked():
    room = Room()
    room.enter(GUEST)
    room.do(MODERATOR, "consent.given", PATIENT)
    for person in (MODERATOR, EXPERT, HOST, OTHER, AUDIENCE):
        room.do(person, "consent.given", MYSELF)
    room.do(MODERATOR, "rec.start", {"id": "r1"})


def test_nothing_starts_without_a_word_of_the_patients_yes():
    room = Room()
    for person in (MODERATOR, EXPERT, HOST, OTHER, AUDIENCE):
        room.do(person, "consent.given", MYSELF)
    assert room.refused(MODERATOR, "rec.start", {"id": "r1"}) == "no-consent"
    room.do(MODERATOR, "consent.given", PATIENT | {"scope": "teaching"})
    assert room.refused(MODERATOR, "rec.start", {"id": "r1"}) == "no-consent"
    room.do(MODERATOR, "consent.given", PATIENT)
    room.do(MODERATOR, "consent.withdrawn", PATIENT)
    assert room.refused(MODERATOR, "rec.start", {"id": "r1"}) == "no-consent"
    room.do(MODERATOR, "consent.given", PATIENT | {"who": "guardian"})
    room.do(MODERATOR, "rec.start", {"id": "r1"})


def test_a_participants_word_in_an_old_log_is_not_the_patients():
    room = agreed()
    old = {"scope": "recording", "who": "participant", "note": ""}
    room.write(room.do(MODERATOR, "consent.given", PATIENT)[0].__class__(HOST, "consent.given", old))
    assert room.refused(MODERATOR, "rec.start", {"id": "r1"}) == "no-consent"


def test_who_moderates_writes_down_the_patients_yes_and_says_how():
    room = Room()
    for person in (EXPERT, HOST, OTHER, AUDIENCE):
        assert room.refused(person, "consent.given", PATIENT) == "role-may-not"
    assert room.refused(MODERATOR, "consent.given", PATIENT | {"note": " \n"}) == "blank"
    room.do(MODERATOR, "consent.given", PATIENT)


def test_the_host_writes_it_down_while_no_moderator_is_there():
    room = Room(present=(EXPERT, HOST, OTHER))
    assert room.refused(OTHER, "consent.given", PATIENT) == "role-may-not"
    room.do(HOST, "consent.given", PATIENT)


def test_an_audience_speaks_for_itself_alone():
    room = Room()
    room.do(AUDIENCE, "consent.given", MYSELF)
    for asked in (PATIENT, MYSELF | {"scope": "teaching"}):
        assert room.refused(AUDIENCE, "consent.given", asked) == "role-may-not"
        assert room.refused(AUDIENCE, "consent.withdrawn", asked) == "role-may-not"


@pytest.mark.parametrize("person", [HOST, OTHER, AUDIENCE, GUEST])
def test_whoever_does_not_lead_does_not_start(person):
    assert agreed().refused(person, "rec.start", {"id": "r1"}) == "role-may-not"


def test_one_recording_runs_at_a_time_and_no_number_comes_twice():
    room = running()
    assert room.refused(MODERATOR, "rec.start", {"id": "r1"}) == "recording-known"
    assert room.refused(MODERATOR, "rec.start", {"id": "r2"}) == "recording-runs"
    room.do(MODERATOR, "rec.stop", {"id": "r1"})
    room.do(MODERATOR, "rec.start", {"id": "r2"})


# --- ending


@pytest.mark.parametrize("person", EVERYBODY)
def test_anybody_in_the_room_stops_it(person):
    room = running()
    assert stopped(room.do(person, "rec.stop", {"id": "r1"})) == ("r1", "stopped", person)
    assert room.refused(person, "rec.stop", {"id": "r1"}) == "not-recording"
    ended = room.state.recordings["r1"]
    assert (ended.on, ended.off, ended.why, ended.person) == (0, room.state.at, "stopped", person)


def test_nobody_from_outside_stops_it():
    room = running()
    room.do(OTHER, "member.left")
    assert room.refused(OTHER, "rec.stop", {"id": "r1"}) == "not-present"
    assert room.refused(STRANGER, "rec.stop", {"id": "r1"}) == "not-present"


@pytest.mark.parametrize("person", EVERYBODY)
def test_it_ends_with_anybodys_yes(person):
    room = running()
    done = room.do(person, "consent.withdrawn", MYSELF)
    assert [one.k for one in done] == ["consent.withdrawn", "rec.stop"]
    assert stopped(done) == ("r1", "withdrawn", person)
    assert room.refused(MODERATOR, "rec.start", {"id": "r2"}) == "not-all-agreed"


def test_it_ends_with_the_patients_yes_and_not_with_one_to_something_else():
    room = running()
    assert [one.k for one in room.do(HOST, "consent.withdrawn", PATIENT | {"scope": "teaching"})] == [
        "consent.withdrawn"
    ]
    assert stopped(room.do(HOST, "consent.withdrawn", PATIENT)) == ("r1", "withdrawn", HOST)


def test_it_ends_as_somebody_comes_in_who_has_not_agreed():
    room = running()
    room.do(OTHER, "member.left")
    room.do(MODERATOR, "member.role", {"person": STRANGER, "role": "participant"}, service=True)
    done = room.entering(STRANGER)
    assert [one.k for one in done] == ["member.join", "rec.stop"]
    assert stopped(done) == ("r1", "came", STRANGER)


def test_whoever_comes_again_having_agreed_does_not_end_it():
    room = running()
    room.do(OTHER, "member.left")
    assert [one.k for one in room.entering(OTHER, 2)] == ["member.join"]


def test_a_guest_ends_it_when_let_in_and_not_by_knocking():
    room = agreed(besides=(GUEST,))
    room.do(MODERATOR, "member.left", {"person": GUEST})
    room.do(EXPERT, "rec.start", {"id": "r1"})
    knock = room.entering(GUEST, 2)
    assert [one.k for one in knock] == ["member.knock"]
    room.write(*knock)
    done = room.do(MODERATOR, "member.admit", {"person": GUEST})
    assert [one.k for one in done] == ["member.admit", "rec.stop"]
    assert stopped(done) == ("r1", "came", GUEST)


def test_it_ends_as_whoever_records_leaves_and_not_as_another_does():
    room = running()
    assert [one.k for one in room.do(OTHER, "member.left")] == ["member.left"]
    room.write(*losing(room.state, EXPERT))
    assert room.state.recordings["r1"].on == 1, "a link that is lost for a moment"
    done = leaving(room.state, "system", EXPERT, "lost")
    assert stopped(done) == ("r1", "left", EXPERT)


def test_it_ends_as_whoever_records_no_longer_leads():
    room = running()
    assert len(room.do(MODERATOR, "member.role", {"person": HOST, "role": "audience"})) == 1
    assert len(room.do(MODERATOR, "member.role", {"person": EXPERT, "role": "moderator"})) == 1
    assert stopped(room.do(MODERATOR, "member.role", {"person": EXPERT, "role": "participant"}))[1] == "left"


def test_it_ends_with_the_room():
    room = running()
    done = room.do(HOST, "room.close", {"why": ""}, service=True)
    assert [one.k for one in done] == ["rec.stop", "room.close"]
    ended = room.state.recordings["r1"]
    assert (ended.on, ended.off, ended.why) == (0, room.state.at - 1, "closed")


# --- segments


def test_segments_come_one_after_another_from_whoever_records():
    room = running()
    send(room)
    send(room, n=1, at=20_000)
    for n in (0, 1, 3):
        assert unsent(room, n=n, at=40_000) == "stale-version"
    for person in (MODERATOR, HOST):
        assert unsent(room, person, n=2, at=40_000) == "not-your-recording"
    assert unsent(room, id="r2") == "not-recording"
    send(room, n=2, at=40_000)
    known = room.state.recordings["r1"]
    assert (known.n, known.ms, known.size) == (3, 60_000, 27)


def test_a_segment_is_of_the_time_in_which_it_ran():
    room = running()
    send(room)
    assert unsent(room, n=1, at=19_999) == "outside-recording", "nothing is recorded twice"
    assert unsent(room, n=1, at=40_000, ms=20_001 + SLACK_MS) == "outside-recording", "nothing of what is to come"
    send(room, n=1, at=25_000, ms=20_000)


def test_nothing_of_after_the_end_is_taken_however_soon_it_comes():
    room = running()
    send(room)
    room.do(HOST, "rec.stop", {"id": "r1"})
    room.state = _with(room.state, replace(room.state.recordings["r1"], off=room.state.recordings["r1"].at + 30_000))
    assert unsent(room, n=1, at=20_000, ms=10_001 + SLACK_MS, after=31_000) == "outside-recording"
    send(room, n=1, at=20_000, ms=10_000 + SLACK_MS, after=31_000)


def test_a_last_segment_is_taken_until_the_grace_is_over_also_of_a_closed_room():
    for end in ({"rec.stop": {"id": "r1"}}, {"room.close": {"why": ""}}):
        ((kind, data),) = end.items()
        room = running()
        room.do(HOST, kind, data, service=True)
        off = room.state.recordings["r1"].off - room.state.recordings["r1"].at
        assert unsent(room, after=off + GRACE_MS + 1, ms=4_000) == "not-recording"
        send(room, after=off + GRACE_MS, ms=4_000)
        assert unsent(room, after=off + 1, ms=4_000) == "stale-version", "once"


def test_a_recording_has_a_length_and_a_size_and_ends_by_itself_there():
    room = running()
    grown = room.state.recordings["r1"].__class__(1, EXPERT, room.state.at, n=5, ms=MOST_MS - 55_000, size=9)
    room.state = _with(room.state, grown)
    done = send(room, n=5, after=MOST_MS, at=0)
    assert [one.k for one in done] == ["rec.segment"]
    done = send(room, n=6, after=MOST_MS, at=20_000)
    assert stopped(done) == ("r1", "full", "")
    room.state = _with(room.state, grown.__class__(1, EXPERT, room.state.at, n=5, ms=MOST_MS - 19_999, size=9))
    assert unsent(room, n=5, after=MOST_MS) == "too-many"
    room.state = _with(room.state, grown.__class__(1, EXPERT, room.state.at, n=5, ms=1, size=MOST_BYTES - 8))
    assert unsent(room, n=5) == "too-many"
    room.state = _with(room.state, grown.__class__(1, EXPERT, room.state.at, n=MOST_SEGMENTS - 1))
    send(room, n=MOST_SEGMENTS - 1)
    assert unsent(room, n=MOST_SEGMENTS, at=20_000) == "too-many"


def _with(state, recording):
    fields = {name: getattr(state, name) for name in state.__struct_fields__}
    return state.__class__(**fields | {"recordings": {"r1": recording}})
