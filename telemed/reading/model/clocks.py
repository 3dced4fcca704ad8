"""The two clocks of a reading: 诊断用时 against its allowed time, and 全程用时 from the examination."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from telemed.reading.model.working_time import WorkingCalendar
from telemed.vocabulary import Priority

AMBER = 0.5  # shares of the allowed time at which the colour changes (pages.md)
RED = 0.8


class Level(StrEnum):
    CALM = "calm"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long a reading may take. Empty modality, body_site or priority: any. checkup None: either.

    working_time: counted in the working calendar; otherwise round the clock.
    """

    minutes: int
    modalities: frozenset[str] = frozenset()
    body_sites: frozenset[str] = frozenset()
    priority: Priority | None = None
    checkup: bool | None = None
    working_time: bool = False

    def admits(self, modalities: frozenset[str], body_site: str, priority: Priority, *, checkup: bool) -> bool:
        return (
            (not self.modalities or bool(self.modalities & modalities))
            and (not self.body_sites or any(site in body_site for site in self.body_sites))
            and self.priority in (None, priority)
            and self.checkup in (None, checkup)
        )

    @property
    def weight(self) -> int:
        """How specific the row is; the most specific one that admits a reading counts."""
        return (
            8 * (self.checkup is not None) + 4 * bool(self.body_sites) + 2 * bool(self.modalities) + bool(self.priority)
        )


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What a reading's row knows of its clock. stopped_at: since when it waits for material. All aware."""

    started_at: datetime
    due_at: datetime
    allowed_minutes: int
    working_time: bool
    stopped_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """What a screen shows. running: the elapsed time grows at this moment."""

    elapsed: timedelta
    allowed: timedelta
    level: Level
    running: bool
    overdue: bool


def allowance(
    rules: tuple[Allowance, ...],
    modalities: frozenset[str],
    body_site: str,
    priority: Priority,
    *,
    checkup: bool,
) -> Allowance:
    """The most specific row that admits the reading; of equals the shorter time.

    Raises LookupError when none does (the loader demands a row for everything).
    """
    fitting = [one for one in rules if one.admits(modalities, body_site, priority, checkup=checkup)]
    if not fitting:
        raise LookupError("no allowed time admits this reading")
    return max(fitting, key=lambda one: (one.weight, -one.minutes))


def due(start: datetime, allowed: Allowance, calendar: WorkingCalendar) -> datetime:
    """When the report must be out."""
    amount = timedelta(minutes=allowed.minutes)
    return calendar.add(start, amount) if allowed.working_time else start + amount


def read(facts: ClockFacts, calendar: WorkingCalendar, now: datetime) -> Clock:
    """Elapsed against allowed time at `now`; time spent waiting for material does not count."""
    until = facts.ended_at or facts.stopped_at or now
    allowed = timedelta(minutes=facts.allowed_minutes)
    # What the due time lies behind its first value is what the clock has stood still.
    if facts.working_time:
        stood = calendar.between(calendar.add(facts.started_at, allowed), facts.due_at)
        elapsed = calendar.between(facts.started_at, until) - stood
    else:
        elapsed = (until - facts.started_at) - (facts.due_at - facts.started_at - allowed)
    elapsed = max(elapsed, timedelta())
    share = elapsed / allowed if allowed else 1.0
    level = Level.RED if share >= RED else Level.AMBER if share >= AMBER else Level.CALM
    running = facts.ended_at is None and facts.stopped_at is None and (not facts.working_time or calendar.is_open(now))
    return Clock(elapsed, allowed, level, running, elapsed > allowed)


def due_after_stop(facts: ClockFacts, calendar: WorkingCalendar, now: datetime) -> datetime:
    """The new due time when the clock goes on: what was left when it stopped, from now."""
    if facts.stopped_at is None:
        return facts.due_at
    if not facts.working_time:
        return facts.due_at + (now - facts.stopped_at)
    if facts.stopped_at >= facts.due_at:
        return facts.due_at
    return calendar.add(now, calendar.between(facts.stopped_at, facts.due_at))


def out_of_hours(due_at: datetime, *, working_time: bool, calendar: WorkingCalendar, now: datetime) -> datetime | None:
    """When to promise the report (预计明日10:00前出报告); None while the reading room is staffed for it."""
    if not working_time or calendar.is_open(now) or due_at <= now:
        return None
    return due_at


def total_time(acquired_at: datetime | None, signed_at: datetime | None, now: datetime) -> timedelta | None:
    """全程用时; None when the time of examination is not known or lies after its end."""
    end = signed_at or now
    if acquired_at is None or acquired_at > end:
        return None
    return end - acquired_at
