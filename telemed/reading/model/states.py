"""A reading's states as frozen records and its transitions as functions (tests/spec/reading_states.md).

A reading is two UPS steps, Interpretation and Report Verification (PS3.4 CC.1.1): a transition says how the
open step ends and which step is open afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from telemed.vocabulary import OrganizationId, PractitionerId, Priority, ReadingId, StudyId, WorkItemId


class Mode(StrEnum):
    """Who writes and who verifies."""

    COUNTY_READ = "county-read"  # 县写县审
    TOWNSHIP_DRAFTED = "township-drafted"  # 乡写县审
    SELF_REPORTED = "self-reported"  # 本院自报


class Side(StrEnum):
    """Whose people do a step: the county centre's or those of the site that examined."""

    COUNTY = "county"
    SITE = "site"


class Kind(StrEnum):
    INTERPRETATION = "interpretation"
    VERIFICATION = "verification"


class Purpose(StrEnum):
    """The DiagnosticReport.status the step works towards."""

    FINAL = "final"
    AMENDED = "amended"
    APPENDED = "appended"


class Hold(StrEnum):
    JOINT_READING = "joint-reading"  # 科内集体阅片
    UPPER_HOSPITAL = "upper-hospital"  # 请上级会诊
    WAITING_FOR_MATERIAL = "waiting-for-material"  # 待补资料, the only one that stops the clock


class Outcome(StrEnum):
    """How a step ended."""

    SUBMITTED = "submitted"
    PRELIMINARY = "preliminary"
    SELF_SIGNED = "self-signed"
    SIGNED = "signed"
    RETURNED = "returned"
    RELEASED = "released"
    EXPIRED = "expired"
    TAKEN_OVER = "taken-over"
    RECALLED = "recalled"
    ON_HOLD = "on-hold"
    RETURNED_TO_SITE = "returned-to-site"
    ABANDONED = "abandoned"
    INTENT_CHANGED = "intent-changed"
    REASSIGNED = "reassigned"

    @property
    def completed(self) -> bool:
        """Whether UPS calls it COMPLETED (the rest are CANCELED)."""
        return self in (Outcome.SUBMITTED, Outcome.PRELIMINARY, Outcome.SELF_SIGNED, Outcome.SIGNED, Outcome.RETURNED)


@dataclass(frozen=True, slots=True)
class Case:
    """What every state of a reading carries. preliminary: an emergency preliminary has been released."""

    id: ReadingId
    study_id: StudyId
    organization_id: OrganizationId
    mode: Mode
    priority: Priority
    preliminary: bool


