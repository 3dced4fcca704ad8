"""The upper layer protocol of one association, sans I/O: bytes in, indications and bytes out.

The owner feeds what it read (receive), calls the local user's primitives (accept, reject, send, release …), writes
what take_outgoing returns and obeys artim_running and close_transport.  Nothing a peer sends makes this raise;
a local primitive in the wrong state is a bug and raises ForbiddenPrimitiveError.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dicom_gateway.upper_layer import pdu
from dicom_gateway.upper_layer.framing import AbortReason, Broken, DataBegins, Framer, Pdu, PduType, Piece
from dicom_gateway.upper_layer.limits import Limits
from dicom_gateway.upper_layer.pdu import AssociateRequest, ContextResult, Malformed, ProposedRole
from dicom_gateway.upper_layer.states import ACTIONS, AE_6_REFUSED, TABLE, Action, Effect, Event, State

#: Ours, under the UUID arc of PS3.5 B.2.
IMPLEMENTATION_CLASS_UID = "2.25.266888344073690263866592030868078918783"
IMPLEMENTATION_VERSION = "TELEMED_0_1"


@dataclass(frozen=True, slots=True)
class AssociateRequested:
    """A-ASSOCIATE indication: answer with accept or reject."""

    request: AssociateRequest


@dataclass(frozen=True, slots=True)
class ReleaseRequested:
    """A-RELEASE indication: answer with respond_release when all before it is done."""


@dataclass(frozen=True, slots=True)
class ReleaseConfirmed:
    """The peer agreed to our release."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The association is gone without release; why is a stable word."""

    why: str


#: Piece is the P-DATA indication: it points into the buffer that was fed.
Indication = AssociateRequested | Piece | ReleaseRequested | ReleaseConfirmed | Lost

_EVENTS = {
    PduType.ASSOCIATE_RQ: Event.ASSOCIATE_RQ_RECEIVED,
    PduType.ASSOCIATE_AC: Event.ASSOCIATE_AC_RECEIVED,
    PduType.ASSOCIATE_RJ: Event.ASSOCIATE_RJ_RECEIVED,
    PduType.RELEASE_RQ: Event.RELEASE_RQ_RECEIVED,
    PduType.RELEASE_RP: Event.RELEASE_RP_RECEIVED,
    PduType.ABORT: Event.ABORT_RECEIVED,
}


#: Effects that send what the primitive brought, …
_GIVEN = frozenset({Effect.SEND_ASSOCIATE_AC, Effect.SEND_ASSOCIATE_RJ, Effect.SEND_P_DATA})
#: … always the same bytes, …
_FIXED = {
    Effect.SEND_RELEASE_RQ: pdu.encode_release_request(),
    Effect.SEND_RELEASE_RP: pdu.encode_release_response(),
    Effect.SEND_ABORT_BY_USER: pdu.encode_abort(by_provider=False),
}
#: … or tell the local user.
_INDICATIONS: dict[Effect, Indication] = {
    Effect.INDICATE_RELEASE: ReleaseRequested(),
    Effect.CONFIRM_RELEASE: ReleaseConfirmed(),
    Effect.INDICATE_ABORT: Lost("aborted-by-peer"),
}


#: Where a P-DATA-TF is indicated (DT-2, AR-6).
_TAKES_DATA = frozenset({State.ESTABLISHED, State.AWAITING_RELEASE_RP})


class ForbiddenPrimitiveError(RuntimeError):
    """The local user called a primitive that the state table does not allow."""


