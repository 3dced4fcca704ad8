"""The signature in the bytes of a sealed opinion, before anything of the file is believed or parsed as PDF.  Pure.

A signature covers the file but for the place it stands in itself.  Here that place, too, may hold one spelling alone:
what a PDF viewer would let pass there (another case of a digit, padding, a spare certificate) is a change.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from dataclasses import dataclass
from typing import Any

from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.utils import CryptographyDeprecationWarning

from telemed.consultation.opinion.reasons import Reason

MOST_BYTES = 32 << 20
MOST_CERTIFICATES = 6
_RANGE = re.compile(rb"/ByteRange\s*\[\s*0\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")
# asn1crypto says nothing of its types
_CMS: Any = cms
_ALGORITHMS: Any = algos
_CERTIFICATE: Any = asn1_x509.Certificate
#: What asn1crypto and cryptography raise for bytes that are no container of certificates and signatures.
_NO_SUCH_STRUCTURE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    CryptographyDeprecationWarning,
)
#: ETSI EN 319 142-1, section 5.3: what a PAdES-B-B signature signs beside the document's digest.
_ATTRIBUTES = {"content_type", "message_digest", "signing_certificate_v2"}


@dataclass(frozen=True, slots=True)
class Container:
    """A signature whose key has signed these very bytes; whether that key may is not said yet."""

    signer: x509.Certificate
    #: What came with it, the signer's own left out.
    others: tuple[x509.Certificate, ...]


def opened(content: bytes) -> Container | Reason:
    """The one signature of a file that covers all of it, or why there is none."""
    if not content.startswith(b"%PDF-") or len(content) > MOST_BYTES:
        return Reason.UNREADABLE
    found = _RANGE.findall(content)
    if len(found) != 1:
        return Reason.SEVERAL_SIGNATURES if found else Reason.UNSIGNED
    hole_start, hole_end, rest = (int(number) for number in found[0])
    if hole_end + rest < len(content):
        return Reason.APPENDED
    if hole_end + rest > len(content) or not 0 < hole_start < hole_end - 2:
        return Reason.ALTERED
    der = _unfolded(content[hole_start:hole_end])
    if der is None:
        return Reason.ALTERED
    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)  # a certificate that RFC 5280 does not allow
        try:
            return _signed(der, hashlib.sha256(content[:hole_start] + content[hole_end:]).digest())
        except _NO_SUCH_STRUCTURE:
            return Reason.ALTERED


def _unfolded(hole: bytes) -> bytes | None:
    """The DER in `<HEX00…>`: upper case, zeros behind it, nothing else."""
    if hole[:1] != b"<" or hole[-1:] != b">" or re.fullmatch(rb"(?:[0-9A-F]{2})+", hole[1:-1]) is None:
        return None
    padded = bytes.fromhex(hole[1:-1].decode("ascii"))
    length = _der_length(padded)
    if length is None or length > len(padded) or padded[length:].strip(b"\0"):
        return None
    return padded[:length]


def _der_length(content: bytes) -> int | None:
    """How long the DER sequence is that stands first."""
    if len(content) < 2 or content[0] != 0x30:
        return None
    if content[1] < 0x80:
        return 2 + content[1]
    octets = content[1] & 0x7F
    return 2 + octets + int.from_bytes(content[2 : 2 + octets], "big") if 1 <= octets <= 4 else None


def _signed(der: bytes, document: bytes) -> Container | Reason:
    said: Any = _CMS.ContentInfo.load(der, strict=True)["content"]
    if len(said["signer_infos"]) != 1 or len(said["certificates"]) > MOST_CERTIFICATES:
        return Reason.ALTERED
    info = said["signer_infos"][0]
    attributes = {one["type"].native: one["values"] for one in info["signed_attrs"]}
    if set(attributes) != _ATTRIBUTES or len(info["signed_attrs"]) != len(_ATTRIBUTES):
        return Reason.ALTERED
    certificates = [x509.load_der_x509_certificate(one.chosen.dump()) for one in said["certificates"]]
    named = attributes["signing_certificate_v2"][0]["certs"][0]["cert_hash"].native
    signers = [one for one in certificates if one.fingerprint(hashes.SHA256()) == named]
    if len(signers) != 1:
        return Reason.ALTERED
    signer = signers[0]
    if der != _rebuilt(signer, certificates, info["signed_attrs"], info["signature"].native):
        return Reason.ALTERED
    if attributes["message_digest"][0].native != document:
        return Reason.ALTERED
    key = signer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        return Reason.UNKNOWN_ALGORITHM
    try:
        # RFC 5652 section 5.4: the attributes are signed as a SET, whatever tag they have in place
        key.verify(info["signature"].native, info["signed_attrs"].untag().dump(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return Reason.ALTERED
    return Container(signer, tuple(one for one in certificates if one is not signer))


def _rebuilt(
    signer: x509.Certificate, certificates: list[x509.Certificate], signed_attrs: Any, signature: bytes
) -> bytes:
    """The container as it is written from what the signature vouches for: nothing else may differ."""
    as_asn1 = [_CERTIFICATE.load(one.public_bytes(serialization.Encoding.DER)) for one in [signer, *certificates]]
    digest = _ALGORITHMS.DigestAlgorithm({"algorithm": "sha256"})
    info = {
        "version": "v1",
        "sid": _CMS.SignerIdentifier(
            {
                "issuer_and_serial_number": _CMS.IssuerAndSerialNumber(
                    {"issuer": as_asn1[0].issuer, "serial_number": as_asn1[0].serial_number}
                )
            }
        ),
        "digest_algorithm": digest,
        "signature_algorithm": _ALGORITHMS.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        "signed_attrs": signed_attrs.untag(),
        "signature": signature,
    }
    content = {
        "version": "v1",
        "digest_algorithms": _CMS.DigestAlgorithms((digest,)),
        "encap_content_info": {"content_type": "data"},
        "certificates": [_CMS.CertificateChoices(name="certificate", value=one) for one in as_asn1[1:]],
        "signer_infos": [info],
    }
    return _CMS.ContentInfo({"content_type": "signed_data", "content": _CMS.SignedData(content)}).dump()
