"""Reading rules: a dated TOML file becomes frozen values, or one list of everything wrong with it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Annotated

import msgspec

from telemed.reading.model.clocks import Allowance
from telemed.reading.model.lint import LintRules
from telemed.reading.model.working_time import WorkingCalendar
from telemed.vocabulary import Priority, Text

Minutes = Annotated[int, msgspec.Meta(ge=1)]


class MalformedRules(Exception):
    """A rules file contradicts itself or the schema; the message names the file and the fault."""


class _Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lease_minutes: Minutes
    formal_review_minutes: Minutes
    site_return_hours: Minutes


class _Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    days: list[Annotated[int, msgspec.Meta(ge=1, le=7)]]
    open: time
    close: time


class _Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    utc_offset_minutes: int
    hours: list[_Hours]
    closed_days: list[date] = []
    open_days: list[date] = []


class _Allowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    minutes: Minutes
    source: str
    modalities: list[str] = []
    body_sites: list[str] = []
    priority: Priority | None = None
    checkup: bool | None = None
    working_time: bool = False


class _Lint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    female: list[str]
    male: list[str]
    not_organs: list[str]
    regions: dict[str, list[str]]
    typos: dict[str, str]


class _FixedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    zh: str
    en: str


class _Print(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lines: list[_FixedLine]
    preliminary: _FixedLine


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    effective: date
    claim: _Claim
    calendar: _Calendar
    allowed: list[_Allowed]
    lint: _Lint
    print: _Print


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """Everything about reading that a county may set. effective: the first day it holds."""

    effective: date
    lease: timedelta
    formal_review: Allowance
    site_return: timedelta
    calendar: WorkingCalendar
    allowances: tuple[Allowance, ...]
    lint: LintRules
    fixed_lines: tuple[Text, ...]
    preliminary_line: Text


def parse(name: str, text: str) -> ReadingRules:
    """Read one rules file. Raises MalformedRules for unknown keys, a gap in the allowed times, no open hours."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise MalformedRules(f"{name}: {error}") from error
    calendar = _calendar(file.calendar)
    allowances = tuple(
        Allowance(
            one.minutes,
            frozenset(one.modalities),
            frozenset(one.body_sites),
            one.priority,
            one.checkup,
            one.working_time,
        )
        for one in file.allowed
    )
    if not any(one.weight == 0 for one in allowances):
        raise MalformedRules(f"{name}: [[allowed]] needs one row without conditions, for whatever fits no other")
    longest = max(timedelta(minutes=one.minutes) for one in allowances)
    try:
        calendar.add(datetime.combine(file.effective, time(), calendar.offset), longest)
    except ValueError as error:
        raise MalformedRules(f"{name}: [calendar] {error}") from error
    return ReadingRules(
        effective=file.effective,
        lease=timedelta(minutes=file.claim.lease_minutes),
        formal_review=Allowance(file.claim.formal_review_minutes, working_time=True),
        site_return=timedelta(hours=file.claim.site_return_hours),
        calendar=calendar,
        allowances=allowances,
        lint=_lint(file.lint),
        fixed_lines=tuple(Text(one.zh, one.en) for one in file.print.lines),
        preliminary_line=Text(file.print.preliminary.zh, file.print.preliminary.en),
    )


def _calendar(file: _Calendar) -> WorkingCalendar:
    hours: dict[int, tuple[tuple[time, time], ...]] = {}
    for span in file.hours:
        for day in span.days:
            hours[day - 1] = tuple(sorted((*hours.get(day - 1, ()), (span.open, span.close))))
    return WorkingCalendar(
        timezone(timedelta(minutes=file.utc_offset_minutes)),
        hours,
        frozenset(file.closed_days),
        frozenset(file.open_days),
    )


def _lint(file: _Lint) -> LintRules:
    return LintRules(
        tuple(file.female),
        tuple(file.male),
        tuple(file.not_organs),
        {name: tuple(words) for name, words in file.regions.items()},
        dict(file.typos),
    )
