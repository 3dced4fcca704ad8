"""The figures of one month, counted by PostgreSQL from the rows behind them."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import psycopg

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Unavailable
from telemed.recognition import reasons
from telemed.statistics.months import Month
from telemed.statistics.parameters import Parameters

details: Mapping[str, LiteralString] = {**load(__name__, "details.sql"), **load(__name__, "attending.sql")}
_extracting = load(__name__, "extracting.sql")
_reading = load(__name__, "reading.sql")

Cut = Literal["member", "item", "doctor"]
SETTING: LiteralString = "select set_config('statement_timeout', %(milliseconds)s::text, true)"

#: Decisions written out in one transaction.
BATCH = 500
#: Milliseconds that counting a month may take; a month is an index range, so this bounds what one person can ask for.
LONGEST = 60_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted.  at: the moment it is counted at, by which a card is ignored or still open.  Aware."""

    month: Month
    zone: ZoneInfo
    parameters: Parameters
    at: datetime


class Cell(msgspec.Struct, frozen=True, order=True):
    """One count.  organization_id: None for the county.  cut: member | item | doctor.  key: of the item or doctor."""

    organization_id: UUID | None
    cut: str
    key: str
    code: str
    value: int


class _Count(msgspec.Struct):
    count: int


#: Which details speak of a cut, and so have rows to be summed by it.
CUTS: Mapping[Cut, tuple[str, ...]] = {
    "member": ("pieces", "own", "cards", "offers", "marks", "decisions", "attending"),
    "item": ("pieces", "cards", "offers"),
    "doctor": ("cards",),
}
_SUMMED: LiteralString = (  # a frame around the text of one detail
    "select organization_id, %(cut)s::text as cut, key, code, sum(value)::bigint as value from ({detail}) detail"
    " where code <> 'answer-ms' group by grouping sets ((organization_id, key, code), (key, code))"
    " having sum(value) > 0"
)
_MEDIAN: LiteralString = (
    "select organization_id, %(cut)s::text as cut, key, 'decision-time' as code,"
    " percentile_disc(0.5) within group (order by value) as value from ({detail}) detail"
    " where code = 'answer-ms' group by grouping sets ((organization_id, key), (key))"
)


def over(frame: LiteralString, detail: str) -> LiteralString:
    """A query over the rows of a detail: both are texts of this package."""
    return frame.replace("{detail}", details[detail].removesuffix(";"))


def params(asked: Asked, cut: Cut) -> dict[str, object]:
    """What the queries of details.sql and attending.sql are asked with."""
    rules = asked.parameters
    return {
        "first": asked.month.begins(asked.zone),
        "end": asked.month.ends(asked.zone),
        "first_day": asked.month.first,
        "end_day": asked.month.moved(1).first,
        "zone": asked.zone.key,
        "at": asked.at,
        "cut": cut,
        "look_back_days": rules.look_back_days,
        "ignored_hours": rules.ignored_hours,
        "re_order_days": rules.re_order_days,
        "net_days": rules.net_days,
        "opinion_fee": rules.opinion_fee,
        "dose_modalities": [one.modality for one in rules.dose],
        "dose_sites": [one.body_site for one in rules.dose],
        "dose_usv": [one.microsievert for one in rules.dose],
        "trip_codes": list(rules.trips),
        "trip_km": list(rules.trips.values()),
        "reason_system": reasons.SYSTEM,
        "not_counted": sorted(code for code, one in reasons.REASONS.items() if not one.counts_as_refusal),
    }


async def write_out(tx: Connection, month: Month, zone: ZoneInfo, now: datetime) -> int:
    """Write out decisions of a month that are not yet, at most BATCH; returns how many are left."""
    said = {"first": month.begins(zone), "end": month.ends(zone), "limit": BATCH, "now": now}
    await execute(tx, _extracting["write_out"], said)
    return await left_over(tx, month, zone)


async def left_over(connection: Connection, month: Month, zone: ZoneInfo) -> int:
    """How many decisions of a month are not written out, and so not counted yet."""
    said = {"first": month.begins(zone), "end": month.ends(zone)}
    found = await fetch_one(connection, _extracting["left_over"], said, _Count)
    return 0 if found is None else found.count


@contextmanager
def answered_in_time() -> Generator[None]:
    """Tells whoever asked that PostgreSQL stopped counting; nothing was changed.  Raises Unavailable."""
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise Unavailable(
            "statistics-take-too-long",
            "统计用时过长，已停止。数据未改动；封存后可直接查看，或稍后重试。",
            "Counting took too long and was stopped. Nothing was changed; look again later or once it is sealed.",
        ) from error


async def count(tx: Connection, asked: Asked, longest: int = LONGEST) -> list[Cell]:
    """Every count of a month that is not nought, in one order.

    Doctors are listed by who they are to their system, never by a figure. longest: milliseconds of one statement;
    raises QueryCanceled after it.
    """
    await execute(tx, SETTING, {"milliseconds": str(longest)})
    found: list[Cell] = []
    for cut, parts in CUTS.items():
        said = params(asked, cut)
        for part in parts:
            found += await fetch_all(tx, over(_SUMMED, part), said, Cell)
        if "cards" in parts and cut != "item":
            found += await fetch_all(tx, over(_MEDIAN, "cards"), said, Cell)
    found += await fetch_all(tx, _reading["reading"], params(asked, "member"), Cell)
    return sorted((one for one in found if not _doctor_of_the_county(one)), key=order)


def _doctor_of_the_county(one: Cell) -> bool:
    """A doctor is one member's: the same name at two members is two people."""
    return one.cut == "doctor" and one.organization_id is None


def order(one: Cell) -> tuple[str, str, str, str]:
    """The county first, then members; members, items, doctors; by key and code."""
    return ("" if one.organization_id is None else str(one.organization_id), one.cut, one.key, one.code)


def values(cells: Sequence[Cell], organization_id: UUID | None, cut: str = "member", key: str = "") -> dict[str, int]:
    """The counts of one line by code."""
    return {
        one.code: one.value
        for one in cells
        if one.organization_id == organization_id and one.cut == cut and one.key == key
    }