@dataclass(frozen=True, slots=True)
class ScheduledItem:
    """UPS SCHEDULED. assigned_to: only this person claims it; others take over with a reason."""

    id: WorkItemId
    kind: Kind
    purpose: Purpose
    side: Side
    assigned_to: PractitionerId | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ClaimedItem:
    """UPS IN PROGRESS, locked by its Transaction UID."""

    id: WorkItemId
    kind: Kind
    purpose: Purpose
    side: Side
    transaction_uid: str
    claimed_by: PractitionerId
    claimed_at: datetime
    lease_until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who takes a step, under which lock, until when if nothing is heard."""

    by: PractitionerId
    transaction_uid: str
    at: datetime
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Receiving:
    """上传中: images arrive, nobody reads yet."""

    case: Case


@dataclass(frozen=True, slots=True)
class AwaitingMatch:
    """待匹配检查: complete, but it is not sure whose request it answers."""

    case: Case


@dataclass(frozen=True, slots=True)
class AwaitingReading:
    """待诊断."""

    case: Case
    item: ScheduledItem


@dataclass(frozen=True, slots=True)
class InReading:
    """诊断中."""

    case: Case
    item: ClaimedItem


@dataclass(frozen=True, slots=True)
class Returned:
    """待修改: back with its author."""

    case: Case
    item: ScheduledItem


@dataclass(frozen=True, slots=True)
class OnHold:
    """疑难挂起."""

    case: Case
    hold: Hold
    purpose: Purpose
    side: Side
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnedToSite:
    """退回机构: the site owes an answer; holder gets the reading back."""

    case: Case
    holder: PractitionerId
    purpose: Purpose
    side: Side
    reason: str


@dataclass(frozen=True, slots=True)
class AwaitingVerification:
    """待审核."""

    case: Case
    item: ScheduledItem
    author: PractitionerId


@dataclass(frozen=True, slots=True)
class AwaitingFormalReview:
    """待补审: the emergency preliminary is out."""

    case: Case
    item: ScheduledItem
    author: PractitionerId


@dataclass(frozen=True, slots=True)
class Verifying:
    """审核中."""

    case: Case
    item: ClaimedItem
    author: PractitionerId


@dataclass(frozen=True, slots=True)
class Signed:
    """已签发."""

    case: Case
    author: PractitionerId
    verifier: PractitionerId | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """已送达."""

    case: Case
    author: PractitionerId
    verifier: PractitionerId | None


@dataclass(frozen=True, slots=True)
class Viewed:
    """已查看/已打印."""

    case: Case
    author: PractitionerId
    verifier: PractitionerId | None


@dataclass(frozen=True, slots=True)
class NeedsRecheck:
    """待复核: images came after signing."""

    case: Case
    author: PractitionerId
    verifier: PractitionerId | None


@dataclass(frozen=True, slots=True)
class Void:
    """报告作废."""

    case: Case


@dataclass(frozen=True, slots=True)
class Canceled:
    """No reading is asked for any more."""

    case: Case


Issued = Signed | Delivered | Viewed | NeedsRecheck
Writable = AwaitingReading | InReading | Returned
State = (
    Receiving
    | AwaitingMatch
    | AwaitingReading
    | InReading
    | Returned
    | OnHold
    | ReturnedToSite
    | AwaitingVerification
    | AwaitingFormalReview
    | Verifying
    | Signed
    | Delivered
    | Viewed
    | NeedsRecheck
    | Void
    | Canceled
)
WORDS: dict[type[State], str] = {
    Receiving: "receiving",
    AwaitingMatch: "awaiting-match",
    AwaitingReading: "awaiting-reading",
    InReading: "reading",
    Returned: "returned",
    OnHold: "on-hold",
    ReturnedToSite: "returned-to-site",
    AwaitingVerification: "awaiting-verification",
    AwaitingFormalReview: "awaiting-formal-review",
    Verifying: "verifying",
    Signed: "signed",
    Delivered: "delivered",
    Viewed: "viewed",
    NeedsRecheck: "needs-recheck",
    Void: "void",
    Canceled: "canceled",
}

To_co = TypeVar("To_co", bound=State, covariant=True)


@dataclass(frozen=True, slots=True)
class Moved(Generic[To_co]):
    """The state after a transition and how the step that was open ended (None: no step was open, or it goes on)."""

    state: To_co
    ended: Ended | None = None


def word(state: State) -> str:
    """The stable word of a state, as stored and sent."""
    return WORDS[type(state)]


def author_side(mode: Mode) -> Side:
    """Whose people write."""
    return Side.COUNTY if mode is Mode.COUNTY_READ else Side.SITE


def verifier_side(mode: Mode) -> Side:
    """Whose people verify."""
    return Side.SITE if mode is Mode.SELF_REPORTED else Side.COUNTY


def ready(state: Receiving | AwaitingMatch, item: WorkItemId) -> Moved[AwaitingReading]:
    """The study can be read: schedule the Interpretation."""
    opened = ScheduledItem(item, Kind.INTERPRETATION, Purpose.FINAL, author_side(state.case.mode))
    return Moved(AwaitingReading(state.case, opened))


def wait_for_match(state: Receiving | AwaitingReading) -> Moved[AwaitingMatch]:
    """It is not, or no longer, sure whose images these are."""
    ended = Ended(Outcome.INTENT_CHANGED, "unmatched") if isinstance(state, AwaitingReading) else None
    return Moved(AwaitingMatch(state.case), ended)


def cancel(state: Receiving | AwaitingMatch | AwaitingReading) -> Moved[Canceled]:
    """No reading is wanted (仅存档, 历史补传): possible only while nobody has begun."""
    ended = Ended(Outcome.INTENT_CHANGED) if isinstance(state, AwaitingReading) else None
    return Moved(Canceled(state.case), ended)


def claim(state: AwaitingReading | Returned, claim: Claim) -> Moved[InReading]:
    """领取."""
    return Moved(InReading(state.case, _claimed(state.item, claim)))


def claim_verification(state: AwaitingVerification | AwaitingFormalReview, claim: Claim) -> Moved[Verifying]:
    return Moved(Verifying(state.case, _claimed(state.item, claim), state.author))


def extend(state: InReading | Verifying, lease_until: datetime) -> Moved[InReading | Verifying]:
    """A heartbeat or a saved draft keeps the claim."""
    return Moved(replace(state, item=replace(state.item, lease_until=max(lease_until, state.item.lease_until))))


def release(
    state: InReading | Verifying,
    item: WorkItemId,
    why: Outcome,
) -> Moved[AwaitingReading | AwaitingVerification | AwaitingFormalReview]:
    """放弃领取, or nothing was heard until the lease was over: the step is free for anybody again."""
    freed = _again(state.item, item)
    if isinstance(state, InReading):
        return Moved(AwaitingReading(state.case, freed), Ended(why))
    if state.case.preliminary and state.item.purpose is Purpose.FINAL:
        return Moved(AwaitingFormalReview(state.case, freed, state.author), Ended(why))
    return Moved(AwaitingVerification(state.case, freed, state.author), Ended(why))


def take_over(
    state: InReading | Returned | Verifying,
    item: WorkItemId,
    claim: Claim,
    reason: str,
) -> Moved[InReading | Verifying]:
    """接管: the step of another becomes mine; the draft stays visible under its author's name."""
    taken = _claimed(_again(state.item, item), claim)
    ended = Ended(Outcome.TAKEN_OVER, reason)
    if isinstance(state, Verifying):
        return Moved(Verifying(state.case, taken, state.author), ended)
    return Moved(InReading(state.case, taken), ended)


