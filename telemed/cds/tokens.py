"""JSON Web Tokens of CDS clients: the compact form taken apart, and the order in which it is judged. Pure.

Only what CDS Hooks asks for: ES384 and RS384 (RFC 7518 3.3, 3.4); `none` and every HMAC are strangers here, because
the algorithm is looked up in a table of two.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

#: Characters of a whole token; those of the sandbox and of large vendors have below 2,000.
TOKEN_LIMIT = 8192
#: Seconds that two clocks may differ (standards D5: 60-120).
LEEWAY = 120
#: Seconds from iat to exp; CDS Hooks recommends five minutes, and a `jti` is remembered as long.
LONGEST_LIFE = 3600
#: RFC 7518 3.3 and NIST SP 800-131A.
SMALLEST_RSA = 2048
P384_BYTES = 48

SEGMENT = re.compile(r"[A-Za-z0-9_-]+")

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class Ground(StrEnum):
    """Why a token was refused: for the audit alone, the caller hears 401 and nothing else."""

    NO_TOKEN = "no-token"  # noqa: S105 -- a ground, no secret
    MALFORMED = "jwt-malformed"
    ISSUER = "jwt-issuer-unknown"
    AUDIENCE = "jwt-audience"
    TIME = "jwt-time"
    TENANT = "jwt-tenant"
    ALGORITHM = "jwt-algorithm"
    KEY = "jwt-key-unknown"
    SIGNATURE = "jwt-signature"
    REPLAYED = "jwt-replayed"
    ORIGIN = "origin-not-registered"


class Header(msgspec.Struct, frozen=True):
    """RFC 7515 4.  crit: extensions that must be understood; none is."""

    alg: str
    kid: Annotated[str, msgspec.Meta(min_length=1, max_length=256)] | None = None
    typ: str | None = None
    jku: Annotated[str, msgspec.Meta(max_length=2048)] | None = None
    crit: list[str] | None = None


class Claims(msgspec.Struct, frozen=True):
    """RFC 7519 4.1; exp and iat in seconds since 1970 UTC."""

    iss: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    aud: str | list[str]
    exp: int | float
    iat: int | float
    jti: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    tenant: Annotated[str, msgspec.Meta(max_length=512)] | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart.  signed: the bytes under the signature.  It has no text form that could be logged."""

    header: Header
    claims: Claims
    signed: bytes
    signature: bytes

    def __repr__(self) -> str:
        return "Token(…)"


