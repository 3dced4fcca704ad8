"""What of a text the paper's fonts can show, and how the rest is made visible: nothing signed may be unseen.  Pure.

A character that no font has, one that turns the direction of others, or one without a shape is printed as its code
point in brackets.  The signed text keeps it as it was typed.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Container

#: The code points that have a shape in the fonts.
Coverage = Container[int]

#: Runs without a place to break would leave the page.
LONGEST_RUN = 24
_BREAK = "\u200b"
#: Cc control, Cf format, Co private, Cs surrogate, Cn unassigned, Zl and Zp separators: no shape of their own.
_SHAPELESS = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_SPACES = "\t\n \u3000"


def legible(text: str, coverage: Coverage) -> str:
    """The text as it is printed: the same characters, the unseen ones by number, long runs with places to break."""
    return _breakable(visible(text, coverage))


def visible(text: str, coverage: Coverage) -> str:
    """The same without places to break: for a terminal, from which people copy."""
    return "".join(_shown(character, coverage) for character in text).replace("\t", "    ")


def _shown(character: str, coverage: Coverage) -> str:
    if character in _SPACES:
        return character
    if unicodedata.category(character) in _SHAPELESS or ord(character) not in coverage:
        return f"[U+{ord(character):04X}]"
    return character


def _breakable(text: str) -> str:
    parts: list[str] = []
    run = 0
    for character in text:
        # a line may be broken beside every ideograph, and at a blank
        wide = unicodedata.east_asian_width(character) in "WF"
        run = 0 if wide or character in _SPACES else run + 1
        if run > LONGEST_RUN and not unicodedata.combining(character):
            parts.append(_BREAK)
            run = 1
        parts.append(character)
    return "".join(parts)


def covered(font: bytes) -> frozenset[int]:
    """The code points that every face of an OpenType file or collection has, by their format 12 tables of characters.

    Raises ValueError for a face that has none.  OpenType 1.9, `otff` and `cmap`.
    """
    faces = [0]
    if font[:4] == b"ttcf":
        count = struct.unpack_from(">I", font, 8)[0]
        faces = list(struct.unpack_from(f">{count}I", font, 12))
    found = [_characters(font, table) for table in {_table(font, start) for start in faces}]
    return found[0].intersection(*found[1:])


def _table(font: bytes, start: int) -> int:
    for number in range(struct.unpack_from(">H", font, start + 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, start + 12 + 16 * number)
        if tag == b"cmap":
            return offset
    raise ValueError("a font without a table of characters")


def _characters(font: bytes, table: int) -> frozenset[int]:
    count = struct.unpack_from(">H", font, table + 2)[0]
    for number in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", font, table + 4 + 8 * number)
        at = table + offset
        if (platform, encoding) in ((3, 10), (0, 4), (0, 6)) and struct.unpack_from(">H", font, at)[0] == 12:
            groups = struct.unpack_from(">I", font, at + 12)[0]
            found: set[int] = set()
            for group in range(groups):
                first, last, _ = struct.unpack_from(">III", font, at + 16 + 12 * group)
                found.update(range(first, last + 1))
            return frozenset(found)
    raise ValueError("a font without characters beyond the basic plane")
