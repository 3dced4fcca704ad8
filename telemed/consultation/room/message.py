"""One message as everybody who hears it gets it: spelled once, framed once (RFC 6455 section 5.2)."""

from __future__ import annotations

import struct
from functools import cached_property

TEXT = 0x81  # a whole text, FIN set; what a server says is not masked
SHORT, MEDIUM = 126, 65536


class Message:
    """payload: the message's own bytes, UTF-8."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload

    @cached_property
    def wire(self) -> bytes:
        """As it stands on the connection."""
        size = len(self.payload)
        if size < SHORT:
            return struct.pack("!BB", TEXT, size) + self.payload
        if size < MEDIUM:
            return struct.pack("!BBH", TEXT, SHORT, size) + self.payload
        return struct.pack("!BBQ", TEXT, SHORT + 1, size) + self.payload
