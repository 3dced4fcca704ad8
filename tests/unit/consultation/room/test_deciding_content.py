"""Marks, words, recordings, minutes and opinions: each rule with the case that just misses it."""

import pytest

from telemed.consultation.room import deciding
from telemed.consultation.room.deciding import Image
from tests.unit.consultation.room.people import DIGEST, EXPERT, HOST, IMAGE, MARK, MODERATOR, OTHER, Room


@pytest.fixture
def room():
    return Room()


# --- marks


def test_an_image_of_another_study_is_neither_shown_nor_marked(room):
    room.do(HOST, "presenter.take", base=0)
    assert room.refused(HOST, "anno.add", MARK, allowed=frozenset()) == "foreign-image"
    assert room.refused(HOST, "anno.add", MARK, allowed=frozenset({Image("1.9", "1.2.3.4")})) == "foreign-image"
    assert room.refused(HOST, "viewer.key", IMAGE | {"pe": 1}, allowed=frozenset()) == "foreign-image"


def test_a_mark_is_changed_from_the_version_that_stands(room):
    room.do(OTHER, "anno.add", MARK)
    assert room.refused(HOST, "anno.add", MARK) == "mark-exists"
    change = {"id": "m1", "geom": [1, 1, 2, 2], "label": "结节"}
    assert room.refused(OTHER, "anno.upd", change, 0) == "stale-version"
    assert room.refused(OTHER, "anno.upd", change, 2) == "stale-version"
    assert room.refused(OTHER, "anno.upd", change) == "base-needed"
    assert room.refused(HOST, "anno.upd", change, 1) == "not-yours"
    room.do(OTHER, "anno.upd", change, 1)
    room.do(MODERATOR, "anno.upd", change, 2)
    assert room.state.marks["m1"].ver == 3
    assert room.state.marks["m1"].author == OTHER


def test_a_mark_that_is_gone_leaves_a_stone_that_says_so(room):
    room.do(OTHER, "anno.add", MARK)
    room.do(OTHER, "anno.del", {"id": "m1"}, 1)
    assert (room.state.marks["m1"].gone, room.state.marks["m1"].geom, room.state.gone) == (1, [], 1)
    assert room.refused(OTHER, "anno.upd", {"id": "m1", "geom": [0, 0]}, 2) == "mark-gone"
    assert room.refused(OTHER, "anno.del", {"id": "m1"}, 2) == "mark-gone"
    assert room.refused(OTHER, "anno.add", MARK) == "mark-exists", "nobody is brought back under an old name"
    assert room.refused(OTHER, "anno.del", {"id": "m2"}, 1) == "unknown-mark"


@pytest.mark.parametrize("odd", [{"geom": [0, 0, 1]}, {"world": [0, 0]}])
def test_points_are_whole(room, odd):
    assert room.refused(OTHER, "anno.add", MARK | odd) == "odd-points"
    room.do(OTHER, "anno.add", MARK)
    assert room.refused(OTHER, "anno.upd", {"id": "m1", "geom": [0, 0]} | odd, 1) == "odd-points"


def test_marks_are_bounded_by_number_and_by_points(room, monkeypatch):
    monkeypatch.setattr(deciding, "MOST_MARKS", 2)
    for n in range(2):
        room.do(OTHER, "anno.add", MARK | {"id": f"m{n}"})
    assert room.refused(OTHER, "anno.add", MARK | {"id": "m9"}) == "too-many"
    room.do(OTHER, "anno.del", {"id": "m0"}, 1)
    room.do(OTHER, "anno.add", MARK | {"id": "m9"})
    monkeypatch.setattr(deciding, "MOST_NUMBERS", 8)
    assert room.refused(OTHER, "anno.upd", {"id": "m1", "geom": [0] * 6}, 1) == "too-many"
    room.do(OTHER, "anno.upd", {"id": "m1", "geom": [1] * 4}, 1)


# --- what is said, written and recorded


def test_what_is_blank_is_not_said(room):
    assert room.refused(OTHER, "chat.msg", {"text": " \n\u3000"}) == "blank"
    room.do(OTHER, "chat.msg", {"text": "<script>alert(1)</script>"})
    assert room.state.chat.last[-1].text == "<script>alert(1)</script>"


def test_minutes_are_changed_from_the_revision_that_stands(room):
    room.do(HOST, "minutes.rev", {"text": "一"}, 0)
    assert room.refused(EXPERT, "minutes.rev", {"text": "二"}, 0) == "stale-version"
    assert room.refused(EXPERT, "minutes.rev", {"text": "二"}) == "base-needed"
    room.do(EXPERT, "minutes.rev", {"text": "二"}, 1)


def test_an_opinion_is_written_by_experts_and_stays_as_it_is_signed(room):
    assert room.refused(HOST, "opinion.draft", {"text": "见"}, 0) == "role-may-not"
    assert room.refused(EXPERT, "opinion.sign", {"ver": 0, "sha256": DIGEST}, service=True) == "nothing-to-sign"
    assert room.refused(EXPERT, "opinion.addend", {"text": "补"}, service=True) == "nothing-to-sign"
    room.do(EXPERT, "opinion.draft", {"text": "见"}, 0)
    assert room.refused(EXPERT, "opinion.sign", {"ver": 2, "sha256": DIGEST}, service=True) == "nothing-to-sign"
    room.do(EXPERT, "opinion.sign", {"ver": 1, "sha256": DIGEST}, service=True)
    assert room.refused(EXPERT, "opinion.sign", {"ver": 1, "sha256": DIGEST}, service=True) == "opinion-signed"
    assert room.refused(EXPERT, "opinion.draft", {"text": "改"}, 1) == "opinion-signed"
    room.do(EXPERT, "opinion.addend", {"text": "补"}, service=True)
    assert (room.state.opinion.text, room.state.opinion.addenda[0].text) == ("见", "补")


def test_a_file_is_in_a_room_once(room):
    filed = {"id": "f", "name": "申请单.pdf", "media": "application/pdf", "size": 1, "sha256": DIGEST}
    room.do(HOST, "file.add", filed, service=True)
    assert room.refused(HOST, "file.add", filed, service=True) == "file-known"
