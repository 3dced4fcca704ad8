"""PDVs that make messages, and those that do not."""

import pytest

from dicom_gateway.upper_layer.command import Field, encode_command
from dicom_gateway.upper_layer.framing import Piece
from dicom_gateway.upper_layer.messages import Contradiction, DataSet, MessageBegins, MessageReader

CT, EVR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


def command(field: int = Field.C_STORE, *, data_set: bool = True) -> bytes:
    data_set_type = b"\0\0" if data_set else b"\1\1"
    return encode_command({0x0100: field.to_bytes(2, "little"), 0x0110: b"\7\0", 0x0800: data_set_type})


def piece(data: bytes | memoryview, *, context=1, is_command=False, is_last=False) -> Piece:
    return Piece(context, is_command, is_last, data)


def reader() -> MessageReader:
    return MessageReader({1: (CT, EVR), 3: ("1.2.840.10008.1.1", EVR)}, max_command_length=1000)


def test_a_store_is_a_command_and_the_pieces_of_its_data_set():
    messages, encoded = reader(), command()
    assert messages.take(piece(encoded[:10], is_command=True)) is None
    assert messages.inside_message
    begins = messages.take(piece(encoded[10:], is_command=True, is_last=True))
    assert isinstance(begins, MessageBegins)
    assert (begins.context_id, begins.abstract_syntax, begins.transfer_syntax) == (1, CT, EVR)
    assert messages.take(piece(b"ab")) is None
    assert messages.take(piece(b"cd")) is None
    assert messages.gathered() == DataSet(b"abcd", is_last=False)
    assert messages.gathered() is None
    assert messages.take(piece(b"ef")) is None
    assert messages.take(piece(b"", is_last=True)) == DataSet(b"ef", is_last=True)
    assert not messages.inside_message


def test_what_is_gathered_does_not_change_with_the_buffer():
    messages, buffer = reader(), bytearray(b"abcd")
    messages.take(piece(command(), is_command=True, is_last=True))
    messages.take(piece(memoryview(buffer)))
    gathered = messages.gathered()
    buffer[:] = b"XXXX"
    assert gathered == DataSet(b"abcd", is_last=False)


def test_an_echo_has_no_data_set():
    messages = reader()
    taken = messages.take(piece(command(Field.C_ECHO, data_set=False), context=3, is_command=True, is_last=True))
    assert isinstance(taken, MessageBegins)
    assert not messages.inside_message


@pytest.mark.parametrize(
    "pieces",
    [
        [piece(command(), context=5, is_command=True, is_last=True)],
        [piece(b"data first")],
        [piece(command(data_set=False), is_command=True, is_last=True), piece(b"none announced")],
        [piece(command(), is_command=True, is_last=True), piece(b"elsewhere", context=3)],
        [piece(command(), is_command=True, is_last=True), piece(command(), is_command=True, is_last=True)],
        [piece(command()[:10], is_command=True), piece(command()[10:], context=3, is_command=True, is_last=True)],
        [piece(b"\0" * 600, is_command=True), piece(b"\0" * 600, is_command=True)],
        [piece(b"nonsense", is_command=True, is_last=True)],
    ],
)
def test_pdvs_that_contradict_each_other_or_the_negotiation_are_told_so(pieces):
    messages = reader()
    assert isinstance([messages.take(one) for one in pieces][-1], Contradiction)
