"""The county's own certificate authority, the certificate of the web server, and those of keys that sign documents.

Files below the given folder: county-ca.pem (public, handed to every PC), county-ca.key (0600),
server.pem (0600: private key, certificate and CA in one file, so that a crash never leaves a pair that does not match).
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

CA_DAYS = 20 * 365  # outlives the PCs it is installed on
SERVER_DAYS = 397  # the longest that browsers have taken from any authority since 2020
RENEW_DAYS = 30
CLOCK_SLACK = timedelta(days=1)  # PCs of township hospitals are often hours off

#: RFC 9336: a key that signs documents.
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")

Key = ec.EllipticCurvePrivateKey
SigningKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """Where the server's certificate and key are, and what people need to trust them."""

    pem: Path
    authority: Path
    fingerprint: str
    renewed: bool


def ensure_server_certificate(folder: Path, county: str, names: tuple[str, ...], now: datetime) -> ServerCertificate:
    """Return a certificate for these names that is good for RENEW_DAYS at least; make CA and certificate if needed.

    names: DNS names and IP addresses; the first is the common name.  now: aware.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, authority_key = _ensure_authority(folder, county, now)
    pem = folder / "server.pem"
    renewed = not (pem.exists() and _still_good(pem, authority, names, now))
    if renewed:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _issue(authority, authority_key, key, names, now)
        write_durably(pem, _key_pem(key) + _pem(certificate) + _pem(authority), 0o600)
    return ServerCertificate(pem, folder / "county-ca.pem", fingerprint(authority), renewed)


def certify_document_key(
    folder: Path, county: str, subject: x509.Name, key: SigningKey, *, now: datetime, days: int
) -> tuple[x509.Certificate, x509.Certificate]:
    """Return the county CA's certificate for a key that signs documents, and the CA's own; make the CA if needed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, authority_key = _ensure_authority(folder, county, now)
    end = min(now + timedelta(days=days), authority.not_valid_after_utc)
    certificate = (
        _described(authority, subject, key, now - CLOCK_SLACK, end)
        .add_extension(_key_usage(authority=False, commitment=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
        .sign(authority_key, hashes.SHA384())
    )
    return certificate, authority


def fingerprint(certificate: x509.Certificate) -> str:
    """Return SHA-256 as people read it aloud: pairs of hexadecimal digits."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """One process at a time in this folder: two that start together make one CA."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _ensure_authority(folder: Path, county: str, now: datetime) -> tuple[x509.Certificate, Key]:
    with alone(folder):
        return _authority(folder, county, now)


def _authority(folder: Path, county: str, now: datetime) -> tuple[x509.Certificate, Key]:
    public, private = folder / "county-ca.pem", folder / "county-ca.key"
    if public.exists():
        key = serialization.load_pem_private_key(private.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{private} 不是椭圆曲线私钥 / holds no elliptic-curve key")
        return x509.load_pem_x509_certificate(public.read_bytes()), key
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, county),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{county} CA"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA384())
    )
    write_durably(private, _key_pem(key), 0o600)  # first: a CA exists once its public half does
    write_durably(public, _pem(certificate), 0o644)
    return certificate, key


def _issue(
    authority: x509.Certificate, authority_key: Key, key: Key, names: tuple[str, ...], now: datetime
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    end = now + timedelta(days=SERVER_DAYS) - CLOCK_SLACK
    return (
        _described(authority, subject, key.public_key(), now - CLOCK_SLACK, end)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .sign(authority_key, hashes.SHA384())
    )


def _described(
    authority: x509.Certificate, subject: x509.Name, key: SigningKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    """What every certificate of the CA says of itself; what its key is for is added."""
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _still_good(pem: Path, authority: x509.Certificate, names: tuple[str, ...], now: datetime) -> bool:
    certificate = x509.load_pem_x509_certificates(pem.read_bytes())[0]
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):  # another CA's, or not signed by this key
        return False
    said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return list(said) == [
        _general_name(name) for name in names
    ] and certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - timedelta(days=RENEW_DAYS)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode("ascii"))


def _key_usage(*, authority: bool, commitment: bool = False) -> x509.KeyUsage:
    """commitment: what X.509 once called non-repudiation."""
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write_durably(path: Path, content: bytes, mode: int) -> None:
    """Replace a file in one step that survives a power cut; where it cannot be written nothing is left of it."""
    arriving = path.with_name(f"{path.name}.new")
    descriptor = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as output:
            os.fchmod(descriptor, mode)  # whatever the umask: every PC may read the public certificate
            output.write(content)
            output.flush()
            os.fsync(output.fileno())
        arriving.rename(path)
    except OSError:
        # a disk that is full would stay fuller by the half of a file
        arriving.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
