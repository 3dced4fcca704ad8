"""A table of one programme's outcomes → evaluations, with every fault by its line and column. Pure.

One line is one outcome of one item; a header line names the columns in Chinese or English, in any order.  Lines that
differ in the item alone become one evaluation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid5

from telemed.quality.entry import FIRST, LAST, County
from telemed.recognition.quality import Outcome, QualityEvaluation
from telemed.recognition.quality_refusals import refuse
from telemed.recognition.rules import Basis, Item, Scope
from telemed.results.columns import LineFault, cells_of, faults_of_header, named
from telemed.results.sheet import Line
from telemed.vocabulary import Text

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "organization": ("机构", "organisation", "organization", "机构名称", "机构代码"),
    "item": ("项目", "item", "项目名称", "项目代码"),
    "round": ("轮次", "round"),
    "outcome": ("结果", "outcome", "评价结果"),
    "score": ("成绩", "score", "得分"),
    "published": ("公布日期", "published"),
    "begins": ("周期开始", "period begin", "period begins", "period_begins"),
    "ends": ("周期结束", "period end", "period ends", "period_ends"),
    "device": ("设备", "device"),
    "next_due": ("下一轮日期", "next due", "next_due"),
    "retroactive_from": ("追溯至", "retroactive from", "retroactive_from"),
}
REQUIRED = ("organization", "item", "round", "outcome", "published", "begins", "ends")
_DAYS = ("published", "begins", "ends", "next_due", "retroactive_from")
_LONGEST = {"round": 100, "score": 40, "device": 64}
_OUTCOMES = {
    "合格": Outcome.PASS,
    "通过": Outcome.PASS,
    "pass": Outcome.PASS,
    "不合格": Outcome.FAIL,
    "未通过": Outcome.FAIL,
    "fail": Outcome.FAIL,
    "未参加": Outcome.ABSENT,
    "absent": Outcome.ABSENT,
}
_DAY = re.compile(
    r"^(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))$"
)
_NAMESPACE = UUID("5c0a4e52-1c8e-5f6b-8a41-0f0d2f0c7d11")


@dataclass(frozen=True, slots=True)
class Programme:
    """What all lines of a table share."""

    name: str
    basis: Basis
    scope: Scope


@dataclass(frozen=True, slots=True)
class Directory:
    """What names of a table may stand for: ids of organisations, of their devices, keys of items; several: doubtful."""

    organizations: Mapping[str, frozenset[str]]
    devices: Mapping[tuple[str, str], frozenset[str]]
    items: Mapping[str, frozenset[str]]


def item_names(items: Mapping[str, Item]) -> dict[str, frozenset[str]]:
    """Keys by everything an item is called: its key, names and codes."""
    found: dict[str, set[str]] = {}
    for key, item in items.items():
        for name in {key, item.name, item.name_en, *(one.code for one in item.codes)} - {""}:
            found.setdefault(name.casefold(), set()).add(key)
    # a key means itself, whatever else is called so
    return {name: frozenset({name}) if name in items else frozenset(keys) for name, keys in found.items()}


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluation and the first line it comes from."""

    line: int
    fact: QualityEvaluation


@dataclass(frozen=True, slots=True)
class Rounds:
    """evaluations: of the lines without a fault.  lines: good and bad."""

    evaluations: tuple[Evaluated, ...]
    faults: tuple[LineFault, ...]
    lines: int


@dataclass(frozen=True, slots=True)
class _Said:
    """A line as it was understood, but for its item."""

    organization_id: str
    round: str
    outcome: Outcome
    score: str
    published: date
    begins: date
    ends: date
    device_id: str | None
    next_due: date | None
    retroactive_from: date | None


@dataclass(slots=True)
class _Reading:
    """One line being understood; faults gather."""

    line: int
    row: Mapping[str, str]
    faults: list[LineFault] = field(default_factory=list[LineFault])

    def fault(self, column: str, zh: str, en: str) -> None:
        self.faults.append(LineFault(self.line, COLUMNS[column][0], Text(zh, en)))

    def one(self, column: str, found: frozenset[str] | None) -> str:
        """The one thing a name stands for; '' and a fault where it is none or several."""
        if found is None or not found:
            self.fault(column, "找不到。", "This is not known.")
        elif len(found) > 1:
            self.fault(column, "有多个同名，请写代码。", "Several are called so; write the code.")
        else:
            return next(iter(found))
        return ""

    def day(self, column: str) -> date | None:
        """A day, None where it is not written, or with a fault where it is none."""
        text = self.row.get(column, "").removesuffix(" 00:00:00")
        if not text:
            if column in REQUIRED:
                self.fault(column, "不能为空。", "This cannot be empty.")
            return None
        match = _DAY.match(text)
        parts = [] if match is None else [int(one) for one in match.groups() if one is not None]
        try:
            found = date(parts[0], parts[1], parts[2])
        except (IndexError, ValueError):
            found = None
        if found is None or not FIRST <= found <= LAST:
            self.fault(column, "日期无效，请写 2026-01-31。", "This is no day; write 2026-01-31.")
            return None
        return found


