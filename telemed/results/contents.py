"""What a message that was kept says, for who has to decide: line by line, with the patient hidden. Pure.

Only segments that carry no person are shown; every other line, and every name and number of a person wherever it stands
again, is hidden, in the bytes as well.  HL7 v2.5.1 chapters 3, 4 and 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telemed.results import table
from telemed.results.charset import Undecodable, decode
from telemed.results.columns import named
from telemed.results.hl7_message import Segment, header_of
from telemed.results.sheet import Line as SheetLine
from telemed.results.sheet import Unusable, lines_of
from telemed.vocabulary import Text

#: Lines shown before and behind the one that matters, and bytes before and behind the place.
AROUND, BYTES_AROUND = 12, 160
_LONGEST = 400
_ROW = 16
_HIDDEN_COLUMNS = frozenset(table.OF_THE_PATIENT) - {"sex"}
#: Segments in which no field is a person but the laboratory's own people.
_SHOWN = frozenset({"MSH", "FHS", "BHS", "BTS", "FTS", "MSA", "ERR", "ORC", "OBR", "TQ1", "OBX", "NTE", "SPM", "SAC"})
#: Fields of PID: those in which every component is the person's, and those in which the first is.
_OF_PERSON, _NUMBERS = frozenset({5, 6, 9, 11, 13, 14}), frozenset({2, 3, 4, 7, 18, 19, 20, 21})
_HIDDEN = "***"
_PLACE = re.compile(r"(?:(?P<field>[A-Z][A-Z0-9]{2}-[0-9]+) ?)?(?:line (?P<line>[0-9]+)|byte (?P<byte>[0-9]+))?")

#: What stands where, in words.
FIELDS: dict[str, Text] = {
    "MSH-1": Text("字段分隔符", "field separator"),
    "MSH-2": Text("编码字符", "encoding characters"),
    "MSH-9": Text("消息类型", "message type"),
    "MSH-10": Text("消息控制号", "control id"),
    "MSH-11": Text("处理标识", "processing id"),
    "MSH-12": Text("HL7 版本", "version"),
    "MSH-18": Text("字符集", "character set"),
    "BTS-1": Text("批次条数", "batch count"),
    "PID-3": Text("患者标识", "patient identifiers"),
    "PID-4": Text("患者标识", "patient identifiers"),
    "PID-5": Text("姓名", "name"),
    "PID-19": Text("身份证号", "identity number"),
    "PV1-19": Text("就诊号", "visit number"),
    "PV1-44": Text("就诊时间", "visit began"),
    "OBR-2": Text("申请号", "placer number"),
    "OBR-3": Text("报告号", "report number"),
    "OBR-4": Text("检验组合", "service"),
    "OBR-7": Text("采集时间", "collected"),
    "OBR-15": Text("标本", "specimen"),
    "OBR-22": Text("报告时间", "reported"),
    "OBR-25": Text("报告状态", "report status"),
    "OBX-2": Text("值类型", "value type"),
    "OBX-3": Text("项目代码", "item code"),
    "OBX-4": Text("子标识", "sub-id"),
    "OBX-5": Text("结果", "value"),
    "OBX-6": Text("单位", "unit"),
    "OBX-7": Text("参考范围", "reference range"),
    "OBX-8": Text("异常标志", "flags"),
    "OBX-11": Text("结果状态", "status"),
    "OBX-14": Text("采集时间", "collected"),
    "OBX-17": Text("方法", "method"),
    "OBX-18": Text("设备", "device"),
}
#: The same facts in a table: column of `table.COLUMNS` by field.
_COLUMNS = {
    "OBX-3": "code",
    "OBX-4": "code",
    "OBX-5": "value",
    "OBX-6": "unit",
    "OBX-11": "status",
    "OBR-3": "report",
    "PID-5": "name",
    "PID-3": "id_number",
    "PID-19": "id_number",
}


@dataclass(frozen=True, slots=True)
class Value:
    """One field that says something.  name: `OBX-6`, or the column."""

    name: str
    words: Text
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One line.  number: as places name it.  hidden: it is of a person and not shown.  about: this one matters."""

    number: int
    text: str
    hidden: bool
    about: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """What can be shown of a message.

    charset: by which it was read, '' if by none.  lines: those around the place; of: how many there are.
    values: of the line that matters.  bytes: rows of offset and hexadecimal around the place, `··` for what is hidden.
    """

    charset: str
    size: int
    lines: tuple[Shown, ...]
    of: int
    values: tuple[Value, ...]
    bytes: tuple[str, ...]


