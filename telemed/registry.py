"""A part of the composition root: the recognition registry with what it asks of the archive, and its routes.

Whether the images of a result can be fetched now, how they were made, and how they are shown through one-time links.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from dicom_gateway.archive import Archive
from dicom_gateway.dicomweb.routes import linked_endpoints as linked_dicomweb_endpoints
from dicom_gateway.dicomweb.technique import acquired
from telemed.access.policy import scope
from telemed.background import Work
from telemed.cds.deciding import Registry
from telemed.cds.picture_links import Lifetime
from telemed.cds.picture_links_store import PictureLinks
from telemed.cds.registry import Check, Decide
from telemed.cds.report_uploading import Uploader, http_sender
from telemed.cds.report_uploading import consumer as uploads
from telemed.cds.routes import Hooks
from telemed.cds.routes import endpoints as cds_endpoints
from telemed.cds.routes_check import endpoints as check_endpoints
from telemed.cds.routes_given_links import endpoints as given_link_endpoints
from telemed.cds.routes_linked import LinkedRoutes, Viewer
from telemed.cds.routes_linked import endpoints as linked_endpoints
from telemed.cds.routes_sample import endpoints as sample_endpoints
from telemed.cds.routes_undelivered import endpoints as upload_endpoints
from telemed.cds.sample_system import SampleSystem, read_key
from telemed.config import Config
from telemed.db import Connection, Pool
from telemed.errors import Unavailable
from telemed.events.consumer import run as follow
from telemed.events.hub import Hub
from telemed.his.desk import PictureAsked, PictureLink
from telemed.http.wire import Call, Endpoint
from telemed.reading.routes import Desk
from telemed.reading.routes.messages import ReportDetail
from telemed.reading.routes.reports import show as show_report
from telemed.recognition.assessing import Assessor, Sample, StoredBlob, blobs_of
from telemed.recognition.imaging_names import read as read_names
from telemed.recognition.imaging_results import Technique
from telemed.recognition.rule_book import RuleBook

log = structlog.get_logger(__name__)

NAMES = Path(__file__).resolve().parents[1] / "config" / "recognition" / "imaging-names.toml"
READING_SECONDS = 5.0  # that one study's data sets may take to say how they were made
ORGANIZATIONS_EVERY = 600.0  # seconds until memberships are looked at again


@dataclass(frozen=True)
class Recognition:
    """What recognition needs of the archive. root: the folder that archive/ stands in."""

    pool: Pool
    root: Path

    async def technique(self, samples: Sequence[Sample]) -> Technique | None:
        """How the images were made, by what their data sets say."""
        named = [(one.digest, one.transfer_syntax_uid) for one in samples]
        try:
            async with asyncio.timeout(READING_SECONDS):
                found = await asyncio.to_thread(acquired, self.root, named)
        except TimeoutError:
            log.warning("technique-not-read-in-time", series=len(named))
            return None
        return None if found is None else Technique(found.values, found.contrast)

    async def can_fetch(self, result: str) -> bool:
        """Whether every data set of a result is in the archive now, as long as it was."""
        async with self.pool.connection() as connection:
            blobs = await blobs_of(connection, result)
        return bool(blobs) and await asyncio.to_thread(_are_there, Archive(self.root), blobs)


def _are_there(archive: Archive, blobs: Iterable[StoredBlob]) -> bool:
    try:
        return all(archive.path(one.digest).stat().st_size == one.size for one in blobs)
    except OSError:
        return False


async def know_organizations(known: Assessor, pool: Pool, clock: Callable[[], datetime]) -> None:
    """Tell the registry of organisations: at the start, and when a day of the county begins or ends a membership."""
    while True:
        try:
            async with pool.transaction() as tx:
                await known.organizations(tx, clock())
        except Unavailable:
            log.warning("organizations-not-known-yet")
        await asyncio.sleep(ORGANIZATIONS_EVERY)


def registry(config: Config, pool: Pool, clock: Callable[[], datetime]) -> Registry:
    """The recognition registry as hospital systems and the county's own page ask it."""
    return Registry(pool, RuleBook(), Recognition(pool, config.archive_path).can_fetch, clock)


def assessor(config: Config, pool: Pool, clock: Callable[[], datetime]) -> Assessor:
    """What keeps the registry's knowledge."""
    return Assessor(
        names=read_names(NAMES),
        technique=Recognition(pool, config.archive_path).technique,
        community=config.recognition.community,
        zone=ZoneInfo(config.county.time_zone),
        clock=clock,
    )


def upload_tasks(config: Config, pool: Pool, hub: Hub, clock: Callable[[], datetime]) -> dict[str, Work]:
    """What brings signed reports to the provincial platform; nothing where none is configured."""
    told = config.report_upload
    if not told.url:
        return {}
    uploader = Uploader(pool, http_sender(told.url, told.authorization), clock)
    queue = uploads()
    bell = hub.of(queue.kinds)
    return {"report-queue": lambda: follow(pool, queue, bell), "report-upload": uploader.run}


def _links(config: Config) -> PictureLinks:
    asked = config.recognition
    return PictureLinks(
        config.public_url, Lifetime(timedelta(minutes=asked.link_minutes), timedelta(minutes=asked.viewing_minutes))
    )


def pictures_for_systems(config: Config, pool: Pool) -> PictureLink:
    """How the page inside a hospital system leads to pictures: by a link that opens once."""
    links = _links(config)

    async def picture_link(asked: PictureAsked) -> str | None:
        async with pool.transaction() as tx:
            return await links.picture_link(tx, asked.result, asked.card, asked.now)

    return picture_link


def order_time_endpoints(config: Config, desk: Desk, decide: Decide, check: Check) -> list[Endpoint]:
    """The routes at order time: hospital systems', the county's own page's, and those behind one-time links."""
    zone, local = ZoneInfo(config.county.time_zone), config.recognition.local_reasons
    links = _links(config)

    async def report(call: Call[Any, Any], connection: Connection, version: UUID) -> ReportDetail:
        return await show_report(desk, call, connection, version)

    def sample() -> SampleSystem | None:
        key = read_key(config.demo_hospital_key)
        return None if key is None else SampleSystem(key, config.public_url, config.public_url, config.county_authority)

    linked = LinkedRoutes(Viewer(config.public_url.startswith("https:")), report, links.lifetime)
    return [
        *cds_endpoints(Hooks(config.public_url, decide, zone, links, local_reasons=local)),
        *check_endpoints(check, scope, links, zone, local),
        *linked_endpoints(linked),
        *given_link_endpoints(),
        *upload_endpoints(configured=bool(config.report_upload.url)),
        *sample_endpoints(sample),
        *linked_dicomweb_endpoints(
            root=config.archive_path, zone=zone, public_url=config.public_url, admit=linked.admit
        ),
    ]
