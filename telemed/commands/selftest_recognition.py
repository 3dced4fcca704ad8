"""The self-test's part of recognition: a laboratory, a hospital system, and the county's answer between them."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

from telemed.cds.cards import SPOKEN
from telemed.db import Pool, fetch_all, fetch_one, load, open_pool
from telemed.demo.agreements import COMMUNITY
from telemed.demo.person import Person
from telemed.embedded.postgres import running_dsn
from telemed.recognition.decision import Verdict
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.quality import Agreement
from telemed.recognition.rules import Basis
from telemed.recognition.rules_store import record

SERVICE = "/cds-services/result-recognition"
ISSUER = "https://selftest.invalid"
APPLICATION, FACILITY, LABORATORY = "SELFTESTLIS", "SELFTEST", "LA-JY"
#: Seconds within which what happened is known to the registry; it needs well below one.
KNOWN_SECONDS = 30
LOOK_AGAIN = 0.1
ANSWER_SECONDS = 30
P384_BYTES = 48
TOKEN_SECONDS = 300
CT, POTASSIUM = ("urn:cn:county:item", "CT-CHEST-PLAIN"), ("http://loinc.org", "2823-3")
REFERENCES = {"ServiceRequest/ct": CT, "ServiceRequest/potassium": POTASSIUM}

queries = load(__name__, "selftest.sql")


class Failed(Exception):
    """A step did not give what it must; the text says which and what came instead."""


class County(Protocol):
    """The private county: where it is and how its commands are run there."""

    @property
    def state(self) -> Path: ...
    @property
    def url(self) -> str: ...
    @property
    def mllp(self) -> int: ...
    @property
    def environment(self) -> dict[str, str]: ...


class Steps(Protocol):
    """Prints what is done, each with its milliseconds."""

    def step(self, zh: str, en: str) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whose results are meant; number: of the identity card, born: YYYY-MM-DD."""

    name: str
    number: str
    sex: str
    born: str


class _Known(msgspec.Struct):
    known: bool


class _Decision(msgspec.Struct):
    order_reference: str
    verdict: str | None
    results: int
    against: list[str]
    card: str | None


class _Organization(msgspec.Struct):
    id: UUID


async def recognise(
    county: County, steps: Steps, somebody: Somebody, *, administrator: Person, quality: Person, township: UUID
) -> None:
    """From the laboratory's message to the decision made again.

    quality: who records the agreement, and of the hospital that reads.  township: where the CT was made.
    """
    pool = await open_pool(running_dsn(county.state), size=2)
    try:
        with steps.step("登记检验系统，HL7 结果经 MLLP 到达", "a laboratory system is enrolled and its result arrives"):
            sender = {"application": APPLICATION, "facility": FACILITY, "organization_code": LABORATORY}
            await administrator.post("/api/laboratory/senders", sender)
            await _send(county.mllp, _result(somebody, datetime.now(UTC)))
        with steps.step("登记互认协议，资格生效", "the community's agreement is recorded and grants follow"):
            await _agree(pool, quality, township)
        with steps.step("互认登记得知结果与资格", "the registry knows the results and the grants"):
            await _known(pool)
        key = ec.generate_private_key(ec.SECP384R1())
        with steps.step("登记医院系统（ES384 公钥）", "a hospital system is registered with an ES384 key of its own"):
            await asyncio.to_thread(_register, county, key)
        with steps.step("开单时询问互认，答复与留存的决定一致", "an order is asked about; the answer is what was kept"):
            cards = await _ask(county.url, key, somebody)
            await _compare(pool, cards)
    finally:
        await pool.close()
    with steps.step("重放互认决定，无差异", "the decisions are made again without a difference"):
        await asyncio.to_thread(_replay, county)


