"""Every near miss of a sealed opinion is refused for its own reason."""

import io
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import typst
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from telemed.consultation.opinion.document import KEYWORD, opinion_bytes
from telemed.consultation.opinion.evidence import digest, evidence_bytes
from telemed.consultation.opinion.keys import DAYS, CountySeal, Institution
from telemed.consultation.opinion.reasons import WORDS, Reason
from telemed.consultation.opinion.sealing import Said
from telemed.consultation.opinion.spelling import at
from telemed.consultation.opinion.verifying import Refused, verify
from tests.integration.consultation.conftest import Sealed
from tests.integration.consultation.forging import (
    PEM,
    authority_of,
    certified,
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
    SIGNED_AT,
    County,
    another,
    evidence_for,
)


def sampled(content: bytes) -> list[int]:
    """Every region: the whole container, the dictionary around it, each end, and places over all of the rest."""
    start = content.index(b"/ByteRange")
    hole = re.search(rb"<[0-9A-F]{2000,}>", content)
    used = content[hole.start() : hole.end()].rstrip(b"0>")
    places = {0, 5, 7, len(content) - 1, len(content) - 6, hole.start(), hole.end() - 1, hole.end() - 2}
    places |= set(range(hole.start(), hole.start() + len(used) + 3, 13))
    places |= set(range(start, start + 60, 3))
    places |= set(range(0, len(content), len(content) // 150))
    return sorted(places)


def test_one_flipped_bit_anywhere_is_refused(sealed: Sealed) -> None:
    content = sealed.opinion.pdf
    refused: dict[str, int] = {}
    for place in sampled(content):
        for bit in (0x01, 0x20):
            spoilt = bytearray(content)
            spoilt[place] ^= bit
            why = reason(bytes(spoilt), sealed)
            assert why is not None, (place, bit, content[place - 20 : place + 20])
            refused[why] = refused.get(why, 0) + 1
    assert set(refused) <= {"altered", "appended", "unsigned", "unreadable", "unknown-authority"}
    assert refused["altered"] > 300


@pytest.mark.parametrize("cut", [1, 7, 5000], ids=["its last byte", "its last line", "its end"])
def test_a_file_cut_short_is_refused(sealed: Sealed, cut: int) -> None:
    assert reason(sealed.opinion.pdf[:-cut], sealed) in (Reason.ALTERED, Reason.UNSIGNED)


def test_anything_appended_is_refused(sealed: Sealed) -> None:
    assert reason(sealed.opinion.pdf + b"\n", sealed) is Reason.APPENDED
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed.opinion.pdf))
    writer.root["/Lang"] = generic.pdf_string("xx")
    writer.update_root()
    update = io.BytesIO()
    writer.write(update)
    assert reason(update.getvalue(), sealed) is Reason.APPENDED


def test_a_second_signature_is_refused(sealed: Sealed) -> None:
    twice = sealed.opinion.pdf + b"/ByteRange [0 1 2 3]"
    assert reason(twice, sealed) is Reason.SEVERAL_SIGNATURES


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", Reason.UNREADABLE),
        (b"hello", Reason.UNREADABLE),
        (b"%PDF-1.7\n" + bytes(33 << 20), Reason.UNREADABLE),
        (b"%PDF-1.7\n%%EOF", Reason.UNSIGNED),
        (b"%PDF-1.7\n/ByteRange [0 9 9 99]", Reason.ALTERED),
    ],
    ids=["nothing", "no PDF", "too long", "unsigned", "a range that is none"],
)
def test_what_is_no_sealed_file_is_refused(sealed: Sealed, content: bytes, why: Reason) -> None:
    assert reason(content, sealed) is why


def test_a_paper_that_was_never_sealed_is_unsigned(sealed: Sealed) -> None:
    assert reason(sealed.paper, sealed) is Reason.UNSIGNED


def test_another_county_s_ca_does_not_vouch_for_it(sealed: Sealed, tmp_path: Path) -> None:
    other = County(tmp_path)
    other.store.keys(HOSPITAL, NOW)
    found = verify(sealed.opinion.pdf, (x509.load_pem_x509_certificate(other.authority.read_bytes()),))
    assert found == Refused(Reason.UNKNOWN_AUTHORITY)


