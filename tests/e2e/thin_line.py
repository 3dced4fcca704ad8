"""A line of a township: a network of its own that reaches the county through so many bits a second and no more.

Packets go from one TUN device to another through this process, which lets them wait for the line and for the way, and
drops what a modem's buffer does not hold.  What the browser, its WebSocket and a call do with that is their own.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Playwright

from .browser import BROWSERS, FLAGS
from .calling import FAKE_MEDIA, inside, ip, networks

TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
MTU = 1500
BUFFER = 10 * MTU  # what a cheap modem holds: four seconds at 30 kbit/s
GIVEN = 16 << 10  # bytes that the county's end gives to the line ahead of it
UNSHAPED = 100_000


@dataclass
class Line:
    """address: of the county as seen from the thin network.  kbits, delay: of each way, in kbit/s and seconds."""

    network: str
    address: str
    kbits: float = UNSHAPED
    delay: float = 0.0
    sent: list[int] = field(default_factory=lambda: [0, 0])  # bytes towards the county, bytes from it
    dropped: list[int] = field(default_factory=lambda: [0, 0])

    def shape(self, kbits: float, there_and_back: float) -> None:
        self.kbits, self.delay = kbits, there_and_back / 2


@contextmanager
def thin_line(port: int) -> Generator[Line]:
    """A network in which `port` of the line's address is that of this machine's loopback."""
    number = os.getpid()
    name, prefix = f"thin{number % 100_000}", f"198.18.{number >> 6 & 255}.{(number & 63) * 4}".rsplit(".", 1)
    county, township = (f"{prefix[0]}.{int(prefix[1]) + end}" for end in (1, 2))
    line = Line(name, county)
    stop = threading.Event()
    with ExitStack() as stack, networks(name):
        here = _device(f"{name}c")
        with inside(name):
            there = _device(f"{name}t")
        for end in (here, there):
            stack.callback(os.close, end)
        ip("address", "add", county, "peer", township, "dev", f"{name}c")
        ip("link", "set", f"{name}c", "up", "mtu", str(MTU))
        ip("-n", name, "address", "add", township, "peer", county, "dev", f"{name}t")
        ip("-n", name, "link", "set", f"{name}t", "up", "mtu", str(MTU))
        listener = socket.create_server((county, port))
        stack.callback(listener.close)
        jobs = [
            threading.Thread(target=_carry, args=(there, here, line, 0, stop), daemon=True),
            threading.Thread(target=_carry, args=(here, there, line, 1, stop), daemon=True),
            threading.Thread(target=_answer, args=(listener, port, stop), daemon=True),
        ]
        for job in jobs:
            job.start()
        try:
            yield line
        finally:
            stop.set()
            for job in jobs:
                job.join()


def _device(name: str) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


def _carry(source: int, sink: int, line: Line, way: int, stop: threading.Event) -> None:
    waiting: deque[tuple[float, bytes]] = deque()
    free = 0.0  # when the line has said all that it was given
    while not stop.is_set():
        now = time.monotonic()
        patience = min(0.2, max(0.0, waiting[0][0] - now)) if waiting else 0.2
        ready, _, _ = select.select([source], [], [], patience)
        now = time.monotonic()
        if ready:
            with suppress(BlockingIOError):
                packet = os.read(source, 65_536)
                rate = line.kbits * 1000 / 8
                if max(0.0, free - now) * rate + len(packet) > BUFFER and line.kbits < UNSHAPED:
                    line.dropped[way] += len(packet)
                else:
                    free = max(free, now) + len(packet) / rate
                    waiting.append((free + line.delay, packet))
        while waiting and waiting[0][0] <= now:
            _, packet = waiting.popleft()
            line.sent[way] += len(packet)
            with suppress(OSError):  # the other end's buffer is full, or it is down: a line loses packets
                os.write(sink, packet)


def _answer(listener: socket.socket, port: int, stop: threading.Event) -> None:
    """Join each connection to the county's own port, giving little ahead so that the county feels the line."""
    listener.settimeout(0.2)
    while not stop.is_set():
        with suppress(TimeoutError):
            taken, _ = listener.accept()
            threading.Thread(target=_join, args=(taken, port, stop), daemon=True).start()


def _join(taken: socket.socket, port: int, stop: threading.Event) -> None:
    with taken, socket.socket() as county:
        for one in (taken, county):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, GIVEN)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, GIVEN)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):
            county.connect(("127.0.0.1", port))
            back = threading.Thread(target=_pour, args=(county, taken, stop), daemon=True)
            back.start()
            _pour(taken, county, stop)
            back.join()


def _pour(source: socket.socket, sink: socket.socket, stop: threading.Event) -> None:
    with suppress(OSError):
        while not stop.is_set():
            ready, _, _ = select.select([source], [], [], 0.5)
            if not ready:
                continue
            content = source.recv(4096)
            if not content:
                break
            sink.sendall(content)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def launch_in(playwright: Playwright, line: Line, folder: Path) -> Browser:
    """Start a browser at the thin end, with fake media.  The county has its own address there: loopback is the line."""
    program = next(found for name in BROWSERS if (found := shutil.which(name)))
    wrapper = folder / f"chromium-{line.network}"
    wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {line.network} {program} "$@"\n', "ascii")
    wrapper.chmod(0o755)
    flags = [*(one for one in FLAGS if "resolver-rules" not in one), *FAKE_MEDIA]
    flags.append(f"--host-resolver-rules=MAP 127.0.0.1 {line.address}, MAP * ~NOTFOUND, EXCLUDE {line.address}")
    return playwright.chromium.launch(executable_path=str(wrapper), args=flags)