def where(place: str, form: str) -> Text:
    """A place in words: the line, then the field or column."""
    found = _PLACE.fullmatch(place)
    if found is None or not place:
        return Text(place, place)
    zh, en = "", ""
    if found["line"]:
        zh, en = f"第 {found['line']} 行 ", f"line {found['line']}, "
    elif found["byte"]:
        zh, en = f"第 {found['byte']} 字节 ", f"byte {found['byte']}, "
    name = found["field"] or ""
    if form == "table" and name in _COLUMNS:
        zh, en = f"{zh}“{table.COLUMNS[_COLUMNS[name]][0]}”列", f"{en}column {table.COLUMNS[_COLUMNS[name]][1]}"
    elif name:
        words = FIELDS.get(name)
        zh, en = zh + name + (f"（{words.zh}）" if words else ""), en + name + (f" ({words.en})" if words else "")
    return Text(zh.strip(), en.strip(" ,"))


def column_of(place: str) -> Text:
    """The column of a table that a doubt is about, as documents write it; two empty words for none."""
    found = _PLACE.fullmatch(place)
    named = _COLUMNS.get((found["field"] or "") if found is not None else "")
    names = table.COLUMNS.get(named or "") or next((one for one in table.COLUMNS.values() if one[0] == place), ("", ""))
    return Text(names[0], names[1])


def contents(raw: bytes, form: str, *, line: int, place: str) -> Contents:
    """What a message or table says around a line, hiding whoever it is of.

    form: hl7-v2, table or another, of which nothing is shown.  line: 0 for none; place: as doubts name it.
    """
    found = _PLACE.fullmatch(place)
    named = int(found["line"]) if found is not None and found["line"] else line
    byte = int(found["byte"]) if found is not None and found["byte"] else None
    if form == "table":
        return _of_table(raw, named)
    if form != "hl7-v2":
        return Contents("", len(raw), (), 0, (), ())
    return _of_message(raw, named, byte)


@dataclass(frozen=True, slots=True)
class _Piece:
    number: int
    start: int
    raw: bytes
    text: str


def _of_message(raw: bytes, line: int, byte: int | None) -> Contents:
    decoded = decode(raw)
    codec = "" if isinstance(decoded, Undecodable) else decoded[1].used
    pieces = list(_pieces(raw, codec))
    if byte is not None:
        line = next((one.number for one in pieces if one.start <= byte <= one.start + len(one.raw)), line)
    header = header_of(raw)
    separator = "|" if header is None else header.syntax.field
    persons = _persons(pieces, separator, "^" if header is None else header.syntax.component or "^")
    # a name that cannot be read cannot be found again in what somebody wrote freely
    unsure = any("\ufffd" in one.text and one.text.lstrip("\ufeff ")[:3] not in _SHOWN for one in pieces)
    lines: list[Shown] = []
    hidden: list[tuple[int, int]] = []
    for one in pieces:
        name = one.text.lstrip("\ufeff ")[:3]
        whole = name not in _SHOWN or (unsure and name == "NTE")
        text = f"{name if name.isalnum() and name.isascii() else '?'}{separator}{_HIDDEN}" if whole else one.text
        clean = text if whole else _without(text, persons)
        if whole or clean != text:
            hidden.append((one.start, one.start + len(one.raw)))
        lines.append(Shown(one.number, clean[:_LONGEST], whole, one.number == line))
    about = next((one for one in lines if one.about and not one.hidden), None)
    values = () if about is None else _values(about.text, separator, header)
    at = byte if byte is not None else next((one.start for one in pieces if one.number == line), 0)
    return Contents(codec, len(raw), _around(lines, line), len(lines), values, _hexadecimal(raw, at, hidden))


def _pieces(raw: bytes, codec: str) -> Iterable[_Piece]:
    separator = b"\r" if b"\r" in raw else b"\n"
    start = 0
    for number, part in enumerate(raw.split(separator), start=1):
        body = part.strip(b"\n")
        if body.strip():
            at = start + (len(part) - len(part.lstrip(b"\n")))
            yield _Piece(number, at, body, _decoded(body, codec))
        start += len(part) + 1


