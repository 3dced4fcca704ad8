"""The head of a catalogue document: TOML text → what it says, or everything that is wrong with it. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Literal, TypeVar, cast, get_args

from telemed.recognition.faults import Fault
from telemed.recognition.rules import Direction, ItemException, Kind, Mode, Predicate, Scope

ScopeKind = Literal["national", "region", "group", "community", "bilateral"]
#: Columns of item lines that a document may set for all lines of a file.
DEFAULTS = frozenset(
    {"anchor", "window_days", "by_encounter", "clause", "specimen", "modality", "contrast", "volatile", "exceptions"}
)
ITEM_KEY = re.compile(r"^[a-z][a-z0-9]*(\.[a-z0-9]+(-[a-z0-9]+)*)+$")
WORD = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
REGION = re.compile(r"^([0-9]{2}){1,3}$")
LINES_FILE = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*\.csv$")
_HEAD = frozenset({
    "issuer", "series", "number", "title", "clause", "mode", "first_day", "end_day", "incomplete", "scope", "systems",
    "exceptions", "negative", "items",
})  # fmt: skip
_SCOPE = frozenset({"kind", "key", "label", "direction", "producers", "accepters"})
_TABLE = re.compile(r"^\s*\[+\s*([\w.-]+)\s*\]+.*$")
_Word = TypeVar("_Word", bound=str)


@dataclass(frozen=True, slots=True)
class Lines:
    """One CSV file of items beside the head.  defaults: column → what stands where a line says nothing."""

    file: str
    kind: Kind
    defaults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Head:
    """What the document says as a whole.

    first_day: None where no source gives it: such a document is shown and never in force.
    incomplete: what is not known of a real document, in words; empty for a whole one.
    negative: item key → why it is left out.  systems: short name → code system.
    """

    issuer: str
    series: str
    number: str
    title: str
    clause: str
    scope: Scope
    mode: Mode
    first_day: date | None
    end_day: date | None
    incomplete: str
    systems: Mapping[str, str]
    exceptions: Mapping[str, ItemException]
    negative: Mapping[str, str]
    lines: tuple[Lines, ...]


def parse_head(file: str, text: str) -> Head | list[Fault]:
    """Read the head of one document."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [Fault(file, 0, f"不是有效的 TOML：{error}", f"is no valid TOML: {error}")]
    reader = _Reader(file, text)
    reader.known(content, _HEAD, "")
    first_day, end_day = reader.day(content, "first_day"), reader.day(content, "end_day")
    incomplete = reader.words(content, "incomplete", optional=True)
    if first_day is None and "first_day" not in content and not incomplete:
        reader.wrong("first_day", "缺少起始日期", "the first day is missing")
    if first_day is not None and end_day is not None and end_day <= first_day:
        reader.wrong("end_day", "结束日期须晚于起始日期", "the end has to lie after the first day")
    head = Head(
        issuer=reader.words(content, "issuer"),
        series=reader.words(content, "series"),
        number=reader.words(content, "number"),
        title=reader.words(content, "title"),
        clause=reader.words(content, "clause"),
        scope=_scope(reader, reader.table(content, "scope")),
        mode=Mode(reader.choice(content, "mode", [one.value for one in Mode])),
        first_day=first_day,
        end_day=end_day,
        incomplete=incomplete,
        systems=reader.all_words(content, "systems"),
        exceptions=_exceptions(reader, reader.table(content, "exceptions", optional=True)),
        negative=reader.all_words(content, "negative"),
        lines=_lines(reader, content.get("items", [])),
    )
    _contradictions(reader, head)
    return reader.faults or head


class _Reader:
    """Takes values out of tables and notes what is wrong with them; a wrong value reads as an empty one."""

    def __init__(self, file: str, text: str) -> None:
        self.faults: list[Fault] = []
        self.nth = 0  # of several tables of one name, the one being read
        self._file = file
        self._lines = text.splitlines()

    def wrong(self, key: str, zh: str, en: str) -> None:
        self.faults.append(Fault(self._file, self._line_of(key), f"{key}：{zh}", f"{key}: {en}"))

    def _line_of(self, key: str) -> int:
        """Where a key stands; where it is missing, its table's head; 0 for what is missing at the top."""
        parts = key.split(".")
        depth = 2 if parts[0] == "exceptions" and len(parts) > 2 else min(len(parts) - 1, 1)
        section, name = ".".join(parts[:depth]), ".".join(parts[depth:])
        heads = [number for number, line in enumerate(self._lines) if _TABLE.match(line)]
        mine = [number for number in heads if _TABLE.sub(r"\1", self._lines[number]).strip() == section]
        begin = mine[min(self.nth, len(mine) - 1)] if mine else 0
        end = next((number for number in heads if number > begin or not mine), len(self._lines))
        wanted = re.compile(rf'^\s*"?{re.escape(name)}"?\s*=')
        inside = (number for number in range(begin, end) if wanted.match(self._lines[number]))
        table = re.compile(rf"^\s*\[+\s*{re.escape(key)}\s*\]")
        named = (number for number in heads if table.match(self._lines[number]))
        return next(inside, next(named, begin if mine else -1)) + 1

    def known(self, table: Mapping[str, object], names: frozenset[str], inside: str) -> None:
        for key in table:
            if key not in names:
                near = get_close_matches(key, sorted(names), n=1)
                zh, en = (f"，是否为 {near[0]}？", f"; is {near[0]} meant?") if near else ("", "")
                self.wrong(f"{inside}{key}", f"没有这个键{zh}", f"no such key{en}")

    def words(self, table: Mapping[str, object], key: str, *, inside: str = "", optional: bool = False) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            self.wrong(inside + key, "应为文字", "must be text")
            return ""
        if len(value) > 2000:
            self.wrong(inside + key, "超过 2000 字", "is longer than 2000 characters")
        if not value.strip() and (not optional or key in table):
            self.wrong(inside + key, "不能为空", "is missing or empty")
        return value.strip()

    def choice(self, table: Mapping[str, object], key: str, known: Iterable[_Word], *, inside: str = "") -> _Word:
        """Return the word, or the first known one after noting that it is none of them."""
        words = list(known)
        value = self.words(table, key, inside=inside)
        if value and value not in words:
            listed = "、".join(words)
            self.wrong(inside + key, f"{value} 不在 {listed} 之中", f"{value} is none of {', '.join(words)}")
        return next((word for word in words if word == value), words[0])

    def day(self, table: Mapping[str, object], key: str) -> date | None:
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            self.wrong(key, "应为日期，如 2026-01-01", "must be a date such as 2026-01-01")
            return None
        return value

    def table(self, content: Mapping[str, object], key: str, *, optional: bool = False) -> Mapping[str, object]:
        value = content.get(key, {})
        if not isinstance(value, dict) or (not value and not optional):
            self.wrong(key, "应为一节 [..]", "must be a table [..]")
            return {}
        return cast("dict[str, object]", value)

    def all_words(self, content: Mapping[str, object], key: str) -> Mapping[str, str]:
        table = self.table(content, key, optional=True)
        return {name: self.words(table, name, inside=f"{key}.") for name in table}

    def names(self, table: Mapping[str, object], key: str) -> frozenset[str]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in cast("list[object]", value)):
            self.wrong(f"scope.{key}", "应为机构代码列表", "must be a list of organisation codes")
            return frozenset()
        return frozenset(cast("list[str]", value))


