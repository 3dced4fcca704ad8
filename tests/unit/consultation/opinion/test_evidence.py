"""Evidence has one spelling, and what is read back is what was signed."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemed.consultation.opinion.evidence import (
    MOST_BYTES,
    Evidence,
    evidence_bytes,
    in_order,
    read_evidence,
)
from telemed.consultation.opinion.spelling import Malformed
from tests.unit.consultation.opinion.opinions import OPINION, evidence_for, image

GOOD = evidence_bytes(evidence_for(OPINION))


def changed(**fields: object) -> bytes:
    return json.dumps(json.loads(GOOD) | fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def inside(field: str, **fields: object) -> bytes:
    return changed(**{field: json.loads(GOOD)[field] | fields})


def test_evidence_is_sorted_compact_utf_8_and_comes_back() -> None:
    assert changed() == GOOD
    assert "孟淑珍".encode() in GOOD
    assert read_evidence(GOOD) == evidence_for(OPINION)


def test_it_holds_strings_and_integers_alone() -> None:
    def kinds(value: object) -> set[type]:
        if isinstance(value, dict):
            return set().union(*map(kinds, value.values()))
        if isinstance(value, list):
            return set().union(*map(kinds, value))
        return {type(value)}

    assert kinds(json.loads(GOOD)) == {str, int}


IMAGES = json.loads(GOOD)["images"]
NEAR_MISSES = {
    "an unknown field": changed(more="1"),
    "an unknown field of an image": changed(images=[IMAGES[0] | {"more": "1"}]),
    "a field missing": changed().replace(b'"signed_at"', b'"signed"'),
    "a number as text": changed(opinion_version="1"),
    "text as a number": changed(consultation_number=7),
    "a fraction": inside("room", seq=1.5),
    "true for a number": changed(opinion_version=True),
    "a sequence beyond what every language counts": inside("room", seq=1 << 53),
    "a key twice": GOOD.replace(b'"digest_algorithm":"sha-256",', b'"digest_algorithm":"sha-256",' * 2),
    "another order": b'{"signed_at":' + json.dumps(json.loads(GOOD)["signed_at"]).encode() + b"," + GOOD[1:],
    "a blank": GOOD.replace(b":", b": ", 1),
    "an escape that need not be": GOOD.replace("孟".encode(), b"\\u5b5f"),
    "a byte-order mark": b"\xef\xbb\xbf" + GOOD,
    "something behind it": GOOD + b"\n",
    "half a character": GOOD.replace("孟".encode(), "孟".encode()[:2]),
    "half a surrogate pair": GOOD.replace("孟".encode(), b"\\ud800"),
    "no object": b"[]",
    "nothing": b"",
    "deep nonsense": b"[" * 100_000,
    "another format": changed(format="telemed-opinion-evidence/2"),
    "another algorithm": changed(digest_algorithm="md5"),
    "a hash in upper case": changed(text_sha256="A" * 64),
    "a hash too short": changed(text_sha256="a" * 63),
    "a line end behind a hash": changed(text_sha256="a" * 64 + "\n"),
    "a name of two lines": inside("signer", name="孟\n淑珍"),
    "no name": inside("signer", name=""),
    "a name without end": inside("signer", name="孟" * 201),
    "an id in upper case": changed(consultation_id="0B6B7C1E-9D55-4A71-8B0A-5D7F0D3A1F11"),
    "an image twice": changed(images=[IMAGES[0], IMAGES[0] | {"first_seen": "2026-11-27T05:59:00Z"}]),
    "images out of order": changed(images=IMAGES[::-1]),
    "an image seen after the signature": changed(images=[IMAGES[0] | {"first_seen": "2026-11-27T06:05:34Z"}]),
    "frame nought": changed(images=[IMAGES[0] | {"frame": 0}]),
    "no UID": changed(images=[IMAGES[0] | {"sop_uid": "1..2"}]),
    "a day no calendar has": changed(signed_at="2026-02-30T06:05:33Z"),
    "a moment of another zone": changed(signed_at="2026-11-27T14:05:33+08:00"),
    "a moment spelt otherwise": changed(signed_at="2026-11-27T06:05:33.000000Z"),
    "more images than anybody looks at": changed(images=[IMAGES[0]] * 20_001),
    "more bytes than evidence has": b" " * (MOST_BYTES + 1),
}


@pytest.mark.parametrize("content", NEAR_MISSES.values(), ids=NEAR_MISSES.keys())
def test_what_is_not_the_one_spelling_of_evidence_is_refused(content: bytes) -> None:
    assert isinstance(read_evidence(content), Malformed)


def test_evidence_that_would_not_be_read_back_is_not_spelt() -> None:
    wrong = msgspec.structs.replace(evidence_for(OPINION), consultation_number="a\nb")
    with pytest.raises(ValueError, match="consultation_number"):
        evidence_bytes(wrong)
    with pytest.raises(ValueError, match="order"):
        evidence_for(OPINION, images=(image(2), image(1)))


def test_of_an_image_seen_twice_the_first_time_stays() -> None:
    again, later = image(1, "2026-11-27T05:30:00Z"), image(2)
    assert in_order([again, later, image(1)]) == (image(1), image(2))


def test_an_expert_may_have_looked_at_nothing() -> None:
    assert isinstance(read_evidence(evidence_bytes(evidence_for(OPINION, images=()))), Evidence)


@given(st.binary(max_size=300))
def test_any_bytes_are_evidence_or_refused(content: bytes) -> None:
    assert isinstance(read_evidence(content), Malformed)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_another_byte_is_refused_or_other_evidence(place: int, byte: int) -> None:
    content = GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]
    found = read_evidence(content)
    assert isinstance(found, Malformed) or evidence_bytes(found) == content
