"""What a command does, by role and state: each rule with the case that just misses it."""

from uuid import UUID

import pytest

from telemed.consultation.room import deciding
from telemed.consultation.room.coming import entering, leaving, letting_go, losing
from telemed.consultation.room.deciding import MAY
from telemed.consultation.room.facts import FACTS
from telemed.consultation.room.refusals import WORDS, Refusal
from tests.unit.consultation.room.people import (
    AUDIENCE,
    DIGEST,
    EXPERT,
    GUEST,
    HOST,
    IMAGE,
    MARK,
    MODERATOR,
    OTHER,
    ROLES,
    STRANGER,
    Room,
)


@pytest.fixture
def room():
    return Room()


# --- the table


def test_every_kind_is_either_for_the_socket_or_for_the_server():
    served = set(FACTS) - set(MAY)
    assert served == {
        "room.open",
        "member.knock",
        "member.join",
        "member.reconnecting",
        "file.add",
        "rec.segment",
        "opinion.sign",
        "opinion.addend",
    }


SAMPLES = {
    "member.admit": ({"person": GUEST}, None),
    "member.deny": ({"person": GUEST}, None),
    "member.role": ({"person": OTHER, "role": "expert"}, None),
    "consent.given": ({"scope": "recording", "who": "participant"}, None),
    "consent.withdrawn": ({"scope": "recording", "who": "participant"}, None),
    "presenter.request": ({}, None),
    "presenter.take": ({}, 0),
    "anno.add": (MARK, None),
    "chat.msg": ({"text": "好"}, None),
    "vitals.note": ({"code": "8867-4", "value": "80"}, None),
    "minutes.rev": ({"text": "纪要"}, 0),
    "mode.audio": ({}, None),
}


@pytest.mark.parametrize("kind", [kind for kind in SAMPLES if kind not in {"member.admit", "member.deny"}])
@pytest.mark.parametrize("person", [EXPERT, HOST, AUDIENCE, GUEST])
def test_roles_decide_who_may(kind, person):
    room = Room()
    room.let_in()
    data, base = SAMPLES[kind]
    outcome = room.asked(person, kind, data, base)
    may = ROLES[person] in MAY[kind]
    assert isinstance(outcome, Refusal) != may, outcome
    if not may:
        assert outcome.code == "role-may-not"


OWN = {"member.left", "consent.given", "consent.withdrawn", "rec.stop"}


@pytest.mark.parametrize("kind", sorted(set(MAY) - OWN))
def test_the_audience_may_only_look(room, kind):
    data = SAMPLES.get(kind, ({}, None))[0]
    shaped = {
        "presenter.grant": {"person": OTHER},
        "viewer.key": IMAGE | {"pe": 0},
        "anno.upd": {"id": "m1", "geom": [0, 0]},
        "anno.del": {"id": "m1"},
        "rec.start": {"id": "r"},
        "opinion.draft": {"text": ""},
    }
    assert room.refused(AUDIENCE, kind, shaped.get(kind, data), 0) in {"role-may-not", "not-by-socket"}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("opinion.sign", {"ver": 1, "sha256": DIGEST}),
        ("member.join", {"person": EXPERT, "gen": 9}),
        ("member.reconnecting", {"person": MODERATOR}),
        ("room.open", {"kind": "teaching", "host": EXPERT, "mode": "video"}),
        ("rec.segment", {"id": "r", "n": 0, "at": 0, "ms": 1, "size": 1, "sha256": DIGEST}),
        ("file.add", {"id": "f", "name": "x", "media": "image/png", "size": 1, "sha256": DIGEST}),
    ],
)
def test_what_the_server_says_nobody_says_for_it(room, kind, data):
    assert room.refused(MODERATOR, kind, data) == "not-by-socket"


def test_whoever_is_not_there_does_nothing(room):
    assert room.refused(STRANGER, "chat.msg", {"text": "x"}) == "not-present"
    room.do(OTHER, "member.left")
    assert room.refused(OTHER, "chat.msg", {"text": "x"}) == "not-present"
    room.write(*losing(room.state, HOST))
    assert room.refused(HOST, "chat.msg", {"text": "x"}) == "not-present"
    room.enter(HOST, 2)
    room.do(HOST, "chat.msg", {"text": "x"})


