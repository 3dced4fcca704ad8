"""G3: from when a result counts, and until when.  The anchor is never the day of the report (domain A8)."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from telemed.recognition.canonical import moment
from telemed.recognition.decision import Finding
from telemed.recognition.facts import Candidate
from telemed.recognition.grounds import finding
from telemed.recognition.rule_set import Parameters
from telemed.recognition.rules import Item


def anchor_of(candidate: Candidate, item: Item, as_of: datetime, parameters: Parameters) -> datetime | Finding:
    """When the result was collected or acquired; where that is not certain, the finding that says why."""
    name = f"{item.window.anchor}_at"
    at = candidate.collected_at if item.window.anchor == "collected" else candidate.acquired_at
    if at is None:
        return finding("anchor-missing", ("missing", name))
    told = (name, moment(at))
    if at.tzinfo is None:
        return finding("anchor-without-zone", told)
    if at > as_of:
        return finding("anchor-future", told, ("as_of", moment(as_of)))
    if at < _first_moment(parameters.earliest, parameters.utc_offset_minutes):
        return finding("anchor-absurd", told, ("earliest", parameters.earliest.isoformat()))
    reported = candidate.reported_at
    if reported is not None and reported.tzinfo is not None and at > reported:
        return finding("anchor-after-report", told, ("reported_at", moment(reported)))
    return at


def window(
    anchor: datetime | Finding, item: Item, encounter_class: str | None, as_of: datetime, parameters: Parameters
) -> Finding:
    """Inside through the last of the window's whole days after the anchor's, by the county's clock."""
    if isinstance(anchor, Finding):
        return anchor
    days = item.window.days if encounter_class is None else item.window.days_for(encounter_class)
    age = (parameters.day(as_of) - parameters.day(anchor)).days
    code = "window-within" if age <= days else "window-past"
    told = (f"{item.window.anchor}_at", moment(anchor))
    return finding(code, told, ("age_days", age), ("window_days", days), clause=item.clause)


@lru_cache
def _first_moment(day: date, utc_offset_minutes: int) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(minutes=utc_offset_minutes)
