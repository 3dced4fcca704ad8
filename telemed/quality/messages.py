"""What the routes of 质量评价 take and return."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.recognition.quality import Outcome, Ruling
from telemed.recognition.rules import GrantState

Name = Annotated[str, Meta(min_length=1, max_length=200)]
ItemKeys = Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(min_length=1, max_length=2000)]
#: The id of an enrolled device, or what a laboratory calls its analyser.
Device = Annotated[str, Meta(min_length=1, max_length=64)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
EvaluatedBy = Literal["external-quality-assessment", "imaging-quality-control", "county-on-site-check"]
AgreedBy = Literal["community-document", "county-remote-reading"]
Kind = Literal["evaluation", "agreement", "revocation", "withdraw", "reinstate", "change", "verification"]


class Mark(msgspec.Struct, frozen=True):
    """Where passing counts.  label: as printed, such as 全国HR.  region: GB/T 2260 digits, for a region alone."""

    kind: Literal["national", "region", "community"]
    label: Annotated[str, Meta(min_length=1, max_length=40)]
    region: Annotated[str, Meta(pattern=r"^([0-9]{2}){0,3}$", max_length=6)] = ""


class EvaluationBody(msgspec.Struct, frozen=True, tag="evaluation", tag_field="kind"):
    """One outcome of one round.  Days are the county's; period_ends is the last day that was evaluated."""

    programme: Name
    round: Annotated[str, Meta(min_length=1, max_length=100)]
    basis: EvaluatedBy
    mark: Mark
    items: ItemKeys
    period_begins: date
    period_ends: date
    outcome: Outcome
    published: date
    device: Device | None = None
    score: Annotated[str, Meta(max_length=40)] = ""
    next_due: date | None = None
    retroactive_from: date | None = None


class AgreementBody(msgspec.Struct, frozen=True, tag="agreement", tag_field="kind"):
    """A community's document, or that the county reads.  last_day: the last on which it holds."""

    basis: AgreedBy
    label: Annotated[str, Meta(min_length=1, max_length=100)]
    items: ItemKeys
    begins: date
    last_day: date
    device: Device | None = None
    reader: UUID | None = None


class RevocationBody(msgspec.Struct, frozen=True, tag="revocation", tag_field="kind"):
    """The programme takes an evaluation back."""

    evaluation: UUID
    day: date


class RulingBody(msgspec.Struct, frozen=True, tag="ruling", tag_field="kind"):
    """The issuer withdraws or gives back.  programme: or the id of an agreement."""

    programme: Name
    items: ItemKeys
    ruling: Ruling
    day: date
    device: Device | None = None
    retroactive_from: date | None = None


class ChangeBody(msgspec.Struct, frozen=True, tag="change", tag_field="kind"):
    """Another device, another method, another place.  device None: all of them."""

    items: ItemKeys
    day: date
    device: Device | None = None


class VerificationBody(msgspec.Struct, frozen=True, tag="verification", tag_field="kind"):
    """That after a change the results were shown to be what they were before."""

    items: ItemKeys
    day: date
    device: Device | None = None


FactBody = EvaluationBody | AgreementBody | RevocationBody | RulingBody | ChangeBody | VerificationBody


class PreviewBody(msgspec.Struct, frozen=True):
    """id: chosen by whoever enters it, so that the same entry sent twice is recorded once."""

    id: UUID
    organization: UUID
    fact: FactBody


class RecordBody(msgspec.Struct, frozen=True):
    """seen: the digest of the consequences as they were shown."""

    id: UUID
    organization: UUID
    fact: FactBody
    seen: Digest


class ItemWords(msgspec.Struct, frozen=True):
    key: str
    name: str
    name_en: str


class GrantChange(msgspec.Struct, frozen=True):
    """What one grant is worth today, before and after.  before, after: null where there is none.  until: its end."""

    item: ItemWords
    programme: str
    device: str
    before: GrantState | None
    after: GrantState | None
    mark: str
    until: datetime | None
    due: datetime | None


class TakenBack(msgspec.Struct, frozen=True):
    """A period for which a grant no longer counts, and how many decisions relied on it."""

    item: ItemWords
    begins: datetime
    ends: datetime
    decisions: int


class Consequences(msgspec.Struct, frozen=True):
    """What would follow.  The first lines are shown; *_count says how many there are.  decisions: in all."""

    digest: str
    grants: list[GrantChange]
    grant_count: int
    taken_back: list[TakenBack]
    taken_back_count: int
    decisions: int


class RecordedFact(msgspec.Struct, frozen=True):
    """repeated: it was there already, with the same content.  tasks: decisions that have to be looked at again."""

    id: UUID
    known_from: datetime
    grants: int
    tasks: int
    repeated: bool


class FactsQuery(msgspec.Struct, frozen=True):
    """known_at: as the registry knew it then.  holding: without what was taken back or has ended."""

    organization: UUID | None = None
    item: Annotated[str, Meta(max_length=200)] = ""
    programme: Annotated[str, Meta(max_length=200)] = ""
    kind: Literal["", "evaluation", "agreement", "revocation", "withdraw", "reinstate", "change", "verification"] = ""
    since: date | None = None
    until: date | None = None
    known_at: datetime | None = None
    holding: bool = False


class FactLine(msgspec.Struct, frozen=True):
    """One fact.  at: when it holds from.  items: the first of them.  revoked_at: since when it counts for nothing.

    holds: neither taken back nor ended.  Moments UTC.
    """

    id: UUID
    kind: Kind
    organization_id: UUID
    organization_name: str
    programme: str
    basis: str
    mark: str
    round: str
    outcome: str
    score: str
    device: str
    items: list[ItemWords]
    item_count: int
    at: datetime
    period_begins: datetime | None
    period_ends: datetime | None
    next_due: datetime | None
    retroactive_from: datetime | None
    ends: datetime | None
    reader_name: str
    evaluation_id: UUID | None
    known_from: datetime
    revoked_at: datetime | None
    holds: bool
    recorded_by_name: str


class FactList(msgspec.Struct, frozen=True):
    """total: how many there are; items: the newest of them."""

    items: list[FactLine]
    total: int


class FollowedGrant(msgspec.Struct, frozen=True):
    """A row of a grant as it was written when the fact was recorded.  struck: from then on there was no such grant."""

    item: ItemWords
    state: str
    begins: datetime
    ends: datetime
    struck: bool


class FactDetail(msgspec.Struct, frozen=True):
    """The fact with every item, and what was written because of it."""

    fact: FactLine
    grants: list[FollowedGrant]
    grant_count: int
    tasks: int


class StandingQuery(msgspec.Struct, frozen=True):
    organization: UUID | None = None


class StandingLine(msgspec.Struct, frozen=True):
    """Items of one member that stand alike under one programme: who passes what, and until when."""

    organization_id: UUID
    organization_name: str
    programme: str
    basis: str
    mark: str
    device: str
    state: GrantState
    begins: datetime
    ends: datetime
    due: datetime | None
    items: list[ItemWords]
    item_count: int


class StandingList(msgspec.Struct, frozen=True):
    items: list[StandingLine]
    total: int
