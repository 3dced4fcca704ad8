"""Verify a sealed opinion with nothing but the file and the certificate of a CA that the reader trusts.

First the bytes (container.py), then the CA's word for the seal, then the PDF, then what is attached to it: a parser of
PDF meets only what a key of a certified seal has signed.  No clock: certificates are judged at the signing time, which
the sealing system states.  No network: what the file does not prove is not asked elsewhere.
"""

from __future__ import annotations

import asyncio
import io
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from telemed.certificates import DOCUMENT_SIGNING
from telemed.consultation.opinion.container import Container, opened
from telemed.consultation.opinion.document import KEYWORD, Opinion, disagreement, read_opinion
from telemed.consultation.opinion.evidence import Evidence, digest, read_evidence
from telemed.consultation.opinion.keys import organisation
from telemed.consultation.opinion.printed import NO_CHARACTER, pages
from telemed.consultation.opinion.reasons import Reason
from telemed.consultation.opinion.spelling import Malformed, at

NAMES = frozenset({"opinion.json", "evidence.json", "evidence.sig", "evidence-certificate.pem"})
# what it warns of is decided here, and it would name what stands in somebody's file
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

MOST_STEPS = 4  # certificates between the seal's and the CA's


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that proves nothing.  detail: for who looks into it, in English; never of the patient."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a file proves, and by whose word."""

    opinion: Opinion
    evidence: Evidence
    evidence_sha256: str
    seal: x509.Certificate
    evidence_certificate: x509.Certificate
    authority: x509.Certificate


def verify(content: bytes, authorities: tuple[x509.Certificate, ...]) -> Verified | Refused:
    """Judge a file.  authorities: certificates of CAs, from another hand than the file.

    Blocks for tenths of a second and runs a loop of its own: call it in a worker thread.
    """
    container = opened(content)
    if isinstance(container, Reason):
        return Refused(container)
    path = _path(container, authorities)
    if isinstance(path, Reason):
        return Refused(path)
    try:
        return _judged(PdfFileReader(io.BytesIO(content)), path, authorities)
    except (PdfError, SignatureValidationError, SigningError, ValueError, KeyError, TypeError, IndexError) as error:
        # the bytes are those a seal signed: this is a file nobody here made
        return Refused(Reason.NOT_PADES, type(error).__name__)


def _judged(
    reader: Any, path: tuple[x509.Certificate, ...], authorities: tuple[x509.Certificate, ...]
) -> Verified | Refused:
    """path: from the seal to its authority."""
    signatures = reader.embedded_signatures
    if len(signatures) != 1:
        return Refused(Reason.NOT_PADES, f"{len(signatures)} signatures")
    signature = signatures[0]
    signed_at: datetime | None = signature.self_reported_timestamp
    if signed_at is None or signed_at.tzinfo is None:
        return Refused(Reason.NO_SIGNING_TIME)
    if not all(_valid(one, signed_at) for one in path):
        return Refused(Reason.NOT_VALID_THEN)
    refusal = _pades(signature, path, signed_at)
    if refusal is not None:
        return refusal
    attached = _attachments(reader)
    if isinstance(attached, Refused):
        return attached
    keywords = str(reader.trailer["/Info"].get("/Keywords", ""))
    name = str(signature.sig_object.get("/Name", ""))
    return _proved(attached, Paper(path[0], path[-1], signed_at, keywords, name, pages(reader)), authorities)


@dataclass(frozen=True, slots=True)
class Paper:
    """What the sealed file says of itself, outside of what is attached to it."""

    seal: x509.Certificate
    authority: x509.Certificate
    signed_at: datetime
    keywords: str
    name: str
    pages: list[str]


def _proved(attached: dict[str, bytes], paper: Paper, authorities: tuple[x509.Certificate, ...]) -> Verified | Refused:
    proof = attached["evidence.json"]
    certificate = _evidence_certificate(attached["evidence-certificate.pem"], paper.signed_at, authorities)
    if isinstance(certificate, Refused):
        return certificate
    key = certificate.public_key()
    if not isinstance(key, ed25519.Ed25519PublicKey):
        return Refused(Reason.EVIDENCE_CERTIFICATE, "no Ed25519 key")
    try:
        key.verify(attached["evidence.sig"], proof)
    except InvalidSignature:
        return Refused(Reason.EVIDENCE_ALTERED)
    evidence, opinion = read_evidence(proof), read_opinion(attached["opinion.json"])
    if isinstance(evidence, Malformed):
        return Refused(Reason.EVIDENCE_MALFORMED)
    if isinstance(opinion, Malformed):
        return Refused(Reason.OPINION_MALFORMED)
    refusal = _otherwise(paper, certificate, opinion, evidence, digest(proof))
    if refusal is not None:
        return refusal
    return Verified(opinion, evidence, digest(proof), paper.seal, certificate, paper.authority)


