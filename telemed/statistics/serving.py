"""Figures of a period for people: sealed ones as they were sealed, others counted now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from telemed.db import Pool
from telemed.errors import NotFound
from telemed.recognition.listing import organization_names
from telemed.recognition.reasons import REASONS
from telemed.statistics import figures, listing
from telemed.statistics.counting import LONGEST, Asked, Cell, answered_in_time, count, left_over, write_out
from telemed.statistics.figures import Figure, Shown
from telemed.statistics.indicators import BY_CODE, DEFINITIONS
from telemed.statistics.indicators.definition import Audience
from telemed.statistics.messages import (
    FigureSaid,
    LineSaid,
    MonthSaid,
    Named,
    ParametersSaid,
    Past,
    Statistics,
    Words,
)
from telemed.statistics.months import Month, parsed
from telemed.statistics.names import item_names, source_name
from telemed.statistics.parameters import Parameters, in_force
from telemed.statistics.sealing import counted_at, last_seal, seal_of
from telemed.statistics.seals import cells_of, parameters_of

#: Batches of decisions that one request writes out before it counts; the background task does the rest.
BATCHES = 4
#: Sealed months beside the figures, for the chart.
HISTORY = 12
_LEADS = {"decision-time": "answer-ms", "savings-net": "savings-gross", "reason-entropy": "overridden"}


@dataclass(frozen=True, slots=True)
class Counted:
    """One month as it is to be shown."""

    said: MonthSaid
    cells: Sequence[Cell]
    parameters: Parameters


@dataclass(frozen=True)
class Figures:
    """Looks figures up, or counts them.

    parameters: the first first.  longest: milliseconds of one statement.  turn: one count of an open month at a time.
    """

    zone: ZoneInfo
    parameters: Sequence[Parameters]
    longest: int = LONGEST
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def asked(self, month: Month, now: datetime) -> Asked:
        """How a month is counted now: of a month that could be sealed, as it would be."""
        rules = in_force(self.parameters, month)
        closed = month.may_be_sealed(now, self.zone, rules.seal_day)
        return Asked(month, self.zone, rules, counted_at(month, self.zone, rules) if closed else now)

    async def month(self, pool: Pool, month: Month, now: datetime, version: int = 0) -> Counted:
        """The version asked for, the one that counts, or where there is none what is counted now.

        Raises NotFound for a version that is not there, Unavailable when counting takes too long.
        """
        async with pool.connection() as connection:
            seal = await (seal_of(connection, month, version) if version else last_seal(connection, month))
        if seal is None and version:
            raise NotFound("unknown-version", "该月没有这个版本。", "There is no such version of the month.")
        begins = counted_at(month, self.zone, in_force(self.parameters, month))
        if seal is not None:
            said = MonthSaid(month.name, seal.version, seal.content_hash, seal.sealed_at, 0, begins)
            content = await asyncio.to_thread(cells_of, seal.content)
            return Counted(said, content, parameters_of(seal.content))
        asked = self.asked(month, now)
        async with self.turn:
            cells, left = await self._counted(pool, asked, now)
        return Counted(MonthSaid(month.name, 0, "", asked.at, left, begins), cells, asked.parameters)

    async def _counted(self, pool: Pool, asked: Asked, now: datetime) -> tuple[list[Cell], int]:
        for _ in range(BATCHES):
            async with pool.transaction() as tx:
                if not await write_out(tx, asked.month, self.zone, now):
                    break
        with answered_in_time():
            async with pool.transaction() as tx:
                await tx.execute("set transaction isolation level repeatable read")
                return await count(tx, asked, self.longest), await left_over(tx, asked.month, self.zone)

    async def statistics(  # noqa: PLR0917 (what a page is asked with)
        self, pool: Pool, period: str, cut: str, view: View, now: datetime, version: int = 0
    ) -> Statistics:
        """The lines of a period that somebody may see."""
        months = parsed(period)
        begun = [one for one in months if one.begins(self.zone) <= now]
        found = [await self.month(pool, one, now, version if len(months) == 1 else 0) for one in begun]
        rules = found[-1].parameters if found else in_force(self.parameters, months[0])
        lines = view.lines(found, cut)
        member = view.only or view.own
        async with pool.connection() as connection:
            past = await listing.past(connection, months[0].moved(-HISTORY), months[-1], member)
        return Statistics(
            period=period,
            definitions=DEFINITIONS,
            scope=view.name,
            months=[one.said for one in found],
            parameters=_parameters(rules),
            lines=await _said(pool, lines, quality=view.quality),
            history=[
                Past(month.name, _figures(figures.line_of((member, "member", ""), counts, view.audiences).figures))
                for month, counts in past.items()
            ],
        )


@dataclass(frozen=True, slots=True)
class View:
    """What somebody sees.  name: community | own | bureau.  members: whose lines; own: the one member of an own view.

    only: one member that was asked for.  personal: of one doctor, who is not shown what only the quality officer sees.
    """

    name: Literal["community", "own", "bureau"]
    members: frozenset[UUID] | None
    own: UUID | None = None
    only: UUID | None = None
    quality: bool = False
    personal: bool = False

    @property
    def audiences(self) -> frozenset[Audience]:
        return frozenset(Audience) if self.quality else frozenset({Audience.OFFICIAL})

    def lines(self, months: Sequence[Counted], cut: str) -> list[Shown]:
        if self.name == "bureau":
            found = figures.for_the_bureau([(one.cells, one.parameters.small_count) for one in months], cut)
        else:
            cells = figures.summed([one.cells for one in months])
            found = figures.for_members(cells, cut, None, quality=self.quality)
            if self.personal:
                found = [figures.of_oneself(one) for one in found]
        county = self.name != "own" and self.only is None
        return [one for one in found if self._admits(one.organization_id, county=county)]

    def _admits(self, organization_id: UUID | None, *, county: bool) -> bool:
        if organization_id is None:
            return county
        return (self.members is None or organization_id in self.members) and self.only in {None, organization_id}


async def _said(pool: Pool, lines: Sequence[Shown], *, quality: bool) -> list[LineSaid]:
    """Lines with the names of members, items and doctors."""
    async with pool.connection() as connection:
        names = await organization_names(connection, {one.organization_id for one in lines if one.organization_id})
        items = await item_names(connection) if any(one.cut == "item" for one in lines) else {}
        doctors = [one.key for one in lines if one.cut == "doctor"]
        people = await listing.practitioner_names(connection, doctors) if quality and doctors else {}

    def named(one: Shown) -> Words:
        item = items.get(one.key)
        if item is not None:
            return item
        name = people.get(one.key, one.key)
        return Words(name, name)

    return [
        LineSaid(
            organization_id=one.organization_id,
            organization_name="" if one.organization_id is None else names.get(one.organization_id, ""),
            key=one.key,
            name=named(one),
            figures=_figures(one.figures),
            reasons=[_reason(code, number) for code, number in one.reasons.items()],
            sources=[Named(code, source_name(code), number) for code, number in one.sources.items()],
            hidden=one.hidden,
        )
        for one in lines
    ]


def _figures(found: Iterable[Figure]) -> list[FigureSaid]:
    return [FigureSaid(one.code, one.value, one.of, leads_to(one.code)) for one in found]


def leads_to(code: str) -> str:
    """The count whose decisions stand behind an indicator; '' for one that has none."""
    first = _LEADS.get(code, BY_CODE[code].numerator[0])
    return first if listing.detail_of(first) is not None else ""


def _reason(code: str, number: int) -> Named:
    known = REASONS.get(code)
    words = (
        Words("其他系统的原因", "A reason of another system") if known is None else Words(known.text.zh, known.text.en)
    )
    return Named(code, words, number)


def _parameters(rules: Parameters) -> ParametersSaid:
    return msgspec.convert(msgspec.to_builtins(rules), ParametersSaid)
