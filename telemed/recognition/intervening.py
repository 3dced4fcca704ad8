"""Events that make an earlier result doubtful (practice 7), as a person or a hospital system tells them. Pure.

Surgery, transfusion, thrombolysis, chemotherapy, dialysis, trauma, a change of condition; not admission or discharge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from telemed.errors import Invalid
from telemed.recognition.facts import EventKind

#: Clocks of several systems differ by so much.
SKEW = timedelta(minutes=5)
#: What lies longer back speaks of no result that is still in any window.
REACH = timedelta(days=10 * 366)


@dataclass(frozen=True, slots=True)
class Told:
    """One event.  at: aware.  recorded_by: a person; client_id: a hospital system; one of the two."""

    id: UUID
    patient_id: UUID
    kind: EventKind
    at: datetime
    note: str
    organization_id: UUID
    recorded_by: UUID | None
    client_id: UUID | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """An event as it stands.  withdrawn_at: when it was taken back, None for one that counts.  Times UTC."""

    id: UUID
    patient_id: UUID
    kind: str
    at: datetime
    note: str
    organization_id: UUID
    recorded_by: UUID | None
    client_id: UUID | None
    recorded_at: datetime
    withdrawn_at: datetime | None


def refuse(told: Told) -> Invalid | None:
    """What keeps an event from being believed: no zone, the future, or before any result that could count."""
    if told.at.tzinfo is None:
        return Invalid(
            "time-without-zone",
            "时间缺少时区。未作任何记录，请重新填写。",
            "The time has no zone. Nothing was recorded; enter it again.",
        )
    if told.at > told.recorded_at + SKEW:
        return Invalid(
            "event-in-the-future",
            "时间晚于现在。未作任何记录，请核对日期和时间。",
            "This lies in the future. Nothing was recorded; check date and time.",
        )
    if told.at < told.recorded_at - REACH:
        return Invalid(
            "event-long-ago",
            "时间早于十年前，不影响任何结果的互认。未作任何记录，请核对日期。",
            "This lies more than ten years back, before any result that counts. Nothing was recorded; check the date.",
        )
    return None


def same(one: Standing, told: Told) -> bool:
    """Whether what is told is what is kept already; when it was told does not matter."""
    return (one.patient_id, one.kind, one.at, one.note, one.organization_id, one.recorded_by, one.client_id) == (
        told.patient_id,
        told.kind,
        told.at,
        told.note,
        told.organization_id,
        told.recorded_by,
        told.client_id,
    )
