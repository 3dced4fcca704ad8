"""Our codec against pynetdicom's, in both directions, and against hostile bytes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom.pdu import (
    A_ABORT_RQ,
    A_ASSOCIATE_AC,
    A_ASSOCIATE_RJ,
    A_RELEASE_RP,
    A_RELEASE_RQ,
    P_DATA_TF,
)

from dicom_gateway.upper_layer.framing import AbortReason
from dicom_gateway.upper_layer.negotiation import negotiate
from dicom_gateway.upper_layer.pdu import (
    AssociateRequest,
    Malformed,
    ProposedContext,
    ProposedRole,
    decode_associate_request,
    encode_abort,
    encode_associate_accept,
    encode_associate_reject,
    encode_data,
    encode_release_request,
    encode_release_response,
)
from tests.dicom.peer_bytes import CT, EVR, IVR, MR, foreign_request, item


def test_a_foreign_request_is_read_whole():
    request = decode_associate_request(foreign_request(roles=[(CT, True, False)])[6:])
    assert isinstance(request, AssociateRequest)
    assert (request.protocol_version, request.called_ae, request.calling_ae) == (1, "TELEMED", "CT 1")
    assert request.application_context == "1.2.840.10008.3.1.1.1"
    assert request.contexts == (ProposedContext(1, CT, (EVR, IVR)), ProposedContext(3, MR, (IVR,)))
    assert (request.max_pdu_length, request.implementation_class_uid) == (16382, "1.2.3.4")
    assert request.implementation_version == "FOREIGN"
    assert request.roles == {CT: ProposedRole(scu=True, scp=False)}


def test_our_acceptance_is_read_by_the_foreign_codec():
    request = decode_associate_request(foreign_request(roles=[(MR, True, True)])[6:])
    assert isinstance(request, AssociateRequest)
    results, roles = negotiate(request)
    encoded = encode_associate_accept(
        request, results, roles, max_pdu_length=131072, implementation_class_uid="2.25.1", implementation_version="V"
    )
    read = A_ASSOCIATE_AC()
    read.decode(encoded)
    primitive = read.to_primitive()
    assert primitive.called_ae_title == "TELEMED"
    assert [
        (c.context_id, c.result, c.transfer_syntax[0]) for c in primitive.presentation_context_definition_results_list
    ] == [
        (1, 0, EVR),
        (3, 0, IVR),
    ]
    assert primitive.maximum_length_received == 131072
    assert [
        (i.sop_class_uid, i.scu_role, i.scp_role) for i in primitive.user_information if hasattr(i, "scu_role")
    ] == [(MR, True, False)]
    assert read.encode() == encoded


def test_our_short_pdus_are_read_by_the_foreign_codec():
    reject = A_ASSOCIATE_RJ()
    reject.decode(encode_associate_reject(1, 1, 7))
    assert (reject.result, reject.source, reject.reason_diagnostic) == (1, 1, 7)
    abort = A_ABORT_RQ()
    abort.decode(encode_abort(by_provider=True, reason=AbortReason.INVALID_PARAMETER))
    assert (abort.source, abort.reason_diagnostic) == (2, 6)
    abort.decode(encode_abort(by_provider=False, reason=AbortReason.INVALID_PARAMETER))
    assert (abort.source, abort.reason_diagnostic) == (0, 0)
    assert encode_release_request() == A_RELEASE_RQ().encode()
    assert encode_release_response() == A_RELEASE_RP().encode()


@given(st.binary(min_size=0, max_size=500), st.sampled_from([0, 7, 8, 20, 16382]))
def test_data_is_cut_to_what_the_peer_takes_and_comes_back_whole(data, max_pdu_length):
    encoded = encode_data(5, data, is_command=True, max_pdu_length=max_pdu_length)
    joined, at, lasts = b"", 0, []
    while at < len(encoded):
        size = 6 + int.from_bytes(encoded[at + 2 : at + 6], "big")
        assert not max_pdu_length or size - 6 <= max_pdu_length
        foreign = P_DATA_TF()
        foreign.decode(encoded[at : at + size])
        for value in foreign.presentation_data_value_items:
            assert value.presentation_context_id == 5
            assert value.presentation_data_value
            joined += value.presentation_data_value[1:]
            lasts.append(value.presentation_data_value[0])
        at += size
    assert joined == data
    assert lasts == [1] * (len(lasts) - 1) + [3]


def body(*items: bytes) -> bytes:
    return struct.pack(">HH16s16s32x", 1, 0, b"TELEMED", b"CT1") + b"".join(items)


CONTEXT = item(0x20, bytes((1, 0, 0, 0)) + item(0x30, CT.encode()) + item(0x40, IVR.encode()))


def test_padding_and_unknown_items_are_let_pass():
    padded = item(0x20, bytes((1, 0, 0, 0)) + item(0x30, CT.encode() + b"\0") + item(0x40, IVR.encode() + b" "))
    request = decode_associate_request(body(item(0x99, b"new"), padded, item(0x50, item(0x59, b"newer"))))
    assert isinstance(request, AssociateRequest)
    assert request.contexts == (ProposedContext(1, CT, (IVR,)),)


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        body()[:-1],
        body(),
        body(CONTEXT, CONTEXT),
        body(CONTEXT[:-1]),
        body(item(0x20, b"\1\0\0")),
        body(item(0x20, bytes((2, 0, 0, 0)))),
        body(CONTEXT, b"\x50"),
        body(CONTEXT, struct.pack(">BxH", 0x50, 65535)),
        body(CONTEXT, item(0x50, item(0x54, b"\0\x05abc"))),
        body(*(item(0x20, bytes((i * 2 % 256 + 1, 0, 0, 0))) for i in range(129))),
    ],
)
def test_a_request_that_claims_what_is_not_there_is_malformed(hostile):
    assert isinstance(decode_associate_request(hostile), Malformed)


@given(st.data())
def test_no_mutation_of_a_request_raises(data):
    encoded = bytearray(foreign_request(roles=[(CT, True, False)])[6:])
    for _ in range(data.draw(st.integers(1, 8))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(encoded)))
    for hostile in (bytes(encoded), bytes(encoded[:cut])):
        request = decode_associate_request(hostile)
        if isinstance(request, AssociateRequest):
            negotiate(request)
