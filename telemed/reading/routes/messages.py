"""What the reading routes take and return."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from telemed.reading.store.rows import (
    CountsRow,
    DiscrepancyRow,
    DraftRow,
    GradeRow,
    MedianRow,
    PriorRow,
    ReceiptsRow,
    RequestRow,
    SeenRow,
    SiteReturnRow,
    StepRow,
    TemplateRow,
)
from telemed.vocabulary import Priority

Words = Annotated[str, msgspec.Meta(max_length=20_000)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Significance = Literal["none", "significant", "critical"]
View = Literal[
    "all",
    "todo",
    "stat",
    "mine",
    "verification",
    "returned",
    "attention",
    "checkup",
    "receiving",
    "signed-today",
    "delivered-today",
]


class ClockView(msgspec.Struct, frozen=True):
    """诊断用时 at the moment of the answer, in seconds; promised_at: out of hours, when the report may be expected."""

    elapsed_seconds: int
    allowed_seconds: int
    level: str
    running: bool
    overdue: bool
    promised_at: datetime | None
    total_seconds: int | None


class Line(msgspec.Struct, frozen=True):
    """One reading as the lists show it. claimed_name: who holds the step or has it assigned."""

    id: UUID
    study_id: UUID
    organization_id: UUID
    mode: str
    state: str
    priority: str
    checkup: bool
    limited: bool
    late_instances: int
    opened_at: datetime
    due_at: datetime | None
    clock_started_at: datetime | None
    clock_stopped_at: datetime | None
    clock_ended_at: datetime | None
    allowed_minutes: int | None
    hold_reason: str | None
    author_id: UUID | None
    author_name: str | None
    current_version_id: UUID | None
    preliminary_version_id: UUID | None
    revision: int
    item_kind: str | None
    purpose: str | None
    side: str | None
    assigned_to: UUID | None
    claimed_by: UUID | None
    claimed_name: str | None
    lease_until: datetime | None
    study_instance_uid: str
    modalities: list[str]
    completeness: str
    completeness_evidence: str
    expected_instances: int | None
    instance_count: int
    acquired_at: datetime | None
    first_received_at: datetime
    match_state: str
    study_hold: str
    patient_id: UUID | None
    patient_name: str
    patient_pinyin: str
    patient_sex: str
    birth_date: date | None
    identity: str
    accession_number: str
    item: str
    body_site: str
    laterality: str
    encounter_class: str | None
    emergency_class: str | None
    purpose_text: str
    organization_name: str
    organization_name_en: str
    organization_phone: str
    return_kind: str | None
    return_state: str | None
    return_note: str
    return_due_at: datetime | None
    report_status: str | None
    signed_at: datetime | None
    significance: str | None
    clock: ClockView | None = None


class WorklistQuery(msgspec.Struct, frozen=True):
    view: View = "todo"
    modality: str = ""
    organization_id: UUID | None = None
    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 100


class WorklistSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A saved view narrowed to whom `q` may mean: part of a name, its reading or initials, or a whole number.

    A body, because names and numbers stand in no address.
    """

    q: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    view: View = "todo"
    modality: Annotated[str, msgspec.Meta(max_length=16)] = ""
    organization_id: UUID | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 200


class Worklist(msgspec.Struct, frozen=True):
    items: list[Line]
    next: str | None


class Counts(msgspec.Struct, frozen=True):
    """How many each saved view has, and today's medians against the allowed time."""

    counts: CountsRow
    medians: list[MedianRow]


class Picked(msgspec.Struct, frozen=True):
    """The reading that is now mine; None: nothing waits."""

    id: UUID | None


class WritingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    technique: Words = ""
    findings: Words = ""
    impression: Words = ""
    significance: Significance = "none"
    template_id: UUID | None = None


