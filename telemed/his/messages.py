"""What a hospital system without FHIR sends and gets back, all bounded; words come in both languages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.cds.check_messages import MOST_ORDERS, CheckedOrder, Circumstance, ReasonWords, ResponseBody, WindowLeft
from telemed.http.wire import KIB
from telemed.patients.messages import Words
from telemed.vocabulary import EncounterClass, Sex

#: Bytes of one call; twenty orders have some 5 KB.
LIMIT = 64 * KIB
MOST_RESPONSES = 50
MOST_DOCUMENTS = 10

#: A name the system chose for something of its own; printable, without blanks.
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[!-~]+(?![^!-~])$")]
Language = Literal["zh-CN", "en"]
#: Documents that tell one person from another by themselves.
DocumentKind = Literal[
    "national-id",
    "hmt-residence",
    "hk-macau-pass",
    "taiwan-pass",
    "permanent-residence",
    "passport",
    "birth-certificate",
]
Identity = Literal["sure", "doubtful", "unknown", "no-document"]
#: Why nobody is interrupted.
Silent = Literal[
    "",
    "provincial-prompted",
    "reason-given",
    "answered-before",
    "no-result",
    "exempt",
    "not-eligible",
    "visit",
]


class IdentityDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An identity document.  country: ISO 3166-1 alpha-3 of a passport's issuer."""

    kind: DocumentKind
    number: Annotated[str, Meta(min_length=1, max_length=40)]
    country: Annotated[str, Meta(max_length=3)] = ""

    def __repr__(self) -> str:
        return "IdentityDocument(…)"


class PatientBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who the patient is, as the system knows it."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    documents: Annotated[list[IdentityDocument], Meta(max_length=MOST_DOCUMENTS)]
    birth_date: date | None = None
    sex: Sex = Sex.UNKNOWN

    def __repr__(self) -> str:
        return "PatientBody(…)"


class OrderBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft order.  order: as the system names it.  reason: why it is repeated, where that is written already."""

    order: Name
    system: Annotated[str, Meta(min_length=1, max_length=200)]
    code: Annotated[str, Meta(min_length=1, max_length=100)]
    laterality: Literal["L", "R", "B"] | None = None
    circumstances: Annotated[list[Circumstance], Meta(max_length=5)] = []
    reason: Literal[
        "", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "T1", "T2", "T3", "T6", "L1", "L2", "L3", "L4"
    ] = ""


class VisitBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom a doctor sees.  user, visit: as the system names them.  provincial_prompted: 省平台已提示."""

    request_id: Name
    user: Name
    patient: PatientBody
    visit: Name
    encounter_class: EncounterClass | None = None
    circumstances: Annotated[list[Circumstance], Meta(max_length=5)] = []
    provincial_prompted: bool = False


class OrdersBody(VisitBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is about to be ordered in a visit."""

    orders: Annotated[list[OrderBody], Meta(min_length=1, max_length=MOST_ORDERS)]


class LaunchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A page to be opened for a doctor; without orders it shows what there is of the patient."""

    user: Name
    patient: PatientBody
    visit: Name
    orders: Annotated[list[OrderBody], Meta(max_length=MOST_ORDERS)] = []
    encounter_class: EncounterClass | None = None
    circumstances: Annotated[list[Circumstance], Meta(max_length=5)] = []
    language: Language = "zh-CN"


class Ordered(msgspec.Struct, frozen=True):
    """What a page was launched for, as it is kept until it opens."""

    orders: list[OrderBody]
    encounter_class: EncounterClass | None
    circumstances: list[Circumstance]


class DecisionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One decision that was given before."""

    user: Name
    decision_id: UUID


class CardResponse(ResponseBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a doctor did about one card."""

    card: UUID


class ResponsesBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a doctor did about some cards; all of it is kept, or nothing."""

    request_id: Name
    user: Name
    responses: Annotated[list[CardResponse], Meta(min_length=1, max_length=MOST_RESPONSES)]


class UndoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """撤销互认: what was said about a card is taken back."""

    request_id: Name
    user: Name
    card: UUID
    comment: Annotated[str, Meta(max_length=500)] = ""


class OutcomesBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The visit whose answers are asked for."""

    visit: Name


class PatientFound(msgspec.Struct, frozen=True):
    """How sure it is who the patient is; only a sure identity gets a verdict."""

    identity: Identity
    words: Words


class ResultLine(msgspec.Struct, frozen=True):
    """One item of the patient in a list.  card: to answer to, where something is to be chosen."""

    decision_id: UUID
    card: UUID | None
    name: str
    name_en: str
    verdict: str | None
    verdict_words: Words | None
    institution: str
    at: datetime | None
    value: str
    reference: str
    images: bool
    mark: str
    window: WindowLeft | None


class VisitReminder(msgspec.Struct, frozen=True):
    """Whether the doctor is to be told of existing results now.  silent: why not; text: what a popup says."""

    as_of: datetime
    patient: PatientFound
    due: bool
    silent: str
    card: UUID | None
    text: Words
    items: list[ResultLine]
    footer: Words


class PriorResults(msgspec.Struct, frozen=True):
    """What there is of the patient, an item a line."""

    as_of: datetime
    patient: PatientFound
    items: list[ResultLine]
    footer: Words


class RemindedOrder(msgspec.Struct, frozen=True):
    """The answer for one order.  popup: whether the doctor is to be asked; silent: why not."""

    order: str
    popup: bool
    silent: str
    silent_words: Words
    checked: CheckedOrder


class OrderReminder(msgspec.Struct, frozen=True):
    """The answer for some orders of one patient, in their order; empty where the identity is not sure."""

    as_of: datetime
    patient: PatientFound
    popup: bool
    orders: list[RemindedOrder]
    footer: Words


class CardOutcome(msgspec.Struct, frozen=True):
    """What stands about a card.

    outcome: none | accepted | overridden | withdrawn.  meaning: of what was accepted.  remaining: what is left to order
    after 'recognise-and-trim', by key of the item.  at: when the doctor acted.
    """

    card: UUID
    order: str
    outcome: str
    meaning: str
    reason: str
    remaining: list[str]
    at: datetime | None


class Outcomes(msgspec.Struct, frozen=True):
    outcomes: list[CardOutcome]


class DetailAnswer(msgspec.Struct, frozen=True):
    """A decision as it was shown, and what stands about it."""

    order: str
    shown_at: datetime
    checked: CheckedOrder
    outcome: CardOutcome | None
    footer: Words


class QuoteLine(msgspec.Struct, frozen=True):
    """One result to be put into the record; value with its unit."""

    name: str
    name_en: str
    value: str
    reference: str
    institution: str
    at: datetime | None
    mark: str


class QuoteAnswer(msgspec.Struct, frozen=True):
    """引用到病历.  text: ready to be inserted, without any diagnostic conclusion."""

    lines: list[QuoteLine]
    text: Words


class ReasonList(msgspec.Struct, frozen=True):
    """The reasons that are switched on.  images: those besides where the result is images."""

    system: str
    reasons: list[ReasonWords]
    images: list[ReasonWords]


class LaunchAnswer(msgspec.Struct, frozen=True):
    """Where the page opens and the code that opens it once; the code is good until `expires_at`."""

    address: str
    code: str
    expires_at: datetime
    patient: PatientFound
