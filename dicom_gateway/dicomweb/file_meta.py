"""The preamble and group 0002 of a Part 10 file: written on the way out, stripped on the way in.  PS3.10 §7.1."""

from __future__ import annotations

import struct
from dataclasses import dataclass

PREAMBLE, PREFIX = bytes(128), b"DICM"
IMPLEMENTATION_UID = "2.25.140915366720338467273301276466154046893"
IMPLEMENTATION_VERSION = "TELEMED_1"
#: Bytes of File Meta that are looked at; real ones have a few hundred.
LONGEST = 64 << 10
LONG = frozenset((b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UN", b"UR", b"UT", b"SV", b"UV"))
SOP_CLASS, SOP_INSTANCE, TRANSFER_SYNTAX = 0x00020002, 0x00020003, 0x00020010


def _uid(element: int, text: str) -> bytes:
    raw = text.encode("ascii")
    raw += b"\x00" if len(raw) % 2 else b""
    return struct.pack("<HH2sH", 2, element, b"UI", len(raw)) + raw


def written(*, sop_class: str, sop_instance: str, transfer_syntax: str) -> bytes:
    """Preamble, prefix and File Meta Information for a data set."""
    version = IMPLEMENTATION_VERSION.encode("ascii")
    version += b" " if len(version) % 2 else b""
    body = (
        struct.pack("<HH2sHI", 2, 1, b"OB", 0, 2)
        + b"\x00\x01"
        + _uid(2, sop_class)
        + _uid(3, sop_instance)
        + _uid(0x10, transfer_syntax)
        + _uid(0x12, IMPLEMENTATION_UID)
        + struct.pack("<HH2sH", 2, 0x13, b"SH", len(version))
        + version
    )
    return PREAMBLE + PREFIX + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(body)) + body


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What group 0002 says, and where the data set begins."""

    sop_class: str
    sop_instance: str
    transfer_syntax: str
    length: int


def read(head: bytes, *, complete: bool) -> FileMeta | str | None:
    """Read the beginning of a file: FileMeta, why it is none (a stable word), or None if more bytes are needed.

    complete: nothing more will come.
    """
    if len(head) < 132 and not complete:
        return None
    if head[128:132] != PREFIX:
        return "not-dicom"
    at, found = 132, dict[int, str]()
    while (step := _element(head, at)) is not _OVER:
        if step is None:
            if complete or len(head) >= LONGEST:
                return "file-meta-truncated"
            return None
        tag, vr, value, at = step
        if vr == b"UI":
            found[tag] = head[value:at].decode("ascii", "replace").strip(" \x00")
    syntax = found.get(TRANSFER_SYNTAX, "")
    if not syntax:
        return "file-meta-without-transfer-syntax"
    return FileMeta(found.get(SOP_CLASS, ""), found.get(SOP_INSTANCE, ""), syntax, at)


#: The element is none of group 0002.
_OVER = (0, b"", 0, 0)


def _element(head: bytes, at: int) -> tuple[int, bytes, int, int] | None:
    """Tag, VR, where the value begins and ends; None if it is not all there."""
    if len(head) - at < 12:
        return _OVER if len(head) - at >= 2 and head[at : at + 2] != b"\x02\x00" else None
    group, element, vr, length = struct.unpack_from("<HH2sH", head, at)
    if group != 2:
        return _OVER
    value = at + 8
    if vr in LONG:
        (length,) = struct.unpack_from("<I", head, at + 8)
        value = at + 12
    return None if value + length > len(head) else (element | 2 << 16, vr, value, value + length)
