"""A sealed opinion proves itself, to this program and to others."""

import asyncio
import io
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.reader import PdfFileReader

from telemed.certificates import DOCUMENT_SIGNING
from telemed.consultation.opinion.document import Opinion
from telemed.consultation.opinion.evidence import Evidence, digest
from telemed.consultation.opinion.keys import DAYS, CountySeal, OpinionKeys
from telemed.consultation.opinion.printed import pages
from telemed.consultation.opinion.reasons import Reason
from telemed.consultation.opinion.sealing import SealedOpinion, seal_opinion
from telemed.consultation.opinion.typesetting import Press
from telemed.consultation.opinion.verifying import Refused, Verified, verify
from tests.integration.consultation.conftest import Sealed
from tests.integration.consultation.forging import (
    issued,
    parts,
    reason,
    resealed,
    self_made,
)
from tests.unit.consultation.opinion.opinions import (
    HOSPITAL,
    NOW,
    OPINION,
    ZONE,
    another,
    evidence_for,
)


def seal_now(opinion: Opinion, evidence: Evidence, keys: OpinionKeys) -> SealedOpinion:
    return asyncio.run(seal_opinion(opinion, evidence, keys, press=Press(), zone=ZONE))


def test_the_file_and_the_ca_are_all_that_a_third_party_needs(sealed: Sealed) -> None:
    found = verify(sealed.opinion.pdf, sealed.authorities)
    assert isinstance(found, Verified)
    assert (found.opinion, found.evidence) == (OPINION, evidence_for(OPINION))
    assert found.evidence_sha256 == digest(sealed.opinion.evidence)
    assert found.seal == sealed.keys.seal.certificate
    assert found.evidence_certificate == sealed.keys.evidence.certificate


def test_it_is_sealed_once_more_the_same_way(sealed: Sealed) -> None:
    assert reason(resealed(sealed, parts(sealed)), sealed) is None


def test_another_reader_of_pdf_finds_the_signature_valid(sealed: Sealed, file: Path) -> None:
    command = ["pdfsig", "-nocert", "-dump", str(file)]
    said = subprocess.run(
        ["pdfsig", "-nocert", str(file)], check=False, capture_output=True, text=True, cwd=file.parent
    ).stdout
    assert "Signature is Valid." in said, (command, said)
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert "SHA-256" in said
    assert "龙安县第一人民医院（演示） 电子印章" in said


def test_another_reader_of_pdf_takes_the_attachments_out(sealed: Sealed, file: Path) -> None:
    subprocess.run(["pdfdetach", "-saveall", "-o", str(file.parent), str(file)], check=True, capture_output=True)
    for name, content in parts(sealed).items():
        assert (file.parent / name).read_bytes() == content


def test_the_signature_names_the_person_and_says_it_is_an_institution_s(sealed: Sealed) -> None:
    signature = PdfFileReader(io.BytesIO(sealed.opinion.pdf)).embedded_signatures[0].sig_object
    assert signature["/Name"] == "孟淑珍"
    assert "机构电子印章" in signature["/Reason"]
    assert "孟淑珍（110220000012345）" in signature["/Reason"]
    assert signature["/Location"] == HOSPITAL.name
    assert signature["/M"].startswith("D:20261127060533")


def test_a_signed_document_is_never_opened_again(sealed: Sealed) -> None:
    with pytest.raises(ValueError, match="not opened for change"):
        resealed(sealed, {}, paper=sealed.opinion.pdf)


def test_evidence_of_another_opinion_is_not_sealed(sealed: Sealed) -> None:
    with pytest.raises(ValueError, match="text_sha256"):
        seal_now(another(), evidence_for(OPINION), sealed.keys)


def test_an_opinion_sealed_by_an_earlier_key_stays_proved(sealed: Sealed) -> None:
    later = NOW + timedelta(days=DAYS - 1)
    renewed = sealed.county.store.keys(HOSPITAL, later)
    assert renewed.seal.certificate != sealed.keys.seal.certificate
    assert reason(sealed.opinion.pdf, sealed) is None
    second = msgspec.structs.replace(
        OPINION, version=2, reason="补充随访建议", signed_at=later.strftime("%Y-%m-%dT%H:%M:%SZ")
    )
    made = seal_now(second, evidence_for(second), renewed)
    assert reason(made.pdf, sealed) is None


def test_a_moment_with_a_fraction_is_sealed(sealed: Sealed) -> None:
    fine = msgspec.structs.replace(OPINION, signed_at="2026-11-27T06:05:33.999999Z")
    made = seal_now(fine, evidence_for(fine), sealed.keys)
    assert reason(made.pdf, sealed) is None


def test_an_external_ca_with_an_intermediate_seals_as_well(sealed: Sealed) -> None:
    root, root_key = self_made("外部 CA 根")
    middle_key, key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
    middle = issued(root, root_key, middle_key, "外部 CA 签发", None)
    seal = CountySeal(issued(middle, middle_key, key, HOSPITAL.name, DOCUMENT_SIGNING), (middle, root), key)
    keys = OpinionKeys(seal, sealed.keys.evidence)
    made = seal_now(OPINION, evidence_for(OPINION), keys)
    assert isinstance(verify(made.pdf, (*sealed.authorities, root)), Verified)
    assert verify(made.pdf, sealed.authorities) == Refused(Reason.UNKNOWN_AUTHORITY)
    assert verify(made.pdf, (root,)) == Refused(Reason.EVIDENCE_CERTIFICATE)


def test_the_pages_are_read_as_another_program_reads_them(sealed: Sealed, file: Path) -> None:
    other = subprocess.run(["pdftotext", "-raw", str(file), "-"], check=True, capture_output=True, text=True).stdout
    own = "".join(pages(PdfFileReader(io.BytesIO(sealed.opinion.pdf))))
    assert sorted(own) == sorted(re.sub(r"[\s\u200b]", "", other))
