"""What someone with a seal's key, or a fault of this program, could make, and CAs beside the county's."""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from telemed.certificates import certify_document_key
from telemed.consultation.opinion.document import opinion_bytes
from telemed.consultation.opinion.keys import EvidenceKey
from telemed.consultation.opinion.reasons import Reason
from telemed.consultation.opinion.sealing import Said, sealed_pdf
from telemed.consultation.opinion.spelling import at
from telemed.consultation.opinion.verifying import Refused, verify
from tests.integration.consultation.conftest import Sealed
from tests.unit.consultation.opinion.opinions import (
    OPINION,
    SIGNED_AT,
    County,
    evidence_for,
)

PEM = serialization.Encoding.PEM


def parts(sealed: Sealed) -> dict[str, bytes]:
    return {
        "opinion.json": opinion_bytes(OPINION),
        "evidence.json": sealed.opinion.evidence,
        "evidence.sig": sealed.opinion.evidence_signature,
        "evidence-certificate.pem": sealed.keys.evidence.certificate.public_bytes(PEM),
    }


def resealed(sealed: Sealed, attached: dict[str, bytes], **changes: object) -> bytes:
    """What someone with the seal's key, or a fault of this program, could make."""
    said = Said.of(evidence_for(OPINION))
    facts = {"paper": sealed.paper, "seal": sealed.keys.seal, "said": said, "signed_at": at(SIGNED_AT)} | changes
    return sealed_pdf(facts["paper"], attached, facts["seal"], facts["said"], facts["signed_at"])


def reason(content: bytes, sealed: Sealed) -> Reason | None:
    found = verify(content, sealed.authorities)
    return found.reason if isinstance(found, Refused) else None


def authority_of(county: County) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    folder = county.authority.parent
    certificate = x509.load_pem_x509_certificate(county.authority.read_bytes())
    key = serialization.load_pem_private_key((folder / "county-ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return certificate, key


def certified(county: County, key: EvidenceKey, *, now: datetime, days: int) -> x509.Certificate:
    subject, public = key.certificate.subject, key.certificate.public_key()
    return certify_document_key(county.authority.parent, county.name, subject, public, now=now, days=days)[0]


def self_made(name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP384R1())
    return issued(None, key, key, name, None), key


def issued(
    authority: x509.Certificate | None,
    authority_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    name: str,
    purpose: x509.ObjectIdentifier | None,
) -> x509.Certificate:
    """A certificate; without a purpose that of an authority."""
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.subject if authority else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=purpose is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=purpose is not None,
                content_commitment=purpose is not None,
                key_cert_sign=purpose is None,
                crl_sign=purpose is None,
                **usage,
            ),
            critical=True,
        )
    )
    if purpose is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    return made.sign(authority_key, hashes.SHA256())
