"""Command sets against pydicom's reader and writer."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pynetdicom.dsutils import encode

from dicom_gateway.upper_layer.command import (
    Command,
    Field,
    MalformedCommand,
    decode_command,
    encode_command,
    encode_response,
)

CT = "1.2.840.10008.5.1.4.1.1.2"


def foreign(**elements) -> bytes:
    dataset = Dataset()
    for name, value in elements.items():
        setattr(dataset, name, value)
    encoded = encode(dataset, is_implicit_vr=True, is_little_endian=True)
    assert encoded is not None
    return encoded


STORE = {
    "AffectedSOPClassUID": CT,
    "CommandField": 1,
    "MessageID": 7,
    "Priority": 0,
    "CommandDataSetType": 1,
    "AffectedSOPInstanceUID": "1.2.3",
}


def test_a_foreign_store_request_is_read():
    assert decode_command(foreign(**STORE)) == Command(
        Field.C_STORE, 7, data_set_follows=True, sop_class_uid=CT, sop_instance_uid="1.2.3"
    )


def test_a_cancel_is_read_by_the_message_it_cancels():
    command = decode_command(foreign(CommandField=0x0FFF, MessageIDBeingRespondedTo=9, CommandDataSetType=0x0101))
    assert command == Command(Field.C_CANCEL, 9, data_set_follows=False)


def test_our_response_is_read_by_pydicom():
    request = Command(Field.C_STORE, 7, data_set_follows=True, sop_class_uid=CT, sop_instance_uid="1.2.3")
    response = read_dataset(
        BytesIO(encode_response(request, 0xA700, "Out of resources" + "!" * 100)),
        is_implicit_VR=True,
        is_little_endian=True,
    )
    assert response.CommandGroupLength == len(encode_response(request, 0xA700, "Out of resources" + "!" * 100)) - 12
    assert (response.CommandField, response.MessageIDBeingRespondedTo) == (0x8001, 7)
    assert (response.Status, response.CommandDataSetType) == (0xA700, 0x0101)
    assert (response.AffectedSOPClassUID, response.AffectedSOPInstanceUID) == (CT, "1.2.3")
    assert len(response.ErrorComment) == 64


def test_a_comment_is_ascii_and_of_even_length():
    encoded = encode_response(Command(Field.C_ECHO, 1, data_set_follows=False), 0xC000, "磁盘满")
    assert read_dataset(BytesIO(encoded), is_implicit_VR=True, is_little_endian=True).ErrorComment == "???"
    assert len(encoded) % 2 == 0


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\0",
        foreign(**STORE)[:-1],
        foreign(CommandField=1, MessageID=1),
        foreign(CommandField=1, CommandDataSetType=1),
        foreign(MessageID=1, CommandDataSetType=1),
        foreign(PatientID="1"),
        encode_command({0x0100: b"\1", 0x0110: b"\1\0", 0x0800: b"\1\1"}),
        b"\0\0\0\1\xff\xff\xff\xff",
    ],
)
def test_what_is_no_command_set_is_malformed(hostile):
    assert isinstance(decode_command(hostile), MalformedCommand)


@given(st.binary(max_size=200))
def test_no_bytes_raise(hostile):
    decode_command(hostile)