def _decoded(line: bytes, codec: str) -> str:
    """A line of a message that may be in no character set as a whole."""
    for one in (codec,) if codec else ("utf-8", "gb18030"):
        try:
            return line.decode(one).replace("\0", "\ufffd")
        except UnicodeDecodeError:
            continue
    return line.decode("ascii", "replace")


def _persons(pieces: Sequence[_Piece], separator: str, component: str) -> frozenset[str]:
    """Every word of the lines about persons that is long enough to be somebody's."""
    found: set[str] = set()
    for one in pieces:
        name = one.text.lstrip("\ufeff ")[:3]
        for number, field in enumerate(one.text.split(separator)):
            whole = number in _OF_PERSON if name == "PID" else name not in _SHOWN and name != "PV1"
            for repetition in field.split("~") if number and (whole or (name == "PID" and number in _NUMBERS)) else ():
                words = [part.strip() for part in re.split(f"[{re.escape(component)}&]", repetition)]
                found.update(words if whole else words[:1])
    return frozenset(one for one in found if _is_somebodys(one))


def _is_somebodys(word: str) -> bool:
    return "\ufffd" not in word and len(word) >= (2 if not word.isascii() else 5)


def _without(text: str, persons: Iterable[str]) -> str:
    for one in sorted(persons, key=len, reverse=True):
        text = text.replace(one, _HIDDEN)
    return text


def _values(text: str, separator: str, header: Segment | None) -> tuple[Value, ...]:
    fields = text.split(separator)
    first = 2 if fields[0] in ("MSH", "FHS", "BHS") else 1
    found: list[Value] = []
    for number, written in enumerate(fields[1:], start=first):
        if written:
            name = f"{fields[0]}-{number}"
            said = written if header is None else header.plain(written)
            found.append(Value(name, FIELDS.get(name, Text("", "")), said))
    return tuple(found)


def _around(lines: Sequence[Shown], line: int) -> tuple[Shown, ...]:
    at = next((index for index, one in enumerate(lines) if one.number == line), 0)
    return tuple(lines[max(0, at - AROUND) : at + AROUND + 1])


def _hexadecimal(raw: bytes, at: int, hidden: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    begin = max(0, at - BYTES_AROUND) // _ROW * _ROW
    rows: list[str] = []
    for start in range(begin, min(len(raw), at + BYTES_AROUND), _ROW):
        cells = [
            "··" if any(first <= offset < last for first, last in hidden) else f"{raw[offset]:02x}"
            for offset in range(start, min(start + _ROW, len(raw)))
        ]
        rows.append(f"{start:06x}  {' '.join(cells)}")
    return tuple(rows)


def _of_table(raw: bytes, line: int) -> Contents:
    found = lines_of(raw)
    if isinstance(found, Unusable):
        return Contents("", len(raw), (), 0, (), ())
    header, columns = found[0], named(found[0], table.COLUMNS)
    cells = {one.number: _hidden_cells(one, columns) for one in found[1:]} | {header.number: header.cells}
    lines = [
        Shown(one.number, " | ".join(cells[one.number])[:_LONGEST], hidden=False, about=one.number == line)
        for one in found
    ]
    around = [lines[0], *(one for one in _around(lines, line) if one.number != header.number)]
    about = cells.get(line, []) if line != header.number else []
    values = tuple(
        Value(name, Text("", ""), cell)
        for name, cell in zip(header.cells, about, strict=False)
        if cell and cell != name
    )
    return Contents("", len(raw), tuple(around), len(lines), values, ())


def _hidden_cells(line: SheetLine, columns: Sequence[str | None]) -> list[str]:
    """The cells of a line; of one that does not fit the header nothing, as nobody can say what is a name in it."""
    if len(line.cells) > len(columns):
        return [_HIDDEN]
    of = dict(zip(columns, line.cells, strict=False))
    persons = {of[one] for one in ("name", "id_number", "local_number") if of.get(one)}
    return [
        _HIDDEN
        if cell and column in _HIDDEN_COLUMNS
        else _without(cell, {one for one in persons if _is_somebodys(one)})
        for column, cell in zip(columns, line.cells, strict=False)
    ]
