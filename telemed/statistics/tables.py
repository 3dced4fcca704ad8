"""Tables to keep: CSV and Excel. What comes from people or other systems never becomes a formula. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from telemed.statistics.indicators import BY_CODE
from telemed.statistics.indicators.definition import Unit
from telemed.statistics.messages import FigureSaid, LineSaid, Statistics, Words

Language = Literal["zh", "en"]
Value = str | int | float | None
#: What a spreadsheet takes for the beginning of a formula, and the white space it skips before it.
_FORMULA = re.compile(r"^[\s\x00]*[=+\-@\t\r]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_HEADS: dict[Language, tuple[str, str]] = {"zh": ("机构", "项目/医师"), "en": ("Member", "Item or doctor")}
_COUNTY: dict[Language, str] = {"zh": "全县合计", "en": "Whole county"}
_HIDDEN: dict[Language, str] = {"zh": "例数过少，不显示", "en": "too few, not shown"}


def safe(text: str) -> str:
    """A text that a spreadsheet shows as it is: one that could begin a formula has an apostrophe before it."""
    text = _UNPRINTABLE.sub("", text)
    return f"'{text}" if _FORMULA.match(text) else text


def rows(found: Statistics, language: Language) -> list[Sequence[Value]]:
    """Head and lines: an indicator a column, a rate with its numerator and denominator beside it."""
    codes = [one.code for one in found.lines[0].figures] if found.lines else []
    head: list[Value] = [*_HEADS[language]]
    for code in codes:
        head += _columns(code, language)
    return [head, *(_line(one, language) for one in found.lines)]


def _columns(code: str, language: Language) -> list[Value]:
    one = BY_CODE[code]
    name = one.name.zh if language == "zh" else one.name.en
    if not one.denominator:
        return [f"{name} ({_unit(one.unit, language)})"]
    shown = f"{name} ({_unit(one.unit, language)})" if one.mean else f"{name} (%)"
    above, below = ("分子", "分母") if language == "zh" else ("numerator", "denominator")
    return [shown, f"{name} {above}", f"{name} {below}"]


_UNITS: dict[Unit, tuple[str, str]] = {
    Unit.PIECES: ("份", "results"),
    Unit.CARDS: ("张", "cards"),
    Unit.ITEMS: ("项", "items"),
    Unit.CASES: ("例", "cases"),
    Unit.PEOPLE: ("人", "people"),
    Unit.PLACES: ("家", "places"),
    Unit.FEN: ("元", "yuan"),
    Unit.SECONDS: ("秒", "s"),
    Unit.MILLISECONDS: ("毫秒", "ms"),
    Unit.MICROSIEVERT: ("μSv", "μSv"),
    Unit.TRIPS: ("次", "trips"),
    Unit.KILOMETRES: ("km", "km"),
    Unit.MILLIBITS: ("10⁻³ bit", "10⁻³ bit"),
}


def _unit(unit: Unit, language: Language) -> str:
    return _UNITS[unit][0 if language == "zh" else 1]


def _line(one: LineSaid, language: Language) -> list[Value]:
    member = _COUNTY[language] if one.organization_id is None else one.organization_name
    name = _word(one.name, language) or one.key
    line: list[Value] = [safe(member), safe(f"{name} [{_HIDDEN[language]}]" if one.hidden else name)]
    for figure in one.figures:
        line += _values(figure)
    return line


def _word(words: Words, language: Language) -> str:
    return words.zh if language == "zh" else words.en


def _values(figure: FigureSaid) -> list[Value]:
    one = BY_CODE[figure.code]
    if not one.denominator:
        return [figure.value / 100 if one.unit is Unit.FEN and figure.value is not None else figure.value]
    if figure.value is None or not figure.of:
        return [None, figure.value, figure.of]
    share = figure.value / figure.of
    return [round(share, 2) if one.mean else round(100 * share, 2), figure.value, figure.of]


def notes(found: Statistics, language: Language) -> list[Sequence[Value]]:
    """What has to stand beside the figures: the period and whether it is sealed, parameters, source and definitions."""
    zh = language == "zh"
    lines: list[Sequence[Value]] = [["期间" if zh else "Period", found.period]]
    for month in found.months:
        state = (
            (f"已封存 第 {month.version} 版" if zh else f"sealed, version {month.version}")
            if month.version
            else ("未封存" if zh else "not sealed")
        )
        lines.append([month.month, state, month.at.isoformat(), month.content_hash, month.left_over or None])
    rules = found.parameters
    lines += [
        ["回溯天数" if zh else "Look-back days", rules.look_back_days],
        ["未答复（小时）" if zh else "Ignored after hours", rules.ignored_hours],
        ["又做判定天数" if zh else "Re-order days", rules.re_order_days],
        ["定义版本" if zh else "Definitions", found.definitions],
    ]
    lines += [
        ["分母来源" if zh else "Source of the denominator", _word(one.words, language), one.count]
        for line in found.lines[:1]
        for one in line.sources
    ]
    lines += [
        ["不互认原因" if zh else "Reason for declining", one.code, safe(_word(one.words, language)), one.count]
        for line in found.lines[:1]
        for one in line.reasons
    ]
    for figure in found.lines[0].figures if found.lines else ():
        one = BY_CODE[figure.code]
        name, meaning, clause = ((text.zh if zh else text.en) for text in (one.name, one.meaning, one.clause))
        lines.append([name, meaning, clause])
    return lines


def as_csv(found: Statistics, language: Language) -> bytes:
    """UTF-8 with the mark that makes Excel read it as such; the notes stand below the figures."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerows(rows(found, language))
    writer.writerow([])
    writer.writerows(notes(found, language))
    return written.getvalue().encode("utf-8-sig")


def as_xlsx(found: Statistics, language: Language) -> bytes:
    """A workbook of two sheets; every text is typed as a text."""
    book = Workbook(write_only=True)
    titles = ("指标", "口径与说明") if language == "zh" else ("Indicators", "Notes")
    for title, lines in zip(titles, (rows(found, language), notes(found, language)), strict=True):
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(_cells(sheet, line))
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _cells(sheet: object, line: Sequence[Value]) -> Iterable[object]:
    for value in line:
        cell = WriteOnlyCell(sheet, value=value)  # type: ignore[arg-type]
        if isinstance(value, str):
            cell.data_type = "s"
        yield cell
