"""Association PDUs: bytes → AssociateRequest | Malformed, and the few PDUs an acceptor sends.  PS3.8 section 9.3.

Written for hostile input: every length is checked against what is there, nothing raises, nothing is looked up.
The tests hold it against pynetdicom's codec, in both directions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct, pack

from dicom_gateway.upper_layer.framing import AbortReason, PduType

_FIXED = Struct(">HH16s16s32x")  # PS3.8 Table 9-11: version, reserved, called, calling, reserved
_ITEM = Struct(">BxH")
APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"  # PS3.7 A.2.1
#: PS3.8 7.1.1.13 to 7.1.1.15: odd IDs 1 to 255, so at most 128 contexts.
MAX_CONTEXTS = 128


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """One presentation context of an A-ASSOCIATE-RQ; UIDs as sent, padding removed."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProposedRole:
    """SCP/SCU role selection of one SOP class, PS3.7 D.3.3.4."""

    scu: bool
    scp: bool


@dataclass(frozen=True, slots=True)
class AssociateRequest:
    """An A-ASSOCIATE-RQ."""

    protocol_version: int
    called_ae: str
    calling_ae: str
    application_context: str
    contexts: tuple[ProposedContext, ...]
    #: The longest P-DATA-TF the peer takes; 0 means no limit.
    max_pdu_length: int = 0
    implementation_class_uid: str = ""
    implementation_version: str = ""
    roles: Mapping[str, ProposedRole] = field(default_factory=dict[str, ProposedRole])
    #: The 32 bytes of both titles as sent: A-ASSOCIATE-AC returns them, PS3.8 Table 9-17.
    titles: bytes = b" " * 32


@dataclass(frozen=True, slots=True)
class ContextResult:
    """The answer to one proposed context; result as in PS3.8 Table 9-18."""

    context_id: int
    result: int
    #: Not significant unless result is 0, but there.
    transfer_syntax: str
    abstract_syntax: str = ""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that are no such PDU."""

    reason: AbortReason
    detail: str


class _BrokenItemError(Exception):
    """Raised and caught inside this module: an item claims more than is there."""


def decode_associate_request(body: bytes) -> AssociateRequest | Malformed:
    """Read the body of an A-ASSOCIATE-RQ, what follows the PDU's length."""
    if len(body) < _FIXED.size:
        return Malformed(AbortReason.INVALID_PARAMETER, "A-ASSOCIATE-RQ ends within its fixed fields")
    version, _, called, calling = _FIXED.unpack_from(body)
    application_context = ""
    contexts: list[ProposedContext] = []
    user: dict[int, bytes] = {}
    roles: dict[str, ProposedRole] = {}
    try:
        for kind, value in _items(body[_FIXED.size :]):
            if kind == 0x10:
                application_context = _text(value)
            elif kind == 0x20:
                contexts.append(_context(value))
            elif kind == 0x50:
                for sub_kind, sub_value in _items(value):
                    if sub_kind == 0x54:
                        uid, role = _role(sub_value)
                        roles[uid] = role
                    else:
                        user[sub_kind] = sub_value
    except _BrokenItemError as broken:
        return Malformed(AbortReason.INVALID_PARAMETER, str(broken))
    ids = {context.context_id for context in contexts}
    if not contexts or len(ids) != len(contexts) or len(contexts) > MAX_CONTEXTS:
        return Malformed(AbortReason.INVALID_PARAMETER, f"{len(contexts)} presentation contexts, {len(ids)} IDs")
    return AssociateRequest(
        protocol_version=version,
        called_ae=_title(called),
        calling_ae=_title(calling),
        application_context=application_context,
        contexts=tuple(contexts),
        max_pdu_length=int.from_bytes(user.get(0x51, b"")[:4], "big"),
        implementation_class_uid=_text(user.get(0x52, b"")[:64]),
        implementation_version=_text(user.get(0x55, b"")[:16]),
        roles=roles,
        titles=body[4:36],
    )


