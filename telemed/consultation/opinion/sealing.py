"""Seal an opinion: the paper is set, the evidence is signed and attached, the institution's seal closes the file.

PAdES-B-B (ETSI EN 319 142-1) as a certification signature that allows no change: a sealed file is never opened again,
a correction is a new version with a file of its own.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

from telemed.consultation.opinion.document import Opinion, disagreement, opinion_bytes
from telemed.consultation.opinion.evidence import Evidence, digest, evidence_bytes
from telemed.consultation.opinion.keys import COUNTY_MECHANISM, OpinionKeys, Seal
from telemed.consultation.opinion.spelling import at
from telemed.consultation.opinion.typesetting import Press
from telemed.consultation.opinion.verifying import Refused, verify

#: The attachments of a sealed opinion: name → media type, what it is.
ATTACHMENTS = {
    "opinion.json": ("application/json", "会诊意见正文 / the text that was signed"),
    "evidence.json": ("application/json", "签署证据 / what the opinion rests on"),
    "evidence.sig": ("application/octet-stream", "签署证据的 Ed25519 签名 / its Ed25519 signature"),
    "evidence-certificate.pem": ("application/x-pem-file", "证据密钥的证书 / the certificate of the evidence's key"),
}
#: Room for the container in hexadecimal digits; an external CA's chain is longer than the county's.
_ROOM = 24 * 1024
_LONGEST_SIGNATURE = 96  # bytes: ECDSA P-256 and SM2 take 72 at most


@dataclass(frozen=True, slots=True)
class SealedOpinion:
    """A file to keep as it is, and what is kept beside it for questions that are asked of rows."""

    pdf: bytes
    sha256: str
    evidence: bytes
    evidence_signature: bytes


async def seal_opinion(
    opinion: Opinion, evidence: Evidence, keys: OpinionKeys, *, press: Press, zone: ZoneInfo
) -> SealedOpinion:
    """The sealed file of an opinion.  The second factor was asked for before this is called.

    Raises ValueError where opinion and evidence do not say the same, Unavailable where the paper cannot be set.
    Nothing is kept here: the caller stores file and facts in one transaction.
    """
    differs = disagreement(opinion, evidence)
    if differs is not None:
        raise ValueError(f"opinion and evidence differ in {differs}")
    proof = evidence_bytes(evidence)
    paper = await press.pdf(opinion, digest(proof), zone)
    return await asyncio.to_thread(_sealed, paper, opinion, evidence, keys)


def _sealed(paper: bytes, opinion: Opinion, evidence: Evidence, keys: OpinionKeys) -> SealedOpinion:
    proof = evidence_bytes(evidence)
    signature = keys.evidence.sign(proof)
    attachments = {
        "opinion.json": opinion_bytes(opinion),
        "evidence.json": proof,
        "evidence.sig": signature,
        "evidence-certificate.pem": keys.evidence.certificate.public_bytes(serialization.Encoding.PEM),
    }
    signed_at = at(opinion.signed_at)
    pdf = sealed_pdf(paper, attachments, keys.seal, Said.of(evidence), signed_at)
    # what a third party will find is found here first: a file that would not pass never leaves
    if keys.seal.mechanism == COUNTY_MECHANISM:
        found = verify(pdf, (keys.seal.chain[-1], keys.evidence.authority))
        if isinstance(found, Refused):
            raise ValueError(f"a sealed opinion does not verify: {found.reason} {found.detail}")
    return SealedOpinion(pdf, digest(pdf), proof, signature)


@dataclass(frozen=True, slots=True)
class Said:
    """What the signature says beside the document: who signed, and that the seal is an institution's."""

    name: str
    reason: str
    location: str

    @classmethod
    def of(cls, evidence: Evidence) -> Said:
        person = evidence.signer
        return cls(
            name=person.name,
            reason=f"签署会诊意见书 {evidence.consultation_number} 第 {evidence.opinion_version} 版；"
            f"签署人 {person.name}（{person.licence_number}），本签名为{person.institution}的机构电子印章 / "
            "signed by the person named; the signature is the institution's seal",
            location=person.institution,
        )


def sealed_pdf(paper: bytes, attachments: dict[str, bytes], seal: Seal, said: Said, signed_at: datetime) -> bytes:
    """Attach and sign, in one revision.  Blocks: call it in a worker thread.

    Raises ValueError for a paper that is signed already.
    """
    if b"/ByteRange" in paper:
        raise ValueError("a signed document is not opened for change")
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(paper))
    for name, content in attachments.items():
        media_type, description = ATTACHMENTS.get(name, ("application/octet-stream", name))
        stream = embed.EmbeddedFileObject.from_file_data(
            writer,
            content,
            mime_type=media_type,
            params=embed.EmbeddedFileParams(creation_date=signed_at, modification_date=signed_at),
        )
        relationship = generic.NameObject("/Data" if name.endswith(".json") else "/Supplement")
        embed.embed_file(
            writer,
            embed.FileSpec(
                name,
                file_name=name,
                embedded_data=stream,
                description=description,
                af_relationship=relationship,
            ),
        )
    meta = signers.PdfSignatureMetadata(
        field_name="InstitutionSeal",
        md_algorithm=seal.digest,
        name=said.name,
        reason=said.reason,
        location=said.location,
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    return asyncio.run(_signed(writer, meta, _InstitutionSigner(seal), signed_at))


async def _signed(writer: Any, meta: Any, signer: _InstitutionSigner, signed_at: datetime) -> bytes:
    session: Any = signers.PdfSigner(meta, signer).init_signing_session(writer)
    session.system_time = signed_at  # the moment the evidence says, not this machine's a little later
    document = session.prepare_tbs_document(validation_info=None, bytes_reserved=_ROOM)
    prepared, output = document.digest_tbs_document()
    done = await document.perform_signature(
        document_digest=prepared.document_digest,
        pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=signed_at),
    )
    await done.post_signature_processing(output)
    return output.getvalue()


class _InstitutionSigner(signers.Signer):
    """A Seal as pyHanko asks for it."""

    def __init__(self, seal: Seal) -> None:
        store: Any = SimpleCertificateStore()
        store.register_multiple([_as_asn1(one) for one in seal.chain])
        super().__init__(
            signing_cert=_as_asn1(seal.certificate),
            cert_registry=store,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": seal.mechanism}),
        )
        self._seal = seal

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002  pyHanko's
        if digest_algorithm != self._seal.digest:
            raise ValueError(f"the seal signs by {self._seal.digest}, not {digest_algorithm}")
        return bytes(_LONGEST_SIGNATURE) if dry_run else self._seal.sign(data)


def _as_asn1(certificate: x509.Certificate) -> Any:
    kind: Any = asn1_x509.Certificate
    return kind.load(certificate.public_bytes(serialization.Encoding.DER))
