"""G2: whether somebody answers for the quality of a result, and whether that reaches whoever is to accept it.

A grant must hold when the specimen was collected or the image acquired.  Where it rests on the county's reading, the
reporting organisation counts as the producer: a township's image read by the county is the county's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from telemed.recognition.decision import Finding
from telemed.recognition.facts import Candidate, Organization
from telemed.recognition.grounds import finding
from telemed.recognition.rules import PRINTS_HR, Basis, Grant, GrantState, Scope
from telemed.recognition.scopes import coverage, stands_against

#: The hard grounds: somebody looked and found the quality wanting.
_IN_DOUBT = frozenset({"grant-withdrawn", "grant-suspended"})
#: Where no grant holds, the finding told is the first of these: the gravest, then the nearest to holding.
_TOLD_FIRST = (
    "grant-withdrawn",
    "grant-suspended",
    "grant-scope-outside",
    "grant-proposed",
    "grant-out-of-period",
    "grant-other-reader",
    "grant-device-unknown",
    "grant-other-device",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found of grants; grant: the one relied on, or the one that stands against."""

    finding: Finding
    grant: Grant | None


def answer(
    grants: Sequence[Grant],
    candidate: Candidate,
    anchor: datetime | Finding,
    organizations: Mapping[str, Organization],
    accepter: Organization | None,
) -> Answer:
    """The grant a result rests on.  grants: those of its acquiring organisation for the item.

    A withdrawn or suspended evaluation of quality outweighs every grant that is not newer than it: where the quality
    is in doubt, no agreement between members mends it.  Other grants only have to hold themselves.
    """
    if not grants:
        return Answer(finding("grant-none", ("organization", candidate.acquiring_id)), None)
    if isinstance(anchor, Finding):
        return Answer(finding("grant-time-unknown", ("because", anchor.code)), None)
    told = [(standing(one, candidate, anchor, organizations, accepter), one) for one in grants]
    holding = [one for code, one in told if code == "grant-active"]
    doubted = [
        (code, one) for code, one in told if code in _IN_DOUBT and one.basis in PRINTS_HR and not _renewed(one, holding)
    ]
    if holding and not doubted:
        best = min(holding, key=lambda one: (one.basis not in PRINTS_HR, one.id))
        return Answer(_told("grant-active", best), best)
    code, one = min(doubted or told, key=lambda pair: (_TOLD_FIRST.index(pair[0]), pair[1].id))
    return Answer(_told(code, one), one)


def standing(
    grant: Grant,
    candidate: Candidate,
    anchor: datetime,
    organizations: Mapping[str, Organization],
    accepter: Organization | None,
) -> str:
    """What one grant is worth for one result.  An unknown organisation is told by the scope, not here."""
    if grant.device_id is not None and candidate.device_id is None:
        return "grant-device-unknown"
    if grant.device_id is not None and candidate.device_id != grant.device_id:
        return "grant-other-device"
    if grant.basis is Basis.COUNTY_READING and candidate.reporting_id != grant.reader_id:
        return "grant-other-reader"
    if grant.begins <= anchor and _reaches_from(grant) <= anchor:
        if grant.state is GrantState.WITHDRAWN:
            return "grant-withdrawn"
        if grant.state is GrantState.SUSPENDED:
            return "grant-suspended"
    if grant.state is GrantState.EXPIRED or not grant.begins <= anchor < grant.ends:
        return "grant-out-of-period"
    if grant.state is GrantState.PROPOSED:
        return "grant-proposed"
    producer = organizations.get(producer_of(candidate, grant))
    return "grant-scope-outside" if stands_against(coverage(grant.scope, producer, accepter)) else "grant-active"


def producer_of(candidate: Candidate, grant: Grant | None) -> str:
    """Whose result it is: the reader's where the grant rests on the county's reading, else whoever acquired it."""
    if grant is not None and grant.basis is Basis.COUNTY_READING:
        return candidate.reporting_id or candidate.acquiring_id
    return candidate.acquiring_id


def scope(document: Scope, producer: Organization | None, accepter: Organization | None) -> Finding:
    """Whether the document reaches from who produced the result to who is to accept it."""
    return finding(
        coverage(document, producer, accepter),
        ("scope", document.label),
        ("producer", None if producer is None else producer.id),
        ("accepter", None if accepter is None else accepter.id),
    )


def inside_community(producer: Organization | None, accepter: Organization | None) -> Finding:
    """Ultrasound depends on the hand that holds the probe: outside the community it is for reference only."""
    if producer is None or accepter is None:
        return finding("ultrasound-community-unknown")
    told = (("producer", producer.community), ("accepter", accepter.community))
    same = producer.community is not None and producer.community == accepter.community
    return finding("ultrasound-inside-community" if same else "ultrasound-outside-community", *told)


def _reaches_from(grant: Grant) -> datetime:
    """From when a withdrawal or suspension counts: back to where it says, else from when it became known."""
    return grant.withdrawn_from or grant.known_from


def _renewed(doubted: Grant, holding: Iterable[Grant]) -> bool:
    """Whether an evaluation of quality was given anew after the doubt began."""
    return any(one.basis in PRINTS_HR and one.begins >= _reaches_from(doubted) for one in holding)


def _told(code: str, grant: Grant) -> Finding:
    return finding(code, ("grant", grant.id), ("basis", str(grant.basis)), ("evidence", " ".join(grant.evidence)))