def test_a_stranger_s_key_in_the_same_name_is_not_the_county_s(sealed: Sealed, tmp_path: Path) -> None:
    forged = County(tmp_path).store.keys(HOSPITAL, NOW)
    assert reason(resealed(sealed, parts(sealed), seal=forged.seal), sealed) is Reason.UNKNOWN_AUTHORITY


@pytest.mark.parametrize(
    "signed_at", [at(SIGNED_AT) + timedelta(days=DAYS + 1), at(SIGNED_AT) - timedelta(days=2)], ids=["over", "not yet"]
)
def test_a_certificate_that_was_not_valid_when_it_was_sealed_is_refused(sealed: Sealed, signed_at: datetime) -> None:
    assert reason(resealed(sealed, parts(sealed), signed_at=signed_at), sealed) is Reason.NOT_VALID_THEN


def test_a_certificate_of_the_county_for_something_else_is_no_seal(sealed: Sealed) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    authority, authority_key = authority_of(sealed.county)
    web = issued(authority, authority_key, key, "server", x509.OID_SERVER_AUTH)
    assert reason(resealed(sealed, parts(sealed), seal=CountySeal(web, (authority,), key)), sealed) is Reason.NO_SEAL


@pytest.mark.parametrize("name", ["opinion.json", "evidence.json", "evidence.sig", "evidence-certificate.pem"])
def test_a_missing_attachment_is_refused(sealed: Sealed, name: str) -> None:
    left = {one: content for one, content in parts(sealed).items() if one != name}
    assert reason(resealed(sealed, left), sealed) is Reason.ATTACHMENT_MISSING


def test_no_attachment_at_all_is_refused(sealed: Sealed) -> None:
    assert reason(resealed(sealed, {}), sealed) is Reason.ATTACHMENT_MISSING


def test_an_attachment_more_is_refused(sealed: Sealed) -> None:
    assert reason(resealed(sealed, parts(sealed) | {"more.txt": b"x"}), sealed) is Reason.ATTACHMENT_UNKNOWN


def test_the_text_of_another_opinion_is_refused(sealed: Sealed) -> None:
    swapped = parts(sealed) | {"opinion.json": opinion_bytes(another())}
    assert reason(resealed(sealed, swapped), sealed) is Reason.OPINION_OF_ANOTHER


def test_text_and_evidence_of_another_opinion_on_this_paper_are_refused(sealed: Sealed) -> None:
    proof = evidence_bytes(evidence_for(another()))
    swapped = parts(sealed) | {
        "opinion.json": opinion_bytes(another()),
        "evidence.json": proof,
        "evidence.sig": sealed.keys.evidence.sign(proof),
    }
    assert reason(resealed(sealed, swapped), sealed) is Reason.PAGE_OF_ANOTHER


def paper_saying(words: str, keyword: str) -> bytes:
    """A paper that another program set: by Typst's own fonts, which have no Chinese."""
    source = f'#set document(keywords: ("{keyword}",))\n{words}'
    return typst.compile(source.encode(), font_paths=typst.Fonts(include_system_fonts=False))


def test_a_page_that_prints_other_hashes_than_its_properties_say_is_refused(sealed: Sealed) -> None:
    proof = digest(sealed.opinion.evidence)
    for words in (f"{proof} {'0' * 64}", f"{'0' * 64} {digest(opinion_bytes(OPINION))}"):
        paper = paper_saying(words, KEYWORD + proof)
        assert reason(resealed(sealed, parts(sealed), paper=paper), sealed) is Reason.PAGE_OF_ANOTHER


def test_a_page_with_empty_boxes_is_refused(sealed: Sealed) -> None:
    proof = digest(sealed.opinion.evidence)
    hashes_alone = f"{proof} {digest(opinion_bytes(OPINION))}"
    assert reason(resealed(sealed, parts(sealed), paper=paper_saying(hashes_alone, KEYWORD + proof)), sealed) is None
    paper = paper_saying(f"{hashes_alone} 肺", KEYWORD + proof)
    assert reason(resealed(sealed, parts(sealed), paper=paper), sealed) is Reason.PAGE_ILLEGIBLE