def test_a_closed_room_takes_nothing_more(room):
    room.do(HOST, "presenter.take", base=0)
    room.do(HOST, "room.close", {"why": "会诊结束"}, service=True)
    assert room.state.st == "closed"
    assert room.state.presenter.person == ""
    assert {one.st for one in room.state.members.values()} == {"left", "absent"}
    assert room.refused(MODERATOR, "chat.msg", {"text": "x"}) == "room-closed"
    assert room.refused(MODERATOR, "member.role", {"person": OTHER, "role": "expert"}, service=True) == "room-closed"
    assert entering(room.state, EXPERT, 2) == ()
    assert (
        losing(room.state, EXPERT) == letting_go(room.state, HOST) == leaving(room.state, "system", HOST, "lost") == ()
    )


def test_a_consultation_is_closed_by_its_own_page_a_conference_by_its_moderator(room):
    assert room.refused(MODERATOR, "room.close") == "not-by-socket"
    conference = Room("conference")
    assert conference.refused(EXPERT, "room.close") == "role-may-not"
    conference.do(MODERATOR, "room.close")


# --- coming and going


def test_a_guest_knocks_by_coming_and_is_let_in_by_a_moderator(room):
    assert [one.k for one in room.entering(GUEST, 1)] == ["member.knock"]
    room.enter(GUEST, 1)
    assert entering(room.state, GUEST, 2) == (), "once is enough"
    assert room.refused(GUEST, "chat.msg", {"text": "x"}) == "not-present"
    assert room.refused(EXPERT, "member.admit", {"person": GUEST}) == "role-may-not"
    room.do(MODERATOR, "member.admit", {"person": GUEST})
    assert room.state.members[GUEST].st == "present"
    assert room.refused(MODERATOR, "member.admit", {"person": GUEST}) == "not-knocking"
    room.write(*losing(room.state, GUEST))
    assert [one.k for one in room.entering(GUEST, 2)] == ["member.join"], "let in once is let in"


def test_the_host_may_admit_while_no_moderator_is_there(room):
    room.enter(GUEST, 1)
    assert room.refused(HOST, "member.admit", {"person": GUEST}) == "role-may-not"
    room.write(*losing(room.state, MODERATOR))
    assert room.refused(OTHER, "member.admit", {"person": GUEST}) == "role-may-not"
    room.do(HOST, "member.admit", {"person": GUEST})


def test_whoever_was_denied_stays_out_until_a_moderator_thinks_better(room):
    room.enter(GUEST, 1)
    room.do(MODERATOR, "member.deny", {"person": GUEST, "why": "名单外"})
    assert entering(room.state, GUEST, 2) == Refusal("denied")
    room.do(MODERATOR, "member.admit", {"person": GUEST})
    assert [one.k for one in room.entering(GUEST, 2)] == ["member.join"]


def test_who_is_on_no_roster_does_not_come_in(room):
    assert entering(room.state, STRANGER, 1) == Refusal("unknown-member")


def test_whoever_waits_outside_and_goes_has_left(room):
    room.enter(GUEST, 1)
    assert [one.k for one in losing(room.state, GUEST)] == ["member.left"]
    assert losing(room.state, AUDIENCE)[0].k == "member.reconnecting"
    assert losing(room.state, STRANGER) == ()


def test_nobody_leaves_twice(room):
    room.write(*leaving(room.state, "system", OTHER, "lost"))
    assert leaving(room.state, "system", OTHER, "lost") == ()
    assert room.refused(MODERATOR, "member.left", {"person": OTHER}) == "not-there"


def test_a_moderator_sends_somebody_out_and_nobody_else_does(room):
    assert room.refused(EXPERT, "member.left", {"person": OTHER}) == "role-may-not"
    room.do(OTHER, "presenter.take", base=0)
    done = room.do(MODERATOR, "member.left", {"person": OTHER})
    assert [one.k for one in done] == ["presenter.release", "member.left"]
    assert done[1].d == {"person": OTHER, "why": "removed"}