def _result(somebody: Somebody, now: datetime) -> bytes:
    """ORU^R01 in GB 18030: potassium of two hours ago, reported an hour later."""
    china = now + timedelta(hours=8)
    collected, reported, sent = (f"{china - timedelta(minutes=ago):%Y%m%d%H%M%S}" for ago in (120, 60, 0))
    lines = (
        f"MSH|^~\\&|{APPLICATION}|{FACILITY}|TELEMED||{sent}+0800||ORU^R01|{uuid4().hex[:20]}|P|2.5.1||||||GB18030",
        f"PID|1||{somebody.number}^^^CN^NNCHN||{somebody.name}||{somebody.born.replace('-', '')}|{somebody.sex}",
        f"OBR|1||{collected}^LIS|K^钾^LOCAL|||{collected}+0800||||||||Ser&血清&LOCAL|||||||{reported}+0800||LAB|F",
        f"OBX|1|NM|2823-3^钾^LN||4.21|mmol/L|3.50-5.30|N|||F|||{collected}+0800",
    )
    return ("\r".join(lines) + "\r").encode("gb18030")


async def _send(port: int, message: bytes) -> None:
    """Send one message over MLLP; only AA will do.  HL7 v2.5.1 appendix C.4."""
    async with asyncio.timeout(ANSWER_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x0b" + message + b"\x1c\r")
        answer = await reader.readuntil(b"\x1c\r")
        writer.close()
        await writer.wait_closed()
    if b"\rMSA|AA|" not in answer:
        told = answer[answer.find(b"\rMSA|") + 1 :].decode("gb18030", "replace")
        raise Failed(f"the laboratory's result was not stored: {told}")


async def _agree(pool: Pool, quality: Person, township: UUID) -> None:
    """What the township acquires and the hospital reads, and the laboratory's potassium, from yesterday for a year."""
    now = datetime.now(UTC)
    begins, ends = now - timedelta(days=1), now + timedelta(days=365)
    async with pool.connection() as connection:
        laboratory = await fetch_one(connection, queries["laboratory"], {"code": LABORATORY}, _Organization)
    if laboratory is None:
        raise Failed(f"there is no {LABORATORY}")

    def agreement(place: UUID, item: str, basis: Basis, reader: str | None) -> Agreement:
        return Agreement(
            id=str(uuid4()),
            organization_id=str(place),
            item_keys=frozenset({item}),
            basis=basis,
            scope=COMMUNITY,
            begins=begins,
            ends=ends,
            known_from=now,
            reader_id=reader,
        )

    reader = str(quality.me["organization_id"])
    by = UUID(str(quality.me["practitioner_id"]))
    for one in (
        agreement(township, "ct.chest.plain", Basis.COUNTY_READING, reader),
        agreement(laboratory.id, "lab.potassium", Basis.COMMUNITY_DOCUMENT, None),
    ):
        async with pool.transaction() as tx:
            place = UUID(one.organization_id)
            recorded = await record(tx, place, one, by=by, now=datetime.now(UTC), parameters=read_parameters())
        if not recorded.grants:
            raise Failed("an agreement was recorded and no grant followed")


async def _known(pool: Pool) -> None:
    try:
        async with asyncio.timeout(KNOWN_SECONDS):
            while True:
                async with pool.connection() as connection:
                    found = await fetch_one(connection, queries["known"], {"studies": 1, "observations": 1}, _Known)
                if found is not None and found.known:
                    return
                await asyncio.sleep(LOOK_AGAIN)
    except TimeoutError:
        raise Failed("the registry does not know what happened") from None


def _register(county: County, key: ec.EllipticCurvePrivateKey) -> None:
    """As an operator does: a file with the public key, and the command."""
    numbers = key.public_key().public_numbers()
    public = {
        "kty": "EC",
        "kid": "selftest",
        "crv": "P-384",
        "alg": "ES384",
        "x": _base64(numbers.x.to_bytes(P384_BYTES)),
        "y": _base64(numbers.y.to_bytes(P384_BYTES)),
    }
    agreement = {
        "issuer": ISSUER,
        "name": "自检医院系统",
        "organization_code": "LA-RM",
        "keys": {"keys": [public]},
    }
    file = county.state.parent / "hospital-system.json"
    file.write_text(json.dumps(agreement, ensure_ascii=False), encoding="utf-8")
    _command(county, "cds-client", "register", str(file))


def _replay(county: County) -> None:
    said = _command(county, "replay-recognition")
    if f"{len(REFERENCES)} 次决定已重放" not in said:
        raise Failed(f"not every decision was made again: {said}")


def _command(county: County, *arguments: str) -> str:
    command = [sys.executable, "-m", "telemed", *arguments]
    done = subprocess.run(command, env=county.environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"telemed {arguments[0]} ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _token(key: ec.EllipticCurvePrivateKey, audience: str, now: datetime) -> str:
    """A token for one call.  RFC 7515 3.1, RFC 7518 3.4."""
    issued = int(now.timestamp())
    head = {"alg": "ES384", "typ": "JWT", "kid": "selftest"}
    claims = {"iss": ISSUER, "aud": audience, "iat": issued, "exp": issued + TOKEN_SECONDS, "jti": str(uuid4())}
    said = ".".join(_base64(json.dumps(one).encode()) for one in (head, claims))
    r, s = decode_dss_signature(key.sign(said.encode(), ec.ECDSA(SHA384())))
    return f"{said}.{_base64(r.to_bytes(P384_BYTES) + s.to_bytes(P384_BYTES))}"


def _call(somebody: Somebody) -> dict[str, Any]:
    """order-select with two drafts: the CT of today once more, and the potassium that the laboratory has reported."""
    subject = {"reference": "Patient/p1"}
    drafts = [
        {
            "resourceType": "ServiceRequest",
            "id": reference.removeprefix("ServiceRequest/"),
            "status": "draft",
            "intent": "order",
            "code": {"coding": [{"system": system, "code": code}]},
            "subject": subject,
        }
        for reference, (system, code) in REFERENCES.items()
    ]
    visit = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    return {
        "hook": "order-select",
        "hookInstance": str(uuid4()),
        "context": {
            "userId": "PractitionerRole/selftest",
            "patientId": "p1",
            "encounterId": "e1",
            "selections": list(REFERENCES),
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": one} for one in drafts]},
        },
        "prefetch": {
            "patient": {
                "resourceType": "Patient",
                "id": "p1",
                "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": somebody.number}],
                "name": [{"text": somebody.name}],
                "gender": "female" if somebody.sex == "F" else "male",
                "birthDate": somebody.born,
            },
            "encounter": {"resourceType": "Encounter", "id": "e1", "class": visit, "subject": subject},
        },
    }


