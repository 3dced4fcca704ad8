"""Readings brought over HTTP and C-STORE to where only the verifier's signature is missing, for ./run bench signing."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg

from telemed.commands.selftest import AUTHOR, REQUESTER, TECHNICIAN, VERIFIER
from telemed.demo.person import Person, accounts_of, person
from telemed.demo.phantom import Examination, Subject, dr_chest
from telemed.imaging import linking
from telemed.patients import resolving
from telemed.reading.service import scheduling
from telemed.recognition import assessing
from tests.bench.people import County, Written
from tests.e2e.readings import COUNTY
from tests.e2e.stack import Stack, push

PACE = 0.25  # seconds a reading takes to be made at the least: one person is granted 20 requests a second
ARRIVES_WITHIN = 180.0
FILM = 128  # rows and columns
WRITTEN = {
    "technique": "常规摄影。",
    "findings": "双肺纹理清晰，走行自然，肺野内未见明显实变及肿块影。双侧肺门影不大。纵隔不宽。心影未见明显异常。",
    "impression": "胸部正位片未见明显异常，请结合临床。",
    "significance": "none",
    "template_id": None,
}

#: Who follows the log, and what it handles.
CONSUMERS = {
    "match-requests": linking.KINDS,
    "resolve-identities": resolving.KINDS,
    "reading-schedule": scheduling.STUDY_EVENTS,
    **assessing.KINDS,
}
BEHIND = """select exists (select from event e, event_consumer c
    where c.name = %s and (e.xid, e.id) > (c.xid, c.id) and e.kind = any(%s))"""


@dataclass(frozen=True)
class Crew:
    """Who takes part, all signed in; the verifier and the author are two people."""

    technician: Person
    author: Person
    verifier: Person
    requester: Person


@dataclass(frozen=True)
class Ready:
    """A reading the verifier has claimed and looked through. signing: the body of the request that signs it."""

    reading: str
    signing: dict[str, Any]


@contextlib.asynccontextmanager
async def crew(stack: Stack) -> AsyncGenerator[Crew]:
    accounts = accounts_of(stack.state / "demo-accounts.json")
    async with contextlib.AsyncExitStack() as hold:
        technician, author, verifier, requester = [
            await hold.enter_async_context(person(stack.url, accounts[one]))
            for one in (TECHNICIAN, AUTHOR, VERIFIER, REQUESTER)
        ]
        yield Crew(technician, author, verifier, requester)


async def made_ready(stack: Stack, people: Crew, reports: int) -> list[Ready]:
    """Bring so many new readings to where only the signature is missing."""
    films = {}
    patients = (one for one in County(random.randrange(2**32)).people(reports * 2) if "·" not in one.name)
    for _ in range(reports):
        async with at_least(PACE):
            patient = next(patients)
            registered = await people.technician.post("/api/registrations", registration(patient))
            films[registered["accession_number"]] = patient
    pushed = await asyncio.to_thread(push, stack, [film(*one) for one in films.items()])
    if pushed != reports:
        raise RuntimeError(f"{pushed} of {reports} films were acknowledged")
    ready: list[Ready] = []
    for line in await arrived(people.author, set(films)):
        async with at_least(PACE):
            ready.append(await verifiable(people, str(line["id"]), str(line["study_instance_uid"])))
    return ready


def registration(patient: Written) -> dict[str, Any]:
    return {
        "submission_id": str(uuid4()),
        "person": {
            "sex": patient.sex.value,
            "name": patient.name,
            "birth_date": patient.birth_date.isoformat(),
            "phone": "0999-0000000",
        },
        "modality": "DX",
        "item": "DR 胸部正位",
        "body_site": "胸部",
        "laterality": "U",
        "encounter_class": "outpatient",
        "priority": "routine",
        "history": "咳嗽 2 周。",
        "purpose": "了解心肺情况。",
        "requester_name": "王立春",
        "department": "内科",
        "consent_told": True,
        "fee_state": "paid",
    }


def film(accession: str, patient: Written) -> Any:
    name = f"={patient.name[0]}^{patient.name[1:]}"
    subject = Subject(patient_id=accession, name=name, sex=patient.sex.value, birth_date=patient.birth_date)
    examination = Examination(key=accession, at=datetime.now(COUNTY), accession_number=accession, station="DR01")
    return dr_chest(subject, examination, rows=FILM, columns=FILM)


async def arrived(author: Person, accessions: set[str]) -> list[dict[str, Any]]:
    """The worklist's lines of these; an examination that never comes is the failure."""
    there: list[dict[str, Any]] = []
    async with asyncio.timeout(ARRIVES_WITHIN):
        while len(there) < len(accessions):
            await asyncio.sleep(0.5)
            items: list[dict[str, Any]] = (await author.get("/api/worklist", limit="200"))["items"]
            waiting = [one for one in items if one["state"] == "awaiting-reading"]
            there = [one for one in waiting if one["accession_number"] in accessions]
    return there


async def verifiable(people: Crew, reading: str, study: str) -> Ready:
    """From 领取 by the author to the verifier's claim."""
    path = f"/api/readings/{reading}"
    await people.author.post(f"{path}/claim")
    desk = await people.author.get(path)
    draft = {**WRITTEN, "revision": desk["draft"]["revision"]}
    saved = await people.author.post(f"{path}/draft", draft, method="PUT")
    await people.author.post(f"{path}/submit", {"revision": saved["revision"], "study_instance_uid": study})
    await people.verifier.post(f"{path}/claim-verification", {})
    desk = await people.verifier.get(path)
    password = people.verifier.password
    signing = {"revision": desk["draft"]["revision"], "study_instance_uid": study, "password": password}
    return Ready(reading, signing)


async def at_rest(dsn: str) -> None:
    """Wait until the server has done what follows from the making of the readings: no consumer has an event ahead."""
    async with (
        asyncio.timeout(ARRIVES_WITHIN),
        await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection,
    ):
        for name, kinds in CONSUMERS.items():
            while await (await connection.execute(BEHIND, (name, sorted(kinds)))).fetchone() != (False,):
                await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def at_least(seconds: float) -> AsyncGenerator[None]:
    """Wait at the end until so many seconds have passed since the beginning."""
    began = time.monotonic()
    yield
    await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
