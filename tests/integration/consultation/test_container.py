"""The place a signature stands in is the one part it does not cover: it holds one spelling and no other."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from asn1crypto import cms, core

from telemed.consultation.opinion.reasons import Reason
from telemed.consultation.opinion.verifying import Verified, verify
from tests.integration.consultation.conftest import Sealed
from tests.integration.consultation.forging import reason


def hole_of(pdf: bytes) -> tuple[int, int]:
    found = re.search(rb"<[0-9A-F]{2000,}>", pdf)
    return found.start() + 1, found.end() - 1


def der_of(pdf: bytes) -> bytes:
    start, end = hole_of(pdf)
    padded = bytes.fromhex(pdf[start:end].decode())
    return padded[: 4 + int.from_bytes(padded[2:4], "big")]


def refilled(pdf: bytes, der: bytes) -> bytes:
    start, end = hole_of(pdf)
    return pdf[:start] + der.hex().upper().encode().ljust(end - start, b"0") + pdf[end:]


def changed(change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    def made(pdf: bytes) -> bytes:
        info = cms.ContentInfo.load(der_of(pdf))
        change(info["content"])
        return refilled(pdf, info.dump(force=True))

    return made


def unsigned_attribute(said: Any) -> None:
    said["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes(
        [cms.CMSAttribute({"type": "1.2.3.4", "values": [core.Integer(1)]})]
    )


def another_version(said: Any) -> None:
    said["version"] = "v3"


def another_version_of_the_signer(said: Any) -> None:
    said["signer_infos"][0]["version"] = "v3"


def another_serial_number(said: Any) -> None:
    said["signer_infos"][0]["sid"].chosen["serial_number"] = 7


def no_certificate(said: Any) -> None:
    said["certificates"] = []


def the_ca_s_alone(said: Any) -> None:
    said["certificates"] = [one for one in said["certificates"] if one.chosen.ca]


def the_seal_s_twice(said: Any) -> None:
    said["certificates"] = [*said["certificates"], *said["certificates"]]


def no_signer(said: Any) -> None:
    said["signer_infos"] = []


def two_signers(said: Any) -> None:
    said["signer_infos"] = [said["signer_infos"][0], said["signer_infos"][0]]


def an_empty_attribute(said: Any) -> None:
    for one in said["signer_infos"][0]["signed_attrs"]:
        if one["type"].native == "signing_certificate_v2":
            one["values"] = []


def content_of_its_own(said: Any) -> None:
    said["encap_content_info"]["content"] = b"x"


def another_digest(said: Any) -> None:
    said["digest_algorithms"] = [{"algorithm": "sha1"}]


def lower_case(pdf: bytes) -> bytes:
    start, end = hole_of(pdf)
    return pdf[:start] + pdf[start:end].lower() + pdf[end:]


def something_in_the_padding(pdf: bytes) -> bytes:
    _, end = hole_of(pdf)
    return pdf[: end - 1] + b"1" + pdf[end:]


def a_blank(pdf: bytes) -> bytes:
    _, end = hole_of(pdf)
    return pdf[: end - 2] + b"  " + pdf[end:]


@pytest.mark.parametrize(
    "spoilt",
    [
        changed(unsigned_attribute),
        changed(another_version),
        changed(another_version_of_the_signer),
        changed(another_serial_number),
        changed(no_certificate),
        changed(the_ca_s_alone),
        changed(the_seal_s_twice),
        changed(no_signer),
        changed(two_signers),
        changed(an_empty_attribute),
        changed(content_of_its_own),
        changed(another_digest),
        lower_case,
        something_in_the_padding,
        a_blank,
        lambda pdf: refilled(pdf, b""),
        lambda pdf: refilled(pdf, b"\x30\x84\xff\xff\xff\xff"),
        lambda pdf: refilled(pdf, cms.ContentInfo({"content_type": "data", "content": b"x"}).dump()),
    ],
    ids=[
        "an attribute nobody signed",
        "another version",
        "another version of the signer",
        "another serial number",
        "no certificate",
        "the CA's certificate alone",
        "certificates twice",
        "no signer",
        "two signers",
        "an attribute without a value",
        "content of its own",
        "another digest",
        "lower case",
        "something in the padding",
        "a blank",
        "nothing",
        "a length without end",
        "no signature",
    ],
)
def test_what_a_viewer_might_let_pass_there_is_a_change(sealed: Sealed, spoilt: Callable[[bytes], bytes]) -> None:
    content = spoilt(sealed.opinion.pdf)
    assert content != sealed.opinion.pdf
    assert reason(content, sealed) is Reason.ALTERED


def test_the_same_container_put_back_is_verified(sealed: Sealed) -> None:
    assert refilled(sealed.opinion.pdf, der_of(sealed.opinion.pdf)) == sealed.opinion.pdf
    assert changed(lambda _: None)(sealed.opinion.pdf) == sealed.opinion.pdf


def test_no_mixture_of_its_bytes_is_verified(sealed: Sealed) -> None:
    pdf, genuine, chance = sealed.opinion.pdf, der_of(sealed.opinion.pdf), random.Random(20261127)
    for _ in range(400):
        der = bytearray(genuine)
        place = chance.randrange(len(der))
        match chance.randrange(3):
            case 0:
                der[place] ^= chance.randrange(1, 256)
            case 1:
                del der[place : place + chance.randrange(1, 40)]
            case _:
                der[place:place] = chance.randbytes(chance.randrange(1, 8))
        assert not isinstance(verify(refilled(pdf, bytes(der)), sealed.authorities), Verified)
