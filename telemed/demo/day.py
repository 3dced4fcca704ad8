"""One day of the demo county: registrations, pushes, readings, each at its own time of the day.

Images go through real associations, everything else through the services of the server (telemed.demo.acts).
A start that was interrupted goes on where it stopped: a step that is done already is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from multiprocessing import get_context
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from telemed.config import Config
from telemed.db import Pool, execute, fetch_one, load
from telemed.demo.acts import Cast
from telemed.demo.projection import BODIES
from telemed.demo.push import Gateway, end_with_parent, push
from telemed.demo.sources import faulty, images
from telemed.demo.studies import Day, Fault, Study
from telemed.errors import Unavailable
from telemed.imaging import linking
from telemed.imaging.forms import RegistrationForm
from telemed.imaging.settle import settle_due
from telemed.reading.service import scheduling
from telemed.reading.service.drafts import study_of
from telemed.reading.service.rule_book import RuleBook

#: Seconds within which a pushed study is indexed, at most; the county needs well below one.
PATIENCE = 90.0
LOOK_AGAIN = 0.1
ATTEMPTS = 4
#: Minutes from registration to acquisition, from there to the first image here, and to the whole study.
WAITING, SENDING, WHOLE = 14, 6, 7
#: A township whose line has been dead since this hour of the night.
SILENT, SILENT_SINCE = "DG_DR1", time(3, 12)

T = TypeVar("T")

queries = load(__name__, "day.sql")

#: Says how many studies of how many are there.
Progress = Callable[[int, int], None]


class _Place(msgspec.Struct):
    id: UUID
    name: str
    technician: str | None
    requester: str | None


class _Standing(msgspec.Struct):
    """How far a study has come. state: of its reading, None without one."""

    id: UUID
    instances: int
    receiving: bool
    sending: bool
    reading_id: UUID | None
    state: str | None
    report_id: UUID | None


class _Request(msgspec.Struct):
    accession_number: str


class _Count(msgspec.Struct):
    cases: int


async def seed(config: Config, pool: Pool, day: Day, *, book: RuleBook, began: datetime, progress: Progress) -> None:
    """Bring the day in. The gateway and the server are running; people and devices are there.

    began: the moment that the day's times are counted back from.
    """
    zone = ZoneInfo(config.county.time_zone)
    county = _County(pool, began.astimezone(zone), book, Cast(pool, book, zone))
    gateway = Gateway(_reachable(config.dicom.host), config.dicom.port, config.dicom.ae_title)
    await county.silence()
    accessions = {one.key: await county.register(one) for one in day.studies if one.registered and not one.prior}
    # what takes long first; the prior before the study that is compared with it
    order = sorted(day.studies, key=lambda one: (not one.image.startswith("ct-"), not one.prior))
    async with contextlib.AsyncExitStack() as stack:
        # spawn: this process holds connections that a fork would share
        lanes = [ProcessPoolExecutor(1, get_context("spawn"), initializer=end_with_parent) for _ in range(BODIES)]
        for lane in lanes:
            # in a thread: what a lane still sends may be received by this very process
            stack.push_async_callback(asyncio.to_thread, lane.shutdown, cancel_futures=True)
        devices = _Devices(lanes, gateway)
        done = 0

        async def bring(number: int, study: Study) -> None:
            nonlocal done
            await county.bring(study, accessions, devices, number)
            done += 1
            progress(done, len(order))

        async with asyncio.TaskGroup() as tasks:
            for number, study in enumerate(order):
                tasks.create_task(bring(number, study))
        for fault in day.faults:
            await county.bring_fault(fault, devices)


@dataclass(frozen=True, slots=True)
class _Devices:
    """Make images and send them, in processes beside this one; each knows one body of a kind, made once."""

    lanes: Sequence[Executor]
    gateway: Gateway

    async def send(self, study: Study, number: int, place: str, at: datetime, accession: str) -> int:
        loop = asyncio.get_running_loop()
        turn = study.subject().seed if study.image.startswith("dr-") else number
        lane = self.lanes[turn % len(self.lanes)]
        return await loop.run_in_executor(lane, _sent, self.gateway, study, place, at, accession)

    async def send_fault(self, fault: Fault, at: datetime) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.lanes[0], _sent_faulty, self.gateway, fault, at)


@dataclass(frozen=True, slots=True)
class _County:
    """now: the moment that the day is counted back from, by the county's clock. turn: one study arrives at a time."""

    pool: Pool
    now: datetime
    book: RuleBook
    cast: Cast
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def silence(self) -> None:
        """One township has not been heard of since the night."""
        night = datetime.combine(self.now.date(), SILENT_SINCE, self.now.tzinfo)
        at = night if night < self.now else night - timedelta(days=1)
        async with self.pool.transaction() as tx:
            await execute(tx, queries["silence"], {"device": SILENT, "at": at})

    async def register(self, study: Study) -> str:
        """检查登记 by the township's technician; returns the accession number."""
        async with self.pool.connection() as connection:
            before = await fetch_one(
                connection, queries["registered"], {"submission_id": study.submission_id}, _Request
            )
        if before is not None:
            return before.accession_number
        place = await self._place(study.device)
        if place.technician is None:
            raise LookupError(f"nobody registers patients where {study.device} stands")
        at = self._acquired(study) - timedelta(minutes=WAITING)
        technician = await self.cast.person(place.technician, at)
        return await self.cast.register(place.technician, _form(study, technician.name), at)

    async def bring(self, study: Study, accessions: Mapping[str, str], devices: _Devices, number: int) -> None:
        """Send a study unless it is there whole, then bring its reading as far as the day says."""
        place, acquired = await self._place(study.device), self._acquired(study)
        standing = await self._standing(study)
        if standing is None or standing.receiving:
            sent = await devices.send(study, number, place.name, acquired, accessions.get(study.key, ""))
            standing = await self._indexed(study, sent)
        if study.prior:
            return
        arrived = acquired + timedelta(minutes=WHOLE)
        await self._arrive(study, standing.id, acquired + timedelta(minutes=SENDING), arrived)
        if study.registered and study.intent == "request-reading":
            await self._read(study, place, arrived)

    async def bring_fault(self, fault: Fault, devices: _Devices) -> None:
        """Send what must be kept apart, once, and see that it is."""
        if await self._quarantined(fault):
            return
        await devices.send_fault(fault, self.now - timedelta(minutes=57))
        await _until(lambda: self._quarantined(fault))

    async def _quarantined(self, fault: Fault) -> int | None:
        """How many instances of the device are kept apart, None for none."""
        async with self.pool.connection() as connection:
            kept = await fetch_one(connection, queries["quarantined"], {"device": fault.device}, _Count)
        return None if kept is None else kept.cases or None

    async def _arrive(self, study: Study, study_id: UUID, first: datetime, whole: datetime) -> None:
        """Let the study have come at its time of the day: matched, complete, to be read from then on.

        In one transaction, so that the server, which follows the same events, finds it done.  The server may have begun
        and hold the same rows in another order: then the database ends one of both, and it is done once more.
        """
        async with self.turn:
            for _ in range(ATTEMPTS):
                with contextlib.suppress(Unavailable):
                    return await self._arrive_once(study, study_id, first, whole)
            return await self._arrive_once(study, study_id, first, whole)

    async def _arrive_once(self, study: Study, study_id: UUID, first: datetime, whole: datetime) -> None:
        rules = self.book.at(whole)
        async with self.pool.transaction() as tx:
            await execute(tx, queries["date_back_study"], {"id": study_id, "at": first})
            await settle_due(tx, datetime.now(UTC))
            await linking.match(tx, study_id, whole)
            await scheduling.schedule(tx, study_id, whole, rules)
            standing = await fetch_one(tx, queries["standing"], {"study": study.uid}, _Standing)
            if standing is not None and standing.state == "awaiting-reading":
                clock = scheduling.timing(
                    await study_of(tx, study_id), first if study.priority == "stat" else whole, rules
                )
                await execute(tx, queries["date_back_reading"], {"id": standing.reading_id, **clock})

    async def _read(self, study: Study, place: _Place, arrived: datetime) -> None:
        """Bring a reading that may be claimed as far as the day says."""
        standing = await self._standing(study)
        if standing is None or standing.reading_id is None or study.upto == "pushed":
            return
        if standing.state == "awaiting-reading" and study.upto == "claimed":
            await self.cast.claim(study.author, standing.reading_id, datetime.now(UTC))
        elif study.upto != "claimed":
            await self._report(study, place, standing, standing.reading_id, arrived)

    async def _report(self, study: Study, place: _Place, standing: _Standing, reading: UUID, arrived: datetime) -> None:
        """From the claim to the township's printer, or back to the township."""
        state, report = standing.state, standing.report_id

        def at(share: float) -> datetime:
            """The moment when this share of the time to the signature has passed; none lies ahead."""
            return min(study.after(arrived, share * study.took, self.book.at(arrived).calendar), self.now)

        if study.upto in {"retake", "information"}:
            if state == "awaiting-reading":
                await self.cast.send_back(study, reading, at(0.5))
            return
        if state == "awaiting-reading":
            await self.cast.submit(study, reading, at(0.35), at(0.7))
            state = "awaiting-verification"
        if study.upto == "submitted":
            return
        if state == "awaiting-verification":
            report = await self.cast.sign(study, reading, at(0.8), at(1.0))
            state = "signed"
        if study.upto != "signed" and state == "signed" and report is not None and place.requester is not None:
            await self.cast.receive(place.requester, report, at(1.2), at(1.3) if study.upto == "printed" else None)

    def _acquired(self, study: Study) -> datetime:
        return study.acquired_at(self.now, self.book.at(self.now).calendar)

    async def _place(self, device: str) -> _Place:
        async with self.pool.connection() as connection:
            place = await fetch_one(connection, queries["place_of_device"], {"device": device}, _Place)
        if place is None:
            raise LookupError(f"no demo device {device}")
        return place

    async def _standing(self, study: Study) -> _Standing | None:
        async with self.pool.connection() as connection:
            return await fetch_one(connection, queries["standing"], {"study": study.uid}, _Standing)

    async def _indexed(self, study: Study, sent: int) -> _Standing:
        """What was sent, once the index has it and the end of the association that brought it."""

        async def whole() -> _Standing | None:
            standing = await self._standing(study)
            return standing if standing and standing.instances >= sent and not standing.sending else None

        return await _until(whole)