async def _ask(url: str, key: ec.EllipticCurvePrivateKey, somebody: Somebody) -> Sequence[Mapping[str, Any]]:
    """The cards that the hospital system hears."""
    headers = {"Authorization": f"Bearer {_token(key, url + SERVICE, datetime.now(UTC))}"}
    limit = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=limit) as session,
        session.post(url + SERVICE, json=_call(somebody), headers=headers) as answer,
    ):
        text = await answer.text()
    if answer.status != 200:
        raise Failed(f"the hospital system was answered {answer.status}: {text[:400]}")
    cards: Sequence[Mapping[str, Any]] = json.loads(text)["cards"]
    return cards


async def _compare(pool: Pool, cards: Sequence[Mapping[str, Any]]) -> None:
    """A card for each decision that is spoken of and silence for each that is not, as the ledger keeps them."""
    async with pool.connection() as connection:
        kept = await fetch_all(connection, queries["decisions"], {"issuer": ISSUER}, _Decision)
    if [one.order_reference for one in kept] != sorted(REFERENCES):
        raise Failed(f"decisions were kept of {[one.order_reference for one in kept]}")
    for one in kept:
        if one.results != 1:
            raise Failed(f"the decision on {one.order_reference} is about {one.results} results, not about the one")
        if one.card is None and not one.against:
            raise Failed(f"the silence on {one.order_reference} has no reason")
        if (one.verdict in SPOKEN) is not (one.card is not None):
            raise Failed(f"the decision on {one.order_reference} is {one.verdict} and its card is {one.card}")
    shown = sorted({one.card for one in kept if one.card is not None})
    heard = sorted(str(one["uuid"]) for one in cards)
    if shown != heard:
        raise Failed(f"the cards that were heard are {heard} and those kept {shown}")
    potassium = kept[-1]
    if potassium.verdict != Verdict.MUST_OFFER:
        raise Failed(f"the laboratory's result of today is {potassium.verdict}")
