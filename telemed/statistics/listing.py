"""What people read beside the figures: the decisions behind one, a single decision, the past of a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Invalid
from telemed.statistics.counting import LONGEST, SETTING, Asked, Cut, answered_in_time, over, params
from telemed.statistics.messages import AnswerSaid, DecisionLine, Words
from telemed.statistics.months import Month
from telemed.statistics.names import item_names, source_name

queries = load(__name__, "listing.sql")

#: Which detail a count comes from; what is not here has no decision of recognition behind it.
_OF: Mapping[str, frozenset[str]] = {
    "pieces": frozenset({"existing", "recognised", "refused", "not-counted"}),
    "own": frozenset({"own"}),
    "cards": frozenset({
        "shown", "informed", "accepted", "overridden", "withdrawn", "ignored", "open", "superseded",
        "under-second", "answer-ms",
    }),
    "offers": frozenset({
        "accepted-items", "accepted-again", "ignored-items", "ignored-elsewhere", "ignored-here", "savings-gross",
        "savings-retests", "opinion-fees", "dose", "trips", "trip-kilometres",
    }),
    "marks": frozenset({"marks", "marks-unfounded"}),
    "decisions": frozenset({"decisions", "exempt", "asked"}),
}  # fmt: skip
_LISTED: LiteralString = (
    "select decision_id as id, min(decided_at) as decided_at, sum(value)::bigint as value from ({detail}) detail"
    " where code = %(code)s::text and decision_id is not null"
    " and (%(organizations)s::uuid[] is null or organization_id = any(%(organizations)s::uuid[]))"
    " and (%(cut)s::text = 'member' or key = %(key)s::text)"
    " group by decision_id having (min(decided_at), decision_id) < (%(before)s::timestamptz, %(before_id)s::uuid)"
    " order by min(decided_at) desc, decision_id desc limit %(limit)s::int"
)
_LAST = UUID(int=(1 << 128) - 1)


class _Counted(msgspec.Struct):
    id: UUID
    decided_at: datetime
    value: int


class _About(msgspec.Struct):
    id: UUID
    organization_id: UUID
    organization_name: str
    decided_at: datetime
    verdict: str | None
    items: list[str]
    surface: str
    outcome: str
    reason: str


class Kept(msgspec.Struct, frozen=True):
    """A decision as it was kept."""

    id: UUID
    organization_id: UUID
    patient_id: UUID | None
    decided_at: datetime
    verdict: str | None
    engine_version: str
    trace_hash: str
    trace: str


class _Past(msgspec.Struct):
    month: date
    code: str
    value: int


class _Named(msgspec.Struct):
    key: str
    name: str


def detail_of(code: str) -> str | None:
    """Which detail a count comes from; None for one that leads to no decision."""
    if code.startswith("reason:"):
        return "cards"
    if code.startswith("source:"):
        return "decisions"
    return next((detail for detail, codes in _OF.items() if code in codes), None)


def cursor_of(text: str, end: datetime) -> tuple[datetime, UUID]:
    """Where a page goes on; '' begins at the end of the month. Raises Invalid for what no page gave."""
    if not text:
        return end, _LAST
    at, _, number = text.partition("|")
    try:
        found = datetime.fromisoformat(at), UUID(number)
    except ValueError:
        found = None
    if found is None or found[0].tzinfo is None:
        raise Invalid(
            "malformed-cursor", "翻页位置无效，请从第一页重新开始。", "The position is none; start at the first page."
        )
    return found


async def behind(  # noqa: PLR0917 (one list)
    tx: Connection,
    asked: Asked,
    code: str,
    cut: Cut,
    key: str,
    organizations: Sequence[UUID] | None,
    before: str,
    limit: int,
    longest: int = LONGEST,
) -> tuple[list[DecisionLine], str]:
    """The decisions that make up a count, the newest first, and the cursor of the next page ('' after the last).

    longest: milliseconds of one statement.  Raises Invalid for a count without decisions, Unavailable when it takes too
    long.
    """
    detail = detail_of(code)
    if detail is None:
        raise Invalid(
            "no-decisions-behind",
            "该数字没有对应的互认决定。",
            "There are no decisions of recognition behind this figure.",
        )
    await execute(tx, SETTING, {"milliseconds": str(longest)})
    at, number = cursor_of(before, asked.month.ends(asked.zone))
    said = {
        **params(asked, cut),
        "code": code,
        "key": key,
        "organizations": None if organizations is None else list(organizations),
        "before": at,
        "before_id": number,
        "limit": limit,
    }
    with answered_in_time():
        found = await fetch_all(tx, over(_LISTED, detail), said, _Counted)
        ids = [one.id for one in found]
        about = {one.id: one for one in await fetch_all(tx, queries["decisions"], {"ids": ids}, _About)}
    names = await item_names(tx) if found else {}
    lines = [
        DecisionLine(
            **msgspec.structs.asdict(line := about[one.id]),
            item_names=[names.get(key, Words(key, key)) for key in line.items],
            surface_name=source_name(line.surface),
            value=one.value,
        )
        for one in found
    ]
    last = found[-1] if len(found) == limit else None
    return lines, "" if last is None else f"{last.decided_at.isoformat()}|{last.id}"


async def decision(connection: Connection, number: UUID) -> tuple[Kept, list[AnswerSaid]] | None:
    """One decision with its cards; None for one that is not there."""
    kept = await fetch_one(connection, queries["decision"], {"id": number}, Kept)
    return None if kept is None else (kept, await fetch_all(connection, queries["cards"], {"id": number}, AnswerSaid))


async def past(connection: Connection, first: Month, last: Month, member: UUID | None) -> dict[Month, dict[str, int]]:
    """The counts of one line in each sealed month, by the version that counts."""
    said = {"first": first.first, "last": last.first, "organization": "" if member is None else str(member)}
    found: dict[Month, dict[str, int]] = {}
    for one in await fetch_all(connection, queries["past"], said, _Past):
        found.setdefault(Month(one.month), {})[one.code] = one.value
    return found


async def practitioner_names(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """What the people behind some keys are called; a key of another system's user has no name here."""
    rows = await fetch_all(connection, queries["practitioners"], {"keys": sorted(set(keys))}, _Named)
    return {one.key: one.name for one in rows}
