"""Identifiers, enumerations and the few shared values, in the words of DICOM, FHIR and docs/reference/glossary.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType
from uuid import UUID

OrganizationId = NewType("OrganizationId", UUID)
PractitionerId = NewType("PractitionerId", UUID)
AccountId = NewType("AccountId", UUID)
SessionId = NewType("SessionId", UUID)
DeviceId = NewType("DeviceId", UUID)
PatientId = NewType("PatientId", UUID)
ServiceRequestId = NewType("ServiceRequestId", UUID)
StudyId = NewType("StudyId", UUID)
SeriesId = NewType("SeriesId", UUID)
InstanceId = NewType("InstanceId", UUID)
ReadingId = NewType("ReadingId", UUID)
WorkItemId = NewType("WorkItemId", UUID)
ReportId = NewType("ReportId", UUID)


class Text(NamedTuple):
    """One sentence in both languages of the county."""

    zh: str
    en: str


class Role(StrEnum):
    """What a person is here for; a person may hold several, each at one organisation."""

    REGISTRAR = "registrar"  # 登记员
    TECHNICIAN = "technician"  # 检查技师
    REQUESTER = "requester"  # 乡镇申请医师
    VILLAGE_DOCTOR = "village-doctor"  # 村医
    AUTHOR = "author"  # 报告医师
    VERIFIER = "verifier"  # 审核医师
    CENTER_HEAD = "center-head"  # 影像中心主任
    COORDINATOR = "coordinator"  # 远程会诊调度员
    MEDICAL_OFFICE = "medical-office"  # 医务科(互认管理)
    QUALITY_OFFICER = "quality-officer"  # 质控员
    SUPERVISOR = "supervisor"  # 卫健局监管: read-only, de-identified
    SYSTEM_ADMIN = "system-admin"  # 系统管理员
    SECURITY_ADMIN = "security-admin"  # 安全管理员
    AUDITOR = "auditor"  # 审计管理员
    EXPERT = "expert"  # 上级专家


class Action(StrEnum):
    """What an endpoint does, as policy sees it. Every endpoint names exactly one."""

    # own account
    SESSION_USE = "session.use"  # any signed-in person: own session, own profile, lock, sign-out, event stream
    # people and places
    DIRECTORY_READ = "directory.read"
    DIRECTORY_MANAGE = "directory.manage"  # organisations, staff
    DEVICE_READ = "device.read"
    DEVICE_MANAGE = "device.manage"  # enrol, disable
    ACCOUNT_MANAGE = "account.manage"  # accounts, roles, unlock, second factor: the security administrator's
    AUDIT_READ = "audit.read"
    OPERATIONS_READ = "operations.read"
    # patients and requests
    PATIENT_READ = "patient.read"
    PATIENT_REVEAL = "patient.reveal"  # the whole identity number
    PATIENT_REVIEW = "patient.review"  # the doubtful identities
    PATIENT_BREAK_GLASS = "patient.break-glass"  # 紧急调阅: open one record outside the own scope
    BREAK_GLASS_REVIEW = "break-glass.review"  # judge how it was used
    REGISTRATION_READ = "registration.read"
    REGISTRATION_WRITE = "registration.write"
    MATCH_READ = "match.read"
    MATCH_DECIDE = "match.decide"
    CORRECTION_PROPOSE = "correction.propose"  # 归属更正: the site says whose a study is
    CORRECTION_DECIDE = "correction.decide"  # confirm, reject or withdraw a split or reassignment; record who was told
    # images
    STUDY_READ = "study.read"
    STUDY_STORE = "study.store"  # STOW-RS, media import
    STUDY_INTENT = "study.intent"
    QUARANTINE_READ = "quarantine.read"
    QUARANTINE_DECIDE = "quarantine.decide"
    # laboratory results
    RESULT_STORE = "result.store"  # a table of results brought by a person
    RESULT_READ = "result.read"  # what every member has found of a patient of one's own
    # reading
    WORKLIST_READ = "worklist.read"
    READING_WRITE = "reading.write"  # claim, draft, submit, recall, release
    READING_DRAFT_TOWNSHIP = "reading.draft-township"  # 乡写县审: the township physician drafts
    READING_VERIFY = "reading.verify"  # verify, return, sign
    READING_TAKE_OVER = "reading.take-over"
    READING_RETURN_SITE = "reading.return-site"
    READING_ANSWER_SITE = "reading.answer-site"  # the township answers a return
    REPORT_READ = "report.read"
    REPORT_PRINT = "report.print"
    REPORT_AMEND = "report.amend"  # corrected, addendum, void
    TEMPLATE_MANAGE = "template.manage"
    # recognition
    RECOGNITION_CHECK = "recognition.check"  # 开单核对: ask before ordering, and answer 互认 or 不互认
    LINK_READ = "picture-link.read"  # 一次性影像链接: who was given one, for which images, when it was used
    LINK_REVOKE = "picture-link.revoke"
    # reports to the provincial platform
    UPLOAD_READ = "report-upload.read"  # which did not arrive, and why; shows no patient
    UPLOAD_RETRY = "report-upload.retry"
    UPLOAD_GIVE_UP = "report-upload.give-up"  # a report that the province is never to have, with a reason
    # messages to other systems
    OUTGOING_READ = "outgoing.read"  # 外发通知: which did not arrive, and why; names nobody
    OUTGOING_MANAGE = "outgoing.manage"  # try a receiver, send again, switch one on again
    # remote consultation
    ROOM_JOIN = "room.join"  # 会诊室: of those rooms on whose roster this person is
    # quality
    QUALITY_READ = "quality.read"  # evaluations, agreements, changes and what follows from them
    QUALITY_RECORD = "quality.record"  # 质量评价: the centre's quality officer records for every member
    QUALITY_LOOK_BACK = "quality.look-back"  # 追溯核查: see and close what was relied on, where it was asked for
    TICKET_READ = "quality-ticket.read"  # 影像问题, once confirmed
    TICKET_JUDGE = "quality-ticket.judge"  # the centre's quality officer confirms, dismisses, upholds
    TICKET_ANSWER = "quality-ticket.answer"  # the producing member: dealt with, or contested
    # remote consultation
    CONSULTATION_READ = "consultation.read"  # one's own side's, and those one is asked in
    CONSULTATION_REQUEST = "consultation.request"  # 邀请方: ask, consent, answer, take back, decide, rate
    CONSULTATION_TRIAGE = "consultation.triage"  # 分诊: who is asked; decline
    CONSULTATION_ANSWER = "consultation.answer"  # 受邀专家: accept, refuse, write
    CONSULTATION_SIGN = "consultation.sign"  # 签发会诊意见
    CONSULTATION_CONDUCT = "consultation.conduct"  # any party: ask for more, appoint, begin, say what went wrong
    TEACHING_READ = "teaching.read"  # 教学病例库: what was released
    TEACHING_PROPOSE = "teaching.propose"  # of one's own consultations, and what became of it
    TEACHING_RELEASE = "teaching.release"  # the second person: release, refuse
    DUTY_READ = "duty.read"  # 排班与通讯录
    DUTY_MANAGE = "duty.manage"  # turns of duty, experts, agreements
    # statistics
    STATISTICS_READ = "statistics.read"  # official indicators
    STATISTICS_QUALITY = "statistics.quality"  # all of them: the quality officer's
    STATISTICS_DECISIONS = "statistics.decisions"  # the decisions behind a figure


class NoticeKind(StrEnum):
    """What is told to other systems (docs/reference/outgoing-messages.md)."""

    WAITING = "consultation.waiting"  # a request that nobody is asked about: the coordinator's
    ASKED = "consultation.asked"  # an expert is asked, by name or as the next in line
    DUE_SOON = "consultation.due-soon"  # the clock to accept is nearly out
    OVERDUE = "consultation.overdue"  # it ran out unanswered
    NO_LONGER_ASKED = "consultation.no-longer-asked"  # somebody else is asked now, or nobody
    ACCEPTED = "consultation.accepted"
    DECLINED = "consultation.declined"
    INFORMATION_NEEDED = "consultation.information-needed"
    INFORMED = "consultation.informed"
    SCHEDULED = "consultation.scheduled"
    REMINDER = "consultation.reminder"  # an appointment is near
    BEGUN = "consultation.begun"  # the session is open, and somebody is in it
    MISSED = "consultation.missed"
    FAILED = "consultation.failed"
    OPINION_SIGNED = "consultation.opinion-signed"
    ADDENDUM_SIGNED = "consultation.addendum-signed"
    WITHDRAWN = "consultation.withdrawn"
    CONVERTED = "consultation.converted"
    KNOCKED = "room.knocked"  # somebody waits to be let into a room
    DUTY_GAPS = "duty.gaps"  # somebody on duty within a day cannot be reached or may not answer
    TEST = "test"  # an administrator tries a receiver


class Intent(StrEnum):
    """Why a study was pushed; only a request for reading opens one."""

    REQUEST_READING = "request-reading"  # 申请诊断
    ARCHIVE_ONLY = "archive-only"  # 仅存档
    BACKFILL = "backfill"  # 历史补传
    CONSULTATION = "consultation"  # 会诊资料


class Priority(StrEnum):
    """FHIR request priority as the worklist sorts it."""

    STAT = "stat"  # 急诊
    URGENT = "urgent"  # 加急
    ROUTINE = "routine"  # 普通


class EncounterClass(StrEnum):
    """Where the patient is."""

    OUTPATIENT = "outpatient"  # 门诊
    INPATIENT = "inpatient"  # 住院
    EMERGENCY = "emergency"  # 急诊
    OBSERVATION = "observation"  # 留观
    TRANSFER = "transfer"  # 转诊
    CHECKUP = "checkup"  # 体检(公卫)


class Laterality(StrEnum):
    """DICOM (0020,0060) with the two values a request needs besides."""

    LEFT = "L"
    RIGHT = "R"
    BILATERAL = "B"
    UNPAIRED = "U"


class Sex(StrEnum):
    """DICOM (0010,0040) with unknown said out loud."""

    MALE = "M"
    FEMALE = "F"
    OTHER = "O"
    UNKNOWN = "U"


class ScopeKind(StrEnum):
    NOWHERE = "nowhere"
    OWN = "own"
    COMMUNITY = "community"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class Scope:
    """The organisations whose rows a person may touch for one action.

    OWN: the person's own organisation and the village clinics below it. COMMUNITY: the members of the medical
    community today. Both are resolved at each request into organization_ids. EVERYWHERE: outside hospitals too.
    opened: patients whose record is open to this person by break-glass (紧急调阅), each with the use that opened it;
    their rows are inside, whichever organisation they belong to.
    consulted: those of them that are open because this person is the expert of a consultation; opened names it then.
    studies: single studies whose images are inside besides: those of the consultation whose room a guest is in, or to
    which a colleague or an audience was added.
    """

    kind: ScopeKind
    organization_ids: frozenset[UUID] = frozenset()
    opened: Mapping[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    consulted: frozenset[UUID] = frozenset()
    studies: frozenset[UUID] = frozenset()

    def admits(self, *organization_ids: UUID | None, patient_id: UUID | None = None) -> bool:
        """Whether one of the organisations a row belongs to lies inside; None does for EVERYWHERE only.

        patient_id: whose row it is, where a record opened by break-glass counts.
        """
        if self.kind is ScopeKind.EVERYWHERE:
            return True
        if patient_id in self.opened:
            return True
        if self.kind is ScopeKind.NOWHERE:
            return False
        return any(one in self.organization_ids for one in organization_ids if one is not None)

    @property
    def organizations(self) -> list[UUID] | None:
        """For SQL: None means no restriction, a list is `= any(...)`."""
        if self.kind is ScopeKind.EVERYWHERE:
            return None
        return [] if self.kind is ScopeKind.NOWHERE else sorted(self.organization_ids)

    @property
    def is_county_wide(self) -> bool:
        """Whether what belongs to no organisation is this person's too: of who acts for the whole county."""
        return self.kind in (ScopeKind.COMMUNITY, ScopeKind.EVERYWHERE)

    @property
    def patients(self) -> list[UUID]:
        """For SQL, beside `organizations`: whose rows count too, `= any(...)`."""
        return sorted(self.opened)


