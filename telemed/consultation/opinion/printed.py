"""The text that is painted on each page of a sealed file: what a reader sees, not what the file says of itself.  Pure.

As far as these papers need: composite fonts with codes of two bytes and a ToUnicode table (ISO 32000-1, 9.10.3).
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

MOST_PAGES = 500
_CHARACTER = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")

#: A blank, a dictionary's bracket, a hexadecimal string, a name, an array's bracket, a number or operator, or where a
#: literal string begins (ISO 32000-1, 7.2 and 7.3).
_TOKEN = re.compile(rb"\s+|<<|>>|<[0-9A-Fa-f\s]*>|/[^\s/<>\[\](){}%]*|[\[\]]|[^\s/<>\[\](){}%]+|(\()")
_IN_STRING = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}

#: Stands for a glyph that means no character: an empty box.
NO_CHARACTER = "\ufffd"

Table = dict[int, str]


def pages(reader: Any) -> list[str]:
    """The characters of every page, blanks left out.  reader: pyHanko's, of a file whose bytes are trusted.

    Raises ValueError for a page that is drawn by other means than these papers use.
    """
    tables: dict[Any, Table] = {}
    return [_page(page, tables) for page in _leaves(reader.root["/Pages"], 0)]


def _leaves(node: Any, depth: int) -> Generator[Any]:
    if depth > MOST_PAGES:
        raise ValueError("pages below one another without end")
    for kid in node["/Kids"]:
        page = kid.get_object()
        if page.get("/Type") == "/Page":
            yield page
        else:
            yield from _leaves(page, depth + 1)


def _page(page: Any, tables: dict[Any, Table]) -> str:
    fonts: Any = page["/Resources"]["/Font"]
    raw: Any = page.raw_get("/Contents").get_object()
    parts: list[Any] = list(raw) if hasattr(raw, "append") else [raw]
    font: Table = {}
    said: list[str] = []
    operands: list[bytes] = []
    for token in _tokens(b"\n".join(one.get_object().data for one in parts)):
        if token[:1] in b"/(<>[]+-.0123456789":
            operands.append(token)
            continue
        # an operator: what stands before it is its own
        if token == b"Tf":
            font = _table(fonts, operands[-2].decode("ascii"), tables)
        elif token in (b"TJ", b"Tj"):
            said.extend(_decoded(one, font) for one in operands if one[:1] in b"(<")
        elif token in (b"'", b'"', b"BI", b"Do"):
            raise ValueError("a page drawn by other means than these papers use")
        operands = []
    return re.sub(r"[\s\u200b]", "", "".join(said))


def _tokens(content: bytes) -> Generator[bytes]:
    at = 0
    while at < len(content):
        found = _TOKEN.match(content, at)
        if found is None:
            raise ValueError("a page that cannot be read")
        end = found.end()
        if found[1]:
            end = _string_end(content, end)
        if not found[0].isspace():
            yield content[at:end]
        at = end


def _string_end(content: bytes, at: int) -> int:
    """Where a literal string ends that began before `at`: brackets inside it stand in pairs, or behind a backslash."""
    depth = 1
    for found in _IN_STRING.finditer(content, at):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    raise ValueError("a string without end")


def _table(fonts: Any, name: Any, tables: dict[Any, Table]) -> Table:
    key = fonts.raw_get(name).reference
    if key not in tables:
        font = fonts[name]
        if font["/Subtype"] != "/Type0" or font["/Encoding"] != "/Identity-H":
            raise ValueError("a font these papers do not use")
        tables[key] = _to_unicode(font["/ToUnicode"].data)
    return tables[key]


def _to_unicode(program: bytes) -> Table:
    table: Table = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", program, re.DOTALL):
        for code, text in _CHARACTER.findall(block):
            table[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", program, re.DOTALL):
        for first, last, text in _RANGE.findall(block):
            start = bytes.fromhex(text.decode()).decode("utf-16-be")
            for step in range(int(last, 16) - int(first, 16) + 1):
                table[int(first, 16) + step] = start[:-1] + chr(ord(start[-1]) + step)
    return table


def _decoded(string: bytes, font: Table) -> str:
    codes = _bytes(string)
    return "".join(font.get(int.from_bytes(codes[at : at + 2], "big"), NO_CHARACTER) for at in range(0, len(codes), 2))


def _bytes(string: bytes) -> bytes:
    """The bytes of a literal or hexadecimal string, ISO 32000-1, 7.3.4."""
    if string[:1] == b"<":
        digits = b"".join(string[1:-1].split())
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    return _ESCAPE.sub(lambda found: _unescaped(found[1]), string[1:-1])


def _unescaped(said: bytes) -> bytes:
    if said.isdigit():
        return bytes([int(said, 8) & 0xFF])
    return _ESCAPED.get(said, said)
