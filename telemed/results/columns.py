"""Whether a table's header names the columns that are wanted, and the cells of its lines by column. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from telemed.results.sheet import Line
from telemed.vocabulary import Text

#: Column → the names it goes by, the first of each language as documents write it.
Columns = Mapping[str, tuple[str, ...]]

_A_DATE = Text(
    "此处是日期，Excel 可能已改写原来的内容（如 1-2）。请将该列设为文本后重新录入。",
    "This is a date: Excel may have rewritten what stood there (1-2). Make the column text and type it anew.",
)


@dataclass(frozen=True, slots=True)
class LineFault:
    """One thing wrong with a line.  line: 1 is the header.  column: as documents write it, '' for the whole line."""

    line: int
    column: str
    text: Text


def named(header: Line, columns: Columns) -> list[str | None]:
    """Which column each cell of a header names, None for one that is not known."""
    by_name = {name: column for column, names in columns.items() for name in names}
    return [by_name.get(cell.casefold()) for cell in header.cells]


def faults_of_header(
    written: Line, header: Sequence[str | None], columns: Columns, required: Sequence[str]
) -> list[LineFault]:
    """Columns that are not known, stand there twice, or are missing."""
    faults = [
        LineFault(1, name, Text("不认识的列。", "This column is not known."))
        for name, column in zip(written.cells, header, strict=True)
        if column is None
    ]
    known = [column for column in header if column is not None]
    faults += [
        LineFault(1, columns[column][0], Text("此列出现两次。", "This column stands there twice."))
        for column in dict.fromkeys(known)
        if known.count(column) > 1
    ]
    faults += [
        LineFault(1, columns[column][0], Text("缺少此列。", "This column is missing."))
        for column in required
        if column not in known
    ]
    return faults


def cells_of(
    line: Line, header: Sequence[str | None], columns: Columns, dated: Collection[str]
) -> dict[str, str] | list[LineFault]:
    """The cells of a line by their column, or what is wrong with them.

    dated: columns in which a workbook may hold a real date; elsewhere Excel has made 1-2 into one.
    """
    cells = [*line.cells, *[""] * (len(header) - len(line.cells) if line.printed else 0)]
    if len(cells) != len(header):
        text = Text("列数与表头不符。", "The line has other columns than the header.")
        return [LineFault(line.number, "", text)]
    wrong = {**{at: _A_DATE for at in line.dates if header[at] not in dated}, **line.faults}
    if wrong:
        return [LineFault(line.number, columns[header[at] or ""][0], text) for at, text in sorted(wrong.items())]
    return {column: cell for column, cell in zip(header, cells, strict=True) if column is not None}
