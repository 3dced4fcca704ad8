import json
from uuid import UUID

import msgspec
import pytest

from telemed.consultation.call import janus
from telemed.consultation.call.janus import Forwarding, Malformed, Refused, Reply, Stream
from telemed.consultation.call.media import Again, Answer, Bye, Candidate, Publish, Wants, decode

ROOM = UUID("7d0c3a52-6f5b-4c55-9d0a-1f6f4c9b2a11")
PERSON = "0d9f7f0a-9d53-4a35-9f66-3a2f3a7f1f10"
FORWARDING = Forwarding("ws://10.20.0.9:8188", "north", "key", 12)


def reply(**data: object) -> Reply:
    return Reply("event", "", 1, dict(data))


def test_a_room_has_one_number_and_pin_in_every_process_and_others_under_another_secret_or_in_another_room() -> None:
    assert janus.number_of("north", ROOM) == janus.number_of("north", ROOM)
    others = [("south", ROOM), ("north", UUID(int=ROOM.int + 1))]
    assert len({janus.number_of(*one) for one in [("north", ROOM), *others]}) == 3
    assert len({janus.pin_of(*one) for one in [("north", ROOM), *others]}) == 3
    assert 0 < janus.number_of("north", ROOM) < 2**60
    with pytest.raises(ValueError, match="empty secret"):
        janus.number_of("", ROOM)


def test_what_lets_in_does_not_let_end_and_no_name_says_which_room_it_is() -> None:
    made, end = janus.created(FORWARDING, ROOM), janus.ended(FORWARDING, ROOM)
    assert made["secret"] == end["secret"]
    assert made["secret"] not in {made["pin"], FORWARDING.secret, FORWARDING.key}
    assert (made["is_private"], made["permanent"], made["record"], made["publishers"]) == (True, False, False, 12)
    for said in (made, end, janus.joined(FORWARDING, ROOM, PERSON), janus.listed(FORWARDING, ROOM)):
        assert str(ROOM) not in json.dumps(said)
        assert ROOM.hex not in json.dumps(said)
        assert "north" not in json.dumps(said)


def test_secrets_are_not_shown_where_it_is_printed() -> None:
    assert "north" not in repr(FORWARDING)
    assert "key" not in repr(FORWARDING)


@pytest.mark.parametrize(
    ("forwarding", "most"),
    [(FORWARDING, 12), (Forwarding("", "north", "key", 12), 0), (Forwarding("ws://a:1", "", "", 12), 0)],
    ids=["whole", "without a url", "without a secret"],
)
def test_a_county_forwards_with_an_address_and_a_secret_and_not_with_one_of_them(
    forwarding: Forwarding, most: int
) -> None:
    assert forwarding.most == most


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ('{"janus":"ack","transaction":"a"}', ("a", Reply("ack", "a", 0, {}))),
        ('{"janus":"success","transaction":"a","data":{"id":7}}', ("a", Reply("success", "a", 0, {"id": 7}))),
        (
            '{"janus":"error","transaction":"a","error":{"code":403,"reason":"Unauthorized"}}',
            ("a", Refused(403, "Unauthorized")),
        ),
        ('{"janus":"error","transaction":"a"}', ("a", Refused(0, ""))),
        (
            '{"janus":"event","sender":3,"transaction":"a","plugindata":{"data":{"error_code":426,"error":"No"}}}',
            ("a", Refused(426, "No")),
        ),
        (
            '{"janus":"event","sender":3,"plugindata":{"data":{"videoroom":"x"}},"jsep":{"type":"offer","sdp":"v=0"}}',
            ("", Reply("event", "", 3, {"videoroom": "x"}, "v=0")),
        ),
        ('{"janus":"hangup","sender":3,"reason":"ICE failed"}', ("", Reply("hangup", "", 3, {}))),
    ],
)
def test_what_janus_says_becomes_a_value(said: str, read: object) -> None:
    assert janus.read(said) == read


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"janus":1}', '{"janus":"event","sender":"x"}', "\ud800"])
def test_what_janus_never_says_is_said_to_be_malformed(said: str) -> None:
    assert isinstance(janus.read(said.encode("utf-8", "surrogatepass")), Malformed)