def test_a_room_keeps_a_moderator(room):
    assert room.refused(MODERATOR, "member.role", {"person": MODERATOR, "role": "participant"}) == "last-moderator"
    room.do(MODERATOR, "member.role", {"person": EXPERT, "role": "moderator"})
    room.do(MODERATOR, "member.role", {"person": MODERATOR, "role": "participant"})


def test_whoever_is_made_audience_presents_no_more(room):
    room.do(OTHER, "presenter.take", base=0)
    done = room.do(MODERATOR, "member.role", {"person": OTHER, "role": "audience"})
    assert [one.k for one in done] == ["presenter.release", "member.role"]


def test_a_roster_is_made_longer_by_the_server_alone_and_not_without_end(room):
    assert room.refused(MODERATOR, "member.role", {"person": STRANGER, "role": "expert"}) == "unknown-member"
    room.do(MODERATOR, "member.role", {"person": STRANGER, "role": "expert"}, service=True)
    for n in range(200, 200 + deciding.MOST_MEMBERS - len(room.state.members)):
        room.do(MODERATOR, "member.role", {"person": str(UUID(int=n)), "role": "audience"}, service=True)
    late = {"person": str(UUID(int=999)), "role": "audience"}
    assert room.refused(MODERATOR, "member.role", late, service=True) == "too-many"


# --- the presenter


def test_of_two_who_take_at_once_one_is_told(room):
    room.do(OTHER, "presenter.take", base=0)
    assert room.refused(HOST, "presenter.take", base=0) == "stale-presenter"
    assert room.refused(HOST, "presenter.take", base=1) == "presenter-held"
    assert room.refused(HOST, "presenter.take") == "base-needed"
    room.do(EXPERT, "presenter.take", base=1)
    assert (room.state.presenter.person, room.state.presenter.pe) == (EXPERT, 2)


def test_the_presenter_or_a_moderator_hands_over_to_somebody_who_is_there(room):
    room.do(OTHER, "presenter.request")
    room.do(HOST, "presenter.take", base=0)
    assert room.refused(EXPERT, "presenter.grant", {"person": OTHER}, 1) == "role-may-not"
    assert room.refused(HOST, "presenter.grant", {"person": AUDIENCE}, 1) == "role-may-not"
    assert room.refused(HOST, "presenter.grant", {"person": GUEST}, 1) == "not-there"
    assert room.refused(HOST, "presenter.grant", {"person": STRANGER}, 1) == "unknown-member"
    room.do(HOST, "presenter.grant", {"person": OTHER}, 1)
    assert room.state.presenter.requests == []
    assert room.refused(MODERATOR, "presenter.grant", {"person": HOST}, 1) == "stale-presenter"
    room.do(MODERATOR, "presenter.grant", {"person": HOST}, 2)
    assert room.refused(OTHER, "presenter.release", base=3) == "role-may-not"
    room.do(HOST, "presenter.release", base=3)
    assert room.refused(HOST, "presenter.release", base=4) == "not-presenter"


def test_only_the_presenter_of_this_number_shows(room):
    key = IMAGE | {"pe": 0}
    assert room.refused(HOST, "viewer.key", key) == "not-presenter"
    room.do(HOST, "presenter.take", base=0)
    assert room.refused(HOST, "viewer.key", key) == "stale-presenter"
    assert room.refused(EXPERT, "viewer.key", IMAGE | {"pe": 1}) == "not-presenter"
    assert room.refused(HOST, "viewer.key", IMAGE | {"pe": 2}) == "stale-presenter", "a number from the future"
    room.do(HOST, "viewer.key", IMAGE | {"pe": 1})
    assert room.state.viewer["sop"] == "1.2.3.4"


def test_the_lock_of_a_link_that_is_away_is_let_go_with_a_new_number(room):
    room.do(HOST, "presenter.take", base=0)
    room.write(*losing(room.state, HOST))
    assert room.state.presenter.person == HOST
    assert letting_go(room.state, OTHER) == ()
    room.write(*letting_go(room.state, HOST))
    assert (room.state.presenter.person, room.state.presenter.pe) == ("", 2)
    assert letting_go(room.state, HOST) == ()


def test_every_reason_has_words_and_the_words_are_used():
    for text in WORDS.values():
        assert text.zh.endswith("。")
        assert text.en.endswith(".")