class UpperLayer:
    """One association as its acceptor sees it."""

    __slots__ = (
        "_deaf",
        "_framer",
        "_indications",
        "_limits",
        "_outgoing",
        "_peer_max_pdu_length",
        "artim_running",
        "close_transport",
        "fault",
        "state",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._framer = Framer(limits)
        self._deaf = False
        self._outgoing = bytearray()
        self._indications: list[Indication] = []
        self._peer_max_pdu_length = 0
        self.state = State.IDLE
        self.artim_running = False
        #: The transport is to be closed once the outgoing bytes are written.
        self.close_transport = False
        #: What the peer did that broke the protocol, in words for a log; never content.
        self.fault: str | None = None

    @property
    def inside_pdu(self) -> bool:
        return not self._deaf and self._framer.inside_pdu

    @property
    def pdus(self) -> int:
        """PDUs begun by the peer so far."""
        return self._framer.pdus

    def take_outgoing(self) -> bytes:
        """The bytes to be written now."""
        taken = bytes(self._outgoing)
        self._outgoing.clear()
        return taken

    # What the transport tells.

    def connected(self) -> None:
        self._apply(Event.TRANSPORT_INDICATION)

    def receive(self, data: memoryview) -> list[Indication]:
        """Take bytes from the peer.  Pieces among the answer point into data."""
        if self._deaf:
            return []
        for token in self._framer.feed(data):
            match token:
                case Piece():
                    if self.state in _TAKES_DATA:
                        self._indications.append(token)
                case DataBegins():
                    self._apply(Event.P_DATA_RECEIVED)
                case Pdu():
                    self._pdu(token)
                case Broken(reason, detail):
                    self._invalid(reason, detail)
            if self._deaf:
                break
        return self._take_indications()

    def transport_closed(self) -> list[Indication]:
        if self.state is not State.IDLE:
            self._apply(Event.TRANSPORT_CLOSED)
        self._deaf = True
        return self._take_indications()

    def artim_expired(self) -> None:
        self._apply(Event.ARTIM_EXPIRED)

    # What the local user wants.

    def accept(
        self, request: AssociateRequest, results: Sequence[ContextResult], roles: Mapping[str, ProposedRole]
    ) -> None:
        self._peer_max_pdu_length = request.max_pdu_length
        encoded = pdu.encode_associate_accept(
            request,
            results,
            roles,
            max_pdu_length=self._limits.max_pdu_length,
            implementation_class_uid=IMPLEMENTATION_CLASS_UID,
            implementation_version=IMPLEMENTATION_VERSION,
        )
        self._apply(Event.LOCAL_ACCEPT, encoded)

    def reject(self, result: int, source: int, reason: int) -> None:
        self._apply(Event.LOCAL_REJECT, pdu.encode_associate_reject(result, source, reason))

    def send_command(self, context_id: int, command: bytes) -> None:
        """Send a command set without data set."""
        self._apply(
            Event.LOCAL_P_DATA,
            pdu.encode_data(context_id, command, is_command=True, max_pdu_length=self._peer_max_pdu_length),
        )

    def request_release(self) -> None:
        self._apply(Event.LOCAL_RELEASE_REQUEST)

    def respond_release(self) -> None:
        self._apply(Event.LOCAL_RELEASE_RESPONSE)

    def abort(self) -> None:
        """Abort as service user; without meaning when the association is over already."""
        if (self.state, Event.LOCAL_ABORT) in TABLE:
            self._apply(Event.LOCAL_ABORT)

    @property
    def may_respond(self) -> bool:
        """True while an association request waits; a peer that goes on before our answer has been aborted."""
        return self.state is State.AWAITING_LOCAL_RESPONSE

    @property
    def may_send(self) -> bool:
        """True while a response can still reach the peer."""
        return (self.state, Event.LOCAL_P_DATA) in TABLE

    def refuse_data(self, reason: AbortReason, detail: str) -> list[Indication]:
        """The user of this layer finds the PDVs just indicated to contradict the negotiation: an invalid PDU."""
        self._invalid(reason, detail)
        self._deaf = True
        return self._take_indications()

    # Inside.

    def _pdu(self, token: Pdu) -> None:
        event = _EVENTS[token.type]
        if event is not Event.ASSOCIATE_RQ_RECEIVED or self.state is not State.AWAITING_REQUEST:
            self._apply(event)
            return
        request = pdu.decode_associate_request(token.body)
        if isinstance(request, Malformed):
            self._invalid(request.reason, request.detail)
        elif not request.protocol_version & 1:
            # Rejected-permanent, service provider (ACSE), protocol version not supported: PS3.8 Table 9-21.
            self.fault = f"protocol version {request.protocol_version}"
            self._perform(AE_6_REFUSED, pdu.encode_associate_reject(1, 2, 2), AbortReason.NOT_SPECIFIED)
        else:
            self._apply(event, request=request)

    def _invalid(self, reason: AbortReason, detail: str) -> None:
        self.fault = detail
        self._apply(Event.INVALID_PDU, reason=reason)

    def _apply(
        self,
        event: Event,
        encoded: bytes = b"",
        *,
        request: AssociateRequest | None = None,
        reason: AbortReason = AbortReason.UNEXPECTED_PDU,
    ) -> None:
        """Look the pair up and do what the table says."""
        name = TABLE.get((self.state, event))
        if name is None:
            raise ForbiddenPrimitiveError(f"{event.name} in {self.state.name}")
        if name == "AA-7":
            # Said twice is enough: a flood behind our abort is dropped unread.
            self._deaf = True
        if name in ("AA-1", "AA-8") and self.fault is None and event is not Event.LOCAL_ABORT:
            self.fault = f"{event.name.lower()} in {self.state.name.lower()}"
        self._perform(ACTIONS[name], encoded, reason, request)

    def _perform(
        self, action: Action, encoded: bytes, reason: AbortReason, request: AssociateRequest | None = None
    ) -> None:
        self.state = action.next_state
        if self.state is State.IDLE:
            self._deaf = True
        for effect in action.effects:
            if effect in _GIVEN:
                self._outgoing += encoded
            elif effect in _FIXED:
                self._outgoing += _FIXED[effect]
            elif effect is Effect.SEND_ABORT_BY_PROVIDER:
                self._outgoing += pdu.encode_abort(by_provider=True, reason=reason)
            elif effect in (Effect.START_ARTIM, Effect.STOP_ARTIM):
                self.artim_running = effect is Effect.START_ARTIM
            elif effect is Effect.CLOSE_TRANSPORT:
                self.close_transport = True
            else:
                self._indicate(effect, request)

    def _indicate(self, effect: Effect, request: AssociateRequest | None) -> None:
        if effect is Effect.INDICATE_ASSOCIATE and request is not None:
            self._indications.append(AssociateRequested(request))
        elif effect is Effect.INDICATE_LOST:
            self._indications.append(Lost("protocol-fault" if self.fault else "connection-lost"))
        elif effect in _INDICATIONS:
            self._indications.append(_INDICATIONS[effect])
        # INDICATE_P_DATA: the pieces of this PDU follow, one by one.

    def _take_indications(self) -> list[Indication]:
        taken, self._indications = self._indications, []
        return taken
