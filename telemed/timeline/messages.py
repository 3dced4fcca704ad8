"""What the timeline of a patient asks and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.cds.check_messages import Circumstance, Ground, Step, WindowLeft
from telemed.patients.messages import Words
from telemed.vocabulary import EncounterClass

#: Reports and studies of one answer.
MOST_ENTRIES = 100


class TimelineBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """opening: the page names each opening; what is shown twice in one is kept once.  before: `next` of an answer.

    encounter_class, circumstances: of the orders the verdicts are for.
    """

    opening: UUID | None = None
    before: Annotated[str, Meta(max_length=100)] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST_ENTRIES)] = 40
    encounter_class: EncounterClass | None = EncounterClass.OUTPATIENT
    circumstances: Annotated[list[Circumstance], Meta(max_length=5)] = []


class TrendQuery(msgspec.Struct, frozen=True):
    """item: key of a catalogue."""

    item: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[a-z0-9.-]+$")]


class ResultVerdict(msgspec.Struct, frozen=True):
    """What a result is worth for an order of its own item, by this person's institution, now.

    steps: of the judgement, in its order; against: those that did not pass; places in Timeline.steps.  decision: as
    the ledger keeps it.  mark: as printed, such as 省HR.
    """

    code: str
    words: Words
    note: Words
    steps: list[int]
    against: list[int]
    decision: UUID
    window: WindowLeft | None
    ground: Ground
    mark: str


class Earlier(msgspec.Struct, frozen=True):
    """A version of a result that was replaced.  at: the laboratory's own time of it, UTC."""

    value: str
    unit: str
    reference: str
    status: str
    at: datetime


class LaboratoryResult(msgspec.Struct, frozen=True):
    """One result as its laboratory issued it.

    key: the one item of the catalogues it is of, None where no map knows it; then there is no trend either.  value,
    unit, reference, code: as written.  abnormal, critical: None where nobody said.  side: high | low | '' where it is
    neither or not said.  corrected: another value stood there before.  taken_back: cancelled or entered in error, and
    then its value is told in earlier alone.
    """

    id: str
    key: str | None
    name: str
    name_en: str
    systems: list[str]
    value: str
    unit: str
    reference: str
    code_system: str
    code: str
    abnormal: bool | None
    critical: bool | None
    side: str
    status: str
    corrected: bool
    taken_back: bool
    specimen: str
    method: str
    notes: list[str]
    earlier: list[Earlier]
    verdict: ResultVerdict | None


class ImagingResult(msgspec.Struct, frozen=True):
    """A study and how far its report has come.

    study: Study Instance UID where this person may open the pictures, report: id of the report version where this
    person may read it; None otherwise.  reading: state, '' without a reading.  report_status: DiagnosticReport.status,
    '' without.  contested: somebody says that it is another patient's; held: kept apart as mixed.
    """

    id: str
    modalities: list[str]
    body_site: str
    laterality: str
    images: int
    completeness: str
    study: str | None
    reading: str
    report: UUID | None
    report_status: str
    reported_by: str
    contested: bool
    held: bool
    verdict: ResultVerdict | None


class TimelineEntry(msgspec.Struct, frozen=True):
    """One report of a laboratory or one study.

    at: when it was collected or acquired, UTC, None where that proves nothing; placed_at: where it stands in the list.
    systems: of all its results.  status: of the laboratory's report, '' for a study.
    """

    id: UUID
    kind: str
    at: datetime | None
    placed_at: datetime
    organization_id: UUID
    organization: str
    name: str
    name_en: str
    systems: list[str]
    status: str
    notes: list[str]
    laboratory: list[LaboratoryResult]
    imaging: ImagingResult | None


class NotShown(msgspec.Struct, frozen=True):
    """What is not in the list: kept apart until somebody has decided, or filed under somebody who may be this person.

    quarantined: None where this person is not to know.
    """

    quarantined: int | None
    doubtful: int


class SystemName(msgspec.Struct, frozen=True):
    code: str
    words: Words


class Timeline(msgspec.Struct, frozen=True):
    """The answer, newest first.

    as_of: the moment of the verdicts, UTC.  silent: why there are no verdicts, None where there are.  steps: every
    step that a verdict of this answer went through.  records: the records that are this person, for live events.
    """

    as_of: datetime
    entries: list[TimelineEntry]
    next: str | None
    systems: list[SystemName]
    steps: list[Step]
    footer: Words
    silent: Words | None
    not_shown: NotShown
    records: list[UUID]


class TrendPoint(msgspec.Struct, frozen=True):
    """One value.  value, low, high: decimal strings in the unit of the trend; the others as issued.

    factor: what the issued value was multiplied by, '1' where it was not converted.
    """

    id: str
    at: datetime
    value: str
    low: str | None
    high: str | None
    factor: str
    issued_value: str
    issued_unit: str
    issued_reference: str
    code_system: str
    code: str
    method: str
    organization_id: UUID
    organization: str
    abnormal: bool | None
    critical: bool | None
    side: str
    status: str
    corrected: bool


class NotDrawn(msgspec.Struct, frozen=True):
    """A result that the curve leaves out, with the reason."""

    id: str
    at: datetime | None
    issued_value: str
    issued_unit: str
    issued_reference: str
    organization: str
    status: str
    why: Words


class TrendAnswer(msgspec.Struct, frozen=True):
    """The course of one item, oldest first.  unit: UCUM."""

    key: str
    name: str
    name_en: str
    unit: str
    points: list[TrendPoint]
    not_drawn: list[NotDrawn]
