"""Walk the structure of a data set without decoding a value: bounded in depth and number, never recursive.

Every length is checked against what holds it, down to the last byte, so that what passes here is whole.
PS3.5 §7.
"""

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

#: Sequences inside sequences.  The deepest structured reports seen in practice have about 20 levels; readers that
#: recurse (all common ones) die at a few hundred.
DEEPEST = 64
#: Elements in all.  An enhanced CT of 2,000 frames has about 100,000.
MOST_ELEMENTS = 1_000_000

PIXEL_DATA = 0x7FE00010
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
UNDEFINED = 0xFFFFFFFF
#: VRs with a 16-bit length (PS3.5 table 7.1-2); all others, unknown ones too, have two reserved bytes and 32 bits.
SHORT = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
#: VRs with a 32-bit length whose value, if that is defined, holds no elements.
LONG = frozenset(b"OB OD OF OL OV OW SV UC UR UT UV".split())
#: VRs whose value may have undefined length.
NESTING = frozenset((b"SQ", b"UN"))
_HEAD = struct.Struct("<HH2sH")
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements are written; encapsulated: pixel data stands in fragments."""

    implicit: bool
    little: bool = True


IMPLICIT = Encoding(implicit=True)
EXPLICIT = Encoding(implicit=False)
BIG = Encoding(implicit=False, little=False)
#: Bytes GE wrote in implicit little endian with big-endian pixels carry this.
GE_PRIVATE = "1.2.840.113619.5.2"
DEFLATED = frozenset(("1.2.840.10008.1.2.1.99",))


def encoding_of(transfer_syntax: str) -> Encoding:
    """Every transfer syntax but these is explicit little endian (PS3.5 §10), private ones as far as anybody knows."""
    match transfer_syntax:
        case "1.2.840.10008.1.2" | "1.2.840.113619.5.2":
            return IMPLICIT
        case "1.2.840.10008.1.2.2":
            return BIG
        case _:
            return EXPLICIT


class Place(NamedTuple):
    """Where a value stands; length is None for a value in fragments or of undefined length."""

    vr: bytes
    start: int
    length: int | None


@dataclass(frozen=True, slots=True)
class Structure:
    """The elements of the outermost level."""

    elements: dict[int, Place]
    #: Bytes of all pixel data fragments; 0 if the pixel data is native or absent.
    fragment_bytes: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why it is no whole data set, and at which byte."""

    reason: str
    at: int


@dataclass(slots=True)
class _Level:
    """A sequence, an item or the fragments of pixel data that the walk stands in."""

    #: Where it ends; None: at its delimiter.
    end: int | None
    #: What may stand in it: "items" of a sequence, "elements" of an item, "fragments" of pixel data.
    holds: str
    encoding: Encoding
    #: A value that only looks like a sequence may turn out to be none; then it is stepped over.
    guessed: bool = False


def read_head(content: memoryview, start: int, end: int, encoding: Encoding) -> tuple[int, bytes, int, int] | Fault:
    """Read tag, VR, length and where the value starts; the VR of implicit encoding is UN."""
    if end - start < 8:
        return Fault("data-set-truncated", start)
    order = "<" if encoding.little else ">"
    group, element = struct.unpack_from(order + "HH", content, start)
    tag: int = group << 16 | element
    if encoding.implicit or group == 0xFFFE:
        return tag, b"UN", struct.unpack_from(order + "I", content, start + 4)[0], start + 8
    vr = bytes(content[start + 4 : start + 6])
    if not (vr.isalpha() and vr.isupper()):
        return Fault("data-set-unreadable", start)
    if vr in SHORT:
        return tag, vr, struct.unpack_from(order + "H", content, start + 6)[0], start + 8
    if end - start < 12:
        return Fault("data-set-truncated", start)
    return tag, vr, struct.unpack_from(order + "I", content, start + 8)[0], start + 12