def submit(state: InReading, item: WorkItemId) -> Moved[AwaitingVerification]:
    """提交审核: the author has signed."""
    opened = ScheduledItem(
        item,
        Kind.VERIFICATION,
        state.item.purpose,
        verifier_side(state.case.mode),
        reason=state.item.reason,
    )
    return Moved(AwaitingVerification(state.case, opened, state.item.claimed_by), Ended(Outcome.SUBMITTED))


def release_preliminary(state: InReading, item: WorkItemId) -> Moved[AwaitingFormalReview]:
    """急诊临时报告 goes out; a formal review is due."""
    opened = ScheduledItem(item, Kind.VERIFICATION, Purpose.FINAL, verifier_side(state.case.mode))
    case = replace(state.case, preliminary=True)
    return Moved(AwaitingFormalReview(case, opened, state.item.claimed_by), Ended(Outcome.PRELIMINARY))


def self_sign(state: InReading) -> Moved[Signed]:
    """本院自报: the site's physician signs alone."""
    return Moved(Signed(state.case, state.item.claimed_by, None), Ended(Outcome.SELF_SIGNED))


def recall(state: AwaitingVerification, item: WorkItemId, claim: Claim) -> Moved[InReading]:
    """撤回提交: possible until somebody verifies."""
    again = ScheduledItem(
        item,
        Kind.INTERPRETATION,
        state.item.purpose,
        author_side(state.case.mode),
        reason=state.item.reason,
    )
    return Moved(InReading(state.case, _claimed(again, claim)), Ended(Outcome.RECALLED))


def return_to_author(state: Verifying, item: WorkItemId, comment: str) -> Moved[Returned]:
    """退回修改."""
    opened = ScheduledItem(
        item,
        Kind.INTERPRETATION,
        state.item.purpose,
        author_side(state.case.mode),
        assigned_to=state.author,
        reason=state.item.reason,
    )
    return Moved(Returned(state.case, opened), Ended(Outcome.RETURNED, comment))


def sign(state: Verifying) -> Moved[Signed]:
    """审核签发, one act."""
    return Moved(Signed(state.case, state.author, state.item.claimed_by), Ended(Outcome.SIGNED))


