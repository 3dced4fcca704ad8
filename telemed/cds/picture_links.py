"""One-time links to the images and the report of a result: what they are made of, and when one may be opened. Pure.

A link is bound to a card, a study and a purpose.  Its secret stands behind the `#` of the address, which no browser
sends to any server or names as a referrer; the address before it names the link alone.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from telemed.errors import Conflict, DomainError, NotFound
from telemed.recognition.decision import Gate, Outcome

#: Bytes of a secret; 256 bits are not guessed.
SECRET_BYTES = 32
#: A secret as text: base64url without padding.
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
#: A card stands on a screen for minutes; whoever comes later asks again.
TO_FIRST_USE = timedelta(minutes=10)
#: For how long after it was shown a card leads to images: by then a study may have become another person's.
CARD_LIFE = timedelta(hours=1)
#: How long the browser that opened a link may look.
VIEWING = timedelta(minutes=30)
#: Results of images are called so; the rest is the id of their study.
IMAGES = "imaging/"

Purpose = Literal["order-check"]


@dataclass(frozen=True, slots=True)
class Lifetime:
    """to_first_use: from the card to the first opening.  viewing: from there on, in that browser."""

    to_first_use: timedelta = TO_FIRST_USE
    viewing: timedelta = VIEWING


class Link(msgspec.Struct, frozen=True):
    """A link as it stands, with what its card says of who it was made for.

    client_id, client_name: the hospital system, None and '' for a page of this county.  shown_to: its user as it names
    one; for a page of this county the id of the person.  study_patient_id: whose the study is now.  Times UTC.
    """

    id: UUID
    study_id: UUID
    study_instance_uid: str
    organization_id: UUID
    organization_name: str
    patient_id: UUID
    study_patient_id: UUID | None
    purpose: Purpose
    client_id: UUID | None
    client_name: str
    client_active: bool
    shown_to: str
    use_before: datetime
    opened_at: datetime | None
    viewer_digest: bytes | None
    view_until: datetime | None
    revoked_at: datetime | None


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def address(public_url: str, number: UUID, secret: str) -> str:
    """Where the link leads; nothing in it says who the patient is."""
    return f"{public_url.rstrip('/')}/linked/{number}#{secret}"


def linked(url: str) -> UUID:
    """The link that an address made by `address` leads to."""
    return UUID(url.partition("#")[0].rpartition("/")[2])


def study_of(result: str) -> UUID | None:
    """The study a result of images is; None for any other result."""
    try:
        return UUID(result.removeprefix(IMAGES)) if result.startswith(IMAGES) else None
    except ValueError:
        return None


class _Finding(msgspec.Struct):
    gate: str
    outcome: str


class _Candidate(msgspec.Struct):
    candidate_id: str
    findings: list[_Finding]


class _Analyte(msgspec.Struct):
    candidates: list[_Candidate]


class _Trace(msgspec.Struct):
    analytes: list[_Analyte]


def spoken_of(trace: str, result: str) -> bool:
    """Whether a decision looked at this result and was sure whose it is; trace: as the ledger keeps it."""
    read = msgspec.json.decode(trace, type=_Trace)
    identity = [
        [one.outcome == Outcome.PASS for one in each.findings if one.gate == Gate.IDENTITY]
        for analyte in read.analytes
        for each in analyte.candidates
        if each.candidate_id == result
    ]
    return any(found and all(found) for found in identity)


def dead(link: Link) -> DomainError | None:
    """Why nobody may look through a link any more, whoever holds it; None where nothing speaks against it."""
    if link.revoked_at is None and link.client_active and link.study_patient_id == link.patient_id:
        return None
    return Conflict(
        "link-revoked",
        "该链接已停用。请回到开单页面重新核对。",
        "This link is no longer valid. Go back to the order and check again.",
    )


def opening(link: Link | None, viewer: bytes | None, now: datetime) -> DomainError | None:
    """Why a link cannot be opened by a browser whose secret has the digest `viewer` (None: it has none yet).

    None where it can: it was never opened, or by this very browser, which still may look.
    """
    if link is None:
        return unknown()
    if found := dead(link):
        return found
    if link.opened_at is None:
        return late() if now >= link.use_before else None
    return used() if viewer is None or link.viewer_digest != viewer else viewing(link, viewer, now)


def viewing(link: Link | None, viewer: bytes | None, now: datetime) -> DomainError | None:
    """Why a browser may not look (any longer) at what a link showed it; None where it may."""
    if link is None or viewer is None or link.viewer_digest != viewer:
        return unknown()
    if found := dead(link):
        return found
    return late() if link.view_until is None or now >= link.view_until else None


def used() -> Conflict:
    return Conflict(
        "link-used",
        "该链接已被打开过，只能使用一次。请回到开单页面重新核对。",
        "This link was opened already and works once. Go back to the order and check again.",
    )


def unknown() -> NotFound:
    """The same answer for a link that never was and for one of somebody else."""
    return NotFound(
        "unknown-link", "链接无效。请回到开单页面重新核对。", "There is no such link. Check the order again."
    )


def late() -> Conflict:
    return Conflict(
        "link-over",
        "该链接已过有效时间。请回到开单页面重新核对。",
        "The time of this link is over. Go back to the order and check again.",
    )
