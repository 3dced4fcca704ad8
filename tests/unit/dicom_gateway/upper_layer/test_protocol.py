"""The protocol object: walks of the state table as a peer sees them, fragmentation, mutation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_gateway.upper_layer.framing import AbortReason, Piece
from dicom_gateway.upper_layer.limits import Limits
from dicom_gateway.upper_layer.negotiation import negotiate
from dicom_gateway.upper_layer.protocol import (
    AssociateRequested,
    ForbiddenPrimitiveError,
    Lost,
    ReleaseConfirmed,
    ReleaseRequested,
    UpperLayer,
)
from dicom_gateway.upper_layer.states import TABLE, Event, State
from tests.dicom.peer_bytes import ABORT, CT, EVR, RELEASE_RP, RELEASE_RQ, foreign_request, pdu, pdv

REQUEST = foreign_request(((1, CT, [EVR]),))
REJECT = pdu(3, bytes(4))


def fed(layer: UpperLayer, data: bytes):
    return layer.receive(memoryview(bytearray(data)))


def connected() -> UpperLayer:
    layer = UpperLayer(Limits())
    layer.connected()
    return layer


def established() -> UpperLayer:
    layer = connected()
    (indication,) = fed(layer, REQUEST)
    assert isinstance(indication, AssociateRequested)
    layer.accept(indication.request, *negotiate(indication.request))
    assert layer.take_outgoing()[0] == 2
    return layer


def in_state(state: State) -> UpperLayer:
    """A protocol object that reached the state by its own walk."""
    if state is State.IDLE:
        return UpperLayer(Limits())
    if state is State.AWAITING_REQUEST:
        return connected()
    if state is State.AWAITING_LOCAL_RESPONSE:
        layer = connected()
        fed(layer, REQUEST)
        return layer
    layer = established()
    if state is State.AWAITING_LOCAL_RELEASE:
        fed(layer, RELEASE_RQ)
    elif state is State.AWAITING_CLOSE:
        layer.abort()
    elif state is not State.ESTABLISHED:
        layer.request_release()
        if state is not State.AWAITING_RELEASE_RP:
            fed(layer, RELEASE_RQ)
        if state is State.COLLISION_AWAITING_LOCAL_RELEASE:
            fed(layer, RELEASE_RP)
    layer.take_outgoing()
    return layer


@pytest.mark.parametrize("state", State, ids=lambda s: s.value)
def test_every_state_is_reached_by_a_walk(state):
    assert in_state(state).state is state


LOCAL = {
    Event.LOCAL_REJECT: lambda layer: layer.reject(1, 1, 1),
    Event.LOCAL_P_DATA: lambda layer: layer.send_command(1, b"x"),
    Event.LOCAL_RELEASE_REQUEST: lambda layer: layer.request_release(),
    Event.LOCAL_RELEASE_RESPONSE: lambda layer: layer.respond_release(),
    Event.TRANSPORT_INDICATION: lambda layer: layer.connected(),
    Event.ARTIM_EXPIRED: lambda layer: layer.artim_expired(),
}


@pytest.mark.parametrize("event", LOCAL, ids=lambda e: e.value)
@pytest.mark.parametrize("state", State, ids=lambda s: s.value)
def test_a_local_primitive_works_where_the_table_has_it_and_raises_elsewhere(state, event):
    layer = in_state(state)
    if (state, event) in TABLE:
        LOCAL[event](layer)
    else:
        with pytest.raises(ForbiddenPrimitiveError):
            LOCAL[event](layer)
        assert layer.state is state


def test_abort_is_harmless_where_there_is_nothing_to_abort():
    for state in State:
        in_state(state).abort()


BY_USER, BY_PROVIDER_UNEXPECTED = pdu(7, b"\0\0\0\0"), pdu(7, b"\0\0\2\2")
UNKNOWN_PDU = pdu(7, b"\0\0\2\1")


@pytest.mark.parametrize(
    ("state", "sent", "answer", "then"),
    [
        # before an association: abort as service user (AA-1)
        (State.AWAITING_REQUEST, pdu(4, pdv(1, 3, b"x")), BY_USER, State.AWAITING_CLOSE),
        (State.AWAITING_REQUEST, RELEASE_RQ, BY_USER, State.AWAITING_CLOSE),
        (State.AWAITING_REQUEST, REJECT, BY_USER, State.AWAITING_CLOSE),
        (State.AWAITING_REQUEST, pdu(9, b""), BY_USER, State.AWAITING_CLOSE),
        (State.AWAITING_REQUEST, pdu(1, b"too short"), BY_USER, State.AWAITING_CLOSE),
        (State.AWAITING_REQUEST, ABORT, b"", State.IDLE),
        # within one: as service provider, with the reason (AA-8)
        (State.ESTABLISHED, REQUEST, BY_PROVIDER_UNEXPECTED, State.AWAITING_CLOSE),
        (State.ESTABLISHED, pdu(2, b"x"), BY_PROVIDER_UNEXPECTED, State.AWAITING_CLOSE),
        (State.ESTABLISHED, RELEASE_RP, BY_PROVIDER_UNEXPECTED, State.AWAITING_CLOSE),
        (State.ESTABLISHED, pdu(9, b""), UNKNOWN_PDU, State.AWAITING_CLOSE),
        (State.ESTABLISHED, b"\4\0\xff\xff\xff\xff", pdu(7, b"\0\0\2\6"), State.AWAITING_CLOSE),
        (State.ESTABLISHED, ABORT, b"", State.IDLE),
        (State.AWAITING_LOCAL_RELEASE, pdu(4, pdv(1, 3, b"x")), BY_PROVIDER_UNEXPECTED, State.AWAITING_CLOSE),
        (State.AWAITING_RELEASE_RP, pdu(4, pdv(1, 3, b"x")), b"", State.AWAITING_RELEASE_RP),
        (State.AWAITING_RELEASE_RP, RELEASE_RP, b"", State.IDLE),
        (State.COLLISION_AWAITING_RELEASE_RP, RELEASE_RQ, BY_PROVIDER_UNEXPECTED, State.AWAITING_CLOSE),
        (State.AWAITING_CLOSE, pdu(4, pdv(1, 3, b"x")), b"", State.AWAITING_CLOSE),
        (State.AWAITING_CLOSE, RELEASE_RQ + RELEASE_RP, b"", State.AWAITING_CLOSE),
        (State.AWAITING_CLOSE, ABORT, b"", State.IDLE),
        (State.AWAITING_CLOSE, REQUEST * 3, BY_PROVIDER_UNEXPECTED, State.AWAITING_CLOSE),
        (State.AWAITING_CLOSE, b"\xff" * 1000, UNKNOWN_PDU, State.AWAITING_CLOSE),
    ],
)
def test_the_peer_sees_the_answer_of_the_state_table(state, sent, answer, then):
    layer = in_state(state)
    fed(layer, sent)
    assert layer.take_outgoing() == answer
    assert layer.state is then
    assert layer.artim_running is (then is State.AWAITING_CLOSE)
    assert layer.close_transport is (then is State.IDLE)


def test_a_peer_that_goes_on_before_our_answer_is_aborted():
    layer = connected()
    indications = fed(layer, REQUEST + pdu(4, pdv(1, 3, b"x")))
    assert isinstance(indications[0], AssociateRequested)
    assert indications[1:] == [Lost("protocol-fault")]
    assert not layer.may_respond
    assert layer.take_outgoing() == BY_PROVIDER_UNEXPECTED


def test_a_release_is_answered_when_the_local_user_says_so():
    layer = established()
    assert fed(layer, RELEASE_RQ) == [ReleaseRequested()]
    assert layer.take_outgoing() == b""
    layer.send_command(1, b"last answer")
    layer.respond_release()
    assert layer.take_outgoing().endswith(RELEASE_RP)
    assert layer.artim_running


def test_a_release_collision_is_resolved_as_the_standard_says_for_an_acceptor():
    layer = established()
    layer.request_release()
    assert layer.take_outgoing() == RELEASE_RQ
    assert fed(layer, RELEASE_RQ) == [ReleaseRequested()]
    assert fed(layer, RELEASE_RP) == [ReleaseConfirmed()]
    layer.respond_release()
    assert layer.take_outgoing() == RELEASE_RP
    assert layer.state is State.AWAITING_CLOSE


def test_another_protocol_version_is_rejected_by_the_provider():
    layer = connected()
    assert fed(layer, REQUEST[:6] + b"\0\2" + REQUEST[8:]) == []
    assert layer.take_outgoing() == pdu(3, bytes((0, 1, 2, 2)))
    assert layer.state is State.AWAITING_CLOSE


def test_a_lost_transport_ends_everything_once():
    layer = established()
    assert layer.transport_closed() == [Lost("connection-lost")]
    assert layer.transport_closed() == []
    assert fed(layer, REQUEST) == []


def test_pdvs_that_contradict_the_negotiation_abort_with_the_reason_given():
    layer = established()
    assert layer.refuse_data(AbortReason.UNEXPECTED_PARAMETER, "why") == [Lost("protocol-fault")]
    assert layer.take_outgoing() == pdu(7, b"\0\0\2\5")
    assert layer.fault == "why"


def story(layer: UpperLayer, indications):
    """Indications with PDV cuts taken out, and what a harness that always accepts would see."""
    told = []
    for one in indications:
        if isinstance(one, Piece):
            data = bytes(one.data)
            if told and isinstance(told[-1], list) and told[-1][:2] == [one.context_id, one.is_command]:
                told[-1][3] += data
                told[-1][2] = one.is_last
            elif data or one.is_last:
                told.append([one.context_id, one.is_command, one.is_last, data])
            if told and one.is_last:
                told.append("end")
        else:
            told.append(one)
    return told


AFTER_ACCEPT = st.lists(
    st.one_of(
        st.builds(
            lambda context, control, data: pdu(4, pdv(context, control, data)),
            st.sampled_from([1, 3]),
            st.integers(0, 3),
            st.binary(max_size=60),
        ),
        st.sampled_from([RELEASE_RQ, RELEASE_RP, ABORT, REQUEST, REJECT, pdu(9, b"")]),
    ),
    max_size=6,
).map(b"".join)


@given(AFTER_ACCEPT, st.lists(st.integers(1, 40), min_size=1, max_size=10))
def test_any_fragmentation_gives_equal_indications_answers_and_states(stream, cuts):
    whole, parts = established(), established()
    expected = story(whole, fed(whole, stream))
    got, at, turn = [], 0, 0
    while at < len(stream):
        buffer = bytearray(stream[at : at + cuts[turn % len(cuts)]])
        got += [
            one._replace(data=bytes(one.data)) if isinstance(one, Piece) else one
            for one in parts.receive(memoryview(buffer))
        ]
        at, turn = at + len(buffer), turn + 1
    assert story(parts, got) == expected
    assert parts.state is whole.state
    assert parts.take_outgoing() == whole.take_outgoing()


@given(st.data())
def test_no_mutation_of_a_whole_session_raises(data):
    session = bytearray(REQUEST + pdu(4, pdv(1, 3, b"command") + pdv(1, 2, b"data")) + RELEASE_RQ)
    for _ in range(data.draw(st.integers(0, 10))):
        session[data.draw(st.integers(0, len(session) - 1))] = data.draw(st.integers(0, 255))
    layer = connected()
    at = 0
    while at < len(session):
        step = data.draw(st.integers(1, 200))
        for one in layer.receive(memoryview(session[at : at + step])):
            if isinstance(one, AssociateRequested) and layer.may_respond:
                layer.accept(one.request, *negotiate(one.request))
            elif isinstance(one, ReleaseRequested) and layer.state is State.AWAITING_LOCAL_RELEASE:
                layer.respond_release()
        at += step
    layer.transport_closed()
    assert layer.state is State.IDLE


@given(st.binary(max_size=300))
def test_no_bytes_raise(noise):
    layer = connected()
    fed(layer, noise)
    layer.take_outgoing()
