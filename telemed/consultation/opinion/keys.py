"""The keys an institution's opinions are signed with, and who else may sign in their place.

Two a institution, each certified by the county's CA for signing documents: an ECDSA P-256 key that seals the paper
(电子印章), and an Ed25519 key that signs the evidence.  Files below the given folder:
<institution id>/<purpose>-<number>.json (0600): certificate, CA and encrypted private key in one, so that a crash
never leaves half a pair.  The highest number is in use.  A key that was followed by another keeps its certificate
and loses its private half.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from uuid import UUID

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from telemed.access.codes import SecretBox
from telemed.certificates import alone, certify_document_key, write_durably

DAYS = 3 * 365
RENEW_DAYS = 30
#: What the county's seal signs by, and this program verifies.
COUNTY_MECHANISM = "sha256_ecdsa"
LONGEST_NAME = 64  # X.520 upper bound of a common name and of an organisation's


class Purpose(StrEnum):
    SEAL = "seal"
    EVIDENCE = "evidence"


class Seal(Protocol):
    """What signs a paper in the name of an institution: the county's key, an external CA's service, an SM2 device.

    `sign` is called in a worker thread and may take as long as a device or a service takes.
    """

    @property
    def certificate(self) -> x509.Certificate: ...

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """What leads from the certificate to an authority that third parties know, its own last."""
        ...

    @property
    def mechanism(self) -> str:
        """The signature algorithm as asn1crypto names it: `sha256_ecdsa`, an SM2 signer's object identifier."""
        ...

    @property
    def digest(self) -> str:
        """The digest the document is hashed by: `sha256`."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature over a message, hashed by this very signer, as CMS carries it (ECDSA: DER of r and s)."""
        ...


@dataclass(frozen=True, slots=True)
class Institution:
    """Whose opinions are signed: the invited institution."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class CountySeal:
    """A seal that the county's own CA has certified."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: ec.EllipticCurvePrivateKey
    mechanism: str = COUNTY_MECHANISM
    digest: str = "sha256"

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True, slots=True)
class EvidenceKey:
    """Signs evidence; the certificate goes with every signature."""

    certificate: x509.Certificate
    authority: x509.Certificate
    key: ed25519.Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


@dataclass(frozen=True, slots=True)
class OpinionKeys:
    seal: Seal
    evidence: EvidenceKey


class KeyLost(Exception):
    """A private key cannot be decrypted: the key of the state folder is another.  Nothing was written."""


class _Stored(msgspec.Struct, frozen=True):
    """A file of one key.  private: encrypted PKCS 8; None once another key followed."""

    certificate: str
    authority: str
    private: bytes | None


