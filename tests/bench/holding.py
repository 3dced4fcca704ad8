"""What idle associations and a very large instance cost the gateway (memory and the latency of others).

./run bench holding [--idle 1000] [--gigabytes 2]
"""

import argparse
import os
import platform
import struct
import threading
import time
from datetime import UTC, datetime

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from tests.bench.receivers import Telemed, remove_states, resident_bytes
from tests.bench.results import write_section
from tests.bench.sender import Association, pdu

VERIFICATION, CT = b"1.2.840.10008.1.1", b"1.2.840.10008.5.1.4.1.1.2"
_ECHO_ELEMENTS = ((0x0002, VERIFICATION + b"\0"), (0x0100, b"\x30\0"), (0x0110, b"\1\0"), (0x0800, b"\1\1"))
_ECHO_BODY = b"".join(struct.pack("<HHI", 0, element, len(value)) + value for element, value in _ECHO_ELEMENTS)
_ECHO_SET = struct.pack("<HHII", 0, 0, 4, len(_ECHO_BODY)) + _ECHO_BODY
ECHO = pdu(4, struct.pack(">IBB", len(_ECHO_SET) + 2, 1, 3) + _ECHO_SET)
FRAME = 512 * 512 * 2


def echo_latencies(association: Association, count: int) -> list[float]:
    """Milliseconds of each C-ECHO, sorted."""
    latencies: list[float] = []
    for _ in range(count):
        before = time.monotonic()
        association.socket.sendall(ECHO)
        if association.status() != 0:
            raise RuntimeError("C-ECHO failed")
        latencies.append((time.monotonic() - before) * 1000)
    return sorted(latencies)


def head_of_large(frames: int) -> bytes:
    """The data set up to the length of its Pixel Data."""
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = CT.decode(), "2.25." + "2" * 51
    data.StudyInstanceUID, data.SeriesInstanceUID = "2.25.21", "2.25.22"
    data.PatientID, data.Modality, data.NumberOfFrames = "LARGE", "CT", frames
    data.Rows = data.Columns = 512
    data.SamplesPerPixel, data.PixelRepresentation, data.PhotometricInterpretation = 1, 0, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, data)
    return buffer.getvalue() + struct.pack("<HH2sxxI", 0x7FE0, 0x0010, b"OW", frames * FRAME)


def send_large(port: int, gigabytes: float) -> float:
    """Store one instance of about this size; seconds."""
    frames = int(gigabytes * 1e9 / FRAME)
    association = Association(port, "TELEMED", CT, b"", 0)
    uid = b"2.25." + b"2" * 51
    elements = (
        (0x0002, CT + b"\0"), (0x0100, b"\1\0"), (0x0110, b"\1\0"), (0x0700, b"\0\0"), (0x0800, b"\0\0"), (0x1000, uid),
    )  # fmt: skip
    body = b"".join(struct.pack("<HHI", 0, element, len(value)) + value for element, value in elements)
    command = struct.pack("<HHII", 0, 0, 4, len(body)) + body
    head = head_of_large(frames)
    chunk = FRAME // 8
    piece = pdu(4, struct.pack(">IBB", chunk + 2, 1, 0) + bytes(range(256)) * (chunk // 256))
    began = time.monotonic()
    association.socket.sendall(pdu(4, struct.pack(">IBB", len(command) + 2, 1, 3) + command))
    association.socket.sendall(pdu(4, struct.pack(">IBB", len(head) + 2, 1, 0) + head))
    for _ in range(frames * 8):
        association.socket.sendall(piece)
    association.socket.sendall(pdu(4, struct.pack(">IBB", 2, 1, 2)))
    association.socket.settimeout(600)
    status = association.status()
    if status != 0:
        raise RuntimeError(f"the large instance was answered {status:04X}")
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench holding")
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    chosen = parser.parse_args()
    load_before = os.getloadavg()[0]
    many = str(chosen.idle + 10)
    gateway = Telemed(extra={"TELEMED__DICOM__MAX_ASSOCIATIONS": many, "TELEMED__DICOM__MAX_ASSOCIATIONS_PER_AE": many})
    try:
        gateway.start()
        pids = gateway.processes()["gateway"]
        active = Association(gateway.port, gateway.called, VERIFICATION, b"", 0)
        alone = echo_latencies(active, 2000)
        before = resident_bytes(pids)
        held = [Association(gateway.port, gateway.called, CT, b"", 0) for _ in range(chosen.idle)]
        each = (resident_bytes(pids) - before) / chosen.idle / 1000
        beside = echo_latencies(active, 2000)
        for association in held:
            association.release()
        before = peak = resident_bytes(pids)
        seconds: list[float] = []
        sending = threading.Thread(target=lambda: seconds.append(send_large(gateway.port, chosen.gigabytes)))
        sending.start()
        during: list[float] = []
        while sending.is_alive():
            during += echo_latencies(active, 20)
            peak = max(peak, resident_bytes(pids))
            sending.join(0.05)
        during.sort()
    finally:
        gateway.stop()
        remove_states()
    lines = [
        "| what | measured |",
        "|---|---|",
        f"| one of {chosen.idle} idle associations | {each:.1f} kB |",
        f"| C-ECHO alone p50 / p99 | {alone[1000]:.2f} / {alone[1980]:.2f} ms |",
        f"| C-ECHO beside {chosen.idle} idle associations | {beside[1000]:.2f} / {beside[1980]:.2f} ms |",
        f"| instance of {chosen.gigabytes:g} GB | {chosen.gigabytes * 1000 / seconds[0]:.0f} MB/s, durable |",
        f"| memory of the gateway meanwhile | {(peak - before) / 1e6:+.0f} MB |",
        f"| C-ECHO meanwhile p50 / p99 | {during[len(during) // 2]:.2f} / {during[len(during) * 99 // 100]:.2f} ms |",
    ]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release().partition('-')[0]}, loopback"
    machine += f", load average before {load_before:.1f}"
    notes = f"{datetime.now(UTC):%Y-%m-%d}, {machine}."
    write_section("Holding associations", "./run bench holding", notes, "\n".join(lines))


if __name__ == "__main__":
    main()
