"""The members of a community with agreements about every item, a hospital system that asks, and results of people."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from cryptography.hazmat.primitives.asymmetric import ec

from telemed.cds import store
from telemed.cds.registration import Agreement as Client
from telemed.db import open_pool
from telemed.events.consumer import step
from telemed.recognition import rules_store
from telemed.recognition.assessing import KNOWLEDGE, Assessor
from telemed.recognition.catalogue_files import read_catalogues
from telemed.recognition.facts import Candidate, CodeMapping, Identity, LinkState, Measurement, Status
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.imaging_names import read as read_names
from telemed.recognition.imaging_results import UNDATED
from telemed.recognition.installing import install_catalogues
from telemed.recognition.laboratory_results import LOINC
from telemed.recognition.quality import Agreement
from telemed.recognition.rules import Basis, Code, Scope, item_code
from telemed.registry import NAMES
from tests.bench.people import Written
from tests.integration.cds.systems import System

#: Members of the community, each with a grant of every item: A, B whose results they are, and townships.
MEMBERS = 25
#: Results of one person: two reports of twelve, and one more.
EACH = 25
ISSUER = "https://his.bench.example"
COMMUNITY = Scope("community", "longan", "龙安县域医共体")
#: Items that are ordered and measured at the most.
MOST = 40


@dataclass(frozen=True, slots=True)
class Analyte:
    code: Code
    key: str
    unit: str
    specimen: str


def analytes() -> list[Analyte]:
    """What the county's laboratories measure, the commonest first."""
    catalogue = next(one for one in read_catalogues().catalogues if one.series == "community-catalogue")
    found = [
        Analyte(code, key, item.unit or "", item.specimen or "serum")
        for key, item in catalogue.items.items()
        for code in sorted(one for one in item.codes if one.system == LOINC)[:1]
        if item.kind == "laboratory" and not item.members
    ]
    return found[:MOST]


async def begin(dsn: str, key: ec.EllipticCurvePrivateKey) -> None:
    """Documents, members, agreements and the hospital system that will ask."""
    pool = await open_pool(dsn, size=4)
    now = datetime.now(UTC)
    known = Assessor(read_names(NAMES), _no_technique, "longan", ZoneInfo("Asia/Shanghai"), lambda: datetime.now(UTC))
    consumer = known.consumers()[KNOWLEDGE]
    try:
        async with pool.transaction() as tx:
            await tx.execute("insert into event_consumer (name) values (%s) on conflict do nothing", (consumer.name,))
            await tx.execute(
                "insert into organization (code, name, kind) select 'T' || at, '乡镇' || at, 'township-hospital'"
                " from generate_series(1, %s) at union all values ('A', '县医院', 'lead-hospital')"
                " on conflict do nothing",
                (MEMBERS - 2,),
            )
            await tx.execute(
                "insert into community_membership (organization_id, valid_from) select id, '2025-01-01'"
                " from organization on conflict do nothing"
            )
            await known.organizations(tx, now)
            rows = await (
                await tx.execute(
                    "select o.id, (select id from practitioner limit 1) from organization o where not exists"
                    " (select from quality_fact f where f.organization_id = o.id)"
                )
            ).fetchall()
            await store.register(tx, Client(ISSUER, "HIS", "A", keys=System(ISSUER, key, now).keys))
        if faults := await install_catalogues(pool, now, uuid4):
            raise LookupError(faults)
        for place, by in rows:
            fact = Agreement(
                id=str(uuid4()),
                organization_id=str(place),
                item_keys=frozenset(one.key for one in analytes()),
                basis=Basis.COMMUNITY_DOCUMENT,
                scope=COMMUNITY,
                begins=now - timedelta(days=300),
                ends=now + timedelta(days=300),
                known_from=now,
            )
            async with pool.transaction() as tx:
                await rules_store.record(tx, place, fact, by=by, now=now, parameters=read_parameters())
        while await step(pool, consumer):
            pass
    finally:
        await pool.close()


async def _no_technique(_samples: object) -> None:
    return None


def add_results(dsn: str, people: Sequence[tuple[UUID, Written]], first: int, last: int) -> None:
    """The knowledge of some people's results, EACH of them, as the registry would have written it."""
    now = datetime.now(UTC)
    with psycopg.connect(dsn) as connection:
        place = connection.execute("select id from organization where code = 'B'").fetchone()
        assert place is not None
        made = [_template(one, str(place[0]), now) for one in analytes()]
        chance = random.Random(first)
        with (
            connection.cursor() as cursor,
            cursor.copy("copy recognition_knowledge (kind, thing, subject, content, known_from) from stdin") as copy,
        ):
            for one, _ in people[first:last]:
                name = str(one)
                identity = Identity(f"{name}|{name}", name, name, LinkState.AUTO, UNDATED)
                copy.write_row(("identity", f"{name}|{name}", name, msgspec.json.encode(identity).decode(), now))
                report, shift = "", 0
                for at in range(EACH):
                    if at % 12 == 0:
                        report, shift = str(uuid4()), chance.randrange(len(made))
                    thing, content = made[(shift + at) % len(made)]
                    thing = thing.replace("@R@", report)
                    said = content.replace("@T@", thing).replace("@P@", name).replace("@V@", f"{chance.randrange(900)}")
                    copy.write_row(("candidate", thing, name, said, now))


def _template(one: Analyte, place: str, now: datetime) -> tuple[str, str]:
    taken = (now - timedelta(days=1)).replace(microsecond=0)
    candidate = Candidate(
        id="@T@",
        version=1,
        patient_id="@P@",
        kind="laboratory",
        code=one.code,
        status=Status.FINAL,
        acquiring_id=place,
        known_from=UNDATED,
        mapping=CodeMapping(item_code(one.key), "*/2026-01-01", confirmed=True, known_from=UNDATED),
        intact=True,
        reporting_id=place,
        collected_at=taken,
        reported_at=taken + timedelta(hours=3),
        device_id="AU5800",
        measured=Measurement(
            value="5.@V@", unit=one.unit, low="3.9", high="9.9", abnormal=False, critical=False, specimen=one.specimen
        ),
    )
    thing = f"laboratory/@R@/{one.code.system}|{one.code.code}|"
    return thing, _ENCODER.encode(candidate).decode()


_ENCODER = msgspec.json.Encoder(order="deterministic", enc_hook=dict)
