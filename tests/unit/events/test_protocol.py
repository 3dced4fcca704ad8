"""The event stream's decisions."""

import json
from uuid import UUID

import pytest

from telemed.events.log import Cursor
from telemed.events.protocol import (
    MAX_MESSAGE,
    MAX_TOPICS,
    FromNow,
    Malformed,
    Reset,
    Resume,
    Subscribe,
    decide,
    decode,
    hello,
    live,
)

EPOCH = UUID(int=7)
OTHER = UUID(int=8)


def asked(after="10.5", epoch=EPOCH):
    return Subscribe(topics=["worklist"], epoch=str(epoch), after=after)


FIRST, LAST = Cursor(1, 1), Cursor(20, 9)


def plan(subscribe, *, oldest=FIRST, position=LAST):
    return decide(subscribe, epoch=EPOCH, oldest=oldest, position=position)


def test_a_known_position_is_resumed():
    assert plan(asked()) == Resume(Cursor(10, 5))


def test_without_a_position_the_stream_begins_now():
    assert plan(Subscribe(topics=[])) == FromNow()


@pytest.mark.parametrize(
    ("subscribe", "oldest"),
    [
        (asked(epoch=OTHER), Cursor(1, 1)),
        (asked(after="x"), Cursor(1, 1)),
        (asked(after="20.10"), Cursor(1, 1)),
        (asked(), Cursor(10, 6)),
    ],
    ids=["another epoch", "not a cursor", "ahead of the log", "older than what is kept"],
)
def test_each_near_miss_of_a_resume_is_a_reset(subscribe, oldest):
    assert plan(subscribe, oldest=oldest) == Reset()


def test_the_very_beginning_may_be_asked_for_as_long_as_anything_is_kept():
    assert plan(asked(after="0.0"), oldest=Cursor(3, 3)) == Resume(Cursor(0, 0))


def test_an_empty_log_resumes_at_its_beginning():
    assert plan(asked(after="0.0"), oldest=None, position=Cursor(0, 0)) == Resume(Cursor(0, 0))


def test_too_long_a_message_and_too_many_topics_are_named():
    assert decode("x" * (MAX_MESSAGE + 1)) == Malformed("message-too-large")
    many = json.dumps({"type": "subscribe", "topics": ["t"] * (MAX_TOPICS + 1)})
    assert decode(many) == Malformed("too-many-topics")


def test_a_subscribe_is_read_and_anything_else_is_not():
    assert decode('{"type":"subscribe","topics":["worklist"]}') == Subscribe(topics=["worklist"])
    assert decode(b"\xff\xfe") == Malformed("not-a-subscribe")


def test_greetings_carry_epoch_and_position():
    assert json.loads(hello(EPOCH, Cursor(2, 3))) == {"type": "hello", "epoch": str(EPOCH), "head": "2.3"}
    assert json.loads(live(Cursor(2, 3)))["cursor"] == "2.3"


@pytest.mark.parametrize("text", ["1.2", "0.0", "9223372036854775807.1"])
def test_a_cursor_is_read_back_as_it_was_written(text):
    assert str(Cursor.parse(text)) == text


@pytest.mark.parametrize("text", ["", ".", "1", "1.", ".1", "1.2.3", "-1.2", "1.x", "١.٢", "1" * 20 + ".1"])
def test_what_is_no_cursor_is_not_read_as_one(text):
    assert Cursor.parse(text) is None