NOWHERE = Scope(ScopeKind.NOWHERE)
EVERYWHERE = Scope(ScopeKind.EVERYWHERE)


@dataclass(frozen=True, slots=True)
class Principal:
    """The signed-in person of one request.

    organization_ids: the own organisation and the village clinics below it.
    second_factor_at: when this session proved a second factor (UTC), None if not in this shift.
    reading_center: the organisation reads for the community (a lead hospital).
    community_ids: the members of the medical community; empty when the own organisation is not one of them.
    opened: patients whose record this person has open by break-glass now, each with the use that opened it.
    consulted: patients about whom this person is asked as an expert now, each with the consultation.
    joined: studies of the consultations to which this person was added, each with the consultation.
    """

    account_id: AccountId
    practitioner_id: PractitionerId
    name: str
    organization_id: OrganizationId
    organization_ids: frozenset[UUID]
    roles: frozenset[Role]
    session_id: SessionId
    second_factor_at: datetime | None
    reading_center: bool = False
    community_ids: frozenset[UUID] = frozenset()
    opened: Mapping[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    consulted: Mapping[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    joined: Mapping[UUID, UUID] = field(default_factory=dict[UUID, UUID])


@dataclass(frozen=True, slots=True)
class Guest:
    """An outside specialist in the one room that an invitation leads to; no practitioner of the county.

    studies: of the consultation, whose images the guest may see.
    """

    session_id: UUID
    invitation_id: UUID
    name: str
    room_id: UUID
    consultation_id: UUID
    studies: frozenset[UUID]

    @property
    def person(self) -> str:
        """As rooms name the guest."""
        return f"guest/{self.invitation_id}"
