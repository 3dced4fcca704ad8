"""DIMSE command sets: group 0000 in Implicit VR Little Endian, PS3.7 section 6.3.1 and Annex E."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct, error, pack

_ELEMENT = Struct("<HHI")
_US = Struct("<H")

#: (0000,0800) when no data set follows, PS3.7 E.1.
NO_DATA_SET = 0x0101
RESPONSE = 0x8000


class Field(IntEnum):
    """Command Field (0000,0100) of requests, PS3.7 E.1."""

    C_STORE = 0x0001
    C_GET = 0x0010
    C_FIND = 0x0020
    C_MOVE = 0x0021
    C_ECHO = 0x0030
    N_EVENT_REPORT = 0x0100
    N_GET = 0x0110
    N_SET = 0x0120
    N_ACTION = 0x0130
    N_CREATE = 0x0140
    N_DELETE = 0x0150
    C_CANCEL = 0x0FFF


@dataclass(frozen=True, slots=True)
class Command:
    """A command set as received; field is an int, for a peer may send any."""

    field: int
    message_id: int
    data_set_follows: bool
    #: Affected (0000,0002) or Requested (0000,0003) SOP Class UID, padding removed.
    sop_class_uid: str = ""
    #: Affected (0000,1000) or Requested (0000,1001) SOP Instance UID.
    sop_instance_uid: str = ""


@dataclass(frozen=True, slots=True)
class MalformedCommand:
    """Bytes that are no command set."""

    detail: str


def decode_command(encoded: bytes) -> Command | MalformedCommand:
    """Read a command set.  Unknown elements are passed over, a wrong length or group is not."""
    elements: dict[int, bytes] = {}
    at = 0
    while at < len(encoded):
        try:
            group, element, length = _ELEMENT.unpack_from(encoded, at)
        except error:
            return MalformedCommand("the command set ends within an element's header")
        at += _ELEMENT.size
        if group != 0:
            return MalformedCommand(f"group {group:04X} in a command set")
        if length > len(encoded) - at:
            return MalformedCommand(f"element (0000,{element:04X}) claims {length} bytes of {len(encoded) - at}")
        elements[element] = encoded[at : at + length]
        at += length
    field, data_set = _number(elements, 0x0100), _number(elements, 0x0800)
    if field is None or data_set is None:
        return MalformedCommand("the command set has no Command Field or no Command Data Set Type")
    message_id = _number(elements, 0x0120 if field & RESPONSE or field == Field.C_CANCEL else 0x0110)
    if message_id is None:
        return MalformedCommand("the command set has no Message ID")
    return Command(
        field=field,
        message_id=message_id,
        data_set_follows=data_set != NO_DATA_SET,
        sop_class_uid=_uid(elements, 0x0002) or _uid(elements, 0x0003),
        sop_instance_uid=_uid(elements, 0x1000) or _uid(elements, 0x1001),
    )


def encode_response(request: Command, status: int, comment: str = "") -> bytes:
    """Write the response to a request, without data set.

    comment: Error Comment (0000,0902), ASCII, at most 64 characters (LO).
    """
    elements: dict[int, bytes] = {}
    if request.sop_class_uid:
        elements[0x0002] = _even(request.sop_class_uid, b"\0")
    elements[0x0100] = _US.pack(request.field | RESPONSE)
    elements[0x0120] = _US.pack(request.message_id)
    elements[0x0800] = _US.pack(NO_DATA_SET)
    elements[0x0900] = _US.pack(status)
    if comment:
        elements[0x0902] = _even(comment[:64], b" ")
    if request.sop_instance_uid and request.field != Field.C_ECHO:
        elements[0x1000] = _even(request.sop_instance_uid, b"\0")
    return encode_command(elements)


def encode_command(elements: Mapping[int, bytes]) -> bytes:
    """Write element → value as a command set with its group length (0000,0000)."""
    body = b"".join(_ELEMENT.pack(0, element, len(value)) + value for element, value in sorted(elements.items()))
    return pack("<HHII", 0, 0, 4, len(body)) + body


def _even(text: str, pad: bytes) -> bytes:
    encoded = text.encode("ascii", errors="replace")
    return encoded + pad if len(encoded) & 1 else encoded


def _number(elements: Mapping[int, bytes], element: int) -> int | None:
    value = elements.get(element, b"")
    return _US.unpack(value)[0] if len(value) == 2 else None


def _uid(elements: Mapping[int, bytes], element: int) -> str:
    return elements.get(element, b"").decode("ascii", errors="replace").strip("\0 ")