def test_altered_evidence_is_refused(sealed: Sealed) -> None:
    altered = evidence_bytes(evidence_for(OPINION, images=()))
    assert reason(resealed(sealed, parts(sealed) | {"evidence.json": altered}), sealed) is Reason.EVIDENCE_ALTERED


def test_evidence_signed_by_a_key_the_county_does_not_know_is_refused(sealed: Sealed, tmp_path: Path) -> None:
    forged = County(tmp_path).store.keys(HOSPITAL, NOW).evidence
    attached = parts(sealed) | {
        "evidence.sig": forged.sign(sealed.opinion.evidence),
        "evidence-certificate.pem": forged.certificate.public_bytes(PEM),
    }
    assert reason(resealed(sealed, attached), sealed) is Reason.EVIDENCE_CERTIFICATE
    attached["evidence-certificate.pem"] = b"no certificate"
    assert reason(resealed(sealed, attached), sealed) is Reason.EVIDENCE_CERTIFICATE


def test_the_seal_s_own_key_does_not_sign_evidence(sealed: Sealed) -> None:
    attached = parts(sealed) | {"evidence-certificate.pem": sealed.keys.seal.certificate.public_bytes(PEM)}
    assert reason(resealed(sealed, attached), sealed) is Reason.EVIDENCE_CERTIFICATE


def test_evidence_whose_certificate_was_over_is_refused(sealed: Sealed) -> None:
    short = certified(sealed.county, sealed.keys.evidence, now=NOW - timedelta(days=40), days=30)
    attached = parts(sealed) | {"evidence-certificate.pem": short.public_bytes(PEM)}
    assert reason(resealed(sealed, attached), sealed) is Reason.EVIDENCE_NOT_VALID_THEN


def test_evidence_in_another_spelling_is_refused_though_it_is_signed(sealed: Sealed) -> None:
    spaced = sealed.opinion.evidence.replace(b":", b": ", 1)
    attached = parts(sealed) | {"evidence.json": spaced, "evidence.sig": sealed.keys.evidence.sign(spaced)}
    assert reason(resealed(sealed, attached), sealed) is Reason.EVIDENCE_MALFORMED
    attached = parts(sealed) | {"opinion.json": b" " + opinion_bytes(OPINION)}
    assert reason(resealed(sealed, attached), sealed) is Reason.OPINION_MALFORMED


def test_a_signature_of_another_time_is_refused(sealed: Sealed) -> None:
    later = at(SIGNED_AT) + timedelta(seconds=1)
    assert reason(resealed(sealed, parts(sealed), signed_at=later), sealed) is Reason.TIME_DIFFERS


def test_a_signature_in_another_person_s_name_is_refused(sealed: Sealed) -> None:
    said = replace(Said.of(evidence_for(OPINION)), name="他人")
    assert reason(resealed(sealed, parts(sealed), said=said), sealed) is Reason.SIGNER_DIFFERS


def test_the_seal_of_another_institution_of_the_county_is_refused(sealed: Sealed) -> None:
    other = sealed.county.store.keys(Institution(HOSPITAL.id.__class__(int=5), "龙安县中医医院"), NOW)
    assert reason(resealed(sealed, parts(sealed), seal=other.seal), sealed) is Reason.INSTITUTION_DIFFERS


def test_a_certificate_more_in_the_container_is_a_change(sealed: Sealed) -> None:
    stray, _ = self_made("多余")
    seal = replace(sealed.keys.seal, chain=(*sealed.keys.seal.chain, stray))
    assert reason(resealed(sealed, parts(sealed), seal=seal), sealed) is Reason.ALTERED


def test_every_reason_has_its_words_and_its_exit_code() -> None:
    assert set(WORDS) == set(Reason)
    assert {code for code, _, _ in WORDS.values()} == {1, 2, 3}
