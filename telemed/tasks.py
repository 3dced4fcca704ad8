"""A part of the composition root: what goes on beside requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from dicom_gateway.deposit import Deposit
from dicom_gateway.indexer import Indexer
from dicom_gateway.spool import DurableSpool
from telemed.access import housekeeping
from telemed.audit.checkpoint import Checkpoints, load_or_create_signing_key
from telemed.audit.sealer import Sealer
from telemed.background import Work
from telemed.config import ReceiverTable
from telemed.config.outgoing import secrets_of, trust_of
from telemed.consultation.model.guards import DEPARTMENTS
from telemed.consultation.room.recordings import listed
from telemed.consultation.room.segments import Segments
from telemed.consultation.service.clock import watch as watch_consultations
from telemed.consultation.service.marks import OWED
from telemed.consultation.service.marks import export_for_ever as export_marks
from telemed.consultation.service.opinions import tidy
from telemed.consultation.service.reaching import watch as watch_duty
from telemed.county import County
from telemed.events.consumer import Consumer
from telemed.events.consumer import run as follow
from telemed.imaging import linking
from telemed.imaging.settle import settle_for_ever
from telemed.outgoing.http_sender import http_sender
from telemed.outgoing.sending import DUE, Keeper, Mouth, Receiver, Worker
from telemed.patients import resolving
from telemed.quality.opening import CONSUMER as TICKETS
from telemed.quality.settling import settle_for_ever as settle_look_backs
from telemed.reading.service import scheduling
from telemed.reading.service.sweeper import sweep
from telemed.recognition.assessing import KINDS, Assessor
from telemed.registry import assessor, know_organizations, upload_tasks
from telemed.results.intake import Intake
from telemed.results.mllp import Limits as MllpLimits
from telemed.results.mllp import Listener
from telemed.results.remapping import Remapper, remap_for_ever
from telemed.results.units import prepare as prepare_units
from telemed.statistics.sealing import Sealer as StatisticsSealer
from telemed.taught import copies_of, making_of
from telemed.teaching.copying import OWED as COPIES
from telemed.teaching.copying import copy_for_ever

MATCHING = Consumer("match-requests", linking.KINDS, linking.handle)
RESOLVING = Consumer("resolve-identities", resolving.KINDS, resolving.handle)


def tasks(county: County) -> dict[str, Work]:
    """What goes on beside requests, by name."""
    studies = county.hub.of(linking.KINDS)
    return {
        "event-hub": county.hub.run,
        "redis-hints": county.hints.run,
        "rooms": county.rooms.run,
        "recording-leftovers": lambda: _swept(county),
        "audit-sealer": _sealer(county).run,
        "access-housekeeping": lambda: housekeeping.run(county.pool, county.sign_in.attempts, county.clock),
        "matching": _following(county, MATCHING),
        "identity-resolution": _following(county, RESOLVING),
        "reading-schedule": _following(county, scheduling.consumer(county.desk.book)),
        **_knowing(county),
        "laboratory-remapping": lambda: remap_for_ever(Remapper(county.pool, county.maps, county.zone), county.clock),
        "recognition-organizations": lambda: know_organizations(_assessor(county), county.pool, county.clock),
        "quality-tickets": _following(county, TICKETS),
        "look-back-settling": lambda: settle_look_backs(county.pool, county.clock),
        "statistics-sealer": StatisticsSealer(county.pool, county.zone, county.counting, county.clock).run,
        "reading-timers": lambda: sweep(county.pool, county.clock),
        "consultation-clocks": lambda: watch_consultations(county.pool, county.clock, county.zone),
        "opinion-leftovers": lambda: _tidied(county),
        "duty-check": lambda: watch_duty(county.pool, county.clock, county.zone),
        "study-settling": lambda: settle_for_ever(county.pool, studies, county.clock),
        **_outgoing(county),
        **upload_tasks(county.config, county.pool, county.hub, county.clock),
        **({} if county.spool is None else _archive(county, county.spool)),
        **({} if county.config.laboratory.mllp == "off" else {"laboratory-mllp": _laboratory(county)}),
    }


async def _swept(county: County) -> None:
    """Take away segments of recordings of which no room's log speaks."""

    async def spoken_of(room_id: UUID) -> frozenset[str]:
        async with county.pool.connection() as connection:
            return await listed(connection, room_id)

    await Segments(county.config.recordings_path).sweep_for_ever(spoken_of, county.clock)


