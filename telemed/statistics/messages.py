"""What the statistics routes take and say."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.statistics.consulting import Consulted, Cut

Period = Annotated[str, Meta(min_length=7, max_length=7, pattern=r"^\d{4}-(\d{2}|H[12])$")]


class Words(msgspec.Struct, frozen=True):
    zh: str
    en: str


class FiguresQuery(msgspec.Struct, frozen=True):
    """period: `2026-10` or `2026-H2`.  version: of a sealed month, 0: the one that counts.  organization: it alone."""

    period: Period
    cut: Literal["member", "item"] = "member"
    organization: UUID | None = None
    version: Annotated[int, Meta(ge=0, le=10_000)] = 0


class QualityQuery(msgspec.Struct, frozen=True):
    """As FiguresQuery, and by doctor."""

    period: Period
    cut: Literal["member", "item", "doctor"] = "member"
    organization: UUID | None = None
    version: Annotated[int, Meta(ge=0, le=10_000)] = 0


class TableQuery(msgspec.Struct, frozen=True):
    """A table to keep."""

    period: Period
    form: Literal["csv", "xlsx"]
    cut: Literal["member", "item"] = "member"
    organization: UUID | None = None
    language: Literal["zh", "en"] = "zh"


class QualityTableQuery(msgspec.Struct, frozen=True):
    """A table to keep, with everything."""

    period: Period
    form: Literal["csv", "xlsx"]
    cut: Literal["member", "item", "doctor"] = "member"
    organization: UUID | None = None
    language: Literal["zh", "en"] = "zh"


class OwnQuery(msgspec.Struct, frozen=True):
    period: Period


class ConsultingQuery(msgspec.Struct, frozen=True):
    """cut: by inviting or invited institution, by department (诊疗科目) or by urgency."""

    period: Period
    cut: Cut = "inviting"


class ConsultingFigures(msgspec.Struct, frozen=True):
    """lines: everything together first, then the parts; empty where nothing was sent.  scope: whose are counted."""

    period: str
    cut: Cut
    scope: Literal["own", "community"]
    lines: list[Consulted]


class FigureSaid(msgspec.Struct, frozen=True):
    """of: the denominator, null for a plain count.  value null: hidden, or not to be had.  leads: it has decisions."""

    code: str
    value: int | None
    of: int | None
    leads: str


class Named(msgspec.Struct, frozen=True):
    """A reason or source and how often."""

    code: str
    words: Words
    count: int


class LineSaid(msgspec.Struct, frozen=True):
    """organization_id null: the whole county.  key: of the item or doctor, '' for a member."""

    organization_id: UUID | None
    organization_name: str
    key: str
    name: Words
    figures: list[FigureSaid]
    reasons: list[Named]
    sources: list[Named]
    hidden: bool


class MonthSaid(msgspec.Struct, frozen=True):
    """version 0: not sealed, counted at `at` with `left_over` decisions not yet.  seals_from: when it may be sealed."""

    month: str
    version: int
    content_hash: str
    at: datetime
    left_over: int
    seals_from: datetime


class Past(msgspec.Struct, frozen=True):
    """A sealed month for the chart, of the same member or county."""

    month: str
    figures: list[FigureSaid]


class ParametersSaid(msgspec.Struct, frozen=True):
    look_back_days: int
    ignored_hours: int
    re_order_days: int
    net_days: int
    seal_day: int
    small_count: int
    opinion_fee: int


class Statistics(msgspec.Struct, frozen=True):
    """scope: whether lines of the whole community are there, only the own, or those a bureau may see."""

    period: str
    definitions: str
    scope: Literal["community", "own", "bureau"]
    months: list[MonthSaid]
    parameters: ParametersSaid
    lines: list[LineSaid]
    history: list[Past]


class IndicatorSaid(msgspec.Struct, frozen=True):
    code: str
    name: Words
    meaning: Words
    excluded: Words
    clause: Words
    unit: str
    audience: str
    is_rate: bool
    is_mean: bool


class Indicators(msgspec.Struct, frozen=True):
    definitions: str
    items: list[IndicatorSaid]


class CausesSaid(msgspec.Struct, frozen=True):
    answers: int
    withdrawals: int
    results: int
    grants: int
    parameters: int
    definitions: int
    encounters: int


class ChangeSaid(msgspec.Struct, frozen=True):
    organization_id: str
    cut: str
    key: str
    code: str
    before: int
    after: int


class SealSaid(msgspec.Struct, frozen=True):
    """causes null: a first version.  changed: how many figures differ; changes: those the reader may see."""

    month: date
    version: int
    content_hash: str
    previous_hash: str
    sealed_at: datetime
    changed: int
    causes: CausesSaid | None
    changes: list[ChangeSaid]


class SealList(msgspec.Struct, frozen=True):
    items: list[SealSaid]


class DecisionsQuery(msgspec.Struct, frozen=True):
    """The decisions behind one figure.  code: a count.  before: the cursor of the last answer."""

    period: Period
    code: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9:-]+$")]
    cut: Literal["member", "item", "doctor"] = "member"
    organization: UUID | None = None
    key: Annotated[str, Meta(max_length=300)] = ""
    before: Annotated[str, Meta(max_length=80)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class DecisionLine(msgspec.Struct, frozen=True):
    """What one decision adds to a figure; nothing of the patient.  item_names: in the order of items."""

    id: UUID
    organization_id: UUID
    organization_name: str
    decided_at: datetime
    verdict: str | None
    items: list[str]
    item_names: list[Words]
    surface: str
    surface_name: Words
    outcome: str
    reason: str
    value: int


class DecisionPage(msgspec.Struct, frozen=True):
    """next: the cursor of the next page, '' after the last."""

    items: list[DecisionLine]
    next: str


class AnswerSaid(msgspec.Struct, frozen=True):
    surface: str
    shown_at: datetime
    outcome: str
    outcome_at: datetime | None
    reason: str


class DecisionDetail(msgspec.Struct, frozen=True):
    """trace: canonical JSON as it was hashed."""

    id: UUID
    organization_id: UUID
    decided_at: datetime
    verdict: str | None
    engine_version: str
    trace_hash: str
    trace: str
    cards: list[AnswerSaid]
