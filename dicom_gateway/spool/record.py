"""What the journal says of one instance, and how it stands in a file."""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

MAGIC = b"TMJ1"
_HEAD = struct.Struct("<4sI8s")
#: A record is a context and a header; more than this is damage, not a record.
LARGEST = 1 << 20


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """One instance that is durable in the archive; or, if ended is set, the end of an association (released, lost).

    refusal is the reason word if the sender was told a failure and the bytes are kept in quarantine only.
    header is what headers.read_header found, as JSON, so that the index never parses a second time.
    """

    digest: str
    size: int
    association_id: str
    calling_ae: str
    called_ae: str
    peer_address: str
    organization_id: str | None
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    received_at: datetime
    duplicate: bool = False
    refusal: str | None = None
    status: int = 0
    detail: str = ""
    ended: str = ""
    header: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True)
class Found:
    """A whole record, and where the next one begins."""

    record: Record
    end: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes between start and end are no record: a torn tail, or rot."""

    start: int
    end: int


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


def _checksum(payload: bytes | memoryview) -> bytes:
    return hashlib.blake2b(payload, digest_size=8, person=b"journal1").digest()


def encode(record: Record) -> bytes:
    """Frame a record: magic, length, checksum, JSON."""
    payload = _encoder.encode(record)
    return _HEAD.pack(MAGIC, len(payload), _checksum(payload)) + payload


def decode(content: bytes, start: int = 0) -> Iterator[Found | Damage]:
    """Read the records of a segment in order.

    What does not check is stepped over to the next magic: a record behind rot was acknowledged too.
    """
    at = start
    while at < len(content):
        found = _one(content, at)
        if found is not None:
            yield found
            at = found.end
            continue
        following = content.find(MAGIC, at + 1)
        while following != -1 and _one(content, following) is None:
            following = content.find(MAGIC, following + 1)
        end = len(content) if following == -1 else following
        yield Damage(at, end)
        at = end


def _one(content: bytes, at: int) -> Found | None:
    if len(content) - at < _HEAD.size:
        return None
    magic, length, checksum = _HEAD.unpack_from(content, at)
    end = at + _HEAD.size + length
    if magic != MAGIC or length > LARGEST or end > len(content):
        return None
    payload = memoryview(content)[at + _HEAD.size : end]
    if _checksum(payload) != checksum:
        return None
    try:
        return Found(_decoder.decode(payload), end)
    except msgspec.MsgspecError:
        return None
