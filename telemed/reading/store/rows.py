"""The rows of reading as queries return them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec


class Id(msgspec.Struct, frozen=True):
    id: UUID


class ReadingRow(msgspec.Struct, frozen=True):
    """The columns of `reading` that commands read and write."""

    id: UUID
    study_id: UUID
    organization_id: UUID
    mode: str
    state: str
    priority: str
    checkup: bool
    priority_reason: str
    priority_set_by: UUID | None
    opened_at: datetime
    clock_started_at: datetime | None
    allowed_minutes: int | None
    working_time: bool
    due_at: datetime | None
    clock_stopped_at: datetime | None
    clock_ended_at: datetime | None
    reading_seconds: int | None
    author_id: UUID | None
    hold_reason: str | None
    hold_note: str
    limited: bool
    round: int
    current_version_id: UUID | None
    preliminary_version_id: UUID | None
    instances_signed: int | None
    late_instances: int
    revision: int


class ItemRow(msgspec.Struct, frozen=True):
    """A UPS step."""

    id: UUID
    kind: str
    state: str
    purpose: str
    side: str
    reason: str
    assigned_to: UUID | None
    transaction_uid: str | None
    claimed_by: UUID | None
    claimed_at: datetime | None
    lease_until: datetime | None
    outcome: str | None


class StepRow(msgspec.Struct, frozen=True):
    """A UPS step as the desk's history shows it."""

    id: UUID
    kind: str
    state: str
    purpose: str
    side: str
    reason: str
    scheduled_at: datetime
    claimed_by: UUID | None
    claimed_name: str | None
    claimed_at: datetime | None
    lease_until: datetime | None
    ended_at: datetime | None
    outcome: str | None
    outcome_reason: str


class DraftRow(msgspec.Struct, frozen=True):
    """A text that belongs to a step and stays under its author's name."""

    work_item_id: UUID
    author_id: UUID
    author_name: str
    technique: str
    findings: str
    impression: str
    significance: str
    template_id: UUID | None
    revision: int
    saved_at: datetime


class StudyRow(msgspec.Struct, frozen=True):
    """What a reading needs to know of its study and request."""

    id: UUID
    study_instance_uid: str
    organization_id: UUID
    intent: str
    match_state: str
    hold: str
    completeness: str
    instance_count: int
    modalities: list[str]
    first_received_at: datetime
    last_received_at: datetime
    acquired_at: datetime | None
    priority: str
    encounter_class: str
    body_site: str
    laterality: str
    image_laterality: str
    sex: str
    accession_number: str
    patient_id: UUID | None
    organization_name: str


class VersionRow(msgspec.Struct, frozen=True):
    """A signed version. is_current: nothing newer stands in its place."""

    id: UUID
    reading_id: UUID
    number: int
    round: int
    status: str
    technique: str
    findings: str
    impression: str
    significance: str
    limited: bool
    content_sha256: bytes
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
    instance_count: int
    is_current: bool
    withdrawn: bool
    organization_id: UUID
    study_id: UUID
    patient_id: UUID | None
    code: str | None


class CodeRow(msgspec.Struct, frozen=True):
    """What a printed code stands for; nothing of it names the patient."""

    id: UUID
    number: int
    status: str
    signed_at: datetime
    is_current: bool
    state: str


class ReceiptsRow(msgspec.Struct, frozen=True):
    delivered_at: datetime | None
    viewed_at: datetime | None
    printed_at: datetime | None
    acknowledged_at: datetime | None
    used_at: datetime | None
    copies: int
    prints: int


class OpenReturnRow(msgspec.Struct, frozen=True):
    id: UUID
    reading_id: UUID
    kind: str
    note: str
    state: str
    returned_by: UUID
    returned_at: datetime
    due_at: datetime
    escalated_at: datetime | None


class SiteReturnRow(msgspec.Struct, frozen=True):
    id: UUID
    kind: str
    note: str
    state: str
    returned_at: datetime
    due_at: datetime
    escalated_at: datetime | None
    outcome: str | None
    answer: str
    answered_at: datetime | None
    returned_by_name: str


class OverdueReturn(msgspec.Struct, frozen=True):
    id: UUID
    reading_id: UUID


class DiscrepancyRow(msgspec.Struct, frozen=True):
    id: UUID
    reading_id: UUID
    kind: str
    opened_at: datetime
    source: str
    told_name: str | None
    told_staff_number: str | None
    told_at: datetime | None
    read_back: str | None
    closed_at: datetime | None
    organization_id: UUID
    organization_name: str
    organization_phone: str


