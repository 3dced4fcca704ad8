"""A CSV file or an Excel workbook → lines of text cells, as a person sees them printed. Pure.

CSV: UTF-8 or GB 18030, RFC 4180.  Excel: .xlsx (ECMA-376) without formulas; numbers as their format prints them, real
dates as ISO 8601.  What Excel may have changed behind the laboratory's back is a fault and is never guessed.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from telemed.vocabulary import Text

MAX_BYTES = 4 << 20
MAX_LINES = 20_000
#: Rows of a workbook that are looked at, blank ones too, and cells of all rows together.
MAX_ROWS, MAX_CELLS = 4 * MAX_LINES, 40 * MAX_LINES
#: Of a workbook, unpacked: parts, bytes of all, bytes of the texts that have to be held at once.
MAX_PARTS, MAX_UNPACKED, MAX_TEXTS = 200, 48 << 20, 12 << 20

_ZIP, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DECLARATIONS = tuple("<!DOCTYPE".encode(codec) for codec in ("ascii", "utf-16-le", "utf-16-be"))
_PLAIN = re.compile(r"(?:#,##)?0(?:\.(?P<places>0{1,12}))?(?:_\)?|_ )?(?:;.*)?")
#: Digits of a number that Excel keeps.
_EXACT = 10**15
#: What a broken workbook makes zipfile, the XML reader and openpyxl raise.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    InvalidFileException,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank.

    number: 1 is the first of the file.  printed: of a workbook, where blank cells at the end are no cells.
    faults: by cell, what stands there that cannot be taken for text.  dates: cells that hold a real date of Excel.
    """

    number: int
    cells: list[str]
    printed: bool = False
    faults: Mapping[int, Text] = field(default_factory=dict[int, Text])
    dates: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why nothing of a file can be read.  line: where, 1 for the whole."""

    text: Text
    line: int = 1


_TOO_MANY = Text("行数过多，请分批导入。", "There are too many lines; import them in parts.")
_TOO_WIDE = Text("单元格过多，请分批导入。", "There are too many cells; import them in parts.")
_BROKEN_FILE = Text(
    "Excel 文件无法读取。请用 Excel 打开后另存为 .xlsx，或另存为 CSV。",
    "The workbook cannot be read. Open it in Excel and save it as .xlsx, or as CSV.",
)


def lines_of(raw: bytes, *, most_bytes: int = MAX_BYTES, most_lines: int = MAX_LINES) -> list[Line] | Unusable:
    """Read a file, whatever it is called.  most_lines: the header among them."""
    if len(raw) > most_bytes:
        return Unusable(Text("文件过大，请分批导入。", "The file is too large; import it in parts."))
    if raw.startswith(_OLD):
        return Unusable(
            Text(
                "文件是旧版 .xls 或已加密。请在 Excel 中去掉密码，另存为 .xlsx 或 CSV。",
                "This is an old .xls or an encrypted file. Remove the password and save it as .xlsx or CSV.",
            )
        )
    found = _workbook(raw) if raw.startswith(_ZIP) else _csv(raw)
    if isinstance(found, list) and len(found) > most_lines:
        return Unusable(_TOO_MANY)
    return found or Unusable(Text("文件为空。", "The file is empty."))


def _csv(raw: bytes) -> list[Line] | Unusable:
    text = _decoded(raw)
    if text is None:
        return Unusable(
            Text(
                "文件不是 UTF-8 或 GB18030 编码的 CSV，也不是 .xlsx。",
                "The file is neither CSV in UTF-8 or GB 18030 nor .xlsx.",
            )
        )
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[Line] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append(Line(reader.line_num, [cell.strip() for cell in cells]))
            if len(lines) > MAX_LINES:
                return Unusable(_TOO_MANY)
    except csv.Error:
        return Unusable(Text("引号不成对，无法分列。", "A quotation mark is not closed."), reader.line_num)
    return lines


def _decoded(raw: bytes) -> str | None:
    for codec in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def _workbook(raw: bytes) -> list[Line] | Unusable:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            refused = _refused(archive)
        if refused is not None:
            return Unusable(refused)
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=False, keep_links=False)
        try:
            return _sheets(book.worksheets)
        finally:
            book.close()
    except _BROKEN:
        return Unusable(_BROKEN_FILE)


def _refused(archive: zipfile.ZipFile) -> Text | None:
    """Why a package is not unpacked: what it says of its sizes is what zipfile reads at most."""
    parts = archive.infolist()
    texts = sum(one.file_size for one in parts if "sharedstrings" in one.filename.lower())
    if len(parts) > MAX_PARTS or sum(one.file_size for one in parts) > MAX_UNPACKED or texts > MAX_TEXTS:
        return Text(
            "Excel 文件解压后过大。请只保留结果表，删除图片和其他工作表，或分批导入。",
            "The workbook is too large when unpacked. Keep the table of results only, or import it in parts.",
        )
    for one in parts:
        if one.filename.lower().endswith((".xml", ".rels")) and _declares(archive, one):
            return _BROKEN_FILE
    return None


def _declares(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether XML declares entities, which no workbook does."""
    before = b""
    with archive.open(part) as content:
        while chunk := content.read(1 << 16):
            if any(one in before + chunk for one in _DECLARATIONS):
                return True
            before = chunk[-32:]
    return False


