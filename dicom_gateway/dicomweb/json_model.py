"""A data set as DICOM JSON in UTF-8 (PS3.18 F), straight from its bytes.

Bulk data is left where it is and named by URI: the byte 0x00, which JSON text never holds, stands for the address
of the instance until an answer is written.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from dicom_gateway.dicomweb.blobs import PIXELS, Blob
from dicom_gateway.dicomweb.elements import (
    PIXEL_REPRESENTATION,
    SPECIFIC_CHARACTER_SET,
    Element,
    elements,
    resolved_vr,
)
from telemed.imaging.coercion import JsonElement

#: Decodes the text of an element: (bytes, VR) -> str.  Chosen once per data set, by its repaired character set.
Decode = Callable[[bytes, str], str]

#: Binary values longer than this are bulk data (bytes).
INLINE = 1024
#: In place of the instance's address.
BASE = "\x00"

TEXT_ONE = frozenset(("LT", "ST", "UT", "UR"))
ASCII = frozenset(("AE", "AS", "CS", "DA", "DT", "TM", "UI"))
TEXT_MANY = frozenset(("LO", "PN", "SH", "UC"))
BINARY = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
NUMBERS = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
PN_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


@dataclass(slots=True)
class _Writer:
    """Carries what an element needs to know of its data set."""

    content: memoryview
    decode: Decode
    signed: bool

    def data_set(self, found: Iterable[Element], path: str) -> dict[str, JsonElement]:
        result: dict[str, JsonElement] = {}
        for element in found:
            if element.tag & 0xFFFF == 0 or element.tag >> 16 < 8:
                continue  # group lengths and command or file groups are no attributes (PS3.18 F.2)
            tag = f"{element.tag:08X}"
            if element.tag == SPECIFIC_CHARACTER_SET:
                result[tag] = {"vr": "CS", "Value": ["ISO_IR 192"]}
            else:
                result[tag] = self.element(element, f"{path}/{tag}" if path else tag)
        return result

    def element(self, element: Element, path: str) -> JsonElement:
        vr = resolved_vr(element.vr, signed=self.signed)
        if element.items is not None:
            items = [
                self.data_set(elements(self.content, element.encoding, start, end), f"{path}/{number}")
                for number, (start, end) in enumerate(element.items, 1)
            ]
            return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
        if element.tag in PIXELS:
            if element.tag == 0x7FE00010 and vr not in {"OB", "OW"}:
                vr = "OW"
            return {"vr": vr, "BulkDataURI": f"{BASE}/bulkdata/{path}"}
        if element.length == 0:
            return {"vr": vr}
        if vr in BINARY and element.length > INLINE:
            return {"vr": vr, "BulkDataURI": f"{BASE}/bulkdata/{path}"}
        return self.value(vr, element, bytes(self.content[element.start : element.start + element.length]))

    def value(self, vr: str, element: Element, raw: bytes) -> JsonElement:
        if vr in NUMBERS:
            return _values(vr, _numbers(raw, NUMBERS[vr], little=element.encoding.little))
        if vr == "AT":
            pairs = _numbers(raw, "H", little=element.encoding.little)
            return _values(vr, [f"{a:04X}{b:04X}" for a, b in zip(pairs[::2], pairs[1::2], strict=False)])
        if vr in TEXT_ONE:
            text = self.decode(raw, vr).rstrip(" \x00")
            return _values(vr, [text] if text else [])
        if vr in TEXT_MANY:
            texts = [one.strip(" \x00") for one in self.decode(raw, vr).split("\\")]
            return _values(vr, [_person(one) for one in texts] if vr == "PN" else [one or None for one in texts])
        if vr in ASCII:
            return _values(vr, [one.strip(" \x00") or None for one in raw.decode("ascii", "replace").split("\\")])
        if vr in {"DS", "IS"}:
            return _values(vr, [_decimal(one) for one in raw.decode("ascii", "replace").split("\\")])
        return {"vr": vr if vr in BINARY else "UN", "InlineBinary": base64.b64encode(raw).decode("ascii")}


def _values(vr: str, values: list[object] | list[str] | list[str | None] | list[int | float]) -> JsonElement:
    return {"vr": vr, "Value": values} if any(one is not None for one in values) else {"vr": vr}


def _numbers(raw: bytes, code: str, *, little: bool) -> list[object]:
    count = len(raw) // struct.calcsize(f"={code}")
    numbers = struct.unpack_from(f"{'<' if little else '>'}{count}{code}", raw)
    if code in "fd":
        return [one if math.isfinite(one) else str(one).replace("nan", "NaN") for one in numbers]
    return list(numbers)


def _decimal(text: str) -> object:
    """A number where it is one; what a device wrote otherwise stays text (PS3.18 F.2.3)."""
    text = text.strip(" \x00")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number) or "_" in text:
        return text
    return int(number) if number.is_integer() and abs(number) < 1 << 53 else number


def _person(text: str) -> dict[str, str] | None:
    groups = {name: group.rstrip("^ ") for name, group in zip(PN_GROUPS, text.split("="), strict=False)}
    return {name: group for name, group in groups.items() if group} or None


def metadata(blob: Blob, decode: Decode) -> dict[str, JsonElement]:
    """All attributes of an instance by tag, in the order of the data set, bulk data by URI."""
    representation = blob.top.get(PIXEL_REPRESENTATION)
    signed = representation is not None and any(blob.value(representation))
    return _Writer(blob.content, decode, signed).data_set(blob.top.values(), "")


_encoder = msgspec.json.Encoder()


def encoded(attributes: dict[str, JsonElement]) -> bytes:
    """UTF-8 JSON; BASE comes out as the one raw byte 0x00."""
    return _encoder.encode(attributes).replace(b'"\\u0000/bulkdata/', b'"\x00/bulkdata/')


def addressed(text: bytes, base: str) -> bytes:
    """Put the instance's address where BASE stands."""
    return text.replace(b"\x00", base.encode("ascii"))
