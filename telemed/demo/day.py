"""One day of the demo county: registrations, pushes, readings; each step by whoever does it, through the same doors.

A start that was interrupted goes on where it stopped: a step that is done already is left out.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import aiohttp
import msgspec

from telemed.config import Config
from telemed.db import Pool, execute, fetch_one, load
from telemed.demo.person import Person, accounts_of
from telemed.demo.push import Gateway, push
from telemed.demo.sources import faulty, images
from telemed.demo.studies import Day, Fault, Study

#: Seconds within which a pushed study is read, at most; the county needs well below one.
PATIENCE = 90.0
#: Minutes between registration and acquisition.
WAITING = 14

queries = load(__name__, "day.sql")

Say = Callable[[str], None]


class _Place(msgspec.Struct):
    id: UUID
    name: str
    technician: str | None
    requester: str | None


class _Standing(msgspec.Struct):
    """How far a study has come. state: of its reading, None without one."""

    instances: int
    reading_id: UUID | None
    state: str | None
    report_id: UUID | None


class _Request(msgspec.Struct):
    accession_number: str


async def seed(config: Config, pool: Pool, day: Day, say: Say) -> None:
    """Bring the day in. The gateway and the server are running; people and devices are there."""
    now = datetime.now(ZoneInfo(config.county.time_zone))
    accounts = accounts_of(config.demo_accounts)
    async with _door(config, accounts) as door:
        county = _County(config, pool, now, door)
        said: dict[str, str] = {}
        for study in day.studies:
            if study.registered and not study.prior:
                said[study.key] = await county.register(study)
        say(f"检查登记 / registrations: {len(said)}")
        sent = await county.push_all(day, said)
        say(f"影像推送 / images sent by C-STORE: {sent}")
        for study in day.studies:
            if study.registered and not study.prior and study.intent == "request-reading":
                await county.read(study)
        say("阅片与报告 / readings and reports")


class _Door:
    """Signs people in once each: a one-time code serves once."""

    def __init__(self, session: Callable[[], aiohttp.ClientSession], url: str, accounts: Mapping[str, Any]) -> None:
        self._session = session
        self._url = url
        self._accounts = accounts
        self._inside: dict[str, Person] = {}

    async def person(self, username: str) -> Person:
        if username not in self._inside:
            someone = Person(self._session(), self._url, self._accounts[username])
            await someone.sign_in()
            self._inside[username] = someone
        return self._inside[username]


@asynccontextmanager
async def _door(config: Config, accounts: Mapping[str, Any]) -> AsyncGenerator[_Door]:
    host = "127.0.0.1" if config.http.host in {"0.0.0.0", "::", ""} else config.http.host  # noqa: S104 -- not bound here
    scheme = "https" if config.https else "http"
    trust: ssl.SSLContext | bool = True
    if config.https:
        # the server is this machine; its certificate is proved by the county CA, whatever name we reach it by
        trust = ssl.create_default_context(cafile=str(config.state.path / "certificates" / "county-ca.pem"))
        trust.check_hostname = False
    sessions: list[aiohttp.ClientSession] = []

    def session() -> aiohttp.ClientSession:
        made = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), connector=aiohttp.TCPConnector(ssl=trust)
        )
        sessions.append(made)
        return made

    try:
        yield _Door(session, f"{scheme}://{host}:{config.http.port}", accounts)
    finally:
        for one in sessions:
            await one.close()


class _County:
    def __init__(self, config: Config, pool: Pool, now: datetime, door: _Door) -> None:
        self._config = config
        self._pool = pool
        self._now = now
        self._door = door

    async def _place(self, device: str) -> _Place:
        async with self._pool.connection() as connection:
            place = await fetch_one(connection, queries["place_of_device"], {"device": device}, _Place)
        if place is None:
            raise LookupError(f"no demo device {device}")
        return place

    async def _standing(self, study: Study) -> _Standing:
        async with self._pool.connection() as connection:
            found = await fetch_one(connection, queries["standing"], {"study": study.uid}, _Standing)
        return found or _Standing(0, None, None, None)

    async def register(self, study: Study) -> str:
        """检查登记 by the township's technician; returns the accession number."""
        async with self._pool.connection() as connection:
            before = await fetch_one(connection, queries["request"], {"submission_id": study.submission_id}, _Request)
        if before is not None:
            return before.accession_number
        place = await self._place(study.device)
        if place.technician is None:
            raise LookupError(f"nobody registers patients where {study.device} stands")
        technician = await self._door.person(place.technician)
        registered = await technician.post("/api/registrations", _form(study, technician.me))
        moment = study.acquired_at(self._now) - timedelta(minutes=WAITING)
        async with self._pool.transaction() as tx:
            await execute(tx, queries["date_back_request"], {"id": registered["id"], "at": moment})
        return registered["accession_number"]

    async def push_all(self, day: Day, accessions: Mapping[str, str]) -> int:
        """Make and send every study, two at a time."""
        gateway = Gateway(_reachable(self._config.dicom.host), self._config.dicom.port, self._config.dicom.ae_title)
        loop = asyncio.get_running_loop()
        # spawn: this process holds connections that a fork would share
        with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as workers:
            jobs = [
                loop.run_in_executor(
                    workers, _sent, gateway, study, place.name, self._now, accessions.get(study.key, "")
                )
                for study in sorted(day.studies, key=lambda one: not one.prior)
                if (place := await self._place(study.device)) and not (await self._standing(study)).instances
            ]
            if jobs:
                jobs += [loop.run_in_executor(workers, _sent_faulty, gateway, fault, self._now) for fault in day.faults]
            return sum(await asyncio.gather(*jobs))

    async def read(self, study: Study) -> None:
        """Bring the reading as far as the day says."""
        author = await self._door.person(study.author or "zhengwenbo")
        async with author.listening("worklist") as events:
            reading = await self._awaited(study, events)
        async with self._pool.transaction() as tx:
            await execute(tx, queries["date_back_reading"], {"study": study.uid, "at": study.acquired_at(self._now)})
        if study.upto == "pushed":
            return
        state = (await self._standing(study)).state
        if state == "awaiting-reading":
            await author.post(f"/api/readings/{reading}/claim")
            state = "reading"
        if study.upto == "claimed":
            return
        if state == "reading" and study.grade:
            grade = {"grade": study.grade, "reasons": study.grade_reasons}
            await author.post(f"/api/readings/{reading}/grade", grade)
        if study.upto in {"retake", "information"}:
            if state == "reading":
                back = {"kind": study.upto, "note": study.note}
                await author.post(f"/api/readings/{reading}/return-to-site", back)
            return
        if state == "reading":
            await _write(study, author, reading)
            state = "awaiting-verification"
        if study.upto != "submitted":
            await self._issue(study, reading, state)

    async def _issue(self, study: Study, reading: UUID, state: str | None) -> None:
        """Verified and signed by the second radiologist, then seen by the township."""
        verifier = await self._door.person(study.verifier)
        if state == "awaiting-verification":
            await verifier.post(f"/api/readings/{reading}/claim-verification", {})
            state = "verifying"
        if state == "verifying":
            desk = await verifier.get(f"/api/readings/{reading}")
            shown = {"revision": desk["draft"]["revision"], "study_instance_uid": study.uid}
            await verifier.post(f"/api/readings/{reading}/sign", {**shown, "password": verifier.password})
        place = await self._place(study.device)
        report = (await self._standing(study)).report_id
        if study.upto == "signed" or place.requester is None or report is None or state == "viewed":
            return
        requester = await self._door.person(place.requester)
        await requester.post(f"/api/reports/{report}/view")
        if study.upto == "printed":
            await requester.post(f"/api/reports/{report}/print", {})

    async def _awaited(self, study: Study, events: aiohttp.ClientWebSocketResponse) -> UUID:
        """The study's reading, once it may be claimed: looked for after every event of the worklist.

        A study that nobody is to read may also wait for a person to match it.
        """
        not_yet = {"receiving"} if study.upto == "pushed" else {"receiving", "awaiting-match"}
        async with asyncio.timeout(PATIENCE):
            while True:
                standing = await self._standing(study)
                if standing.reading_id is not None and standing.state not in not_yet:
                    return standing.reading_id
                await events.receive_json()


