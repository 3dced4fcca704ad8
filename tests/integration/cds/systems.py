"""A hospital system with real keys: it signs its own tokens and speaks CDS Hooks over HTTP."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import msgspec
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

from telemed.cds.tokens import Jwk, Jwks

SERVICE = "/cds-services/result-recognition"
PUBLIC_URL = "http://127.0.0.1:8080"
Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public(private: Private, kid: str) -> Jwk:
    """The public half as a JWK."""
    numbers = private.public_key().public_numbers()
    if isinstance(numbers, ec.EllipticCurvePublicNumbers):
        return Jwk("EC", kid, crv="P-384", x=b64(numbers.x.to_bytes(48)), y=b64(numbers.y.to_bytes(48)))
    return Jwk("RSA", kid, n=b64(numbers.n.to_bytes(256)), e=b64(numbers.e.to_bytes(3)))


def signature(private: Private, signed: bytes) -> bytes:
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(signed, padding.PKCS1v15(), SHA384())
    r, s = decode_dss_signature(private.sign(signed, ec.ECDSA(SHA384())))
    return r.to_bytes(48) + s.to_bytes(48)


@dataclass
class System:
    """One hospital system.  now: its clock; token(): good unless told otherwise."""

    issuer: str
    private: Private
    now: datetime
    kid: str = "k1"
    numbers: Any = field(default_factory=lambda: count(1))

    @property
    def keys(self) -> Jwks:
        return Jwks([public(self.private, self.kid)])

    @property
    def algorithm(self) -> str:
        return "RS384" if isinstance(self.private, rsa.RSAPrivateKey) else "ES384"

    def token(self, path: str = SERVICE, *, header: Any = None, claims: Any = None, sign: Any = None) -> str:
        seconds = int(self.now.timestamp())
        head = {"alg": self.algorithm, "typ": "JWT", "kid": self.kid, **(header or {})}
        body = {
            "iss": self.issuer,
            "aud": f"{PUBLIC_URL}{path}",
            "iat": seconds,
            "exp": seconds + 300,
            "jti": f"{self.issuer}/{next(self.numbers)}",
            **(claims or {}),
        }
        said = ".".join(b64(json.dumps(one).encode()) for one in (head, body))
        made = sign(said.encode()) if sign is not None else signature(self.private, said.encode())
        return f"{said}.{b64(made)}"


@dataclass
class Line:
    """A connection of one system to the county's server."""

    server: TestServer
    session: ClientSession
    system: System

    async def send(self, method: str, path: str, body: Any = None, *, token: str | None = None, headers: Any = None):
        """The status, the headers and the body of an answer; token '' sends none."""
        bearer = self.system.token(path.partition("?")[0]) if token is None else token
        said = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        raw = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        async with self.session.request(
            method,
            self.server.make_url(path),
            data=None if raw is None else io.BytesIO(raw),
            headers={"Content-Type": "application/json", **said, **(headers or {})},
        ) as answer:
            return answer.status, answer.headers, await answer.read()

    async def call(self, body: Any, **options: Any) -> tuple[int, Any]:
        """Call the service; the answer as JSON."""
        status, _, raw = await self.send("POST", SERVICE, body, **options)
        return status, json.loads(raw) if raw else None

    async def feedback(self, *entries: Any, **options: Any) -> int:
        status, _, _ = await self.send("POST", f"{SERVICE}/feedback", {"feedback": list(entries)}, **options)
        return status
