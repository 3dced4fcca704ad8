"""Whether whoever is on duty can be reached and may answer: looked at once a day for the day to come. Pure.

grafana-oncall #1326: an escalation went to a contact without a channel, and nobody knew before the night it counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from telemed.consultation.model.guards import Concern, Licence, of_expert

#: A look concerns the turns of duty of this long from then on.
AHEAD = timedelta(hours=24)
#: A day of looks begins at this hour of the county: before the day's turns do, and somebody is there to read it.
BEGINS = timedelta(hours=7)


class Unreachable(StrEnum):
    """Why a turn of duty may come to nothing."""

    NO_ACCOUNT = "no-account"
    SUSPENDED = "account-suspended"
    LEFT = "person-left"
    NOT_AN_EXPERT = "not-an-expert"  # nobody has said for what this person is asked
    NOT_ACCEPTING = "not-accepting"
    DEPARTMENT = "department-not-offered"  # asked for other departments
    NO_TELEPHONE = "no-telephone"  # neither of the turn nor of the person nor of the institution
    NO_LICENCE = Concern.NO_LICENCE.value
    LICENCE_EXPIRED = Concern.LICENCE_EXPIRED.value
    CATEGORY = Concern.CATEGORY.value
    OUTSIDE_SCOPE = Concern.OUTSIDE_SCOPE.value
    TOO_SHORT = Concern.TOO_SHORT.value
    PRACTICE_UNKNOWN = Concern.PRACTICE_UNKNOWN.value


@dataclass(frozen=True, slots=True)
class OnDuty:
    """What is known of somebody on duty.  departments: None where the person is no expert.

    last_day: of the turn, in the county: a licence is good through it or not.
    """

    department: str
    last_day: date
    works_here: bool
    has_account: bool
    account_active: bool
    departments: frozenset[str] | None
    accepts: bool
    licence: Licence
    has_telephone: bool


def why_not(one: OnDuty) -> frozenset[Unreachable]:
    """Everything that is in the way; empty where the person can be reached and may answer."""
    found: set[Unreachable] = set()
    if not one.works_here:
        found.add(Unreachable.LEFT)
    if not one.has_account:
        found.add(Unreachable.NO_ACCOUNT)
    elif not one.account_active:
        found.add(Unreachable.SUSPENDED)
    if one.departments is None:
        found.add(Unreachable.NOT_AN_EXPERT)
    else:
        if not one.accepts:
            found.add(Unreachable.NOT_ACCEPTING)
        if one.department not in one.departments:
            found.add(Unreachable.DEPARTMENT)
        found |= {Unreachable(each.value) for each in of_expert(one.licence, one.department, one.last_day)}
    if not one.has_telephone:
        found.add(Unreachable.NO_TELEPHONE)
    return frozenset(found)


def day_of(now: datetime, zone: tzinfo) -> date:
    """Whose look counts now: today's from BEGINS on, yesterday's before."""
    return (now.astimezone(zone) - BEGINS).date()
