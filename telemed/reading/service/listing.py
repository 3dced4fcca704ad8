"""What the lists and the desk read: lines, counts, one reading whole. No transitions here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from telemed.db import Connection, fetch_all, fetch_one, load
from telemed.patients.store import search_terms
from telemed.reading.model.rules import ReadingRules
from telemed.reading.store.rows import CountsRow, MedianRow, OverviewRow, SiteReportRow

queries = load("telemed.reading.store.worklist", "worklist.sql")

OPEN = (
    "receiving",
    "awaiting-match",
    "awaiting-reading",
    "reading",
    "returned",
    "on-hold",
    "returned-to-site",
    "awaiting-verification",
    "awaiting-formal-review",
    "verifying",
    "needs-recheck",
)
ISSUED = ("signed", "delivered", "viewed", "needs-recheck")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which saved view: states, and what else narrows it. verification: not written by me. since_today: issued ones."""

    states: tuple[str, ...]
    stat: bool = False
    checkup: bool | None = None
    mine: bool = False
    verification: bool = False
    issued: bool = False


VIEWS: Mapping[str, Wanted] = {
    "all": Wanted(OPEN),
    "todo": Wanted(OPEN, checkup=False),
    "stat": Wanted(OPEN, stat=True),
    "mine": Wanted(OPEN, mine=True),
    "verification": Wanted(("awaiting-verification", "awaiting-formal-review", "verifying"), verification=True),
    "returned": Wanted(("returned", "returned-to-site")),
    "attention": Wanted(("on-hold", "needs-recheck")),
    "checkup": Wanted(OPEN, checkup=True),
    "receiving": Wanted(("receiving", "awaiting-match")),
    "signed-today": Wanted(ISSUED, issued=True),
    "delivered-today": Wanted(("delivered", "viewed"), issued=True),
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """How the person narrows a view. after: the cursor of the page before. q: whom it may mean, empty: everybody."""

    me: UUID
    organizations: list[UUID] | None
    modality: str
    organization_id: UUID | None
    after: str
    limit: int
    q: str = ""


def midnight(now: datetime, rules: ReadingRules) -> datetime:
    """The beginning of the county's day."""
    local = now.astimezone(rules.calendar.offset)
    return datetime.combine(local.date(), time(), rules.calendar.offset)


async def lines(
    connection: Connection,
    view: Wanted,
    narrowed: Narrowed,
    now: datetime,
    rules: ReadingRules,
) -> tuple[list[OverviewRow], str | None]:
    """One page of a saved view, and the cursor of the next one."""
    after = _cursor(narrowed.after)
    params: dict[str, object] = {
        "states": list(view.states),
        "organizations": narrowed.organizations,
        "modality": narrowed.modality,
        "organization_id": narrowed.organization_id,
        "limit": narrowed.limit + 1,
        "stat": view.stat,
        "checkup": view.checkup,
        "mine": narrowed.me if view.mine else None,
        "not_by": narrowed.me if view.verification else None,
        "since": midnight(now, rules),
        "after_rank": after[0],
        "after_checkup": after[1],
        "after_due": after[2],
        "after_id": after[3],
        "searching": narrowed.q != "",
        **search_terms(narrowed.q),
    }
    query = queries["issued_work"] if view.issued else queries["open_work"]
    rows = await fetch_all(connection, query, params, OverviewRow)
    if len(rows) <= narrowed.limit:
        return rows, None
    kept = rows[: narrowed.limit]
    last = kept[-1]
    at = last.signed_at if view.issued else last.due_at
    moment = "infinity" if at is None else at.isoformat()
    return kept, f"{last.priority_rank}_{int(last.checkup)}_{moment}_{last.id}"


async def counts(
    connection: Connection,
    me: UUID,
    organizations: list[UUID] | None,
    now: datetime,
    rules: ReadingRules,
) -> tuple[CountsRow, list[MedianRow]]:
    """How many each view has, and today's medians."""
    params = {
        "open": list(OPEN),
        "issued": list(ISSUED),
        "me": me,
        "organizations": organizations,
        "since": midnight(now, rules),
    }
    row = await fetch_one(connection, queries["counts"], params, CountsRow)
    if row is None:
        raise LookupError("an aggregate without a row")
    return row, await fetch_all(connection, queries["medians"], params, MedianRow)


async def site_reports(
    connection: Connection,
    organizations: list[UUID] | None,
    now: datetime,
    *,
    unviewed_for: timedelta | None,
    limit: int,
    in_progress: bool = False,
) -> list[SiteReportRow]:
    """What came back for these organisations; in_progress: also what is still being read.

    unviewed_for: only what nobody there has opened for so long.
    """
    params = {
        "organizations": organizations,
        "unviewed": unviewed_for is not None,
        "in_progress": in_progress,
        "before": now - (unviewed_for or timedelta()),
        "limit": limit,
    }
    return await fetch_all(connection, queries["reports_of_site"], params, SiteReportRow)


def _cursor(text: str) -> tuple[int | None, bool | None, str | None, UUID | None]:
    """Read what `lines` wrote; anything else is the first page."""
    parts = text.split("_")
    if len(parts) != 4 or not (parts[0].isdecimal() and parts[1] in ("0", "1")):
        return None, None, None, None
    try:
        if parts[2] != "infinity":
            datetime.fromisoformat(parts[2])
        return int(parts[0]), parts[1] == "1", parts[2], UUID(parts[3])
    except ValueError:
        return None, None, None, None
