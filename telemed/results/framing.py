"""Frames of the minimal lower layer protocol: VT … FS CR. Pure.  HL7 v2.5.1 appendix C.4, MLLP release 1.

Neither byte is ever part of a character of GB 18030, UTF-8 or Latin-1.  Senders that leave out the CR are understood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

START, END = 0x0B, 0x1C
#: What may stand between frames: CR of the one before, line feeds of careless senders.
_BETWEEN = b"\r\n"
#: Longer than any header.
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Broken:
    """The peer does not speak the protocol; nothing more of this connection is read.

    head: the beginning of a message that is too large, so that it can be answered.
    """

    reason: Literal["too-large", "no-frame"]
    head: bytes = b""


class Frames:
    """Cuts a stream into frames.  limit: bytes of one frame; no more than that and one read is ever held."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._inside = False
        #: how far the held bytes have been looked at: a frame that comes byte by byte is looked at once
        self._seen = 0

    @property
    def inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._inside

    def feed(self, read: bytes) -> list[bytes | Broken]:
        """The frames that these bytes complete; a Broken is always the last."""
        found: list[bytes | Broken] = []
        self._held += read
        while self._held:
            if not self._inside:
                rest = self._held.lstrip(_BETWEEN)
                if rest and rest[0] != START:
                    return [*found, Broken("no-frame")]
                self._held = rest[1:]
                self._inside, self._seen = bool(rest), 0
                continue
            end = self._held.find(END, self._seen)
            if (end if end >= 0 else len(self._held)) > self._limit:
                return [*found, Broken("too-large", bytes(self._held[: min(_HEAD, self._limit)]))]
            if end < 0:
                self._seen = len(self._held)
                break
            found.append(bytes(self._held[:end]))
            self._held = self._held[end + 1 :]
            self._inside = False
        return found


def framed(message: bytes) -> bytes:
    """One message as it goes over the wire."""
    return bytes([START]) + message + bytes([END]) + b"\r"
