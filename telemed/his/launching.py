"""The life of a page inside a hospital system: a code good once for a minute, then a token in its forms. Pure.

issued → opened (once, within 60 s, from a page of the system's own) → over after 30 minutes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

CODE_LIFE = timedelta(seconds=60)
PAGE_LIFE = timedelta(minutes=30)
#: Characters of a code or a token: 32 random bytes in base64url.
SECRET_LENGTH = 43
#: What a browser says where it must not name the page around.
NO_ORIGIN = "null"


class Refusal(StrEnum):
    """Why nothing is opened or kept."""

    UNKNOWN = "unknown"
    USED = "used"
    LATE = "late"
    ORIGIN = "origin"
    DISABLED = "disabled"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Launch:
    """Leave to open a page.

    client_id: the system it was issued to.  origins: of that system's pages.  active: whether it may still call.
    opened: whether the code was used.  Times aware, UTC.
    """

    id: UUID
    client_id: UUID
    origins: frozenset[str]
    active: bool
    expires_at: datetime
    opened: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was opened.  decisions: what was shown on it."""

    launch_id: UUID
    client_id: UUID
    active: bool
    expires_at: datetime
    decisions: frozenset[UUID]


def exchange(launch: Launch | None, origin: str | None, *, own: bool, now: datetime) -> Refusal | None:
    """Whether a code opens its page now.

    origin: of the page that sends it; None or `null` where the browser does not say.  own: it is this county's.
    What the code was issued for is told only after the rest agrees.
    """
    if launch is None:
        return Refusal.UNKNOWN
    if not launch.active:
        return Refusal.DISABLED
    if not own and not _from(origin, launch.origins):
        return Refusal.ORIGIN
    if launch.opened:
        return Refusal.USED
    if now > launch.expires_at:
        return Refusal.LATE
    return None


def act(
    page: Page | None, decisions: Collection[UUID], origin: str | None, *, own: bool, now: datetime
) -> Refusal | None:
    """Whether a form of a page may be acted on: its token is known, its time not over, and it speaks of its own."""
    if page is None:
        return Refusal.UNKNOWN
    if not page.active:
        return Refusal.DISABLED
    if not own and not _from(origin, ()):
        return Refusal.ORIGIN
    if now > page.expires_at:
        return Refusal.LATE
    if not page.decisions.issuperset(decisions):
        return Refusal.ORDER
    return None


def _from(origin: str | None, origins: Collection[str]) -> bool:
    return origin is None or origin == NO_ORIGIN or origin in origins


def fingerprint(secret: str) -> str:
    """What is kept of a code or a token: it has 256 random bits, so a plain SHA-256 keeps it."""
    return hashlib.sha256(secret.encode()).hexdigest()