def _otherwise(
    paper: Paper, certificate: x509.Certificate, opinion: Opinion, evidence: Evidence, evidence_sha256: str
) -> Refused | None:
    """What paper, text and evidence, each genuine, say otherwise than one another."""
    differs = disagreement(opinion, evidence)
    if differs is not None:
        return Refused(Reason.OPINION_OF_ANOTHER, differs)
    if paper.keywords != KEYWORD + evidence_sha256:
        return Refused(Reason.PAGE_OF_ANOTHER, "properties")
    for number, page in enumerate(paper.pages, 1):
        if evidence_sha256 not in page or evidence.text_sha256 not in page:
            return Refused(Reason.PAGE_OF_ANOTHER, f"page {number}")
        if NO_CHARACTER in page:
            return Refused(Reason.PAGE_ILLEGIBLE, f"page {number}")
    if paper.signed_at.replace(microsecond=0) != at(evidence.signed_at).replace(microsecond=0):
        return Refused(Reason.TIME_DIFFERS)  # a PDF's date has whole seconds
    if len({_organisation(paper.seal), _organisation(certificate), organisation(evidence.signer.institution)}) != 1:
        return Refused(Reason.INSTITUTION_DIFFERS)
    if paper.name != evidence.signer.name:
        return Refused(Reason.SIGNER_DIFFERS)
    return None


def _evidence_certificate(
    pem: bytes, when: datetime, authorities: tuple[x509.Certificate, ...]
) -> x509.Certificate | Refused:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError:
        return Refused(Reason.EVIDENCE_CERTIFICATE, "no certificate")
    authority = next((one for one in authorities if _issued(certificate, one)), None)
    if authority is None or not _signs_documents(certificate):
        return Refused(Reason.EVIDENCE_CERTIFICATE)
    if not _valid(certificate, when) or not _valid(authority, when):
        return Refused(Reason.EVIDENCE_NOT_VALID_THEN)
    return certificate


def _path(container: Container, authorities: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...] | Reason:
    """The certificates from the seal's to a known CA's; what came with the seal and is not on that path is a change."""
    path, left = [container.signer], list(container.others)
    while (authority := next((one for one in authorities if _issued(path[-1], one)), None)) is None:
        step = next((one for one in left if _issued(path[-1], one)), None)
        if step is None or len(path) > MOST_STEPS:
            return Reason.UNKNOWN_AUTHORITY
        path.append(step)
        left.remove(step)
    if any(one != authority for one in left) or len(left) > 1:
        return Reason.ALTERED
    if not _signs_documents(container.signer):
        return Reason.NO_SEAL
    return (*path, authority)


def _pades(signature: Any, path: tuple[x509.Certificate, ...], when: datetime) -> Refused | None:
    """A second opinion on the same signature: pyHanko's, by the standard's rules."""
    if signature.sig_object.get("/SubFilter") != "/ETSI.CAdES.detached":
        return Refused(Reason.NOT_PADES, "sub-filter")
    context = ValidationContext(
        trust_roots=[_as_asn1(path[-1])],
        other_certs=[_as_asn1(one) for one in path[1:-1]],
        moment=when,
        allow_fetching=False,
    )
    usage = KeyUsageConstraints(key_usage={"non_repudiation"})
    status: Any = asyncio.run(async_validate_pdf_signature(signature, context, key_usage_settings=usage))
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE or not status.bottom_line:
        return Refused(Reason.NOT_PADES, status.summary())
    return None


def _attachments(reader: Any) -> dict[str, bytes] | Refused:
    """The files embedded in the document: each of the four once, none beside them."""
    try:
        tree = reader.root["/Names"]["/EmbeddedFiles"]
        names = list(tree["/Names"])
    except KeyError:
        return Refused(Reason.ATTACHMENT_MISSING)
    said = [str(name) for name in names[::2]]
    if len(set(said)) != len(said) or not NAMES.issuperset(said) or "/Kids" in tree:
        return Refused(Reason.ATTACHMENT_UNKNOWN)
    if len(said) != len(NAMES):
        return Refused(Reason.ATTACHMENT_MISSING, ", ".join(sorted(NAMES.difference(said))))
    return {name: spec.get_object()["/EF"]["/F"].data for name, spec in zip(said, names[1::2], strict=True)}


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    if not _is_authority(authority):
        return False
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return constraints.ca and usage.key_cert_sign


def _signs_documents(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return usage.content_commitment and DOCUMENT_SIGNING in purposes


def _valid(certificate: x509.Certificate, when: datetime) -> bool:
    return certificate.not_valid_before_utc <= when <= certificate.not_valid_after_utc


def _organisation(certificate: x509.Certificate) -> str:
    named = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(named[0].value) if len(named) == 1 else ""


def common_name(certificate: x509.Certificate) -> str:
    named = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(named[0].value) if named else ""


def _as_asn1(certificate: x509.Certificate) -> Any:
    kind: Any = asn1_x509.Certificate
    return kind.load(certificate.public_bytes(serialization.Encoding.DER))