def read_rounds(
    lines: Sequence[Line], programme: Programme, directory: Directory, county: County, *, digest: str, now: datetime
) -> Rounds:
    """Read the lines of a table.  digest: SHA-256 of the file, kept as evidence; the same file gives the same ids."""
    header = named(lines[0], COLUMNS)
    faults = faults_of_header(lines[0], header, COLUMNS, REQUIRED)
    if faults:
        return Rounds((), tuple(faults), len(lines) - 1)
    groups: dict[_Said, tuple[int, set[str]]] = {}
    seen: dict[tuple[object, ...], int] = {}
    for one in lines[1:]:
        line, row = one.number, cells_of(one, header, COLUMNS, _DAYS)
        if isinstance(row, list):
            faults += row
            continue
        reading = _Reading(line, row)
        said, key = _said(reading, directory, imaging=programme.basis is Basis.IMAGING_QC)
        if said is not None:
            place = (said.organization_id, said.device_id, said.round, key)
            if place in seen:
                reading.fault("item", f"与第 {seen[place]} 行重复。", f"Line {seen[place]} says it already.")
            seen.setdefault(place, line)
        faults += reading.faults
        if said is not None and not reading.faults:
            groups.setdefault(said, (line, set()))[1].add(key)
    found: list[Evaluated] = []
    for said, (line, keys) in groups.items():
        fact = _evaluation(said, keys, programme, county=county, digest=digest, now=now)
        refusal = refuse(fact)
        if refusal is None:
            found.append(Evaluated(line, fact))
        else:
            faults.append(LineFault(line, "", Text(refusal.zh, refusal.en)))
    return Rounds(tuple(found), tuple(sorted(faults, key=lambda one: one.line)), len(lines) - 1)


def _said(reading: _Reading, directory: Directory, *, imaging: bool) -> tuple[_Said | None, str]:
    """What a line says, and of which item; None where something is wrong with it."""
    row = reading.row
    for column in ("organization", "item", "round", "outcome"):
        if not row[column]:
            reading.fault(column, "不能为空。", "This cannot be empty.")
    for column, longest in _LONGEST.items():
        if len(row.get(column, "")) > longest:
            reading.fault(column, "过长。", "This is too long.")
    organization = key = device = ""
    if row["organization"]:
        organization = reading.one("organization", directory.organizations.get(row["organization"].casefold()))
    if row["item"]:
        key = reading.one("item", directory.items.get(row["item"].casefold()))
    if row.get("device") and organization:
        found = directory.devices.get((organization, row["device"].casefold()))
        # a laboratory's analysers are no devices of the directory: they are called as their results call them
        device = row["device"] if found is None and not imaging else reading.one("device", found)
    outcome = _OUTCOMES.get(row["outcome"].casefold())
    if outcome is None and row["outcome"]:
        reading.fault("outcome", "应为 合格、不合格 或 未参加。", "This is pass, fail or absent.")
    days = {column: reading.day(column) for column in ("published", "begins", "ends", "next_due", "retroactive_from")}
    published, begins, ends = days["published"], days["begins"], days["ends"]
    if reading.faults or outcome is None or published is None or begins is None or ends is None:
        return None, key
    said = _Said(
        organization,
        row["round"],
        outcome,
        row.get("score", ""),
        published,
        begins,
        ends,
        device or None,
        days["next_due"],
        days["retroactive_from"],
    )
    return said, key


def _evaluation(
    said: _Said, keys: Iterable[str], programme: Programme, *, county: County, digest: str, now: datetime
) -> QualityEvaluation:
    ordered: Sequence[str] = sorted(keys)
    name = "|".join((digest, programme.name, str(programme.scope), repr(said), *ordered))
    return QualityEvaluation(
        id=str(uuid5(_NAMESPACE, name)),
        programme=programme.name,
        organization_id=said.organization_id,
        item_keys=frozenset(ordered),
        basis=programme.basis,
        scope=programme.scope,
        round=said.round,
        period_begins=county.begins(said.begins),
        period_ends=county.over(said.ends),
        outcome=said.outcome,
        published_at=county.begins(said.published),
        known_from=now,
        device_id=said.device_id,
        score=said.score,
        next_due=None if said.next_due is None else county.begins(said.next_due),
        retroactive_from=None if said.retroactive_from is None else county.begins(said.retroactive_from),
        evidence_hash=digest,
    )
