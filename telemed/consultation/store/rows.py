"""Rows of consultations, and a row as the state it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

import msgspec

from telemed.consultation.model import states
from telemed.consultation.model.states import Asked, Case, Expert, Into, State, Urgency, Verdict


class Id(msgspec.Struct, frozen=True):
    id: UUID


class ConsultationRow(msgspec.Struct, frozen=True):
    """A consultation as it lies."""

    id: UUID
    number: str
    organization_id: UUID
    requester_id: UUID
    patient_id: UUID
    kind: str
    urgency: str
    purpose: str
    department: str
    inviting_department: str
    history: str
    question: str
    state: str
    expert_id: UUID | None
    expert_organization_id: UUID | None
    line: int | None
    due_at: datetime | None
    starts_at: datetime | None
    minutes: int | None
    verdict: str
    verdict_reason: str
    converted_into: str
    consent_due_at: datetime | None
    room_id: UUID | None
    created_at: datetime
    submitted_at: datetime | None
    accepted_at: datetime | None
    began_at: datetime | None
    returned_at: datetime | None
    decided_at: datetime | None
    ended_at: datetime | None
    revision: int

    @property
    def case(self) -> Case:
        return Case(self.id, self.organization_id, self.requester_id, Urgency(self.urgency))

    def expert(self) -> Expert:
        if self.expert_id is None or self.expert_organization_id is None:
            raise LookupError("a consultation in this state has an expert")
        return Expert(self.expert_id, self.expert_organization_id)

    def standing(self) -> State:
        """The state the row stands for; its CHECKs keep it one of these."""
        return _STANDING[self.state](self)

    def asked(self) -> Asked:
        who = self.expert()
        if self.due_at is None or self.line is None:
            raise LookupError("an offer has a clock")
        return Asked(who.expert_id, who.organization_id, self.line, self.due_at)

    def appointment(self) -> tuple[datetime, int]:
        if self.starts_at is None or self.minutes is None:
            raise LookupError("an appointment has a time")
        return self.starts_at, self.minutes


_STANDING: Mapping[str, Callable[[ConsultationRow], State]] = MappingProxyType(
    {
        "draft": lambda row: states.Draft(row.case),
        "submitted": lambda row: states.Submitted(row.case),
        "incomplete": lambda row: states.Incomplete(row.case, None if row.expert_id is None else row.expert()),
        "offered": lambda row: states.Offered(row.case, row.asked()),
        "accepted": lambda row: states.Accepted(row.case, row.expert()),
        "scheduled": lambda row: states.Scheduled(row.case, row.expert(), *row.appointment()),
        "in-session": lambda row: states.InSession(row.case, row.expert()),
        "missed": lambda row: states.Missed(row.case, row.expert()),
        "failed": lambda row: states.Failed(row.case, row.expert()),
        "returned": lambda row: states.Returned(row.case, row.expert()),
        "decided": lambda row: states.Decided(row.case, row.expert(), Verdict(row.verdict)),
        "archived": lambda row: states.Archived(row.case, row.expert()),
        "declined": lambda row: states.Declined(row.case),
        "withdrawn": lambda row: states.Withdrawn(row.case),
        "converted": lambda row: states.Converted(row.case, Into(row.converted_into)),
    }
)


class ConsultationLine(msgspec.Struct, frozen=True):
    """A consultation with the names of who has to do with it.  member: as what whoever asks was added, or ''."""

    id: UUID
    number: str
    organization_id: UUID
    organization_name: str
    organization_phone: str
    requester_id: UUID
    requester_name: str
    requester_phone: str
    patient_id: UUID
    patient_name: str
    sex: str
    birth_date: date | None
    kind: str
    urgency: str
    purpose: str
    department: str
    inviting_department: str
    history: str
    question: str
    state: str
    expert_id: UUID | None
    expert_name: str
    expert_title: str
    expert_phone: str
    expert_organization_id: UUID | None
    expert_organization_name: str
    expert_organization_phone: str
    line: int | None
    due_at: datetime | None
    starts_at: datetime | None
    minutes: int | None
    verdict: str
    verdict_reason: str
    converted_into: str
    consent_due_at: datetime | None
    room_id: UUID | None
    created_at: datetime
    submitted_at: datetime | None
    accepted_at: datetime | None
    began_at: datetime | None
    returned_at: datetime | None
    decided_at: datetime | None
    ended_at: datetime | None
    revision: int
    addenda_owed: int
    member: str


class StepRow(msgspec.Struct, frozen=True):
    """A step that was taken.  by: nobody where a due time was over.  concerns: written down and passed over."""

    number: int
    command: str
    from_state: str
    to_state: str
    by: UUID | None
    by_name: str
    at: datetime
    reason: str
    concerns: list[str]
    detail: dict[str, Any]


class OfferRow(msgspec.Struct, frozen=True):
    """Somebody who was asked.  outcome: '' while the clock runs."""

    number: int
    expert_id: UUID
    expert_name: str
    organization_id: UUID
    organization_name: str
    line: int
    offered_at: datetime
    due_at: datetime
    outcome: str
    ended_at: datetime | None
    reason: str


class StudyRow(msgspec.Struct, frozen=True):
    """A study that is looked at."""

    id: UUID
    study_instance_uid: str
    patient_id: UUID | None
    organization_id: UUID
    modalities: list[str]
    description: str
    body_site: str
    acquired_at: datetime | None
    instance_count: int


class ResultRow(msgspec.Struct, frozen=True):
    """A result with the verdict of recognition when it was attached; '' where none was given."""

    result: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    verdict: Annotated[str, msgspec.Meta(max_length=40)]
    decision_hash: Annotated[str, msgspec.Meta(max_length=128)]


class ConsentRow(msgspec.Struct, frozen=True):
    """paper: the photograph's SHA-256.  reason: of an approval or an exemption."""

    id: UUID
    kind: str
    name: str
    relation: str
    manner: str
    at: datetime
    paper: str
    reason: str
    recorded_by_name: str
    recorded_at: datetime