def withdraw(
    state: Signed,
    item: WorkItemId,
    purpose: Purpose,
    reason: str,
) -> Moved[AwaitingVerification | AwaitingFormalReview | Returned]:
    """撤回签发: the step that signed is open again for the one who signed (guard: delivery.may_withdraw)."""
    if state.verifier is None:
        again = ScheduledItem(item, Kind.INTERPRETATION, purpose, author_side(state.case.mode), state.author, reason)
        return Moved(Returned(state.case, again))
    opened = ScheduledItem(item, Kind.VERIFICATION, purpose, verifier_side(state.case.mode), state.verifier, reason)
    if state.case.preliminary and purpose is Purpose.FINAL:
        return Moved(AwaitingFormalReview(state.case, opened, state.author))
    return Moved(AwaitingVerification(state.case, opened, state.author))


def amend(state: Issued, item: WorkItemId, purpose: Purpose, claim: Claim, reason: str) -> Moved[InReading]:
    """更正报告 or 补充报告 begins; the issued version stands until the new one is signed."""
    opened = ScheduledItem(item, Kind.INTERPRETATION, purpose, author_side(state.case.mode), reason=reason)
    return Moved(InReading(state.case, _claimed(opened, claim)))


def abandon(state: Writable, back: Issued) -> Moved[Issued] | None:
    """A correction or addendum is given up: the issued version stands as it did. None for a first report."""
    if state.item.purpose is Purpose.FINAL:
        return None
    return Moved(back, Ended(Outcome.ABANDONED))


def hold(state: InReading, why: Hold) -> Moved[OnHold]:
    """疑难挂起."""
    item = state.item
    return Moved(OnHold(state.case, why, item.purpose, item.side, item.reason), Ended(Outcome.ON_HOLD, why))


def resume(state: OnHold, item: WorkItemId, claim: Claim) -> Moved[InReading]:
    opened = ScheduledItem(item, Kind.INTERPRETATION, state.purpose, state.side, reason=state.reason)
    return Moved(InReading(state.case, _claimed(opened, claim)))


def return_to_site(state: InReading, note: str) -> Moved[ReturnedToSite]:
    """退回机构."""
    item = state.item
    back = ReturnedToSite(state.case, item.claimed_by, item.purpose, item.side, item.reason)
    return Moved(back, Ended(Outcome.RETURNED_TO_SITE, note))


def answered(state: ReturnedToSite, item: WorkItemId) -> Moved[AwaitingReading]:
    """The site has answered: back to the one who asked."""
    opened = ScheduledItem(
        item,
        Kind.INTERPRETATION,
        state.purpose,
        state.side,
        assigned_to=state.holder,
        reason=state.reason,
    )
    return Moved(AwaitingReading(state.case, opened))


def recheck(state: Issued) -> Moved[NeedsRecheck]:
    """签发后新到图像."""
    return Moved(NeedsRecheck(state.case, state.author, state.verifier))


def void(state: Issued) -> Moved[Void]:
    """报告作废(归属错误)."""
    return Moved(Void(state.case))


Open = (
    Receiving
    | AwaitingMatch
    | AwaitingReading
    | InReading
    | Returned
    | OnHold
    | ReturnedToSite
    | AwaitingVerification
    | AwaitingFormalReview
    | Verifying
    | Issued
)


def reassign(state: Open, *, issued: bool) -> Moved[Void | Canceled]:
    """归属更正: the study is of another patient, nothing of this reading stands. issued: a report is out."""
    steps = (AwaitingReading, InReading, Returned, AwaitingVerification, AwaitingFormalReview, Verifying)
    ended = Ended(Outcome.REASSIGNED) if isinstance(state, steps) else None
    return Moved(Void(state.case) if issued else Canceled(state.case), ended)


def _claimed(item: ScheduledItem, claim: Claim) -> ClaimedItem:
    return ClaimedItem(
        item.id,
        item.kind,
        item.purpose,
        item.side,
        claim.transaction_uid,
        claim.by,
        claim.at,
        claim.lease_until,
        item.reason,
    )


def _again(item: ScheduledItem | ClaimedItem, new: WorkItemId) -> ScheduledItem:
    return ScheduledItem(new, item.kind, item.purpose, item.side, reason=item.reason)