class DraftBody(WritingBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    revision: int


class SavedDraft(msgspec.Struct, frozen=True):
    revision: int
    saved_at: datetime
    lease_until: datetime


class Warning(msgspec.Struct, frozen=True):  # noqa: A001 -- the word of the screen
    code: str
    zh: str
    en: str
    excerpt: str


class Warnings(msgspec.Struct, frozen=True):
    items: list[Warning]


class SubmitBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """revision: of the draft on the screen. study_instance_uid: of the images on the screen."""

    revision: int
    study_instance_uid: str
    unseen_series: Annotated[int, msgspec.Meta(ge=0)] = 0
    unseen_instances: Annotated[int, msgspec.Meta(ge=0)] = 0
    preview_only: bool = False


class SignAloneBody(SubmitBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    password: Password


class SignBody(SignAloneBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    agreement: Literal["agree", "minor", "major"] | None = None
    single_reader_reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class ReasonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class ClaimToVerifyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    single_reader_reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class AmendBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    purpose: Literal["amended", "appended"]
    reason: Reason


class VoidBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason
    password: Password


class ReturnToSiteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["information", "images", "retake"]
    note: Reason


class AnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outcome: Literal["answered", "images-sent", "retaken", "patient-absent", "unreachable"]
    answer: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class HoldBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hold: Literal["joint-reading", "upper-hospital", "waiting-for-material"]
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class PriorityBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """reason: may be empty unless an emergency begins or ends with the change."""

    priority: Priority
    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class GradeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    grade: Literal["A", "B", "C", "reject"]
    reasons: Annotated[list[Annotated[str, msgspec.Meta(max_length=40)]], msgspec.Meta(max_length=14)] = []
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class SecondFinalBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    source: Name


class CallBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The call as the notifier records it: who answered, with which staff number, when, what was read back."""

    told_name: Name
    told_staff_number: Annotated[str, msgspec.Meta(max_length=40)]
    told_at: datetime
    read_back: Reason


Frame = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Frames = Annotated[list[Frame], msgspec.Meta(max_length=5000)]


class SeenImage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Frames of one image, from 1. painted: in full data. previewed: as 压缩预览."""

    sop_instance_uid: Annotated[str, msgspec.Meta(pattern=r"^[0-9.]{1,64}$")]
    painted: Frames = []
    previewed: Frames = []


class SeenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: Annotated[list[SeenImage], msgspec.Meta(min_length=1, max_length=1000)]


class Seen(msgspec.Struct, frozen=True):
    """What the one who asks was shown of the study so far."""

    items: list[SeenRow]


class Lease(msgspec.Struct, frozen=True):
    lease_until: datetime


class VersionView(msgspec.Struct, frozen=True):
    """A signed version. is_current: nothing newer stands in its place."""

    id: UUID
    reading_id: UUID
    number: int
    status: str
    technique: str
    findings: str
    impression: str
    significance: str
    limited: bool
    content_sha256: str
    author_id: UUID
    author_name: str
    author_signed_at: datetime
    verifier_id: UUID | None
    verifier_name: str | None
    signed_at: datetime
    performer_name: str
    single_reader_reason: str
    reason: str
    agreement: str | None
    replaces_id: UUID | None
    is_current: bool
    withdrawn: bool


class ReadingDetail(msgspec.Struct, frozen=True):
    """Everything a desk shows beside the images. draft: of the open step; drafts: every text, newest first."""

    line: Line
    request: RequestRow | None
    draft: DraftRow | None
    drafts: list[DraftRow]
    steps: list[StepRow]
    versions: list[VersionView]
    returns: list[SiteReturnRow]
    discrepancies: list[DiscrepancyRow]
    grade: GradeRow | None
    priors: list[PriorRow]
    lease_seconds: int


class ReadingsQuery(msgspec.Struct, frozen=True):
    study_id: UUID


class ReportDetail(msgspec.Struct, frozen=True):
    """A report as it is shown and printed. current_id: the version that stands. fixed_lines: zh, en by turns."""

    version: VersionView
    current_id: UUID | None
    line: Line
    request: RequestRow | None
    receipts: ReceiptsRow
    needs_acknowledgement: bool
    closed: bool
    code: str
    code_url: str
    code_svg: str
    fixed_lines: list[tuple[str, str]]
    watermark: tuple[str, str] | None
    server_time: datetime


class PrintBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    copies: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    paper: Literal["A4", "16K"] = "A4"
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Printed(msgspec.Struct, frozen=True):
    printed_at: datetime
    receipts: ReceiptsRow


class SiteQuery(msgspec.Struct, frozen=True):
    """in_progress: also readings that have no report yet, for the page of the technician."""

    in_progress: bool = False
    unviewed: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 100


class SiteLine(msgspec.Struct, frozen=True):
    """A reading as the site that examined sees it, with what happened to its report there. grade: of the images."""

    line: Line
    report_id: UUID | None
    delivered_at: datetime | None
    viewed_at: datetime | None
    printed_at: datetime | None
    acknowledged_at: datetime | None
    needs_acknowledgement: bool
    closed: bool
    grade: str | None


class SiteReports(msgspec.Struct, frozen=True):
    items: list[SiteLine]


class Discrepancies(msgspec.Struct, frozen=True):
    items: list[DiscrepancyRow]


class Verified(msgspec.Struct, frozen=True):
    """What the code on a paper says: whether it holds. Nothing of the patient, nothing of the text."""

    standing: Literal["current", "preliminary", "superseded", "void"]
    zh: str
    en: str
    number: int
    signed_on: date


class TemplatesQuery(msgspec.Struct, frozen=True):
    """inactive: also those taken out of use, for the page that puts them back."""

    modality: str = ""
    inactive: bool = False


class Templates(msgspec.Struct, frozen=True):
    items: list[TemplateRow]


class TemplateChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    code: str
    modality: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,4}$")]
    body_site: str = ""
    sex: Annotated[str, msgspec.Meta(pattern=r"^[MF]?$")] = ""
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    name_en: str = ""
    technique: Words = ""
    findings: Words
    impression: Words
    active: bool = True
    revision: int


class ModeLine(msgspec.Struct, frozen=True):
    id: UUID
    organization_id: UUID | None
    organization_name: str | None
    modality: str
    from_hour: int
    until_hour: int
    mode: str


class Modes(msgspec.Struct, frozen=True):
    items: list[ModeLine]


class ModeChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    organization_id: UUID | None
    modality: Annotated[str, msgspec.Meta(pattern=r"^([A-Z]{2,4})?$")]
    from_hour: Annotated[int, msgspec.Meta(ge=0, le=23)]
    until_hour: Annotated[int, msgspec.Meta(ge=1, le=24)]
    mode: Literal["county-read", "township-drafted", "self-reported"]


class ModesBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: Annotated[list[ModeChoice], msgspec.Meta(max_length=500)]
