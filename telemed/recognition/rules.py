"""What rules say: items, their windows and exceptions, the documents that list them, and the grants of members.

Nothing here does I/O.  Days are dates in the county's zone, moments are aware and UTC; a period holds its first day
or moment and not its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

Kind = Literal["laboratory", "imaging", "ultrasound", "ecg"]
#: What a window is counted from.  Never the day of the report (practice 7, domain A8).
Anchor = Literal["collected", "acquired"]
Contrast = Literal["plain", "enhanced", "plain-and-enhanced"]
#: The closed set of conditions an item may carry; a document that names another is rejected.
Predicate = Literal["value-abnormal", "value-critical", "pre-operative", "pre-transfusion"]

_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_DAYS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """A code in its system; equal only as a whole: 12 is not 123."""

    system: str
    code: str


#: The system in which an item's key itself is a code: what a code map says a sender's code stands for.
ITEM_KEYS = "urn:cn:county:item-key"


def item_code(key: str) -> Code:
    """The code that is an item's key."""
    return Code(ITEM_KEYS, key)


@dataclass(frozen=True, slots=True)
class Window:
    """A reference window (互认参考时限): a result counts through the last of `days` whole days after its anchor."""

    days: int
    anchor: Anchor
    #: Encounter class (`outpatient`, `inpatient`, `emergency`, `checkup` …) → days that stand in place of `days`.
    by_encounter: Mapping[str, int] = field(default_factory=lambda: _NO_DAYS)

    def days_for(self, encounter_class: str) -> int:
        return self.by_encounter.get(encounter_class, self.days)


@dataclass(frozen=True, slots=True)
class ItemException:
    """When an item is not to be recognised although all else agrees, with the clause that says so."""

    code: str
    predicate: Predicate
    clause: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a catalogue.

    unit: UCUM, for laboratory items with a quantity.  convertible_units: units that convert to it with certainty for
    this analyte.  method_classes: any of them is comparable; empty: all are.
    technique: lowest demands on the acquisition, such as `slice_mm` (at most) or `tesla` (at least), decimal strings.
    members: keys of the analytes of a panel; a panel has no window of its own.
    price: in fen, of the day the document begins.
    """

    key: str
    kind: Kind
    name: str
    name_en: str
    codes: frozenset[Code]
    window: Window
    clause: str
    specimen: str | None = None
    unit: str | None = None
    convertible_units: frozenset[str] = frozenset()
    method_classes: frozenset[str] = frozenset()
    modality: str | None = None
    body_site: str | None = None
    laterality: str | None = None
    contrast: Contrast | None = None
    technique: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    members: tuple[str, ...] = ()
    volatile: bool = False
    exceptions: tuple[ItemException, ...] = ()
    price: int = 0

    def is_called(self, code: Code) -> bool:
        """Whether a code is one of the item's own, or its key."""
        return code in self.codes or code == item_code(self.key)


class Direction(StrEnum):
    """Who has to accept whom inside a scope."""

    SYMMETRIC = "symmetric"
    LOWER_ACCEPTS_HIGHER = "lower-accepts-higher"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a document or a mark counts.

    key: the region (GB/T 2260 digits, a prefix covers all within), group, community, or pair it speaks of.
    producers, accepters: organisation ids, for `named` only.  label: as printed, such as 全国HR.
    """

    kind: Literal["national", "region", "group", "community", "bilateral"]
    key: str
    label: str
    direction: Direction = Direction.SYMMETRIC
    producers: frozenset[str] = frozenset()
    accepters: frozenset[str] = frozenset()


class Mode(StrEnum):
    """What a catalogue lists: what is recognised (正面清单), or all but what is listed (全部项目, 除负面清单)."""

    POSITIVE = "positive"
    ALL_BUT_NEGATIVE = "all-but-negative"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One issued document.  series: documents of one issuer that replace each other; the newest within one scope wins.

    negative: keys that an ALL_BUT_NEGATIVE document leaves out.  source_hash: SHA-256 of the files it was read from.
    """

    issuer: str
    series: str
    number: str
    title: str
    scope: Scope
    mode: Mode
    first_day: date
    end_day: date | None
    items: Mapping[str, Item]
    source_hash: str
    negative: frozenset[str] = frozenset()


class GrantState(StrEnum):
    """States of a mark; due soon and expired are computed from dates and never stored (domain G6)."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    DUE_SOON = "due-soon"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Basis(StrEnum):
    """What a grant rests on; only the first three print HR (practice 7)."""

    EQA = "external-quality-assessment"
    IMAGING_QC = "imaging-quality-control"
    ON_SITE = "county-on-site-check"
    COMMUNITY_DOCUMENT = "community-document"
    COUNTY_READING = "county-remote-reading"


PRINTS_HR = frozenset({Basis.EQA, Basis.IMAGING_QC, Basis.ON_SITE})


@dataclass(frozen=True, slots=True)
class Grant:
    """That a member's results of an item may be relied on, in a period, as known from a moment on.

    device_id: None speaks for all devices.  programme: of the evaluations it comes from, or the id of the agreement.
    begins, ends: valid time.  due: when the next evaluation is due.  known_from, known_until: when the registry
    knew it so; a later row with the same id says what became of it.  withdrawn_from: from which moment on a
    withdrawal reaches back.  reader_id: the organisation whose reading it rests on, for COUNTY_READING.
    """

    id: str
    organization_id: str
    item_key: str
    scope: Scope
    basis: Basis
    state: GrantState
    begins: datetime
    ends: datetime
    known_from: datetime
    known_until: datetime | None = None
    withdrawn_from: datetime | None = None
    device_id: str | None = None
    reader_id: str | None = None
    evidence: tuple[str, ...] = field(default=())
    due: datetime | None = None
    programme: str = ""
