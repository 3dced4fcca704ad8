"""What a session is at a moment: pure, the clock is an argument."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

COUNTY_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things last.

    shift: a session and its second factor. idle: without a request the lock screen comes on.
    failures within `window` lock the account name for `lock`. password_age: then a new one is asked for.
    """

    shift: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(minutes=30)
    touch: timedelta = timedelta(seconds=60)
    failures: int = 5
    window: timedelta = timedelta(minutes=15)
    lock: timedelta = timedelta(minutes=15)
    password_age: timedelta = timedelta(days=180)
    setup_link: timedelta = timedelta(hours=24)


class Standing(StrEnum):
    ACTIVE = "active"
    LOCKED = "locked"
    OVER = "over"


def standing(
    now: datetime,
    limits: Limits,
    *,
    expires_at: datetime,
    last_seen_at: datetime,
    locked_at: datetime | None,
) -> Standing:
    """Whether a session that nobody ended still counts, and whether its lock screen is on."""
    if now >= expires_at:
        return Standing.OVER
    if locked_at is not None or now - last_seen_at >= limits.idle:
        return Standing.LOCKED
    return Standing.ACTIVE


class Need(StrEnum):
    """What a signed-in person still has to do before the roles count."""

    PASSWORD = "password"  # noqa: S105 -- the name of a step
    SECOND_FACTOR = "second-factor"
    SECOND_FACTOR_ENROL = "second-factor-enrol"


def needs(*, password_due: bool, role_needs_second_factor: bool, enrolled: bool, proved: bool) -> list[Need]:
    """Return the steps that are open, in the order in which the page asks for them."""
    steps: list[Need] = []
    if password_due:
        steps.append(Need.PASSWORD)
    if not proved and enrolled:
        steps.append(Need.SECOND_FACTOR)
    elif not proved and role_needs_second_factor:
        steps.append(Need.SECOND_FACTOR_ENROL)
    return steps


def new_token() -> str:
    """256 random bits as text; only its digest is stored."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def folded(username: str) -> str:
    """One spelling of an account name, full-width letters and capitals folded."""
    return unicodedata.normalize("NFKC", username).strip().casefold()
