"""The text that is painted on each page of a sealed file: what a reader sees, not what the file says of itself.  Pure.

As far as these papers need: composite fonts with codes of two bytes and a ToUnicode table (ISO 32000-1, 9.10.3).
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

from pyhanko.pdf_utils.content_stream_parser import parse_content_stream

MOST_PAGES = 500
_CHARACTER = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")

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
    streams = [one.get_object() for one in parts]
    font: Table = {}
    said: list[str] = []
    for one in parse_content_stream(streams):
        match one.op:
            case "Tf":
                font = _table(fonts, one.args[0], tables)
            case "Tj":
                said.append(_decoded(one.args[0], font))
            case "TJ":
                line: Any = one.args[0]
                said.extend(_decoded(part, font) for part in line if hasattr(part, "original_bytes"))
            case _:
                pass
    return re.sub(r"[\s\u200b]", "", "".join(said))


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


def _decoded(codes: Any, font: Table) -> str:
    content: bytes = codes.original_bytes
    return "".join(
        font.get(int.from_bytes(content[at : at + 2], "big"), NO_CHARACTER) for at in range(0, len(content), 2)
    )
