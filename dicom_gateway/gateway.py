"""One receiving process: listener, spool, indexer and device directory put together."""

import asyncio
import gc
import ssl
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from dicom_gateway.devices import Devices, refresh_for_ever
from dicom_gateway.devices.refresh import cache_file
from dicom_gateway.indexer import Indexer
from dicom_gateway.intake import inspect
from dicom_gateway.services.dispatch import services
from dicom_gateway.services.storage import Storage
from dicom_gateway.spool import Ladder, Pressure, Threads, open_spool
from dicom_gateway.upper_layer.admission import DiskState
from dicom_gateway.upper_layer.limits import Limits
from dicom_gateway.upper_layer.server import Server
from telemed.background import Work, running
from telemed.config import Config
from telemed.config.model import ArchiveSection, DicomSection
from telemed.db import open_pool
from telemed.events.hints import Hints
from telemed.events.signal import Signal
from telemed.imaging.settle import settle_for_ever

_log = structlog.get_logger("dicom_gateway")

#: Instances under way get this long to finish when the process stops; the supervisor kills after 20 s.
GRACE_SECONDS = 15.0


class ListenerFailedError(OSError):
    """The listener ended although nobody stopped it."""


def limits_of(dicom: DicomSection) -> Limits:
    """Take the limits an operator may set; the others are facts of the protocol or of the sender."""
    return Limits(
        max_pdu_length=dicom.max_pdu_length,
        max_associations=dicom.max_associations,
        max_associations_per_ae=dicom.max_associations_per_ae,
        pdu_seconds=dicom.pdu_seconds,
        idle_seconds=dicom.idle_seconds,
    )


def tls_of(dicom: DicomSection) -> ssl.SSLContext | None:
    """Make the TLS context, None for plain DICOM.  BCP 195 (RFC 9325): TLS 1.2 and 1.3, forward secrecy only.

    Raises OSError for a certificate that cannot be read.
    """
    if dicom.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM")
    context.load_cert_chain(dicom.certificate, dicom.private_key)
    if dicom.client_ca is not None:
        context.load_verify_locations(dicom.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def ladder_of(archive: ArchiveSection) -> Ladder:
    """Take the free space an operator wants kept."""
    return Ladder(
        warn_bytes=archive.warn_free_bytes,
        associations_bytes=archive.pause_free_bytes,
        instances_bytes=archive.refuse_free_bytes,
    )


def disk_of(pressure: Pressure) -> DiskState:
    """Say of the spool's ladder what an admission must know."""
    return DiskState.FULL if pressure >= Pressure.REFUSE_ASSOCIATIONS else DiskState.ROOM


async def _first_of(*waits: Coroutine[None, None, object]) -> None:
    """Return as soon as one of them has ended."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def _metrics(port: int) -> AsyncGenerator[None]:
    """Answer Prometheus on loopback while the block runs; port 0 means nobody asks."""
    if port == 0:
        yield
        return

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application()
    application.router.add_get("/metrics", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()


async def serve(config: Config, stop: asyncio.Event) -> None:
    """Receive until stop is set, then finish what is under way.

    Raises OSError if the port or the archive cannot be had.  PostgreSQL and Redis may be away at any time.
    """
    archive = config.archive_path
    devices = Devices(cache_file(archive))
    remembered = devices.load()
    pool = await open_pool(config.database.dsn, size=min(config.database.pool_size, 4))
    signal = Signal()
    hints = Hints(config.redis.url or None, signal)
    pool.announce = hints.ring
    threads = Threads()
    spool = open_spool(archive, uuid4().hex, inspect, threads, ladder=ladder_of(config.archive))
    server = Server(
        ae_titles=frozenset({config.dicom.ae_title}),
        look_up=devices.look_up,
        serve=services(Storage(spool)),
        limits=limits_of(config.dicom),
        seen=devices.seen,
        met=devices.met,
        disk=lambda: disk_of(spool.pressure()),
        tls=tls_of(config.dicom),
    )
    _log.info("gateway starting", ae_title=config.dicom.ae_title, devices_remembered=remembered)
    work: dict[str, Work] = {
        "devices": lambda: refresh_for_ever(devices, pool),
        "redis-hints": hints.run,
        "completeness": lambda: settle_for_ever(pool, signal, lambda: datetime.now(UTC)),
        "indexer": Indexer(spool, pool, ZoneInfo(config.county.time_zone)).run,
    }
    try:
        async with running(work), _metrics(config.dicom.metrics_port):
            # What lives as long as the process need not be looked through for garbage again and again.
            gc.collect()
            gc.freeze()
            await server.start(config.dicom.host, config.dicom.port, reuse_port=True)
            await _first_of(stop.wait(), server.broken())
            _log.info("gateway stopping", associations=server.open_associations)
            await server.close(GRACE_SECONDS)
            await spool.close()
    finally:
        threads.close()
        await pool.close()
    if not stop.is_set():
        raise ListenerFailedError("the listener ended by itself")
    _log.info("gateway stopped")
