"""A real server on loopback with a spool that remembers, and raw peers."""

import asyncio
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from dicom_gateway.services.dispatch import services
from dicom_gateway.services.storage import Storage
from dicom_gateway.upper_layer.admission import DeviceEntry, DiskState
from dicom_gateway.upper_layer.limits import Limits
from dicom_gateway.upper_layer.server import Server
from tests.dicom.recording import RecordingSpool

KNOWN = ("STORESCU", "DCMSEND", "PYNETDICOM", "ECHOSCU", "CT 1")


@dataclass
class Gateway:
    """A listening server and what came of it."""

    server: Server
    spool: RecordingSpool
    seen: list[tuple[str, str, str]]
    disk: list[DiskState] = field(default_factory=lambda: [DiskState.ROOM])

    @property
    def port(self) -> int:
        return self.server.port

    async def until(self, true: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until a fact holds; the clock only says when to give up."""
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.02)


@pytest.fixture
async def start_gateway():
    """Start any number of gateways: await start_gateway(limits=…, tls=…, spool=…)."""
    running: list[Server] = []

    async def start(*, limits: Limits | None = None, tls=None, spool: RecordingSpool | None = None, devices=None):
        spool = spool or RecordingSpool()
        entries = {title: DeviceEntry(title, f"device-{title}", "township-1") for title in KNOWN} | (devices or {})
        gateway: Gateway
        seen: list[tuple[str, str, str]] = []
        disk = [DiskState.ROOM]
        server = Server(
            ae_titles=frozenset({"TELEMED"}),
            look_up=entries.get,
            serve=services(Storage(spool)),
            limits=limits,
            seen=lambda *facts: seen.append(facts),
            disk=lambda: disk[0],
            tls=tls,
        )
        await server.start("127.0.0.1", 0)
        running.append(server)
        gateway = Gateway(server, spool, seen, disk)
        return gateway

    yield start
    for server in running:
        await server.close(0)


@pytest.fixture
async def gateway(start_gateway) -> Gateway:
    return await start_gateway()


class Peer:
    """A peer that writes what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def pdu(self, seconds: float = 10) -> tuple[int, bytes]:
        """The next PDU from the server: (type, body)."""
        async with asyncio.timeout(seconds):
            kind, length = struct.unpack(">BxI", await self.reader.readexactly(6))
            return kind, await self.reader.readexactly(length)

    async def closed(self, seconds: float = 10) -> None:
        """Return when the server has closed; anything else it says first is a failure."""
        async with asyncio.timeout(seconds):
            with suppress(ConnectionResetError):
                assert await self.reader.read(1) == b""


@asynccontextmanager
async def peer(port: int) -> AsyncGenerator[Peer]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
