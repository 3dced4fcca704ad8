"""Results in a table → reports, with every fault by its line and column. Pure.

For laboratories whose system sends nothing: one line is one result, a header line names the columns in Chinese or
English, in any order.  CSV or Excel, as `sheet` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from telemed.results.moments import Moment, read_moment
from telemed.results.report import (
    Observation,
    PatientNumber,
    PatientReports,
    Report,
    Results,
    SourcePatient,
    Specimen,
    Status,
)
from telemed.results.sheet import Line, Unusable, lines_of
from telemed.results.values import NO_CODE, CodedText, plain_value
from telemed.vocabulary import Sex, Text

_LONGEST = 200

#: Column → the names it goes by, the first of each language as documents write it.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "report": ("报告号", "report number", "report_number"),
    "name": ("姓名", "name", "患者姓名"),
    "sex": ("性别", "sex"),
    "birth_date": ("出生日期", "birth date", "birth_date"),
    "id_number": ("身份证号", "identity number", "id_number", "身份证号码"),
    "local_number": ("院内号", "local number", "local_number", "病历号"),
    "code": ("项目代码", "code", "item code"),
    "system": ("代码系统", "code system", "code_system"),
    "item": ("项目名称", "item", "item name"),
    "value": ("结果", "value", "result"),
    "unit": ("单位", "unit"),
    "reference": ("参考范围", "reference range", "reference_range", "参考区间"),
    "flag": ("异常标志", "flag"),
    "status": ("状态", "status"),
    "collected": ("采集时间", "collected", "采样时间"),
    "changed": ("报告时间", "reported"),
    "specimen": ("标本", "specimen"),
    "method": ("方法", "method"),
    "device": ("设备", "device"),
}
REQUIRED = ("report", "name", "code", "value", "status")
_NAMES = {name: column for column, names in COLUMNS.items() for name in names}
_WORDS = {
    Status.FINAL: ("f", "最终", "终审", "final"),
    Status.PRELIMINARY: ("p", "初步", "preliminary"),
    Status.CORRECTED: ("c", "更正", "corrected"),
    Status.CANCELLED: ("x", "取消", "cancelled"),
    Status.ENTERED_IN_ERROR: ("w", "作废", "entered-in-error"),
}
_STATUSES = {word: status for status, words in _WORDS.items() for word in words}
_SEXES = {"": Sex.UNKNOWN, "m": Sex.MALE, "男": Sex.MALE, "1": Sex.MALE, "f": Sex.FEMALE, "女": Sex.FEMALE, "2": Sex.FEMALE}  # fmt: skip # noqa: E501
_OF_TIME = ("birth_date", "collected", "changed")
_A_DATE = Text(
    "此处是日期，Excel 可能已改写原来的内容（如 1-2）。请将该列设为文本后重新录入。",
    "This is a date: Excel may have rewritten what stood there (1-2). Make the column text and type it anew.",
)
OF_THE_PATIENT = ("name", "sex", "birth_date", "id_number", "local_number")


@dataclass(frozen=True, slots=True)
class LineFault:
    """One thing wrong with a line.  line: 1 is the header.  column: as documents write it, '' for the whole line."""

    line: int
    column: str
    text: Text


@dataclass(frozen=True, slots=True)
class Table:
    """Lines that can be read as reports, and what is wrong with the others.  lines: of results, good and bad."""

    results: Results
    faults: tuple[LineFault, ...]
    lines: int


def read_table(raw: bytes, zone: ZoneInfo, *, received_at: datetime) -> Table:
    """Read a table.  zone: of times without one.  A line with a fault is left out; nothing is guessed."""
    lines = lines_of(raw)
    if isinstance(lines, Unusable):
        return _unusable(lines.text, lines.line)
    first = lines[0]
    header = header_of(first)
    faults = _faults_of_header(first.cells, header)
    if faults:
        return Table(Results((), None), tuple(faults), len(lines) - 1)
    return _table(header, lines[1:], zone, received_at)


def header_of(line: Line) -> list[str | None]:
    """The columns that a header names, None for one that is not known."""
    return [_NAMES.get(cell.casefold()) for cell in line.cells]


def _unusable(why: Text, line: int = 1) -> Table:
    return Table(Results((), None), (LineFault(line, "", why),), 0)


def _faults_of_header(written: Sequence[str], header: Sequence[str | None]) -> list[LineFault]:
    faults = [
        LineFault(1, name, Text("不认识的列。", "This column is not known."))
        for name, column in zip(written, header, strict=True)
        if column is None
    ]
    known = [column for column in header if column is not None]
    faults += [
        LineFault(1, COLUMNS[column][0], Text("此列出现两次。", "This column stands there twice."))
        for column in dict.fromkeys(known)
        if known.count(column) > 1
    ]
    faults += [
        LineFault(1, COLUMNS[column][0], Text("缺少此列。", "This column is missing."))
        for column in REQUIRED
        if column not in known
    ]
    return faults


def _table(header: Sequence[str | None], lines: Sequence[Line], zone: ZoneInfo, received_at: datetime) -> Table:
    faults: list[LineFault] = []
    reports: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for one in lines:
        line, cells = one.number, [*one.cells, *[""] * (len(header) - len(one.cells) if one.printed else 0)]
        if len(cells) != len(header):
            faults.append(LineFault(line, "", Text("列数与表头不符。", "The line has other columns than the header.")))
            continue
        row = {column: cell for column, cell in zip(header, cells, strict=True) if column is not None}
        found = _faults_of_cells(one, header) or _faults_of_line(line, row, zone, received_at)
        first = reports.get(row["report"], [(line, row)])[0][1]
        found += [
            LineFault(
                line, COLUMNS[column][0], Text("同一报告号下患者信息不一致。", "The report is of another patient.")
            )
            for column in OF_THE_PATIENT
            if row.get(column, "") != first.get(column, "")
        ]
        if found:
            faults += found
        else:
            reports.setdefault(row["report"], []).append((line, row))
    patients = tuple(_report(number, rows, zone, received_at) for number, rows in reports.items())
    return Table(Results(patients, None), tuple(faults), len(lines))


def _faults_of_cells(line: Line, header: Sequence[str | None]) -> list[LineFault]:
    """What a workbook holds that is no text, and dates where none belongs: Excel makes 1-2 into one."""
    found = {
        **{at: _A_DATE for at in line.dates if header[at] not in _OF_TIME},
        **line.faults,
    }
    return [LineFault(line.number, COLUMNS[header[at] or ""][0], text) for at, text in sorted(found.items())]


def _faults_of_line(line: int, row: Mapping[str, str], zone: ZoneInfo, received_at: datetime) -> list[LineFault]:
    faults = [
        LineFault(line, COLUMNS[column][0], Text("不能为空。", "This cannot be empty."))
        for column in REQUIRED
        if not row[column] and column != "value"
    ]
    faults += [
        LineFault(line, COLUMNS[column][0], Text("过长。", "This is too long."))
        for column, cell in row.items()
        if len(cell) > _LONGEST and column != "value"
    ]
    if row["status"] and row["status"].casefold() not in _STATUSES:
        faults.append(LineFault(line, COLUMNS["status"][0], Text("不认识的状态。", "This status is not known.")))
    if row.get("sex", "").casefold() not in _SEXES:
        faults.append(LineFault(line, COLUMNS["sex"][0], Text("不认识的性别。", "This sex is not known.")))
    for column in _OF_TIME:
        moment = read_moment(row.get(column, ""), zone, received_at=received_at)
        # an old birth date is no wrong one
        if moment is not None and moment.doubt not in ("", "implausible" if column == "birth_date" else ""):
            faults.append(
                LineFault(line, COLUMNS[column][0], Text("时间无效或在将来。", "No valid time, or in the future."))
            )
    return faults


def _report(
    number: str, rows: Sequence[tuple[int, dict[str, str]]], zone: ZoneInfo, received_at: datetime
) -> PatientReports:
    line, first = rows[0]

    def moment(row: Mapping[str, str], column: str) -> Moment | None:
        return read_moment(row.get(column, ""), zone, received_at=received_at)

    born = moment(first, "birth_date")
    numbers = [
        PatientNumber(first[column], "", kind, COLUMNS[column][0])
        for column, kind in (("id_number", "NNCHN"), ("local_number", "MR"))
        if first.get(column)
    ]
    patient = SourcePatient(
        first["name"],
        None if born is None or born.day is None or born.day.year <= received_at.year - 120 else born.day,
        _SEXES[first.get("sex", "").casefold()],
        tuple(numbers),
    )
    changed = [one for _, row in rows if (one := moment(row, "changed")) is not None and one.at is not None]
    report = Report(
        line=line,
        number=number,
        number_system="table",
        placer_number="",
        service=(),
        status=None,
        status_written="",
        requested=None,
        changed=max(changed, key=lambda one: one.at or received_at, default=None),
        specimen=Specimen(type=CodedText("", first.get("specimen", ""), "")),
        notes=(),
        observations=tuple(_observation(at, row, moment(row, "collected"), moment(row, "changed")) for at, row in rows),
    )
    return PatientReports(patient, (report,))


def _observation(line: int, row: Mapping[str, str], collected: Moment | None, changed: Moment | None) -> Observation:
    # the time of the report is never that of the collection
    same = collected is not None and changed is not None and collected.at is not None and collected.at == changed.at
    return Observation(
        line=line,
        value_type="ST",
        codes=(CodedText(row["code"], row.get("item", ""), row.get("system", "")),),
        sub_id="",
        value=plain_value(row["value"]),
        unit=row.get("unit", ""),
        reference_range=row.get("reference", ""),
        flags=(row["flag"],) if row.get("flag") else (),
        status=_STATUSES[row["status"].casefold()],
        status_written=row["status"],
        collected=None if same else collected,
        collected_source="" if collected is None or same else COLUMNS["collected"][0],
        collected_passed_over=(COLUMNS["collected"][0],) if same else (),
        analysed=None,
        method=CodedText("", row["method"], "") if row.get("method") else NO_CODE,
        device=row.get("device", ""),
        producer=NO_CODE,
        performer="",
        notes=(),
    )
