"""What 开单核对 sends and gets back: the items to be ordered, the verdict on each in words, the answer given."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.cds.external_results import ExternalResult
from telemed.patients.messages import Words
from telemed.vocabulary import EncounterClass

#: Items one person orders for one patient at a time; the answer has a card for each.
MOST_ORDERS = 20

Circumstance = Literal["emergency", "rescue", "forensic", "pre-operative", "pre-transfusion"]


class OrderedCode(msgspec.Struct, frozen=True):
    """The code of an item as a whole, and what the order asks beyond it where the item leaves that open."""

    system: Annotated[str, Meta(min_length=1, max_length=200)]
    code: Annotated[str, Meta(min_length=1, max_length=100)]
    laterality: Literal["L", "R", "B"] | None = None
    contrast: Literal["plain", "enhanced", "plain-and-enhanced"] | None = None


class CheckBody(msgspec.Struct, frozen=True):
    """What is about to be ordered for a patient, and in which circumstances."""

    patient_id: UUID
    codes: Annotated[list[OrderedCode], Meta(min_length=1, max_length=MOST_ORDERS)]
    encounter_class: EncounterClass | None = None
    circumstances: Annotated[list[Circumstance], Meta(max_length=5)] = []


class Step(msgspec.Struct, frozen=True):
    """One answer of one gate.  outcome: pass | fail | unknown.  evidence: names and values it rests on."""

    gate: str
    gate_words: Words
    outcome: str
    code: str
    words: Words
    clause: str
    evidence: list[tuple[str, str]]


class Ground(msgspec.Struct, frozen=True):
    """The line of the document a verdict rests on.  label: the range as printed."""

    issuer: str
    number: str
    label: str
    clause: str


class WindowLeft(msgspec.Struct, frozen=True):
    """The reference window, in days.  left: 0 on its last day, negative past it."""

    days: int
    left: int


class CheckedResult(msgspec.Struct, frozen=True):
    """One existing result.

    result: its id, '' where it is not shown.  identified: False where it may be another person's; nothing of it is
    shown then.  at: when it was collected or acquired, UTC.  images: whether it is pictures.  study: Study Instance UID
    of pictures that this person's account opens; others are opened by a link of the card.  mark: as printed, such as
    省HR.
    """

    result: str
    key: str
    name: str
    name_en: str
    verdict: str
    verdict_words: Words
    identified: bool
    institution: str
    at: datetime | None
    value: str
    reference: str
    abnormal: bool | None
    method: str
    specimen: str
    mark: str
    images: bool
    study: str | None
    window: WindowLeft | None
    ground: Ground
    findings: list[Step]


class ItemName(msgspec.Struct, frozen=True):
    """An analyte by name."""

    key: str
    name: str
    name_en: str


class Choice(msgspec.Struct, frozen=True):
    """What may be chosen on a card.  meaning: recognise-and-cancel | recognise-and-trim | recognise-and-keep."""

    id: UUID
    meaning: str


class ReasonWords(msgspec.Struct, frozen=True):
    """A reason to repeat.  counted: whether it stands as 不互认."""

    code: str
    words: Words
    group: str
    counted: bool


class CheckedOrder(msgspec.Struct, frozen=True):
    """The decision on one ordered item.

    verdict: None without any result.  note: what stands under it.  card: to answer to; None where nothing is to be
    chosen, and then nothing counts as shown.  soft: a result on offer was abnormal.  findings: on the order itself.
    """

    code: OrderedCode
    decision_id: UUID
    card: UUID | None
    name: str
    name_en: str
    verdict: str | None
    verdict_words: Words | None
    note: Words | None
    soft: bool
    trace_hash: str
    results: list[CheckedResult]
    covered: list[ItemName]
    uncovered: list[ItemName]
    choices: list[Choice]
    reasons: list[ReasonWords]
    findings: list[Step]


class Checked(msgspec.Struct, frozen=True):
    """The answer.

    as_of: the moment of the decisions, UTC.  footer: what stands under every card.  external: 院外结果（未核验）,
    beside the decisions and no part of them.
    """

    as_of: datetime
    orders: list[CheckedOrder]
    footer: Words
    external: list[ExternalResult]


class ResponseBody(msgspec.Struct, frozen=True):
    """What a person did about a card.

    choice: id of what was accepted.  reason: code of why it is not recognised.  withdrawn (撤销互认): takes back what
    this person said before; everything that was said stays in the ledger.
    """

    outcome: Literal["accepted", "overridden", "withdrawn"]
    choice: UUID | None = None
    reason: Annotated[str, Meta(max_length=10)] = ""
    comment: Annotated[str, Meta(max_length=500)] = ""


class PicturesBody(msgspec.Struct, frozen=True):
    """Which result of a card is to be looked at."""

    result: Annotated[str, Meta(min_length=1, max_length=100)]


class PicturesLink(msgspec.Struct, frozen=True):
    """The address that shows it once, without an account's rights."""

    url: str


class Responded(msgspec.Struct, frozen=True):
    """repeated: the same answer stood already and nothing was written."""

    card: UUID
    outcome: str
    repeated: bool
