"""A stream of bytes → PDUs, without ever holding more than one association PDU or one PDV header.

P-DATA-TF is passed on piece by piece as it comes; its length is judged at its header, before a byte is kept.
"""

from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from dicom_gateway.upper_layer.limits import Limits

_PDU_HEADER = Struct(">BxI")  # PS3.8 9.3.1: type, reserved, length
_PDV_HEADER = Struct(">IBB")  # PS3.8 9.3.5.1 and E.2: length, presentation context ID, message control header


class PduType(IntEnum):
    """PDU types, PS3.8 section 9.3."""

    ASSOCIATE_RQ = 1
    ASSOCIATE_AC = 2
    ASSOCIATE_RJ = 3
    P_DATA_TF = 4
    RELEASE_RQ = 5
    RELEASE_RP = 6
    ABORT = 7


class AbortReason(IntEnum):
    """Reasons of an A-ABORT by the service provider, PS3.8 Table 9-26."""

    NOT_SPECIFIED = 0
    UNRECOGNIZED_PDU = 1
    UNEXPECTED_PDU = 2
    UNRECOGNIZED_PARAMETER = 4
    UNEXPECTED_PARAMETER = 5
    INVALID_PARAMETER = 6


class Pdu(NamedTuple):
    """A whole PDU other than P-DATA-TF; body is what follows the length."""

    type: PduType
    body: bytes


class DataBegins(NamedTuple):
    """The header of a P-DATA-TF was read."""

    length: int


class Piece(NamedTuple):
    """Consecutive bytes of one PDV.  data points into the buffer given to feed: copy it before the next feed."""

    context_id: int
    is_command: bool
    #: This PDV is the last of its command set or data set, and ends here.
    is_last: bool
    data: memoryview | bytes


class Broken(NamedTuple):
    """The stream has no meaning any more; nothing after this is read."""

    reason: AbortReason
    detail: str


Token = Pdu | DataBegins | Piece | Broken

#: PS3.8 9.3.4, 9.3.6 to 9.3.8: these four have a body of exactly four bytes.
_SHORT = frozenset({PduType.ASSOCIATE_RJ, PduType.RELEASE_RQ, PduType.RELEASE_RP, PduType.ABORT})
_NOTHING = memoryview(b"")


class Framer:
    """Cuts a byte stream into tokens; equal tokens however the stream was fragmented, but for the cuts in Piece."""

    __slots__ = (
        "_body_left",
        "_body_type",
        "_broken",
        "_held",
        "_limits",
        "_pdu_left",
        "_pdv_control",
        "_pdv_id",
        "_pdv_left",
        "pdus",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = bytearray()
        self._body_type: PduType | None = None
        self._body_left = 0
        self._pdu_left = 0
        self._pdv_left = 0
        self._pdv_id = 0
        self._pdv_control = 0
        self._broken = False
        #: PDUs whose header was read.
        self.pdus = 0

    @property
    def inside_pdu(self) -> bool:
        """True if a PDU has begun and not ended."""
        return bool(self._held or self._body_type or self._pdu_left or self._pdv_left)

    @property
    def held_bytes(self) -> int:
        return len(self._held)

    def feed(self, data: memoryview) -> Iterator[Token]:
        """Yield what these bytes complete.  The iterator is to be exhausted, or the framer given up."""
        at, end = 0, len(data)
        while at < end and not self._broken:
            if self._pdv_left:
                piece = data[at : at + self._pdv_left]
                at += len(piece)
                yield self._pdv_goes_on(piece)
            elif self._pdu_left:
                header, at = self._collect(data, at, _PDV_HEADER.size)
                if header is not None:
                    yield from self._pdv_begins(header)
            elif self._body_type is not None:
                body, at = self._collect(data, at, self._body_left)
                if body is not None:
                    kind, self._body_type = self._body_type, None
                    yield Pdu(kind, body)
            else:
                header, at = self._collect(data, at, _PDU_HEADER.size)
                if header is not None:
                    yield from self._pdu_begins(header)

    def _collect(self, data: memoryview, at: int, size: int) -> tuple[bytes | None, int]:
        """Gather size bytes that may be spread over several buffers."""
        held = self._held
        if not held and len(data) - at >= size:
            return bytes(data[at : at + size]), at + size
        take = data[at : at + size - len(held)]
        held += take
        if len(held) < size:
            return None, at + len(take)
        whole = bytes(held)
        self._held = bytearray()
        return whole, at + len(take)

    def _pdu_begins(self, header: bytes) -> Iterator[Token]:
        code, length = _PDU_HEADER.unpack(header)
        self.pdus += 1
        try:
            kind = PduType(code)
        except ValueError:
            yield self._break(AbortReason.UNRECOGNIZED_PDU, f"PDU type 0x{code:02X}")
            return
        if kind is PduType.P_DATA_TF:
            if not _PDV_HEADER.size <= length <= self._limits.max_pdu_length:
                yield self._break(AbortReason.INVALID_PARAMETER, f"P-DATA-TF of {length} bytes")
                return
            self._pdu_left = length
            yield DataBegins(length)
            return
        if (kind in _SHORT and length != 4) or not 0 < length <= self._limits.max_associate_length:
            yield self._break(AbortReason.INVALID_PARAMETER, f"PDU type 0x{code:02X} of {length} bytes")
            return
        self._body_type, self._body_left = kind, length

    def _pdv_begins(self, header: bytes) -> Iterator[Token]:
        length, self._pdv_id, self._pdv_control = _PDV_HEADER.unpack(header)
        # The item's length counts the context ID and the control header (2 bytes) but not itself (4 bytes).
        left_after = self._pdu_left - 4 - length
        if length < 2 or left_after < 0 or 0 < left_after < _PDV_HEADER.size or not self._pdv_id & 1:
            yield self._break(AbortReason.INVALID_PARAMETER, f"PDV of {length} bytes, context {self._pdv_id}")
            return
        self._pdu_left = left_after
        self._pdv_left = length - 2
        if not self._pdv_left and self._pdv_control & 2:
            yield self._pdv_goes_on(_NOTHING)

    def _pdv_goes_on(self, piece: memoryview) -> Piece:
        self._pdv_left -= len(piece)
        control = self._pdv_control
        return Piece(self._pdv_id, bool(control & 1), bool(control & 2) and not self._pdv_left, piece)

    def _break(self, reason: AbortReason, detail: str) -> Broken:
        self._broken = True
        self._held = bytearray()
        return Broken(reason, detail)
