"""Results in a table → reports, with every fault by its line and column. Pure.

For laboratories whose system sends nothing: one line is one result, a header line names the columns in Chinese or
English, in any order.  CSV or Excel, as `sheet` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from telemed.results.columns import LineFault, cells_of, faults_of_header, named
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
OF_THE_PATIENT = ("name", "sex", "birth_date", "id_number", "local_number")


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
    header = named(lines[0], COLUMNS)
    faults = faults_of_header(lines[0], header, COLUMNS, REQUIRED)
    if faults:
        return Table(Results((), None), tuple(faults), len(lines) - 1)
    return _table(header, lines[1:], zone, received_at)


def _unusable(why: Text, line: int = 1) -> Table:
    return Table(Results((), None), (LineFault(line, "", why),), 0)


def _table(header: Sequence[str | None], lines: Sequence[Line], zone: ZoneInfo, received_at: datetime) -> Table:
    faults: list[LineFault] = []
    reports: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for one in lines:
        line, row = one.number, cells_of(one, header, COLUMNS, _OF_TIME)
        if isinstance(row, list):
            faults += row
            continue
        found = _faults_of_line(line, row, zone, received_at)
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
