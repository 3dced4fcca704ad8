"""The directory's table → memory and file, every few moments; who was seen → the table and an event."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

import structlog

from dicom_gateway.devices.cache import Device, Devices, Stranger
from telemed.db import Pool, execute, fetch_all, fetch_one, load
from telemed.errors import Unavailable
from telemed.events import append

#: A device enrolled on a page is let in after this time at most.
REFRESH_SECONDS = 2.0
#: Rows of device_seen.
MOST_SEEN = 10_000

queries = load(__name__)
_log = structlog.get_logger("dicom_gateway.devices")


@dataclass(frozen=True)
class _Noted:
    is_new: bool


async def refresh_for_ever(devices: Devices, pool: Pool) -> None:
    """Keep devices as the directory says, until cancelled; while the database is away what is known stays."""
    reachable = True
    while True:
        try:
            await refresh(devices, pool)
        except Unavailable:
            if reachable:
                _log.warning("directory away, devices known before go on being admitted")
            reachable = False
        else:
            if not reachable:
                _log.info("directory reached again")
            reachable = True
        await asyncio.sleep(REFRESH_SECONDS)


async def refresh(devices: Devices, pool: Pool) -> None:
    """Read the directory once, and tell it who called.  Raises Unavailable; nothing noted is lost then."""
    async with pool.connection() as connection:
        rows = await fetch_all(connection, queries["devices"], {}, Device)
    if devices.replace(rows):
        try:
            await asyncio.to_thread(devices.save)
        except OSError as fault:
            _log.warning("devices not saved", error=fault.strerror)
    strangers, met = devices.take_news()
    if not strangers and not met:
        return
    try:
        await _tell(pool, strangers, met)
    except BaseException:
        devices.give_back(strangers, met)
        raise


async def _tell(pool: Pool, strangers: dict[Stranger, int], met: set[UUID]) -> None:
    async with pool.transaction() as tx:
        # In one order, so that two processes never wait for each other.
        if met:
            await execute(tx, queries["met"], {"ids": sorted(met)})
        for stranger, attempts in sorted(strangers.items(), key=lambda item: subject_of(item[0])):
            facts = {
                "ae_title": stranger.ae_title,
                "called_ae": stranger.called_ae,
                "peer_address": stranger.peer_address,
                "attempts": attempts,
                "most": MOST_SEEN,
            }
            noted = await fetch_one(tx, queries["seen"], facts, _Noted)
            if noted is not None and noted.is_new:
                await append(tx, "device.seen", subject_of(stranger), ["admin"])


def subject_of(stranger: Stranger) -> UUID:
    """The event's subject: the same stranger has the same one, and it tells nobody its title."""
    return uuid5(NAMESPACE_OID, f"{stranger.ae_title}\\{stranger.called_ae}\\{stranger.peer_address}")


def cache_file(archive: Path) -> Path:
    """Where the processes on one archive keep the devices they know."""
    return archive / "devices.json"