async def _until(ask: Callable[[], Awaitable[T | None]]) -> T:
    """What is asked for, once it is there; raises TimeoutError when it does not come."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if (found := await ask()) is not None:
                return found
            await asyncio.sleep(LOOK_AGAIN)


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 -- not bound here


def _form(study: Study, technician: str) -> RegistrationForm:
    """The registration as the technician types it; people of the same name were shown and this is none of them."""
    patient = study.patient
    return msgspec.convert(
        {
            "submission_id": str(study.submission_id),
            "person": {
                "sex": patient.sex,
                "name": patient.name,
                "birth_date": patient.born.isoformat(),
                "document": {"kind": "national-id", "number": patient.number},
                "phone": patient.phone,
                "address": patient.village,
                "another_person": True,
            },
            "modality": {"ct": "CT", "us": "US", "cr": "CR"}.get(study.image[:2], "DX"),
            "item": study.item,
            "body_site": study.body_site,
            "laterality": study.laterality,
            "encounter_class": study.encounter,
            "emergency_class": study.emergency,
            "priority": study.priority,
            "intent": study.intent,
            "history": study.history,
            "purpose": study.purpose,
            "technician_name": technician,
            "consent_told": True,
            "fee_state": "paid",
        },
        RegistrationForm,
    )


def _sent(gateway: Gateway, study: Study, institution: str, at: datetime, accession: str) -> int:
    """In a process of its own: make the images and send them; returns how many were taken."""
    made = images(study, study.subject(), study.examination(at, institution, accession))
    return sum(1 for status in push(gateway, study.device, made) if status == 0)


def _sent_faulty(gateway: Gateway, fault: Fault, at: datetime) -> None:
    study = _fault_study(fault)
    push(gateway, fault.device, faulty(fault, study.subject(), study.examination(at, "", "")))


def _fault_study(fault: Fault) -> Study:
    return msgspec.convert(
        {
            "key": f"fault-{fault.kind}",
            "device": fault.device,
            "image": "ct-chest",
            "item": "胸部正位",
            "patient": {
                "name": "周玉梅",
                "dicom_name": "ZHOU^YUMEI",
                "sex": "F",
                "born": "1954-02-27",
                "sequence": 21,
                "village": "",
                "phone": "",
            },
        },
        Study,
    )
