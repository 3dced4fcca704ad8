"""The load of the receiving benchmark: one process, a thread an association, PDUs prepared beforehand.

The same for every receiver.  It sends as a modality does, one C-STORE at a time and the next after the answer, in PDUs
as long as the receiver announced, with TCP_NODELAY, and costs so little that the receiver is what is measured.

    python -m tests.bench.sender --port P --called AE --data FILE --count N --associations K [--prefix UID]
"""

import argparse
import json
import socket
import struct
import threading
import time
from pathlib import Path

EXPLICIT = b"1.2.840.10008.1.2.1"
#: SOP Instance UIDs of the load have this many characters, so that they are written over the one in the data set.
UID_LENGTH = 56


def item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(value)) + value


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxI", kind, len(body)) + body


def padded(uid: bytes) -> bytes:
    return uid + b"\0" * (len(uid) & 1)


class Association:
    """One association that stores copies of one data set under UIDs of its own."""

    def __init__(self, port: int, called: str, sop_class: bytes, data: bytes, uid_at: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.sop_class = sop_class
        context = item(0x20, b"\1\0\0\0" + item(0x30, sop_class) + item(0x40, EXPLICIT))
        user = item(0x50, item(0x51, struct.pack(">I", 131072)) + item(0x52, b"2.25.1"))
        fixed = struct.pack(">HH16s16s32x", 1, 0, called.ljust(16).encode(), b"STORESCU        ")
        self.socket.sendall(pdu(1, fixed + item(0x10, b"1.2.840.10008.3.1.1.1") + context + user))
        kind, body = self.read()
        if kind != 2:
            raise ConnectionError(f"association refused: PDU {kind} {body.hex()}")
        at = body.index(b"\x51\0\0\4")
        longest = struct.unpack_from(">I", body, at + 4)[0] or 131072
        room = min(longest, 131072) - 6
        self.message = bytearray()
        for start in range(0, len(data), room):
            part = data[start : start + room]
            last = 2 if start + room >= len(data) else 0
            self.message += pdu(4, struct.pack(">IBB", len(part) + 2, 1, last) + part)
        if uid_at + UID_LENGTH > room:
            raise ValueError("the SOP Instance UID does not lie in the first PDU")
        self.uid_at = uid_at + 12

    def read(self) -> tuple[int, bytes]:
        header = self.file.read(6)
        if len(header) < 6:
            raise ConnectionError("the receiver closed")
        kind, length = struct.unpack(">BxI", header)
        return kind, self.file.read(length)

    def store(self, uid: bytes, message_id: int) -> int:
        """Store one copy; its status."""
        self.message[self.uid_at : self.uid_at + UID_LENGTH] = uid
        elements = [
            (0x0002, padded(self.sop_class)),
            (0x0100, b"\1\0"),
            (0x0110, struct.pack("<H", message_id)),
            (0x0700, b"\0\0"),
            (0x0800, b"\0\0"),
            (0x1000, padded(uid)),
        ]
        body = b"".join(struct.pack("<HHI", 0, element, len(value)) + value for element, value in elements)
        command = struct.pack("<HHII", 0, 0, 4, len(body)) + body
        self.socket.sendall(pdu(4, struct.pack(">IBB", len(command) + 2, 1, 3) + command))
        self.socket.sendall(self.message)
        return self.status()

    def status(self) -> int:
        """Read the response; its status."""
        kind, answer = self.read()
        if kind != 4:
            raise ConnectionError(f"PDU {kind} instead of an answer")
        at = answer.rindex(struct.pack("<HHI", 0, 0x0900, 2))
        return struct.unpack_from("<H", answer, at + 8)[0]

    def release(self) -> None:
        self.socket.sendall(pdu(5, bytes(4)))
        self.read()
        self.file.close()
        self.socket.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--called", required=True)
    parser.add_argument(
        "--data", type=Path, required=True, help="a data set in Explicit VR Little Endian, without meta"
    )
    parser.add_argument("--sop-class", required=True)
    parser.add_argument("--uid-at", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--associations", type=int, required=True)
    parser.add_argument("--run", type=int, required=True, help="makes the UIDs of this run")
    chosen = parser.parse_args()
    data = chosen.data.read_bytes()
    statuses: list[int] = []
    latencies: list[float] = []
    faults: list[str] = []

    def load(number: int) -> None:
        try:
            association = Association(chosen.port, chosen.called, chosen.sop_class.encode(), data, chosen.uid_at)
            for turn, index in enumerate(range(number, chosen.count, chosen.associations)):
                uid = f"2.25.{chosen.run:020d}{index:031d}".encode()
                before = time.monotonic()
                statuses.append(association.store(uid, turn % 65535 + 1))
                latencies.append(time.monotonic() - before)
            association.release()
        except (OSError, ValueError) as fault:
            faults.append(repr(fault))

    began = time.monotonic()
    threads = [threading.Thread(target=load, args=(number,)) for number in range(chosen.associations)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    latencies.sort()
    print(  # noqa: T201 - the result is read from standard output
        json.dumps(
            {
                "began": began,
                "ended": ended,
                "stored": statuses.count(0),
                "failed": [f"{status:04X}" for status in statuses if status] + faults,
                "p50_ms": latencies[len(latencies) // 2] * 1000 if latencies else None,
                "p99_ms": latencies[len(latencies) * 99 // 100] * 1000 if latencies else None,
            }
        )
    )


if __name__ == "__main__":
    main()