@dataclass(slots=True)
class _Walk:
    content: memoryview
    levels: list[_Level]
    at: int = 0
    counted: int = 0
    fragment_bytes: int = 0
    elements: dict[int, Place] = field(default_factory=dict[int, Place])

    def run(self) -> Structure | Fault:
        while True:
            self._leave_ended()
            level = self.levels[-1]
            if self.at >= len(self.content):
                if len(self.levels) == 1:
                    return Structure(self.elements, self.fragment_bytes)
                fault: Fault | None = Fault("data-set-truncated", self.at)
            elif level.holds == "elements":
                if level.encoding == EXPLICIT:
                    self._plain(level)
                    if self.at == level.end:
                        continue
                fault = self._element(level)
            else:
                fault = self._item(level)
            if fault is not None and not self._step_over(fault):
                if len(self.levels) == 1 and self._only_zeros():
                    return Structure(self.elements, self.fragment_bytes)
                return fault

    def _leave_ended(self) -> None:
        while len(self.levels) > 1 and self.levels[-1].end == self.at:
            self.levels.pop()

    def _step_over(self, fault: Fault) -> bool:
        """Go on behind the outermost value that was only guessed to be a sequence."""
        if fault.reason in {"nested-too-deep", "too-many-elements"}:
            return False
        for number, level in enumerate(self.levels):
            if level.guessed and level.end is not None:
                self.at = level.end
                del self.levels[number:]
                return True
        return False

    def _only_zeros(self) -> bool:
        rest = self.content[self.at : self.at + 4096]
        return self.at + len(rest) == len(self.content) and not any(rest)

    def _end(self, level: _Level) -> int:
        if level.end is not None:
            return level.end
        for outer in reversed(self.levels[:-1]):
            if outer.end is not None:
                return outer.end
        return len(self.content)

    def _push(self, end: int | None, holds: str, encoding: Encoding, *, guessed: bool = False) -> Fault | None:
        # a sequence and its item are two levels here and one in the standard
        if len(self.levels) > 2 * DEEPEST:
            return Fault("nested-too-deep", self.at)
        self.levels.append(_Level(end, holds, encoding, guessed))
        return None

    def _plain(self, level: _Level) -> None:
        """Step over elements that hold no others, and stop before any that wants looking at.

        Nearly all elements are such; what _element does for each of them was half the cost of reading a header.
        """
        content, at, end = self.content, self.at, self._end(level)
        outermost = len(self.levels) == 1
        while end - at >= 12 and self.counted < MOST_ELEMENTS:
            group, element, vr, length = _HEAD.unpack_from(content, at)
            value = at + 8
            if vr in LONG:
                value = at + 12
                length = _LENGTH.unpack_from(content, at + 8)[0]
            elif vr not in SHORT:
                break
            if group == 0xFFFE or length == UNDEFINED or length > end - value:
                break
            self.counted += 1
            if outermost:
                self.elements.setdefault(group << 16 | element, Place(vr, value, length))
            at = value + length
        self.at = at

    def _element(self, level: _Level) -> Fault | None:
        end, start = self._end(level), self.at
        self.counted += 1
        if self.counted > MOST_ELEMENTS:
            return Fault("too-many-elements", start)
        head = read_head(self.content, start, end, level.encoding)
        if isinstance(head, Fault):
            return head
        tag, vr, length, value = head
        if tag >> 16 == 0xFFFE:
            if tag != ITEM_END or level.end is not None or len(self.levels) == 1:
                return Fault("data-set-unreadable", start)
            self.at = value
            self.levels.pop()
            return None
        self.at = value
        if length == UNDEFINED:
            return self._undefined(level, tag, vr)
        if value + length > end:
            self.at = start
            return Fault("data-set-truncated", start)
        if len(self.levels) == 1:
            self.elements.setdefault(tag, Place(vr, value, length))
        inner = IMPLICIT if vr == b"UN" else level.encoding
        if length >= 8 and (
            vr == b"SQ" or (vr == b"UN" and tag != PIXEL_DATA and self._begins_with_item(value, inner))
        ):
            return self._push(value + length, "items", inner, guessed=vr == b"UN")
        self.at = value + length
        return None

    def _undefined(self, level: _Level, tag: int, vr: bytes) -> Fault | None:
        if len(self.levels) == 1:
            self.elements.setdefault(tag, Place(vr, self.at, None))
        if tag == PIXEL_DATA and vr != b"SQ":
            return self._push(None, "fragments", level.encoding)
        if vr not in NESTING:
            return Fault("data-set-unreadable", self.at)
        # a UN of undefined length is implicit little endian inside (PS3.5 §6.2.2 note 4)
        return self._push(None, "items", IMPLICIT if vr == b"UN" else level.encoding)

    def _begins_with_item(self, at: int, encoding: Encoding) -> bool:
        return bytes(self.content[at : at + 4]) == (b"\xfe\xff\x00\xe0" if encoding.little else b"\xff\xfe\xe0\x00")

    def _item(self, level: _Level) -> Fault | None:
        end = self._end(level)
        start = self.at
        if end - start < 8:
            return Fault("data-set-truncated", start)
        little = level.encoding.little
        group, element, length = struct.unpack_from("<HHI" if little else ">HHI", self.content, start)
        tag: int = group << 16 | element
        if tag == SEQUENCE_END and level.end is None:
            self.at = start + 8
            self.levels.pop()
            return None
        if tag != ITEM:
            return Fault("data-set-unreadable", start)
        self.counted += 1
        if self.counted > MOST_ELEMENTS:
            return Fault("too-many-elements", start)
        self.at = start + 8
        if length == UNDEFINED:
            if level.holds == "fragments":
                return Fault("data-set-unreadable", start)
            return self._push(None, "elements", level.encoding)
        if self.at + length > end:
            self.at = start
            return Fault("data-set-truncated", start)
        if level.holds == "fragments":
            self.fragment_bytes += length
            self.at += length
            return None
        return self._push(self.at + length, "elements", level.encoding)


def walk(content: memoryview, encoding: Encoding) -> Structure | Fault:
    """Walk a whole data set; trailing zeros (at most 4 KiB) are taken for padding."""
    if not content:
        return Fault("data-set-empty", 0)
    return _Walk(content, [_Level(len(content), "elements", encoding)]).run()
