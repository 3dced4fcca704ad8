"""The framer: what it holds, where it stops, and that fragmentation means nothing to it."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_gateway.upper_layer.framing import AbortReason, Broken, DataBegins, Framer, Pdu, PduType, Piece
from dicom_gateway.upper_layer.limits import Limits
from tests.dicom.peer_bytes import pdu, pdv

LIMITS = Limits(max_pdu_length=1000, max_associate_length=2000)


def piece(context: int, data: bytes, *, is_command: bool, is_last: bool) -> Piece:
    return Piece(context, is_command, is_last, data)


def feed(framer: Framer, data: bytes):
    """Tokens with owned bytes, in a buffer that is spoiled afterwards as the shared one is."""
    buffer = bytearray(data)
    tokens = [
        token._replace(data=bytes(token.data)) if isinstance(token, Piece) else token
        for token in framer.feed(memoryview(buffer))
    ]
    buffer[:] = b"\xee" * len(buffer)
    return tokens


def joined(tokens):
    """Tokens with the cuts inside one PDV taken out."""
    whole = []
    for token in tokens:
        last = whole[-1] if whole else None
        if isinstance(token, Piece) and isinstance(last, Piece) and not last.is_last and token[:2] == last[:2]:
            whole[-1] = token._replace(data=bytes(last.data) + bytes(token.data))
        elif not (isinstance(token, Piece) and not token.data and not token.is_last):
            whole.append(token)
    return whole


def test_the_pdvs_of_one_pdu_come_apart():
    tokens = feed(Framer(LIMITS), pdu(4, pdv(1, 3, b"command") + pdv(1, 0, b"da") + pdv(1, 2, b"ta")))
    assert tokens == [
        DataBegins(29),
        piece(1, b"command", is_command=True, is_last=True),
        piece(1, b"da", is_command=False, is_last=False),
        piece(1, b"ta", is_command=False, is_last=True),
    ]


def test_an_empty_last_pdv_ends_a_data_set():
    assert feed(Framer(LIMITS), pdu(4, pdv(1, 2, b""))) == [
        DataBegins(6),
        piece(1, b"", is_command=False, is_last=True),
    ]


def test_a_piece_is_last_only_where_its_pdv_ends():
    framer, encoded = Framer(LIMITS), pdu(4, pdv(1, 2, b"abcd"))
    assert feed(framer, encoded[:-2])[-1] == piece(1, b"ab", is_command=False, is_last=False)
    assert framer.inside_pdu
    assert feed(framer, encoded[-2:]) == [piece(1, b"cd", is_command=False, is_last=True)]
    assert not framer.inside_pdu


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (struct.pack(">BxI", 1, 2001), AbortReason.INVALID_PARAMETER),
        (struct.pack(">BxI", 1, 0xFFFFFFFF), AbortReason.INVALID_PARAMETER),
        (struct.pack(">BxI", 1, 0), AbortReason.INVALID_PARAMETER),
        (struct.pack(">BxI", 4, 1001), AbortReason.INVALID_PARAMETER),
        (struct.pack(">BxI", 4, 5), AbortReason.INVALID_PARAMETER),
        (struct.pack(">BxI", 5, 5), AbortReason.INVALID_PARAMETER),
        (struct.pack(">BxI", 7, 3), AbortReason.INVALID_PARAMETER),
        (struct.pack(">BxI", 0, 4), AbortReason.UNRECOGNIZED_PDU),
        (struct.pack(">BxI", 8, 4), AbortReason.UNRECOGNIZED_PDU),
        (b"GET / ", AbortReason.UNRECOGNIZED_PDU),
    ],
)
def test_a_bad_header_breaks_the_stream_before_a_byte_of_its_body_is_kept(header, reason):
    framer = Framer(LIMITS)
    (broken,) = feed(framer, header)
    assert isinstance(broken, Broken)
    assert broken.reason is reason
    assert feed(framer, b"\0" * 10_000) == []
    assert framer.held_bytes == 0


@pytest.mark.parametrize(
    "body",
    [
        struct.pack(">IBB", 1, 1, 0) + b"",
        struct.pack(">IBB", 0xFFFFFFFF, 1, 0) + b"x" * 20,
        struct.pack(">IBB", 5, 1, 0) + b"xx",
        pdv(2, 0, b"even id"),
        pdv(1, 0, b"ok") + b"\0\0\0",
    ],
)
def test_a_pdv_that_does_not_fit_its_pdu_breaks_the_stream(body):
    tokens = feed(Framer(LIMITS), pdu(4, body))
    assert isinstance(tokens[-1], Broken)


@pytest.mark.parametrize("length", [1000, 2000])
def test_the_longest_allowed_pdus_pass(length):
    encoded = pdu(4, pdv(1, 0, bytes(994))) if length == 1000 else pdu(1, bytes(2000))
    assert not any(isinstance(token, Broken) for token in feed(Framer(LIMITS), encoded))


STREAMS = st.lists(
    st.one_of(
        st.builds(lambda n: pdu(1, bytes(n)), st.integers(1, 300)),
        st.sampled_from([pdu(5, bytes(4)), pdu(6, bytes(4)), pdu(7, bytes(4)), pdu(9, b"")]),
        st.builds(
            lambda pdvs: pdu(4, b"".join(pdv(context, control, data) for context, control, data in pdvs)),
            st.lists(
                st.tuples(st.sampled_from([1, 3, 255]), st.integers(0, 3), st.binary(max_size=40)),
                min_size=1,
                max_size=5,
            ),
        ),
        st.binary(max_size=20),
    ),
    max_size=8,
).map(b"".join)


@given(STREAMS, st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_any_fragmentation_gives_equal_tokens(stream, cuts):
    whole = feed(Framer(LIMITS), stream)
    framer, at, parts, turn = Framer(LIMITS), 0, [], 0
    while at < len(stream):
        step = cuts[turn % len(cuts)]
        parts += feed(framer, stream[at : at + step])
        at, turn = at + step, turn + 1
        assert framer.held_bytes <= 2000
    assert joined(parts) == joined(whole)


def test_what_is_held_of_data_is_a_header_at_most():
    framer = Framer(Limits())
    encoded = pdu(4, pdv(1, 0, bytes(100_000)))
    for byte in (encoded[i : i + 1] for i in range(12)):
        feed(framer, byte)
        assert framer.held_bytes <= 6
    feed(framer, encoded[12:50_000])
    assert framer.held_bytes == 0


def test_the_types_are_those_of_the_standard():
    assert [kind.value for kind in PduType] == [1, 2, 3, 4, 5, 6, 7]
    assert isinstance(feed(Framer(LIMITS), pdu(2, b"x"))[0], Pdu)
