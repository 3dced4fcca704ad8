"""A hospital system to try the service with, in a demo county alone: it signs, asks over HTTP and reads what comes.

It knows of this service what any foreign client does: an address, its own key, and the standard.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from telemed.cds.tokens import P384_BYTES, Jwk, Jwks
from telemed.errors import Unavailable

ISSUER = "https://his.longan.example"
KEY_ID = "sample-1"
SERVICE = "/cds-services/result-recognition"
#: Seconds a token lives (CDS Hooks recommends five minutes) and a doctor waits.
TOKEN_SECONDS = 300
PATIENCE = aiohttp.ClientTimeout(total=10.0)
#: Bytes of an answer; twenty cards have some hundred KB.
ANSWER_LIMIT = 4 << 20

ADMINISTRATIVE = {"M": "male", "F": "female", "O": "other"}
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
#: v3-ActCode of an encounter; a checkup is ambulatory there.
CLASSES = {"outpatient": "AMB", "inpatient": "IMP", "emergency": "EMER", "observation": "OBSENC", "checkup": "AMB"}
ENCOUNTER = "visit"


@dataclass(frozen=True, slots=True)
class Known:
    """The patient as the hospital has one: its own id, and the national number where there is one."""

    id: UUID
    name: str
    sex: str
    birth_date: date | None
    national_id: str | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as it went over the line.  answer: as JSON, None where there was no body."""

    status: int
    answer: Any


def create_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """The system's key, made on the first use (mode 0600)."""
    found = read_key(file)
    if found is not None:
        return found
    made = ec.generate_private_key(ec.SECP384R1())
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    fresh.replace(file)
    return made


def read_key(file: Path) -> ec.EllipticCurvePrivateKey | None:
    """The system's key; None where no demo county was brought in."""
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except FileNotFoundError:
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def public_keys(key: ec.EllipticCurvePrivateKey) -> Jwks:
    """What the county is given of it."""
    numbers = key.public_key().public_numbers()
    x, y = (_b64(one.to_bytes(P384_BYTES)) for one in (numbers.x, numbers.y))
    return Jwks([Jwk("EC", KEY_ID, "ES384", "sig", "P-384", x, y)])


def token(key: ec.EllipticCurvePrivateKey, audience: str, tenant: str, now: datetime, jti: str) -> str:
    """A JWT for one call to one address (CDS Hooks, ES384)."""
    issued = int(now.timestamp())
    head = {"alg": "ES384", "typ": "JWT", "kid": KEY_ID}
    claims = {
        "iss": ISSUER,
        "aud": audience,
        "iat": issued,
        "exp": issued + TOKEN_SECONDS,
        "jti": jti,
        "tenant": tenant,
    }
    signed = ".".join(_b64(json.dumps(part).encode()) for part in (head, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA384())))
    return f"{signed}.{_b64(r.to_bytes(P384_BYTES) + s.to_bytes(P384_BYTES))}"


def hook_call(
    hook: str,
    patient: Known,
    *,
    user: str,
    encounter_class: str,
    drafts: Sequence[Mapping[str, Any]],
    selections: Sequence[str],
    instance: UUID,
) -> dict[str, Any]:
    """The body of a call: who orders what for whom, with the two resources the discovery asks for."""
    person: dict[str, Any] = {
        "resourceType": "Patient",
        "id": str(patient.id),
        "name": [{"use": "official", "text": patient.name}],
        "gender": ADMINISTRATIVE.get(patient.sex, "unknown"),
    }
    if patient.birth_date is not None:
        person["birthDate"] = patient.birth_date.isoformat()
    if patient.national_id is not None:
        person["identifier"] = [{"system": "urn:oid:2.16.156.10011.1.3", "value": patient.national_id}]
    visit = {
        "resourceType": "Encounter",
        "id": ENCOUNTER,
        "status": "in-progress",
        "class": {"system": ACT_CODE, "code": CLASSES.get(encounter_class, "AMB")},
        "subject": {"reference": f"Patient/{patient.id}"},
    }
    context: dict[str, Any] = {"userId": user, "patientId": str(patient.id), "encounterId": ENCOUNTER}
    if hook not in {"patient-view", "order-start"}:
        entries = [{"resource": dict(one)} for one in drafts]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    if hook == "order-select":
        context["selections"] = list(selections)
    prefetch = {"patient": person, "encounter": visit}
    return {"hook": hook, "hookInstance": str(instance), "context": context, "prefetch": prefetch}


def without_number(call: Mapping[str, Any]) -> dict[str, Any]:
    """The call as a screen may show it: the last four places of the number alone."""
    shown: dict[str, Any] = json.loads(json.dumps(call))
    for one in shown["prefetch"]["patient"].get("identifier", []):
        one["value"] = f"…{one['value'][-4:]}"
    return shown


@dataclass(frozen=True)
class SampleSystem:
    """Calls the service over HTTP.

    address: where it is found.  public_url: as tokens name it.  authority: PEM of the county's CA, for HTTPS.
    """

    key: ec.EllipticCurvePrivateKey
    address: str
    public_url: str
    authority: Path | None = None

    async def post(self, path: str, body: Mapping[str, Any], tenant: str, now: datetime) -> Exchange:
        """Send one signed call.  Raises Unavailable where nobody answers."""
        said = token(self.key, f"{self.public_url}{path}", tenant, now, str(uuid4()))
        headers = {"Authorization": f"Bearer {said}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=PATIENCE) as session,
                session.post(
                    f"{self.address}{path}", json=body, headers=headers, ssl=self._tls(), allow_redirects=False
                ) as answer,
            ):
                raw = await answer.content.read(ANSWER_LIMIT)
                while more := await answer.content.read(ANSWER_LIMIT - len(raw)):
                    raw += more
                return Exchange(answer.status, json.loads(raw) if raw else None)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unavailable(
                "service-not-reached",
                "演示医院系统未能连通互认服务，不影响开单。",
                f"The sample hospital system did not reach the service ({type(error).__name__}); ordering goes on.",
            ) from error

    def _tls(self) -> ssl.SSLContext | bool:
        if not self.address.startswith("https:") or self.authority is None or not self.authority.exists():
            return True
        return ssl.create_default_context(cafile=str(self.authority))


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
