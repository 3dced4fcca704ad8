"""Put coerced attributes into a data set on its way out; every other byte stays as it came.

The archive is never rewritten (docs/explanation/architecture.md).  What is replaced stands in (0400,0561), made by
telemed.imaging.coercion.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any, cast

from dicom_gateway.dicomweb.blobs import Blob
from dicom_gateway.dicomweb.elements import SPECIFIC_CHARACTER_SET
from dicom_gateway.headers.charset import ASCII, CODECS, GB, UTF8
from dicom_gateway.headers.walk import SHORT, Encoding
from telemed.imaging.coercion import JsonElement

TEXT = frozenset(("PN", "LO", "SH"))


def character_set(used: str) -> str | None:
    """The defined term that text of the county and the text that came can both be written in; None if none can.

    used: what the text is really in (headers.charset); plain ASCII is UTF-8 as well.
    """
    if used in {"", ASCII}:
        return UTF8
    return used if used in {UTF8, GB} else None


def head(blob: Blob, overrides: Mapping[str, JsonElement], term: str | None) -> Iterator[bytes | memoryview]:
    """The data set up to its pixel data, piece by piece; what follows is to be copied from blob.header_end.

    term: by character_set(); None leaves the character set as it is, for values in ASCII.  Group lengths are left
    out: they would be wrong.
    """
    encoding = blob.encoding
    wanted = {int(tag, 16): element for tag, element in overrides.items()}
    if term is not None:
        wanted[SPECIFIC_CHARACTER_SET] = {"vr": "CS", "Value": [term]}
    pending = sorted(wanted)
    at = 0
    for element in blob.top.values():
        if at >= blob.header_end:
            break
        while pending and pending[0] <= element.tag:
            tag = pending.pop(0)
            yield encoded(tag, wanted[tag], encoding, term)
        if element.tag not in wanted and element.tag & 0xFFFF:
            yield blob.content[at : element.end]
        at = element.end
    for tag in pending:
        yield encoded(tag, wanted[tag], encoding, term)


def encoded(tag: int, element: JsonElement, encoding: Encoding, term: str | None) -> bytes:
    """One element in the data set's own encoding."""
    vr = str(element["vr"])
    values = cast("list[Any]", element.get("Value") or [])
    raw = b"".join(_item(item, encoding, term) for item in values) if vr == "SQ" else _text(vr, values, term)
    order = "<" if encoding.little else ">"
    start = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
    if encoding.implicit:
        return start + struct.pack("<I", len(raw)) + raw
    code = vr.encode("ascii")
    if code in SHORT:
        return start + code + struct.pack(f"{order}H", len(raw)) + raw
    return start + code + struct.pack(f"{order}HI", 0, len(raw)) + raw


def _item(item: Mapping[str, JsonElement], encoding: Encoding, term: str | None) -> bytes:
    body = b"".join(encoded(int(tag, 16), element, encoding, term) for tag, element in sorted(item.items()))
    return struct.pack("<HHI" if encoding.little else ">HHI", 0xFFFE, 0xE000, len(body)) + body


def _text(vr: str, values: list[Any], term: str | None) -> bytes:
    texts = [_person(one) if vr == "PN" else "" if one is None else str(one) for one in values]
    raw = "\\".join(texts).encode(CODECS[term] if term and vr in TEXT else "ascii", "replace")
    if len(raw) % 2:
        raw += b"\x00" if vr == "UI" else b" "
    return raw


def _person(value: Mapping[str, str] | None) -> str:
    groups = [(value or {}).get(group, "") for group in ("Alphabetic", "Ideographic", "Phonetic")]
    return "=".join(groups).rstrip("=")
