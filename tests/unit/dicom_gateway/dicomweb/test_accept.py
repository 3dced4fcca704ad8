"""What a client accepts and what it gets (PS3.18 §8.7)."""

import pytest

from dicom_gateway.dicomweb.accept import (
    EXPLICIT,
    Payload,
    accepts,
    chosen,
    frame_payload,
    instance_payload,
    parse,
    wanted,
)

IMPLICIT, BIG, JPEG_LS, MPEG = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.102",
)
OCTETS = "application/octet-stream"


def frame(stored: str, header: str):
    found = chosen([stored], wanted(parse(header)), frame_payload)
    return None if found is None else (found[0].multipart, found[1][stored])


def instance(stored: str, header: str):
    found = chosen([stored], wanted(parse(header)), instance_payload)
    return None if found is None else (found[0].multipart, found[1][stored])


def test_the_header_is_read_best_first():
    ranges = parse('text/html;q=0.2, multipart/related; type="application/dicom"; transfer-syntax=*, */*;q=0')
    assert [one.type for one in ranges] == ["multipart/related", "text/html"]
    assert ranges[0].parameters == {"type": "application/dicom", "transfer-syntax": "*"}


@pytest.mark.parametrize("header", ["", "*/*", " "])
def test_no_preference_takes_what_is_stored(header):
    assert frame(JPEG_LS, header) == (True, Payload("image/jls", JPEG_LS, decode=False))
    assert instance(JPEG_LS, header) == (True, Payload("application/dicom", JPEG_LS, decode=False))


@pytest.mark.parametrize(
    ("stored", "syntax", "decode"),
    [(EXPLICIT, EXPLICIT, False), (IMPLICIT, EXPLICIT, False), (BIG, EXPLICIT, False), (JPEG_LS, JPEG_LS, False)],
)
def test_a_viewer_that_takes_any_syntax_gets_frames_undecoded(stored, syntax, decode):
    header = "multipart/related; type=application/octet-stream; transfer-syntax=*"
    assert frame(stored, header) == (True, Payload(OCTETS, syntax, decode=decode))


def test_octets_without_a_syntax_are_decoded():
    header = 'multipart/related; type="application/octet-stream"'
    assert frame(JPEG_LS, header) == (True, Payload(OCTETS, EXPLICIT, decode=True))


def test_a_single_part_is_a_single_part():
    assert frame(EXPLICIT, "application/octet-stream") == (False, Payload(OCTETS, EXPLICIT, decode=False))


@pytest.mark.parametrize(
    "header",
    [
        "multipart/related; type=image/jp2",
        "multipart/related; type=application/octet-stream; transfer-syntax=1.2.840.10008.1.2.4.90",
        "text/html",
        "image/jls;q=0",
        "nonsense",
    ],
)
def test_near_misses_are_not_acceptable(header):
    assert frame(JPEG_LS, header) is None


def test_what_nobody_decodes_goes_out_as_stored_or_not_at_all():
    assert frame(MPEG, "multipart/related; type=application/octet-stream") is None
    assert frame(MPEG, "multipart/related; type=application/octet-stream; transfer-syntax=*") is not None
    assert instance(MPEG, 'multipart/related; type="application/dicom"') is None


def test_instances_default_to_explicit_little_endian():
    header = 'multipart/related; type="application/dicom"'
    assert instance(JPEG_LS, header) == (True, Payload("application/dicom", EXPLICIT, decode=True))
    assert instance(EXPLICIT, header) == (True, Payload("application/dicom", EXPLICIT, decode=False))
    assert instance(JPEG_LS, f"{header}; transfer-syntax={JPEG_LS}") == (
        True,
        Payload("application/dicom", JPEG_LS, decode=False),
    )


def test_a_mixed_study_goes_out_in_one_form_or_not_at_all():
    wants = wanted(parse('multipart/related; type="application/dicom"; transfer-syntax=*'))
    found = chosen([EXPLICIT, JPEG_LS], wants, instance_payload)
    assert found is not None
    assert {one.transfer_syntax for one in found[1].values()} == {EXPLICIT, JPEG_LS}
    assert chosen([EXPLICIT, MPEG], wanted(parse("application/dicom")), instance_payload) is None


def test_pictures_by_preference():
    assert accepts(parse("image/png, image/jpeg;q=0.5"), ("image/jpeg", "image/png")) == "image/png"
    assert accepts(parse("image/*"), ("image/jpeg", "image/png")) == "image/jpeg"
    assert accepts(parse("image/gif"), ("image/jpeg", "image/png")) is None


def test_a_giant_header_costs_nothing_more():
    assert len(parse(", ".join(["image/jpeg"] * 100_000))) < 500
