"""Frames in, structs or reasons out; resume is everything or the state."""

import json
from uuid import UUID

import pytest

from telemed.consultation.room import protocol
from telemed.consultation.room.facts import COMMANDS, FACTS
from telemed.consultation.room.protocol import (
    REPLAY,
    Anew,
    Cmd,
    Command,
    Continue,
    Eph,
    Faulty,
    Fresh,
    Hello,
    Malformed,
    Resume,
    decode,
    plan,
    read_command,
)

PERSON = str(UUID(int=1))
MARK = {"id": "m1", "study": "1.2", "series": "1.2.3", "sop": "1.2.3.4", "frame": 1, "tool": "length", "geom": [0, 0]}


def said(**message):
    return json.dumps(message)


def cmd(k, d, **more):
    decoded = decode(said(t="cmd", cid="c1", k=k, d=d, **more))
    assert isinstance(decoded, Cmd)
    return read_command(decoded)


def test_a_hello_is_read():
    hello = decode(
        said(t="hello", v=1, device="tab", token="t", gen=2, resume={"session": "s", "epoch": "e", "seq": 7})
    )
    assert hello == Hello(v=1, device="tab", token="t", gen=2, resume=Resume("s", "e", 7))


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("", "not-a-frame"),
        ("{", "not-a-frame"),
        ("[]", "not-a-frame"),
        ("null", "not-a-frame"),
        ('{"t":"welcome"}', "not-a-frame"),
        ('{"t":"cmd","cid":"c","k":"chat.msg","cid":', "not-a-frame"),
        (said(t="hello", v=1), "not-a-frame"),
        (said(t="hello", v=1, device="a b"), "not-a-frame"),
        (said(t="hello", v=1, device="a\n"), "not-a-frame"),
        (said(t="hello", v=1, device="x" * 65), "not-a-frame"),
        (said(t="hello", v=1, device="a", gen=-1), "not-a-frame"),
        (said(t="cmd", cid="c", k="x" * 33), "not-a-frame"),
        (said(t="cmd", cid="c", k="chat.msg", d={"text": "\0"}), "nul-character"),
        (said(t="eph", k="ptr", d={"x": 0.5}), "not-a-frame"),
        (said(t="eph", k="ptr", d={"x": {"y": {}}}), "not-a-frame"),
        (said(t="eph", k="chat.msg", d={}), "unknown-kind"),
        (said(t="eph", k="seen", d={}), "unknown-kind"),
        (said(t="eph", k="rtc.offer", d={"sdp": "v=0"}), "signals-are-for-one"),
        (said(t="eph", k="ptr", d={}, to=PERSON), "signals-are-for-one"),
        (said(t="eph", k="rtc.offer", d={}, to="everybody"), "not-a-frame"),
        (said(t="eph", k="ptr", d={"a": "x" * protocol.MAX_EPHEMERAL}), "frame-too-large"),
        (said(t="seen", n=1, study="1.2", images=[]), "not-a-frame"),
        (said(t="seen", n=1, study="1.2", images=[["1.2", 1]] * 201), "not-a-frame"),
        (said(t="seen", n=1, study="1.2", images=[["../x", 1]]), "not-a-frame"),
        ("[" * 5000, "not-a-frame"),
        ('{"t":"eph","k":"ptr","d":' + "[" * 30_000, "not-a-frame"),
        ('{"t":"cmd","cid":"c","k":"chat.msg","d":' + '{"a":' * 9000, "not-a-frame"),
        ("x" * (protocol.MAX_FRAME + 1), "frame-too-large"),
        (b"\x00\x01", "text-expected"),
    ],
)
def test_what_is_no_frame_is_a_reason(frame, reason):
    assert decode(frame) == Malformed(reason)


def test_a_signal_is_for_one_person():
    eph = decode(said(t="eph", k="rtc.ice", d={"candidate": "c", "gen": 1, "end": False}, to=PERSON))
    assert eph == Eph("rtc.ice", {"candidate": "c", "gen": 1, "end": False}, PERSON)


