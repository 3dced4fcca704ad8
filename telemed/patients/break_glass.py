"""紧急调阅: when one record outside the own scope is open, to whom, and who judges it afterwards. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from telemed.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from telemed.vocabulary import Scope

#: How long a record stays open: an emergency, not a shift. The table refuses more.
SPAN = timedelta(minutes=60)
#: Records one person has open at once: a bus accident, not a register.
MOST = 5
#: How long a record stays shut to whom it was opened without good reason.
PAUSE = timedelta(hours=24)


class Reason(StrEnum):
    """Why, by pick; the words besides are the person's own."""

    LIFE_THREATENING = "life-threatening"  # 抢救、危及生命
    CANNOT_TELL = "cannot-tell"  # 患者无法提供病史
    TRANSFER = "transfer"  # 急诊转院接诊
    CONSULTATION = "consultation"  # 急会诊
    OTHER = "other"  # 其他


class Verdict(StrEnum):
    """What the review says of a use."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not-justified"


class Standing(StrEnum):
    """Whether the record is open."""

    IN_FORCE = "in-force"
    EXPIRED = "expired"
    ENDED = "ended"  # before its time


@dataclass(frozen=True, slots=True)
class Use:
    """One record opened by one person at one organisation. ended_at: closed before its time. Times are UTC."""

    id: UUID
    practitioner_id: UUID
    organization_id: UUID
    patient_id: UUID
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    reviewed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a review said of a use; "" while it waits."""

    opened_at: datetime
    verdict: str


def standing(use: Use, now: datetime) -> Standing:
    if use.ended_at is not None:
        return Standing.ENDED
    return Standing.IN_FORCE if now < use.expires_at else Standing.EXPIRED


def reachable(scope: Scope, known_to: Iterable[UUID]) -> bool:
    """Whether a person's record may be opened: one of the organisations that know the person lies inside."""
    return scope.admits(*known_to)


def refuse_opening(note: str) -> DomainError | None:
    """Return why a record is not opened before anybody is looked for: nobody opens one without saying why."""
    if note.strip():
        return None
    return Invalid(
        "break-glass-needs-reason",
        "请写明紧急调阅的原因。未打开任何病历。",
        "Say in a few words why this is an emergency. No record was opened.",
    )


def refuse_again(in_force: int, last: Judged | None, now: datetime) -> DomainError | None:
    """Return why one more record is not opened: too many are open, or this one was judged not justified of late.

    in_force: records this person has open.  last: the newest use of the same record by this person, None for none.
    """
    if last is not None and last.verdict == Verdict.NOT_JUSTIFIED and now - last.opened_at < PAUSE:
        return Conflict(
            "break-glass-not-justified",
            "您对该病历的紧急调阅被认定为不合理，24 小时内不能再次打开。请联系医务科。未打开任何病历。",
            "Your last access to this record was judged not justified; it stays shut for 24 hours. Call the medical "
            "office. No record was opened.",
        )
    if in_force >= MOST:
        return Conflict(
            "break-glass-too-many",
            f"您已有 {MOST} 份病历处于紧急调阅中，请先结束其中一份。未打开任何病历。",
            f"You have {MOST} records open already; end one of them first. No record was opened.",
        )
    return None


def unknown() -> NotFound:
    """Say that there is no such use, or none that this person may know of."""
    return NotFound("unknown-use", "找不到该紧急调阅。", "There is no such emergency access.")


def refuse_ending(use: Use, by: UUID, now: datetime) -> DomainError | None:
    """Return why a use is not closed: only its own person closes it, and only while it is open."""
    if use.practitioner_id != by:
        return unknown()
    if standing(use, now) is not Standing.IN_FORCE:
        return Conflict("break-glass-over", "该紧急调阅已经结束。", "This emergency access is over already.")
    return None


def refuse_review(use: Use, by: UUID, verdict: Verdict, note: str) -> DomainError | None:
    """Return why a use is not judged: by its own person, twice, or against somebody without a word why."""
    if use.practitioner_id == by:
        return Forbidden(
            "break-glass-own-review",
            "不能审核自己的紧急调阅，请由他人审核。未作任何改动。",
            "Nobody reviews their own emergency access; somebody else has to. Nothing was changed.",
        )
    if use.reviewed_at is not None:
        return Conflict(
            "break-glass-reviewed", "该紧急调阅已由他人审核。", "Somebody has reviewed this access already."
        )
    if verdict is Verdict.NOT_JUSTIFIED and not note.strip():
        return Invalid(
            "break-glass-needs-note",
            "认定不合理时请写明理由。未作任何改动。",
            "Say why it was not justified. Nothing was changed.",
        )
    return None


def revokes(use: Use, verdict: Verdict, now: datetime) -> bool:
    """Whether a verdict closes the record at once: not justified, and still open."""
    return verdict is Verdict.NOT_JUSTIFIED and standing(use, now) is Standing.IN_FORCE