async def _write(study: Study, author: Person, reading: UUID) -> None:
    """The author's draft and its submission; a template or an earlier start may have begun the draft."""
    desk = await author.get(f"/api/readings/{reading}")
    begun = 0 if desk["draft"] is None else desk["draft"]["revision"]
    text = {"findings": study.findings, "impression": study.impression, "significance": study.significance}
    saved = await author.post(f"/api/readings/{reading}/draft", {**text, "revision": begun}, method="PUT")
    submit = {"revision": saved["revision"], "study_instance_uid": study.uid}
    await author.post(f"/api/readings/{reading}/submit", submit)


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 -- not bound here


def _form(study: Study, technician: Mapping[str, Any]) -> dict[str, Any]:
    """The registration as the technician types it; people of the same name were shown and this is none of them."""
    patient = study.patient
    return {
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
        "technician_name": str(technician.get("name", "")),
        "consent_told": True,
        "fee_state": "paid",
    }


def _sent(gateway: Gateway, study: Study, institution: str, now: datetime, accession: str) -> int:
    """In a process of its own: make the images and send them."""
    examination = study.examination(now, institution, accession)
    made = images(study.image, study.subject(), examination, nodule=study.nodule)
    return sum(1 for status in push(gateway, study.device, made) if status == 0)


def _sent_faulty(gateway: Gateway, fault: Fault, now: datetime) -> int:
    study = _fault_study(fault)
    push(gateway, fault.device, faulty(fault, study.subject(), study.examination(now, "", "")))
    return 0


def _fault_study(fault: Fault) -> Study:
    return msgspec.convert(
        {
            "key": f"fault-{fault.kind}",
            "device": fault.device,
            "image": "ct-chest",
            "item": "胸部正位",
            "ago": 57,
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
