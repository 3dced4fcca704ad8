"""What the routes of the teaching file take and answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from telemed.teaching.proposing import Texts

_TEXT = r"^[^\x00]*\S[^\x00]*$"
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=_TEXT)]
Teaches = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=_TEXT)]
Long = Annotated[str, msgspec.Meta(min_length=1, max_length=4000, pattern=_TEXT)]
Keyword = Annotated[str, msgspec.Meta(min_length=1, max_length=30, pattern=_TEXT)]
Keywords = Annotated[list[Keyword], msgspec.Meta(max_length=10)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=_TEXT)]
Any4000 = Annotated[str, msgspec.Meta(max_length=4000, pattern=r"^[^\x00]*$")]

BodyPart = Literal[
    "head",
    "neck",
    "chest",
    "heart",
    "breast",
    "abdomen",
    "pelvis",
    "spine",
    "upper-limb",
    "lower-limb",
    "vessels",
    "whole-body",
    "other",
]
StateWord = Literal["copying", "prepared", "submitted", "released", "refused", "withdrawn", "failed"]
SignWord = Literal["person", "place", "number", "identity", "phone", "date", "digits"]


class TextsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What readers will see in words."""

    title: Title
    teaches: Teaches
    question: Long
    opinion: Long
    keywords: Keywords
    body_part: BodyPart

    def texts(self) -> Texts:
        return Texts(self.title, self.teaches, self.question, self.opinion, tuple(self.keywords), self.body_part)


class ProposeBody(TextsBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """id: chosen by the client, so that sending it twice proposes once."""

    id: UUID
    series: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=200)]


class EditBody(TextsBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """revision: of the case as the writer has it."""

    revision: int


class CheckField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    field: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    text: Any4000


class TextsToCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fields: Annotated[list[CheckField], msgspec.Meta(max_length=20)]


class FoundItem(msgspec.Struct, frozen=True):
    """[start, end): in Unicode characters.  refused: it must go."""

    start: int
    end: int
    sign: SignWord
    refused: bool


class CheckedField(msgspec.Struct, frozen=True):
    field: str
    found: list[FoundItem]


class CheckedTexts(msgspec.Struct, frozen=True):
    fields: list[CheckedField]


class SeriesItem(msgspec.Struct, frozen=True):
    """A series that could be chosen.  why: the kind that is left out, '' for images."""

    id: UUID
    study_number: int
    modality: str
    series_number: int
    description: str
    images: int
    frames: int
    why: str


class ProposedItem(msgspec.Struct, frozen=True):
    id: UUID
    title: str
    state: StateWord
    proposed_at: datetime
    proposer_name: str


class Proposable(msgspec.Struct, frozen=True):
    """What a consultation could give, and what was proposed of it.  may: whether this person may propose now."""

    may: bool
    question: str
    opinion: str
    series: list[SeriesItem]
    proposed: list[ProposedItem]


class PageQuery(msgspec.Struct, frozen=True):
    """after: `next` of the page before."""

    after: str = ""


class ProposalItem(msgspec.Struct, frozen=True):
    """done: of the images, those that are copied or left out.  mine: whether this person proposed it."""

    id: UUID
    title: str
    state: StateWord
    body_part: BodyPart
    modalities: list[str]
    proposed_at: datetime
    proposer_name: str
    mine: bool
    undecided: int
    images: int
    done: int
    revision: int


class Proposals(msgspec.Struct, frozen=True):
    items: list[ProposalItem]
    next: str | None


class ImageItem(msgspec.Struct, frozen=True):
    """An image of a proposal.  grounds: why somebody has to look.  verdict: '' | clear | out.  why: it is left out."""

    id: UUID
    number: int
    study_number: int
    series_number: int
    modality: str
    frames: int
    rows: int
    columns: int
    state: Literal["due", "copied", "left-out"]
    why: str
    grounds: list[str]
    verdict: str


class StepItem(msgspec.Struct, frozen=True):
    command: str
    from_state: StateWord
    to_state: StateWord
    by_name: str
    at: datetime
    reason: str


class Proposal(msgspec.Struct, frozen=True):
    """you: proposer, second or nothing.  The second person has of the images those that would be released."""

    id: UUID
    state: StateWord
    you: list[Literal["proposer", "second"]]
    title: str
    teaches: str
    question: str
    opinion: str
    keywords: list[str]
    body_part: BodyPart
    modalities: list[str]
    proposer_name: str
    proposed_at: datetime
    fault: str
    revision: int
    images: list[ImageItem]
    steps: list[StepItem]


class LookBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """verdict: clear, no text is in them; out, they are left out."""

    images: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=200)]
    verdict: Literal["clear", "out"]


class RevisionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """revision: of the case as the person had it before their eyes."""

    revision: int


class TeachingReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class FrameQuery(msgspec.Struct, frozen=True):
    """side: the longest side of a picture, pixels.  window: centre,width; the image's own where none is said."""

    side: Annotated[int, msgspec.Meta(ge=32, le=4096)] = 1024
    window: Annotated[str, msgspec.Meta(max_length=40, pattern=r"^(-?\d{1,6}(\.\d{1,3})?,\d{1,6}(\.\d{1,3})?)?$")] = ""


class ListQuery(msgspec.Struct, frozen=True):
    """search: a word of the texts.  after: `next` of the page before."""

    search: Annotated[str, msgspec.Meta(max_length=50, pattern=r"^[^\x00]*$")] = ""
    modality: Annotated[str, msgspec.Meta(max_length=16, pattern=r"^[A-Z0-9]*$")] = ""
    body_part: BodyPart | Literal[""] = ""
    after: str = ""


class TeachingItem(msgspec.Struct, frozen=True):
    """A case as a list shows it; nothing of it leads to whom it came from."""

    id: UUID
    title: str
    teaches: str
    keywords: list[str]
    body_part: BodyPart
    modalities: list[str]
    released_on: date
    images: int


class TeachingCases(msgspec.Struct, frozen=True):
    items: list[TeachingItem]
    next: str | None


class TeachingImage(msgspec.Struct, frozen=True):
    """study_number, series_number: counted within the case, the earliest study first."""

    id: UUID
    study_number: int
    series_number: int
    modality: str
    frames: int
    rows: int
    columns: int


class TeachingCase(msgspec.Struct, frozen=True):
    """withdraws: whether this person may take it back."""

    id: UUID
    title: str
    teaches: str
    question: str
    opinion: str
    keywords: list[str]
    body_part: BodyPart
    modalities: list[str]
    released_on: date
    images: list[TeachingImage]
    withdraws: bool
