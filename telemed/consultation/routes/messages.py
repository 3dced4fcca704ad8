"""What is sent and answered about consultations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from telemed.consultation.model import states
from telemed.consultation.model.states import Into, Kind, Purpose, Urgency, Verdict
from telemed.consultation.service.requesting import Agreed, Form
from telemed.consultation.store.rows import (
    AddendumAnswerRow,
    AddendumDraftRow,
    AgreementRow,
    ConsultationLine,
    DraftRow,
    MarksRow,
    OfferRow,
    PhoneAnswerRow,
    RatingRow,
    ResultRow,
    SeriesSeenRow,
    ShiftRow,
    StepRow,
    StudyRow,
)
from telemed.patients import names
from telemed.patients.age import age
from telemed.patients.messages import Words

Line = Annotated[str, msgspec.Meta(max_length=100)]
Telephone = Annotated[str, msgspec.Meta(max_length=40)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Note = Annotated[str, msgspec.Meta(max_length=1000)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Department = Annotated[str, msgspec.Meta(min_length=1, max_length=10)]
Revision = Annotated[int, msgspec.Meta(ge=0)]
PartyWord = Literal["inviter", "coordinator", "expert"]
TASK_STATUS = {states.WORDS[one]: status for one, status in states.TASK_STATUS.items()}


class Consultation(msgspec.Struct, frozen=True):
    """A consultation as lists show it.

    task_status: FHIR R4 Task.status.  you: what whoever asks is to it; member: as what they were added.
    age: as it is said today.  telephone: where the other side is reached now, whoever asks.  Times are UTC.
    addenda_owed: signed after the decision, not answered yet.
    """

    id: UUID
    number: str
    state: str
    task_status: str
    kind: Kind
    urgency: Urgency
    purpose: Purpose
    department: str
    inviting_department: str
    organization_id: UUID
    organization_name: str
    organization_phone: str
    requester_name: str
    requester_phone: str
    patient_id: UUID
    patient_name: str
    sex: str
    age: Words | None
    question: str
    expert_id: UUID | None
    expert_name: str
    expert_title: str
    expert_phone: str
    expert_organization_name: str
    expert_organization_phone: str
    line: int | None
    due_at: datetime | None
    starts_at: datetime | None
    minutes: int | None
    verdict: str
    converted_into: str
    consent_due_at: datetime | None
    room_id: UUID | None
    created_at: datetime
    submitted_at: datetime | None
    accepted_at: datetime | None
    returned_at: datetime | None
    ended_at: datetime | None
    revision: int
    addenda_owed: int
    you: list[PartyWord]
    member: Literal["", "participant", "audience"]

    @classmethod
    def of(cls, row: ConsultationLine, you: list[PartyWord], day: date) -> Consultation:
        years = None if row.birth_date is None else age(row.birth_date, day)
        said = {name: getattr(row, name) for name in cls.__struct_fields__ if hasattr(row, name)}
        said |= {
            "task_status": TASK_STATUS[row.state],
            "kind": Kind(row.kind),
            "urgency": Urgency(row.urgency),
            "purpose": Purpose(row.purpose),
            "patient_name": names.shown(row.patient_name),
            "age": None if years is None else Words(years.zh, years.en),
            "you": you,
        }
        return cls(**said)


class Consultations(msgspec.Struct, frozen=True):
    """next: give it back as `after` for what is older; None at the end."""

    items: list[Consultation]
    next: str | None


class ConsultationsQuery(msgspec.Struct, frozen=True):
    """open: those under way, or those that are over; None: all."""

    open: bool | None = None
    patient_id: UUID | None = None
    after: Annotated[str, msgspec.Meta(max_length=100)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class Consent(msgspec.Struct, frozen=True):
    """paper: the photograph's SHA-256, '' for an approval or exemption."""

    id: UUID
    kind: Literal["paper", "approval", "exemption"]
    name: str
    relation: str
    manner: str
    at: datetime
    paper: str
    reason: str
    recorded_by_name: str
    recorded_at: datetime


class SeenSeries(msgspec.Struct, frozen=True):
    """items: every series of the case and whatever else was shown; by the evidence that was signed."""

    items: list[SeriesSeenRow]


class SignedOpinion(msgspec.Struct, frozen=True):
    """A signed opinion.  document: SHA-256 of the PDF; room_head: hash of the room's log when it was signed.

    reason, addendum: of every version but the first, whose diagnosis and advice it says again unchanged.
    """

    version: int
    diagnosis: str
    advice: str
    reason: str
    addendum: str
    signer_name: str
    signer_title: str
    signed_at: datetime
    room_seq: int
    room_head: str
    document: str
    size: int


class Detail(msgspec.Struct, frozen=True):
    """A consultation with all that belongs to it."""

    consultation: Consultation
    history: str
    verdict_reason: str
    studies: list[StudyRow]
    results: list[ResultRow]
    consents: list[Consent]
    offers: list[OfferRow]
    phone_answers: list[PhoneAnswerRow]
    steps: list[StepRow]
    draft: DraftRow | None
    opinions: list[SignedOpinion]
    addendum_draft: AddendumDraftRow | None
    addendum_answers: list[AddendumAnswerRow]
    marks: list[MarksRow]
    rating: RatingRow | None


class FormBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """results: ids of results, each with the verdict that recognition gave on it, as shown to whoever attaches it."""

    kind: Kind
    urgency: Urgency
    purpose: Purpose
    department: Department
    inviting_department: Line = ""
    history: Annotated[str, msgspec.Meta(max_length=8000)] = ""
    question: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    studies: Annotated[list[UUID], msgspec.Meta(max_length=50)] = []
    results: Annotated[list[ResultRow], msgspec.Meta(max_length=200)] = []

    def form(self) -> Form:
        return Form(
            self.kind,
            self.urgency,
            self.purpose,
            self.department,
            self.inviting_department,
            self.history,
            self.question,
            tuple(dict.fromkeys(self.studies)),
            tuple({one.result: one for one in self.results}.values()),
        )


class NewBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """id: chosen by the client, so that sending it twice makes one."""

    id: UUID
    patient_id: UUID
    form: FormBody


class Begun(msgspec.Struct, frozen=True):
    id: UUID
    number: str


class WriteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    revision: Revision
    form: FormBody


class Written(msgspec.Struct, frozen=True):
    revision: int


class ReasonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class WithdrawBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """reason: a draft needs none."""

    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class ConsentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """paper: digest of a photograph that was sent before, for a form on paper.  reason: for the other two."""

    kind: Literal["paper", "approval", "exemption"]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    relation: Literal["", "self", "guardian", "spouse", "child", "parent", "other-relative", "agent"] = ""
    manner: Literal["", "signature", "fingerprint"] = ""
    paper: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""
    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""

    def agreed(self) -> Agreed:
        return Agreed(self.kind, self.name, self.relation, self.manner, self.at, self.paper, self.reason)


class Photograph(msgspec.Struct, frozen=True):
    digest: str


class OfferBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """expert_id: None asks whoever is on duty."""

    expert_id: UUID | None = None


class InformBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    said: Reason
    studies: Annotated[list[UUID], msgspec.Meta(max_length=50)] = []
    results: Annotated[list[ResultRow], msgspec.Meta(max_length=200)] = []


class ScheduleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    starts_at: Annotated[datetime, msgspec.Meta(tz=True)]
    minutes: Annotated[int, msgspec.Meta(ge=5, le=240)] = 30


class MissBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    who: Literal["expert", "inviter", "patient"]


class ConvertBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    into: Into
    reason: Reason


class PhoneAnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    speaker: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    said: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    phone: Telephone = ""


class DecideBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """reason: needed unless the opinion is adopted as it stands.  version: the newest that was read; 0: not said."""

    verdict: Verdict
    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    version: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0


class AddendumBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """revision: of what was read; 0 where nothing was written yet."""

    reason: Annotated[str, msgspec.Meta(max_length=500)]
    addendum: Annotated[str, msgspec.Meta(max_length=4000)]
    revision: Revision = 0


class AddendumAnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """reason: needed unless the addendum is adopted as it stands."""

    verdict: Verdict
    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class RateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stars: Annotated[int, msgspec.Meta(ge=1, le=5)]
    note: Note = ""


class OpinionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """revision: of what was read; 0 where nothing was written yet."""

    diagnosis: Annotated[str, msgspec.Meta(max_length=8000)]
    advice: Annotated[str, msgspec.Meta(max_length=8000)]
    revision: Revision = 0


class SignBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """revision: of the draft that was read before signing it."""

    password: Password
    revision: Revision


class Signed(msgspec.Struct, frozen=True):
    version: int
    document: str


class DutyQuery(msgspec.Struct, frozen=True):
    """begins, ends: at most 62 days apart.  department: '' for all."""

    begins: Annotated[datetime, msgspec.Meta(tz=True)]
    ends: Annotated[datetime, msgspec.Meta(tz=True)]
    department: Annotated[str, msgspec.Meta(max_length=10)] = ""


class DutyGap(msgspec.Struct, frozen=True):
    """Nobody stands on the first line."""

    department: str
    begins: datetime
    ends: datetime


class Duty(msgspec.Struct, frozen=True):
    """gaps: of each department that has a first line at some time of the period, or of the one asked for."""

    shifts: list[ShiftRow]
    gaps: list[DutyGap]


class ShiftBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: UUID
    department: Department
    line: Annotated[int, msgspec.Meta(ge=1, le=3)]
    practitioner_id: UUID
    begins: Annotated[datetime, msgspec.Meta(tz=True)]
    ends: Annotated[datetime, msgspec.Meta(tz=True)]
    phone: Telephone = ""
    backup_phone: Telephone = ""


class DepartmentItem(msgspec.Struct, frozen=True):
    """A 诊疗科目 that can be asked."""

    code: str
    zh: str
    en: str


class Departments(msgspec.Struct, frozen=True):
    items: list[DepartmentItem]


class ExpertItem(msgspec.Struct, frozen=True):
    """Somebody who gives opinions.

    on_duty: stands on a line now.  concerns: what speaks against the person for the department that was asked for
    (codes; none without one).
    """

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
    on_duty: bool
    concerns: list[str]


class Experts(msgspec.Struct, frozen=True):
    items: list[ExpertItem]


class ExpertsQuery(msgspec.Struct, frozen=True):
    """inviting_id: whose agreements count among the concerns."""

    department: Annotated[str, msgspec.Meta(max_length=10)] = ""
    inviting_id: UUID | None = None


class ExpertBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """revision: 0 for somebody who is none yet."""

    departments: Annotated[list[Department], msgspec.Meta(min_length=1, max_length=20)]
    since: date | None
    accepts: bool
    revision: Revision


class Agreements(msgspec.Struct, frozen=True):
    items: list[AgreementRow]


class AgreementBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: UUID
    inviting_id: UUID
    invited_id: UUID
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    valid_from: date
    valid_until: date | None = None