class LockedDiscrepancy(msgspec.Struct, frozen=True):
    id: UUID
    reading_id: UUID
    closed_at: datetime | None
    organization_id: UUID
    study_id: UUID


class GradeRow(msgspec.Struct, frozen=True):
    grade: str
    reasons: list[str]
    note: str
    graded_at: datetime
    graded_by_name: str


class PersonRow(msgspec.Struct, frozen=True):
    name: str
    title: str
    organization_name: str


class NumberRow(msgspec.Struct, frozen=True):
    number: int


class ModeDbRow(msgspec.Struct, frozen=True):
    organization_id: UUID | None
    modality: str
    from_hour: int
    until_hour: int
    mode: str


class Moment(msgspec.Struct, frozen=True):
    at: datetime | None


class OverviewRow(msgspec.Struct, frozen=True):
    """One line of the lists: the view reading_overview."""

    id: UUID
    study_id: UUID
    organization_id: UUID
    mode: str
    state: str
    priority: str
    priority_rank: int
    checkup: bool
    limited: bool
    late_instances: int
    opened_at: datetime
    clock_started_at: datetime | None
    allowed_minutes: int | None
    working_time: bool
    due_at: datetime | None
    clock_stopped_at: datetime | None
    clock_ended_at: datetime | None
    reading_seconds: int | None
    hold_reason: str | None
    author_id: UUID | None
    current_version_id: UUID | None
    preliminary_version_id: UUID | None
    revision: int
    item_id: UUID | None
    item_kind: str | None
    purpose: str | None
    side: str | None
    assigned_to: UUID | None
    claimed_by: UUID | None
    lease_until: datetime | None
    claimed_name: str | None
    author_name: str | None
    study_instance_uid: str
    modalities: list[str]
    description: str
    completeness: str
    completeness_evidence: str
    expected_instances: int | None
    instance_count: int
    acquired_at: datetime | None
    first_received_at: datetime
    match_state: str
    study_hold: str
    intent: str
    image_laterality: str
    patient_id: UUID | None
    patient_name: str
    patient_pinyin: str
    patient_sex: str
    birth_date: date | None
    identity: str
    service_request_id: UUID | None
    accession_number: str
    item: str
    body_site: str
    laterality: str
    encounter_class: str | None
    emergency_class: str | None
    purpose_text: str
    history: str
    organization_name: str
    organization_name_en: str
    organization_phone: str
    return_kind: str | None
    return_state: str | None
    return_note: str
    return_due_at: datetime | None
    return_escalated_at: datetime | None
    report_status: str | None
    signed_at: datetime | None
    significance: str | None


class SiteReportRow(OverviewRow, frozen=True, kw_only=True):
    """A line of what came back for an organisation."""

    first_delivered: datetime | None
    first_viewed: datetime | None
    first_printed: datetime | None
    first_acknowledged: datetime | None
    major_discrepancy: bool
    grade: str | None


class SeenRow(msgspec.Struct, frozen=True):
    """Frames of one image that a person was shown: in full data, as a compressed preview."""

    series_instance_uid: str
    sop_instance_uid: str
    painted: list[int]
    previewed: list[int]


class CountsRow(msgspec.Struct, frozen=True):
    todo: int
    stat: int
    mine: int
    verification: int
    returned: int
    attention: int
    checkup: int
    receiving: int
    signed_today: int
    delivered_today: int


class MedianRow(msgspec.Struct, frozen=True):
    name: str
    seconds: int
    allowed_minutes: int | None


class PriorRow(msgspec.Struct, frozen=True):
    id: UUID
    study_instance_uid: str
    modalities: list[str]
    description: str
    item: str
    body_site: str
    acquired_at: datetime | None
    instance_count: int
    organization_name: str
    report_id: UUID | None
    same_site: bool
    same_modality: bool


class RequestRow(msgspec.Struct, frozen=True):
    id: UUID
    accession_number: str
    item: str
    body_site: str
    laterality: str
    encounter_class: str
    priority: str
    emergency_class: str | None
    history: str
    purpose: str
    prior_surgery: str
    pregnancy: str
    requester_name: str
    department: str
    technician_name: str
    registered_at: datetime


class TemplateRow(msgspec.Struct, frozen=True):
    id: UUID
    code: str
    organization_id: UUID | None
    modality: str
    body_site: str
    sex: str
    name: str
    name_en: str
    technique: str
    findings: str
    impression: str
    active: bool
    from_file: bool
    revision: int
