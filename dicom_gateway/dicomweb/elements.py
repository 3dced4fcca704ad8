"""Read the elements of a data set from the archive, one after the other, without copying values.

Only data sets that headers.walk has found whole get into the archive, so lengths are trusted here and depth is
bounded.  PS3.5 §7.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pydicom.datadict import dictionary_VR

from dicom_gateway.headers.walk import (
    BIG,
    EXPLICIT,
    IMPLICIT,
    ITEM,
    ITEM_END,
    PIXEL_DATA,
    SEQUENCE_END,
    SHORT,
    UNDEFINED,
    Encoding,
)

#: Elements that say how others are read.
SPECIFIC_CHARACTER_SET, PIXEL_REPRESENTATION = 0x00080005, 0x00280103


@dataclass(frozen=True, slots=True)
class Element:
    """One element; items holds where each item's elements begin and end, fragments where pixel fragments do.

    length is that of the value without the delimiter; end is the byte behind the element.
    """

    tag: int
    vr: str
    start: int
    length: int
    end: int
    encoding: Encoding
    items: tuple[tuple[int, int], ...] | None = None
    fragments: tuple[tuple[int, int], ...] | None = None


@lru_cache(maxsize=8192)
def known_vr(tag: int) -> str:
    """The dictionary's VR; UN for private and unknown tags, `US or SS` and the like as the dictionary says."""
    if tag & 0xFFFF == 0:
        return "UL"
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "LO" if tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF else "UN"


def elements(content: memoryview, encoding: Encoding, start: int = 0, end: int | None = None) -> Iterator[Element]:
    """Yield the elements between start and end in their order; stops at an item's delimiter."""
    at, end = start, len(content) if end is None else end
    while end - at >= 8:
        group, number = struct.unpack_from("<HH" if encoding.little else ">HH", content, at)
        tag: int = group << 16 | number
        if tag in {ITEM_END, SEQUENCE_END} or (tag == 0 and not any(content[at:end])):
            return
        vr, value, length = _head(content, at, tag, encoding)
        if length == UNDEFINED:
            element = _undefined(content, tag, vr, value, encoding)
        elif vr == "SQ":
            items, _ = _items(content, value, value + length, encoding)
            element = Element(tag, vr, value, length, value + length, encoding, items=items)
        else:
            element = Element(tag, vr, value, length, value + length, encoding)
        at = element.end
        yield element


def _head(content: memoryview, at: int, tag: int, encoding: Encoding) -> tuple[str, int, int]:
    """VR, where the value begins, its length."""
    if encoding.implicit:
        (length,) = struct.unpack_from("<I", content, at + 4)
        return known_vr(tag), at + 8, length
    vr = bytes(content[at + 4 : at + 6])
    if vr in SHORT:
        (length,) = struct.unpack_from("<H" if encoding.little else ">H", content, at + 6)
        return vr.decode("ascii"), at + 8, length
    (length,) = struct.unpack_from("<I" if encoding.little else ">I", content, at + 8)
    return vr.decode("ascii"), at + 12, length


def _undefined(content: memoryview, tag: int, vr: str, value: int, encoding: Encoding) -> Element:
    if tag == PIXEL_DATA and vr != "SQ":
        fragments = tuple(_fragments(content, value, encoding))
        end = fragments[-1][1] if fragments else value
        return Element(tag, vr, value, end - value, end + 8, encoding, fragments=fragments)
    # a UN of undefined length is implicit little endian inside (PS3.5 §6.2.2 note 4)
    inner = IMPLICIT if vr == "UN" and not encoding.implicit else encoding
    items, end = _items(content, value, None, inner)
    return Element(tag, "SQ", value, end - 8 - value, end, inner, items=items)


def _fragments(content: memoryview, at: int, encoding: Encoding) -> Iterator[tuple[int, int]]:
    while len(content) - at >= 8:
        tag, length = _item_head(content, at, encoding)
        if tag != ITEM:
            return
        yield at + 8, at + 8 + length
        at += 8 + length


def _item_head(content: memoryview, at: int, encoding: Encoding) -> tuple[int, int]:
    group, number, length = struct.unpack_from("<HHI" if encoding.little else ">HHI", content, at)
    return group << 16 | number, length


def _items(
    content: memoryview, at: int, end: int | None, encoding: Encoding
) -> tuple[tuple[tuple[int, int], ...], int]:
    """Where the items of a sequence begin and end, delimiters left out; and the byte behind the sequence.

    end: None for a sequence of undefined length.
    """
    found: list[tuple[int, int]] = []
    limit = len(content) if end is None else end
    while limit - at >= 8:
        tag, length = _item_head(content, at, encoding)
        start = at + 8
        if tag != ITEM:
            return tuple(found), start if end is None else end
        if length == UNDEFINED:
            stop = start
            for element in elements(content, encoding, start, limit):
                stop = element.end
            at = stop + 8
        else:
            stop = at = start + length
        found.append((start, stop))
    return tuple(found), at if end is None else end


def resolved_vr(vr: str, *, signed: bool) -> str:
    """One VR where the dictionary leaves a choice; signed: Pixel Representation (PS3.6, PS3.5 A.1)."""
    match vr:
        case "US or SS":
            return "SS" if signed else "US"
        case "US or OW" | "OB or OW":
            return "OW"
        case "US or SS or OW":
            return "OW"
        case _:
            return vr


__all__ = ["BIG", "EXPLICIT", "IMPLICIT", "Element", "elements", "known_vr", "resolved_vr"]
