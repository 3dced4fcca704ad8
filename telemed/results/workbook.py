"""The lines of the first sheet of an Excel workbook, read as a stranger's file: bounded before it is unpacked.

A workbook is a zip of XML: names, sizes and entities are looked at before anything parses them.  Formulas are never
evaluated; a cell that holds one is a fault of its line.  ECMA-376.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from datetime import date, datetime, time
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from telemed.results.sheet import EMPTY, TOO_LARGE, TOO_MANY_LINES, LineFault, Lines
from telemed.vocabulary import Text

#: An empty workbook has a dozen parts; text shrinks by ten to thirty when it is zipped.
MOST_PARTS, MOST_UNPACKED, MOST_RATIO = 200, 32 << 20, 200
MOST_COLUMNS, LONGEST_CELL = 64, 2000
#: Lines between two that are filled may be missing in the file; so many are walked over.
MOST_GAPS = 10_000
_SIGNATURE = b"PK\x03\x04"
_PIECE = 1 << 16
_ENTITY = tuple("<!DOCTYPE".encode(codec) for codec in ("utf-8", "utf-16-le", "utf-16-be"))
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    ParseError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    NotImplementedError,  # a compression nobody uses
    RuntimeError,  # an encrypted part
)
NOT_A_WORKBOOK = Text("不是可读取的 Excel 文件（.xlsx）。", "This is no Excel workbook (.xlsx) that can be read.")
TOO_DENSE = Text("文件展开后过大，未读取。", "The file unpacks to too much; it was not read.")


def is_workbook(raw: bytes) -> bool:
    """Whether a file begins as a workbook does."""
    return raw.startswith(_SIGNATURE)


def read_workbook(raw: bytes, *, most_bytes: int, most_lines: int) -> Lines | LineFault:
    """The lines that are not empty, dates as 2026-01-31; or why the file cannot be used.

    most_lines: without the header.
    """
    if len(raw) > most_bytes:
        return LineFault(1, "", TOO_LARGE)
    try:
        refusal = _refusal(raw)
        return _lines(raw, most_lines) if refusal is None else LineFault(1, "", refusal)
    except _UNREADABLE:
        return LineFault(1, "", NOT_A_WORKBOOK)


def _refusal(raw: bytes) -> Text | None:
    """Why the parts are not handed to a parser: too many, too large, too dense, or with entities of their own."""
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        parts = packed.infolist()
        unpacked = sum(one.file_size for one in parts)
        dense = any(one.file_size > MOST_RATIO * max(one.compress_size, 1) for one in parts)
        if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or dense:
            return TOO_DENSE
        read = 0
        for one in parts:
            with packed.open(one) as part:
                before = b""
                while piece := part.read(_PIECE):
                    read += len(piece)
                    if read > MOST_UNPACKED:
                        return TOO_DENSE
                    if any(word in before + piece for word in _ENTITY):
                        return NOT_A_WORKBOOK
                    before = piece[-32:]
    return None


def _lines(raw: bytes, most_lines: int) -> Lines | LineFault:
    book = load_workbook(io.BytesIO(raw), read_only=True, data_only=False, keep_links=False)
    try:
        if not book.worksheets:
            return LineFault(1, "", EMPTY)
        lines: Lines = []
        for number, row in enumerate(book.worksheets[0].iter_rows(max_col=MOST_COLUMNS), start=1):
            if number > most_lines + 1 + MOST_GAPS:
                return LineFault(number, "", TOO_MANY_LINES)
            cells: list[str] = []
            for cell in row:
                if cell.data_type in {"f", "e"}:
                    return LineFault(
                        number,
                        "",
                        Text(
                            "单元格含公式或错误值，请粘贴为数值。", "A cell holds a formula or an error; paste values."
                        ),
                    )
                text = _text(cell.value)
                if text is None:
                    return LineFault(
                        number, "", Text("单元格内容无法读取或过长。", "A cell cannot be read, or is too long.")
                    )
                cells.append(text)
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                lines.append((number, cells))
            if len(lines) > most_lines + 1:
                return LineFault(number, "", TOO_MANY_LINES)
    finally:
        book.close()
    return _even(lines) if lines else LineFault(1, "", EMPTY)


def _even(lines: Lines) -> Lines:
    """As wide as the header: empty cells at the end of a line are not written in a workbook."""
    width = len(lines[0][1])
    return [(number, cells + [""] * (width - len(cells))) for number, cells in lines]


def _text(value: object) -> str | None:
    """What a cell shows, None for what is no text, number or day."""
    match value:
        case None:
            return ""
        case str():
            text = value.strip()
            return text if len(text) <= LONGEST_CELL and "\0" not in text else None
        case bool():
            return None
        case int():
            return str(value)
        case float():
            return f"{value:.15g}"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case _:
            return None