def encode_associate_accept(
    request: AssociateRequest,
    results: Sequence[ContextResult],
    roles: Mapping[str, ProposedRole],
    *,
    max_pdu_length: int,
    implementation_class_uid: str,
    implementation_version: str,
) -> bytes:
    """Write the A-ASSOCIATE-AC that answers a request, PS3.8 9.3.3.  Asynchronous operations are never offered."""
    items = _encode_item(0x10, APPLICATION_CONTEXT.encode("ascii"))
    for result in results:
        syntax = _encode_item(0x40, result.transfer_syntax.encode("ascii"))
        items += _encode_item(0x21, pack(">BxBx", result.context_id, result.result) + syntax)
    user = _encode_item(0x51, pack(">I", max_pdu_length))
    user += _encode_item(0x52, implementation_class_uid.encode("ascii"))
    for uid, role in roles.items():
        encoded = uid.encode("ascii")
        user += _encode_item(0x54, pack(">H", len(encoded)) + encoded + bytes((role.scu, role.scp)))
    user += _encode_item(0x55, implementation_version.encode("ascii"))
    items += _encode_item(0x50, user)
    return _encode_pdu(PduType.ASSOCIATE_AC, pack(">HH32s32x", 1, 0, request.titles) + items)


def encode_associate_reject(result: int, source: int, reason: int) -> bytes:
    """Write an A-ASSOCIATE-RJ, PS3.8 9.3.4."""
    return _encode_pdu(PduType.ASSOCIATE_RJ, bytes((0, result, source, reason)))


def encode_release_request() -> bytes:
    return _encode_pdu(PduType.RELEASE_RQ, bytes(4))


def encode_release_response() -> bytes:
    return _encode_pdu(PduType.RELEASE_RP, bytes(4))


def encode_abort(*, by_provider: bool, reason: AbortReason = AbortReason.NOT_SPECIFIED) -> bytes:
    """Write an A-ABORT, PS3.8 9.3.8; the reason means something only when the service provider aborts."""
    return _encode_pdu(PduType.ABORT, bytes((0, 0, 2 if by_provider else 0, reason if by_provider else 0)))


def encode_data(context_id: int, data: bytes, *, is_command: bool, max_pdu_length: int) -> bytes:
    """Write a command set or data set as P-DATA-TF PDUs of one PDV each.

    max_pdu_length: as the peer announced it, 0 for no limit; less than one payload byte is read as one byte.
    """
    room = max(max_pdu_length - 6, 1) if max_pdu_length else max(len(data), 1)
    pdus = bytearray()
    for start in range(0, max(len(data), 1), room):
        part = data[start : start + room]
        control = (1 if is_command else 0) | (2 if start + room >= len(data) else 0)
        pdus += _encode_pdu(PduType.P_DATA_TF, pack(">IBB", len(part) + 2, context_id, control) + part)
    return bytes(pdus)


def _encode_pdu(kind: PduType, body: bytes) -> bytes:
    return pack(">BxI", kind, len(body)) + body


def _encode_item(kind: int, value: bytes) -> bytes:
    return _ITEM.pack(kind, len(value)) + value


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk type-length-value items; raises _BrokenItemError at one that does not fit."""
    at = 0
    while at < len(data):
        if len(data) - at < _ITEM.size:
            raise _BrokenItemError("an item ends within its header")
        kind, length = _ITEM.unpack_from(data, at)
        at += _ITEM.size
        if length > len(data) - at:
            raise _BrokenItemError(f"item 0x{kind:02X} claims {length} bytes of {len(data) - at}")
        yield kind, data[at : at + length]
        at += length


def _context(value: bytes) -> ProposedContext:
    if len(value) < 4 or not value[0] & 1:
        raise _BrokenItemError("a presentation context has no odd ID")
    abstract_syntax = ""
    transfer_syntaxes: list[str] = []
    for kind, item in _items(value[4:]):
        if kind == 0x30:
            abstract_syntax = _text(item)
        elif kind == 0x40:
            transfer_syntaxes.append(_text(item))
    return ProposedContext(value[0], abstract_syntax, tuple(transfer_syntaxes))


def _role(value: bytes) -> tuple[str, ProposedRole]:
    size = int.from_bytes(value[:2], "big")
    if len(value) != size + 4:
        raise _BrokenItemError("a role selection has another length than its UID says")
    return _text(value[2 : 2 + size]), ProposedRole(bool(value[-2]), bool(value[-1]))


def _text(value: bytes) -> str:
    """ASCII without the padding that peers add to UIDs; other bytes become U+FFFD and match nothing."""
    return value.decode("ascii", errors="replace").strip("\0 ")


def _title(value: bytes) -> str:
    """An AE title: leading and trailing spaces are not significant, PS3.8 Table 9-11."""
    return _text(value)