class PhoneAnswerRow(msgspec.Struct, frozen=True):
    id: UUID
    speaker: str
    phone: str
    said: str
    at: datetime
    recorded_by_name: str
    recorded_at: datetime


class RatingRow(msgspec.Struct, frozen=True):
    stars: int
    note: str


class DraftRow(msgspec.Struct, frozen=True):
    """What the expert is writing."""

    diagnosis: str
    advice: str
    revision: int
    by: UUID
    at: datetime


class AddendumDraftRow(msgspec.Struct, frozen=True):
    """What is being added to a signed opinion."""

    reason: str
    addendum: str
    revision: int
    at: datetime


class AddendumAnswerRow(msgspec.Struct, frozen=True):
    """What the inviting side makes of an addendum."""

    version: int
    verdict: str
    reason: str
    by_name: str
    at: datetime


class MarksRow(msgspec.Struct, frozen=True):
    """Marks of one study that go into it as a DICOM SR.  reason: why it is not there yet, or never will be."""

    version: int
    study_id: UUID
    study_instance_uid: str
    study_description: str
    modalities: list[str]
    sop_uid: str
    marks: int
    left_out: int
    state: str
    reason: str
    digest: str
    stored_at: datetime | None


class SeriesSeenRow(msgspec.Struct, frozen=True):
    """A series as the signer had it. images: it has now, by frames; seen: of them painted on the signer's screen."""

    study_uid: str
    series_uid: str
    modality: str
    series_number: int | None
    description: str
    study_description: str
    acquired_at: datetime | None
    images: int
    seen: int
    first_at: datetime | None
    last_at: datetime | None


class OpinionRow(msgspec.Struct, frozen=True):
    """A signed opinion.  document: SHA-256 of the PDF.  room_seq, room_head: where the room's log stood.

    reason, addendum: of every version but the first, whose diagnosis and advice it says again unchanged.
    """

    version: int
    diagnosis: str
    advice: str
    reason: str
    addendum: str
    signer_id: UUID
    signer_name: str
    signer_title: str
    signed_at: datetime
    room_seq: int
    room_head: str
    evidence: str
    document: str
    size: int


class ExpertRow(msgspec.Struct, frozen=True):
    """Somebody who gives opinions.  departments: codes of the 诊疗科目.  since: of independent practice."""

    id: UUID
    name: str
    title: str
    phone: str
    organization_id: UUID
    organization_name: str
    organization_phone: str
    departments: list[str]
    since: date | None
    accepts: bool
    revision: int
    licence_number: str
    licence_category: str
    licence_scope: str
    licence_expires_on: date | None
    active: bool


class AgreementRow(msgspec.Struct, frozen=True):
    id: UUID
    inviting_id: UUID
    inviting_name: str
    invited_id: UUID
    invited_name: str
    number: str
    valid_from: date
    valid_until: date | None


class ShiftRow(msgspec.Struct, frozen=True):
    """A turn of duty; [begins, ends)."""

    id: UUID
    organization_id: UUID
    organization_name: str
    organization_phone: str
    department: str
    line: int
    practitioner_id: UUID
    practitioner_name: str
    practitioner_title: str
    begins: datetime
    ends: datetime
    phone: str
    backup_phone: str
    signed_in_at: datetime | None
