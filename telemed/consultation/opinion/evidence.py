"""What an opinion rests on, as it is signed: the text, the room's record, what the expert was shown, who signs.  Pure.

The evidence is made before the paper and printed on it by its hash; it cannot name the paper's own bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from telemed.consultation.opinion.spelling import (
    Identifier,
    Instant,
    Line,
    Malformed,
    Sha256,
    Uid,
    at,
    read,
    spelled,
)

FORMAT = "telemed-opinion-evidence/1"
MOST_IMAGES = 20_000
MOST_BYTES = 8 << 20


class SeenImage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An image that was really painted on the expert's screen.  frame: from 1.  first_seen: by the server's clock."""

    study_uid: Uid
    series_uid: Uid
    sop_uid: Uid
    frame: Annotated[int, Meta(ge=1, le=1_000_000)]
    first_seen: Instant


class RoomRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far the room's log had come when the opinion was signed.  head: the hash over the log up to seq."""

    id: Identifier
    epoch: Identifier
    seq: Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]
    head: Sha256


class Signer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The person who signed after a fresh second factor.  institution: the invited one, whose seal it is."""

    practitioner_id: Identifier
    account_id: Identifier
    name: Line
    title: Line
    institution: Line
    licence_number: Line


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """text_sha256: of the canonical opinion.  images: by first_seen, then UIDs and frame; each image once."""

    consultation_id: Identifier
    consultation_number: Line
    opinion_version: Annotated[int, Meta(ge=1, le=9999)]
    text_sha256: Sha256
    room: RoomRecord
    images: Annotated[tuple[SeenImage, ...], Meta(max_length=MOST_IMAGES)]
    signer: Signer
    signed_at: Instant
    inviting_institution: Line
    digest_algorithm: Literal["sha-256"] = "sha-256"
    format: Literal["telemed-opinion-evidence/1"] = FORMAT

    def __post_init__(self) -> None:
        signed = at(self.signed_at)
        order = [_place(image) for image in self.images]
        if any(later <= sooner for sooner, later in pairwise(order)):
            raise ValueError("images are not in their order")
        if len({(image.sop_uid, image.frame) for image in self.images}) != len(self.images):
            raise ValueError("an image stands there twice")
        if order and order[-1][0] > signed:
            raise ValueError("an image was first seen after the signature")


def in_order(images: Iterable[SeenImage]) -> tuple[SeenImage, ...]:
    """Images as evidence lists them; of one that was seen again the first time stays."""
    first: dict[tuple[str, int], SeenImage] = {}
    for image in sorted(images, key=_place):
        first.setdefault((image.sop_uid, image.frame), image)
    return tuple(first.values())


def evidence_bytes(evidence: Evidence) -> bytes:
    """The bytes that are signed.  Raises ValueError for evidence that would not be read back."""
    content = spelled(evidence)
    if len(content) > MOST_BYTES:
        raise ValueError(f"evidence of more than {MOST_BYTES} bytes")
    return content


def read_evidence(content: bytes) -> Evidence | Malformed:
    return read(content, Evidence, MOST_BYTES)


def digest(content: bytes) -> str:
    """SHA-256 as the paper prints it."""
    return hashlib.sha256(content).hexdigest()


def _place(image: SeenImage) -> tuple[datetime, str, str, str, int]:
    return at(image.first_seen), image.study_uid, image.series_uid, image.sop_uid, image.frame