def _scope(reader: _Reader, table: Mapping[str, object]) -> Scope:
    reader.known(table, _SCOPE, "scope.")
    kind = reader.choice(table, "kind", cast("tuple[ScopeKind, ...]", get_args(ScopeKind)), inside="scope.")
    scope = Scope(
        kind=kind,
        key=reader.words(table, "key", inside="scope."),
        label=reader.words(table, "label", inside="scope."),
        direction=Direction(reader.choice(table, "direction", [one.value for one in Direction], inside="scope.")),
        producers=reader.names(table, "producers"),
        accepters=reader.names(table, "accepters"),
    )
    if kind == "region" and scope.key and not REGION.match(scope.key):
        reader.wrong("scope.key", "地区应为 2、4 或 6 位行政区划代码", "a region is 2, 4 or 6 digits of GB/T 2260")
    named = scope.direction is Direction.NAMED
    if named != bool(scope.producers) or named != bool(scope.accepters):
        reader.wrong(
            "scope.direction",
            "named 须列出 producers 和 accepters，其他方向不得列出",
            "named needs producers and accepters, the other directions have none",
        )
    if kind == "bilateral" and not named:
        reader.wrong("scope.direction", "双边互认须为 named", "a bilateral scope has to be named")
    return scope


def _exceptions(reader: _Reader, table: Mapping[str, object]) -> Mapping[str, ItemException]:
    found: dict[str, ItemException] = {}
    for code in table:
        inside = f"exceptions.{code}."
        said = reader.table(table, code)
        reader.known(said, frozenset({"predicate", "clause"}), inside)
        if not WORD.match(code):
            reader.wrong(f"exceptions.{code}", "代码应为小写字母、数字和连字符", "a code is lower case with hyphens")
        predicate = reader.choice(said, "predicate", cast("tuple[Predicate, ...]", get_args(Predicate)), inside=inside)
        found[code] = ItemException(code, predicate, reader.words(said, "clause", inside=inside))
    return found


def _lines(reader: _Reader, value: object) -> tuple[Lines, ...]:
    tables = cast("list[object]", value) if isinstance(value, list) else [None]
    found: list[Lines] = []
    for reader.nth, one in enumerate(tables):
        if not isinstance(one, dict):
            reader.wrong("items", "应为 [[items]]", "must be [[items]]")
            continue
        table = cast("dict[str, object]", one)
        reader.known(table, DEFAULTS | {"file", "kind"}, "items.")
        file = reader.words(table, "file", inside="items.")
        if file and not LINES_FILE.match(file):
            reader.wrong("items.file", "应为同一目录下的 .csv 文件名", "must name a .csv file of the same folder")
        if file in {lines.file for lines in found}:
            reader.wrong("items.file", f"{file} 重复", f"{file} is there twice")
        kind = reader.choice(table, "kind", cast("tuple[Kind, ...]", get_args(Kind)), inside="items.")
        defaults = {key: reader.words(table, key, inside="items.") for key in table if key in DEFAULTS}
        found.append(Lines(file, kind, defaults))
    reader.nth = 0
    return tuple(found)


def _contradictions(reader: _Reader, head: Head) -> None:
    if head.negative and head.mode is Mode.POSITIVE:
        reader.wrong("negative", "正面清单没有负面清单", "a positive list leaves nothing out")
    for key in head.negative:
        if not ITEM_KEY.match(key):
            reader.wrong(f"negative.{key}", "不是项目代码", "is no item key")
    for name in head.systems:
        if not WORD.match(name):
            reader.wrong(f"systems.{name}", "简称应为小写字母", "a short name is lower case")