def _sheets(sheets: Sequence[Any]) -> list[Line] | Unusable:
    read = [one for one in sheets if isinstance(one, ReadOnlyWorksheet)]
    if not read:
        return Unusable(_BROKEN_FILE)
    for other in read[1:]:
        if any(_lines(_rows(other))):
            return Unusable(
                Text(
                    "有多个工作表有内容，不能确定导入哪一个。请只保留一个。",
                    "More than one sheet has content: which one is meant cannot be told. Keep one.",
                )
            )
    lines: list[Line] = []
    for line in _lines(_rows(read[0])):
        if isinstance(line, Unusable):
            return line
        lines.append(line)
        if len(lines) > MAX_LINES:
            return Unusable(_TOO_MANY)
    return lines


def _rows(sheet: ReadOnlyWorksheet) -> Iterator[tuple[Any, ...]]:
    # what the sheet says of its size may be wrong, and would be filled with blanks
    sheet.reset_dimensions()
    return iter(sheet.iter_rows())


def _lines(rows: Iterator[tuple[Any, ...]]) -> Iterator[Line | Unusable]:
    cells = 0
    for number, row in enumerate(rows, start=1):
        cells += len(row)
        if number > MAX_ROWS or cells > MAX_CELLS:
            yield Unusable(_TOO_MANY if number > MAX_ROWS else _TOO_WIDE)
            return
        read = [_cell(one.value, one.number_format if one.value is not None else "", one.data_type) for one in row]
        while read and read[-1] == "":
            read.pop()
        if not read:
            continue
        yield Line(
            number,
            [one if isinstance(one, str) else "" for one in read],
            True,  # noqa: FBT003 -- printed
            {at: one for at, one in enumerate(read) if not isinstance(one, str)},
            frozenset(at for at, one in enumerate(row[: len(read)]) if isinstance(one.value, date)),
        )


def _cell(value: object, number_format: str, data_type: str) -> str | Text:
    """The text of a cell, or why it has none."""
    if value is None:
        return ""
    if data_type == "f":
        return Text("是公式。请改为数值或文本。", "This is a formula. Replace it by its value.")
    if data_type == "e":
        return Text("是 Excel 错误值。", "This is an error of Excel.")
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(value, number_format)
    return Text("不是文本、数字或日期。", "This is no text, number or date.")


def _number(value: float, number_format: str) -> str | Text:
    if abs(value) >= _EXACT:
        return Text(
            "数字超过 15 位，Excel 已丢失末尾数字。请将该列设为文本后重新录入。",
            "The number has more than 15 digits and Excel has lost the last ones. Make the column text.",
        )
    exact = Decimal(format(value, ".15g"))
    if number_format in ("General", "@", ""):
        return format(exact, "f")
    found = _PLAIN.fullmatch(number_format)
    if found is None:
        return Text(
            "数字格式特殊，无法确定显示的内容。请将该列设为“文本”或“常规”。",
            "The number has a format of its own: what is printed cannot be told. Make the column text or General.",
        )
    step = Decimal(1).scaleb(-len(found["places"] or ""))
    return format(exact.quantize(step, ROUND_HALF_UP), "f")
