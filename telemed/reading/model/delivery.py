"""When a signature may be taken back, when a report counts as closed, which word its delivery has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

WITHDRAW_WITHIN = timedelta(minutes=5)
UNVIEWED_AFTER = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Receipts:
    """When each first happened to a version at the site; None: not yet."""

    delivered_at: datetime | None = None
    viewed_at: datetime | None = None
    printed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    used_at: datetime | None = None

    @property
    def seen(self) -> bool:
        return self.viewed_at is not None or self.printed_at is not None


def may_withdraw(signed_at: datetime, receipts: Receipts, now: datetime) -> bool:
    """撤回签发: within five minutes (inclusive) and not delivered, printed, opened or used; else a correction."""
    untouched = not receipts.seen and receipts.delivered_at is None and receipts.used_at is None
    return untouched and timedelta() <= now - signed_at <= WITHDRAW_WITHIN


def state_word(receipts: Receipts) -> str:
    """已签发 → 已送达 → 已查看/已打印."""
    if receipts.seen:
        return "viewed"
    return "signed" if receipts.delivered_at is None else "delivered"


def needs_acknowledgement(*, status: str, significance: str, major_discrepancy: bool) -> bool:
    """签收 only where it matters: critical, important, corrected or void, major discrepancy."""
    return significance != "none" or status in ("amended", "appended", "entered-in-error") or major_discrepancy


def is_closed(receipts: Receipts, *, acknowledgement: bool) -> bool:
    """A routine report closes on receipt and 查看/打印; one that matters when it was acknowledged."""
    if acknowledgement:
        return receipts.acknowledged_at is not None
    return receipts.delivered_at is not None and receipts.seen


def is_unviewed(signed_at: datetime, receipts: Receipts, now: datetime) -> bool:
    """Whether a report belongs on the list 未查看报告 (72 h)."""
    return not receipts.seen and now - signed_at >= UNVIEWED_AFTER
