from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemed.results.framing import Broken, Frames, framed

BODY = st.binary(max_size=50).map(lambda raw: raw.replace(b"\x0b", b"").replace(b"\x1c", b""))


@given(st.lists(BODY, min_size=1, max_size=5), st.integers(min_value=1, max_value=20))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(bodies, size):
    stream = b"".join(framed(body) for body in bodies)
    frames = Frames(limit=100)
    found = [one for at in range(0, len(stream), size) for one in frames.feed(stream[at : at + size])]
    assert found == bodies
    assert not frames.inside


@pytest.mark.parametrize(
    ("stream", "frames"),
    [
        (b"\x0ba\x1c\r\x0bb\x1c\r", [b"a", b"b"]),
        (b"\x0ba\x1c\x0bb\x1c", [b"a", b"b"]),
        (b"\r\n\x0ba\x1c\r\n\r\n\x0bb\x1c\r", [b"a", b"b"]),
        (b"\x0b\x1c\r", [b""]),
        (b"\x0ba", []),
        (b"a\x0bb\x1c\r", [Broken("no-frame")]),
        (b"\x0ba\x1c\rb", [b"a", Broken("no-frame")]),
    ],
)
def test_careless_senders_are_understood_and_other_protocols_are_not(stream, frames):
    assert Frames(limit=100).feed(stream) == frames


def test_a_frame_of_the_limit_is_taken_and_one_byte_more_is_not():
    assert Frames(limit=10).feed(framed(b"x" * 10)) == [b"x" * 10]
    assert Frames(limit=10).feed(framed(b"x" * 11)) == [Broken("too-large", b"x" * 10)]
    endless = Frames(limit=10)
    assert endless.feed(b"\x0b" + b"x" * 10) == []
    assert endless.inside
    assert endless.feed(b"x") == [Broken("too-large", b"x" * 10)]