def _laboratory(county: County) -> Work:
    """The listener for laboratory systems."""
    config = county.config.laboratory
    intake = Intake(county.pool, county.zone, county.maps)
    limits = MllpLimits(
        connections=config.max_connections,
        connections_per_peer=config.max_connections_per_peer,
        message_bytes=config.max_message_bytes,
        message_seconds=config.message_seconds,
        idle_seconds=config.idle_seconds,
    )

    async def listen() -> None:
        await asyncio.to_thread(prepare_units)
        await Listener(intake.take, intake.refuse_large, limits, county.clock).run(config.host, config.port)

    return listen


def _knowing(county: County) -> dict[str, Work]:
    """What keeps the registry's knowledge."""

    def following(name: str) -> Work:
        bell = county.hub.of(KINDS[name])
        return lambda: follow(county.pool, _assessor(county).consumers()[name], bell)

    return {name: following(name) for name in KINDS}


def _following(county: County, consumer: Consumer) -> Work:
    bell = county.hub.of(consumer.kinds)
    return lambda: follow(county.pool, consumer, bell)


def _assessor(county: County) -> Assessor:
    return assessor(county.config, county.pool, county.clock)


def _sealer(county: County) -> Sealer:
    key = load_or_create_signing_key(county.config.audit_key)
    return Sealer(county.pool, key, Checkpoints(county.config.audit_checkpoints))


def _outgoing(county: County) -> dict[str, Work]:
    """What brings messages to the receivers that are configured, each on its own; nothing is sent where none is."""
    told, pool, clock = county.config.outgoing, county.pool, county.clock
    longest = timedelta(hours=told.give_up_hours)
    names = {code: text for code, (text, _) in DEPARTMENTS.items()}
    mouth = Mouth(county.config.public_url, county.zone, names, longest)
    receivers = [receiver_of(one, clock) for one in told.receivers]
    sending = {f"outgoing-{one.name}": Worker(pool, one, mouth, clock, county.hub.of(DUE)).run for one in receivers}
    return {"outgoing": Keeper(pool, receivers, longest, clock).run, **sending}


def receiver_of(table: ReceiverTable, clock: Callable[[], datetime]) -> Receiver:
    """A receiver as it is configured.  Its address and secret stay in this process."""
    parts = urlsplit(table.url)
    return Receiver(
        name=table.name,
        origin=f"{parts.scheme}://{parts.netloc}",
        address_digest=sha256(table.url.encode()).digest(),
        kinds=table.kinds,
        institutions=table.institutions,
        phones=table.phones,
        send=http_sender(table.url, secrets_of(table), trust_of(table), clock),
    )


def _archive(county: County, spool: DurableSpool) -> dict[str, Work]:
    deposit, owed = Deposit(spool), county.hub.of(OWED)
    making = making_of(county.config, county.pool)
    copying = county.hub.of(COPIES)
    return {
        "teaching-copies": lambda: copy_for_ever(making, copying, county.clock),
        "indexer": Indexer(spool, county.pool, county.zone).run,
        "consultation-marks": lambda: export_marks(county.pool, deposit, owed, county.clock, county.zone),
    }


async def _tidied(county: County) -> None:
    """Once, when the server starts: whoever died while writing an opinion or a copy left the half of a file."""
    await tidy(county.config.state.path / "opinions", county.clock())
    await asyncio.to_thread(copies_of(county.config).tidy, county.clock())
