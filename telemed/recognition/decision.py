"""What a decision says: a verdict on every analyte of an order, and all that was found on the way to it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What the doctor is told; none of them keeps an order back (practice 7)."""

    MUST_OFFER = "must-offer"
    MAY_OFFER = "may-offer"
    EXEMPT = "exempt"
    NOT_ELIGIBLE = "not-eligible"
    INDETERMINATE = "indeterminate"


class Outcome(StrEnum):
    """UNKNOWN is neither yes nor no: a fact is missing, and the finding says which."""

    PASS = "pass"  # noqa: S105 (a word of the gates, no secret)
    FAIL = "fail"
    UNKNOWN = "unknown"


class Gate(StrEnum):
    """The questions put to each result, in the order they are written down."""

    IDENTITY = "identity"
    MAPPING = "mapping"
    STATUS = "G1"
    GRANT = "G2"
    WINDOW = "G3"
    COMPARABILITY = "G4"
    AVAILABILITY = "G5"
    INTERVENING = "G6"
    EXCEPTION = "G7"
    CONTEXT = "G8"


#: Names and values a finding rests on, in the order they were looked at: strings and integers only.
Evidence = tuple[tuple[str, str | int], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer of one gate.

    code: what was found, explained in words.py.  clause: what makes it count.  hard: whether a result that does not
    pass is set aside (FAIL) or left to a person (UNKNOWN); what is not hard only lowers the offer.
    """

    gate: Gate
    outcome: Outcome
    code: str
    clause: str
    evidence: Evidence
    hard: bool


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """The line of the document a verdict rests on; label: the range as printed, such as 全国HR."""

    issuer: str
    series: str
    number: str
    label: str
    item_key: str
    clause: str


@dataclass(frozen=True, slots=True)
class CandidateVerdict:
    """What one result is worth for one analyte.

    anchor: when it was collected or acquired, None where that is not certain.  grant_id: the grant it rests on;
    prints_hr: whether that grant carries the mark.  others: further documents that speak of it, and what they give.
    """

    candidate_id: str
    version: int
    verdict: Verdict
    anchor: datetime | None
    basis: LegalBasis
    grant_id: str | None
    prints_hr: bool
    findings: tuple[Finding, ...]
    others: tuple[tuple[LegalBasis, Verdict], ...] = ()


@dataclass(frozen=True, slots=True)
class AnalyteVerdict:
    """One analyte, or the one item of an order that is no panel; results best first, verdict None without any."""

    key: str
    verdict: Verdict | None
    candidates: tuple[CandidateVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to "is there a result I may rely on, and why?".

    verdict: the best of the analytes; None where no result stands to be shown: no card.
    covered: keys of analytes with a MUST_OFFER.  uncovered: all others, a result that only may be relied on among
    them.  trimmed: what is left to order once the covered is recognised, in the order of the panel; None where
    nothing is covered, empty where nothing is left.
    findings: on the order itself, its context and its item.  unmapped: results whose code nobody has mapped.
    """

    order_id: str
    engine_version: str
    as_of: datetime
    known_at: datetime
    verdict: Verdict | None
    analytes: tuple[AnalyteVerdict, ...]
    covered: tuple[str, ...]
    uncovered: tuple[str, ...]
    trimmed: tuple[str, ...] | None
    findings: tuple[Finding, ...]
    unmapped: tuple[str, ...]