def bearer(authorization: str | None) -> str | None:
    """The token of an Authorization header; the scheme's name has no case (RFC 9110 11.1)."""
    scheme, _, value = (authorization or "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" and value.strip() else None


def parse(text: str) -> Token | Ground:
    """Take a compact JWS (RFC 7515 7.1) apart, believing nothing of it."""
    if len(text) > TOKEN_LIMIT:
        return Ground.MALFORMED
    parts = text.split(".")
    if len(parts) != 3:
        return Ground.MALFORMED
    try:
        header = msgspec.json.decode(_decoded(parts[0]), type=Header)
        claims = msgspec.json.decode(_decoded(parts[1]), type=Claims)
        signature = _decoded(parts[2])
    except (msgspec.DecodeError, binascii.Error, ValueError, RecursionError):
        return Ground.MALFORMED
    if "\0" in claims.iss + claims.jti + (claims.tenant or ""):
        return Ground.MALFORMED
    return Token(header, claims, f"{parts[0]}.{parts[1]}".encode("ascii"), signature)


def addressed(claims: Claims, endpoint: str) -> bool:
    """Whether the token was made for exactly this endpoint; a path more or less is another endpoint."""
    return endpoint == claims.aud if isinstance(claims.aud, str) else endpoint in claims.aud


def in_time(claims: Claims, now: datetime) -> bool:
    """Whether the token is neither from the future, nor over, nor made to last too long."""
    moment = now.timestamp()
    return (
        claims.iat <= moment + LEEWAY and moment < claims.exp + LEEWAY and 0 < claims.exp - claims.iat <= LONGEST_LIFE
    )


def acceptable(header: Header, key_address: str) -> bool:
    """Whether the header asks for nothing but what is registered: two algorithms, and no key of its own choice."""
    return (
        header.alg in VERIFIERS
        and header.crit is None
        and (header.typ or "").upper() == "JWT"
        and header.jku in {None, key_address or None}
    )


def fits(key: PublicKey) -> bool:
    """Whether a key is of a kind and strength that one of the two algorithms takes."""
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= SMALLEST_RSA
    return isinstance(key.curve, ec.SECP384R1)


def genuine(token: Token, key: PublicKey) -> bool:
    """Whether the signature was made by the holder of this key, by the algorithm the header names."""
    return VERIFIERS[token.header.alg](key, token.signature, token.signed)


def _es384(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    """ECDSA P-384 SHA-384 with r and s side by side (RFC 7518 3.4)."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or not fits(key):
        return False
    if len(signature) != 2 * P384_BYTES:
        return False
    r, s = (int.from_bytes(half) for half in (signature[:P384_BYTES], signature[P384_BYTES:]))
    try:
        key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA384()))
    except InvalidSignature:
        return False
    return True


def _rs384(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 SHA-384 (RFC 7518 3.3)."""
    if not isinstance(key, rsa.RSAPublicKey) or not fits(key):
        return False
    try:
        key.verify(signature, signed, padding.PKCS1v15(), SHA384())
    except InvalidSignature:
        return False
    return True


VERIFIERS = {"ES384": _es384, "RS384": _rs384}


class Jwk(msgspec.Struct, frozen=True):
    """One public key (RFC 7517 4); private members are not read."""

    kty: str
    kid: str | None = None
    alg: str | None = None
    use: str | None = None
    crv: str | None = None
    x: str | None = None
    y: str | None = None
    n: str | None = None
    e: str | None = None


class Jwks(msgspec.Struct, frozen=True):
    keys: Annotated[list[Jwk], msgspec.Meta(max_length=50)]


#: Bytes of a client's key set.
JWKS_LIMIT = 64 * 1024


def key_set(raw: bytes) -> Jwks | None:
    """Read a key set; None for what is none."""
    if len(raw) > JWKS_LIMIT:
        return None
    try:
        return msgspec.json.decode(raw, type=Jwks)
    except (msgspec.DecodeError, RecursionError):
        return None


def find_key(keys: Jwks, header: Header) -> PublicKey | None:
    """The registered key a header names: by kid; without one only when exactly one key fits the algorithm."""
    wanted: Literal["EC", "RSA"] = "EC" if header.alg == "ES384" else "RSA"
    fitting = [
        one for one in keys.keys if one.kty == wanted and one.alg in {None, header.alg} and one.use in {None, "sig"}
    ]
    named = [one for one in fitting if one.kid == header.kid] if header.kid is not None else fitting
    return public_key(named[0]) if len(named) == 1 else None


def public_key(one: Jwk) -> PublicKey | None:
    """The key itself; None when its numbers are none, or no point of the curve."""
    try:
        if one.kty == "EC" and one.crv == "P-384" and one.x and one.y:
            return ec.EllipticCurvePublicNumbers(_number(one.x), _number(one.y), ec.SECP384R1()).public_key()
        if one.kty == "RSA" and one.n and one.e:
            return rsa.RSAPublicNumbers(_number(one.e), _number(one.n)).public_key()
    except (ValueError, binascii.Error):
        return None
    return None


def _decoded(segment: str) -> bytes:
    """base64url without padding (RFC 7515 2)."""
    if not SEGMENT.fullmatch(segment):
        raise ValueError("not base64url")
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def _number(segment: str) -> int:
    return int.from_bytes(_decoded(segment))
