"""What is recorded about quality: rounds, decisions, changes, agreements.  Grants are derived from these alone.

Each is a row that is never changed: `at` is when it holds from, `known_from` when the registry learnt of it.  Moments
are aware and UTC.  Facts of one programme speak of one organisation's items.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from telemed.recognition.rules import Basis, Scope


class Outcome(StrEnum):
    """What a round found; absent: it was required and the member did not take part."""

    PASS = "pass"  # noqa: S105 -- the outcome of a round
    FAIL = "fail"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class QualityEvaluation:
    """One member's outcome of one round of a programme.

    basis: EQA, IMAGING_QC or ON_SITE.  scope: where passing counts.  period: what was evaluated, [begins, ends).
    next_due: when the programme's next round is due, None where it does not say.  score: as printed.
    retroactive_from: a withdrawal that this failure brings reaches back to there.
    """

    id: str
    programme: str
    organization_id: str
    item_keys: frozenset[str]
    basis: Basis
    scope: Scope
    round: str
    period_begins: datetime
    period_ends: datetime
    outcome: Outcome
    published_at: datetime
    known_from: datetime
    device_id: str | None = None
    method_class: str | None = None
    score: str = ""
    next_due: datetime | None = None
    retroactive_from: datetime | None = None
    evidence_hash: str = ""

    @property
    def at(self) -> datetime:
        return self.published_at


@dataclass(frozen=True, slots=True)
class Revocation:
    """The programme takes an evaluation back: from `at` on it counts for nothing."""

    id: str
    evaluation_id: str
    at: datetime
    known_from: datetime


class Ruling(StrEnum):
    """What an issuer decides besides the rounds."""

    WITHDRAW = "withdraw"
    REINSTATE = "reinstate"


@dataclass(frozen=True, slots=True)
class IssuerDecision:
    """The issuer withdraws or gives back.  programme: or the id of an agreement.  None as device: all of them."""

    id: str
    programme: str
    item_keys: frozenset[str]
    ruling: Ruling
    at: datetime
    known_from: datetime
    device_id: str | None = None
    retroactive_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Another device, another method, another place, or a device out of service.  None as device: all of them."""

    id: str
    item_keys: frozenset[str]
    at: datetime
    known_from: datetime
    device_id: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """That after a change the results were shown to be what they were before.  None as device: all of them."""

    id: str
    item_keys: frozenset[str]
    at: datetime
    known_from: datetime
    device_id: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A community's document, or that the county reads what a member acquires; neither prints HR.

    basis: COMMUNITY_DOCUMENT or COUNTY_READING.  reader_id: the reading organisation, for COUNTY_READING alone.
    """

    id: str
    organization_id: str
    item_keys: frozenset[str]
    basis: Basis
    scope: Scope
    begins: datetime
    ends: datetime
    known_from: datetime
    device_id: str | None = None
    reader_id: str | None = None
    evidence_hash: str = ""

    @property
    def at(self) -> datetime:
        return self.begins


QualityFact = QualityEvaluation | Revocation | IssuerDecision | Change | Verification | Agreement


@dataclass(frozen=True, slots=True)
class GrantingParameters:
    """What the county may set, from `effective` on: for evaluations published since.

    max_age_days: the longest a pass counts when the programme names no earlier round.  grace_days: until the next
    outcome is published.  due_soon_days: how long before it is due the member is told.
    """

    effective: datetime
    max_age_days: int
    grace_days: int
    due_soon_days: int
