"""The clock of a reading's row."""

from __future__ import annotations

from datetime import datetime

from telemed.reading.model.clocks import Clock, ClockFacts, read
from telemed.reading.model.rules import ReadingRules
from telemed.reading.store.rows import OverviewRow, ReadingRow


def facts(row: ReadingRow | OverviewRow) -> ClockFacts | None:
    """None before the clock has started."""
    if row.clock_started_at is None or row.due_at is None or row.allowed_minutes is None:
        return None
    return ClockFacts(
        started_at=row.clock_started_at,
        due_at=row.due_at,
        allowed_minutes=row.allowed_minutes,
        working_time=row.working_time,
        stopped_at=row.clock_stopped_at,
        ended_at=row.clock_ended_at,
    )


def clock(row: ReadingRow | OverviewRow, now: datetime, rules: ReadingRules) -> Clock | None:
    known = facts(row)
    return None if known is None else read(known, rules.calendar, now)


def ended(row: ReadingRow, now: datetime, rules: ReadingRules) -> int | None:
    """诊断用时 in seconds if the report goes out now."""
    reading = clock(row, now, rules)
    return None if reading is None else int(reading.elapsed.total_seconds())
