"""What is known when a decision is made: organisations, links of identity, results, events, grants.

Every row is append-only: `known_from` and `known_until` bound the period in which the registry held it to be so (its
first moment inside, its end not).  Of rows about the same thing the one known last counts.  Moments are aware and UTC.
A missing fact is None, never a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from telemed.recognition.rules import Code, Contrast, Grant, Kind

#: 甲 乙 丙 废: A and B suffice, C and reject do not.
Grade = Literal["A", "B", "C", "reject"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Organization:
    """A medical institution as it stands to others.

    level: ten times the level plus the class, 33 三级甲等, 22 二级乙等, 20 二级未定等, 10 一级未定等.
    region: GB/T 2260 digits.  groups: region groups such as 京津冀.  community: its 县域医共体, None outside of any.
    """

    id: str
    name: str
    level: int | None
    ownership: str | None
    region: str | None
    community: str | None
    groups: frozenset[str] = frozenset()


class LinkState(StrEnum):
    """How surely two records are one person; only `auto` carries a verdict (practice 8)."""

    AUTO = "auto"
    POTENTIAL = "potential"
    NONE = "none"
    TEMPORARY = "temporary"


@dataclass(frozen=True, slots=True)
class Identity:
    """That the patient of the order and the patient a result is filed under are, or are not, one person.

    For a result filed under the very patient of the order there is a row too: it says whether that identity holds,
    or is the temporary one of an unnamed patient.
    """

    link_id: str
    patient_id: str
    filed_patient_id: str
    state: LinkState
    known_from: datetime
    known_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CodeMapping:
    """What the code map of a version made of a result's own code; confirmed by a person, or only proposed."""

    code: Code
    version: str
    confirmed: bool
    known_from: datetime
    known_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a laboratory measured.

    value: decimal string or coded word.  unit: UCUM.  low, high: the reference interval, decimal strings in `unit`.
    flags: what was wrong with the specimen, such as `haemolysed`; empty where nothing was reported.
    """

    value: str | None = None
    unit: str | None = None
    low: str | None = None
    high: str | None = None
    abnormal: bool | None = None
    critical: bool | None = None
    specimen: str | None = None
    method_class: str | None = None
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether the images could be fetched when it was last tried; a probe is known from the moment it was made."""

    available: bool
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What was acquired: images or traces, never what somebody concluded from them.

    technique: as acquired, such as `slice_mm` or `tesla`, decimal strings.
    """

    modality: str | None = None
    body_site: str | None = None
    laterality: str | None = None
    contrast: Contrast | None = None
    technique: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    complete: bool | None = None
    probe: Probe | None = None
    grade: Grade | None = None


class Status(StrEnum):
    """DiagnosticReport.status of FHIR R4, as far as it is told apart here."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One version of a result, as known in a period.

    patient_id: the patient it is filed under.  signatures: licensed persons who signed, None where it is not said.
    intact: whether its stored digest agreed when it was checked.  acquiring_id: who sampled or imaged; reporting_id:
    who measured or read it.
    """

    id: str
    version: int
    patient_id: str
    kind: Kind
    code: Code
    status: Status
    acquiring_id: str
    known_from: datetime
    known_until: datetime | None = None
    mapping: CodeMapping | None = None
    signatures: int | None = None
    intact: bool | None = None
    reporting_id: str | None = None
    collected_at: datetime | None = None
    acquired_at: datetime | None = None
    reported_at: datetime | None = None
    device_id: str | None = None
    measured: Measurement = field(default_factory=Measurement)
    acquired: Acquisition = field(default_factory=Acquisition)


class EventKind(StrEnum):
    """What makes an earlier result doubtful (practice 7); discharge and admission are not among them."""

    SURGERY = "surgery"
    TRANSFUSION = "transfusion"
    THROMBOLYSIS = "thrombolysis"
    CHEMOTHERAPY = "chemotherapy"
    DIALYSIS = "dialysis"
    TRAUMA = "trauma"
    CONDITION_CHANGE = "condition-change"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the patient of the order; at: None where the day is not known."""

    id: str
    kind: EventKind
    at: datetime | None
    known_from: datetime
    known_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision may look at; the order of rows says nothing."""

    organizations: tuple[Organization, ...] = ()
    identities: tuple[Identity, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    events: tuple[Event, ...] = ()
    grants: tuple[Grant, ...] = ()
