"""Whose code stands for which item of the catalogue: dated files, whole codes only, the sender's code kept. Pure.

One file under `config/recognition/maps/` is one version of one sender's map (or of everybody's, `sender = "*"`).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, TypeGuard, cast, get_args

from telemed.results import units
from telemed.results.units import Analyte
from telemed.results.values import CodedText
from telemed.vocabulary import Text

EVERYBODY = "*"
#: What HL7 table 0396 and senders call the systems that more than one sender uses.
_SYSTEMS = {"LN": "http://loinc.org", "LOINC": "http://loinc.org", "2.16.840.1.113883.6.1": "http://loinc.org"}
_FILE_KEYS = frozenset({"sender", "version", "first_day", "code"})
_ENTRY_KEYS = frozenset({"system", "code", "item", "name", "unit", "analyte"})


class Code(NamedTuple):
    """A code in its system; equal only as a whole: 12 is not 123."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a code stands for.

    item: key of the catalogue.  unit: UCUM that results of this code are commensurable with, '' for those without.
    analyte: set where conversion between mass and amount is certain.
    """

    item: str
    unit: str = ""
    analyte: Analyte | None = None


@dataclass(frozen=True, slots=True)
class MapVersion:
    """One file.  digest: SHA-256 of its bytes."""

    sender: str
    version: str
    first_day: date
    entries: Mapping[Code, Entry]
    digest: str

    @property
    def label(self) -> str:
        """What is stored beside every result that this version mapped."""
        return f"{self.sender}/{self.version}"


class Mapped(NamedTuple):
    entry: Entry
    code: Code
    version: str


class Ambiguous(NamedTuple):
    """Two codes of one result stand for two items."""

    items: frozenset[str]


class Fault(NamedTuple):
    """What is wrong with a file, where, in words."""

    where: str
    text: Text


@dataclass(frozen=True, slots=True)
class CodeMaps:
    """All versions of all senders."""

    versions: tuple[MapVersion, ...] = ()

    def find(self, codes: Sequence[CodedText], sender: str, day: date) -> Mapped | Ambiguous | None:
        """The item of a result by the versions in force on a day; the sender's own map goes before everybody's.

        sender: the organisation's code.  A local code (system '', L or 99…) is looked up under the sender's map only.
        """
        found: dict[str, Mapped] = {}
        for version in self._in_force(sender, day):
            for one in codes:
                code = Code(system(one.system), one.code)
                entry = version.entries.get(code) if one.code else None
                if entry is not None:
                    found.setdefault(entry.item, Mapped(entry, code, version.label))
            if found:
                break
        if len(found) > 1:
            return Ambiguous(frozenset(found))
        return next(iter(found.values()), None)

    def label(self, sender: str, day: date) -> str:
        """Which maps are asked for a sender on a day, for what none of them knows."""
        return " ".join(one.label for one in self._in_force(sender, day)) or "none"

    def in_force_digest(self, day: date) -> str:
        """SHA-256 that changes exactly when another version of some map comes into force or one's content changes."""
        senders = sorted({one.sender for one in self.versions})
        standing = sorted({(one.label, one.digest) for name in senders for one in self._in_force(name, day)})
        return hashlib.sha256(repr(standing).encode()).hexdigest()

    def _in_force(self, sender: str, day: date) -> list[MapVersion]:
        newest: dict[str, MapVersion] = {}
        for version in self.versions:
            known = newest.get(version.sender)
            if version.first_day <= day and (known is None or known.first_day < version.first_day):
                newest[version.sender] = version
        return [newest[name] for name in (sender, EVERYBODY) if name in newest]


def system(written: str) -> str:
    """The name a coding system goes by here; what is not known stays as written."""
    return _SYSTEMS.get(written.strip().upper(), written.strip())


def read(files: Iterable[tuple[str, bytes]]) -> CodeMaps | tuple[Fault, ...]:
    """Read files given as (name, bytes); all faults at once, or the maps."""
    faults: list[Fault] = []
    versions: list[MapVersion] = []
    for name, raw in files:
        found = _file(name, raw, faults)
        if found is None:
            continue
        if any((one.sender, one.first_day) == (found.sender, found.first_day) for one in versions):
            faults.append(Fault(name, Text("同一机构同日已有一个版本", "the sender has a version of that day already")))
        versions.append(found)
    return tuple(faults) or CodeMaps(tuple(versions))


def _file(name: str, raw: bytes, faults: list[Fault]) -> MapVersion | None:
    try:
        table = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(Fault(name, Text(f"不是有效的 TOML：{error}", f"is no valid TOML: {error}")))
        return None
    _unknown(name, table, _FILE_KEYS, faults)
    sender, version, first_day = table.get("sender"), table.get("version"), table.get("first_day")
    if not _is_word(sender) or not _is_word(version) or not isinstance(first_day, date):
        faults.append(
            Fault(name, Text("须有 sender、version、first_day", "needs sender, version and first_day (a date)"))
        )
        return None
    entries: dict[Code, Entry] = {}
    for number, one in enumerate(cast("list[dict[str, object]]", table.get("code", [])), start=1):
        where = f"{name} code {number}"
        found = _entry(where, one, faults)
        if found is None:
            continue
        if found[0] in entries:
            faults.append(Fault(where, Text("代码重复", "the code stands there twice")))
        entries[found[0]] = found[1]
    return MapVersion(sender, version, first_day, entries, hashlib.sha256(raw).hexdigest())


def _entry(where: str, table: Mapping[str, object], faults: list[Fault]) -> tuple[Code, Entry] | None:
    _unknown(where, table, _ENTRY_KEYS, faults)
    code, item = table.get("code"), table.get("item")
    if not _is_word(code) or not _is_word(item):
        faults.append(Fault(where, Text("code 与 item 须为非空文本", "code and item must be text")))
        return None
    unit, analyte = str(table.get("unit", "")), table.get("analyte")
    if unit and units.ucum(unit) != unit:
        faults.append(Fault(where, Text(f"不是 UCUM 单位：{unit}", f"is no unit of UCUM: {unit}")))
    if analyte is not None and analyte not in get_args(Analyte):
        faults.append(Fault(where, Text(f"未知的分析物：{analyte}", f"is no known analyte: {analyte}")))
        return None
    return Code(system(str(table.get("system", ""))), code), Entry(item, unit, cast("Analyte | None", analyte))


def _unknown(where: str, table: Mapping[str, object], known: frozenset[str], faults: list[Fault]) -> None:
    faults.extend(
        Fault(where, Text(f"未知的项：{key}", f"is no key that is known: {key}")) for key in sorted(set(table) - known)
    )


def _is_word(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


class Unit(NamedTuple):
    """The unit of a number as UCUM ('' if there is none), or why it cannot be trusted: a ground of report.REASONS."""

    ucum: str
    fault: Literal["", "unit-missing", "unit-unknown", "unit-contradicts"] = ""


def unit_of(written: str, entry: Entry | None) -> Unit:
    """Hold the unit of a number against its item; never guess one.

    Without an item only the spelling is judged: a number of an unknown code with an unknown unit is kept as it came.
    """
    code = units.ucum(written) if written else ""
    if entry is None or not entry.unit:
        return Unit(code or "")
    if not written:
        # a ratio has no unit: leaving it out says what writing it says
        return Unit(entry.unit) if entry.unit.startswith("{") else Unit("", "unit-missing")
    if code is None or not code:
        return Unit("", "unit-unknown")
    if units.factor(code, entry.unit, entry.analyte) is None:
        return Unit(code, "unit-contradicts")
    return Unit(code)