def test_who_sends_is_known_by_person_and_not_this_person_nor_what_has_no_name() -> None:
    rows = [{"id": 1, "display": "a"}, {"id": 2, "display": PERSON}, {"id": "3", "display": "b"}, {"id": 4}, 5]
    assert janus.feeds_of(reply(publishers=rows), PERSON) == [(1, "a")]
    assert janus.feeds_of(reply(), PERSON) == []


@pytest.mark.parametrize(
    ("told", "gone"),
    [
        (reply(leaving=4), 4),
        (reply(unpublished=5), 5),
        (reply(kicked=6), 6),
        (reply(leaving="ok"), None),
        (reply(), None),
    ],
)
def test_who_has_stopped_sending_is_named_by_its_feed(told: Reply, gone: int | None) -> None:
    assert janus.gone_of(told) == gone


def test_the_media_of_a_subscription_are_whose_they_are_while_they_are() -> None:
    rows = [
        {
            "mid": "0",
            "active": True,
            "feed_id": 9,
            "feed_display": "a",
            "feed_mid": "0",
            "feed_description": "microphone",
        },
        {"mid": "1", "active": True, "feed_id": 9, "feed_display": "a", "feed_mid": "1", "send": False},
        {"mid": "2", "active": False, "feed_id": 9, "feed_display": "a", "feed_mid": "2"},
        {"feed_id": 9},
    ]
    assert janus.streams_of(reply(streams=rows)) == [
        Stream("0", "a", "microphone", 9, is_sent=True),
        Stream("1", "a", "camera", 9, is_sent=False),
        Stream("2", "", "screen", 9, is_sent=True),
    ]


def test_of_a_person_who_came_back_the_newer_page_is_the_one_that_is_shown() -> None:
    streams = [Stream("0", "a", "microphone", 1, is_sent=True), Stream("3", "a", "microphone", 5, is_sent=True)]
    assert [one.person for one in janus.shown(streams, {1: "a", 5: "a"})] == ["", "a"]
    assert [one.person for one in janus.shown(streams[:1], {1: "a"})] == ["a"]
    assert [one.person for one in janus.shown(streams, {1: "a"})] == ["a", ""]


def test_pictures_that_are_not_wanted_are_not_sent_and_the_voice_always_is() -> None:
    streams = [Stream(str(n), "a", slot, 9, is_sent=True) for n, slot in enumerate(janus.SLOTS)]
    assert janus.pauses(streams, camera=True, screen=True) is None
    assert janus.pauses(streams, camera=False, screen=True) == {
        "request": "configure",
        "streams": [{"mid": "1", "send": False}],
    }
    paused = [msgspec.structs.replace(one, is_sent=one.slot != "camera") for one in streams]
    assert janus.pauses(paused, camera=False, screen=True) is None
    assert janus.pauses(paused, camera=True, screen=True) == {
        "request": "configure",
        "streams": [{"mid": "1", "send": True}],
    }
    nobodys = [msgspec.structs.replace(one, person="") for one in streams]
    assert janus.pauses(nobodys, camera=False, screen=False) is None


SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"


@pytest.mark.parametrize(
    ("frame", "read"),
    [
        ({"t": "publish", "sdp": SDP}, Publish(SDP)),
        ({"t": "answer", "sdp": SDP}, Answer(SDP)),
        ({"t": "candidate", "of": "own", "candidate": "candidate:1"}, Candidate("own", "candidate:1")),
        ({"t": "wants", "camera": True, "screen": False}, Wants(camera=True, screen=False)),
        ({"t": "again", "person": PERSON}, Again(PERSON)),
    ],
)
def test_what_a_page_says_is_read(frame: object, read: object) -> None:
    assert decode(json.dumps(frame)) == read


@pytest.mark.parametrize(
    "frame",
    [
        {"t": "publish", "sdp": "v=1\r\n"},
        {"t": "publish", "sdp": SDP + "a" * 131_072},
        {"t": "publish"},
        {"t": "candidate", "of": "mine", "candidate": ""},
        {"t": "candidate", "of": "own", "candidate": "c" * 1025},
        {"t": "candidate", "of": "own", "candidate": "", "line": 256},
        {"t": "again", "person": "p" * 65},
        {"t": "wants", "camera": 1, "screen": False},
        {"t": "message", "body": {"request": "destroy"}},
        {},
    ],
)
def test_what_no_page_says_ends_the_conversation(frame: object) -> None:
    read = decode(json.dumps(frame))
    assert isinstance(read, Bye)
    assert read.code == 1008
