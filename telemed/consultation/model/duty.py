"""Who is on duty, who is asked next, and where nobody is. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

LINES = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Shift:
    """A turn of duty; [begins, ends). signed_in_at: 到岗签到, None: nobody has."""

    id: UUID
    organization_id: UUID
    department: str
    line: int
    practitioner_id: UUID
    begins: datetime
    ends: datetime
    signed_in_at: datetime | None = None

    def covers(self, now: datetime) -> bool:
        return self.begins <= now < self.ends


def next_in_line(shifts: Sequence[Shift], passed: Collection[UUID], now: datetime) -> Shift | None:
    """The first line on duty who has not been asked in this round; whoever has signed in before who has not.

    passed: who was asked and did not accept.
    """
    on = [one for one in shifts if one.covers(now) and one.practitioner_id not in passed]
    return min(on, key=lambda one: (one.line, one.signed_in_at is None, one.begins, one.id), default=None)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody stands on the first line of a department."""

    department: str
    begins: datetime
    ends: datetime


def gaps(shifts: Sequence[Shift], department: str, begins: datetime, ends: datetime) -> list[Gap]:
    """Where the first line of a department is empty between two moments."""
    found: list[Gap] = []
    reached = begins
    first = (one for one in shifts if one.department == department and one.line == LINES[0])
    for one in sorted(first, key=lambda one: one.begins):
        if one.ends <= reached or one.begins >= ends:
            continue
        if one.begins > reached:
            found.append(Gap(department, reached, one.begins))
        reached = max(reached, one.ends)
    if reached < ends:
        found.append(Gap(department, reached, ends))
    return found


def overlaps(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    """Whether two appointments, [begins, ends), touch the same moment."""
    return one[0] < other[1] and other[0] < one[1]