def test_data_is_read_by_kind_and_unsaid_fields_are_their_defaults():
    command = cmd("anno.add", MARK)
    assert isinstance(command, Command)
    assert (command.d.label, command.d.world, command.base) == ("", [], None)


def test_half_a_character_is_refused_to_whoever_sent_it():
    decoded = decode('{"t":"cmd","cid":"c1","k":"chat.msg","d":{"text":"\\ud83d"}}')
    assert isinstance(decoded, Malformed) or isinstance(read_command(decoded), Faulty)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("chat.msg", {}),
        ("chat.msg", {"text": ""}),
        ("chat.msg", {"text": "长" * 2001}),
        ("chat.msg", {"text": 1}),
        ("chat.msg", {"text": "a", "html": "b"}),
        ("chat.msg", []),
        ("presenter.take", {"pe": 9}),
        ("member.admit", {"person": "system"}),
        ("member.admit", {"person": f"{PERSON}\n"}),
        ("member.admit", {"person": PERSON.upper().replace("0", "A")}),
        ("member.role", {"person": PERSON, "role": "admin"}),
        ("anno.add", MARK | {"geom": [0] * 258}),
        ("anno.add", MARK | {"geom": [0.5, 1]}),
        ("anno.add", MARK | {"geom": [10**13, 1]}),
        ("anno.add", MARK | {"id": "<b>"}),
        ("anno.add", MARK | {"value": "12mm"}),
        ("anno.add", MARK | {"frame": 0}),
        ("anno.add", MARK | {"sop": "1.2.3'; drop table room; --"}),
        ("minutes.rev", {"text": "长" * 20_001}),
        ("rec.segment", {"id": "r", "n": 0, "at": 0, "ms": 30_001, "size": 1, "sha256": "0" * 64}),
        ("file.add", {"id": "f", "name": "x", "media": "text/html; charset=utf-8", "size": 1, "sha256": "0" * 64}),
    ],
)
def test_data_that_its_kind_does_not_allow_is_faulty_and_no_more(kind, data):
    assert isinstance(cmd(kind, data), Faulty)


@pytest.mark.parametrize("kind", ["", "chat", "room.destroy", "__proto__", "member.knock "])
def test_an_unknown_kind_is_said_to_be_one(kind):
    assert cmd(kind, {}) == Faulty("c1", "unknown-kind", kind)


def test_a_base_is_a_version():
    assert cmd("anno.del", {"id": "m1"}, base=3).base == 3
    assert decode(said(t="cmd", cid="c", k="anno.del", d={"id": "m1"}, base=-1)) == Malformed("not-a-frame")


def test_commands_and_facts_are_of_the_same_kinds():
    assert COMMANDS.keys() == FACTS.keys()


@pytest.mark.parametrize(
    ("resume", "expected"),
    [
        (None, Fresh()),
        (Resume("s", "e", 900), Continue(900)),
        (Resume("other session", "e", 1000), Continue(1000)),
        (Resume("s", "e", 1000 - REPLAY), Continue(1000 - REPLAY)),
        (Resume("s", "e", 1000 - REPLAY - 1), Anew()),
        (Resume("s", "e", 1001), Anew()),
        (Resume("s", "E", 1000), Anew()),
        (Resume("s", "", 0), Anew()),
    ],
)
def test_whoever_comes_back_gets_all_that_was_missed_or_the_state(resume, expected):
    assert plan(resume, epoch="e", head=1000) == expected


def test_what_the_server_says_is_json_of_its_kind():
    words = {"zh": "旧", "en": "old"}
    said = {"t": "err", "cid": "c1", "code": "stale-version", "head": 7, "msg": words, "facts": {"ver": 3}}
    assert json.loads(protocol.err("c1", "stale-version", 7, words, {"ver": 3})) == said
    assert json.loads(protocol.snapshot(3, "e", '{"a":"<b>"}')) == {
        "t": "snapshot", "seq": 3, "epoch": "e", "state": {"a": "<b>"},
    }  # fmt: skip
    assert json.loads(protocol.bye(4008, "superseded", None))["retry_ms"] is None
