"""The items of a catalogue document: one CSV file → its lines, or everything that is wrong with them. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from typing import cast, get_args

from telemed.recognition.faults import Fault
from telemed.recognition.head import DEFAULTS, ITEM_KEY, WORD, Head, Lines
from telemed.recognition.rules import Anchor, Code, Contrast, Item, ItemException, Kind, Window
from telemed.recognition.units import UNITS, convertible

COLUMNS = DEFAULTS | {
    "key", "name", "name_en", "codes", "unit", "methods", "body_site", "laterality", "technique", "members", "price",
}  # fmt: skip
REQUIRED = frozenset({"key", "name", "name_en"})
#: The first part of an item key says what it is and, for images, of which modality (DICOM (0008,0060)).
PREFIXES: Mapping[str, tuple[Kind, frozenset[str]]] = {
    "lab": ("laboratory", frozenset()),
    "dx": ("imaging", frozenset({"DX", "CR"})),
    "mg": ("imaging", frozenset({"MG"})),
    "ct": ("imaging", frozenset({"CT"})),
    "mr": ("imaging", frozenset({"MR"})),
    "nm": ("imaging", frozenset({"NM", "PT"})),
    "rf": ("imaging", frozenset({"RF"})),
    "us": ("ultrasound", frozenset({"US"})),
    "ecg": ("ecg", frozenset({"ECG"})),
}
ENCOUNTERS = ("outpatient", "inpatient", "emergency", "observation", "transfer", "checkup")
SPECIMENS = frozenset({
    "serum", "plasma", "whole-blood", "arterial-blood", "urine", "urine-24h", "stool", "sputum", "csf", "body-fluid",
    "swab", "vaginal-swab", "semen", "tissue",
})  # fmt: skip
#: Lowest demands on an acquisition: at most, in millimetres; at least, in tesla, in rows, in projections, in leads.
TECHNIQUE = frozenset({"slice_mm", "tesla", "rows", "views", "leads"})
#: Both sides as DICOM (0020,0060) has them; what has no side says nothing.
LATERALITY = frozenset({"L", "R", "B"})
_OF_LABORATORY = ("specimen", "unit", "methods", "members")
_OF_IMAGES = ("modality", "body_site", "laterality", "contrast", "technique")
LONGEST_WINDOW = 3650
MOST_LINES = 5000
MOST_IN_A_CELL = 500
_NUMBER = re.compile(r"^[1-9][0-9]{0,4}$")
_DECIMAL = re.compile(r"^(0|[1-9][0-9]{0,3})(\.[0-9]{1,3})?$")
#: As DICOM (0018,0015) writes it; telemed/imaging/body.py finds it in the words of a request.
_BODY_SITE = re.compile(r"^[A-Z]{3,16}$")
_PRICE = re.compile(r"^(0|[1-9][0-9]{0,6})$")


@dataclass(frozen=True, slots=True)
class Line:
    """An item with its place.  window_known: False where an incomplete document does not say it."""

    file: str
    number: int
    item: Item
    window_known: bool


@dataclass(frozen=True, slots=True)
class Read:
    """What one file gave: the lines that can be used, and what is wrong with the others."""

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]


def parse_lines(file: str, text: str, of: Lines, head: Head) -> Read:
    """Read one file of items; a line with any fault is not among the lines."""
    faults: list[Fault] = []
    found: list[Line] = []
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    columns: list[str] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = [cell.strip() for cell in cells]
                faults += _columns(file, reader.line_num, columns)
                if faults:
                    break
                continue
            if len(found) >= MOST_LINES:
                faults.append(Fault(file, reader.line_num, f"超过 {MOST_LINES} 行", f"more than {MOST_LINES} lines"))
                break
            row = _Row(file, reader.line_num, of, head)
            line = row.read(columns, cells)
            faults += row.faults
            found += [line] if line is not None else []
    except csv.Error as error:
        faults.append(Fault(file, reader.line_num, f"不是有效的 CSV：{error}", f"is no valid CSV: {error}"))
    if columns is None and not faults:
        faults.append(Fault(file, 0, "没有标题行", "has no line of column names"))
    return Read(tuple(found), tuple(faults))


def _columns(file: str, number: int, columns: list[str]) -> list[Fault]:
    faults: list[Fault] = []
    for name in columns:
        if name not in COLUMNS:
            near = get_close_matches(name, sorted(COLUMNS), n=1)
            zh, en = (f"，是否为 {near[0]}？", f"; is {near[0]} meant?") if near else ("", "")
            faults.append(Fault(file, number, f"没有 {name} 这一列{zh}", f"no such column {name}{en}"))
        elif columns.count(name) > 1:
            faults.append(Fault(file, number, f"{name} 列重复", f"column {name} is there twice"))
    missing = sorted(REQUIRED - set(columns))
    faults += [Fault(file, number, f"缺少 {name} 列", f"column {name} is missing") for name in missing]
    return faults


class _Row:
    """Reads one line and notes everything that is wrong with it."""

    def __init__(self, file: str, number: int, of: Lines, head: Head) -> None:
        self.faults: list[Fault] = []
        self._file = file
        self._number = number
        self._of = of
        self._head = head
        self._said: dict[str, str] = {}

    def _wrong(self, zh: str, en: str) -> None:
        self.faults.append(Fault(self._file, self._number, zh, en))

    def _cell(self, column: str) -> str:
        """What the line says, else what the document says for all lines of this file."""
        return self._said.get(column) or self._of.defaults.get(column, "")

    def read(self, columns: list[str], cells: list[str]) -> Line | None:
        if len(cells) != len(columns):
            self._wrong(
                f"应有 {len(columns)} 列，实有 {len(cells)} 列", f"{len(cells)} cells under {len(columns)} columns"
            )
            return None
        self._said = {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}
        for name, cell in self._said.items():
            if len(cell) > MOST_IN_A_CELL:
                self._wrong(f"{name} 超过 {MOST_IN_A_CELL} 字", f"{name} is longer than {MOST_IN_A_CELL} characters")
        key, members = self._key(), tuple(self._said.get("members", "").split())
        self._refuse_of_other_kind()
        window, known = self._window(panel=bool(members))
        unit = self._unit(key, panel=bool(members))
        item = Item(
            key=key,
            kind=self._of.kind,
            name=self._needed("name"),
            name_en=self._needed("name_en"),
            codes=self._codes(),
            window=window,
            clause=self._cell("clause") or self._head.clause,
            specimen=self._one_of("specimen", SPECIMENS),
            unit=unit,
            convertible_units=frozenset() if unit is None else convertible(key, unit),
            method_classes=self._methods(),
            modality=self._modality(key),
            body_site=self._body_site(),
            laterality=self._one_of("laterality", LATERALITY),
            contrast=cast("Contrast | None", self._one_of("contrast", frozenset(get_args(Contrast)))),
            technique=self._technique(),
            members=self._members(key, members),
            volatile=self._volatile(),
            exceptions=self._exceptions(),
            price=self._price(),
        )
        return None if self.faults else Line(self._file, self._number, item, known)

    def _needed(self, column: str) -> str:
        if not self._said[column]:
            self._wrong(f"{column} 不能为空", f"{column} is empty")
        return self._said[column]

    def _one_of(self, column: str, known: frozenset[str]) -> str | None:
        value = self._cell(column)
        if value and value not in known:
            listed = sorted(known)
            self._wrong(
                f"{column}：{value} 不在 {'、'.join(listed)} 之中", f"{column}: {value} is none of {', '.join(listed)}"
            )
        return value or None

    def _key(self) -> str:
        key = self._needed("key")
        if key and not ITEM_KEY.match(key):
            self._wrong(f"{key} 不是项目代码（如 lab.potassium）", f"{key} is no item key such as lab.potassium")
        elif key:
            kind = PREFIXES.get(key.partition(".")[0], (None,))[0]
            if kind != self._of.kind:
                self._wrong(
                    f"{key} 的前缀与类别 {self._of.kind} 不符", f"the first part of {key} does not say {self._of.kind}"
                )
        return key

    def _refuse_of_other_kind(self) -> None:
        foreign = _OF_IMAGES if self._of.kind == "laboratory" else _OF_LABORATORY
        for column in foreign:
            if self._cell(column):
                self._wrong(
                    f"{self._of.kind} 类项目没有 {column}", f"{column} does not belong to {self._of.kind} items"
                )

    def _codes(self) -> frozenset[Code]:
        found: list[Code] = []
        for word in self._said.get("codes", "").split():
            system, colon, code = word.partition(":")
            if not colon or not code or system not in self._head.systems:
                self._wrong(
                    f"代码 {word} 应为 简称:代码，简称须在 [systems] 中",
                    f"code {word} has to be a short name of [systems], a colon and the code",
                )
                continue
            found.append(Code(self._head.systems[system], code))
        if len(set(found)) != len(found):
            self._wrong("同一行代码重复", "one code is there twice in the line")
        return frozenset(found)

    def _window(self, *, panel: bool) -> tuple[Window, bool]:
        days = self._said.get("window_days", "") if panel else self._cell("window_days")
        by_encounter = self._said.get("by_encounter", "") if panel else self._cell("by_encounter")
        anchor = self._anchor()
        if panel:
            if days or by_encounter:
                self._wrong(
                    "组合项目没有自己的时限，由其成员决定", "a panel has no window of its own: its members have"
                )
            return Window(LONGEST_WINDOW, anchor), True
        if not days:
            if by_encounter or not self._head.incomplete:
                self._wrong("缺少 window_days", "window_days is missing")
            return Window(LONGEST_WINDOW, anchor), False
        classes: dict[str, int] = {}
        for word in by_encounter.split():
            name, _, value = word.partition(":")
            if name not in ENCOUNTERS or name in classes:
                listed = "、".join(ENCOUNTERS)
                self._wrong(
                    f"by_encounter：{name} 重复或不在 {listed} 之中",
                    f"by_encounter: {name} is there twice or none of {', '.join(ENCOUNTERS)}",
                )
            classes[name] = self._days(f"by_encounter {name}", value)
        return Window(self._days("window_days", days), anchor, classes), True

    def _days(self, what: str, text: str) -> int:
        if not _NUMBER.match(text) or int(text) > LONGEST_WINDOW:
            self._wrong(
                f"{what}：{text} 应为 1 至 {LONGEST_WINDOW} 的整天数",
                f"{what}: {text} has to be whole days from 1 to {LONGEST_WINDOW}",
            )
            return LONGEST_WINDOW
        return int(text)

    def _anchor(self) -> Anchor:
        right: Anchor = "collected" if self._of.kind == "laboratory" else "acquired"
        said = self._cell("anchor")
        if said == "reported":
            self._wrong(
                "时限不得从报告时间起算，应从采样或检查时间起算",
                "a window never counts from the report: it counts from collection or acquisition",
            )
        elif said != right:
            self._wrong(f"anchor 应为 {right}", f"anchor has to be {right}, it says {said or 'nothing'}")
        return right

    def _unit(self, key: str, *, panel: bool) -> str | None:
        unit = self._said.get("unit", "")
        if not unit:
            return None
        if panel:
            self._wrong("组合项目没有单位", "a panel has no unit")
        elif unit not in UNITS.get(key, ()):
            allowed = UNITS.get(key, ())
            self._wrong(
                f"{unit} 不是 {key} 的单位（{'、'.join(allowed) or '该项目无数值'}）",
                f"{unit} is no unit of {key} ({', '.join(allowed) or 'it has no quantity'})",
            )
        return unit

    def _methods(self) -> frozenset[str]:
        words = self._said.get("methods", "").split()
        for word in words:
            if not WORD.match(word):
                self._wrong(f"方法类别 {word} 应为小写字母和连字符", f"method class {word} is lower case with hyphens")
        return frozenset(words)

    def _modality(self, key: str) -> str | None:
        modality = self._cell("modality")
        if self._of.kind == "laboratory":
            return None
        known = PREFIXES.get(key.partition(".")[0], ("imaging", frozenset[str]()))[1]
        if modality not in known:
            listed = sorted(known)
            self._wrong(
                f"modality 应为 {'、'.join(listed)}",
                f"modality has to be {' or '.join(listed)}, it says {modality or 'nothing'}",
            )
        return modality or None

    def _body_site(self) -> str | None:
        site = self._cell("body_site")
        if site and not _BODY_SITE.match(site):
            self._wrong(f"body_site：{site} 应如 CHEST", f"body_site: {site} has to be such as CHEST")
        return site or None

    def _technique(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for word in self._said.get("technique", "").split():
            name, _, value = word.partition("=")
            if name not in TECHNIQUE or name in found or not _DECIMAL.match(value) or float(value) == 0:
                self._wrong(f"technique：{word} 应如 slice_mm=1.5", f"technique: {word} has to be such as slice_mm=1.5")
            found[name] = value
        return found

    def _members(self, key: str, members: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(members)) != len(members) or key in members:
            self._wrong("成员重复或包含自身", "a member is there twice, or the panel itself")
        if len(members) == 1:
            self._wrong("组合项目至少有两个成员", "a panel has two members at least")
        return members

    def _volatile(self) -> bool:
        said = self._cell("volatile")
        if said not in ("", "yes", "no"):
            self._wrong("volatile 应为 yes 或 no", "volatile has to be yes or no")
        return said == "yes"

    def _exceptions(self) -> tuple[ItemException, ...]:
        found: list[ItemException] = []
        for code in self._cell("exceptions").split():
            one = self._head.exceptions.get(code)
            if one is None or one in found:
                self._wrong(
                    f"例外 {code} 重复或未在 [exceptions] 中", f"exception {code} is twice or not in [exceptions]"
                )
            else:
                found.append(one)
        return tuple(found)

    def _price(self) -> int:
        said = self._said.get("price", "") or "0"
        if not _PRICE.match(said):
            self._wrong(f"price：{said} 应为以分计的整数", f"price: {said} has to be a whole number of fen")
            return 0
        return int(said)
