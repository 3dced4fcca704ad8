"""The lines of a CSV table, and whether its header names the columns that are wanted. Pure.  RFC 4180."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telemed.vocabulary import Text

TOO_LARGE = Text("文件过大，请分批导入。", "The file is too large; import it in parts.")
TOO_MANY_LINES = Text("行数过多，请分批导入。", "There are too many lines; import them in parts.")
EMPTY = Text("文件为空。", "The file is empty.")


@dataclass(frozen=True, slots=True)
class LineFault:
    """One thing wrong with a line.  line: 1 is the header.  column: as documents write it, '' for the whole line."""

    line: int
    column: str
    text: Text


#: The number of a line and its cells; the header is among them.
Lines = list[tuple[int, list[str]]]


def read_csv(raw: bytes, *, most_bytes: int, most_lines: int) -> Lines | LineFault:
    """The lines that are not empty, UTF-8 or GB 18030; or why the file cannot be used.

    most_lines: without the header.
    """
    text = _decoded(raw)
    if text is None:
        return LineFault(1, "", Text("文件不是 UTF-8 或 GB18030 编码。", "The file is neither UTF-8 nor GB 18030."))
    if len(raw) > most_bytes:
        return LineFault(1, "", TOO_LARGE)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: Lines = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((reader.line_num, [cell.strip() for cell in cells]))
            if len(lines) > most_lines + 1:
                return LineFault(1, "", TOO_MANY_LINES)
    except csv.Error:
        return LineFault(reader.line_num, "", Text("引号不成对，无法分列。", "A quotation mark is not closed."))
    return lines or LineFault(1, "", EMPTY)


def _decoded(raw: bytes) -> str | None:
    for codec in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def named(header: Sequence[str], columns: Mapping[str, Sequence[str]]) -> list[str | None]:
    """Which column each cell of a header names, None for one that is not known.

    columns: column → the names it goes by.
    """
    by_name = {name: column for column, names in columns.items() for name in names}
    return [by_name.get(cell.casefold()) for cell in header]


def faults_of_header(
    written: Sequence[str],
    header: Sequence[str | None],
    columns: Mapping[str, Sequence[str]],
    required: Sequence[str],
) -> list[LineFault]:
    """Columns that are not known, stand there twice, or are missing."""
    faults = [
        LineFault(1, name, Text("不认识的列。", "This column is not known."))
        for name, column in zip(written, header, strict=True)
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


def cells_of(line: int, cells: Sequence[str], header: Sequence[str | None]) -> dict[str, str] | LineFault:
    """The cells of a line by their column, or that it has other columns than the header."""
    if len(cells) != len(header):
        return LineFault(line, "", Text("列数与表头不符。", "The line has other columns than the header."))
    return {column: cell for column, cell in zip(header, cells, strict=True) if column is not None}
