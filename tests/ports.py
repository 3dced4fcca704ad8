"""Ports for the servers of tests."""

import os
import random
import socket
from collections.abc import Iterator
from itertools import cycle, islice

# below those that an operating system lends to whoever connects (Linux from 32768, IANA from 49152): a port that was
# free when it was asked for is not a connection's when its server starts
_FIRST, _LAST, _SHARES = 20_000, 32_767, 16


def _share() -> Iterator[int]:
    """The ports of this worker of pytest, from one at random on: workers never ask for the same one."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _SHARES
    mine = range(_FIRST + worker, _LAST, _SHARES)
    return islice(cycle(mine), random.randrange(len(mine)), None)


_ports = _share()


def free_port() -> int:
    """One that neither TCP nor UDP uses, and that was not returned lately."""
    for port in _ports:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            try:
                stream.bind(("127.0.0.1", port))
                datagrams.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("a cycle ends")