@dataclass(frozen=True, slots=True)
class KeyStore:
    """Where the keys are.  folder: below the state folder.  authority: of the county CA.  box: the county's secrets."""

    folder: Path
    authority: Path
    county: str
    box: SecretBox

    def keys(self, institution: Institution, now: datetime) -> OpinionKeys:
        """The keys in use; made where there are none, followed by new ones RENEW_DAYS before they end.

        now: aware.  Blocks on the disk: call it in a worker thread.  Raises KeyLost.
        """
        folder = self.folder / str(institution.id)
        for made in (self.folder, folder):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(folder):
            sealing, stored = self._current(folder, institution, Purpose.SEAL, now)
            proving, of_evidence = self._current(folder, institution, Purpose.EVIDENCE, now)
        if not isinstance(sealing, ec.EllipticCurvePrivateKey) or not isinstance(proving, ed25519.Ed25519PrivateKey):
            raise TypeError(f"{folder}: 密钥种类不符 / a key of another kind")
        seal = CountySeal(_certificate(stored.certificate), (_certificate(stored.authority),), sealing)
        proof = EvidenceKey(_certificate(of_evidence.certificate), _certificate(of_evidence.authority), proving)
        return OpinionKeys(seal, proof)

    def certificates(self, institution: Institution, purpose: Purpose) -> tuple[x509.Certificate, ...]:
        """Every certificate that this institution's opinions were ever signed by, oldest first."""
        found = _numbered(self.folder / str(institution.id), purpose)
        return tuple(_certificate(_stored(path).certificate) for _, path in found)

    def _current(
        self, folder: Path, institution: Institution, purpose: Purpose, now: datetime
    ) -> tuple[object, _Stored]:
        found = _numbered(folder, purpose)
        if found:
            stored = _stored(found[-1][1])
            if stored.private is not None and self._good(stored, _subject(institution, purpose), now):
                _retire(found[:-1])
                return self._opened(stored, found[-1][1]), stored
        number = found[-1][0] + 1 if found else 1
        key = (
            ec.generate_private_key(ec.SECP256R1()) if purpose is Purpose.SEAL else ed25519.Ed25519PrivateKey.generate()
        )
        certificate, authority = certify_document_key(
            self.authority, self.county, _subject(institution, purpose), key.public_key(), now=now, days=DAYS
        )
        stored = _Stored(_pem(certificate), _pem(authority), self.box.seal(_pkcs8(key), _bound_to(certificate)))
        write_durably(folder / f"{purpose}-{number}.json", msgspec.json.encode(stored), 0o600)
        _retire(found)
        return key, stored

    def _good(self, stored: _Stored, subject: x509.Name, now: datetime) -> bool:
        """Whether a key may be used for a while yet, in this name, and its CA is still the county's."""
        certificate = _certificate(stored.certificate)
        public = self.authority / "county-ca.pem"
        if not public.exists() or certificate.subject != subject:
            return False
        try:
            certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(public.read_bytes()))
        except (ValueError, TypeError, InvalidSignature):  # another CA's
            return False
        return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - timedelta(days=RENEW_DAYS)

    def _opened(self, stored: _Stored, path: Path) -> object:
        certificate = _certificate(stored.certificate)
        try:
            text = self.box.open(stored.private or b"", _bound_to(certificate))
        except InvalidTag:
            raise KeyLost(
                f"{path}：私钥无法解密，状态目录的密钥文件已更换；请从备份恢复，或移走该文件以换用新密钥 / "
                "the private key does not open, the key file of the state folder is another: restore it from the "
                "backup, or move this file away to have a new key"
            ) from None
        key = serialization.load_pem_private_key(text.encode(), None)
        if key.public_key() != certificate.public_key():
            raise TypeError(f"{path}: 私钥与证书不符 / the private key is not the certificate's")
        return key


def organisation(name: str) -> str:
    """An institution's name as its certificates spell it."""
    return name[:LONGEST_NAME]


def _subject(institution: Institution, purpose: Purpose) -> x509.Name:
    """The common name says what the key is; two institutions of one name differ by their id."""
    suffix = " 电子印章" if purpose is Purpose.SEAL else " 会诊证据"
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation(institution.name)),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, str(institution.id)),
            x509.NameAttribute(NameOID.COMMON_NAME, institution.name[: LONGEST_NAME - len(suffix)] + suffix),
        ]
    )


def _bound_to(certificate: x509.Certificate) -> UUID:
    """A private key opens beside its own certificate alone."""
    der = certificate.public_bytes(serialization.Encoding.DER)
    return UUID(bytes=hashlib.sha256(der).digest()[:16])


def _numbered(folder: Path, purpose: Purpose) -> list[tuple[int, Path]]:
    return sorted((int(path.stem.rpartition("-")[2]), path) for path in folder.glob(f"{purpose}-*.json"))


def _retire(found: list[tuple[int, Path]]) -> None:
    """Take the private half of keys that were followed; a crash before is made good at the next use."""
    for _, path in found:
        stored = _stored(path)
        if stored.private is not None:
            write_durably(path, msgspec.json.encode(msgspec.structs.replace(stored, private=None)), 0o600)


def _stored(path: Path) -> _Stored:
    return msgspec.json.decode(path.read_bytes(), type=_Stored)


def _certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _pkcs8(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
